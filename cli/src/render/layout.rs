//! Labels on the left, words on the right: what the texts of all commands look like.

use std::fmt::Write;

use owo_colors::OwoColorize;
use vitals::text::wrap;

use super::Styles;

/// The columns of a label.
pub(super) const LABEL: usize = 13;

/// Paragraphs of which only the first has the label.
pub(super) fn list(text: &mut String, label: &str, items: &[impl AsRef<str>], styles: &Styles, width: usize) {
    for (i, item) in items.iter().enumerate() {
        paragraph(text, if i == 0 { label } else { "" }, item.as_ref(), styles, width);
    }
}

/// Words under a label, broken into lines.
pub(super) fn paragraph(text: &mut String, label: &str, words: &str, styles: &Styles, width: usize) {
    for (i, line) in wrap(words, width.saturating_sub(2 + LABEL)).iter().enumerate() {
        let label = if i == 0 { label } else { "" };
        let _ = writeln!(text, "  {:<LABEL$}{line}", label.style(styles.faint));
    }
}
