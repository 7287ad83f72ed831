//! An answer's body as it comes from a connection.

use super::http2::Answer;

/// An answer's body, as the two versions of HTTP carry it.
pub(crate) enum Body {
    /// The lease's connection has it.
    Http1,
    Http2(Answer),
}
