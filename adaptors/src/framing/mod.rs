//! Framings: how the events of a stream follow one another on the wire. A dialect says which one it uses; what stands
//! inside an event is the dialect's own business.
//!
//! A frame is passed on as it came, so a framer cuts and never edits, and nothing in a frame is looked for before
//! somebody asks.

pub mod either;
pub mod sse;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

/// A body as its first bytes tell it. The content type is only a hint: streams come as `text/plain`, `application/json`
/// or without any, and whole answers as streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// It is in this framing.
    Stream,
    /// It is not: one JSON text, a page.
    Whole,
    /// It could be either: the content type decides.
    Either,
    /// Too little has come to say.
    Open,
}

/// One framing. Stateless: what has come of one body is a [`Framer`]'s.
pub trait Framing: Send + Sync {
    /// The content type of such a body, in lower case and without parameters.
    fn content_type(&self) -> &'static str;
    /// What a body is that begins so.
    fn nature(&self, begins: &[u8]) -> Nature;
    /// Cuts one body; a frame longer than `max_frame` bytes is an error.
    fn framer(&self, max_frame: usize) -> Box<dyn Framer>;
    /// The event's name, where it has one.
    fn event<'a>(&self, raw: &'a [u8]) -> Option<&'a [u8]>;
    /// The event's data; copied only where they do not stand together.
    fn data<'a>(&self, raw: &'a [u8]) -> Cow<'a, [u8]>;
    /// True for a frame without an event, which clients ignore.
    fn is_empty(&self, raw: &[u8]) -> bool;
    /// False for a body's unterminated rest only.
    fn is_terminated(&self, raw: &[u8]) -> bool;
    /// The bytes that a stream's last frame lacks, without which a client would wait for more.
    fn completion(&self, last: &[u8]) -> &'static [u8];
    /// A frame that clients ignore and that keeps the connection alive. Only to be sent between frames.
    fn heartbeat(&self) -> &'static [u8];
}

/// Cuts the chunks of one body into frames, whatever the chunks. Time is linear in the input; memory is bounded by one
/// frame's cap and the chunks that were pushed and not yet read.
pub trait Framer: Send {
    /// Adds bytes of the body. Read all frames with [`Self::next`] before the next push to hold little memory.
    fn push(&mut self, chunk: Bytes);
    /// The next whole frame, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`EventTooLarge`], from then on always: what was held is dropped.
    fn next(&mut self) -> Result<Option<Frame>, EventTooLarge>;
    /// The body ended: its unterminated rest, if any. Call it after [`Self::next`] gave `None`.
    fn finish(&mut self) -> Option<Frame>;
    /// Bytes of memory held: the growing frame's buffer and the chunks not yet read.
    fn buffered(&self) -> usize;
}

/// A frame grew past the cap. The stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {limit} bytes")]
pub struct EventTooLarge {
    /// The cap, in bytes.
    pub limit: usize,
}

/// One frame of a body, whole unless it is the body's unterminated rest.
#[derive(Clone)]
pub struct Frame {
    /// The exact bytes, a slice of the pushed chunk where the frame lies within one.
    pub raw: Bytes,
    framing: &'static dyn Framing,
}

impl Frame {
    /// These bytes, read by the rules of a framing.
    #[must_use]
    pub fn new(raw: Bytes, framing: &'static dyn Framing) -> Self {
        Self { raw, framing }
    }

    /// See [`Framing::event`].
    #[must_use]
    pub fn event(&self) -> Option<&[u8]> {
        self.framing.event(&self.raw)
    }

    /// See [`Framing::data`].
    #[must_use]
    pub fn data(&self) -> Cow<'_, [u8]> {
        self.framing.data(&self.raw)
    }

    /// See [`Framing::is_empty`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.framing.is_empty(&self.raw)
    }

    /// See [`Framing::is_terminated`].
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.framing.is_terminated(&self.raw)
    }

    /// Its bytes, and those that it lacks as the last one: see [`Framing::completion`].
    #[must_use]
    pub fn completed(&self) -> Bytes {
        match self.framing.completion(&self.raw) {
            b"" => self.raw.clone(),
            rest => [&self.raw[..], rest].concat().into(),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Frame").field(&self.raw).finish()
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Frame {}
