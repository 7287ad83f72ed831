//! The same as cases and numbers, for the formats of pipelines and monitors.

use vitals::trend::Change;

use super::Days;
use crate::comparison::{DayFinding, METRICS, judged};
use crate::render::compare::report::case;
use crate::render::report::{Datum, Report};

/// A case for everything that was looked at, on each day.
pub(crate) fn report(days: &Days) -> Report {
    let case = |found: &DayFinding| {
        let check = found.finding.check;
        let name = match found.day {
            Some(day) => format!("{}: {check}", days.columns.days[day].name),
            None => check.to_owned(),
        };
        case(name, &found.finding)
    };
    Report {
        command: "compare",
        subject: days.subject(),
        verdict: days.verdict(),
        gate: days.rules.gate,
        summary: days.changes(),
        cases: days.findings.iter().map(case).collect(),
        data: data(days),
    }
}

/// The newest day's numbers, and how many changed.
fn data(days: &Days) -> Vec<Datum> {
    let thresholds = &days.rules.thresholds;
    let datum = |label, value: Option<u64>, limits| {
        value.map(|value| Datum { label, value: value.to_string(), limits })
    };
    let changed =
        days.columns.days.iter().filter(|day| matches!(day.look.change, Change::Higher | Change::Growing));
    let mut data: Vec<Option<Datum>> = Vec::new();
    if let Some(day) = days.columns.days.last() {
        let metric = judged(&[&day.side]);
        let column = &day.side.columns[metric].all;
        let limits = Some((thresholds.warning, thresholds.danger));
        data.push(datum(METRICS[metric].name, column.median(), limits));
        data.push(datum("p95", column.p95(), None));
        data.push(datum("peak", column.max(), days.rules.max_peak.map(|max| (max, max))));
        let alloc = day.side.level().alloc_bytes;
        data.push(alloc.map(|bytes| Datum { label: "alloc", value: format!("{bytes}B"), limits: None }));
    }
    data.push(datum("changed_days", Some(changed.count() as u64), None));
    data.into_iter().flatten().collect()
}
