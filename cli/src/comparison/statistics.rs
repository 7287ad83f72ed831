//! What statistics say of two sides, as findings in words. The method stands in docs/statistics.md.

use std::time::Duration;

use vitals::Verdict;
use vitals::trend::{
    self, CompareVerdict, Comparison, Course, Drift, LoadBasis, Metric, MetricComparison, Step, Trend, Why,
};
use vitals::units::{format_duration, format_size};

use super::judge::in_words;
use super::{Day, Finding, METRICS, Rules, Side, judged};
use crate::words::{Slopes, trend_name};

/// A level needs this many blocks.
pub(super) const BLOCKS: usize = 6;

/// Compares the two.
pub(crate) fn statistics(baseline: &Side, current: &Side, rules: &Rules) -> Comparison {
    trend::compare(&baseline.series, &current.series, &of_trends(rules))
}

/// The rules of the statistics.
pub(super) fn of_trends(rules: &Rules) -> trend::Rules {
    #[expect(clippy::cast_precision_loss, reason = "a number of tasks")]
    let danger = Some(rules.thresholds.danger as f64);
    trend::Rules { alpha: rules.alpha, danger, ..trend::Rules::default() }
}

/// What is compared with what, for sentences.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roles<'a> {
    /// The older side's name, and its name with what belongs to it.
    pub(super) before: &'a str,
    pub(super) before_s: &'a str,
    /// The newer side's.
    pub(super) now: &'a str,
    /// The sides themselves.
    pub(super) baseline: &'a Side,
    pub(super) current: &'a Side,
}

/// The name of the column that a metric was looked for in.
pub(crate) fn name_of(metric: Metric, baseline: &Side, current: &Side) -> &'static str {
    match metric {
        Metric::Tasks => METRICS[judged(&[baseline, current])].name,
        Metric::Heap => "alloc_bytes",
    }
}

/// One finding a metric. `others` are those of thresholds and gates: where there is too little for statistics and
/// somebody asked for a gate, or there is something else to complain about, these decide.
pub(crate) fn findings_of(
    comparison: &Comparison,
    baseline: &Side,
    current: &Side,
    rules: &Rules,
    others: &[Finding],
) -> Vec<Finding> {
    let decided = rules.has_gate() || others.iter().any(|finding| finding.verdict != Verdict::Ok);
    let roles = Roles { before: "baseline", before_s: "baseline's", now: "current", baseline, current };
    comparison.metrics.iter().map(|found| finding(found, &roles, decided)).collect()
}

/// What statistics say of one metric; `decided` when somebody else has decided where there is too little for them.
pub(super) fn finding(found: &MetricComparison, roles: &Roles<'_>, decided: bool) -> Finding {
    let too_little = found.reasons.iter().any(|why| matches!(why, Why::TooShort | Why::NoValues));
    // Tasks are what a comparison is about: memory alone that cannot be told is context.
    let context = too_little && (decided || found.metric == Metric::Heap);
    Finding {
        check: check_of(found.metric),
        metric: name_of(found.metric, roles.baseline, roles.current),
        verdict: if context { Verdict::Ok } else { found.verdict.verdict() },
        silent: false,
        value: if found.verdict == CompareVerdict::Leak {
            found.current.trend.slope_per_h
        } else {
            found.shift
        },
        threshold: None,
        text: told(found, roles),
    }
}

/// The name of a finding.
pub(super) const fn check_of(metric: Metric) -> &'static str {
    match metric {
        Metric::Tasks => "statistics of goroutines",
        Metric::Heap => "statistics of memory",
    }
}

fn told(found: &MetricComparison, roles: &Roles<'_>) -> String {
    let Roles { now, baseline, current, .. } = *roles;
    let what = what(found.metric, baseline, current);
    let load = load_in_words(found, baseline, current);
    let grows = found.current.trend.course == Course::Growing;
    let growth = || growth(&found.current.trend, what);
    match (found.verdict, found.reasons.first()) {
        (_, Some(Why::SteppedUp)) => stepped_up(found, what, roles),
        (CompareVerdict::Leak, _) => format!("leak: {} in {now}; {load}", growth()),
        (CompareVerdict::Warning, Some(Why::NotLoadAdjusted)) if grows => {
            format!("{} in {now}, and {load}", growth())
        }
        (CompareVerdict::Regression, _) => {
            let step =
                found.step.as_ref().map(|step| format!("; {}", step_in_words(found, step, now, current)));
            format!("regression: {}; {load}{}", higher(found, what, roles), step.unwrap_or_default())
        }
        (CompareVerdict::Warning, _) => format!("{}, and {load}", higher(found, what, roles)),
        (CompareVerdict::Unknown, Some(Why::LoadsDiffer)) => format!("cannot tell of {what}: {load}"),
        (CompareVerdict::Unknown, Some(Why::RisenLately)) => {
            let trend = &found.current.trend;
            let levels = trend.first.zip(trend.last).map(|(first, last)| {
                format!(
                    ", from {} to {}",
                    amount(found.metric, first, false),
                    amount(found.metric, last, false)
                )
            });
            format!(
                "cannot tell of {what}: it rose at the end of {now}{}, and that may be a step or the start of a leak; \
                 record on",
                levels.unwrap_or_default()
            )
        }
        (CompareVerdict::Unknown, _) => too_short(found, roles, what),
        (CompareVerdict::Ok, _) => match found.p {
            Some(p) => format!("{what}: no difference that matters, and no growth (p={p:.3})"),
            None => format!("{what}: no growth"),
        },
    }
}

