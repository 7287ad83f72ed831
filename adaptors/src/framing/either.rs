//! Server-sent events, or one JSON array whose elements come one by one: Google streams in both forms, as the client's
//! path asks for. The first byte tells which one a body has.
//!
//! A frame of an array begins with what stands before its element (the bracket or a comma) and ends with the element;
//! the closing bracket is a frame of its own. So a stream can be ended, or told an error, between any two of them.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;
use memchr::memchr2;

use super::sse::SSE;
use super::{EventTooLarge, Frame, Framer, Framing, Nature};

/// The framing.
pub static EITHER: Either = Either;

/// Events, or the elements of an array.
#[derive(Clone, Copy, Debug)]
pub struct Either;

impl Framing for Either {
    fn content_type(&self) -> &'static str {
        SSE.content_type()
    }

    fn nature(&self, begins: &[u8]) -> Nature {
        if trimmed(begins).first() == Some(&b'[') { Nature::Stream } else { SSE.nature(begins) }
    }

    fn framer(&self, max_frame: usize) -> Box<dyn Framer> {
        Box::new(EitherFramer { max_frame, begun: Vec::new(), inner: None })
    }

    fn event<'a>(&self, raw: &'a [u8]) -> Option<&'a [u8]> {
        if is_element(raw) { None } else { SSE.event(raw) }
    }

    /// Of an array's frame: its element. JSON that stands bare among events is data, too: Google tells errors so.
    fn data<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        match trimmed(raw) {
            list if is_list(list) => Cow::Borrowed(list.trim_ascii_end()),
            [b'[' | b',', element @ ..] => Cow::Borrowed(element.trim_ascii()),
            [b']', ..] => Cow::Borrowed(&[]),
            bare @ [b'{', ..] => Cow::Borrowed(bare.trim_ascii_end()),
            _ => SSE.data(raw),
        }
    }

    fn is_empty(&self, raw: &[u8]) -> bool {
        if is_element(raw) { self.data(raw).is_empty() } else { SSE.is_empty(raw) }
    }

    fn is_terminated(&self, raw: &[u8]) -> bool {
        if !is_element(raw) {
            return SSE.is_terminated(raw);
        }
        let mut scan = Scan::of(raw);
        is_list(trimmed(raw)) || scan.end(raw) == Some(raw.trim_ascii_end().len())
    }

    fn completion(&self, last: &[u8]) -> &'static [u8] {
        if is_element(last) { b"" } else { SSE.completion(last) }
    }

    fn heartbeat(&self) -> &'static [u8] {
        b""
    }
}

fn trimmed(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw).trim_ascii_start()
}

/// True for a part of an array, and for bare JSON.
pub(crate) fn is_element(raw: &[u8]) -> bool {
    matches!(trimmed(raw).first(), Some(b'[' | b',' | b']' | b'{'))
}

/// True for a whole array: it stands among events, or has no elements.
fn is_list(text: &[u8]) -> bool {
    if !text.starts_with(b"[") {
        return false;
    }
    let (mut scan, mut rest) = (Scan::default(), text.trim_ascii_end());
    while let Some(end) = scan.end(rest) {
        rest = &rest[end..];
        if scan.depth == 0 {
            return rest.is_empty();
        }
    }
    false
}

struct EitherFramer {
    max_frame: usize,
    /// What came before the first byte that tells.
    begun: Vec<u8>,
    inner: Option<Box<dyn Framer>>,
}

impl Framer for EitherFramer {
    fn push(&mut self, chunk: Bytes) {
        if let Some(inner) = &mut self.inner {
            return inner.push(chunk);
        }
        let begun = if self.begun.is_empty() { chunk } else { [&self.begun[..], &chunk].concat().into() };
        let is_open = matches!(trimmed(&begun), [] | [0xef] | [0xef, 0xbb]);
        if is_open && begun.len() <= self.max_frame {
            self.begun = begun.into();
            return;
        }
        let framer =
            if is_element(&begun) { Elements::framer(self.max_frame) } else { SSE.framer(self.max_frame) };
        self.begun = Vec::new();
        self.inner.insert(framer).push(begun);
    }

    fn next(&mut self) -> Result<Option<Frame>, EventTooLarge> {
        let Some(inner) = &mut self.inner else { return Ok(None) };
        Ok(inner.next()?.map(|frame| Frame::new(frame.raw, &EITHER)))
    }

