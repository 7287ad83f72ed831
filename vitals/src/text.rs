//! Words on lines: what the texts of observers and drill share.

/// Breaks text at spaces into lines of at most `width` characters, longer words alone on theirs; a width below 20 is
/// taken as 40.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_by_characters() {
        assert_eq!(wrap("größe größe größe größe", 20), ["größe größe größe", "größe"]);
        let long = "x".repeat(30);
        assert_eq!(wrap(&format!("a {long} b"), 20), ["a".to_owned(), long, "b".to_owned()]);
        assert_eq!(wrap(&"word ".repeat(9), 3), ["word word word word word word word word", "word"]);
        assert!(wrap(" \n ", 40).is_empty());
    }
}
