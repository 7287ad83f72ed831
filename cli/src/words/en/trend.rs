//! Whether something grows, in one line: how fast, over which time, whether the load can be to blame, and what could
//! not have been seen.

use std::time::Duration;

use vitals::trend::{BLOCKS, Course, LoadBasis, Metric, TimeToDanger, Trend, Why};
use vitals::units::{format_duration, format_size};

use super::early::{flat, rising_in_short, rose};
use super::{Slopes, held};
use crate::finding::Tale;

/// Of what the target never says.
const NOT_REPORTED: &str = "not reported";

/// A trend, or how far it is from the first judgement.
pub(crate) fn tale(tale: &Tale) -> String {
    match tale {
        Tale::Judged(judged) => trend(judged),
        _ => untold(tale),
    }
}

pub(crate) fn tale_in_short(tale: &Tale) -> String {
    match tale {
        Tale::Judged(trend) => trend_in_short(trend),
        _ => untold(tale),
    }
}

fn untold(tale: &Tale) -> String {
    match tale {
        Tale::NotReported => NOT_REPORTED.to_owned(),
        Tale::WarmingUp(needs_s) => progress(0, *needs_s),
        Tale::Slow(trend) | Tale::Judged(trend) => slow(trend),
    }
}

/// `goroutines: growing by 241 per hour`, and all the rest.
pub(crate) fn turned(judged: &Trend) -> String {
    format!("{}: {}", trend_name(judged.metric), trend(judged))
}

/// The metric in front of its trend.
pub(crate) const fn trend_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Heap => "memory",
        _ => held::noun(metric),
    }
}

/// All of it: `growing by 241 per hour (220 to 262) over 28m; the load did not move; …`.
pub(super) fn trend(trend: &Trend) -> String {
    match trend.course {
        Course::Growing => growing(trend),
        Course::Stable => stable(trend),
        Course::Step => stepped(trend),
        Course::Inconclusive => inconclusive(trend),
    }
}

fn growing(trend: &Trend) -> String {
    let rate = rate(trend);
    let mut parts = vec![match trend.rise {
        Some(rise) => format!("rose until {}, growing by {rate} since", clock(rise.after_s)),
        None => format!("growing by {rate} over {}", time(trend.span_s)),
    }];
    parts.extend(danger(trend, " at this rate"));
    parts.push(load(trend.load).to_owned());
    parts.join("; ")
}

fn stable(trend: &Trend) -> String {
    let over = time(trend.span_s);
    match trend.reasons.first() {
        Some(Why::Slight) => {
            format!("rising by {}, which is slight, over {over}{}", rate(trend), unseen(trend))
        }
        Some(Why::Levelled) if trend.rise.is_some() => format!("{}{}", level_since(trend), unseen(trend)),
        Some(Why::Slowing) => "rising ever more slowly: no leak".to_owned(),
        Some(Why::Levelled) => format!("level after an early rise, over {over}{}", unseen(trend)),
        Some(Why::Unconfirmed) => {
            format!("rising by {} over {over}; it counts when the next look sees it, too", rate(trend))
        }
        // A steep one that few blocks cannot tell from chance: what goes unseen is not the point.
        _ if is_steep(trend) => format!("rising by {} over {over}, which may be chance so far", rate(trend)),
        _ => format!("not growing over {over}{}", unseen(trend)),
    }
}

fn stepped(trend: &Trend) -> String {
    let amount = |level| amount(trend.metric, level);
    let levels = trend.first.zip(trend.last);
    let levels = levels.map(|(first, last)| format!(" from {} to {}", amount(first), amount(last)));
    let (levels, over) = (levels.unwrap_or_default(), time(trend.span_s));
    format!("one step{levels}, level before and after, over {over}: no leak")
}

