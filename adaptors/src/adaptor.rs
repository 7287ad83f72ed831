//! The contract between an exchange (the relay's one upstream call) and a dialect.

use std::borrow::Cow;

use bytes::Bytes;

use crate::dropped::Dropped;
use crate::framing::Frame;
use crate::names::Names;
pub use crate::operation::Operation;
use crate::overflow;
pub use crate::usage::Usage;

/// What becomes of hints and unknown fields that an upstream's dialect has no words for. Nothing in an answer's meaning
/// depends on them; what it depends on is mapped, or refused in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inexpressible {
    /// They are left out, and named.
    #[default]
    Drop,
    /// The request is refused.
    Refuse,
}

/// What becomes of sampling fields (temperature and its kin) in a translation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// Left out for models that are known to refuse them.
    #[default]
    Auto,
    /// Sent to every model.
    Keep,
    /// Left out for every model.
    Drop,
}

/// How a channel wants requests translated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Of hints and unknown fields.
    pub inexpressible: Inexpressible,
    /// Of sampling fields.
    pub sampling: Sampling,
}

/// One request, as an adaptor gets it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// One that the client's dialect offers.
    pub operation: Operation,
    /// The client's path and query, as they came.
    pub path: &'a str,
    /// The client's body, as it came.
    pub body: &'a Bytes,
    /// The model and the wish for a stream, read from path and body.
    pub envelope: &'a crate::envelope::Envelope,
    /// The model's name at the upstream; the client's unless the channel maps it.
    pub upstream_model: &'a str,
    /// The exchange's id: 1 to 128 visible ASCII characters. Made-up ids (of messages, of tool calls) come from it.
    pub id: &'a str,
    /// Seconds since 1970, for answers that carry their time.
    pub unix_seconds: u64,
    /// For translations only: between two sides of one dialect the bytes pass as they are.
    pub terms: Terms,
}

/// The upstream's request, as far as the dialect decides it. Address, authentication and what else the channel adds are
/// the relay's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Path and query below the endpoint's root: `/chat/completions`.
    pub path: Cow<'static, str>,
    /// Headers beside those that every request has, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body (JSON).
    pub body: Bytes,
    /// What the body lost in a translation.
    pub dropped: Dropped,
}

/// Why a request cannot be expressed upstream (status 400).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unsupported {
    /// For the client: what cannot be expressed, and what to send instead.
    pub message: String,
    /// The field of the request that is at fault, as a path (`messages[2].content[0]`), where it is one.
    pub param: Option<String>,
}

impl Unsupported {
    /// A refusal of the body as a whole.
    #[must_use]
    pub fn body(message: impl Into<String>) -> Self {
        Self { message: message.into(), param: None }
    }

    /// A refusal of one field.
    #[must_use]
    pub fn field(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(param.into()) }
    }
}

/// Whose fault an upstream's failure is, and so what is tried next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The caller's own fault (400, 404, 413, 422, …): passed on, nobody else is tried, the channel is not blamed.
    Caller,
    /// The prompt is longer than the model's context: passed on, the channel is not blamed; a channel with a larger
    /// window may be tried.
    ContextLength,
    /// The relay's own key was refused, or its account has nothing left: that key rests, others may be tried.
    Credential,
    /// Too many requests: the key rests as long as the upstream says, others may be tried.
    Rate,
    /// The upstream failed for now (408, 5xx): others may be tried, the channel is blamed.
    Transient,
    /// No answer came (not HTTP, not JSON, a redirect, cut short): others may be tried, the channel is blamed.
    Broken,
}

impl Class {
    /// The name in metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::ContextLength => "context_length",
            Self::Credential => "credential",
            Self::Rate => "rate",
            Self::Transient => "transient",
            Self::Broken => "broken",
        }
    }
}

/// An error that the upstream reported, in whatever way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    /// The HTTP status that fits it for the client, 400 to 599 (401 and 403 of the upstream are already 502 here).
    pub status: u16,
    /// The upstream's own message, as it came, or what was wrong with its answer.
    pub message: String,
    /// The upstream's own error type (`rate_limit_error`, …), where it gave one.
    pub kind: Option<String>,
    /// A stable machine-readable code (`context_length_exceeded`, …), where the upstream gave one and its own body is not
    /// passed on.
    pub code: Option<String>,
    /// The upstream's own body when it is an error in the client's dialect and may be passed on as it came.
    pub body: Option<Bytes>,
    /// Decides what is tried next.
    pub class: Class,
    /// The message is the relay's own: the upstream gave none that is passed on.
    pub is_worded: bool,
}

impl UpstreamError {
    /// True for a limit in which there is no room for this request alone: the key need not rest for it.
    #[must_use]
    pub fn is_too_much_at_once(&self) -> bool {
        self.class == Class::Rate && overflow::is_too_much_at_once(&self.message)
    }
}

/// A frame's part in a streamed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A comment or a ping: the upstream lives.
    Life,
    /// An opening event: no content yet.
    Opening,
    /// Content, or anything after the first content.
    Content,
    /// The dialect's terminal event: the answer is whole, nothing may follow.
    Terminal,
    /// The upstream reports an error inside the stream.
    Error(UpstreamError),
}

