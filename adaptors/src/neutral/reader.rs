//! Reads a stream of one dialect and writes it in another: as a stream, or as one answer.
//!
//! The upstream dialect's own reader looks at every frame first, so its rules about errors, ends and truncation hold
//! here too; only what it found good is translated.

use bytes::Bytes;

use super::dialogue::Dialect;
use super::stream::Decode;
use super::telling::Telling;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;

pub(super) struct Reader {
    pub(super) client: Dialect,
    pub(super) inner: Box<dyn StreamReader>,
    pub(super) decoder: Box<dyn Decode>,
    pub(super) telling: Telling,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let mut out = Vec::new();
        let kind = match step.kind {
            Kind::Error(error) => Kind::Error(self.client.reworded(error)),
            Kind::Life => {
                // The LF of a CR that has gone before is nothing new.
                if step.output == Output::Pass && !frame.raw.trim_ascii().is_empty() {
                    self.telling.encoder.ping(&mut out);
                }
                Kind::Life
            }
            kind => match self.translate(frame, &kind, &mut out) {
                // Only what waits for the rest of it has come.
                Ok(()) if kind == Kind::Content && !self.telling.opening.is_over => Kind::Opening,
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
                match self.telling.end(&*self.decoder, &mut out) {
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

    fn said(&self) -> u64 {
        self.inner.said()
    }

    fn last_words(&mut self, body: &[u8]) -> Option<Bytes> {
        self.telling.encoder.last_words(body)
    }

    fn held(&self) -> usize {
        self.telling.encoder.held()
    }
}

impl Reader {
    fn translate(&mut self, frame: &Frame, kind: &Kind, out: &mut Vec<u8>) -> Result<(), String> {
        let Self { decoder, telling, .. } = self;
        decoder.frame(frame, &mut |event| telling.tell(event, out))?;
        match kind {
            Kind::Terminal => telling.end(&**decoder, out),
            Kind::Content if decoder.end().is_ok() => telling.open(out),
            _ => Ok(()),
        }
    }
}
