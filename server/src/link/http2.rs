//! What HTTP/2 adds to a link: a connection knows its streams, a stream knows which of its bytes still wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;

use super::phase::{LAST_WORDS, Phase};
use super::terms::Terms;
use super::{Connection, Http2, Link, Parked, Stream};
use crate::clock::{awake, lock, millis};

/// A stream whose bytes waited no longer than this is not taken to have held its upstream up, in milliseconds.
const HICCUP: u64 = 100;

/// Tells whether the connection, or the stream, was ended here, for what the client did on it.
pub(crate) fn broke_the_rules(error: &hyper::Error) -> bool {
    use std::error::Error as _;
    error.source().and_then(|cause| cause.downcast_ref::<h2::Error>()).is_some_and(h2::Error::is_library)
}

impl Connection {
    pub(super) fn streams(&self) -> Vec<Arc<Link>> {
        lock(&self.streams).clone()
    }

    /// When what the client has begun to send has to be there, if something is under way.
    pub(super) fn deadline(&self, terms: &Terms) -> Option<u64> {
        let since = self.unfinished_since.load(Relaxed);
        let limit = match self.unfinished_head.load(Relaxed) {
            true => terms.request_header,
            // Its request has the same deadline, and says so on its own stream.
            false => self.request_body + LAST_WORDS,
        };
        (since > 0).then_some(since + limit)
    }
}

impl Stream {
    /// The answer is whole in hyper's hands. Its last byte is known to be with the kernel at the connection's next
    /// flush; what was not even taken from the stream's queue went down with the stream.
    pub(super) fn answer_over(&self, exchange: Option<Box<dyn Parked>>) {
        if self.waiting.load(Relaxed) == 0 {
            self.connection.park(exchange);
        }
    }
}

impl Link {
    /// The connection speaks HTTP/2. `request_body`: how long one of its frames may take.
    pub(crate) fn becomes_http2(&self, request_body: Duration) {
        let connection = Connection { request_body: millis(request_body), ..Connection::default() };
        let _ = self.http2.set(Http2::Connection(Box::new(connection)));
    }

    fn connection(&self) -> Option<&Connection> {
        match self.http2.get() {
            Some(Http2::Connection(connection)) => Some(connection),
            _ => None,
        }
    }

    fn stream(&self) -> Option<&Stream> {
        match self.http2.get() {
            Some(Http2::Stream(stream)) => Some(stream),
            _ => None,
        }
    }

    /// Live streams of an HTTP/2 connection.
    pub(super) fn streams(&self) -> usize {
        self.connection().map_or(0, |connection| lock(&connection.streams).len())
    }

    /// A link to the same client, for a stream of this connection.
    pub(super) fn stream_link(self: &Arc<Self>) -> Arc<Self> {
        let mut link = Self::bare(&self.terms, self.peer, self.watch.clone(), self.door);
        let (connection, waker) = (Arc::clone(self), AtomicWaker::new());
        link.http2 = Http2::Stream(Stream { connection, waiting: AtomicU64::new(0), waker }).into();
        link.phase = (Phase::Busy as u8).into();
        Arc::new(link)
    }

    pub(super) fn carries_stream(&self, link: &Arc<Self>) {
        if let Some(connection) = self.connection() {
            lock(&connection.streams).push(Arc::clone(link));
            self.turns_to(Phase::Busy);
        }
    }

    pub(super) fn loses_stream(&self, link: &Arc<Self>) {
        let Some(connection) = self.connection() else { return };
        let left = {
            let mut streams = lock(&connection.streams);
            streams.retain(|open| !Arc::ptr_eq(open, link));
            streams.len()
        };
        if left == 0 {
            self.turns_to(if connection.closing.load(Relaxed) { Phase::Closing } else { Phase::Idle });
        }
    }

    /// The connection was told to end: without streams it has a moment to do so by itself.
    pub(crate) fn closes(&self) {
        if let Some(connection) = self.connection() {
            connection.closing.store(true, Relaxed);
            if self.phase() != Phase::Busy {
                self.turns_to(Phase::Closing);
            }
        }
    }

    /// Tells whether this is an HTTP/2 connection, or a stream of one.
    pub(crate) fn is_http2(&self) -> bool {
        self.http2.get().is_some()
    }

    /// Asks the HTTP/2 connection to end, by itself or by one of its streams: what is open goes on, nothing new begins.
    pub(crate) fn ask_to_close(&self) {
        match self.http2.get() {
            Some(Http2::Connection(connection)) => connection.close.notify_one(),
            Some(Http2::Stream(stream)) => stream.connection.ask_to_close(),
            None => {}
        }
    }

    /// Completes when the connection is to end.
    pub(crate) async fn asked_to_close(&self) {
        match self.connection() {
            Some(connection) => connection.close.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Takes down whether one of the client's frames, or a header block (`Some(true)`), is under way; `anew`: it began
    /// with the last read.
    pub(crate) fn under_way(&self, head: Option<bool>, anew: bool) {
        let Some(connection) = self.connection() else { return };
        match head {
            None if connection.unfinished_since.load(Relaxed) == 0 => {}
            None => connection.unfinished_since.store(0, Relaxed),
            Some(head) if anew || connection.unfinished_since.load(Relaxed) == 0 => {
                connection.unfinished_head.store(head, Relaxed);
                let now = awake();
                connection.unfinished_since.store(now, Relaxed);
                self.look_at(now, connection.deadline(&self.terms).unwrap_or(u64::MAX));
            }
            Some(_) => {}
        }
    }

    /// Bytes of a stream's answer are handed to hyper.
    pub(crate) fn handed(&self, bytes: usize) {
        let Some(stream) = self.stream() else { return };
        if stream.waiting.fetch_add(bytes as u64, Relaxed) == 0 {
            let now = awake();
            self.blocked_since.store(now, Relaxed);
            self.look_at(now, now + self.terms.client_write);
        }
    }

    /// The transport took bytes of a stream's answer: the stream moves.
    pub(crate) fn taken(&self, bytes: usize) {
        let Some(stream) = self.stream() else { return };
        let now = awake();
        if stream.waiting.fetch_sub(bytes as u64, Relaxed) > bytes as u64 {
            self.blocked_since.store(now, Relaxed);
            return;
        }
        let since = self.blocked_since.swap(0, Relaxed);
        if now > since + HICCUP {
            // While the client took nothing, the upstream's silence was not its own.
            self.restart_silence(now);
        }
        stream.waker.wake();
    }

    /// Ready when the transport has taken everything that was handed to hyper.
    pub(crate) fn poll_taken(&self, cx: &Context<'_>) -> Poll<()> {
        let Some(stream) = self.stream() else { return Poll::Ready(()) };
        stream.waker.register(cx.waker());
        if stream.waiting.load(Relaxed) == 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(crate) fn all_taken(&self) -> bool {
        self.stream().is_none_or(|stream| stream.waiting.load(Relaxed) == 0)
    }
}
