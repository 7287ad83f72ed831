//! What statistics find in two sides. The method stands in docs/statistics.md.

use std::time::Duration;

use vitals::trend::{self, CompareVerdict, Comparison, Course, Metric, MetricComparison, Trend, Why};
use vitals::{Measure, Verdict};

use super::metric::UNEXPLAINED;
use super::{METRICS, Rules, Side, judged};
use crate::finding::{
    Came, Check, Compare, Finding, Flaw, Missing, Quantity, Said, Short, Statistics, Who, real,
};

/// A level needs this many blocks.
pub(crate) const BLOCKS: usize = 6;

/// How long a recording with such an interval must be before statistics can compare it: its warm-up, and the blocks.
pub(crate) fn least(interval: Duration) -> Duration {
    let rules = trend::Rules::default();
    let block = Duration::from_secs_f64(rules.block_s);
    let polls = block.as_nanos().div_ceil(interval.as_nanos().max(1));
    let block = interval * u32::try_from(polls).unwrap_or(u32::MAX);
    Duration::from_secs_f64(rules.warm_up_s) + block * u32::try_from(BLOCKS).unwrap_or(u32::MAX)
}

/// Compares the two.
pub(crate) fn statistics(baseline: &Side, current: &Side, rules: &Rules) -> Comparison {
    trend::compare(&baseline.series, &current.series, &of_trends(rules))
}

/// The rules of the statistics.
pub(super) fn of_trends(rules: &Rules) -> trend::Rules {
    let danger = Some(real(rules.thresholds.danger));
    let memory_limit = rules.thresholds.memory_limit.map(real);
    trend::Rules { alpha: rules.alpha, danger, memory_limit, ..trend::Rules::default() }
}

