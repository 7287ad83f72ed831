//! Words on lines, measured in the columns of a terminal: a Chinese character takes two of them.

use unicode_width::UnicodeWidthStr;

/// The columns that a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text with spaces behind it, up to `width` columns.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", gap(text, width))
}

/// The spaces that a text lacks to `width` columns.
#[must_use]
pub fn gap(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(columns(text)))
}

/// Breaks text at spaces into lines of at most `width` columns, longer words alone on theirs; a width below 20 is taken
/// as 40.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = if width < 20 { 40 } else { width };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_by_columns() {
        assert_eq!(wrap("größe größe größe größe", 20), ["größe größe größe", "größe"]);
        assert_eq!(wrap("内存 内存 内存 内存 内存", 20), ["内存 内存 内存 内存", "内存"]);
        let long = "x".repeat(30);
        assert_eq!(wrap(&format!("a {long} b"), 20), ["a".to_owned(), long, "b".to_owned()]);
        assert_eq!(wrap(&"word ".repeat(9), 3), ["word word word word word word word word", "word"]);
        assert!(wrap(" \n ", 40).is_empty());
    }

    #[test]
    fn a_text_is_padded_to_its_columns() {
        assert_eq!(padded("größe", 7), "größe  ");
        assert_eq!(padded("内存", 7), "内存   ");
        assert_eq!(padded("longer", 3), "longer");
    }
}
