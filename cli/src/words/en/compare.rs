//! Findings of a comparison.

use std::time::Duration;

use vitals::trend::{CompareVerdict, Course, LoadBasis, Metric, MetricComparison, Step, Trend, Why};
use vitals::units::{format_duration, format_size, format_sizes};

use super::{Slopes, counted, trend_name};
use crate::finding::{
    Bound, Came, Compare, Fit, Flaw, Grown, Growth, Lack, Load, Missing, Peak, Reference, Short, Statistics,
    Weighed, When, Who,
};

/// The sentence; empty where there is nothing to say.
pub(super) fn finding(said: &Compare) -> String {
    match said {
        Compare::Fine => String::new(),
        Compare::Samples { who, counted, needed, lack } => samples(who, *counted, *needed, lack.as_ref()),
        Compare::Level { who, reason, before } => {
            let usual = before.map(|before| match reason.limit {
                vitals::Limit::Memory => usual(&format_size(before)),
                _ => usual(&before.to_string()),
            });
            format!("{}'s level: {}{}", name(who), super::reason(reason), usual.unwrap_or_default())
        }
        Compare::Peak(said) => peak(said),
        Compare::Weighed(said) => weighed(said),
        Compare::Grown(said) => grown(said),
        Compare::Statistics(said) => statistics(said) + &came(said),
        Compare::Alone { who, trend, beyond, short } => alone(who, trend, *beyond, short.as_ref()),
        Compare::Drift { from, to, trend, beyond } => drift([from, to], trend, *beyond),
        Compare::MissingDays { ends: [first, last], count, silence: [from, to] } => {
            let which = match count {
                1 => format!("{first} is"),
                2 => format!("{first} and {last} are"),
                _ => format!("{first} to {last} are"),
            };
            format!("{which} missing: there is no row between {} and {}", from.minute(None), to.minute(None))
        }
        Compare::NothingCompared { columns: 0 | 1 } => {
            "there is only one day: there is nothing to compare it with".to_owned()
        }
        Compare::NothingCompared { columns } => {
            format!("none of the {columns} could be compared with an earlier one: record for longer")
        }
    }
}

pub(super) fn name(who: &Who) -> String {
    match who {
        Who::Baseline => "baseline".to_owned(),
        Who::Current => "current".to_owned(),
        Who::Named(name) => name.clone(),
        Who::Before(columns) => reference(columns),
    }
}

/// With what belongs to it.
fn owner(who: &Who) -> String {
    match who {
        Who::Before(columns) => format!("that of {}", reference(columns)),
        who => format!("{}'s", name(who)),
    }
}

/// The columns that one was compared with.
pub(crate) fn reference(Reference { ends, count, is_whole, own }: &Reference) -> String {
    let others = ends.as_ref().map(|[first, last]| match count {
        1 => first.clone(),
        _ if *is_whole => format!("{first} to {last}"),
        count => format!("{count} of {first} to {last}"),
    });
    match (own, others) {
        (true, None) => "the time before".to_owned(),
        (true, Some(others)) => format!("{others} and the time before"),
        (false, others) => others.unwrap_or_default(),
    }
}

/// Follows the name of what has it, and the cure of it.
pub(crate) const fn flaw(flaw: Flaw) -> [&'static str; 2] {
    match flaw {
        Flaw::NoRows => ["has no rows yet", "record into it with `watertight record`"],
        Flaw::OnlyFailures => [
            "has failed polls only",
            "see whether its target was up and its address right, and record it again",
        ],
        Flaw::NoCounts => ["has no goroutine counts", "record a target that reports them"],
        Flaw::TimesRunBackwards => {
            ["has rows whose times run backwards", "sort its rows by ts, the oldest first"]
        }
        Flaw::UnreadableTimes => [
            "has times that cannot be read",
            "write ts like 2026-11-18T11:06:40.250Z, as `watertight record` does",
        ],
        Flaw::TimeStandsStill => {
            ["has the same time in all of its rows", "record it again, with a clock that runs"]
        }
    }
}

pub(super) fn flawed(who: &str, flaw: Flaw) -> String {
    let [what, cure] = self::flaw(flaw);
    format!("{who} {what}: {cure}")
}

fn samples(who: &Who, n: u64, needed: u64, lack: Option<&Lack>) -> String {
    let who = name(who);
    let polls = counted(n, "good poll", "good polls");
    match lack {
        None => format!("{who} has {polls}"),
        Some(Lack::TooFew) => format!("{who} has {polls}, and {needed} are needed: record for longer"),
        Some(Lack::Flaw(flaw)) => flawed(&who, *flaw),
        Some(Lack::Silent(kinds)) => {
            let failed: u64 = kinds.iter().map(|(_, n)| n).sum();
            format!(
                "{who} has no good poll, {failed} failed ({})",
                self::kinds(kinds.iter().map(|(k, n)| (k, n)))
            )
        }
    }
}

/// `1 refused, 2 timeout`
pub(super) fn kinds<'a>(kinds: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    kinds.map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
}

fn usual(before: &str) -> String {
    format!(", as the baseline's was ({before})")
}

