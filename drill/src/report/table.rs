//! The table: for a terminal and as Markdown.

use std::fmt::Write;

use owo_colors::{OwoColorize, Style};
use report::Styles;
use report::table::widths;
use report::text::{columns, gap, wrap};

use super::cells::{Cells, HEADER};
use super::whole::Report;
use crate::count::counted;
use crate::run::{Found, Grade};
use crate::words::{headed, listed, listing, said};

/// The columns of what clients saw, in a table of one line a row.
const SAW: usize = 26;
/// The places of the columns that a narrow table puts below.
const BELOW: [usize; 2] = [2, 8];

/// A word's colour, lighter than a verdict's where it is one of many.
fn style(word: &str, color: bool) -> Style {
    match word {
        _ if !color => Style::new(),
        "pass" => Style::new().green(),
        "skipped" | "interrupted" | "unfinished" => Style::new().yellow(),
        _ => Styles::new(color).danger,
    }
}

/// For a terminal or a file: the table, then what failed and why, then the verdict.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut lines = vec![HEADER.map(said)];
    lines[0][1] = said("reqs");
    lines.extend(report.findings.iter().map(|finding| Cells::of(finding).list()));
    let mut widths = widths(&lines);
    widths[2] = widths[2].min(SAW);
    let wide = widths.iter().sum::<usize>() + widths.len() - 1 <= report.width;
    let mut text = String::new();
    for (n, row) in lines.iter().enumerate() {
        let word = n.checked_sub(1).map(|n| report.findings[n].grade.word());
        line(&mut text, row, word, &widths, (wide, report.color));
    }
    explain(&mut text, report);
    let summary = report.summary();
    // Writing to a string does not fail.
    let _ = writeln!(text, "\n{}", summary.style(style(report.verdict(), report.color)));
    if let Some(cure) = report.cure() {
        let _ = writeln!(text, "{cure}");
    }
    text
}

/// One row: on one line, or with what clients saw, and after how long, on a second one. `word` is its verdict; the head
/// has none.
fn line(
    text: &mut String,
    row: &[String; 10],
    word: Option<&str>,
    widths: &[usize; 10],
    (wide, color): (bool, bool),
) {
    let mut saw = wrap(&row[2], SAW).into_iter();
    let mut line = String::new();
    for (i, cell) in row.iter().enumerate().filter(|(i, _)| wide || !BELOW.contains(i)) {
        let cell = if i == 2 { saw.next().unwrap_or_default() } else { cell.clone() };
        let gap = gap(&cell, widths[i]);
        let _ = match i {
            0 | 2 => write!(line, "{cell}{gap} "),
            9 => write!(line, "{}", cell.style(word.map_or_else(Style::new, |word| style(word, color)))),
            _ => write!(line, "{gap}{cell} "),
        };
    }
    let _ = writeln!(text, "{}", line.trim_end());
    if wide {
        for rest in saw {
            let _ = writeln!(text, "{:indent$}{rest}", "", indent = widths[0] + widths[1] + 2);
        }
    } else if !row[2].is_empty() && word.is_some() {
        let latency =
            if row[8].is_empty() { String::new() } else { format!("{}{} {}", listing(), HEADER[8], row[8]) };
        for rest in wrap(&format!("{}{latency}", row[2]), 74) {
            let _ = writeln!(text, "   {}", rest.style(Styles::new(color).faint));
        }
    }
}

/// Failures, the worst first, then skipped rows, then notes without which the numbers mislead.
fn explain(text: &mut String, report: &Report<'_>) {
    for (word, explanation) in explanations(report.findings) {
        let _ = writeln!(text);
        let shown = said(word);
        let indent = columns(&shown) + 1;
        for (i, line) in wrap(&explanation, report.width.saturating_sub(indent)).iter().enumerate() {
            let _ = match i {
                0 => write!(text, "{} {line}", shown.style(style(word, report.color))),
                _ => write!(text, "\n{:indent$}{line}", ""),
            };
        }
    }
    for (finding, note) in notes(report.findings) {
        let note = said(&format!("note {} {}: {note}", finding.id, finding.name));
        let note = wrap(&note, report.width).join("\n     ");
        let _ = write!(text, "\n{}", note.style(Styles::new(report.color).faint));
    }
    let _ = writeln!(text);
}

/// A verdict and the reason for it; rows that were skipped for the same reason are told together.
fn explanations(findings: &[Found]) -> Vec<(&'static str, String)> {
    let (mut all, mut skipped): (Vec<_>, Vec<(String, Vec<&Found>)>) = (Vec::new(), Vec::new());
    for finding in ordered(findings) {
        let explanation = finding.explanation();
        match finding.grade {
            Grade::Skipped => match skipped.iter_mut().find(|(reason, _)| *reason == explanation) {
                Some((_, rows)) => rows.push(finding),
                None => skipped.push((explanation, vec![finding])),
            },
            other => {
                let head = format!("{} {}", finding.id, finding.name);
                all.push((other.word(), headed(&head, &said(&explanation))));
            }
        }
    }
    for (reason, rows) in skipped {
        let rows: Vec<String> = rows.iter().map(|row| format!("{} {}", row.id, row.name)).collect();
        all.push((Grade::Skipped.word(), headed(&listed(&rows), &said(&reason))));
    }
    all
}

/// Rows that need an explanation: the worst first, skipped ones last.
fn ordered(findings: &[Found]) -> Vec<&Found> {
    let mut rows: Vec<&Found> = findings.iter().filter(|finding| finding.grade != Grade::Pass).collect();
    rows.sort_by_key(|finding| match finding.grade {
        Grade::Failed(kind) => (0, Some(kind)),
        _ => (1, None),
    });
    rows
}

fn notes(findings: &[Found]) -> impl Iterator<Item = (&Found, &String)> {
    findings.iter().flat_map(|finding| finding.tally.notes.iter().map(move |note| (finding, note)))
}

/// For a document: the same as a table of Markdown and a list.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let escape = |text: &str| text.replace('|', "\\|").replace('<', "\\<").replace('\n', " ");
    let mut text = said(&format!("## watertight drill: {}\n\n", escape(report.subject)));
    let size = format!(
        "{} of each fault, {}, clients wait {} s.\n",
        counted(report.size.requests, "request"),
        match report.size.rate {
            Some(rate) => format!("{rate} a second"),
            None => format!("{} at once", report.size.at_once),
        },
        report.size.patience.as_secs()
    );
    let _ = writeln!(text, "{}", said(&size));
    let _ = writeln!(text, "| {} |\n|{}", HEADER.map(said).join(" | "), "---|".repeat(HEADER.len()));
    for finding in report.findings {
        let cells = Cells::of(finding).list();
        let _ = writeln!(text, "| {} |", cells.map(|cell| escape(cell.trim())).join(" | "));
    }
    text.push('\n');
    for finding in ordered(report.findings) {
        let why = escape(&said(&finding.explanation()));
        let head = format!("- **{}** {} {}", said(finding.grade.word()), finding.id, finding.name);
        let _ = writeln!(text, "{}", headed(&head, &why));
    }
    for (finding, note) in notes(report.findings) {
        let note = format!("- note {} {}: {note}", finding.id, finding.name);
        let _ = writeln!(text, "{}", escape(&said(&note)));
    }
    let _ = writeln!(text, "\n{}", report.summary());
    if let Some(cure) = report.cure() {
        let _ = writeln!(text, "\n{cure}");
    }
    text
}
