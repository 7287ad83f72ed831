//! The framer of server-sent events: cuts a byte stream into whole frames, whatever the chunks.
//!
//! A frame is passed on as it came, so the framer only looks for line ends and never copies a frame that lies within
//! one chunk. Line ends are CR, LF and CRLF (WHATWG HTML, section 9.2.6); nothing is decoded here.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use memchr::{memchr, memchr2};

const BOM: &[u8; 3] = b"\xef\xbb\xbf";

/// One frame: the bytes of an event (or of a block of comments) with the blank line that ends it.
///
/// Only the last frame of a body, from [`Framer::finish`], may lack the blank line. A frame may begin with a LF that
/// belongs to the CR before it, when the two came in different chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The exact bytes, a slice of the pushed chunk where the frame lies within one.
    pub raw: Bytes,
}

impl Frame {
    /// The values of the `data` lines, joined with LF; copied only when there are several.
    #[must_use]
    pub fn data(&self) -> Cow<'_, [u8]> {
        let mut lines = self.fields().filter(|(name, _)| *name == b"data").map(|(_, value)| value);
        let Some(first) = lines.next() else { return Cow::Borrowed(&[]) };
        let Some(second) = lines.next() else { return Cow::Borrowed(first) };
        let mut joined = Vec::with_capacity(self.raw.len());
        joined.extend_from_slice(first);
        for line in std::iter::once(second).chain(lines) {
            joined.push(b'\n');
            joined.extend_from_slice(line);
        }
        Cow::Owned(joined)
    }

    /// The event's name: the last `event` line, also when it is empty.
    #[must_use]
    pub fn event(&self) -> Option<&[u8]> {
        self.fields().filter(|(name, _)| *name == b"event").last().map(|(_, value)| value)
    }

    /// Whether there is no `data` line at all, so that no event is dispatched: comments, a lone `event` or `id`.
    #[must_use]
    pub fn is_empty_of_data(&self) -> bool {
        !self.fields().any(|(name, _)| name == b"data")
    }

    /// Whether the frame ends in a blank line; false only for a body's unterminated rest.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        let raw = &self.raw[..];
        let before = match raw {
            [before @ .., b'\r', b'\n'] | [before @ .., b'\n' | b'\r'] => before,
            _ => return false,
        };
        matches!(before, [] | [.., b'\n' | b'\r'])
    }

    /// Whether the frame has nothing but comments and blank lines.
    #[must_use]
    pub fn is_comment(&self) -> bool {
        self.fields().next().is_none()
    }

    /// Names and values of the lines that are neither blank nor comments.
    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        Lines(&self.raw).filter(|line| !matches!(line, [] | [b':', ..])).map(|line| {
            match memchr(b':', line) {
                Some(colon) => {
                    (&line[..colon], line[colon + 1..].strip_prefix(b" ").unwrap_or(&line[colon + 1..]))
                }
                None => (line, &[][..]),
            }
        })
    }
}

struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let Some(end) = memchr2(b'\n', b'\r', self.0) else { return Some(std::mem::take(&mut self.0)) };
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix(b"\r\n").unwrap_or(&rest[1..]);
        Some(line)
    }
}

/// A frame grew past the cap. The stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {limit} bytes")]
pub struct EventTooLarge {
    /// The cap, in bytes.
    pub limit: usize,
}

/// Cuts chunks into frames. Time is linear in the input, memory is at most one frame's cap (doubled by growth) plus
/// the chunks that were pushed and not yet read.
#[derive(Debug)]
pub struct Framer {
    max_event: usize,
    chunk: Bytes,
    waiting: VecDeque<Bytes>,
    /// The beginning of a frame that straddles chunks, already scanned.
    carry: Vec<u8>,
    at_line_start: bool,
    /// The last byte scanned was a CR at a chunk's end: a LF that follows belongs to it.
    after_cr: bool,
    /// Bytes of the byte order mark matched so far; all of them once past the stream's start.
    bom: usize,
    failed: bool,
}

impl Framer {
    /// A framer for one body; a frame longer than `max_event` bytes is an error.
    #[must_use]
    pub fn new(max_event: usize) -> Self {
        Self {
            max_event,
            chunk: Bytes::new(),
            waiting: VecDeque::new(),
            carry: Vec::new(),
            at_line_start: true,
            after_cr: false,
            bom: 0,
            failed: false,
        }
    }

    /// Adds bytes of the body. Read all frames with [`Self::next`] before the next push to hold little memory.
    pub fn push(&mut self, chunk: Bytes) {
        if self.failed || chunk.is_empty() {
            return;
        }
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            self.waiting.push_back(chunk);
        }
    }

    /// The next whole frame, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`EventTooLarge`], from then on always: what was held is dropped.
    #[expect(clippy::should_implement_trait, reason = "none means not yet, and an error is not an item")]
    pub fn next(&mut self) -> Result<Option<Frame>, EventTooLarge> {
        loop {
            if self.failed {
                return Err(EventTooLarge { limit: self.max_event });
            }
            self.drop_bom();
            let end = self.scan();
            let length = self.carry.len() + end.unwrap_or(self.chunk.len());
            if length > self.max_event {
                self.fail();
                continue;
            }
            if let Some(end) = end {
                let piece = self.chunk.split_to(end);
                if self.carry.is_empty() {
                    return Ok(Some(Frame { raw: piece }));
                }
                self.carry.extend_from_slice(&piece);
                return Ok(Some(Frame { raw: std::mem::take(&mut self.carry).into() }));
            }
            self.carry.extend_from_slice(&self.chunk);
            self.chunk = Bytes::new();
            match self.waiting.pop_front() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(None),
            }
        }
    }

    /// The body ended: the rest that no blank line ended, if any. Call it after [`Self::next`] gave `None`.
    pub fn finish(&mut self) -> Option<Frame> {
        let mut rest = std::mem::take(&mut self.carry);
        if self.bom < BOM.len() {
            rest.extend_from_slice(&BOM[..self.bom]);
        }
        rest.extend_from_slice(&std::mem::take(&mut self.chunk));
        self.waiting.drain(..).for_each(|chunk| rest.extend_from_slice(&chunk));
        (!rest.is_empty()).then(|| Frame { raw: rest.into() })
    }

    /// Bytes of memory held: the growing frame's buffer and the chunks not yet read.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.carry.capacity() + self.chunk.len() + self.waiting.iter().map(Bytes::len).sum::<usize>()
    }

    fn fail(&mut self) {
        *self = Self { failed: true, ..Self::new(self.max_event) };
    }

    /// Scans the chunk for the end of a frame. Without one, all of the chunk has been scanned.
    fn scan(&mut self) -> Option<usize> {
        let bytes = &self.chunk[..];
        let mut at = 0;
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            at = usize::from(bytes[0] == b'\n');
        }
        while let Some(line) = memchr2(b'\n', b'\r', &bytes[at..]) {
            let blank = line == 0 && self.at_line_start;
            let cr = bytes[at + line] == b'\r';
            at += line + 1;
            if cr {
                match bytes.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            self.at_line_start = true;
            if blank {
                return Some(at);
            }
        }
        if at < bytes.len() {
            self.at_line_start = false;
        }
        None
    }

    fn drop_bom(&mut self) {
        while self.bom < BOM.len() && !self.chunk.is_empty() {
            if self.chunk[0] == BOM[self.bom] {
                self.chunk.advance(1);
                self.bom += 1;
            } else {
                self.carry.extend_from_slice(&BOM[..self.bom]);
                self.at_line_start = self.bom == 0;
                self.bom = BOM.len();
            }
        }
    }
}
