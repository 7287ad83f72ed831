//! Why a request is not answered as asked: what ended it, whose fault it was, and what the client is told.

use std::borrow::Cow;

use adaptors::adaptor::{Unsupported, UpstreamError};
use vitals::EndReason;

/// A request that ends in an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// How it is counted.
    pub(crate) reason: EndReason,
    /// HTTP status for the client.
    pub(crate) status: u16,
    /// For a person: what happened and what to do.
    pub(crate) message: Cow<'static, str>,
    /// The dialect's error type, where the status does not say it.
    pub(crate) kind: Option<Cow<'static, str>>,
    /// A machine-readable code instead of the reason's name.
    pub(crate) code: Option<&'static str>,
    /// The field of the request that is at fault.
    pub(crate) param: Option<Cow<'static, str>>,
    /// Seconds after which another try makes sense.
    pub(crate) retry_after: Option<u64>,
    /// The provider's own error: its message (and body, where it is in the client's dialect) is passed as it came.
    pub(crate) upstream: Option<Box<UpstreamError>>,
    /// The request body was not read to its end: the connection cannot be used again.
    pub(crate) unread: bool,
}

impl Refusal {
    pub(crate) fn new(reason: EndReason, status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            status,
            message: message.into(),
            kind: None,
            code: None,
            param: None,
            retry_after: None,
            upstream: None,
            unread: false,
        }
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(Cow::Borrowed(kind));
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The request itself is wrong.
    pub(crate) fn client(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(EndReason::ClientError, status, message)
    }

    /// The request cannot be expressed in the upstream's dialect.
    pub(crate) fn unsupported(why: Unsupported) -> Self {
        Self { param: why.param.map(Cow::Owned), ..Self::client(400, why.message) }
    }

    /// The relay is full.
    pub(crate) fn shed(what: &'static str) -> Self {
        Self::new(EndReason::Shed, 503, format!("the relay is full ({what}): try again shortly"))
            .retry_after(1)
    }

    /// What the upstream sent is not an answer.
    pub(crate) fn upstream(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(EndReason::UpstreamError, 502, message)
    }

    /// The upstream's answer broke off.
    pub(crate) fn truncated() -> Self {
        Self::new(EndReason::UpstreamTruncated, 502, "the upstream's answer broke off before it was whole")
    }

    /// The upstream reported an error of its own.
    pub(crate) fn reported(error: UpstreamError) -> Self {
        let mut refusal = Self::new(EndReason::UpstreamError, error.status, error.message.clone());
        refusal.kind = error.kind.clone().map(Cow::Owned);
        refusal.upstream = Some(Box::new(error));
        refusal
    }

    /// A deadline passed.
    pub(crate) fn deadline(reason: EndReason) -> Self {
        let message = match reason {
            EndReason::ConnectTimeout => "no connection to the upstream within the connect deadline",
            EndReason::FirstByteTimeout => "the upstream sent no content within the first-byte deadline",
            EndReason::IdleTimeout => "the upstream fell silent for longer than the idle deadline",
            EndReason::TotalTimeout => "the exchange took longer than the total deadline",
            _ => "a deadline passed",
        };
        Self::new(reason, 504, message).kind("timeout_error")
    }
}

/// What a stream that has begun says when it ends early.
pub(crate) fn last_words(reason: EndReason) -> Refusal {
    match reason {
        EndReason::Shutdown => {
            Refusal::new(reason, 503, "the relay is stopping and could not finish this answer: try again")
        }
        EndReason::TooLarge => {
            Refusal::new(reason, 502, "an event of the upstream was larger than the relay allows")
        }
        EndReason::UpstreamTruncated => Refusal::truncated(),
        EndReason::Panic => {
            Refusal::new(reason, 500, "the relay failed on this answer; the fault is in its log")
        }
        EndReason::Shed => Refusal::new(reason, 503, "the relay ran out of room for this answer: try again"),
        _ => Refusal::deadline(reason),
    }
}
