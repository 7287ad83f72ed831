//! Reads a stream of one dialect and writes it in another.
//!
//! The upstream dialect's own reader looks at every frame first, so its rules about errors, ends and truncation hold
//! here too; only what it found good is translated.

use bytes::Bytes;

use super::calls::Calls;
use super::dialogue::Dialect;
use super::stream::{Decode, Encode};
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::{Frame, Framer};

pub(super) struct Reader {
    pub(super) client: Dialect,
    pub(super) inner: Box<dyn StreamReader>,
    pub(super) decoder: Box<dyn Decode>,
    pub(super) calls: Calls,
    pub(super) encoder: Box<dyn Encode>,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let mut out = Vec::new();
        let kind = match step.kind {
            Kind::Error(error) => Kind::Error(self.client.reworded(error)),
            Kind::Life => {
                if step.output == Output::Pass {
                    self.encoder.ping(&mut out);
                }
                Kind::Life
            }
            kind => match self.translate(frame, &kind, &mut out) {
                Ok(()) => kind,
                Err(said) => Kind::Error(failure::broken(said)),
            },
        };
        Step { kind, output: Output::Replace(out.into()) }
    }

    fn end(&mut self) -> Ending {
        match self.inner.end() {
            Ending::Complete(_) => {
                let mut out = Vec::new();
                match self.calls.end().and_then(|()| self.encoder.end(&mut out)) {
                    Ok(()) => Ending::Complete(out.into()),
                    Err(_) => Ending::Truncated,
                }
            }
            other => other,
        }
    }

    fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

impl Reader {
    fn translate(&mut self, frame: &Frame, kind: &Kind, out: &mut Vec<u8>) -> Result<(), String> {
        let Self { decoder, calls, encoder, .. } = self;
        decoder.frame(frame, &mut |event| calls.see(&event).and_then(|()| encoder.event(event, out)))?;
        if *kind == Kind::Terminal { calls.end().and_then(|()| encoder.end(out)) } else { Ok(()) }
    }
}

/// Puts what a [`Reader`] writes together to one answer of the client's dialect.
pub(super) struct Gathering {
    pub(super) inner: Reader,
    /// Cuts what the inner reader writes, whole frames at a time.
    pub(super) framer: Box<dyn Framer>,
    pub(super) gather: Box<dyn StreamReader>,
}

impl StreamReader for Gathering {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        if let (Kind::Opening | Kind::Content | Kind::Terminal, Output::Replace(bytes)) =
            (&step.kind, step.output)
        {
            match self.take(bytes) {
                Ok(whole) => return Step { kind: step.kind, output: Output::Replace(whole) },
                Err(kind) => return Step { kind, output: Output::Replace(Bytes::new()) },
            }
        }
        Step { kind: step.kind, output: Output::Replace(Bytes::new()) }
    }

    fn end(&mut self) -> Ending {
        match self.inner.end() {
            Ending::Complete(bytes) => match self.take(bytes) {
                Ok(whole) if !whole.is_empty() => Ending::Complete(whole),
                _ => Ending::Truncated,
            },
            other => other,
        }
    }

    fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

impl Gathering {
    /// Whole frames; the answer once the last of them came.
    fn take(&mut self, frames: Bytes) -> Result<Bytes, Kind> {
        self.framer.push(frames);
        let mut whole = Bytes::new();
        while let Ok(Some(frame)) = self.framer.next() {
            match self.gather.frame(&frame) {
                Step { kind: kind @ Kind::Error(_), .. } => return Err(kind),
                Step { kind: Kind::Terminal, output: Output::Replace(body) } => whole = body,
                _ => {}
            }
        }
        Ok(whole)
    }
}
