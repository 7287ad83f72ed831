//! Restarts, lives and instances.

use std::time::Duration;

use jiff::Timestamp;
use vitals::CrashLoop;
use vitals::trend::{Course, Trend};
use vitals::units::format_duration;

use super::{Slopes, counted};
use crate::finding::{Ended, Instance, Lives};

/// The sentence of a finding.
pub(super) fn finding(said: &Lives) -> String {
    match said {
        Lives::Restarted { times, hourly } => {
            let often = counted(*times, "time", "times");
            let usual = hourly
                .map(|[now, usual]| format!(": {} an hour, and the baseline's {}", rate(now), rate(usual)));
            format!(
                "the target restarted {often}{}; its log and the system's say why (out of memory?)",
                usual.unwrap_or_default()
            )
        }
        Lives::CrashLoop(looped) => crash_loop(looped),
        Lives::TooOften { times, limit: 0 } => {
            format!(
                "the target restarted {}, and --max-restarts 0 allows none",
                counted(*times, "time", "times")
            )
        }
        Lives::TooOften { times, limit } => {
            format!(
                "the target restarted {}, and --max-restarts allows {limit}",
                counted(*times, "time", "times")
            )
        }
        Lives::AsAllowed { times: 0, limit } => {
            format!("the target did not restart, and --max-restarts allows {}", allowed(*limit))
        }
        Lives::AsAllowed { times, limit } => {
            let often = counted(*times, "time", "times");
            format!("the target restarted {often}, and --max-restarts allows {}", allowed(*limit))
        }
        Lives::In(name, inner) => format!("{name}: {}", super::finding(inner)),
        Lives::Mixture => mixture().to_owned(),
        Lives::Before(inner) => format!("before this restart: {}", super::finding(inner)),
        Lives::Of(of, inner) => format!("{}: {}", instance(of), super::finding(inner)),
    }
}

fn allowed(limit: u64) -> String {
    if limit == 0 { "none".to_owned() } else { limit.to_string() }
}

fn crash_loop(looped: &CrashLoop) -> String {
    let CrashLoop { times, seconds, short_lives, .. } = looped;
    let seconds = Duration::from_secs_f64(seconds.max(0.0).round());
    let seen = match short_lives {
        true => format!("{times} lives in a row, none longer than {}", format_duration(seconds)),
        false => format!("{times} restarts within {}", format_duration(seconds)),
    };
    format!("crash loop: {seen}; its log says why it ends")
}

/// `2`, or `0.4`
pub(in crate::words) fn rate(hourly: f64) -> String {
    if hourly >= 10.0 || hourly.fract() == 0.0 { format!("{hourly:.0}") } else { format!("{hourly:.1}") }
}

/// `instance 2 of 3 (started 2026-11-18T10:00:03Z)`
pub(crate) fn instance(instance: &Instance) -> String {
    let Instance { number, of, name, started } = instance;
    match (name, started) {
        (Some(name), _) => format!("instance {name}"),
        (None, Some(started)) => format!("instance {number} of {of} (started {})", time(*started)),
        (None, None) => format!("instance {number} of {of}"),
    }
}

pub(in crate::words) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2 instances answer behind this address`
pub(crate) fn instances(count: usize) -> String {
    format!(
        "{count} instances answer behind this address: each is judged by itself; to poll each, give --api-url for \
         every one, or --each-address"
    )
}

/// `1 restart`
pub(crate) fn restarts(times: u64) -> Option<String> {
    (times > 0).then(|| counted(times, "restart", "restarts"))
}

/// Beside the number of instances.
pub(crate) fn shown_instance(of: &Instance) -> String {
    format!("the numbers are those of {}", instance(of))
}

/// `current: until the restart at 12:10 goroutines grew by 18,000/h; since then they do not grow`
pub(super) fn told(who: &str, ended: &[Ended], since: Option<&Trend>) -> String {
    let mut parts: Vec<String> = ended
        .iter()
        .filter(|life| life.is_long)
        .map(|life| {
            let at = life.until.short(life.day.as_ref());
            format!("until the restart at {at} {}", grew(&life.trends))
        })
        .collect();
    let short = ended.iter().filter(|life| !life.is_long).count() as u64;
    if short > 0 {
        let lives = counted(short, "earlier life was", "earlier lives were");
        parts.push(format!("{lives} too short to tell"));
    }
    parts.extend(since.map(|since| format!("since then {}", grows(since))));
    format!("{who}: {}", parts.join("; "))
}

fn grew(trends: &[Trend]) -> String {
    let grown = |trend: &&Trend| trend.course == Course::Growing;
    let name = trends.first().map_or("goroutines", |main| super::trend_name(main.metric));
    match (trends.iter().find(grown), trends.first().map(|main| main.course)) {
        (Some(trend), _) => format!("{} grew by {}", super::trend_name(trend.metric), slope(trend)),
        (None, Some(Course::Inconclusive)) => format!("it cannot be told whether {name} grew"),
        (None, _) => format!("{name} did not grow"),
    }
}

fn grows(trend: &Trend) -> String {
    let (it, third) = if trend.metric.is_bytes() { ("it", "s") } else { ("they", "") };
    match trend.course {
        Course::Growing => format!("{it} grow{third} by {}", slope(trend)),
        Course::Inconclusive => format!("it cannot be told yet whether {it} grow{third}"),
        Course::Stable | Course::Step => {
            format!("{it} do{} not grow", if third.is_empty() { "" } else { "es" })
        }
    }
}

fn slope(trend: &Trend) -> String {
    trend.slope_per_h.map(|slope| Slopes::of(trend).short(slope, false)).unwrap_or_default()
}

/// A side that is one of several instances.
pub(super) fn side(who: &str, of: &Instance) -> String {
    let count = of.of;
    format!("{who}: {count} instances answer behind this address; the numbers are those of {}", instance(of))
}

const fn mixture() -> &'static str {
    "several instances answer behind this address, and nothing tells them apart: poll each by its own --api-url, or \
     with --each-address"
}
