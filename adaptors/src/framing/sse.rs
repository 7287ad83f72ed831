//! Server-sent events.
//!
//! The framer only looks for line ends and never copies a frame that lies within one chunk. Line ends are CR, LF and
//! CRLF (WHATWG HTML, section 9.2.6); nothing is decoded here.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use memchr::{memchr, memchr2};

use super::{EventTooLarge, Frame, Framer, Framing, Nature};
use crate::growth;

const BOM: &[u8; 3] = b"\xef\xbb\xbf";

/// The names of the lines that an event may begin with.
const FIELDS: [&[u8]; 4] = [b"data", b"event", b"id", b"retry"];

/// The framing.
pub static SSE: Sse = Sse;

/// A frame is an event, or a block of comments, with the blank line that ends it. It may begin with a LF that belongs
/// to the CR before it, when the two came in different chunks.
#[derive(Clone, Copy, Debug)]
pub struct Sse;

impl Framing for Sse {
    fn content_type(&self) -> &'static str {
        "text/event-stream"
    }

    fn nature(&self, begins: &[u8]) -> Nature {
        let text = begins.strip_prefix(BOM).unwrap_or(begins).trim_ascii_start();
        let name = text.split(|byte| matches!(byte, b':' | b'\n' | b'\r')).next().unwrap_or_default();
        let is_open = name.len() == text.len();
        match text {
            [] | [0xef] | [0xef, 0xbb] => Nature::Open,
            [b':', ..] => Nature::Stream,
            [b'{' | b'[' | b'<', ..] => Nature::Whole,
            _ if is_open && FIELDS.iter().any(|field| field.starts_with(name)) => Nature::Open,
            _ if !is_open && FIELDS.contains(&name) => Nature::Stream,
            _ => Nature::Either,
        }
    }

    fn framer(&self, max_frame: usize) -> Box<dyn Framer> {
        Box::new(SseFramer::new(max_frame))
    }

    /// The last `event` line, also when it is empty.
    fn event<'a>(&self, raw: &'a [u8]) -> Option<&'a [u8]> {
        fields(raw).filter(|(name, _)| *name == b"event").last().map(|(_, value)| value)
    }

    /// The values of the `data` lines, joined with LF.
    fn data<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        let mut lines = fields(raw).filter(|(name, _)| *name == b"data").map(|(_, value)| value);
        let Some(first) = lines.next() else { return Cow::Borrowed(&[]) };
        let Some(second) = lines.next() else { return Cow::Borrowed(first) };
        let mut joined = Vec::with_capacity(raw.len());
        joined.extend_from_slice(first);
        for line in std::iter::once(second).chain(lines) {
            joined.push(b'\n');
            joined.extend_from_slice(line);
        }
        Cow::Owned(joined)
    }

    /// Without a `data` line no event is dispatched: comments, a lone `event` or `id`.
    fn is_empty(&self, raw: &[u8]) -> bool {
        !fields(raw).any(|(name, _)| name == b"data")
    }

    fn is_terminated(&self, raw: &[u8]) -> bool {
        let before = match raw {
            [before @ .., b'\r', b'\n'] | [before @ .., b'\n' | b'\r'] => before,
            _ => return false,
        };
        matches!(before, [] | [.., b'\n' | b'\r'])
    }

    /// Without its blank line a client does not dispatch an event. A blank line is whole with its CR, but its LF may
    /// still be on the way, and a client that looks for CRLF must not miss the end. Clients that look for two line ends
    /// look for two of a kind.
    fn completion(&self, last: &[u8]) -> &'static [u8] {
        match last {
            [.., b'\r', b'\n', b'\r'] => b"\n",
            last if self.is_terminated(last) => b"",
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\r'] => b"\r",
            [.., b'\n'] => b"\n",
            _ => b"\n\n",
        }
    }

    fn heartbeat(&self) -> &'static [u8] {
        b":\n\n"
    }
}

/// True for a frame of comments and blank lines only.
pub(crate) fn is_comment(raw: &[u8]) -> bool {
    fields(raw).next().is_none()
}

/// A whole answer without the byte order mark and the `data: [DONE]` that some servers write around it.
pub(crate) fn bare(body: Bytes) -> Bytes {
    let body = if body.starts_with(BOM) { body.slice(BOM.len()..) } else { body };
    match before_done(&body) {
        Some(length) => body.slice(..length),
        None => body,
    }
}

/// As many bytes, with spaces in place of a terminator at the end: of an answer that passes piece by piece.
#[must_use]
pub fn blanked(piece: Bytes) -> Bytes {
    let Some(length) = before_done(&piece) else { return piece };
    let mut blanked = piece.to_vec();
    blanked[length..].fill(b' ');
    blanked.into()
}

/// How much stands before a terminator at the end.
fn before_done(text: &[u8]) -> Option<usize> {
    let done = text.trim_ascii_end().strip_suffix(b"[DONE]")?;
    Some(done.trim_ascii_end().strip_suffix(b"data:")?.trim_ascii_end().len())
}

/// A text as one frame; its lines, if it has several, become lines of data.
pub(crate) fn frame(event: Option<&str>, text: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(text.len() + 32);
    if let Some(event) = event {
        frame.extend_from_slice(b"event: ");
        frame.extend_from_slice(event.as_bytes());
        frame.push(b'\n');
    }
    for line in text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()) {
        frame.extend_from_slice(b"data: ");
        frame.extend_from_slice(line);
        frame.push(b'\n');
    }
    frame.push(b'\n');
    frame.into()
}

/// Names and values of the lines that are neither blank nor comments.
fn fields(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    Lines(raw).filter(|line| !matches!(line, [] | [b':', ..])).map(|line| match memchr(b':', line) {
        Some(colon) => (&line[..colon], line[colon + 1..].strip_prefix(b" ").unwrap_or(&line[colon + 1..])),
        None => (line, &[][..]),
    })
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

/// The framer. It holds at most one frame's cap (a quarter more by growth) beside the chunks that wait.
#[derive(Debug)]
struct SseFramer {
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

impl Framer for SseFramer {
    fn push(&mut self, chunk: Bytes) {
        if self.failed || chunk.is_empty() {
            return;
        }
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            self.waiting.push_back(chunk);
        }
    }

    fn next(&mut self) -> Result<Option<Frame>, EventTooLarge> {
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
                    return Ok(Some(Frame::new(piece, &SSE)));
                }
                growth::extend(&mut self.carry, &piece);
                return Ok(Some(Frame::new(std::mem::take(&mut self.carry).into(), &SSE)));
            }
            growth::extend(&mut self.carry, &self.chunk);
            self.chunk = Bytes::new();
            match self.waiting.pop_front() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(None),
            }
        }
    }

    fn finish(&mut self) -> Option<Frame> {
        let mut rest = std::mem::take(&mut self.carry);
        if self.bom < BOM.len() {
            rest.extend_from_slice(&BOM[..self.bom]);
        }
        rest.extend_from_slice(&std::mem::take(&mut self.chunk));
        self.waiting.drain(..).for_each(|chunk| rest.extend_from_slice(&chunk));
        (!rest.is_empty()).then(|| Frame::new(rest.into(), &SSE))
    }

    fn buffered(&self) -> usize {
        self.carry.capacity() + self.chunk.len() + self.waiting.iter().map(Bytes::len).sum::<usize>()
    }
}

impl SseFramer {
    fn new(max_event: usize) -> Self {
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
