//! An answer's body as it comes from a connection.

use super::http2::Answer;

/// An answer's body, as the two versions of HTTP carry it.
pub(crate) enum Body {
    /// The lease's connection has it.
    Http1,
    Http2(Answer),
}

impl Body {
    /// Bytes that have come and were not asked for yet. Over HTTP/1 they are with the kernel.
    pub(super) fn ahead(&mut self) -> usize {
        match self {
            Self::Http1 => 0,
            Self::Http2(answer) => answer.ahead(),
        }
    }
}
