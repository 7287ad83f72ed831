//! The table and the sentences for a terminal or a file.

use std::fmt::Write;

use owo_colors::{OwoColorize, Style};
use report::Styles;
use report::text::{columns, gap, padded, wrap};

use super::say;
use super::sheet::{Gate, Line, Sheet};
use crate::words::{headed, said};

/// A column's least width: that of the longest verdict.
const COLUMN: usize = 7;

fn style(word: &str, color: bool) -> Style {
    match word {
        "pass" if color => Style::new().green(),
        "skipped" | "unknown" if color => Style::new().yellow(),
        "dead" | "leak" | "lie" | "hang" | "wrong" | "fail" => Styles::new(color).danger,
        _ => Style::new(),
    }
}

/// For a terminal or a file.
pub(super) fn text(sheet: &Sheet<'_>, color: bool, width: usize) -> String {
    let names: Vec<String> = sheet.drills.iter().map(|drill| drill.name.clone()).collect();
    let first = sheet.lines.iter().map(|line| columns(&line.words().0)).max().unwrap_or(0);
    let wide = first + names.iter().map(|name| 2 + columns(name).max(COLUMN)).sum::<usize>();
    // Names that leave no room for the table are told above it.
    let numbers: Vec<String> = (1..=names.len()).map(|n| format!("[{n}]")).collect();
    let heads = if wide <= width { &names } else { &numbers };
    let mut text = String::new();
    for (number, drill) in numbers.iter().zip(sheet.drills) {
        let mark = if wide <= width { String::new() } else { format!("{number} ") };
        let line = wrap(&headed(&format!("{mark}{}", drill.name), &say::origin(drill)), width).join("\n    ");
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", line.style(Styles::new(color).faint));
    }
    text.push('\n');
    let mut line = |name: &str, cells: Vec<(String, Style)>| {
        let mut line = padded(name, first);
        for ((cell, style), head) in cells.into_iter().zip(heads) {
            let gap = gap(&cell, columns(head).max(COLUMN));
            let _ = write!(line, "  {}{gap}", cell.style(style));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    };
    line(&said("row"), heads.iter().map(|head| (head.clone(), Style::new())).collect());
    for (name, words) in sheet.lines.iter().map(Line::words) {
        line(&name, words.into_iter().map(|word| (said(word), style(word, color))).collect());
    }
    for (word, counts) in sheet.counts() {
        let counts = counts.into_iter().map(|count| (count, Style::new())).collect();
        line(&format!("   {}", said(&format!("rows: {word}"))), counts);
    }
    lists(&mut text, sheet, color, width);
    text
}

/// The sentences below the table.
fn lists(text: &mut String, sheet: &Sheet<'_>, color: bool, width: usize) {
    for (heading, items) in say::sections(sheet) {
        let _ = writeln!(text, "\n{heading}");
        for item in items {
            let _ = writeln!(text, "  {}", wrap(&item, width.saturating_sub(4)).join("\n    "));
        }
    }
    let word = sheet.gate.as_ref().map_or("", Gate::verdict);
    let _ = writeln!(text, "\n{}", say::last(sheet).style(style(word, color)));
}
