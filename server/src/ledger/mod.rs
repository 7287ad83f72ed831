//! The ledger: one entry for every live exchange. The monitor reads it, the revoker acts on it.

pub(crate) mod account;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use slab::Slab;
use vitals::EndReason;

use crate::channel::{ChannelState, Limits};
use crate::clock::deadline::Moment;
use crate::clock::{awake, both, lock, now};
use crate::upstream::failed::Cut;
use crate::upstream::source::Source;

/// How much older than its total deadline an exchange may be before it counts as overdue, in milliseconds.
const OVERDUE_GRACE: u64 = 10_000;
/// The total deadline of an exchange that has no channel yet: its body is still being read.
const GRACE_WITHOUT_LIMITS: u64 = 15 * 60 * 1000;

/// The stages of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Authenticating, reading the request.
    Intake,
    Connect,
    Waiting,
    /// Relaying the answer.
    Streaming,
    /// Answering by itself: an error, or an answer that is already whole.
    Answering,
    /// The client has left; the answer is read on for its usage.
    Draining,
    /// The relay stops and does not take it; its client is told.
    Refused,
}

impl Phase {
    const ALL: [Self; 7] = [
        Self::Intake,
        Self::Connect,
        Self::Waiting,
        Self::Streaming,
        Self::Answering,
        Self::Draining,
        Self::Refused,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Connect => "connect",
            Self::Waiting => "waiting",
            Self::Streaming => "streaming",
            Self::Answering => "answering",
            Self::Draining => "draining",
            Self::Refused => "refused",
        }
    }
}

