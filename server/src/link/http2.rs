//! What HTTP/2 adds to a link: a connection knows its streams, a stream knows which of its bytes still wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

use crate::clock::{lock, millis, now};
use crate::config::{Fixed, Timeouts};
use crate::exchange::Exchange;
use crate::link::{BUSY, CLOSING, IDLE, LAST_WORDS, Link};
use crate::state::worker::Worker;

/// A stream whose bytes waited no longer than this is not taken to have held its upstream up, in milliseconds.
const HICCUP: u64 = 100;

/// What a link of an HTTP/2 connection has besides.
pub(crate) enum Http2 {
    Connection(Box<Connection>),
    Stream(Stream),
}

/// An HTTP/2 connection.
#[derive(Default)]
pub(crate) struct Connection {
    streams: Mutex<Vec<Arc<Link>>>,
    /// Asks for GOAWAY.
    close: Notify,
    /// It was asked for.
    closing: AtomicBool,
    /// Since when a frame or a header block has been under way; 0: none is.
    unfinished_since: AtomicU64,
    /// It is a header block.
    unfinished_head: AtomicBool,
    /// `timeouts.request_body` when the connection began, in milliseconds.
    request_body: u64,
}

impl Connection {
    /// The live streams.
    pub(crate) fn streams(&self) -> Vec<Arc<Link>> {
        lock(&self.streams).clone()
    }

    /// When what the client has begun to send has to be there, if something is under way.
    pub(crate) fn deadline(&self, fixed: &Fixed) -> Option<u64> {
        let since = self.unfinished_since.load(Relaxed);
        let limit = match self.unfinished_head.load(Relaxed) {
            true => millis(fixed.request_header),
            // Its request has the same deadline, and says so on its own stream.
            false => self.request_body + LAST_WORDS,
        };
        (since > 0).then_some(since + limit)
    }
}

/// A stream of an HTTP/2 connection.
pub(crate) struct Stream {
    connection: Arc<Link>,
    /// Bytes of the answer that hyper has and the transport has not taken: they wait for the client's window, or for
    /// its connection.
    waiting: AtomicU64,
    /// Wakes the body when nothing waits any more.
    waker: AtomicWaker,
    /// `fixed.client_write`, in milliseconds.
    client_write: u64,
}

impl Stream {
    /// The answer is whole in hyper's hands. Its last byte is known to be with the kernel at the connection's next
    /// flush; what was not even taken from the stream's queue went down with the stream.
    pub(crate) fn answer_over(&self, exchange: Option<Box<Exchange>>) {
        if self.waiting.load(Relaxed) == 0 {
            self.connection.park(exchange);
        }
    }
}

impl Link {
    /// The connection speaks HTTP/2.
    pub(crate) fn becomes_http2(&self, timeouts: &Timeouts) {
        let request_body = millis(timeouts.request_body);
        let _ =
            self.http2.set(Http2::Connection(Box::new(Connection { request_body, ..Connection::default() })));
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
    pub(crate) fn streams(&self) -> usize {
        self.connection().map_or(0, |connection| lock(&connection.streams).len())
    }

    /// A request came on this connection: the link of its stream.
    pub(crate) fn open_stream(self: &Arc<Self>, worker: &Arc<Worker>) -> Arc<Self> {
        let fixed = &worker.relay.fixed;
        let stream = Stream {
            connection: Arc::clone(self),
            waiting: AtomicU64::new(0),
            waker: AtomicWaker::new(),
            client_write: millis(fixed.client_write),
        };
        let link = self.sibling(worker, Http2::Stream(stream));
        worker.http2_streams.fetch_add(1, Relaxed);
        link.enter(worker.enter(&link));
        if let Some(connection) = self.connection() {
            lock(&connection.streams).push(Arc::clone(&link));
            self.turns_to(BUSY, fixed);
        }
        link
    }

    /// A stream is over, however it ended.
    pub(crate) fn close_stream(&self, worker: &Worker, link: &Arc<Self>) {
        if let Some(key) = link.key() {
            worker.leave(key);
            worker.http2_streams.fetch_sub(1, Relaxed);
        }
        let Some(connection) = self.connection() else { return };
        let left = {
            let mut streams = lock(&connection.streams);
            streams.retain(|open| !Arc::ptr_eq(open, link));
            streams.len()
        };
        if left == 0 {
            let next = if connection.closing.load(Relaxed) { CLOSING } else { IDLE };
            self.turns_to(next, &worker.relay.fixed);
        }
    }

    /// The connection was told to end: without streams it has a moment to do so by itself.
    pub(crate) fn closes(&self, fixed: &Fixed) {
        if let Some(connection) = self.connection() {
            connection.closing.store(true, Relaxed);
            if self.phase() != BUSY {
                self.turns_to(CLOSING, fixed);
            }
        }
    }

    /// Asks the connection to end: what is open goes on, nothing new begins.
    pub(crate) fn ask_to_close(&self) {
        if let Some(connection) = self.connection() {
            connection.close.notify_one();
        }
    }

    /// Completes when the connection is to end.
    pub(crate) async fn asked_to_close(&self) {
        match self.connection() {
            Some(connection) => connection.close.notified().await,
            None => std::future::pending().await,
        }
    }

    /// What of the client's frames has been read: whether one, or a header block, is under way; `anew` if it began
    /// with what was read last.
    pub(crate) fn under_way(&self, head: Option<bool>, anew: bool, fixed: &Fixed) {
        let Some(connection) = self.connection() else { return };
        match head {
            None if connection.unfinished_since.load(Relaxed) == 0 => {}
            None => connection.unfinished_since.store(0, Relaxed),
            Some(head) if anew || connection.unfinished_since.load(Relaxed) == 0 => {
                connection.unfinished_head.store(head, Relaxed);
                connection.unfinished_since.store(now(), Relaxed);
                self.look_at(connection.deadline(fixed).unwrap_or(u64::MAX));
            }
            Some(_) => {}
        }
    }

    /// Bytes of a stream's answer are handed to hyper.
    pub(crate) fn handed(&self, bytes: usize) {
        let Some(stream) = self.stream() else { return };
        if stream.waiting.fetch_add(bytes as u64, Relaxed) == 0 {
            let now = now();
            self.blocked_since.store(now, Relaxed);
            self.look_at(now + stream.client_write);
        }
    }

    /// The transport took bytes of a stream's answer: the stream moves.
    pub(crate) fn taken(&self, bytes: usize) {
        let Some(stream) = self.stream() else { return };
        let now = now();
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

    /// Whether the transport has taken everything that was handed to hyper; if not, `cx` is woken when it has.
    pub(crate) fn poll_taken(&self, cx: &Context<'_>) -> Poll<()> {
        let Some(stream) = self.stream() else { return Poll::Ready(()) };
        stream.waker.register(cx.waker());
        if stream.waiting.load(Relaxed) == 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether nothing waits.
    pub(crate) fn all_taken(&self) -> bool {
        self.stream().is_none_or(|stream| stream.waiting.load(Relaxed) == 0)
    }
}
