//! A client's connection as the relay sees it: what it is doing, whether its bytes move, what it carries. The
//! revoker looks at it on the timer wheel, whether or not hyper polls anything.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use vitals::EndReason;

use crate::clock::{lock, now};
use crate::config::OnDisconnect;
use crate::exchange::Exchange;
use crate::ledger::{Entry, Phase};
use crate::socket::{Socket, SocketWatch};
use crate::wheel::{Item, Wheel};
use crate::worker::Worker;

/// Between two looks at whether a client with unread input is still there.
const PRESENCE: u64 = 250;
/// What a revoked body has to say why, before its connection is cut.
const LAST_WORDS: u64 = 1_000;
/// Silence after which a stream gets a heartbeat.
const HEARTBEAT: u64 = 15_000;

const HEAD: u8 = 0;
const BUSY: u8 = 1;
const IDLE: u8 = 2;

/// One client connection.
pub(crate) struct Link {
    pub(crate) peer: SocketAddr,
    /// Beyond the connection limit: only the monitor answers.
    pub(crate) overflow: bool,
    worker: Weak<Worker>,
    watch: SocketWatch,
    key: OnceLock<usize>,
    serial: u64,
    task: OnceLock<scope::Task>,
    phase: AtomicU8,
    since: AtomicU64,
    /// Since when the client takes nothing although bytes wait; 0: nothing waits, or it moves.
    blocked_since: AtomicU64,
    /// The last read gave bytes: hyper holds them and looks no further, so a departure has to be looked for.
    input: AtomicBool,
    /// The answer is complete in hyper's buffer; flushed, the connection is free again.
    over: AtomicBool,
    /// When the wheel looks next.
    next_look: AtomicU64,
    current: Mutex<Option<Arc<Entry>>>,
    /// Answered exchanges whose last bytes still wait for the client; more than one when it pipelines.
    #[expect(clippy::vec_box, reason = "they come boxed, and are mostly one")]
    parked: Mutex<Vec<Box<Exchange>>>,
}