/// `a step of +21.0 % in goroutines at 14:32:05 within current (1000 to 1210)`
pub(crate) fn step_in_words(found: &MetricComparison, step: &Step, now: &str, current: &Side) -> String {
    let share = step.share().map(|share| format!("{:+.1} %", share * 100.0));
    let by = share.unwrap_or_else(|| amount(found.metric, step.to - step.from, true));
    let metric = trend_name(found.metric);
    let [from, to] = [step.from, step.to].map(|level| amount(found.metric, level, false));
    format!("a step of {by} in {metric} {} within {now} ({from} to {to})", current.when(step.at))
}

/// What came after a step decided.
fn stepped_up(found: &MetricComparison, what: &str, roles: &Roles<'_>) -> String {
    let Some((step, since)) = found.step.as_ref().and_then(|step| Some((step, step.since.as_ref()?))) else {
        return format!("{what}: a step");
    };
    let step = step_in_words(found, step, roles.now, roles.current);
    let load = || load_in_words(since, roles.baseline, roles.current);
    match since.verdict {
        CompareVerdict::Leak => {
            format!("leak: {step}, and since then {}; {}", growth(&since.current.trend, what), load())
        }
        CompareVerdict::Regression => {
            format!("regression: {step}: since then, {}; {}", higher(since, what, roles), load())
        }
        CompareVerdict::Unknown if since.reasons.contains(&Why::LoadsDiffer) => {
            format!("cannot tell of {what}: {step}, and the load is higher since then as well")
        }
        CompareVerdict::Unknown => {
            let block = since.current.trend.block_s.unwrap_or_default().max(60.0);
            #[expect(clippy::cast_precision_loss, reason = "a few blocks")]
            let missing = BLOCKS.saturating_sub(since.current.blocks).max(1) as f64 * block;
            format!(
                "cannot tell of {what}: {step}, and too little since then, record about {} more",
                length(missing)
            )
        }
        CompareVerdict::Ok | CompareVerdict::Warning => {
            format!("{step}: since then, {}, and {}", higher(since, what, roles), load())
        }
    }
}

