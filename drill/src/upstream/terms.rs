//! The terms of an answer: its media type, how long it is said to be, and how it ends.

/// Media types, as providers send them.
pub(crate) const JSON: &str = "application/json";
pub(crate) const JSON_CHARSET: &str = "application/json; charset=utf-8";
pub(crate) const EVENTS: &str = "text/event-stream; charset=utf-8";

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The connection may carry another request.
    KeepAlive,
    Close,
    Reset,
}

/// How long a body is said to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    Bytes(u64),
    Chunked,
}
