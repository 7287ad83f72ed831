//! A comparison for a pull request: verdict, findings, one table, and the rest folded away.

use std::fmt::Write;

use super::{Compared, facts, table, trends};
use crate::comparison::{Column, Growth, METRICS, Metric, name_of};
use crate::render::markdown::{code, escape};
use crate::words;

/// The whole comparison.
pub(crate) fn markdown(compared: &Compared) -> String {
    let word = words::verdict(compared.verdict());
    let (baseline, current) = (&compared.baseline, &compared.current);
    let mut text =
        format!("### {word}: {} against {}\n\n", code(&facts::name(current)), code(&facts::name(baseline)));
    let complaints = compared.complaints();
    for finding in &complaints {
        let _ = writeln!(text, "- **{}**: {}", finding.verdict.as_str(), escape(&finding.text));
    }
    if complaints.is_empty() {
        let _ = writeln!(text, "- {}", escape(facts::all_is_well(compared)));
    }
    for finding in compared.carried() {
        let _ = writeln!(text, "- {}", escape(&finding.text));
    }
    for finding in compared.passed() {
        let _ = writeln!(text, "- holds: {}", escape(&finding.text));
    }
    text.push_str(&levels(compared));
    text.push_str(
        "\n| | baseline | current | change | p95 | peak | start to end |\n|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for (i, metric) in METRICS.iter().enumerate() {
        let (before, now) = (&baseline.columns[i], &current.columns[i]);
        if before.all.n() > 0 || now.all.n() > 0 {
            text.push_str(&row(metric, before, now));
        }
    }
    text.push_str(
        "\nMedians with the spread of their middle half; 95th percentile, peak, and last fifth against first \
         fifth are current's.\n\n<details><summary>Load, recordings and notes</summary>\n\n",
    );
    let _ = writeln!(text, "- load: {}", escape(&facts::load(baseline, current)));
    let _ = writeln!(text, "- baseline: {}", escape(&facts::about(baseline)));
    let _ = writeln!(text, "- current: {}", escape(&facts::about(current)));
    for note in facts::notes(compared) {
        let _ = writeln!(text, "- {}", escape(&note));
    }
    text.push_str("\n</details>\n");
    text
}

/// What statistics say of the levels, in benchstat's manner; nothing where both sides are too short.
fn levels(compared: &Compared) -> String {
    let mut rows = String::new();
    for found in compared.statistics.metrics.iter().filter(|found| found.p.is_some()) {
        let name = name_of(found.metric, &compared.baseline, &compared.current);
        let [before, now] = [&found.baseline, &found.current].map(|side| trends::level(found.metric, side));
        let change = escape(&trends::change(found, compared.rules.alpha));
        let _ = writeln!(rows, "| {} | {before} | {now} | {change} |", words::metric_label(name));
    }
    if rows.is_empty() {
        return rows;
    }
    format!("\n| level | baseline | current | change |\n|---|---:|---:|---|\n{rows}")
}

fn row(metric: &Metric, before: &Column, now: &Column) -> String {
    let show = |value: Option<u64>| value.map_or("-".to_owned(), |value| table::shown(metric, value));
    let level = |column: &Column| match column.all.median() {
        Some(median) => format!("{} {}", table::shown(metric, median), table::spread(column)),
        None => "-".to_owned(),
    };
    let growth = before.all.median().zip(now.all.median()).map(|(from, to)| {
        let percent = Growth { from, to }.percent_in_words().map(|p| format!(" ({p})")).unwrap_or_default();
        format!("{}{percent}", metric.quantity.show_difference(from, to))
    });
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        words::metric_label(metric.name),
        level(before),
        level(now),
        growth.unwrap_or_else(|| "-".to_owned()),
        show(now.all.p95()),
        show(now.all.max()),
        table::start_to_end(now),
    )
}
