//! The same for a pull request or a chat.

use std::fmt::Write;

use super::{Days, table};
use crate::comparison::{Day, Metric};
use crate::render::compare::{table as sides, trends};
use crate::render::markdown::{code, escape};
use crate::words::{self, metric_label};

/// Verdict, findings, a table a metric (the judged ones first), and the rest folded away.
pub(crate) fn markdown(days: &Days) -> String {
    let word = words::verdict(days.verdict());
    let mut text = format!("### {word}: {}: {}\n\n", escape(&days.subject()), escape(&days.changes()));
    let complaints = days.complained();
    for (verdict, said) in &complaints {
        let _ = writeln!(text, "- **{}**: {}", verdict.as_str(), escape(said));
    }
    if complaints.is_empty() {
        let _ = writeln!(text, "- {}", days.all_is_well());
    }
    if let Some(holds) = days.holds() {
        let _ = writeln!(text, "- holds: {holds}");
    }
    text.push_str(
        "\n| | | median | p95 | peak | slope | change | |\n|---|---|---:|---:|---:|---:|---:|---|\n",
    );
    for (i, metric) in table::shown(days) {
        for (n, day) in days.columns.days.iter().enumerate() {
            let label = if n == 0 { metric_label(metric.name) } else { "" };
            text.push_str(&row(days, day, i, metric, label));
        }
    }
    text.push_str("\n<details><summary>Notes</summary>\n\n");
    for note in days.notes() {
        let _ = writeln!(text, "- {}", escape(&note));
    }
    text.push_str("\n</details>\n");
    text
}

fn row(days: &Days, day: &Day, i: usize, metric: &Metric, label: &str) -> String {
    let column = &day.side.columns[i].all;
    let show = |value: Option<u64>| value.map_or("-".to_owned(), |value| sides::shown(metric, value));
    let told = table::told(days, day, metric);
    format!(
        "| {label} | {} | {} | {} | {} | {} | {} | {} |\n",
        code(&day.name),
        show(column.median()),
        show(column.p95()),
        show(column.max()),
        told.map(|(trend, ..)| table::slope(trend)).unwrap_or_default(),
        told.and_then(|(_, found, _)| found)
            .map(|m| escape(&trends::change(m, days.rules.alpha)))
            .unwrap_or_default(),
        told.map(|(.., change)| match table::mark(change) {
            "" => String::new(),
            mark => format!("**{mark}**"),
        })
        .unwrap_or_default(),
    )
}