/// Why it cannot be told what it does.
fn inconclusive(trend: &Trend) -> String {
    match trend.reasons.first() {
        Some(Why::TooShort) => short(trend, &progress(trend.blocks, trend.needs_s)),
        Some(Why::LoadUndetermined) => {
            "cannot tell: the load moved, and what it costs looks like a leak; watch \
                                            while it is steady"
                .to_owned()
        }
        Some(Why::RisenLately) => risen(trend),
        Some(Why::Slowing) => {
            "cannot tell yet: it rises ever more slowly, as after a start; watch on".to_owned()
        }
        Some(Why::MayLevelOff) => {
            let more = trend.needs_s.map(|needs| format!(": {} more", time(needs))).unwrap_or_default();
            format!(
                "rising by {} over {}; too early to tell a leak from a warm-up{more}",
                rate(trend),
                time(trend.span_s)
            )
        }
        Some(Why::NoValues) => NOT_REPORTED.to_owned(),
        _ => "cannot tell: what was seen may be chance".to_owned(),
    }
}

/// `rose until 00:12, level since`
pub(super) fn level_since(trend: &Trend) -> String {
    let until = trend.rise.map_or_else(String::new, |rise| format!(" until {}", clock(rise.after_s)));
    format!("rose{until}, level since")
}

