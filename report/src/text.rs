//! Words on lines, measured in the columns of a terminal: a Chinese character takes two of them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// Breaks text at spaces, and between wide characters, into lines of at most `width` columns, longer words alone on
/// theirs; a width below 20 is taken as 40.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = if width < 20 { 40 } else { width };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for (n, piece) in pieces(word).enumerate() {
            let gap = if n == 0 { " " } else { "" };
            match lines.last_mut() {
                Some(line) if columns(line) + gap.len() + columns(piece) <= width => {
                    line.push_str(gap);
                    line.push_str(piece);
                }
                // A sign that belongs to its number takes it along.
                Some(line) if n == 0 && piece.starts_with('%') => {
                    let word = line.rsplit(' ').next().unwrap_or_default();
                    let number = pieces(word).last().unwrap_or_default();
                    let next = format!("{number} {piece}");
                    line.truncate(line.len() - number.len());
                    line.truncate(line.trim_end().len());
                    lines.push(next);
                }
                _ => lines.push(piece.to_owned()),
            }
        }
    }
    lines
}

/// Lines as one again: wide characters were broken without a space.
#[must_use]
pub fn rejoin(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let wide = |c: Option<char>| c.is_some_and(is_wide);
        if !text.is_empty() && !wide(text.chars().next_back()) && !wide(line.chars().next()) {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}

/// Never at the start of a line.
const CLOSING: &str = "，。：；、！？）」』》】…";
/// Never at the end of one.
const OPENING: &str = "（「『《【";

fn is_wide(c: char) -> bool {
    UnicodeWidthChar::width(c) == Some(2)
}

/// A word in the pieces between which a line may end: before and after each wide character, as its punctuation allows.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let (_, mut before) = chars.next()?;
        let end = chars.find_map(|(at, c)| {
            let may = (is_wide(before) || is_wide(c)) && !CLOSING.contains(c) && !OPENING.contains(before);
            before = c;
            may.then_some(at)
        });
        let (piece, left) = rest.split_at(end.unwrap_or(rest.len()));
        rest = left;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_by_columns() {
        assert_eq!(wrap("größe größe größe größe", 20), ["größe größe größe", "größe"]);
        assert_eq!(wrap("内存 内存 内存 内存 内存", 20), ["内存 内存 内存 内存", "内存"]);
        assert_eq!(wrap("load explains it: 98 % of all", 20), ["load explains it:", "98 % of all"]);
        assert_eq!(wrap("超过允许的协程（20.0 %），危险", 22), ["超过允许的协程", "（20.0 %），危险"]);
        let long = "x".repeat(30);
        assert_eq!(wrap(&format!("a {long} b"), 20), ["a".to_owned(), long, "b".to_owned()]);
        assert_eq!(wrap(&"word ".repeat(9), 3), ["word word word word word word word word", "word"]);
        assert!(wrap(" \n ", 40).is_empty());
    }

    #[test]
    fn wide_characters_break_anywhere_but_at_their_punctuation() {
        let text = "危险：6000 个协程，超过 5000（--danger），等待上游的响应头。";
        let lines = wrap(text, 20);
        assert_eq!(lines, ["危险：6000 个协程，", "超过 5000", "（--danger），等待上", "游的响应头。"]);
        assert!(lines.iter().all(|line| columns(line) <= 20));
        assert_eq!(rejoin(&lines[2..]), "（--danger），等待上游的响应头。");
        assert_eq!(rejoin(&["a b".to_owned(), "c".to_owned()]), "a b c");
    }

    #[test]
    fn a_text_is_padded_to_its_columns() {
        assert_eq!(padded("größe", 7), "größe  ");
        assert_eq!(padded("内存", 7), "内存   ");
        assert_eq!(padded("longer", 3), "longer");
    }
}
