//! An answer's body as it comes from a connection.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};

use super::failed::Cut;
use super::http2::Answer;

/// An answer's body, as the two versions of HTTP carry it.
pub(crate) enum Body {
    Http1(Incoming),
    Http2(Answer),
}

impl Body {
    /// Bytes that have come and were not asked for yet. Over HTTP/1 they are with the kernel.
    pub(super) fn ahead(&mut self) -> usize {
        match self {
            Self::Http1(_) => 0,
            Self::Http2(answer) => answer.ahead(),
        }
    }

    /// The next bytes as they came; `None` at a clean end.
    pub(super) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let body = match self {
            Self::Http1(body) => body,
            Self::Http2(answer) => return answer.poll_data(cx),
        };
        loop {
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(_)) => return Poll::Ready(Some(Err(Cut))),
                // Trailers say nothing that a client of these interfaces reads.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }
}
