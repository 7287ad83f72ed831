//! What statistics say of two sides, of one without an earlier one, and of many.

use std::time::Duration;

use vitals::trend::{CompareVerdict, Course, LoadBasis, Metric, MetricComparison, Step, Trend, Why};
use vitals::units::{format_duration, format_size};

use super::early::{flat, rising, ruled_out};
use super::sides::{flawed, name, owner, subject};
use super::slope::grouped;
use super::trend::{danger, level_since};
use super::{Slopes, held, trend_name};
use crate::finding::{Came, Missing, Short, Statistics, When, Who};

/// One metric of two sides.
pub(super) fn told(said: &Statistics) -> String {
    sentence(said) + &came(said)
}

fn sentence(said: &Statistics) -> String {
    let Statistics { found, now, beyond, .. } = said;
    let what = subject(found.metric, *beyond);
    let trend = &found.current.trend;
    let grows = trend.course == Course::Growing;
    let load = || load_of(said, found);
    match (found.verdict, found.reasons.first()) {
        (_, Some(Why::SteppedUp)) => stepped_up(said, what),
        (CompareVerdict::Warning | CompareVerdict::Leak, _) if found.metric.is_resource() && grows => {
            let limit = danger(trend, "").map(|limit| format!(", {limit}"));
            format!("{}{}{}", growth(trend, what), of(now), limit.unwrap_or_default())
        }
        (CompareVerdict::Leak, _) => format!("leak: {}{}", growth(trend, what), of(now)),
        (CompareVerdict::Warning, Some(Why::NotLoadAdjusted)) if grows => {
            format!("busy or leaking: {}{}", growth(trend, what), of(now))
        }
        (CompareVerdict::Regression, _) => {
            let step = found.step.as_ref().map(|at| format!("; {}", step(said, at)));
            format!("regression: {}; {}{}", higher(said, found, what), load(), step.unwrap_or_default())
        }
        (CompareVerdict::Warning, _) => format!("{}, and {}", higher(said, found, what), load()),
        (CompareVerdict::Unknown, why) => untold(said, what, why),
        (CompareVerdict::Ok, why) => fine(said, what, why),
    }
}

/// It cannot be told, and what is missing.
fn untold(said: &Statistics, what: &str, why: Option<&Why>) -> String {
    let Statistics { found, now, .. } = said;
    let trend = &found.current.trend;
    if let Some(rising) = rising(what, trend) {
        return rising;
    }
    match why {
        Some(Why::LoadsDiffer) => format!("cannot tell of {what}: {}", load_of(said, found)),
        Some(Why::RisenLately) => {
            let amount = |value| amount(found.metric, value, false);
            let levels = trend.first.zip(trend.last);
            let levels = levels.map(|(first, last)| format!(", from {} to {}", amount(first), amount(last)));
            format!(
                "cannot tell of {what}: it rose at the end of {}{}, and that may be a step or the start of a leak; record on",
                name(now),
                levels.unwrap_or_default()
            )
        }
        Some(Why::Slowing) => {
            format!(
                "cannot tell of {what}: {} ever more slowly in {}; record on",
                rises(trend, what),
                name(now)
            )
        }
        Some(Why::MayLevelOff) => {
            format!("cannot tell a leak from a warm-up yet: {}{}; record on", growth(trend, what), of(now))
        }
        _ => {
            let short: Vec<String> = said.short.iter().map(short).collect();
            let short = short.join("; ");
            match ruled_out(trend) {
                Some(slope) => format!("{what} may grow by up to {slope}, which is not ruled out: {short}"),
                None => format!("too little for statistics of {what}: {short}"),
            }
        }
    }
}

/// There is nothing to complain of.
fn fine(said: &Statistics, what: &str, why: Option<&Why>) -> String {
    let Statistics { found, before, now, .. } = said;
    let trend = &found.current.trend;
    match why {
        Some(Why::Levelled) if trend.rise.is_some() => {
            format!("{what}: {} in {}", level_since(trend), name(now))
        }
        Some(Why::Slowing) => {
            let rise = rises(trend, what);
            format!("{rise} ever more slowly in {}, and no higher than in {}", name(now), name(before))
        }
        Some(Why::Flat) => format!("{what}: {}", flat(trend).unwrap_or_else(|| "not growing".to_owned())),
        Some(Why::BothRise) => both_rise(said),
        _ => match found.p {
            Some(p) => format!("{what}: no difference that matters, and no growth (p={p:.3})"),
            None => format!("{what}: no growth"),
        },
    }
}

/// `goroutines rise alike on both sides: by +600/h in baseline, by +640/h in current`
pub(super) fn both_rise(said: &Statistics) -> String {
    let Statistics { found, before, now, beyond, .. } = said;
    let slope = |trend: &Trend| Slopes::of(trend).short(trend.slope_per_h.unwrap_or_default(), true);
    let [older, newer] = [&found.baseline, &found.current].map(|side| slope(&side.trend));
    let what = subject(found.metric, *beyond);
    let s = held::third(found.metric);
    format!("{what} rise{s} alike on both sides: by {older} in {}, by {newer} in {}", name(before), name(now))
}

