//! Restarts, lives and instances.

use std::time::Duration;

use jiff::Timestamp;
use vitals::CrashLoop;
use vitals::units::format_duration;

use super::counted;
use crate::finding::{Instance, Lives};

/// The sentence of a finding.
pub(super) fn finding(said: &Lives) -> String {
    match said {
        Lives::Restarted { times, hourly } => {
            let often = counted(*times, "time", "times");
            let usual = hourly
                .map(|[now, usual]| format!(": {} an hour, and the baseline's {}", rate(now), rate(usual)));
            format!(
                "it restarted {often}{}; its log and the system's say why (out of memory?)",
                usual.unwrap_or_default()
            )
        }
        Lives::CrashLoop(looped) => crash_loop(looped),
        Lives::TooOften { times, limit: 0 } => {
            format!("it restarted {}, and --max-restarts 0 allows none", counted(*times, "time", "times"))
        }
        Lives::TooOften { times, limit } => {
            format!("it restarted {}, and --max-restarts allows {limit}", counted(*times, "time", "times"))
        }
        Lives::Mixture => mixture().to_owned(),
        Lives::Before(inner) => format!("before this restart: {}", super::finding(inner)),
        Lives::Of(of, inner) => format!("{}: {}", instance(of), super::finding(inner)),
    }
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
fn rate(hourly: f64) -> String {
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

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2 instances answer behind this address`
pub(crate) fn instances(count: usize) -> String {
    format!(
        "{count} instances answer behind this address: each is judged by itself; to poll each, give --api-url for \
         every one, or --each-address"
    )
}

const fn mixture() -> &'static str {
    "several instances answer behind this address, and nothing tells them apart: poll each by its own --api-url, or \
     with --each-address"
}
