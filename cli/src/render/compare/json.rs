//! `compare --format json`: its keys are a contract. What statistics have not looked at, or cannot tell, is null.

use serde::Serialize;
use serde_json::Number;
use vitals::trend::{CompareVerdict, Course, LoadBasis, MetricComparison, Side as Blocks, Trend};
use vitals::{Thresholds, Verdict};

use super::{Compared, facts};
use crate::comparison::{Column, Finding, Growth, METRICS, Metric, Side, name_of};
use crate::render::{number, rounded, timestamp};

#[derive(Serialize)]
struct Comparison {
    schema: u32,
    verdict: &'static str,
    metrics: Vec<Row>,
    reasons: Vec<Why>,
    baseline: About,
    current: About,
    thresholds: Thresholds,
    gates: Vec<Why>,
    notes: Vec<String>,
    ts: String,
    exit_code: u8,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    baseline: Numbers,
    current: Numbers,
    /// The Hodges-Lehmann shift of the blocks' medians, its 95 % interval, and the two-sided Mann-Whitney p.
    shift: Option<Number>,
    shift_ci: Option<[Number; 2]>,
    p: Option<f64>,
    /// The same, corrected for looking at two metrics: what `--alpha` is for.
    p_adjusted: Option<f64>,
    load_adjusted: bool,
    load_basis: Option<LoadBasis>,
    min_detectable_slope_per_h: Option<Number>,
    /// A rise of the level within the current side.
    step: Option<Rise>,
    verdict: Option<CompareVerdict>,
    median_difference: Option<Number>,
    median_difference_percent: Option<Number>,
}

#[derive(Serialize)]
struct Rise {
    /// `at 14:32:05`
    when: String,
    from: Option<Number>,
    to: Option<Number>,
    percent: Option<Number>,
    /// What came after it, against the baseline.
    verdict: Option<CompareVerdict>,
}

#[derive(Serialize)]
pub(super) struct Numbers {
    n: u64,
    blocks: Option<usize>,
    median: Option<Number>,
    p95: Option<Number>,
    max: Option<Number>,
    slope_per_h: Option<Number>,
    slope_ci: Option<[Number; 2]>,
    trend: Course,
    level: Option<Number>,
    min: Option<Number>,
    p25: Option<Number>,
    p75: Option<Number>,
    max_at: Option<String>,
    first_fifth: Option<Number>,
    last_fifth: Option<Number>,
}

#[derive(Serialize)]
pub(super) struct Why {
    metric: &'static str,
    value: Option<Number>,
    threshold: Option<Number>,
    text: String,
    check: &'static str,
    verdict: Verdict,
}

#[derive(Serialize)]
pub(super) struct About {
    recordings: Vec<String>,
    from: Option<String>,
    to: Option<String>,
    polls: u64,
    failed: std::collections::BTreeMap<String, u64>,
    unreadable_lines: u64,
    restarts: u64,
    requests_per_s: Option<Number>,
    allocated_bytes_per_s: Option<Number>,
}

/// One line of JSON.
pub(crate) fn json(compared: &Compared) -> String {
    let (baseline, current) = (&compared.baseline, &compared.current);
    let rows = METRICS.iter().zip(&baseline.columns).zip(&current.columns);
    let reported = rows.filter(|((_, before), now)| before.all.n() + now.all.n() > 0);
    let whole = Comparison {
        schema: 1,
        verdict: verdict(compared),
        metrics: reported.map(|((metric, before), now)| row(compared, metric, before, now)).collect(),
        reasons: compared.complaints().into_iter().map(why).collect(),
        baseline: about(baseline),
        current: about(current),
        thresholds: compared.rules.thresholds,
        gates: compared.findings.iter().filter(|f| f.check.starts_with("max-")).map(why).collect(),
        notes: facts::notes(compared),
        ts: timestamp(compared.at),
        exit_code: compared.rules.gate.exit_code(compared.verdict()),
    };
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(&whole).unwrap_or_default();
    text.push('\n');
    text
}

/// What statistics found comes first; more goroutines than a gate allows over the baseline are a regression, too.
/// What else a threshold or a gate finds is danger.
fn verdict(compared: &Compared) -> &'static str {
    let over_baseline = |f: &&Finding| f.verdict == Verdict::Danger && f.check == "max-growth over baseline";
    match compared.statistics.verdict {
        CompareVerdict::Leak => "leak",
        CompareVerdict::Regression => "regression",
        _ if compared.findings.iter().any(|f| over_baseline(&f)) => "regression",
        _ => compared.verdict().as_str(),
    }
}

