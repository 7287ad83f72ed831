//! What a request loses on its way into another dialect, by the names that its client gave.
//!
//! A client learns them from a header, so there are few, they are short, and nothing stands in them that could not stand
//! there. Of each kind of field (`messages[0].name`, `messages[4].name`) only the first is kept, and each thing that has a
//! kind of its own (`tools[3]:web_search`).

use std::fmt::{Display, Write as _};

/// Kinds that are kept; the others are only counted.
const MAX_KINDS: usize = 32;
/// Characters of one name.
const MAX_NAME: usize = 80;

/// The fields of one request that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    names: Vec<String>,
    others: usize,
    refuses: bool,
}

impl Dropped {
    /// Nothing yet. `refuses`: a hint that cannot be expressed is an error.
    #[must_use]
    pub fn new(refuses: bool) -> Self {
        Self { refuses, ..Self::default() }
    }

    /// True where hints and unknown fields are not to be left out: the request is refused.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.refuses
    }

    /// Takes note of a field. A name may be as long as a body: only its beginning is kept.
    pub fn note(&mut self, name: impl Display) {
        let name = name.to_string();
        let mark = self.names.len();
        self.names.push(name.chars().take(MAX_NAME).collect());
        self.settle(mark);
    }

    /// How many there are, for [`Self::within`].
    #[must_use]
    pub fn mark(&self) -> usize {
        self.names.len()
    }

    /// What was noted since the mark stands inside of `outer`.
    pub fn within(&mut self, mark: usize, outer: impl Display) {
        if self.names.len() == mark {
            return;
        }
        for name in &mut self.names[mark..] {
            let separator = if name.is_empty() || name.starts_with(['[', ':']) { "" } else { "." };
            *name = format!("{outer}{separator}{name}");
        }
        self.settle(mark);
    }

    /// Of those since the mark, new kinds stay, as far as there is room.
    fn settle(&mut self, mark: usize) {
        let mut at = mark;
        while at < self.names.len() {
            let name = &self.names[at];
            if self.names[..at].iter().any(|known| is_like(known, name)) {
                self.names.remove(at);
            } else if at >= MAX_KINDS {
                self.names.remove(at);
                self.others += 1;
            } else {
                at += 1;
            }
        }
    }

    /// All of them in one line of visible ASCII, for a header and a log; `None` where there are none.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        let shown = |name: &String| -> String {
            let plain = |c: char| if c.is_ascii_graphic() && c != ',' { c } else { '?' };
            name.chars().take(MAX_NAME).map(plain).collect()
        };
        let mut line = self.names.iter().map(shown).collect::<Vec<_>>().join(", ");
        if self.others > 0 {
            let _ = write!(line, ", and {} more", self.others);
        }
        Some(line)
    }
}

/// Fields of one kind are alike. What is named with what it is (`tools[3]:web_search`) is like nothing but itself.
fn is_like(one: &str, other: &str) -> bool {
    match one.contains(':') || other.contains(':') {
        true => one == other,
        false => kind(one).eq(kind(other)),
    }
}

/// A name without its numbers in brackets.
fn kind(name: &str) -> impl Iterator<Item = &str> {
    name.split('[').map(|piece| piece.split_once(']').map_or(piece, |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_named_once_with_its_whole_path() {
        let mut dropped = Dropped::default();
        assert_eq!(dropped.line(), None);
        dropped.note("seed");
        for number in 0..3 {
            let mark = dropped.mark();
            dropped.note("name");
            dropped.note(format_args!("[{number}].x"));
            dropped.within(mark, format_args!("messages[{number}]"));
        }
        dropped.note("name");
        assert_eq!(dropped.line().as_deref(), Some("seed, messages[0].name, messages[0][0].x, name"));
        for number in [3, 4] {
            let mark = dropped.mark();
            dropped.note(":web_search");
            dropped.within(mark, format_args!("tools[{number}]"));
        }
        assert!(dropped.line().unwrap().ends_with("name, tools[3]:web_search, tools[4]:web_search"));
    }

    #[test]
    fn a_line_is_short_and_fits_a_header() {
        let mut dropped = Dropped::default();
        dropped.note("a\r\nset-cookie: é,b");
        dropped.note("x".repeat(10_000));
        (0..500).for_each(|number| dropped.note(format_args!("field{number}")));
        let line = dropped.line().unwrap();
        assert!(line.starts_with("a??set-cookie:???b, xxx"), "{line}");
        assert!(line.ends_with("and 470 more"), "{line}");
        assert!(line.len() < 1024 && line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
        assert_eq!(dropped.mark(), MAX_KINDS);
        assert!(dropped.names.iter().all(|name| name.len() <= MAX_NAME + 1), "{dropped:?}");
    }
}
