//! Where exchanges meet their client: an HTTP/1 connection, which carries one at a time; an HTTP/2 stream, which
//! carries one; and the HTTP/2 connection around its streams ([`http2`]). What it is doing, whether its bytes
//! move, what it carries. The revoker looks at it on the timer wheel ([`look`]), whether or not hyper polls anything.

mod http2;
pub(crate) mod links;
mod look;
mod phase;
pub(crate) mod reserve;
pub(crate) mod terms;
#[cfg(test)]
mod tests;
mod wheel;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use vitals::EndReason;

pub(crate) use self::http2::broke_the_rules;
pub(crate) use self::phase::LAST_WORDS;
use self::phase::Phase;
use self::terms::Terms;
use self::wheel::{Item, Wheel};
use crate::clock::{awake, lock};
use crate::ledger::Entry;
use crate::socket::SocketWatch;

/// Between two looks at whether a client with unread input is still there, in milliseconds.
const PRESENCE: u64 = 250;
/// A connection that nothing was asked on for so long, in milliseconds, is at rest when the wheel looks at it.
const REST: u64 = 5_000;

/// An answered exchange whose last bytes still wait for the client.
pub(crate) trait Parked: Send {
    /// The kernel has taken the last byte.
    fn delivered(self: Box<Self>);

    /// The connection was cut before that.
    fn undelivered(&self, reason: EndReason);
}

/// How a client came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Within the connection limit.
    Main,
    /// Beyond it: only the monitor answers, once.
    Overflow,
    /// By the monitor's own listener.
    Monitor,
}

/// One client connection, or one stream of it.
pub(crate) struct Link {
    pub(crate) peer: SocketAddr,
    pub(crate) door: Door,
    terms: Arc<Terms>,
    /// Not set on an HTTP/1 connection.
    http2: OnceLock<Http2>,
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
    /// A head of HTTP/1 came with both a length and a transfer coding.
    framed_twice: AtomicBool,
    /// An answer was over before its request was: the client may still be sending.
    left_unread: AtomicBool,
    /// What came so far ends where a head of HTTP/1 would begin.
    between: AtomicBool,
    /// Wakes the connection's task when nothing has been asked for a while.
    rest: AtomicWaker,
    /// When the wheel looks next.
    next_look: AtomicU64,
    /// When it looked last.
    last_look: AtomicU64,
    current: Mutex<Option<Arc<Entry>>>,
    /// More than one when the client pipelines.
    parked: Mutex<Vec<Box<dyn Parked>>>,
}

enum Http2 {
    Connection(Box<Connection>),
    Stream(Stream),
}

#[derive(Default)]
struct Connection {
    streams: Mutex<Vec<Arc<Link>>>,
    /// Notified when GOAWAY is to be sent.
    close: Notify,
    /// GOAWAY was asked for.
    closing: AtomicBool,
    /// Since when a frame or a header block has been under way; 0: none is.
    unfinished_since: AtomicU64,
    /// A header block is under way, and not another frame.
    unfinished_head: AtomicBool,
    /// `timeouts.request_body` when the connection began, in milliseconds.
    request_body: u64,
}

/// A stream of an HTTP/2 connection.
struct Stream {
    connection: Arc<Link>,
    /// Bytes of the answer that hyper has and the transport has not taken: they wait for the client's window, or for
    /// its connection.
    waiting: AtomicU64,
    /// Wakes the body when nothing waits any more.
    waker: AtomicWaker,
}

impl Link {
    fn new(terms: &Arc<Terms>, peer: SocketAddr, watch: SocketWatch, door: Door) -> Arc<Self> {
        Arc::new(Self::bare(terms, peer, watch, door))
    }

    fn bare(terms: &Arc<Terms>, peer: SocketAddr, watch: SocketWatch, door: Door) -> Self {
        Self {
            peer,
            door,
            terms: Arc::clone(terms),
            http2: OnceLock::new(),
            watch,
            key: OnceLock::new(),
            serial: terms.next_serial(),
            task: OnceLock::new(),
            phase: AtomicU8::new(Phase::Head as u8),
            since: AtomicU64::new(awake()),
            blocked_since: AtomicU64::new(0),
            input: AtomicBool::new(false),
            over: AtomicBool::new(false),
            framed_twice: AtomicBool::new(false),
            left_unread: AtomicBool::new(false),
            between: AtomicBool::new(false),
            rest: AtomicWaker::new(),
            next_look: AtomicU64::new(u64::MAX),
            last_look: AtomicU64::new(0),
            current: Mutex::new(None),
            parked: Mutex::default(),
        }
    }

    fn enter(&self, key: usize) {
        let _ = self.key.set(key);
    }

    /// Begins a phase, and puts its deadline on the wheel.
    fn turns_to(&self, phase: Phase) {
        let now = awake();
        self.since.store(now, Relaxed);
        self.phase.store(phase as u8, Relaxed);
        if let Some(limit) = phase.limit(&self.terms) {
            self.look_at(now, now + limit);
        }
    }

    /// The TLS handshake begins.
    pub(crate) fn shakes_hands(&self) {
        self.turns_to(Phase::Handshake);
    }

    /// A request is waited for.
    pub(crate) fn awaits_head(&self) {
        self.turns_to(Phase::Head);
    }

    fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Relaxed))
    }

    fn key(&self) -> Option<usize> {
        self.key.get().copied()
    }

    pub(crate) fn owned_by(&self, task: scope::Task) {
        let _ = self.task.set(task);
    }

    fn is(&self, item: Item) -> bool {
        self.serial == item.serial && self.next_look.load(Relaxed) == item.at
    }

    /// Asks the wheel for a look at `at`, unless it looks earlier anyway.
    fn look_at(&self, now: u64, at: u64) {
        let at = Wheel::clamp(now, at);
        if at >= self.next_look.load(Relaxed) {
            return;
        }
        let Some(key) = self.key.get() else { return };
        let before = self.next_look.swap(at, Relaxed);
        self.terms.wheel.put(Item { key: *key, serial: self.serial, at }, before);
    }

    fn left(&self, key: usize) {
        self.terms.wheel.take(key, self.next_look.load(Relaxed));
    }

    /// A head of HTTP/1 has both a length and a transfer coding: its request, which is about to begin, is the last one.
    pub(crate) fn frames_twice(&self) {
        self.framed_twice.store(true, Relaxed);
    }

    /// The rest of a request is left where it is: the connection carries no other one.
    pub(crate) fn leaves_unread(&self) {
        self.left_unread.store(true, Relaxed);
    }

    pub(crate) fn has_left_unread(&self) -> bool {
        self.left_unread.load(Relaxed)
    }

    pub(crate) fn has_framed_twice(&self) -> bool {
        self.framed_twice.load(Relaxed)
    }

    /// Whether what came so far ends where a head of HTTP/1 would begin.
    pub(crate) fn stands_between(&self, between: bool) {
        self.between.store(between, Relaxed);
    }

    /// Nothing has been asked for a while, and nothing of a next request has come.
    fn is_at_rest(&self) -> bool {
        self.phase() == Phase::Idle
            && self.between.load(Relaxed)
            && !self.is_blocked()
            && awake() >= self.since.load(Relaxed) + REST
    }

    /// Completes when a connection of HTTP/1 has been at rest for a while. Costs nothing while a request is served.
    pub(crate) fn poll_rest(&self, cx: &Context<'_>) -> Poll<()> {
        if self.phase() != Phase::Idle {
            return Poll::Pending;
        }
        self.rest.register(cx.waker());
        if self.is_at_rest() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// A request's head is complete: the service runs.
    pub(crate) fn request_begins(&self) {
        if self.http2.get().is_some() {
            return;
        }
        self.over.store(false, Relaxed);
        self.phase.store(Phase::Busy as u8, Relaxed);
        let now = awake();
        self.since.store(now, Relaxed);
        if self.input.load(Relaxed) {
            self.look_at(now, now + PRESENCE);
        }
    }

    /// The exchange that this connection carries now.
    pub(crate) fn carries(&self, entry: &Arc<Entry>) {
        *lock(&self.current) = Some(Arc::clone(entry));
    }

    /// The exchange's deadlines are known, or it begins to stream: they are looked at from now on.
    pub(crate) fn watch(&self, entry: &Entry) {
        if let Some(limits) = entry.limits() {
            let now = awake();
            self.look_at(now, (now + limits.idle.min(limits.heartbeat)).min(entry.started + limits.total));
        }
    }

    /// Silence will be the end of its answer at that time, or, with 0, no more.
    pub(crate) fn expect_end(&self, entry: &Entry, ends_at: u64) {
        let before = entry.ends_at.load(Relaxed);
        if before == ends_at {
            return;
        }
        entry.ends_at.store(ends_at, Relaxed);
        if before == 0 {
            self.look_at(awake(), ends_at);
        }
    }

    /// The answer is whole in hyper's buffer. What is parked counts as done once the kernel has taken it.
    pub(crate) fn answer_over(&self, parked: Option<Box<dyn Parked>>) {
        if let Some(Http2::Stream(stream)) = self.http2.get() {
            stream.answer_over(parked);
            return;
        }
        self.park(parked);
        self.over.store(true, Relaxed);
    }

    /// Keeps an answered exchange until the connection has been flushed.
    fn park(&self, exchange: Option<Box<dyn Parked>>) {
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
        self.turns_to(if self.input.load(Relaxed) { Phase::Head } else { Phase::Idle });
    }

    /// Bytes came from the client.
    pub(crate) fn read(&self) {
        self.input.store(true, Relaxed);
        match self.phase() {
            // What an idle HTTP/2 connection says is no request yet.
            Phase::Idle if self.http2.get().is_none() => self.turns_to(Phase::Head),
            Phase::Busy => {
                let now = awake();
                self.look_at(now, now + PRESENCE);
            }
            _ => {}
        }
    }

    /// Everything that came has been read.
    pub(crate) fn read_up(&self) {
        self.input.store(false, Relaxed);
    }

    /// The kernel took nothing although bytes wait.
    pub(crate) fn blocks(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            let now = awake();
            self.blocked_since.store(now, Relaxed);
            self.look_at(now, now + self.terms.client_write);
        }
    }

    /// The client takes nothing although bytes wait.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked_since.load(Relaxed) > 0
    }

    /// Bytes move, or none wait.
    pub(crate) fn moves(&self) {
        if self.blocked_since.load(Relaxed) > 0 && self.blocked_since.swap(0, Relaxed) > 0 {
            // While the client was not reading, the upstream was not asked: its silence begins anew.
            self.restart_silence(0);
        }
    }

    /// The upstream's silence counts from `at`; 0: from when it is asked again.
    fn restart_silence(&self, at: u64) {
        if let Some(entry) = lock(&self.current).as_ref()
            && entry.waiting_since.load(Relaxed) > 0
        {
            entry.waiting_since.store(at, Relaxed);
        }
    }
}