/// A judged metric in a sentence.
const fn tasks(beyond: bool) -> &'static str {
    if beyond { "goroutines beyond the explained ones" } else { "goroutines" }
}

const fn subject(metric: Metric, beyond: bool) -> &'static str {
    match metric {
        Metric::Tasks => tasks(beyond),
        Metric::Heap => "memory",
    }
}

fn peak(said: &Peak) -> String {
    let Peak { who, peak, beyond, at, limit, is_gate, before } = said;
    let at = at.map(|at| format!(" at {}", at.long())).unwrap_or_default();
    let relation = match is_gate {
        false if peak > limit => format!("above the danger threshold of {limit}"),
        false => format!("not above the danger threshold of {limit}"),
        true if peak >= limit => format!("not below the {limit} of --max-peak"),
        true => format!("below the {limit} of --max-peak"),
    };
    let usual = before.map(|before| usual(&before.to_string())).unwrap_or_default();
    format!("{}'s peak: {peak} {}{at}, {relation}{usual}", name(who), tasks(*beyond))
}

fn weighed(said: &Weighed) -> String {
    let Weighed { found, is_peak, is_memory, at, above: (bound, limit), stands, ratio, load, fit } = said;
    let at = at.map(|at| format!(" at {}", at.long())).unwrap_or_default();
    let (found, limit) = match is_memory {
        true => {
            let [found, limit] = format_sizes(*found, *limit);
            (format!("{found} of live memory"), limit)
        }
        false => (format!("{found} goroutines"), limit.to_string()),
    };
    let bound = match bound {
        Bound::Warning => "warning",
        Bound::Danger => "danger",
        Bound::Severe => "severe",
    };
    let (what, peak) = if *is_peak { ("peak", "highest ") } else { ("level", "") };
    let (load, known) = match load {
        Load::InFlight => ("load", true),
        Load::Requests => ("rate of requests", false),
        Load::Allocation => ("rate of allocation", false),
    };
    let why = match (fit, known) {
        (Fit::Proportion, _) => ": in proportion",
        (Fit::Doubt, true) => ": more than in proportion, as in a burst, or in a leak",
        (Fit::Doubt, false) => ", which stands for the load: cannot tell load from a leak",
    };
    let but = stands.map(|warning| format!(", but above warning {warning} as well")).unwrap_or_default();
    format!(
        "current's {what}: {found}{at}, above {bound} {limit}, at {ratio:.1} times the baseline's {peak}{load}{why}{but}"
    )
}

fn grown(said: &Grown) -> String {
    let Grown { who, over, growth, beyond, max, noise } = said;
    let what = match over {
        Some(over) => format!("{}'s level against {}'s", name(who), name(over)),
        None => format!("{}'s last fifth against its first", name(who)),
    };
    let Some(growth) = growth else { return format!("{what}: cannot tell, because a count is missing") };
    let percent = percent(*growth).map(|percent| format!(" ({percent})")).unwrap_or_default();
    let over = growth.percent().is_none_or(|percent| percent > *max) && growth.to > growth.from;
    let relation = match noise {
        Some(noise) => format!("more than {max} %, but by not more than {noise}, which is noise"),
        None if over => format!("more than the allowed {max} %"),
        None => format!("not more than the allowed {max} %"),
    };
    format!("{what}: {} to {} {}{percent}, {relation}", growth.from, growth.to, tasks(*beyond))
}

/// `+20.8 %`; nothing where it has no percentage.
pub(crate) fn percent(growth: Growth) -> Option<String> {
    growth.percent().map(|percent| {
        // No minus before a zero.
        if percent.abs() < 0.05 { "0.0 %".to_owned() } else { format!("{percent:+.1} %") }
    })
}

