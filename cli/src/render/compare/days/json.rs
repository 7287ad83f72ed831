//! The same for programs, with the keys of a comparison where they mean the same.

use serde::Serialize;
use serde_json::Number;
use vitals::trend::{self, Change, CompareVerdict, Course, LoadBasis};
use vitals::{Thresholds, Verdict};

use super::{Days, table};
use crate::comparison::{self, Day, DayFinding, Hole, name_of};
use crate::render::compare::json::{About, Numbers, Why, about, interval, numbers, probability, real, why};
use crate::render::timestamp;

#[derive(Serialize)]
struct Whole {
    schema: u32,
    verdict: &'static str,
    series: &'static str,
    changed: Vec<String>,
    /// How levels go from each to the next.
    drift: Vec<Drift>,
    /// Long times of which nothing was recorded.
    missing: Vec<Missing>,
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
    /// When its level changed, if that was not at its start.
    changed_at: Option<String>,
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

/// Numbers a day, whatever the columns are.
#[derive(Serialize)]
struct Drift {
    name: &'static str,
    course: Course,
    verdict: Verdict,
    /// The longest stretch without a step.
    from: String,
    to: String,
    /// Its columns, and those of shorter stretches.
    n: usize,
    slope_per_day: Option<Number>,
    slope_per_day_ci: Option<[Number; 2]>,
    growth: Option<Number>,
    growth_percent: Option<Number>,
    /// Growth by less does not matter.
    matters: Option<Number>,
    min_detectable_slope_per_day: Option<Number>,
    p: Option<f64>,
    load_basis: LoadBasis,
}

#[derive(Serialize)]
struct Missing {
    /// In which recording, where columns are recordings.
    recording: Option<String>,
    from: String,
    to: String,
    /// Days of which there is no row at all.
    days: Vec<String>,
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
        day: found.day.map(|day| days.columns.days[day].name.clone()),
        why: why(&found.finding),
    };
    let changed = |day: &&Day| matches!(day.look.change, Change::Higher | Change::Lower | Change::Growing);
    let whole = Whole {
        schema: 1,
        verdict: verdict(days),
        series: if days.columns.by_day { "days" } else { "recordings" },
        changed: days.columns.days.iter().filter(changed).map(|day| day.name.clone()).collect(),
        drift: days.columns.drifts.iter().filter_map(|found| drift(days, found)).collect(),
        missing: days.columns.holes.iter().map(|hole| missing(days, hole)).collect(),
        days: days.columns.days.iter().enumerate().map(|(i, day)| column(days, i, day)).collect(),
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

fn drift(days: &Days, found: &trend::Drift) -> Option<Drift> {
    let trend = &found.trend;
    let day = |i: Option<&usize>| days.columns.days.get(*i?);
    let (first, last) = (day(found.days.first())?, day(found.days.last())?);
    let percent = trend.growth.zip(trend.first).filter(|(_, first)| *first > 0.0);
    Some(Drift {
        name: name_of(trend.metric, &first.side, &last.side),
        course: trend.course,
        verdict: trend.verdict,
        from: first.name.clone(),
        to: last.name.clone(),
        n: trend.blocks,
        slope_per_day: trend.slope_per_h.and_then(|slope| real(slope * 24.0)),
        slope_per_day_ci: interval(trend.slope_ci.map(|ends| ends.map(|end| end * 24.0))),
        growth: trend.growth.and_then(real),
        growth_percent: percent.and_then(|(growth, first)| real(growth / first * 100.0)),
        matters: trend.matters.and_then(real),
        min_detectable_slope_per_day: trend.min_detectable_slope_per_h.and_then(|slope| real(slope * 24.0)),
        p: trend.p.map(probability),
        load_basis: trend.load,
    })
}

fn missing(days: &Days, hole: &Hole) -> Missing {
    let recording = hole.column.and_then(|i| days.columns.days.get(i)).map(|day| day.name.clone());
    let days = if days.columns.by_day { comparison::missing(hole) } else { Vec::new() };
    Missing { recording, from: hole.from.to_string(), to: hole.to.to_string(), days }
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
    let drift = days.columns.drifts.iter().any(|drift| drift.trend.verdict == Verdict::Danger);
    match () {
        () if leak => "leak",
        () if gate || drift || days.columns.days.iter().any(regression) => "regression",
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
        verdict: own.fold(Verdict::Ok, |worst, found| worst.max(found.finding.verdict)),
        change: day.look.change,
        changed_at: day.changed_at().map(|at| at.to_string()),
        against: day.look.reference.iter().map(|i| days.columns.days[*i].name.clone()).collect(),
        about: about(&day.side),
        metrics: table::shown(days).map(row).collect(),
    }
}
