//! A comparison for a pull request or a chat: verdict, findings, tables, and the rest folded away.

use std::fmt::Write;

use super::Sheet;
use crate::render::markdown::escape;
use crate::words::{self, Term, term};

/// Markdown's own table, and the lines that are folded away before the notes.
#[derive(Debug, Default)]
pub(super) struct Marked {
    /// Titles, which of the columns are numbers, and rows.
    pub(super) titles: Vec<&'static str>,
    pub(super) numbers: &'static [bool],
    pub(super) rows: Vec<Vec<String>>,
    /// A line below the table; empty where it needs none.
    pub(super) caption: &'static str,
    pub(super) folded: &'static str,
    pub(super) details: Vec<String>,
}

/// The whole comparison.
pub(crate) fn markdown(sheet: &Sheet<'_>) -> String {
    let mut text = format!("### {}\n\n", words::headed(words::verdict(sheet.verdict()), &sheet.heading));
    for (verdict, said) in &sheet.complaints {
        let word = format!("**{}**", words::state(*verdict));
        let _ = writeln!(text, "- {}", words::headed(&word, &escape(said)));
    }
    if sheet.complaints.is_empty() {
        let _ = writeln!(text, "- {}", escape(&sheet.well));
    }
    for carried in &sheet.carried {
        let _ = writeln!(text, "- {}", escape(carried));
    }
    for held in &sheet.holds {
        let _ = writeln!(text, "- {}", words::headed(term(Term::Holds), &escape(held)));
    }
    let Marked { titles, numbers, rows, caption, folded, details } = &sheet.marked;
    if !sheet.levels.is_empty() {
        let levels = sheet.levels.iter().map(|[label, before, now, change]| {
            vec![label.clone(), before.clone(), now.clone(), escape(change)]
        });
        let titles = [Term::Level, Term::Baseline, Term::Current, Term::Change].map(term);
        table(&titles, &[false, true, true, false], levels, &mut text);
    }
    if !rows.is_empty() {
        table(titles, numbers, rows.iter().cloned(), &mut text);
    }
    if !rows.is_empty() && !caption.is_empty() {
        let _ = write!(text, "\n{caption}\n");
    }
    let _ = write!(text, "\n<details><summary>{folded}</summary>\n\n");
    for detail in details.iter().cloned().chain(sheet.notes.iter().map(words::note)) {
        let _ = writeln!(text, "- {}", escape(&detail));
    }
    text.push_str("\n</details>\n");
    text
}

fn table(titles: &[&str], numbers: &[bool], rows: impl Iterator<Item = Vec<String>>, text: &mut String) {
    let titles: String = titles
        .iter()
        .map(|title| if title.is_empty() { " |".to_owned() } else { format!(" {title} |") })
        .collect();
    let rules: String = numbers.iter().map(|number| if *number { "---:|" } else { "---|" }).collect();
    let _ = write!(text, "\n|{titles}\n|{rules}\n");
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
}
