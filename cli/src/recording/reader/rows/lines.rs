//! Lines without a copy of each: a block is read, and handed out line by line from where it lies.

use std::io::{self, Cursor, Read};

/// Bytes that are read at once.
const BLOCK: usize = 1 << 18;
/// A line longer than this is no row; it is handed out in parts of this length.
pub(super) const LINE_CAP: usize = 64 << 10;

/// The lines of a reader.
#[derive(Debug)]
pub(super) struct Lines<R> {
    from: R,
    block: Box<[u8]>,
    /// From here to `end`, nothing has been handed out yet.
    start: usize,
    end: usize,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// Nothing is read yet.
    pub(super) fn new(from: R) -> Self {
        Self { from, block: vec![0; BLOCK].into_boxed_slice(), start: 0, end: 0, ended: false }
    }

    /// The next line with its line feed, or a part of one that is too long; `None` at the end.
    ///
    /// # Errors
    /// The reader's.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            let left = &self.block[self.start..self.end];
            let seen = &left[..left.len().min(LINE_CAP)];
            let length = match memchr::memchr(b'\n', seen) {
                Some(at) => at + 1,
                None if seen.len() == LINE_CAP || self.ended => seen.len(),
                None => {
                    self.fill()?;
                    continue;
                }
            };
            let from = self.start;
            self.start += length;
            return Ok((length > 0).then(|| &self.block[from..from + length]));
        }
    }

    /// Reads on, after what is left.
    fn fill(&mut self) -> io::Result<()> {
        self.block.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        loop {
            match self.from.read(&mut self.block[self.end..]) {
                Ok(n) => {
                    self.end += n;
                    self.ended = n == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A line that was handed out as the last one, and everything after it.
    pub(super) fn again_from(self, line: usize) -> impl Read {
        let left = self.block[self.start - line..self.end].to_vec();
        Cursor::new(left).chain(self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(self.1).min(into.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn lines(text: &[u8], at_once: usize) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(Slowly(text, at_once));
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(line.to_vec());
        }
        all
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let long = [vec![b'x'; LINE_CAP * 2 + 5], b"\nlast".to_vec()].concat();
        for text in [&b""[..], b"\n", b"a", b"a\n\nb\r\nc", &long, &b"ab\n".repeat(200_000)] {
            let expected: Vec<Vec<u8>> = text
                .split_inclusive(|byte| *byte == b'\n')
                .flat_map(|line| line.chunks(LINE_CAP).map(<[u8]>::to_vec))
                .collect();
            for at_once in [1, 7, 4096, 1 << 20] {
                assert_eq!(lines(text, at_once), expected, "{at_once}");
            }
        }
    }

    #[test]
    fn a_line_can_be_read_again_with_what_follows() {
        let text = b"one\ntwo\nthree";
        for at_once in [1, 5, 100] {
            let mut lines = Lines::new(Slowly(text, at_once));
            lines.next().unwrap();
            let length = lines.next().unwrap().unwrap().len();
            let mut rest = Vec::new();
            lines.again_from(length).read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"two\nthree");
        }
    }
}
