//! The table: for a terminal and as Markdown.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use vitals::units::format_size;

use super::Report;
use crate::run::{Finding, Verdict};

const COLUMNS: [&str; 9] =
    ["fault", "requests", "client saw", "open", "tasks", "fds", "memory", "quiet", "verdict"];
/// What a target does not tell.
const UNKNOWN: &str = "–";

fn cells(finding: &Finding) -> [String; 9] {
    let pair = |before: Option<u64>, after: Option<u64>| match (before, after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        _ => UNKNOWN.to_owned(),
    };
    let fault = format!("{:>2} {}", finding.id, finding.name);
    if finding.verdict == Verdict::Skipped {
        let [a, b, c, d, e, f, g] = [const { String::new() }; 7];
        return [fault, a, b, c, d, e, f, g, finding.verdict.word().to_owned()];
    }
    let client = &finding.tally.client;
    let saw: Vec<String> =
        client.iter().map(|(key, count)| format!("{} {count}", key.replace('_', " "))).collect();
    let memory = match (finding.before.resident, finding.after.resident) {
        (Some(before), Some(after)) => format!("{} → {}", short(before), short(after)),
        _ => UNKNOWN.to_owned(),
    };
    [
        fault,
        finding.tally.requests.to_string(),
        saw.join(", "),
        finding.after.upstream_requests.to_string(),
        pair(finding.before.tasks, finding.after.tasks),
        pair(finding.before.descriptors, finding.after.descriptors),
        memory,
        finding.quiet_s.map_or_else(|| "never".to_owned(), |s| format!("{s:.1} s")),
        finding.verdict.word().to_owned(),
    ]
}

fn short(bytes: u64) -> String {
    format_size(bytes).replace(" MiB", "M").replace(" GiB", "G").replace(" KiB", "K")
}

/// For a terminal or a file: the table, then what failed and why, then the verdict.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(COLUMNS);
    for finding in report.findings {
        table.add_row(cells(finding));
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
    for finding in report.findings.iter().filter(|finding| finding.verdict != Verdict::Pass) {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} {} {}: {}",
            finding.verdict.word(),
            finding.id,
            finding.name,
            finding.explanation()
        );
    }
    let _ = writeln!(text, "{}", report.summary());
    text
}

/// For a document: the same as a table of Markdown and a list.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let escape = |text: &str| text.replace('|', "\\|").replace('<', "\\<").replace('\n', " ");
    let mut text = format!("## watertight drill: {}\n\n", escape(report.subject));
    let _ = writeln!(
        text,
        "{} requests of each fault, {} at once, clients wait {} s.\n",
        report.size.requests,
        report.size.at_once,
        report.size.patience.as_secs()
    );
    let _ = writeln!(text, "| {} |\n|{}", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    for finding in report.findings {
        let _ = writeln!(text, "| {} |", cells(finding).map(|cell| escape(cell.trim())).join(" | "));
    }
    text.push('\n');
    for finding in report.findings.iter().filter(|finding| finding.verdict != Verdict::Pass) {
        let why = escape(&finding.explanation());
        let _ = writeln!(text, "- **{}** {} {}: {why}", finding.verdict.word(), finding.id, finding.name);
    }
    let _ = writeln!(text, "\n{}", report.summary());
    text
}
