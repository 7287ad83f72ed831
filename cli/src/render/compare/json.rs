//! `compare --format json`: its keys are a contract. What needs statistics is null, and no trend is claimed.

use serde::Serialize;
use serde_json::Number;
use vitals::{Thresholds, Verdict};

use super::{Compared, facts};
use crate::comparison::{Column, Finding, Growth, METRICS, Metric, Side};
use crate::render::{number, timestamp};

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
    /// The Hodges-Lehmann shift, its interval and its p-value: not computed.
    shift: Option<f64>,
    shift_ci: Option<[f64; 2]>,
    p: Option<f64>,
    load_adjusted: bool,
    min_detectable_slope_per_h: Option<f64>,
    median_difference: Option<Number>,
    median_difference_percent: Option<Number>,
}

#[derive(Serialize)]
struct Numbers {
    n: u64,
    blocks: Option<u64>,
    median: Option<Number>,
    p95: Option<Number>,
    max: Option<Number>,
    slope_per_h: Option<f64>,
    slope_ci: Option<[f64; 2]>,
    trend: &'static str,
    min: Option<Number>,
    p25: Option<Number>,
    p75: Option<Number>,
    max_at: Option<String>,
    first_fifth: Option<Number>,
    last_fifth: Option<Number>,
}

#[derive(Serialize)]
struct Why {
    metric: &'static str,
    value: Option<Number>,
    threshold: Option<Number>,
    text: String,
    check: &'static str,
    verdict: Verdict,
}

#[derive(Serialize)]
struct About {
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
        metrics: reported.map(|((metric, before), now)| row(metric, before, now)).collect(),
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

/// More goroutines than the baseline had are a regression; what else is wrong is danger.
fn verdict(compared: &Compared) -> &'static str {
    let over_baseline = |f: &&Finding| f.verdict == Verdict::Danger && f.check == "max-growth over baseline";
    if compared.findings.iter().any(|f| over_baseline(&f)) {
        "regression"
    } else {
        compared.verdict().as_str()
    }
}

fn row(metric: &Metric, before: &Column, now: &Column) -> Row {
    let growth = before.all.median().zip(now.all.median()).map(|(from, to)| Growth { from, to });
    let difference = growth.map(|g| metric.quantity.number(g.to) - metric.quantity.number(g.from));
    Row {
        name: metric.name,
        baseline: numbers(metric, before),
        current: numbers(metric, now),
        shift: None,
        shift_ci: None,
        p: None,
        load_adjusted: false,
        min_detectable_slope_per_h: None,
        median_difference: difference.and_then(|n| number(rounded(n))),
        median_difference_percent: growth.and_then(Growth::percent).and_then(|n| number(rounded(n))),
    }
}

fn numbers(metric: &Metric, column: &Column) -> Numbers {
    let value = |n: Option<u64>| n.and_then(|n| number(metric.quantity.number(n)));
    Numbers {
        n: column.all.n(),
        blocks: None,
        median: value(column.all.median()),
        p95: value(column.all.p95()),
        max: value(column.all.max()),
        slope_per_h: None,
        slope_ci: None,
        trend: "inconclusive",
        min: value(column.all.min()),
        p25: value(column.all.quantile(25)),
        p75: value(column.all.quantile(75)),
        max_at: column.peak_at.map(|at| at.to_string()),
        first_fifth: value(column.first.median()),
        last_fifth: value(column.last.median()),
    }
}

fn why(finding: &Finding) -> Why {
    Why {
        metric: finding.metric,
        value: finding.value.and_then(|n| number(rounded(n))),
        threshold: finding.threshold.and_then(number),
        text: finding.text.clone(),
        check: finding.check,
        verdict: finding.verdict,
    }
}

fn about(side: &Side) -> About {
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

/// To a thousandth: more digits would be noise.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