/// The end of a sentence about a level that is higher.
fn came(said: &Statistics) -> String {
    match &said.came {
        Some(Came::Since(at, day)) => format!("; since about {}", at.minute(day.as_ref())),
        Some(Came::BitByBit) => "; it came bit by bit".to_owned(),
        None => String::new(),
    }
}

/// `a step of +21.0 % in goroutines at 14:32:05 within current (1000 to 1210)`
pub(super) fn step(said: &Statistics, step: &Step) -> String {
    let metric = said.found.metric;
    let share = step.share().map(|share| format!("{:+.1} %", share * 100.0));
    let by = share.unwrap_or_else(|| amount(metric, step.to - step.from, true));
    let [from, to] = [step.from, step.to].map(|level| amount(metric, level, false));
    let at = said.step.map(when).unwrap_or_default();
    format!("a step of {by} in {} {at} within {} ({from} to {to})", trend_name(metric), name(&said.now))
}

/// `at 14:32:05`, or `after 5m`
pub(crate) fn when(when: When) -> String {
    match when {
        When::At(at, day) => format!("at {}", at.short(day.as_ref())),
        When::After(time) => format!("after {}", format_duration(time)),
    }
}

/// A step, after which the rest decided.
fn stepped_up(said: &Statistics, what: &str) -> String {
    let Some((at, since)) = said.found.step.as_ref().zip(said.since()) else {
        return format!("{what}: a step");
    };
    let step = step(said, at);
    let load = || load_of(said, since);
    match since.verdict {
        CompareVerdict::Leak => {
            format!("leak: {}, since {step}", growth(&since.current.trend, what))
        }
        CompareVerdict::Regression => {
            format!("regression: {step}: since then, {}; {}", higher(said, since, what), load())
        }
        CompareVerdict::Unknown if since.reasons.contains(&Why::LoadsDiffer) => {
            format!("cannot tell of {what}: {step}, and the load is higher since then as well")
        }
        CompareVerdict::Unknown => {
            let more = said.short.iter().find_map(|short| match short.lack {
                Missing::Blocks(.., more) => Some(length(more)),
                _ => None,
            });
            format!(
                "cannot tell of {what}: {step}, and too little since then, record about {} more",
                more.unwrap_or_default()
            )
        }
        CompareVerdict::Ok | CompareVerdict::Warning => {
            format!("{step}: since then, {}, and {}", higher(said, since, what), load())
        }
    }
}

/// A number of goroutines, or of bytes, with its sign if wanted.
pub(crate) fn amount(metric: Metric, value: f64, signed: bool) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, for display")]
    let size = value.abs().round() as u64;
    let sign = match () {
        () if size == 0 => "",
        () if value < 0.0 => "-",
        () if signed => "+",
        () => "",
    };
    match metric.is_bytes() {
        false => format!("{sign}{size}"),
        true => format!("{sign}{}", format_size(size)),
    }
}

fn between(metric: Metric, ends: Option<[f64; 2]>) -> String {
    let show =
        |[low, high]: [f64; 2]| format!(" ({} to {})", amount(metric, low, true), amount(metric, high, true));
    ends.map(show).unwrap_or_default()
}

/// `goroutines grow by 1,080/h, 198 more in 11m`
pub(super) fn growth(trend: &Trend, what: &str) -> String {
    let slope = Slopes::of(trend).short(trend.slope_per_h.unwrap_or_default(), false);
    let grown = trend.growth.unwrap_or_default();
    let grown = match trend.metric {
        Metric::Tasks => grouped(grown),
        metric => amount(metric, grown, false),
    };
    format!("{what} grow{} by {slope}, {grown} more in {}", held::third(trend.metric), length(trend.span_s))
}

/// Of two sides it goes without saying which one is judged.
fn of(who: &Who) -> String {
    match who {
        Who::Current => String::new(),
        who => format!(" in {}", name(who)),
    }
}

/// `goroutines rise`
fn rises(trend: &Trend, what: &str) -> String {
    format!("{what} rise{}", held::third(trend.metric))
}

fn higher(said: &Statistics, found: &MetricComparison, what: &str) -> String {
    let shift = amount(found.metric, found.shift.unwrap_or_default(), true);
    let share = found.shift_share.map(|share| format!(", {:+.1} %", share * 100.0)).unwrap_or_default();
    let p = found.p_adjusted.map(|p| format!(", p={p:.3}")).unwrap_or_default();
    format!(
        "{}'s level of {what} is {shift}{} above {}{share}{p}",
        name(&said.now),
        between(found.metric, found.shift_ci),
        owner(&said.before),
    )
}

