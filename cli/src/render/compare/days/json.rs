//! The same for programs, with the keys of a comparison where they mean the same.

use serde::Serialize;
use serde_json::Number;
use vitals::trend::{Change, CompareVerdict, LoadBasis};
use vitals::{Thresholds, Verdict};

use super::{Days, table};
use crate::comparison::{Day, DayFinding};
use crate::render::compare::json::{About, Numbers, Why, about, interval, numbers, probability, real, why};
use crate::render::timestamp;

#[derive(Serialize)]
struct Whole {
    schema: u32,
    verdict: &'static str,
    series: &'static str,
    changed: Vec<String>,
    days: Vec<Column>,
    reasons: Vec<Reason>,
    thresholds: Thresholds,
    gates: Vec<Reason>,
    notes: Vec<String>,
    ts: String,
    exit_code: u8,
}

#[derive(Serialize)]
struct Column {
    name: String,
    verdict: Verdict,
    change: Change,
    /// The names of those that it was compared with.
    against: Vec<String>,
    #[serde(flatten)]
    about: About,
    metrics: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    #[serde(flatten)]
    numbers: Numbers,
    change: Option<Change>,
    shift: Option<Number>,
    shift_ci: Option<[Number; 2]>,
    shift_percent: Option<Number>,
    p: Option<f64>,
    /// Corrected for all comparisons of the series.
    p_adjusted: Option<f64>,
    load_basis: Option<LoadBasis>,
    min_detectable_slope_per_h: Option<Number>,
}

#[derive(Serialize)]
struct Reason {
    day: Option<String>,
    #[serde(flatten)]
    why: Why,
}

/// One line of JSON.
pub(crate) fn json(days: &Days) -> String {
    let reason = |found: &DayFinding| Reason {
        day: found.day.map(|day| days.days[day].name.clone()),
        why: why(&found.finding),
    };
    let changed = |day: &&Day| matches!(day.look.change, Change::Higher | Change::Lower | Change::Growing);
    let whole = Whole {
        schema: 1,
        verdict: verdict(days),
        series: if days.by_day { "days" } else { "recordings" },
        changed: days.days.iter().filter(changed).map(|day| day.name.clone()).collect(),
        days: days.days.iter().enumerate().map(|(i, day)| column(days, i, day)).collect(),
        reasons: days.complaints().into_iter().map(reason).collect(),
        thresholds: days.rules.thresholds,
        gates: days.findings.iter().filter(|f| f.finding.check.starts_with("max-")).map(reason).collect(),
        notes: days.notes(),
        ts: timestamp(days.at),
        exit_code: days.rules.gate.exit_code(days.verdict()),
    };
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(&whole).unwrap_or_default();
    text.push('\n');
    text
}

/// As in a comparison of two: what statistics found comes first.
fn verdict(days: &Days) -> &'static str {
    let leak = days.findings.iter().any(|f| {
        let statistics = f.finding.check.starts_with("statistics");
        statistics && f.finding.verdict == Verdict::Danger && f.finding.text.starts_with("leak")
    });
    let regression = |day: &Day| {
        day.look.comparison.as_ref().is_some_and(|found| {
            found.metrics.iter().any(|metric| metric.verdict == CompareVerdict::Regression)
        })
    };
    let gate = days
        .findings
        .iter()
        .any(|f| f.finding.check == "max-growth over the first" && f.finding.verdict == Verdict::Danger);
    match () {
        () if leak => "leak",
        () if gate || days.days.iter().any(regression) => "regression",
        () => days.verdict().as_str(),
    }
}

fn column(days: &Days, i: usize, day: &Day) -> Column {
    let own = days.findings.iter().filter(|found| found.day == Some(i));
    let row = |(place, metric)| {
        let metric: &crate::comparison::Metric = metric;
        let told = table::told(days, day, metric);
        let found = told.and_then(|(_, found, _)| found);
        Row {
            name: metric.name,
            numbers: numbers(
                metric,
                &day.side.columns[place],
                told.map(|(trend, ..)| trend),
                found.and_then(|m| m.current.level),
            ),
            change: told.map(|(.., change)| change),
            shift: found.and_then(|m| m.shift).and_then(real),
            shift_ci: found.and_then(|m| interval(m.shift_ci)),
            shift_percent: found.and_then(|m| m.shift_share).and_then(|share| real(share * 100.0)),
            p: found.and_then(|m| m.p).map(probability),
            p_adjusted: found.and_then(|m| m.p_adjusted).map(probability),
            load_basis: told.map(|(trend, found, _)| found.map_or(trend.load, |m| m.load)),
            min_detectable_slope_per_h: told
                .and_then(|(trend, ..)| trend.min_detectable_slope_per_h)
                .and_then(real),
        }
    };
    Column {
        name: day.name.clone(),
        verdict: own.fold(Verdict::Ok, |worst, found| worst.worse(found.finding.verdict)),
        change: day.look.change,
        against: day.look.reference.iter().map(|i| days.days[*i].name.clone()).collect(),
        about: about(&day.side),
        metrics: table::shown(days).map(row).collect(),
    }
}