/// The two sides of a comparison.
#[derive(Clone, Debug)]
pub(super) struct Roles<'a> {
    pub(super) before: (Who, &'a Side),
    pub(super) now: (Who, &'a Side),
    /// How the newer level came.
    pub(super) came: Option<Came>,
}

/// The place of the column that a metric is looked for in.
pub(crate) fn place_of(metric: Metric, sides: &[&Side]) -> usize {
    match metric {
        Metric::Tasks => judged(sides),
        Metric::Heap => super::metric::MEMORY,
        Metric::Resident => super::metric::RESIDENT,
        Metric::Descriptors => super::metric::DESCRIPTORS,
        Metric::Threads => super::metric::THREADS,
        Metric::Connections => super::metric::CONNECTIONS,
    }
}

/// What that column is of.
pub(crate) fn measure_of(metric: Metric, baseline: &Side, current: &Side) -> Measure {
    METRICS[place_of(metric, &[baseline, current])]
}

pub(super) fn is_beyond(metric: Metric, sides: &[&Side]) -> bool {
    place_of(metric, sides) == UNEXPLAINED
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
    let decided = rules.has_gate() || others.iter().any(decides);
    let roles = Roles { before: (Who::Baseline, baseline), now: (Who::Current, current), came: None };
    each_metric(comparison, &roles, decided)
}

/// One finding a metric of a comparison; `decided`: see [`finding`].
pub(super) fn each_metric(comparison: &Comparison, roles: &Roles<'_>, decided: bool) -> Vec<Finding> {
    let mut findings: Vec<_> =
        comparison.metrics.iter().map(|found| finding(found, roles, decided)).collect();
    // Without a count, somebody else must be told: the first of them.
    if comparison.verdict == CompareVerdict::Unknown && !is_counted(comparison) {
        let main = comparison.metrics.iter().position(|found| found.metric.is_resource());
        if let Some((main, found)) = main.and_then(|i| findings.get_mut(i).zip(comparison.metrics.get(i)))
            && !(decided && is_too_little(found))
        {
            main.verdict = Verdict::Unknown;
        }
    }
    findings
}

/// It is something to complain about, whatever statistics say. More restarts than usual say nothing of growth.
pub(super) fn decides(other: &Finding) -> bool {
    other.verdict != Verdict::Ok && other.check != Check::Restarts
}

/// Either side reports a count.
pub(crate) fn is_counted(comparison: &Comparison) -> bool {
    comparison.metrics.iter().any(|found| found.metric == Metric::Tasks)
}

fn is_too_little(found: &MetricComparison) -> bool {
    found.reasons.iter().any(|why| matches!(why, Why::TooShort | Why::NoValues))
}

/// One metric by statistics; `decided` when somebody else has decided where there is too little for them.
fn finding(found: &MetricComparison, roles: &Roles<'_>, decided: bool) -> Finding {
    // Tasks are what a comparison is about: memory alone that cannot be told is context, and so is all else.
    let unknown = found.verdict == CompareVerdict::Unknown && found.metric.is_resource();
    let rises = found.current.trend.rising.is_some();
    let too_little = is_too_little(found) && !rises;
    let context = unknown || too_little && (decided || found.metric == Metric::Heap);
    let is_leak = found.verdict == CompareVerdict::Leak
        || found.metric.is_resource() && found.current.trend.course == Course::Growing;
    Finding {
        check: Check::Statistics(found.metric),
        metric: Quantity::Of(measure_of(found.metric, roles.before.1, roles.now.1)),
        verdict: if context { Verdict::Ok } else { found.verdict.verdict() },
        value: if is_leak { found.current.trend.slope_per_h } else { found.shift },
        threshold: None,
        said: Said::Compare(Compare::Statistics(Box::new(said(found, roles)))),
    }
}

fn said(found: &MetricComparison, roles: &Roles<'_>) -> Statistics {
    let Roles { before: (before, baseline), now: (now, current), came } = roles;
    let is_higher = matches!(found.verdict, CompareVerdict::Regression | CompareVerdict::Warning);
    Statistics {
        found: found.clone(),
        before: before.clone(),
        now: now.clone(),
        beyond: is_beyond(found.metric, &[baseline, current]),
        in_flight: baseline.in_flight().all.median(),
        differ: differ(baseline, current),
        step: found.step.as_ref().map(|step| current.when(step.at)),
        short: lacks(found, roles),
        came: came.clone().filter(|_| is_higher),
    }
}

/// The lack of blocks after a step that decides, else of the sides.
fn lacks(found: &MetricComparison, roles: &Roles<'_>) -> Vec<Short> {
    let stepped = found.reasons.first() == Some(&Why::SteppedUp);
    if let Some(since) = found.step.as_ref().filter(|_| stepped).and_then(|step| step.since.as_ref()) {
        let block = since.current.trend.block_s.unwrap_or_default().max(60.0);
        #[expect(clippy::cast_precision_loss, reason = "a few blocks")]
        let more = BLOCKS.saturating_sub(since.current.blocks).max(1) as f64 * block;
        let lack = Missing::Blocks(since.current.blocks, BLOCKS, more);
        return vec![Short { who: roles.now.0.clone(), lack }];
    }
    let sides = [(&roles.before, &found.baseline), (&roles.now, &found.current)];
    let short = sides.into_iter().filter(|(_, blocks)| blocks.blocks < BLOCKS);
    short.map(|((who, side), blocks)| short_of(who, side, blocks.blocks, &blocks.trend)).collect()
}

/// How many blocks somebody has, and how much is missing.
pub(super) fn short_of(who: &Who, side: &Side, blocks: usize, trend: &Trend) -> Short {
    let own = side.flaw().filter(|_| trend.metric == Metric::Tasks || side.good == 0);
    let place = place_of(trend.metric, &[side]);
    let is_silent = side.good > 0 && side.columns[place].all.n() == 0;
    let lack = match own.or(side.clock_flaw()) {
        Some(flaw) => Missing::Flaw(flaw),
        None if trend.metric == Metric::Tasks && is_silent => Missing::Flaw(Flaw::NoCounts),
        None if is_silent => Missing::NotReported,
        None => Missing::Blocks(blocks, BLOCKS, needs(side, trend)),
    };
    Short { who: who.clone(), lack }
}

/// Seconds that are missing; what lies within the first minute is warm-up and says nothing yet.
fn needs(side: &Side, trend: &Trend) -> f64 {
    let rules = trend::Rules::default();
    let recorded = side.length().unwrap_or_default().as_secs_f64();
    let whole = rules.warm_up_s + rules.block_s * 8.0 - recorded;
    trend.needs_s.filter(|_| trend.samples > 0).unwrap_or(whole).max(rules.block_s)
}

/// By how many per cent the loads differ, by what stands for them. Where less is seen, it is of a part of the side
/// only.
fn differ(baseline: &Side, current: &Side) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let in_flight = |side: &Side| side.in_flight().all.median().map(|n| n as f64);
    let requests = in_flight(baseline).zip(in_flight(current));
    let allocated = baseline.allocated.per_second().zip(current.allocated.per_second());
    let (before, now) = requests.or(allocated).filter(|(before, _)| *before > 0.0)?;
    Some((now - before).abs() / before * 100.0).filter(|percent| *percent >= 20.0)
}

#[cfg(test)]
mod tests;
