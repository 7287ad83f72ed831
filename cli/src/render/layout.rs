//! Labels on the left, words on the right: what the texts of all commands look like.

use std::fmt::Write;

use owo_colors::OwoColorize;

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

/// Breaks text at spaces; a width that is too small for that is taken as 40.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = if width < 20 { 40 } else { width };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