pub(super) fn alone(who: &Who, trend: &Trend, beyond: bool, short: Option<&Short>) -> String {
    let what = subject(trend.metric, beyond);
    let who = name(who);
    match (trend.course, short) {
        (Course::Growing, _) if trend.verdict == vitals::Verdict::Danger => {
            format!("leak: {} in {who}", growth(trend, what))
        }
        (Course::Growing, _) => format!("busy or leaking: {} in {who}", growth(trend, what)),
        (_, Some(_)) if let Some(rising) = rising(what, trend) => format!("{who}: {rising}"),
        (_, Some(short)) => format!("too little for statistics of {what}: {}", self::short(short)),
        _ if trend.reasons.first() == Some(&Why::Slowing) => {
            format!("{} ever more slowly in {who}, and nothing earlier to compare with", rises(trend, what))
        }
        _ if trend.rise.is_some() => {
            format!("{what}: {} in {who}, and nothing earlier to compare with", level_since(trend))
        }
        _ if trend.course == Course::Inconclusive => {
            format!("{what}: too short to tell growth, and nothing earlier to compare with")
        }
        _ => format!("{what}: no growth, and nothing earlier to compare with"),
    }
}

pub(super) fn drift([first, last]: [&str; 2], trend: &Trend, beyond: bool) -> String {
    let metric = trend.metric;
    let slope = amount(metric, trend.slope_per_h.unwrap_or_default() * 24.0, true);
    let ends = between(metric, trend.slope_ci.map(|ends| ends.map(|end| end * 24.0)));
    let grown = trend.growth.unwrap_or_default();
    let from = trend.first.filter(|from| *from > 0.0);
    let share = from.map(|from| format!(", {:+.0} %", grown / from * 100.0)).unwrap_or_default();
    format!(
        "drift: {} rise{} bit by bit from {first} to {last}, by {slope} a day{ends}, {} in all{share}; {}",
        subject(metric, beyond),
        held::third(metric),
        amount(metric, grown, true),
        basis(trend.load)
    )
}

fn short(Short { who, lack }: &Short) -> String {
    let who = name(who);
    match lack {
        Missing::Flaw(flaw) => flawed(&who, *flaw),
        Missing::NotReported => format!("{who} does not report it"),
        Missing::Blocks(blocks, of, more) => {
            format!("{who} has {blocks} of the {of} blocks needed, record about {} more", length(*more))
        }
    }
}

/// Up to the next minute from two on.
pub(in crate::words) fn length(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.clamp(1.0, 1e9) } else { 1.0 };
    let rounded = if seconds < 120.0 { seconds.ceil() } else { (seconds / 60.0).ceil() * 60.0 };
    format_duration(Duration::from_secs_f64(rounded))
}

/// How the load was taken into account.
pub(crate) fn load(said: &Statistics) -> String {
    load_of(said, &said.found)
}

fn load_of(said: &Statistics, found: &MetricComparison) -> String {
    // Growth within a side is judged by the load within it.
    let trend = &found.current.trend;
    match trend.load {
        LoadBasis::Outgrown if trend.course == Course::Growing => return basis(trend.load).to_owned(),
        LoadBasis::Unknown if trend.course == Course::Growing => {
            return "what is known of the load does not rule out that it is only busier".to_owned();
        }
        _ => {}
    }
    if found.reasons.contains(&Why::LoadsDiffer) && found.load != LoadBasis::Undetermined {
        return format!("{}, and the level is higher by about as much as the load", differ(said));
    }
    match found.load {
        LoadBasis::InFlight => {
            let reference = said.in_flight.map(|n| format!("{n} ")).unwrap_or_default();
            let cost = found.beta.map(|beta| match found.metric {
                metric if metric.is_bytes() => format!(", at {} each", amount(metric, beta, false)),
                metric => format!(", at {beta:.1} {} each", held::noun(metric)),
            });
            format!("adjusted to {reference}requests in flight{}", cost.unwrap_or_default())
        }
        LoadBasis::Undetermined => format!("{} and {}", differ(said), basis(found.load)),
        other => basis(other).to_owned(),
    }
}

/// How the load was taken into account, without its numbers.
const fn basis(basis: LoadBasis) -> &'static str {
    match basis {
        LoadBasis::Explained => "what the load explains is taken off",
        LoadBasis::InFlight => "at the same number of requests in flight",
        LoadBasis::Constant => "the load is the same, or does not count here",
        LoadBasis::Steady => "the load is said to be steady",
        LoadBasis::Requests => "the rate of requests is the same, which stands for the load",
        LoadBasis::Allocation => "the rate of allocation is the same, which stands for the load",
        LoadBasis::Collections => "the rate of garbage collections is the same, which stands for the load",
        LoadBasis::Outgrown => "the load, or what stands for it, rose by far less",
        LoadBasis::Undetermined => "what a request costs cannot be determined",
        LoadBasis::Unknown => "nothing is known of the load: it may only be busier",
    }
}

fn differ(said: &Statistics) -> String {
    match said.differ {
        Some(percent) => format!("the loads differ by {percent:.0} %"),
        None => "the loads differ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!(amount(Metric::Tasks, -0.4, true), "0");
        assert_eq!(amount(Metric::Tasks, 12.6, true), "+13");
        assert_eq!(amount(Metric::Heap, -3.0 * 1_048_576.0, false), "-3.0 MiB");
        assert_eq!(length(f64::INFINITY), "1s");
    }
}