impl Link {
    pub(crate) fn new(
        worker: &Arc<Worker>,
        peer: SocketAddr,
        watch: SocketWatch,
        overflow: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            peer,
            overflow,
            worker: Arc::downgrade(worker),
            watch,
            key: OnceLock::new(),
            serial: worker.next_serial(),
            task: OnceLock::new(),
            phase: AtomicU8::new(HEAD),
            since: AtomicU64::new(now()),
            blocked_since: AtomicU64::new(0),
            input: AtomicBool::new(false),
            over: AtomicBool::new(false),
            next_look: AtomicU64::new(u64::MAX),
            current: Mutex::new(None),
            parked: Mutex::default(),
        })
    }

    /// Gives it its place in the worker's table and its first look.
    pub(crate) fn enter(&self, key: usize, request_header: u64) {
        let _ = self.key.set(key);
        self.look_at(now() + request_header);
    }

    pub(crate) fn owned_by(&self, task: scope::Task) {
        let _ = self.task.set(task);
    }

    pub(crate) fn is(&self, item: Item) -> bool {
        self.serial == item.serial && self.next_look.load(Relaxed) == item.at
    }

    /// Asks the wheel for a look at `at`, unless it looks earlier anyway.
    fn look_at(&self, at: u64) {
        let at = Wheel::clamp(at);
        if at >= self.next_look.load(Relaxed) {
            return;
        }
        let (Some(worker), Some(key)) = (self.worker.upgrade(), self.key.get()) else { return };
        let before = self.next_look.swap(at, Relaxed);
        worker.wheel.put(Item { key: *key, serial: self.serial, at }, before);
    }

    /// The connection has left its worker's table.
    pub(crate) fn left(&self, key: usize, worker: &Worker) {
        worker.wheel.take(key, self.next_look.load(Relaxed));
    }

    /// A request's head is complete: the service runs.
    pub(crate) fn request_begins(&self) {
        self.over.store(false, Relaxed);
        self.phase.store(BUSY, Relaxed);
        self.since.store(now(), Relaxed);
        if self.input.load(Relaxed) {
            self.look_at(now() + PRESENCE);
        }
    }

    /// The exchange that this connection carries now.
    pub(crate) fn carries(&self, entry: &Arc<Entry>) {
        *lock(&self.current) = Some(Arc::clone(entry));
    }

    /// The exchange's deadlines are known, or it begins to stream: they are looked at from now on.
    pub(crate) fn watch(&self, entry: &Entry) {
        if let Some(limits) = entry.limits() {
            self.look_at((now() + limits.idle.min(HEARTBEAT)).min(entry.started + limits.total));
        }
    }

    /// The answer is whole in hyper's buffer. What is parked counts as done once the kernel has taken it.
    pub(crate) fn answer_over(&self, parked: Option<Box<Exchange>>) {
        lock(&self.parked).extend(parked);
        self.over.store(true, Relaxed);
    }

    fn flushed(&self) {
        let parked = std::mem::take(&mut *lock(&self.parked));
        parked.into_iter().for_each(|exchange| exchange.delivered());
        // A pipelined request may have begun meanwhile; then the connection is not free.
        if !self.over.swap(false, Relaxed) {
            return;
        }
        *lock(&self.current) = None;
        self.phase.store(if self.input.load(Relaxed) { HEAD } else { IDLE }, Relaxed);
        self.since.store(now(), Relaxed);
        if let Some(worker) = self.worker.upgrade() {
            let timeouts = &worker.relay.config.timeouts;
            let limit = if self.input.load(Relaxed) { timeouts.request_header } else { timeouts.client_idle };
            self.look_at(now() + crate::clock::millis(limit));
        }
    }

    fn read(&self, worker: &Worker) {
        self.input.store(true, Relaxed);
        match self.phase.load(Relaxed) {
            IDLE => {
                self.phase.store(HEAD, Relaxed);
                self.since.store(now(), Relaxed);
                self.look_at(now() + crate::clock::millis(worker.relay.config.timeouts.request_header));
            }
            BUSY => self.look_at(now() + PRESENCE),
            _ => {}
        }
    }

    /// The revoker's look. Returns when to look again.
    pub(crate) fn look(&self, worker: &Worker) -> Option<u64> {
        let now = now();
        let timeouts = &worker.relay.config.timeouts;
        let mut next = u64::MAX;

        let blocked = self.blocked_since.load(Relaxed);
        if blocked > 0 {
            let deadline = blocked + crate::clock::millis(timeouts.client_write);
            if now >= deadline {
                self.cut(EndReason::SlowClient);
                return None;
            }
            next = next.min(deadline);
        }
        if self.phase.load(Relaxed) == BUSY && self.input.load(Relaxed) {
            if self.watch.peer_left() {
                self.cut(EndReason::ClientGone);
                return None;
            }
            next = next.min(now + PRESENCE);
        }
        let entry = lock(&self.current).clone();
        if let Some(entry) = entry {
            next = next.min(self.look_at_exchange(&entry, now, blocked > 0)?);
        } else if self.phase.load(Relaxed) != BUSY {
            let idle = self.phase.load(Relaxed) == IDLE;
            let limit = if idle { timeouts.client_idle } else { timeouts.request_header };
            let deadline = self.since.load(Relaxed) + crate::clock::millis(limit);
            if now >= deadline {
                self.cut(EndReason::ClientError);
                return None;
            }
            next = next.min(deadline);
        }
        let next = Wheel::clamp(next);
        self.next_look.store(next, Relaxed);
        Some(next)
    }

    /// What the deadlines of a live exchange say. `None`: the connection was cut.
    fn look_at_exchange(&self, entry: &Entry, now: u64, blocked: bool) -> Option<u64> {
        let revoked = entry.revoked_at.load(Relaxed);
        if revoked > 0 {
            if now >= revoked + LAST_WORDS {
                self.watch.reset_on_close();
                self.abort();
                return None;
            }
            return Some(revoked + LAST_WORDS);
        }
        // Without limits it is still being read, under deadlines that live in its own future.
        let Some(limits) = entry.limits() else { return Some(u64::MAX) };
        let streaming = entry.phase() == Phase::Streaming;
        // Before the commit the handler sees the same deadline and can still say it with a status.
        let total = entry.started + limits.total + if streaming { 0 } else { LAST_WORDS };
        if now >= total {
            return Some(self.revoke(entry, EndReason::TotalTimeout));
        }
        if !streaming || blocked {
            return Some(total);
        }
        let waiting = entry.waiting_since.load(Relaxed);
        if waiting == 0 {
            return Some(total.min(now + limits.idle));
        }
        if now >= waiting + limits.idle {
            return Some(self.revoke(entry, EndReason::IdleTimeout));
        }
        let beat = entry.last_out.load(Relaxed) + HEARTBEAT;
        if now >= beat {
            entry.beat.store(true, Relaxed);
            entry.waker.wake();
        }
        Some(total.min(waiting + limits.idle).min(if now >= beat { now + HEARTBEAT } else { beat }))
    }

    /// Takes the upstream away and gives the body a moment to say why. Returns when to look again.
    fn revoke(&self, entry: &Entry, reason: EndReason) -> u64 {
        entry.revoke(reason);
        let now = now();
        entry.revoked_at.store(now, Relaxed);
        now + LAST_WORDS
    }

    /// Ends what it carries, because the relay stops: a stream is told by a last event, a request without an answer by
    /// its status. An answer that is whole already is on its way; an idle connection is simply closed.
    pub(crate) fn stop(&self) {
        let entry = lock(&self.current).clone();
        match entry {
            Some(entry) if entry.phase() == Phase::Answering => {}
            Some(entry) => {
                self.revoke(&entry, EndReason::Shutdown);
            }
            None => self.cut(EndReason::Shutdown),
        }
    }

    /// Ends the connection, and what it carries, at once.
    fn cut(&self, reason: EndReason) {
        let entry = lock(&self.current).clone();
        if let Some(entry) = entry {
            // A client that left may leave its stream behind, to be drained by the body that is dropped now.
            let drains = self.worker.upgrade().is_some_and(|worker| {
                matches!(worker.relay.config.limits.on_disconnect, OnDisconnect::Drain { .. })
            });
            if reason == EndReason::ClientGone && drains && entry.phase() == Phase::Streaming {
                entry.end(reason);
            } else {
                entry.revoke(reason);
            }
        }
        lock(&self.parked).iter().for_each(|exchange| exchange.entry.end(reason));
        if self.blocked_since.load(Relaxed) > 0 {
            self.watch.reset_on_close();
        }
        self.abort();
    }

    fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

