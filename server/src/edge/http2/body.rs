//! The body of a response on an HTTP/2 stream: the same body as everywhere, in small pieces that tell when the
//! transport has taken them. hyper hands a body to HTTP/2's queue and would call it done; the queue may wait for the
//! client's window for ever. So the end of the stream is said only when every byte before it was taken: until then
//! the stream's task lives, a reset reaches it, and the revoker can abort it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use crate::exchange::body::{Broken, RelayBody};
use crate::link::Link;
use crate::state::worker::Worker;

/// Bytes of one piece at most: together with hyper's own send buffer they bound what waits for a client.
const PIECE: usize = 16 * 1024;

/// A stream's place among its connection's; leaving is part of ending, however it ends.
pub(crate) struct Place {
    pub(crate) worker: Arc<Worker>,
    pub(crate) connection: Arc<Link>,
    pub(crate) link: Arc<Link>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.worker.links.close_stream(&self.connection, &self.link);
    }
}

/// A response's body on a stream.
pub(crate) struct StreamBody {
    // Dropped first: an answered exchange is parked before its stream leaves.
    inner: RelayBody,
    rest: Bytes,
    /// The answer to HEAD has none.
    headless: bool,
    place: Place,
}

impl StreamBody {
    pub(crate) fn new(inner: RelayBody, place: Place, to_head: bool) -> Self {
        Self { inner, rest: Bytes::new(), headless: to_head, place }
    }
}

impl Body for StreamBody {
    type Data = Piece;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Piece>, Broken>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                Some(Err(broken)) => return Poll::Ready(Some(Err(broken))),
                None => return this.place.link.poll_taken(cx).map(|()| None),
            }
        }
        let bytes = this.rest.split_to(PIECE.min(this.rest.len()));
        this.place.link.handed(bytes.len());
        Poll::Ready(Some(Ok(Frame::data(Piece { bytes, link: Arc::clone(&this.place.link) }))))
    }

    fn is_end_stream(&self) -> bool {
        self.headless || (self.rest.is_empty() && self.inner.is_end_stream() && self.place.link.all_taken())
    }

    fn size_hint(&self) -> SizeHint {
        if self.headless { SizeHint::default() } else { self.inner.size_hint() }
    }
}

/// A piece of an answer in hyper's hands.
pub(crate) struct Piece {
    bytes: Bytes,
    link: Arc<Link>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, n: usize) {
        self.bytes.advance(n);
        self.link.taken(n);
    }
}