/// Hours and minutes from the start: `00:12`.
pub(in crate::words) fn clock(after_s: f64) -> String {
    let minutes =
        Duration::try_from_secs_f64(after_s.max(0.0)).unwrap_or_default().as_secs().saturating_add(30) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A rise at the end, of which it cannot be told yet what it is.
fn risen(trend: &Trend) -> String {
    let to = trend.last.map(|last| format!(", to {}", amount(trend.metric, last))).unwrap_or_default();
    format!("cannot tell: it rose at the end{to}, and that may be a step or the start of a leak; watch on")
}

/// A short form: how fast, and how long until it is danger.
fn trend_in_short(trend: &Trend) -> String {
    let each = || trend.slope_per_h.map(|slope| Slopes::of(trend).short(slope, false)).unwrap_or_default();
    match (trend.course, trend.reasons.first()) {
        (Course::Growing, _) => {
            let parts = [Some(format!("growing {}", each())), danger(trend, "")];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        (Course::Stable, Some(Why::Unconfirmed | Why::Slight)) => format!("rising {}", each()),
        (Course::Stable, Some(Why::Levelled)) if trend.rise.is_some() => level_since(trend),
        (_, Some(Why::Slowing)) => "rising ever more slowly".to_owned(),
        (Course::Stable, _) if is_steep(trend) => format!("rising {}?", each()),
        (Course::Inconclusive, Some(Why::MayLevelOff)) => format!("rising {}: leak or warm-up?", each()),
        (Course::Stable, _) => "not growing".to_owned(),
        (Course::Step, _) => "one step, no leak".to_owned(),
        (Course::Inconclusive, Some(Why::TooShort)) => match &trend.rising {
            Some(rising) => rising_in_short(rising),
            None => progress(trend.blocks, trend.needs_s),
        },
        (Course::Inconclusive, Some(Why::RisenLately)) => "risen at the end: a step or a leak".to_owned(),
        (Course::Inconclusive, _) => "cannot tell".to_owned(),
    }
}

/// Until when there must be a restart.
pub(super) fn restart(trend: Option<&Trend>) -> String {
    let danger = trend.and_then(|trend| trend.time_to_danger);
    if danger.is_some_and(|danger| danger.is_past()) {
        return "restart it as soon as you can: it is in danger".to_owned();
    }
    match danger.and_then(|danger| danger.soonest_s).filter(|soonest| *soonest > 0.0) {
        Some(soonest) => format!("plan a restart within {}, before it is danger", time(soonest)),
        None => "plan a restart before it is danger".to_owned(),
    }
}

/// True if it rises by more than would most likely have been seen, were it only seen for longer.
pub(in crate::words) fn is_steep(trend: &Trend) -> bool {
    trend.slope_per_h.zip(trend.min_detectable_slope_per_h).is_some_and(|(slope, least)| slope >= least)
}

/// How far a watch is from its first judgement.
fn progress(blocks: usize, needs_s: Option<f64>) -> String {
    let more = needs_s.map(|needs| format!(": {} more", time(needs))).unwrap_or_default();
    format!("warming up {}/{BLOCKS} blocks{more}", blocks.min(BLOCKS))
}

/// Where it takes longer than the operator was told.
fn slow(trend: &Trend) -> String {
    let more = trend.needs_s.map(|needs| format!(", {} more", time(needs))).unwrap_or_default();
    let slow = format!(
        "it takes longer, samples resemble those before them: {}/{BLOCKS} blocks{more}",
        trend.blocks.min(BLOCKS)
    );
    short(trend, &slow)
}

/// What is plain to the eye comes before how far it is to the first judgement.
fn short(trend: &Trend, progress: &str) -> String {
    let seen = trend.rising.as_ref().map(rose).or_else(|| flat(trend));
    seen.map_or_else(|| progress.to_owned(), |seen| format!("{seen}; {progress}"))
}

/// The slope and its 95 % interval: `241 per hour (220 to 262)`.
fn rate(trend: &Trend) -> String {
    let Some(slope) = trend.slope_per_h else { return String::new() };
    let slopes = Slopes::of(trend);
    let interval = trend
        .slope_ci
        .map(|[low, high]| format!(" ({} to {})", slopes.bare(low, false), slopes.bare(high, false)));
    format!("{}{}", slopes.long(slope, false), interval.unwrap_or_default())
}

const fn load(basis: LoadBasis) -> &'static str {
    match basis {
        LoadBasis::Explained => "what the load explains is taken off",
        LoadBasis::InFlight => "what requests in flight cost is taken off",
        LoadBasis::Constant => "the load did not move",
        LoadBasis::Steady => "the load is steady (--steady-load)",
        LoadBasis::Requests => "the rate of requests did not move",
        LoadBasis::Allocation | LoadBasis::Collections => "the rate of allocation did not move",
        LoadBasis::Outgrown => "far more than the load, or what stands for it, grew",
        LoadBasis::Undetermined | LoadBasis::Unknown => "the load may be the cause",
    }
}

/// When it is danger, as far as can be foretold.
pub(super) fn danger(trend: &Trend, rate: &str) -> Option<String> {
    let (danger, end) = (trend.time_to_danger?, held::end(trend.metric));
    let TimeToDanger { soonest_s, latest_s, horizon_s, .. } = danger;
    Some(match (soonest_s, latest_s) {
        _ if danger.is_past() => format!("above {end} already"),
        // A level is not known to the second.
        (_, Some(latest)) if latest <= 60.0 => format!("{end} within a minute{rate}"),
        (Some(soonest), Some(latest)) if time(soonest) == time(latest) => {
            format!("{end} in about {}{rate}", time(latest))
        }
        (Some(soonest), Some(latest)) => {
            format!("{end} in {} to {}{rate}", time(soonest), time(latest))
        }
        (Some(soonest), None) => format!("{end} in {} or later{rate}", time(soonest)),
        (None, _) => format!("{end} in more than {}{rate}", time(horizon_s)),
    })
}

fn unseen(trend: &Trend) -> String {
    let least = trend.min_detectable_slope_per_h.filter(|slope| slope.is_finite());
    let least = least.map(|slope| {
        format!("; {} is the smallest slope that this watch can show", Slopes::of(trend).short(slope, false))
    });
    least.unwrap_or_default()
}

pub(in crate::words) fn amount(metric: Metric, value: f64) -> String {
    match metric.is_bytes() {
        // Not "-0".
        false => format!("{:.0}", value.round() + 0.0),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "made positive; it saturates"
        )]
        true => {
            format!("{}{}", if value <= -1.0 { "-" } else { "" }, format_size(value.abs() as u64))
        }
    }
}

/// Whole minutes where there are some.
pub(in crate::words) fn time(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds.max(0.0).ceil()).unwrap_or(Duration::MAX).as_secs();
    let seconds = if seconds < 60 { seconds } else { seconds.saturating_add(30) / 60 * 60 };
    format_duration(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