/// One live exchange, as the revoker and the monitor see it.
pub(crate) struct Entry {
    pub(crate) id: String,
    /// When the request came, on the clock of deadlines ([`awake`]), as all times below.
    pub(crate) started: u64,
    /// And on the one that never stops.
    came: u64,
    /// The channel that is tried, or that answers.
    channel: Mutex<Option<Arc<ChannelState>>>,
    /// The model asked for, once known.
    pub(crate) model: OnceLock<String>,
    phase: AtomicU8,
    end: AtomicU8,
    pub(crate) bytes_out: AtomicU64,
    /// Since when the answer waits for the upstream; 0: it does not.
    pub(crate) waiting_since: AtomicU64,
    /// When the upstream's silence will have been the end of a whole answer; 0: it will not.
    pub(crate) ends_at: AtomicU64,
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
        let (came, started) = both();
        Self {
            id,
            started,
            came,
            channel: Mutex::new(None),
            model: OnceLock::new(),
            phase: AtomicU8::new(Phase::Intake as u8),
            end: AtomicU8::new(0),
            bytes_out: AtomicU64::new(0),
            waiting_since: AtomicU64::new(0),
            ends_at: AtomicU64::new(0),
            last_out: AtomicU64::new(started),
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

    /// Asks the upstream for more, and notes since when the answer waits for it. `None` at a clean end, or when the
    /// revoker has taken the upstream away.
    pub(crate) fn poll_source(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let mut source = lock(&self.source);
        let Some(open) = source.as_mut() else { return Poll::Ready(None) };
        let polled = open.poll_chunk(cx);
        if polled.is_pending() {
            self.waker.register(cx.waker());
            if self.waiting_since.load(Relaxed) == 0 {
                self.waiting_since.store(awake(), Relaxed);
            }
        } else {
            self.waiting_since.store(0, Relaxed);
        }
        polled
    }

    /// The channel that is tried, or that answers.
    pub(crate) fn channel(&self) -> Option<Arc<ChannelState>> {
        lock(&self.channel).clone()
    }

    /// Another channel is tried.
    pub(crate) fn turns_to(&self, channel: &Arc<ChannelState>) {
        *lock(&self.channel) = Some(Arc::clone(channel));
    }

    /// Its deadlines, once a channel is picked.
    pub(crate) fn limits(&self) -> Option<Limits> {
        lock(&self.channel).as_ref().map(|channel| channel.limits)
    }

    /// Milliseconds since the request came.
    pub(crate) fn age(&self) -> u64 {
        now().saturating_sub(self.came)
    }

    /// When it must be over, with so much time in all.
    pub(crate) fn ends_within(&self, total: Duration) -> Moment {
        Moment::at(self.started) + total
    }

    /// Older than its own total deadline and the grace: by definition a leak.
    pub(crate) fn is_overdue(&self) -> bool {
        let total = self.limits().map_or(GRACE_WITHOUT_LIMITS, |limits| limits.total);
        awake().saturating_sub(self.started) > total + OVERDUE_GRACE
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::scripted;
    use crate::scene;

    #[test]
    fn the_first_reason_wins() {
        let entry = Entry::new(String::new());
        assert_eq!(entry.ended(), None);
        for reason in EndReason::ALL {
            let entry = Entry::new(String::new());
            entry.end(reason);
            entry.end(EndReason::ALL[0]);
            entry.end(EndReason::Panic);
            assert_eq!(entry.ended(), Some(reason));
        }
    }

    #[test]
    fn an_exchange_is_overdue_beyond_its_own_deadline_and_the_grace() {
        let config = scene::config("[timeouts]\ntotal = \"20s\"\nidle = \"20s\"\nfirst_byte = \"20s\"\n");
        let (channel, runtime) = (scene::channel(&config), scene::runtime());
        let _runtime = runtime.enter();
        scripted::stands_at(1_000);
        let (with, without) = (scene::entry(&channel), Entry::new(String::new()));
        assert_eq!(with.limits().map(|limits| (limits.idle, limits.total)), Some((20_000, 20_000)));
        for (age, overdue) in [(30_000, (false, false)), (30_001, (true, false)), (910_001, (true, true))] {
            scripted::stands_at(1_000 + age);
            assert_eq!((with.age(), with.is_overdue(), without.is_overdue()), (age, overdue.0, overdue.1));
        }
        scripted::stands_at(1_000 + 910_000);
        assert!(!without.is_overdue());
    }

    #[test]
    fn an_entry_notes_since_when_the_upstream_is_waited_for_and_gives_it_up_once() {
        let (channel, runtime) = (scene::channel(&scene::config("")), scene::runtime());
        let _runtime = runtime.enter();
        scripted::stands_at(1_000);
        let entry = scene::entry(&channel);
        *lock(&entry.source) = Some(scene::paced([b"a", b"b"]));
        let mut nobody = Context::from_waker(std::task::Waker::noop());
        let first = runtime.block_on(std::future::poll_fn(|cx| entry.poll_source(cx)));
        assert_eq!(first.and_then(Result::ok).as_deref(), Some(&b"a"[..]));
        assert_eq!(entry.waiting_since.load(Relaxed), 0);
        assert!(entry.poll_source(&mut nobody).is_pending());
        scripted::stands_at(2_000);
        assert!(entry.poll_source(&mut nobody).is_pending());
        assert_eq!(entry.waiting_since.load(Relaxed), 1_000, "the first time counts");
        entry.revoke(EndReason::IdleTimeout);
        entry.revoke(EndReason::Shutdown);
        assert!(!scene::has_source(&entry) && entry.ended() == Some(EndReason::IdleTimeout));
        assert!(matches!(entry.poll_source(&mut nobody), Poll::Ready(None)));
    }

    #[test]
    fn phases_are_told_apart_and_the_ledger_holds_who_lives() {
        let (ledger, entry) = (Ledger::default(), Arc::new(Entry::new("one".to_owned())));
        for phase in Phase::ALL {
            entry.set_phase(phase);
            assert_eq!(entry.phase(), phase);
        }
        let key = ledger.insert(Arc::clone(&entry));
        let other = ledger.insert(Arc::new(Entry::new("two".to_owned())));
        ledger.remove(key);
        ledger.remove(key);
        assert_eq!(ledger.entries().iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["two"]);
        ledger.remove(other);
        assert_eq!((ledger.len(), Arc::strong_count(&entry)), (0, 1));
    }
}
