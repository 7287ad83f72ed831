//! Where exchanges meet their client: an HTTP/1 connection, which carries one at a time; an HTTP/2 stream, which
//! carries one; and the HTTP/2 connection around its streams (`http2/link.rs`). What it is doing, whether its bytes
//! move, what it carries. The revoker looks at it on the timer wheel, whether or not hyper polls anything.

pub(crate) mod http2;
mod look;
pub(crate) mod wheel;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::clock::{lock, now};
use crate::config::Fixed;
use crate::exchange::Exchange;
use crate::ledger::Entry;
use crate::link::http2::Http2;
use crate::link::wheel::{Item, Wheel};
use crate::socket::SocketWatch;
use crate::state::worker::Worker;

/// Between two looks at whether a client with unread input is still there.
const PRESENCE: u64 = 250;
/// What a revoked body has to say why, before its connection is cut; and what a connection has to end by itself.
pub(crate) const LAST_WORDS: u64 = 1_000;
/// Silence after which a stream gets a heartbeat.
const HEARTBEAT: u64 = 15_000;

/// The TLS handshake.
const HANDSHAKE: u8 = 0;
/// A request's head is waited for, or under way.
const HEAD: u8 = 1;
/// A request is served.
pub(crate) const BUSY: u8 = 2;
/// Nothing is asked.
pub(crate) const IDLE: u8 = 3;
/// It was told to end, and has a moment to do so by itself.
pub(crate) const CLOSING: u8 = 4;

/// One client connection, or one stream of it.
pub(crate) struct Link {
    pub(crate) peer: SocketAddr,
    /// Beyond the connection limit: only the monitor answers.
    pub(crate) overflow: bool,
    /// What HTTP/2 adds; not set on an HTTP/1 connection.
    pub(crate) http2: OnceLock<Http2>,
    worker: Weak<Worker>,
    watch: SocketWatch,
    key: OnceLock<usize>,
    serial: u64,
    task: OnceLock<scope::Task>,
    phase: AtomicU8,
    since: AtomicU64,
    /// Since when the client takes nothing although bytes wait; 0: nothing waits, or it moves.
    pub(crate) blocked_since: AtomicU64,
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
            http2: OnceLock::new(),
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

    /// Another one to the same client, for a stream of this connection.
    pub(crate) fn sibling(&self, worker: &Arc<Worker>, http2: Http2) -> Arc<Self> {
        let mut link = Self::new(worker, self.peer, self.watch.clone(), self.overflow);
        if let Some(link) = Arc::get_mut(&mut link) {
            link.http2 = OnceLock::from(http2);
            link.phase = AtomicU8::new(BUSY);
        }
        link
    }

    /// Gives it its place in the worker's table.
    pub(crate) fn enter(&self, key: usize) {
        let _ = self.key.set(key);
    }

    /// What is done now, and has a deadline of its own.
    pub(crate) fn turns_to(&self, phase: u8, fixed: &Fixed) {
        let now = now();
        self.since.store(now, Relaxed);
        self.phase.store(phase, Relaxed);
        if let Some(limit) = look::limit(phase, fixed) {
            self.look_at(now + limit);
        }
    }

    /// The TLS handshake begins.
    pub(crate) fn shakes_hands(&self, fixed: &Fixed) {
        self.turns_to(HANDSHAKE, fixed);
    }

    /// A request is waited for.
    pub(crate) fn awaits_head(&self, fixed: &Fixed) {
        self.turns_to(HEAD, fixed);
    }

    pub(crate) fn phase(&self) -> u8 {
        self.phase.load(Relaxed)
    }

    pub(crate) fn key(&self) -> Option<usize> {
        self.key.get().copied()
    }

    pub(crate) fn owned_by(&self, task: scope::Task) {
        let _ = self.task.set(task);
    }

    pub(crate) fn is(&self, item: Item) -> bool {
        self.serial == item.serial && self.next_look.load(Relaxed) == item.at
    }

    /// Asks the wheel for a look at `at`, unless it looks earlier anyway.
    pub(crate) fn look_at(&self, at: u64) {
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
        if self.http2.get().is_some() {
            return;
        }
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
        if let Some(Http2::Stream(stream)) = self.http2.get() {
            stream.answer_over(parked);
            return;
        }
        self.park(parked);
        self.over.store(true, Relaxed);
    }

    /// Keeps an answered exchange until the connection has been flushed.
    pub(crate) fn park(&self, exchange: Option<Box<Exchange>>) {
        lock(&self.parked).extend(exchange);
    }

    /// The kernel has taken everything that hyper had for this connection.
    pub(crate) fn flushed(&self) {
        let parked = std::mem::take(&mut *lock(&self.parked));
        parked.into_iter().for_each(|exchange| exchange.delivered());
        // A pipelined request may have begun meanwhile; then the connection is not free.
        if !self.over.swap(false, Relaxed) {
            return;
        }
        *lock(&self.current) = None;
        if let Some(worker) = self.worker.upgrade() {
            let next = if self.input.load(Relaxed) { HEAD } else { IDLE };
            self.turns_to(next, &worker.relay.fixed);
        }
    }

    /// Bytes came from the client.
    pub(crate) fn read(&self, worker: &Worker) {
        self.input.store(true, Relaxed);
        match self.phase.load(Relaxed) {
            // What an idle HTTP/2 connection says is no request yet.
            IDLE if self.http2.get().is_none() => self.turns_to(HEAD, &worker.relay.fixed),
            BUSY => self.look_at(now() + PRESENCE),
            _ => {}
        }
    }

    /// Everything that came has been read.
    pub(crate) fn read_up(&self) {
        self.input.store(false, Relaxed);
    }

    /// The kernel took nothing although bytes wait.
    pub(crate) fn blocks(&self, worker: &Worker) {
        if self.blocked_since.load(Relaxed) == 0 {
            let now = now();
            self.blocked_since.store(now, Relaxed);
            self.look_at(now + crate::clock::millis(worker.relay.fixed.client_write));
        }
    }

    /// Bytes move, or none wait.
    pub(crate) fn moves(&self) {
        if self.blocked_since.load(Relaxed) > 0 && self.blocked_since.swap(0, Relaxed) > 0 {
            // While the client was not reading, the upstream was not asked: its silence begins anew.
            self.restart_silence(0);
        }
    }

    /// The upstream's silence counts from `at`; 0: from when it is asked again.
    pub(crate) fn restart_silence(&self, at: u64) {
        if let Some(entry) = lock(&self.current).as_ref()
            && entry.waiting_since.load(Relaxed) > 0
        {
            entry.waiting_since.store(at, Relaxed);
        }
    }
}