/// The client's socket as hyper reads and writes it; what happens on it is noted on the link.
pub(crate) struct ClientIo {
    inner: Socket,
    link: Arc<Link>,
    worker: Arc<Worker>,
}

impl ClientIo {
    pub(crate) fn new(socket: Socket, link: Arc<Link>, worker: Arc<Worker>) -> Self {
        Self { inner: socket, link, worker }
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        let link = &self.link;
        match result {
            Poll::Pending if link.blocked_since.load(Relaxed) == 0 => {
                let now = now();
                link.blocked_since.store(now, Relaxed);
                link.look_at(now + crate::clock::millis(self.worker.relay.config.timeouts.client_write));
            }
            Poll::Ready(Ok(n)) if *n > 0 => {
                if link.blocked_since.swap(0, Relaxed) > 0 {
                    // While the client was not reading, the upstream was not asked: its silence begins anew.
                    if let Some(entry) = lock(&link.current).as_ref() {
                        entry.waiting_since.store(0, Relaxed);
                    }
                }
                self.worker.counters.bytes_to_clients.add(*n as u64);
            }
            _ => {}
        }
    }
}

impl AsyncRead for ClientIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let result = Pin::new(&mut this.inner).poll_read(cx, buf);
        if result.is_ready() && buf.filled().len() > before {
            this.link.read(&this.worker);
        } else {
            this.link.input.store(false, Relaxed);
        }
        result
    }
}

impl AsyncWrite for ClientIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.wrote(&result);
        result
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// hyper flushes the socket only when it has nothing left in its own buffer.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_flush(cx);
        if matches!(result, Poll::Ready(Ok(()))) {
            this.link.flushed();
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