fn row(compared: &Compared, metric: &Metric, before: &Column, now: &Column) -> Row {
    let growth = before.all.median().zip(now.all.median()).map(|(from, to)| Growth { from, to });
    let difference = growth.map(|g| metric.quantity.number(g.to) - metric.quantity.number(g.from));
    let found = compared
        .statistics
        .metrics
        .iter()
        .find(|found| name_of(found.metric, &compared.baseline, &compared.current) == metric.name);
    let get = |get: fn(&MetricComparison) -> Option<f64>| found.and_then(get);
    Row {
        name: metric.name,
        baseline: of_side(metric, before, found.map(|found| &found.baseline)),
        current: of_side(metric, now, found.map(|found| &found.current)),
        shift: get(|found| found.shift).and_then(real),
        shift_ci: found.and_then(|found| interval(found.shift_ci)),
        p: get(|found| found.p).map(probability),
        p_adjusted: get(|found| found.p_adjusted).map(probability),
        load_adjusted: found
            .is_some_and(|found| matches!(found.load, LoadBasis::InFlight | LoadBasis::Explained)),
        load_basis: found.map(|found| found.load),
        min_detectable_slope_per_h: get(|found| found.current.trend.min_detectable_slope_per_h)
            .and_then(real),
        step: found.and_then(|found| found.step.as_ref()).map(|step| Rise {
            when: compared.current.when(step.at),
            from: real(step.from),
            to: real(step.to),
            percent: step.share().and_then(|share| real(share * 100.0)),
            verdict: step.since.as_ref().map(|since| since.verdict),
        }),
        verdict: found.map(|found| found.verdict),
        median_difference: difference.and_then(real),
        median_difference_percent: growth.and_then(Growth::percent).and_then(real),
    }
}

/// Rounded; what is no number is null.
pub(super) fn real(value: f64) -> Option<Number> {
    Some(rounded(value)).filter(|value| value.is_finite()).and_then(number)
}

pub(super) fn interval(ends: Option<[f64; 2]>) -> Option<[Number; 2]> {
    let [low, high] = ends?;
    Some([real(low)?, real(high)?])
}

/// Six decimals: a smaller one is 0 for everybody.
pub(super) fn probability(p: f64) -> f64 {
    (p * 1e6).round() / 1e6
}

fn of_side(metric: &Metric, column: &Column, blocks: Option<&Blocks>) -> Numbers {
    let level = blocks.and_then(|blocks| blocks.level);
    Numbers {
        blocks: blocks.map(|blocks| blocks.blocks),
        ..numbers(metric, column, blocks.map(|blocks| &blocks.trend), level)
    }
}

/// Those of a side. The blocks of a trend are those of a comparison, but for what the load did to them.
pub(super) fn numbers(
    metric: &Metric,
    column: &Column,
    trend: Option<&Trend>,
    level: Option<f64>,
) -> Numbers {
    let value = |n: Option<u64>| n.and_then(|n| number(metric.quantity.number(n)));
    Numbers {
        n: column.all.n(),
        blocks: trend.map(|trend| trend.blocks),
        median: value(column.all.median()),
        p95: value(column.all.p95()),
        max: value(column.all.max()),
        slope_per_h: trend.and_then(|trend| trend.slope_per_h).and_then(real),
        slope_ci: interval(trend.and_then(|trend| trend.slope_ci)),
        trend: trend.map_or(Course::Inconclusive, |trend| trend.course),
        level: level.and_then(real),
        min: value(column.all.min()),
        p25: value(column.all.quantile(25)),
        p75: value(column.all.quantile(75)),
        max_at: column.peak_at.map(|at| at.to_string()),
        first_fifth: value(column.first.median()),
        last_fifth: value(column.last.median()),
    }
}

pub(super) fn why(finding: &Finding) -> Why {
    Why {
        metric: finding.metric,
        value: finding.value.and_then(|n| number(rounded(n))),
        threshold: finding.threshold.and_then(number),
        text: finding.text.clone(),
        check: finding.check,
        verdict: finding.verdict,
    }
}

pub(super) fn about(side: &Side) -> About {
    About {
        recordings: side.names.clone(),
        from: side.from.map(|at| at.to_string()),
        to: side.to.map(|at| at.to_string()),
        polls: side.polls(),
        failed: side.failed.clone(),
        unreadable_lines: side.foreign,
        restarts: side.restarts,
        requests_per_s: side.requests.per_second().and_then(|n| number(rounded(n))),
        allocated_bytes_per_s: side.allocated.per_second().and_then(|n| number(rounded(n))),
    }
}
