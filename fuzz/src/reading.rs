//! Reads a stream as the relay does.

use adaptors::adaptor::{Ending, Kind, Output, StreamReader, UpstreamError, Usage};
use adaptors::framing::{Frame, Framing};
use bytes::Bytes;

/// What came of a stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    pub end: End,
    /// What the client got.
    pub out: Vec<u8>,
    pub usage: Usage,
}

#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// A whole answer.
    Whole,
    /// An error that the upstream reported, or that was found in what it sent.
    Failed(UpstreamError),
    /// It broke off.
    Truncated,
    /// It had not begun.
    Empty,
}

/// Reads `input`, framed so, in pieces of `step` bytes.
pub fn read(mut reader: Box<dyn StreamReader>, framing: &dyn Framing, input: &[u8], step: usize) -> Read {
    let mut framer = framing.framer(1 << 20);
    let mut out = Vec::new();
    for chunk in input.chunks(step.max(1)) {
        framer.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = framer.next().expect("no input is as long as the cap") {
            if let Some(end) = take(&mut *reader, &frame, &mut out) {
                return Read { end, out, usage: reader.usage() };
            }
        }
    }
    if let Some(rest) = framer.finish()
        && let Some(end) = take(&mut *reader, &rest, &mut out)
    {
        return Read { end, out, usage: reader.usage() };
    }
    let end = match reader.end() {
        Ending::Complete(bytes) => {
            out.extend_from_slice(&bytes);
            End::Whole
        }
        Ending::Truncated => End::Truncated,
        Ending::Empty => End::Empty,
    };
    Read { end, out, usage: reader.usage() }
}

fn take(reader: &mut dyn StreamReader, frame: &Frame, out: &mut Vec<u8>) -> Option<End> {
    let step = reader.frame(frame);
    if let Kind::Error(error) = step.kind {
        return Some(End::Failed(error));
    }
    match step.output {
        Output::Pass => out.extend_from_slice(&frame.raw),
        Output::Replace(bytes) => out.extend_from_slice(&bytes),
    }
    (step.kind == Kind::Terminal).then_some(End::Whole)
}
