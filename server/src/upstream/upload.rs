//! The request body on its way to the upstream: the bytes that are already here, in slices, so that a connection
//! that answers early is not fed the rest.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const SLICE: usize = 64 * 1024;

/// A body of known length. Cloning shares the bytes.
#[derive(Clone)]
pub(crate) struct Upload {
    rest: Bytes,
}

impl Upload {
    pub(crate) fn new(body: Bytes) -> Self {
        Self { rest: body }
    }

    /// All of it, for a connection that cuts it as it likes.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.rest
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let slice = self.rest.len().min(SLICE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(slice)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
