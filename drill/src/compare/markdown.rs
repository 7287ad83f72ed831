//! The table and the sentences for a document.

use std::fmt::Write;

use report::markdown::escape;

use super::say;
use super::sheet::{Line, Sheet};
use crate::words::{headed, said};

/// A table and lists.
pub(super) fn markdown(sheet: &Sheet<'_>) -> String {
    let mut text = String::from("## watertight drill compare\n\n");
    for drill in sheet.drills {
        // Writing to a string does not fail.
        let head = format!("- **{}**", escape(&drill.name));
        let _ = writeln!(text, "{}", headed(&head, &escape(&say::origin(drill))));
    }
    let heads: Vec<String> = sheet.drills.iter().map(|drill| escape(&drill.name)).collect();
    let _ =
        writeln!(text, "\n| {} | {} |\n|---|{}", said("row"), heads.join(" | "), "---|".repeat(heads.len()));
    for (name, words) in sheet.lines.iter().map(Line::words) {
        let words: Vec<String> = words.into_iter().map(said).collect();
        let _ = writeln!(text, "| {} | {} |", escape(name.trim()), words.join(" | "));
    }
    for (word, counts) in sheet.counts() {
        let _ = writeln!(text, "| *{}* | {} |", said(&format!("rows: {word}")), counts.join(" | "));
    }
    for (heading, items) in say::sections(sheet) {
        let _ = writeln!(text, "\n**{heading}**\n");
        for item in items {
            let _ = writeln!(text, "- {}", escape(&item));
        }
    }
    let _ = writeln!(text, "\n{}", escape(&say::last(sheet)));
    text
}
