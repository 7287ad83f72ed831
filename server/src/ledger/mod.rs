//! The ledger: one entry for every live exchange. The monitor reads it, the revoker acts on it.

pub(crate) mod account;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use futures_util::task::AtomicWaker;
use slab::Slab;
use vitals::EndReason;

use crate::channel::{ChannelState, Limits};
use crate::clock::{lock, now};
use crate::upstream::Source;

/// How much older than its total deadline an exchange may be before it counts as overdue, in milliseconds.
const OVERDUE_GRACE: u64 = 10_000;
/// The total deadline of an exchange that has no channel yet: its body is still being read.
const GRACE_WITHOUT_LIMITS: u64 = 15 * 60 * 1000;

/// What an exchange is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Authenticating, reading the request.
    Intake,
    /// Connecting to the upstream.
    Connect,
    /// Waiting for the first content.
    Waiting,
    /// Relaying the answer.
    Streaming,
    /// Answering by itself: an error, or an answer that is already whole.
    Answering,
    /// The client has left; the answer is read on for its usage.
    Draining,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Intake, Self::Connect, Self::Waiting, Self::Streaming, Self::Answering, Self::Draining];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Connect => "connect",
            Self::Waiting => "waiting",
            Self::Streaming => "streaming",
            Self::Answering => "answering",
            Self::Draining => "draining",
        }
    }
}

/// One live exchange, as the revoker and the monitor see it.
pub(crate) struct Entry {
    /// The request id.
    pub(crate) id: String,
    /// When the request came ([`now`]).
    pub(crate) started: u64,
    /// The channel that is tried, or that answers.
    pub(crate) channel: ArcSwapOption<ChannelState>,
    /// The model asked for, once known.
    pub(crate) model: OnceLock<String>,
    phase: AtomicU8,
    end: AtomicU8,
    /// Bytes sent towards the client.
    pub(crate) bytes_out: AtomicU64,
    /// Since when the answer waits for the upstream; 0: it does not.
    pub(crate) waiting_since: AtomicU64,
    /// When the client last got something.
    pub(crate) last_out: AtomicU64,
    /// When the revoker took the upstream away; 0: it has not.
    pub(crate) revoked_at: AtomicU64,
    /// The revoker asks for a heartbeat.
    pub(crate) beat: AtomicBool,
    /// The upstream's side while the answer streams. The revoker takes it out; whoever holds it, drops it.
    pub(crate) source: Mutex<Option<Source>>,
    /// Wakes the body, so that it can say why it ends.
    pub(crate) waker: AtomicWaker,
}

impl Entry {
    pub(crate) fn new(id: String) -> Self {
        let now = now();
        Self {
            id,
            started: now,
            channel: ArcSwapOption::empty(),
            model: OnceLock::new(),
            phase: AtomicU8::new(Phase::Intake as u8),
            end: AtomicU8::new(0),
            bytes_out: AtomicU64::new(0),
            waiting_since: AtomicU64::new(0),
            last_out: AtomicU64::new(now),
            revoked_at: AtomicU64::new(0),
            beat: AtomicBool::new(false),
            source: Mutex::new(None),
            waker: AtomicWaker::new(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Relaxed))]
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    /// Why it ended. The first reason wins: what came after it was only its consequence.
    pub(crate) fn end(&self, reason: EndReason) {
        let _ = self.end.compare_exchange(0, reason as u8, Relaxed, Relaxed);
    }

    pub(crate) fn ended(&self) -> Option<EndReason> {
        match self.end.load(Relaxed) {
            0 => None,
            n => EndReason::ALL.get(usize::from(n) - 1).copied(),
        }
    }

    /// Ends it from outside: the upstream is dropped now, the body is woken to say why.
    pub(crate) fn revoke(&self, reason: EndReason) {
        self.end(reason);
        let source = lock(&self.source).take();
        drop(source);
        self.waker.wake();
    }

    /// Its deadlines, once a channel is picked.
    pub(crate) fn limits(&self) -> Option<Limits> {
        self.channel.load().as_ref().map(|channel| channel.limits)
    }

    /// Milliseconds since the request came.
    pub(crate) fn age(&self) -> u64 {
        now().saturating_sub(self.started)
    }

    /// Older than its own total deadline and the grace: by definition a leak.
    pub(crate) fn is_overdue(&self) -> bool {
        let total = self.limits().map_or(GRACE_WITHOUT_LIMITS, |limits| limits.total);
        self.age() > total + OVERDUE_GRACE
    }
}

/// The live exchanges of one worker.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Slab<Arc<Entry>>>);

impl Ledger {
    pub(crate) fn insert(&self, entry: Arc<Entry>) -> usize {
        lock(&self.0).insert(entry)
    }

    pub(crate) fn remove(&self, key: usize) {
        drop(lock(&self.0).try_remove(key));
    }

    /// The live entries at this moment.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        lock(&self.0).iter().map(|(_, entry)| Arc::clone(entry)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.0).len()
    }
}
