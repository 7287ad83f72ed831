//! The keys of many columns; those that two sides have, too, mean the same.

use serde::Serialize;
use serde_json::Number;
use vitals::trend::{self, Change, CompareVerdict, Course, LoadBasis};
use vitals::{Measure, Verdict};

use super::{About, Body, Columns, Numbers, about, interval, numbers, probability, real, verdict};
use crate::comparison::{self, Day, Hole, measure_of};
use crate::finding::Finding;
use crate::render::compare::Days;

#[derive(Serialize)]
pub(super) struct Many {
    series: &'static str,
    changed: Vec<String>,
    /// How levels go from each to the next.
    drift: Vec<Drift>,
    /// Long times of which nothing was recorded.
    missing: Vec<Missing>,
    days: Vec<Column>,
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
    name: Measure,
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
    name: Measure,
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

pub(super) fn many(days: &Days) -> Body {
    let columns = &days.columns;
    let changed = |day: &&Day| matches!(day.change(), Change::Higher | Change::Lower | Change::Growing);
    let metrics = columns.days.iter().filter_map(|day| day.look.comparison.as_ref()).flat_map(|c| &c.metrics);
    let findings = days.findings.iter().map(|found| &found.finding);
    let is_leak = |finding: &Finding| finding.verdict == Verdict::Danger && finding.is_leak();
    let regressed = columns.drifts.iter().any(|drift| drift.trend.verdict == Verdict::Danger)
        || metrics.into_iter().any(|metric| metric.verdict == CompareVerdict::Regression);
    Body {
        verdict: verdict(findings.clone().any(is_leak), regressed, findings),
        columns: Columns::Many(Many {
            series: if columns.by_day { "days" } else { "recordings" },
            changed: columns.days.iter().filter(changed).map(|day| day.name.clone()).collect(),
            drift: columns.drifts.iter().filter_map(|found| drift(days, found)).collect(),
            missing: columns.holes.iter().map(|hole| missing(days, hole)).collect(),
            days: columns.days.iter().enumerate().map(|(i, day)| column(days, i, day)).collect(),
        }),
        sides: None,
    }
}

fn drift(days: &Days, found: &trend::Drift) -> Option<Drift> {
    let trend = &found.trend;
    let day = |i: Option<&usize>| days.columns.days.get(*i?);
    let (first, last) = (day(found.days.first())?, day(found.days.last())?);
    let percent = trend.growth.zip(trend.first).filter(|(_, first)| *first > 0.0);
    Some(Drift {
        name: measure_of(trend.metric, &first.side, &last.side),
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
    Missing {
        recording: hole.column.and_then(|i| days.columns.days.get(i)).map(|day| day.name.clone()),
        from: hole.from.to_string(),
        to: hole.to.to_string(),
        days: if days.columns.by_day { comparison::missing(hole) } else { Vec::new() },
    }
}

fn column(days: &Days, i: usize, day: &Day) -> Column {
    let own = days.findings.iter().filter(|found| found.day == Some(i));
    let row = |(place, metric): (usize, Measure)| {
        let told = days.told(day, metric);
        let found = told.and_then(|(_, found, _)| found);
        let trend = told.map(|(trend, ..)| trend);
        Row {
            name: metric,
            numbers: numbers(metric, &day.side.columns[place], trend, found.and_then(|m| m.current.level)),
            change: told.map(|(.., change)| change),
            shift: found.and_then(|m| m.shift).and_then(real),
            shift_ci: found.and_then(|m| interval(m.shift_ci)),
            shift_percent: found.and_then(|m| m.shift_share).and_then(|share| real(share * 100.0)),
            p: found.and_then(|m| m.p).map(probability),
            p_adjusted: found.and_then(|m| m.p_adjusted).map(probability),
            load_basis: trend.map(|trend| found.map_or(trend.load, |m| m.load)),
            min_detectable_slope_per_h: trend.and_then(|t| t.min_detectable_slope_per_h).and_then(real),
        }
    };
    Column {
        name: day.name.clone(),
        verdict: comparison::verdict(own.map(|found| &found.finding)),
        change: day.change(),
        changed_at: day.changed_at().map(|at| at.to_string()),
        against: day.look.reference.iter().map(|i| days.columns.days[*i].name.clone()).collect(),
        about: about(&day.side),
        metrics: days.shown().map(row).collect(),
    }
}
