//! A line a day for every metric that is reported.

use report::table::fitted;
use vitals::trend::{Change, Metric as Trended, MetricComparison, Trend};

use super::Days;
use crate::comparison::{Day, METRICS, Metric, Side, judged};
use crate::render::compare::{table, trends};
use crate::words::{Slopes, metric_label};

const TITLES: [&str; 8] = ["", "median", "p95", "peak", "slope", "change", "", "n"];
/// Which columns are left out where there is no room, first this one.
const LEAVE: [usize; 4] = [7, 2, 4, 3];

/// Metrics in order, and days in each.
pub(super) fn table(days: &Days, width: usize) -> String {
    let mut lines = vec![TITLES.map(str::to_owned)];
    for (i, metric) in shown(days) {
        let mut title = <[String; TITLES.len()]>::default();
        title[0] = format!("  {}", metric_label(metric.name));
        lines.push(title);
        lines.extend(days.columns.days.iter().map(|day| line(days, day, i, metric)));
    }
    fitted(&lines, &LEAVE, width)
}

/// The metrics that somebody reports, with their places.
pub(super) fn shown(days: &Days) -> impl Iterator<Item = (usize, &'static Metric)> {
    METRICS
        .iter()
        .enumerate()
        .filter(|(i, _)| days.columns.days.iter().any(|day| day.side.columns[*i].all.n() > 0))
}

/// What statistics say of a metric on a day: its trend, its comparison if there was one, and what that makes of it.
pub(super) fn told<'a>(
    days: &Days,
    day: &'a Day,
    metric: &Metric,
) -> Option<(&'a Trend, Option<&'a MetricComparison>, Change)> {
    let sides: Vec<&Side> = days.columns.days.iter().map(|day| &day.side).collect();
    let of = |trended: Trended| match trended {
        Trended::Tasks => METRICS[judged(&sides)].name,
        Trended::Heap => "alloc_bytes",
    };
    let i = day.look.trends.iter().position(|trend| of(trend.metric) == metric.name)?;
    let found = day.look.comparison.as_ref().and_then(|comparison| {
        comparison.metrics.iter().find(|found| found.metric == day.look.trends[i].metric)
    });
    Some((&day.look.trends[i], found, day.look.changes[i]))
}

fn line(days: &Days, day: &Day, i: usize, metric: &Metric) -> [String; TITLES.len()] {
    let column = &day.side.columns[i].all;
    let show = |value: Option<u64>| value.map_or("-".to_owned(), |value| table::shown(metric, value));
    let told = told(days, day, metric);
    [
        format!("    {}", day.name),
        show(column.median()),
        show(column.p95()),
        show(column.max()),
        told.map(|(trend, ..)| slope(trend)).unwrap_or_default(),
        told.and_then(|(_, found, _)| found).map(|m| trends::change(m, days.rules.alpha)).unwrap_or_default(),
        told.map(|(.., change)| mark(change)).unwrap_or_default().to_owned(),
        column.n().to_string(),
    ]
}

/// `+12/h`
pub(super) fn slope(trend: &Trend) -> String {
    trend.slope_per_h.map_or("-".to_owned(), |slope| Slopes::of(trend).short(slope, true))
}

/// What stands out.
pub(super) const fn mark(change: Change) -> &'static str {
    match change {
        Change::First | Change::Same => "",
        Change::Higher => "higher",
        Change::Lower => "lower",
        Change::Growing => "grows",
        Change::Unknown => "?",
    }
}