pub(super) fn what(metric: Metric, baseline: &Side, current: &Side) -> &'static str {
    match metric {
        Metric::Tasks => in_words(judged(&[baseline, current])),
        Metric::Heap => "memory",
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
pub(super) fn growth(trend: &Trend, what: &str) -> String {
    let metric = trend.metric;
    let slopes = Slopes::of(trend);
    let slope = slopes.short(trend.slope_per_h.unwrap_or_default(), true);
    let ends = trend.slope_ci.map(|ends| ends.map(|end| slopes.bare(end, true)));
    let ends = ends.map(|[low, high]| format!(" ({low} to {high})")).unwrap_or_default();
    let grown = trend.growth.map(|grown| amount(metric, grown, true)).unwrap_or_default();
    format!(
        "{what} grow{} by {slope}{ends}, {grown} in {}",
        if metric == Metric::Heap { "s" } else { "" },
        length(trend.span_s),
    )
}

/// Levels that rise from each to the next.
pub(super) fn drifting(drift: &Drift, days: &[Day]) -> Option<Finding> {
    let Drift { trend, days: members } = drift;
    let (first, last) = (days.get(*members.first()?)?, days.get(*members.last()?)?);
    let metric = trend.metric;
    let a_day = |per_h: f64| amount(metric, per_h * 24.0, true);
    let slope = trend.slope_per_h?;
    let ends = between(metric, trend.slope_ci.map(|ends| ends.map(|end| end * 24.0)));
    let (from, grown) = (trend.first?, trend.growth?);
    let share = if from > 0.0 { format!(", {:+.0} %", grown / from * 100.0) } else { String::new() };
    let what = what(metric, &first.side, &last.side);
    let load = basis_in_words(trend.load);
    Some(Finding {
        check: match metric {
            Metric::Tasks => "drift of goroutines",
            Metric::Heap => "drift of memory",
        },
        metric: name_of(metric, &first.side, &last.side),
        verdict: trend.verdict,
        silent: false,
        value: Some(slope),
        threshold: None,
        text: format!(
            "drift: {what} rise{} bit by bit from {} to {}, by {} a day{ends}, {} in all{share}; {load}",
            if metric == Metric::Heap { "s" } else { "" },
            first.name,
            last.name,
            a_day(slope),
            amount(metric, grown, true),
        ),
    })
}

fn higher(found: &MetricComparison, what: &str, roles: &Roles<'_>) -> String {
    let shift = amount(found.metric, found.shift.unwrap_or_default(), true);
    let share = found.shift_share.map(|share| format!(", {:+.1} %", share * 100.0)).unwrap_or_default();
    let p = found.p_adjusted.map(|p| format!(", p={p:.3}")).unwrap_or_default();
    format!(
        "{}'s level of {what} is {shift}{} above {}{share}{p}",
        roles.now,
        between(found.metric, found.shift_ci),
        roles.before_s,
    )
}

/// Which side is too short, and by how much.
fn too_short(found: &MetricComparison, roles: &Roles<'_>, what: &str) -> String {
    let sides = [(roles.before, roles.baseline, &found.baseline), (roles.now, roles.current, &found.current)];
    let short = sides
        .iter()
        .filter(|(_, _, blocks)| blocks.blocks < BLOCKS)
        .map(|(who, side, blocks)| short(who, side, blocks.blocks, &blocks.trend));
    format!("too little for statistics of {what}: {}", short.collect::<Vec<_>>().join("; "))
}

/// How many blocks somebody has, and how much is missing.
pub(super) fn short(who: &str, side: &Side, blocks: usize, trend: &Trend) -> String {
    if let Some(flaw) =
        side.flaw().filter(|_| trend.metric == Metric::Tasks || side.good == 0).or(side.clock_flaw())
    {
        return format!("{who} {}: {}", flaw.what, flaw.cure);
    }
    if trend.metric == Metric::Heap && side.good > 0 && side.memory().all.n() == 0 {
        return format!("{who} does not report it");
    }
    format!(
        "{who} has {blocks} of the {BLOCKS} blocks needed, record about {} more",
        length(needs(side, trend))
    )
}

/// Seconds that are missing; what lies within the first minute is warm-up and says nothing yet.
fn needs(side: &Side, trend: &Trend) -> f64 {
    let rules = trend::Rules::default();
    let recorded = side.length().unwrap_or_default().as_secs_f64();
    let whole = rules.warm_up_s + rules.block_s * 8.0 - recorded;
    trend.needs_s.filter(|_| trend.samples > 0).unwrap_or(whole).max(rules.block_s)
}

/// Up to the next minute from two on.
fn length(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.clamp(1.0, 1e9) } else { 1.0 };
    let rounded = if seconds < 120.0 { seconds.ceil() } else { (seconds / 60.0).ceil() * 60.0 };
    format_duration(Duration::from_secs_f64(rounded))
}

/// How the load was taken into account.
pub(crate) fn load_in_words(found: &MetricComparison, baseline: &Side, current: &Side) -> String {
    if found.reasons.contains(&Why::LoadsDiffer) && found.load != LoadBasis::Undetermined {
        return format!(
            "{}, and the level is higher by about as much as the load",
            differ(baseline, current)
        );
    }
    match found.load {
        LoadBasis::InFlight => {
            let reference = in_flight(baseline).map(|n| format!("{n} ")).unwrap_or_default();
            let cost = found.beta.map(|beta| match found.metric {
                Metric::Tasks => format!(", at {beta:.1} goroutines each"),
                Metric::Heap => format!(", at {} each", amount(Metric::Heap, beta, false)),
            });
            format!("adjusted to {reference}requests in flight{}", cost.unwrap_or_default())
        }
        LoadBasis::Undetermined => {
            format!("{} and {}", differ(baseline, current), basis_in_words(found.load))
        }
        basis => basis_in_words(basis).to_owned(),
    }
}

/// How the load was taken into account, without its numbers.
const fn basis_in_words(basis: LoadBasis) -> &'static str {
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

fn in_flight(side: &Side) -> Option<u64> {
    side.in_flight().all.median()
}

/// By how much the loads differ, by what stands for them.
fn differ(baseline: &Side, current: &Side) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let requests = in_flight(baseline).zip(in_flight(current)).map(|(a, b)| (a as f64, b as f64));
    let allocated = baseline.allocated.per_second().zip(current.allocated.per_second());
    let percent = requests
        .or(allocated)
        .filter(|(before, _)| *before > 0.0)
        .map(|(before, now)| (now - before).abs() / before * 100.0);
    // Where less is seen, it is of a part of the side only.
    match percent.filter(|percent| *percent >= 20.0) {
        Some(percent) => format!("the loads differ by {percent:.0} %"),
        None => "the loads differ".to_owned(),
    }
}

#[cfg(test)]
mod tests;
