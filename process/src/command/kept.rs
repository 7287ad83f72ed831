//! What is kept of an output: its beginning and its end.

use std::collections::VecDeque;

/// A bounded output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    lost: u64,
}

impl Kept {
    /// Keeps at most so many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { half: most / 2, ..Self::default() }
    }

    /// The next piece.
    pub fn add(&mut self, piece: &[u8]) {
        let (first, rest) = piece.split_at(piece.len().min(self.half.saturating_sub(self.head.len())));
        self.head.extend_from_slice(first);
        let kept = rest.split_at(rest.len().saturating_sub(self.half)).1;
        self.tail.extend(kept);
        let over = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..over);
        self.lost += (rest.len() - kept.len() + over) as u64;
    }

    /// Bytes in the middle that were not kept.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Its beginning; all of it where nothing was lost and it is short.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What came behind its beginning, or the end of that.
    #[must_use]
    pub fn tail(&self) -> Vec<u8> {
        self.tail.iter().copied().collect()
    }

    /// The last lines, without what steers a terminal; blank lines do not count.
    #[must_use]
    pub fn last_lines(&self, lines: usize) -> Vec<String> {
        let all = [self.head.as_slice(), &self.tail()].concat();
        last_lines(&all, lines)
    }
}

/// The last lines of a text, without what steers a terminal; blank lines do not count.
pub(super) fn last_lines(text: &[u8], lines: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let plain = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let all = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let mut last: Vec<String> = all.rev().take(lines).map(plain).collect();
    last.reverse();
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        for split in 1..=12 {
            let mut kept = Kept::new(8);
            b"abcdefghijkl".chunks(split).for_each(|piece| kept.add(piece));
            assert_eq!((kept.head(), &*kept.tail(), kept.lost()), (&b"abcd"[..], &b"ijkl"[..], 4), "{split}");
        }
        let mut short = Kept::new(8);
        short.add(b"abcdef");
        assert_eq!((short.head(), &*short.tail(), short.lost()), (&b"abcd"[..], &b"ef"[..], 0));
    }

    #[test]
    fn the_last_lines_are_plain() {
        let mut kept = Kept::new(1000);
        kept.add(b"one\r\n\r\ntw\x1b[31mo\nthree\n\n");
        assert_eq!(kept.last_lines(2), ["tw [31mo", "three"]);
    }
}