fn statistics(said: &Statistics) -> String {
    let Statistics { found, now, beyond, .. } = said;
    let what = subject(found.metric, *beyond);
    let grows = found.current.trend.course == Course::Growing;
    let (load, growth) = (|| load_of(said, found), || growth(&found.current.trend, what));
    match (found.verdict, found.reasons.first()) {
        (_, Some(Why::SteppedUp)) => stepped_up(said, what),
        (CompareVerdict::Leak, _) => format!("leak: {} in {}; {}", growth(), name(now), load()),
        (CompareVerdict::Warning, Some(Why::NotLoadAdjusted)) if grows => {
            format!("{} in {}, and {}", growth(), name(now), load())
        }
        (CompareVerdict::Regression, _) => {
            let step = found.step.as_ref().map(|at| format!("; {}", step(said, at)));
            format!("regression: {}; {}{}", higher(said, found, what), load(), step.unwrap_or_default())
        }
        (CompareVerdict::Warning, _) => format!("{}, and {}", higher(said, found, what), load()),
        (CompareVerdict::Unknown, Some(Why::LoadsDiffer)) => format!("cannot tell of {what}: {}", load()),
        (CompareVerdict::Unknown, Some(Why::RisenLately)) => {
            let trend = &found.current.trend;
            let amount = |value| amount(found.metric, value, false);
            let levels = trend.first.zip(trend.last);
            let levels = levels.map(|(first, last)| format!(", from {} to {}", amount(first), amount(last)));
            format!(
                "cannot tell of {what}: it rose at the end of {}{}, and that may be a step or the start of a leak; record on",
                name(now),
                levels.unwrap_or_default()
            )
        }
        (CompareVerdict::Unknown, _) => {
            let short: Vec<String> = said.short.iter().map(short).collect();
            format!("too little for statistics of {what}: {}", short.join("; "))
        }
        (CompareVerdict::Ok, _) => match found.p {
            Some(p) => format!("{what}: no difference that matters, and no growth (p={p:.3})"),
            None => format!("{what}: no growth"),
        },
    }
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

/// What came after a step decided.
fn stepped_up(said: &Statistics, what: &str) -> String {
    let Some((at, since)) = said.found.step.as_ref().zip(said.since()) else {
        return format!("{what}: a step");
    };
    let step = step(said, at);
    let load = || load_of(said, since);
    match since.verdict {
        CompareVerdict::Leak => {
            format!("leak: {step}, and since then {}; {}", growth(&since.current.trend, what), load())
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
    match metric {
        Metric::Tasks => format!("{sign}{size}"),
        Metric::Heap => format!("{sign}{}", format_size(size)),
    }
}

fn between(metric: Metric, ends: Option<[f64; 2]>) -> String {
    let show =
        |[low, high]: [f64; 2]| format!(" ({} to {})", amount(metric, low, true), amount(metric, high, true));
    ends.map(show).unwrap_or_default()
}

/// `goroutines grow by +480/h (+460 to +500), +240 in 30m`
fn growth(trend: &Trend, what: &str) -> String {
    let slopes = Slopes::of(trend);
    let slope = slopes.short(trend.slope_per_h.unwrap_or_default(), true);
    let ends = trend.slope_ci.map(|ends| ends.map(|end| slopes.bare(end, true)));
    let ends = ends.map(|[low, high]| format!(" ({low} to {high})")).unwrap_or_default();
    let grown = trend.growth.map(|grown| amount(trend.metric, grown, true)).unwrap_or_default();
    let s = third(trend.metric);
    format!("{what} grow{s} by {slope}{ends}, {grown} in {}", length(trend.span_s))
}

/// Goroutines grow, memory grows.
const fn third(metric: Metric) -> &'static str {
    match metric {
        Metric::Tasks => "",
        Metric::Heap => "s",
    }
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

fn alone(who: &Who, trend: &Trend, beyond: bool, short: Option<&Short>) -> String {
    let what = subject(trend.metric, beyond);
    let who = name(who);
    match (trend.course, short) {
        (Course::Growing, _) if trend.verdict == vitals::Verdict::Danger => {
            format!("leak: {} in {who}", growth(trend, what))
        }
        (Course::Growing, _) => {
            let growth = growth(trend, what);
            format!("{growth} in {who}, and nothing is known of the load: it may only be busier")
        }
        (_, Some(short)) => format!("too little for statistics of {what}: {}", self::short(short)),
        _ => format!("{what}: no growth, and nothing earlier to compare with"),
    }
}

fn drift([first, last]: [&str; 2], trend: &Trend, beyond: bool) -> String {
    let metric = trend.metric;
    let slope = amount(metric, trend.slope_per_h.unwrap_or_default() * 24.0, true);
    let ends = between(metric, trend.slope_ci.map(|ends| ends.map(|end| end * 24.0)));
    let grown = trend.growth.unwrap_or_default();
    let from = trend.first.filter(|from| *from > 0.0);
    let share = from.map(|from| format!(", {:+.0} %", grown / from * 100.0)).unwrap_or_default();
    format!(
        "drift: {} rise{} bit by bit from {first} to {last}, by {slope} a day{ends}, {} in all{share}; {}",
        subject(metric, beyond),
        third(metric),
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
fn length(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.clamp(1.0, 1e9) } else { 1.0 };
    let rounded = if seconds < 120.0 { seconds.ceil() } else { (seconds / 60.0).ceil() * 60.0 };
    format_duration(Duration::from_secs_f64(rounded))
}

/// How the load was taken into account.
pub(crate) fn load(said: &Statistics) -> String {
    load_of(said, &said.found)
}

fn load_of(said: &Statistics, found: &MetricComparison) -> String {
    if found.reasons.contains(&Why::LoadsDiffer) && found.load != LoadBasis::Undetermined {
        return format!("{}, and the level is higher by about as much as the load", differ(said));
    }
    match found.load {
        LoadBasis::InFlight => {
            let reference = said.in_flight.map(|n| format!("{n} ")).unwrap_or_default();
            let cost = found.beta.map(|beta| match found.metric {
                Metric::Tasks => format!(", at {beta:.1} goroutines each"),
                Metric::Heap => format!(", at {} each", amount(Metric::Heap, beta, false)),
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
        LoadBasis::Allocation => "the rate of allocation is the same, which stands for the load",
        LoadBasis::Collections => "the rate of garbage collections is the same, which stands for the load",
        LoadBasis::Outgrown => "the load rose by less",
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
