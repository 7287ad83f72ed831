//! `compare --format json`: its keys are a contract. What statistics have not looked at, or cannot tell, is null.

mod many;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Number;
use vitals::trend::{self, CompareVerdict, Course, LoadBasis, Metric, MetricComparison, Step, Trend};
use vitals::{Measure, Thresholds, Traffic, Verdict};

use super::two::Compared;
use super::{Found, Of, Sheet, cells};
use crate::comparison::{self, Side, measure_of};
use crate::finding::{self, Check, Finding, Over, Quantity};
use crate::moment::Moment;
use crate::render::{instance, number, rounded, timestamp};
use crate::words::en;

#[derive(Serialize)]
struct Whole {
    schema: u32,
    verdict: &'static str,
    #[serde(flatten)]
    columns: Columns,
    reasons: Vec<Why>,
    #[serde(flatten)]
    sides: Option<Sides>,
    thresholds: Thresholds,
    gates: Vec<Why>,
    notes: Vec<String>,
    ts: String,
    exit_code: u8,
}

/// The keys that two sides and many columns do not share.
struct Body {
    verdict: &'static str,
    columns: Columns,
    /// Of two.
    sides: Option<Sides>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Columns {
    Two { metrics: Vec<Pair> },
    Many(many::Many),
}

#[derive(Serialize)]
struct Sides {
    baseline: About,
    current: About,
}

#[derive(Serialize)]
struct Pair {
    name: Measure,
    baseline: Numbers,
    current: Numbers,
    /// The Hodges-Lehmann shift of the blocks' medians, its 95 % interval, and the two-sided Mann-Whitney p.
    shift: Option<Number>,
    shift_ci: Option<[Number; 2]>,
    p: Option<f64>,
    /// Corrected for looking at two metrics: what `--alpha` is for.
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
    /// Of the time after it, against the baseline.
    verdict: Option<CompareVerdict>,
}

#[derive(Serialize)]
struct Numbers {
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
    /// Without a pause, of a side that is too short for a trend.
    rising: Option<Rising>,
}

#[derive(Serialize)]
struct Rising {
    from: Option<Number>,
    to: Option<Number>,
    span_s: Option<Number>,
    per_h: Option<Number>,
}

fn rising(trend: &Trend) -> Option<Rising> {
    let trend::Rising { from, to, span_s, per_h } = trend.rising?;
    Some(Rising { from: real(from), to: real(to), span_s: real(span_s), per_h: real(per_h) })
}

#[derive(Serialize)]
struct Why {
    /// Of many: null where it is about all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Option<String>>,
    metric: Quantity,
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
    failed: BTreeMap<String, u64>,
    unreadable_lines: u64,
    restarts: u64,
    /// From each start to the next, as far as they are remembered; empty where nothing restarted.
    lives: Vec<Life>,
    /// Those behind one address, where there are several.
    instances: Vec<Instance>,
    requests_per_s: Option<Number>,
    requests: Option<Traffic>,
    allocated_bytes_per_s: Option<Number>,
}

/// One process, judged by itself.
#[derive(Serialize)]
struct Life {
    from: Option<String>,
    to: Option<String>,
    /// It is long enough.
    judged: bool,
    verdict: Verdict,
    /// What the trend is of.
    metric: Measure,
    trend: Option<Course>,
    slope_per_h: Option<Number>,
    alloc_trend: Option<Course>,
    alloc_slope_per_h: Option<Number>,
}

#[derive(Serialize)]
struct Instance {
    #[serde(flatten)]
    who: instance::Object,
    /// The side's numbers are those of it.
    shown: bool,
}

/// One line of JSON.
pub(crate) fn json(sheet: &Sheet<'_>) -> String {
    let Body { verdict, columns, sides } = match sheet.of {
        Of::Two(compared) => two(compared),
        Of::Many(days) => many::many(days),
    };
    let is_many = sides.is_none();
    let why = |Found { column, finding }: &Found<'_>| Why {
        day: is_many.then(|| column.map(str::to_owned)),
        metric: finding.metric,
        value: finding.value.and_then(|n| number(rounded(n))),
        threshold: finding.threshold.and_then(number),
        text: en::finding(finding),
        check: finding.check.as_str(),
        verdict: finding.verdict,
    };
    let whole = Whole {
        schema: 1,
        verdict,
        columns,
        reasons: sheet.complaints().iter().map(why).collect(),
        sides,
        thresholds: sheet.thresholds(),
        gates: sheet.findings.iter().filter(|found| found.finding.is_gate()).map(why).collect(),
        notes: sheet.notes.iter().map(en::note).collect(),
        ts: timestamp(sheet.at),
        exit_code: sheet.exit_code(),
    };
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(&whole).unwrap_or_default();
    text.push('\n');
    text
}

/// Statistics come first; more goroutines than a gate allows over the baseline are a regression, too.
/// Anything else that a threshold or a gate finds is danger.
fn verdict<'a>(
    leak: bool,
    regression: bool,
    findings: impl Iterator<Item = &'a Finding> + Clone,
) -> &'static str {
    let over = |f: &Finding| matches!(f.check, Check::MaxGrowth(Over::Baseline | Over::First));
    match () {
        () if leak => "leak",
        () if regression => "regression",
        () if findings.clone().any(|f| f.verdict == Verdict::Danger && over(f)) => "regression",
        () => comparison::verdict(findings).as_str(),
    }
}