    fn finish(&mut self) -> Option<Frame> {
        let rest = match &mut self.inner {
            Some(inner) => inner.finish().map(|frame| frame.raw),
            None => Some(std::mem::take(&mut self.begun).into()),
        };
        rest.filter(|rest| !rest.is_empty()).map(|rest| Frame::new(rest, &EITHER))
    }

    fn buffered(&self) -> usize {
        self.begun.capacity() + self.inner.as_ref().map_or(0, |inner| inner.buffered())
    }
}

/// How deep in JSON a scan is.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    depth: usize,
    /// The depth that elements stand at: 1 inside an array, else 0.
    base: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// For one frame alone, whatever stood before it.
    fn of(raw: &[u8]) -> Self {
        let base = usize::from(matches!(trimmed(raw).first(), Some(b',' | b']')));
        Self { depth: base, base, ..Self::default() }
    }

    /// Where the next element ends, or the array does. Without it, all of the bytes have been scanned.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.in_string {
                at = self.string(bytes, at);
                continue;
            }
            at += 1;
            match byte {
                b'"' => self.in_string = true,
                b'[' if self.depth == 0 => (self.depth, self.base) = (1, 1),
                b'[' | b'{' => {
                    if self.depth == 0 {
                        self.base = 0;
                    }
                    self.depth += 1;
                }
                b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth <= self.base {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Goes on in a string; where it goes on from there.
    fn string(&mut self, bytes: &[u8], mut at: usize) -> usize {
        if std::mem::take(&mut self.escaped) {
            at += 1;
        }
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            at += found + 1;
            if bytes[at - 1] == b'"' {
                self.in_string = false;
                return at;
            }
            match bytes.get(at) {
                Some(_) => at += 1,
                None => self.escaped = true,
            }
        }
        bytes.len()
    }
}

/// Cuts an array. It holds at most one frame's cap (doubled by growth) beside the chunks that wait.
#[derive(Debug, Default)]
struct Elements {
    max_frame: usize,
    chunk: Bytes,
    waiting: VecDeque<Bytes>,
    /// The beginning of a frame that straddles chunks, already scanned.
    carry: Vec<u8>,
    scan: Scan,
    failed: bool,
}

impl Elements {
    fn framer(max_frame: usize) -> Box<dyn Framer> {
        Box::new(Self { max_frame, ..Self::default() })
    }
}

impl Elements {
    /// How much white space stands next behind the array: it waits for nothing, and whatever follows it is a frame of its
    /// own, so that it makes no difference where the chunks end.
    fn behind(&self) -> Option<usize> {
        let is_over = self.scan.depth == 0 && self.scan.base == 1 && self.carry.is_empty();
        let space = self.chunk.len() - self.chunk.trim_ascii_start().len();
        (is_over && space > 0).then_some(space.min(self.max_frame))
    }
}

impl Framer for Elements {
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
                return Err(EventTooLarge { limit: self.max_frame });
            }
            if let Some(space) = self.behind() {
                return Ok(Some(Frame::new(self.chunk.split_to(space), &EITHER)));
            }
            let end = self.scan.end(&self.chunk);
            if self.carry.len() + end.unwrap_or(self.chunk.len()) > self.max_frame {
                *self = Self { failed: true, max_frame: self.max_frame, ..Self::default() };
                continue;
            }
            if let Some(end) = end {
                let piece = self.chunk.split_to(end);
                if self.carry.is_empty() {
                    return Ok(Some(Frame::new(piece, &EITHER)));
                }
                self.carry.extend_from_slice(&piece);
                return Ok(Some(Frame::new(std::mem::take(&mut self.carry).into(), &EITHER)));
            }
            self.carry.extend_from_slice(&self.chunk);
            self.chunk = Bytes::new();
            match self.waiting.pop_front() {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(None),
            }
        }
    }

    fn finish(&mut self) -> Option<Frame> {
        let mut rest = std::mem::take(&mut self.carry);
        rest.extend_from_slice(&std::mem::take(&mut self.chunk));
        self.waiting.drain(..).for_each(|chunk| rest.extend_from_slice(&chunk));
        (!rest.is_empty()).then(|| Frame::new(rest.into(), &EITHER))
    }

    fn buffered(&self) -> usize {
        self.carry.capacity() + self.chunk.len() + self.waiting.iter().map(Bytes::len).sum::<usize>()
    }
}
