//! Labels on the left, words on the right: the look that the texts of all commands share.

use std::fmt::Write;

use owo_colors::OwoColorize;

use super::Styles;
use super::text::{padded, wrap};

/// The columns of a label.
pub const LABEL: usize = 13;

/// Paragraphs of which only the first has the label.
pub fn list(text: &mut String, label: &str, items: &[impl AsRef<str>], styles: &Styles, width: usize) {
    for (i, item) in items.iter().enumerate() {
        paragraph(text, if i == 0 { label } else { "" }, item.as_ref(), styles, width);
    }
}

/// Words under a label, broken into lines.
pub fn paragraph(text: &mut String, label: &str, words: &str, styles: &Styles, width: usize) {
    for (i, line) in wrap(words, width.saturating_sub(2 + LABEL)).iter().enumerate() {
        let label = padded(if i == 0 { label } else { "" }, LABEL);
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {}{line}", label.style(styles.faint));
    }
}
