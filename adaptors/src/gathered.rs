//! Puts a stream together to one answer of the same dialect, for clients that did not ask for a stream. Which frames are good,
//! and where the answer ends, the dialect's own reader says; what they come to, its [`Pieces`].

use bytes::Bytes;

use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;

/// What has come of an answer.
pub(crate) trait Pieces: Send {
    /// What a stream lacks that ends without saying why it stops.
    const LACKS: &'static str;

    /// Takes a good frame that is not the last.
    ///
    /// # Errors
    /// When it cannot be read, or is more than can be held.
    fn take(&mut self, frame: &Frame) -> Result<(), String>;

    /// All of it.
    ///
    /// # Errors
    /// When it comes to nothing.
    fn whole(&mut self) -> Result<Bytes, String>;
}

/// The reader of one stream that becomes one answer.
#[derive(Debug, Default)]
pub(crate) struct Gathered<R, P> {
    pub(crate) inner: R,
    pub(crate) pieces: P,
}

impl<R: StreamReader, P: Pieces> StreamReader for Gathered<R, P> {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let silent = |kind| Step { kind, output: Output::Replace(Bytes::new()) };
        let done = match step.kind {
            Kind::Terminal if !self.inner.is_finished() => {
                Err(format!("the upstream ended its stream without a {}", P::LACKS))
            }
            Kind::Terminal => {
                self.pieces.whole().map(|body| Step { kind: Kind::Terminal, output: Output::Replace(body) })
            }
            Kind::Opening | Kind::Content => self.pieces.take(frame).map(|()| silent(step.kind)),
            kind => Ok(silent(kind)),
        };
        done.unwrap_or_else(|said| silent(Kind::Error(failure::broken(said))))
    }

    fn end(&mut self) -> Ending {
        match self.inner.end() {
            Ending::Complete(_) => self.pieces.whole().map_or(Ending::Truncated, Ending::Complete),
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