fn two(compared: &Compared) -> Body {
    let found = compared.statistics.verdict;
    let pair = |(metric, before, now): (Measure, _, _)| pair(compared, metric, before, now);
    Body {
        verdict: verdict(
            found == CompareVerdict::Leak,
            found == CompareVerdict::Regression,
            compared.findings.iter(),
        ),
        columns: Columns::Two { metrics: compared.reported().map(pair).collect() },
        sides: Some(Sides { baseline: about(&compared.baseline), current: about(&compared.current) }),
    }
}

fn pair(compared: &Compared, metric: Measure, before: &comparison::Column, now: &comparison::Column) -> Pair {
    let growth = cells::growth(before.all.median(), now.all.median());
    let unit = metric.unit();
    let of = |found: &&MetricComparison| measure_of(found.metric, &compared.baseline, &compared.current);
    let found = compared.statistics.metrics.iter().find(|found| of(found) == metric);
    let get = |get: fn(&MetricComparison) -> Option<f64>| found.and_then(get);
    let of_side = |column, blocks: Option<&trend::Side>| Numbers {
        blocks: blocks.map(|blocks| blocks.blocks),
        ..numbers(metric, column, blocks.map(|blocks| &blocks.trend), blocks.and_then(|blocks| blocks.level))
    };
    Pair {
        name: metric,
        baseline: of_side(before, found.map(|found| &found.baseline)),
        current: of_side(now, found.map(|found| &found.current)),
        shift: get(|found| found.shift).and_then(real),
        shift_ci: found.and_then(|found| interval(found.shift_ci)),
        p: get(|found| found.p).map(probability),
        p_adjusted: get(|found| found.p_adjusted).map(probability),
        load_adjusted: found
            .is_some_and(|found| matches!(found.load, LoadBasis::InFlight | LoadBasis::Explained)),
        load_basis: found.map(|found| found.load),
        min_detectable_slope_per_h: get(|found| found.current.trend.min_detectable_slope_per_h)
            .and_then(real),
        step: found.and_then(|found| found.step.as_ref()).map(|step| rise(step, &compared.current)),
        verdict: found.map(|found| found.verdict),
        median_difference: growth.and_then(|g| real(unit.number(g.to) - unit.number(g.from))),
        median_difference_percent: growth.and_then(|g| g.percent()).and_then(real),
    }
}

fn rise(step: &Step, current: &Side) -> Rise {
    Rise {
        when: en::when(current.when(step.at)),
        from: real(step.from),
        to: real(step.to),
        percent: step.share().and_then(|share| real(share * 100.0)),
        verdict: step.since.as_ref().map(|since| since.verdict),
    }
}

/// Rounded; what is no number is null.
fn real(value: f64) -> Option<Number> {
    Some(rounded(value)).filter(|value| value.is_finite()).and_then(number)
}

fn interval(ends: Option<[f64; 2]>) -> Option<[Number; 2]> {
    let [low, high] = ends?;
    Some([real(low)?, real(high)?])
}

/// Six decimals: a smaller one is 0 for everybody.
fn probability(p: f64) -> f64 {
    (p * 1e6).round() / 1e6
}

/// Those of a side. The blocks of a trend are those of a comparison, but for what the load did to them.
fn numbers(
    metric: Measure,
    column: &comparison::Column,
    trend: Option<&Trend>,
    level: Option<f64>,
) -> Numbers {
    let value = |n: Option<u64>| n.and_then(|n| number(metric.unit().number(n)));
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
        rising: trend.and_then(rising),
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
        lives: side.lives.iter().map(|life| self::life(life, side)).collect(),
        instances: side.instances.iter().map(|each| one(each, side)).collect(),
        requests_per_s: side.requests.per_second().and_then(|n| number(rounded(n))),
        requests: Some(side.traffic).filter(|all| all.ended > 0 || all.badly.is_some()),
        allocated_bytes_per_s: side.allocated.per_second().and_then(|n| number(rounded(n))),
    }
}

fn one(each: &finding::Instance, side: &Side) -> Instance {
    Instance { who: each.into(), shown: side.instance.as_ref() == Some(each) }
}

fn life(life: &trend::Life, side: &Side) -> Life {
    let at = |t: f64| Some(Moment::at(t, side.from?.is_utc())?.to_string());
    let (main, heap) = (life.trends.first(), life.trends.iter().find(|trend| trend.metric == Metric::Heap));
    let course = |trend: &Trend| (trend.samples > 0).then_some(trend.course);
    let told = life.trends.iter().filter(|trend| trend.samples > 0);
    let worst = told.map(|trend| trend.verdict).max().unwrap_or(Verdict::Unknown);
    Life {
        from: at(life.from),
        to: at(life.to),
        judged: life.is_long,
        verdict: if life.is_long { worst } else { Verdict::Unknown },
        metric: main.map_or(Measure::Goroutines, |main| main.metric.measure()),
        trend: main.and_then(course),
        slope_per_h: main.and_then(|main| main.slope_per_h).and_then(real),
        alloc_trend: heap.and_then(course),
        alloc_slope_per_h: heap.and_then(|heap| heap.slope_per_h).and_then(real),
    }
}