/// The bytes for the client that a frame becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The frame's own bytes.
    Pass,
    /// These bytes instead (whole frames); empty for nothing.
    Replace(Bytes),
}

/// The reading of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The frame's part in the answer.
    pub kind: Kind,
    /// The client's bytes; not looked at when `kind` is an error.
    pub output: Output,
}

/// The reading of an upstream body that ended without a terminal event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The answer is whole all the same; these bytes (a supplied terminator) complete it for the client.
    Complete(Bytes),
    /// It broke off.
    Truncated,
    /// Nothing but comments and opening events came.
    Empty,
}

/// Reads one streamed answer, frame by frame. Lives as long as the exchange.
pub trait StreamReader: Send {
    /// Reads one frame: whole, or the unterminated rest of a body that ended, where [`Self::end`] then tells whether
    /// the answer is whole.
    fn frame(&mut self, frame: &Frame) -> Step;
    /// The upstream's body ended without a terminal event.
    fn end(&mut self) -> Ending;
    /// True once nothing but the terminal event and counts can follow, so that silence is an end too: [`Self::end`]
    /// would give [`Ending::Complete`].
    fn is_finished(&self) -> bool {
        false
    }
    /// Tokens reported so far.
    fn usage(&self) -> Usage;
    /// Bytes of text that came so far: what an answer that was cut has cost is estimated from it.
    fn said(&self) -> u64 {
        0
    }
    /// Names in the answer that only its upstream knows; all of them once the first content has come.
    fn names(&self) -> Names {
        Names::default()
    }
    /// The last frame of a stream that breaks off, for this error body in the client's dialect. `None`: whatever came
    /// before makes no difference to it, and [`crate::neutral::Dialogue::complaint_frame`] says it.
    fn last_words(&mut self, _body: &[u8]) -> Option<Bytes> {
        None
    }
    /// Bytes held of the answer, beside the frame that is being read.
    fn held(&self) -> usize {
        0
    }
}

/// A complete 2xx JSON answer, read by content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Deliver these bytes with this content type.
    Deliver {
        /// The body for the client.
        body: Bytes,
        /// Its content type.
        content_type: &'static str,
        /// Tokens reported in it.
        usage: Usage,
    },
    /// It is an error in spite of its status.
    Error(UpstreamError),
}

/// An error of the relay's own making, or of the upstream's, to be told in the client's dialect.
#[derive(Clone, Debug)]
pub struct Complaint<'a> {
    /// HTTP status, 400 to 599; decides the dialect's error type when `kind` is `None`.
    pub status: u16,
    /// For a person: what happened and what to do.
    pub message: &'a str,
    /// The dialect's error type, where it is known better than by the status.
    pub kind: Option<&'a str>,
    /// A stable machine-readable code: the end reason's name, or the upstream's code.
    pub code: Option<&'a str>,
    /// The field of the request that is at fault, where it is one.
    pub param: Option<&'a str>,
    /// After how many seconds it is worth to ask again, where somebody said so; for a dialect that says it in the body.
    pub retry_after: Option<u64>,
    /// The request id, where the request has come so far as to have one.
    pub request_id: Option<&'a str>,
    /// The message is a provider's own, which is passed as it came: without the request id in it.
    pub is_passed: bool,
}

/// One dialect pair: a client's dialect in front, an upstream's behind. Stateless; shared by all exchanges.
pub trait Adaptor: Send + Sync {
    /// The upstream's request.
    ///
    /// # Errors
    /// When the request cannot be expressed upstream (status 400 for the client).
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported>;

    /// A fresh reader for a streamed answer.
    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader>;

    /// A fresh reader that puts an event stream together to the whole answer which the client asked for
    /// (`stream: false`). Kinds, errors and truncation are those of [`Self::stream`], but it outputs nothing until the
    /// terminal event, or a complete end: then the whole JSON body, as its only output. It holds the answer: at most
    /// about three times the bytes read.
    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader>;

    /// Reads a complete 2xx answer by its content. Where the client asked for a stream (`call.envelope.stream`), it is
    /// delivered as a stream of the client's dialect.
    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer;

    /// True where answers are in another dialect than the client's, so that none may be passed on unread.
    fn translates(&self) -> bool {
        false
    }

    /// Reads an error answer (status 400 to 599, or an unexpected one such as a redirect). `whole` is false when the
    /// body was cut, too long or too slow. Never fails: something can always be said.
    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError;

    /// Seconds for which an error's body asks to be left alone, where the dialect says so there.
    fn asks_to_wait(&self, _body: &[u8]) -> Option<u64> {
        None
    }
}

impl<A: Adaptor + ?Sized> Adaptor for &A {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        (**self).request(call)
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        (**self).stream(call)
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        (**self).gather(call)
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        (**self).answer(call, body)
    }

    fn translates(&self) -> bool {
        (**self).translates()
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        (**self).error(status, body, whole)
    }

    fn asks_to_wait(&self, body: &[u8]) -> Option<u64> {
        (**self).asks_to_wait(body)
    }
}
