//! A line is a frame.

use std::borrow::Cow;

use adaptors::framing::{EventTooLarge, Frame, Framer, Framing, Nature};
use bytes::{Bytes, BytesMut};

pub(crate) static LINES: Lines = Lines;

pub(crate) struct Lines;

impl Framing for Lines {
    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    /// A line of JSON may be all there is.
    fn nature(&self, _begins: &[u8]) -> Nature {
        Nature::Either
    }

    fn framer(&self, max_frame: usize) -> Box<dyn Framer> {
        Box::new(LineFramer { max_frame, held: BytesMut::new() })
    }

    fn event<'a>(&self, _raw: &'a [u8]) -> Option<&'a [u8]> {
        None
    }

    fn data<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        Cow::Borrowed(raw.trim_ascii())
    }

    fn is_empty(&self, raw: &[u8]) -> bool {
        raw.trim_ascii().is_empty()
    }

    fn is_terminated(&self, raw: &[u8]) -> bool {
        raw.ends_with(b"\n")
    }

    fn completion(&self, last: &[u8]) -> &'static [u8] {
        if self.is_terminated(last) { b"" } else { b"\n" }
    }

    fn heartbeat(&self) -> &'static [u8] {
        b"\n"
    }
}

struct LineFramer {
    max_frame: usize,
    held: BytesMut,
}

impl Framer for LineFramer {
    fn push(&mut self, chunk: Bytes) {
        self.held.extend_from_slice(&chunk);
    }

    fn next(&mut self) -> Result<Option<Frame>, EventTooLarge> {
        let end = self.held.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        if end.unwrap_or(self.held.len()) > self.max_frame {
            return Err(EventTooLarge { limit: self.max_frame });
        }
        Ok(end.map(|end| Frame::new(self.held.split_to(end).freeze(), &LINES)))
    }

    fn finish(&mut self) -> Option<Frame> {
        let rest = std::mem::take(&mut self.held).freeze();
        (!rest.is_empty()).then(|| Frame::new(rest, &LINES))
    }

    fn buffered(&self) -> usize {
        self.held.len()
    }
}
