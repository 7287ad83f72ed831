//! The numbers of both sides, digit below digit. Columns that matter less go first when there is little room.

use report::table::fitted;

use crate::comparison::{Column, Growth, METRICS, Metric, Side};
use crate::words::metric_label;

/// The titles of the columns.
const TITLES: [&str; 8] = ["", "median", "spread", "p95", "peak", "at", "start to end", "n"];
/// Which columns are left out where there is no room, first this one.
const LEAVE: [usize; 5] = [7, 5, 2, 6, 3];

type Line = [String; TITLES.len()];

/// The metrics that a side reports, a baseline and a current line each, and the change between them.
pub(super) fn table(baseline: &Side, current: &Side, width: usize) -> String {
    let mut lines = vec![TITLES.map(str::to_owned)];
    for (i, metric) in METRICS.iter().enumerate() {
        let (before, now) = (&baseline.columns[i], &current.columns[i]);
        if before.all.n() == 0 && now.all.n() == 0 {
            continue;
        }
        let mut title = Line::default();
        title[0] = format!("  {}", metric_label(metric.name));
        lines.extend([
            title,
            line("baseline", metric, before, baseline),
            line("current", metric, now, current),
        ]);
        if before.all.n() > 0 && now.all.n() > 0 {
            lines.push(change(metric, before, now));
        }
    }
    fitted(&lines, &LEAVE, width)
}

fn line(role: &str, metric: &Metric, column: &Column, side: &Side) -> Line {
    let show = |value: Option<u64>| value.map_or("-".to_owned(), |value| shown(metric, value));
    let at = column.peak_at.map(|at| at.short(side.from.as_ref())).unwrap_or_default();
    [
        format!("    {role}"),
        show(column.all.median()),
        spread(column),
        show(column.all.p95()),
        show(column.all.max()),
        at,
        start_to_end(column),
        column.all.n().to_string(),
    ]
}

/// A value. Targets count their live memory in whole MiB.
pub(super) fn shown(metric: &Metric, value: u64) -> String {
    if metric.name == "alloc_bytes" && value == 0 { "<1 MiB".to_owned() } else { metric.quantity.show(value) }
}

fn change(metric: &Metric, before: &Column, now: &Column) -> Line {
    let difference = |get: fn(&Column) -> Option<u64>| {
        let both = get(before).zip(get(now));
        both.map(|(before, now)| metric.quantity.show_difference(before, now)).unwrap_or_default()
    };
    let level = before.all.median().zip(now.all.median()).map(|(from, to)| Growth { from, to });
    [
        "    change".to_owned(),
        difference(|column| column.all.median()),
        level.and_then(Growth::percent_in_words).unwrap_or_default(),
        difference(|column| column.all.p95()),
        difference(|column| column.all.max()),
        String::new(),
        String::new(),
        String::new(),
    ]
}

/// Half the width of the middle half of the values, in per cent of the median.
pub(super) fn spread(column: &Column) -> String {
    let quartiles = column.all.quantile(25).zip(column.all.quantile(75)).zip(column.all.median());
    let Some(((low, high), median)) = quartiles else { return "-".to_owned() };
    #[expect(clippy::cast_precision_loss, reason = "whole per cents are printed")]
    match median {
        _ if low == high => "±0 %".to_owned(),
        0 => "-".to_owned(),
        median => format!("±{:.0} %", ((high - low) as f64 / 2.0 / median as f64 * 100.0).ceil()),
    }
}

/// The median of the last fifth against that of the first.
pub(super) fn start_to_end(column: &Column) -> String {
    let growth = column.first.median().zip(column.last.median()).map(|(from, to)| Growth { from, to });
    growth.and_then(Growth::percent_in_words).unwrap_or_else(|| "-".to_owned())
}
