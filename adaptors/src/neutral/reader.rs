//! Reads a stream of one dialect and writes it in another.
//!
//! The upstream dialect's own reader looks at every frame first, so its rules about errors, ends and truncation hold
//! here too; only what it found good is translated.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;

use super::calls::Calls;
use super::dialogue::Dialect;
use super::halves::Halves;
use super::signed::Marks;
use super::stream::{Decode, Encode, Event, Tokens};
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::{Frame, Framer};

pub(super) struct Reader {
    pub(super) client: Dialect,
    pub(super) inner: Box<dyn StreamReader>,
    pub(super) decoder: Box<dyn Decode>,
    pub(super) halves: Halves,
    pub(super) calls: Calls,
    pub(super) marks: Marks,
    /// The client's names of tools that have another one upstream, by that.
    pub(super) names: HashMap<String, String>,
    pub(super) encoder: Box<dyn Encode>,
    pub(super) opening: Opening,
}

/// The start of an answer. It waits for the first content, so that it tells all counts that are known by then.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// Id and model, as they are to be said.
    held: Option<(Option<String>, Option<String>)>,
    /// Something has been said.
    is_over: bool,
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
                    self.encoder.ping(&mut out);
                }
                Kind::Life
            }
            kind => match self.translate(frame, &kind, &mut out) {
                // Only what waits for the rest of it has come.
                Ok(()) if kind == Kind::Content && !self.opening.is_over => Kind::Opening,
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
                let whole = self.decoder.end().and_then(|()| self.calls.end());
                match whole.and_then(|()| self.encoder.end(&mut out)) {
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
        self.encoder.last_words(body)
    }

    fn held(&self) -> usize {
        self.encoder.held()
    }
}

impl Reader {
    /// Counts that are known before the first frame.
    pub(super) fn expect(&mut self, tokens: Tokens) {
        // Counts alone become nothing yet.
        let _ = self.encoder.event(Event::Tokens(tokens), &mut Vec::new());
    }

    fn translate(&mut self, frame: &Frame, kind: &Kind, out: &mut Vec<u8>) -> Result<(), String> {
        let Self { decoder, halves, calls, marks, names, encoder, opening, .. } = self;
        let mut tell = |mut event: Event<'_>| {
            calls.see(&event)?;
            if let Event::Tool { name, .. } = &mut event
                && let Some(own) = names.get(name.as_ref())
            {
                *name = Cow::Owned(own.clone());
            }
            match event {
                Event::Start { id, model } if !opening.is_over => {
                    opening.held = Some((id.map(Cow::into_owned), model.map(Cow::into_owned)));
                    return Ok(());
                }
                Event::Tokens(_) => {}
                _ => opening.end(&mut **encoder, out)?,
            }
            encoder.event(marks.mark(event), out)
        };
        decoder.frame(frame, &mut |event| halves.pass(event, &mut tell))?;
        match kind {
            Kind::Terminal => halves.end(&mut tell)?,
            Kind::Content if decoder.end().is_ok() => return opening.end(&mut **encoder, out),
            _ => return Ok(()),
        }
        opening.end(&mut **encoder, out)?;
        decoder.end().and_then(|()| calls.end()).and_then(|()| encoder.end(out))
    }
}

impl Opening {
    fn end(&mut self, encoder: &mut dyn Encode, out: &mut Vec<u8>) -> Result<(), String> {
        self.is_over = true;
        match self.held.take() {
            Some((id, model)) => {
                encoder.event(Event::Start { id: id.map(Cow::from), model: model.map(Cow::from) }, out)
            }
            None => Ok(()),
        }
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

    fn said(&self) -> u64 {
        self.inner.said()
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
