//! The revoker's look at a link: which of its deadlines is over, and what ends for it. What is over must have been over
//! at the last look, too: in between, whoever it is about has read what had come by then.

use std::sync::atomic::Ordering::Relaxed;

use vitals::EndReason;

use super::phase::{LAST_WORDS, Phase};
use super::wheel::{TICK, Wheel};
use super::{Http2, Link, PRESENCE};
use crate::clock::{awake, lock};
use crate::ledger::{self, Entry};

impl Link {
    /// The revoker's look. Returns when to look again.
    pub(super) fn look(&self) -> Option<u64> {
        let now = awake();
        let judged = self.last_look.swap(now, Relaxed).min(now);
        let mut next = u64::MAX;

        let blocked = self.blocked_since.load(Relaxed);
        if blocked > 0 {
            let deadline = blocked + self.terms.client_write;
            if judged >= deadline {
                self.cut(EndReason::SlowClient);
                return None;
            }
            next = next.min(deadline);
        }
        let phase = self.phase();
        if phase == Phase::Busy && self.input.load(Relaxed) {
            if self.watch.peer_left() {
                self.cut(EndReason::ClientGone);
                return None;
            }
            next = next.min(now + PRESENCE);
        }
        let entry = lock(&self.current).clone();
        if let Some(entry) = entry {
            next = next.min(self.look_at_exchange(&entry, (now, judged), blocked > 0)?);
        } else if let Some(limit) = phase.limit(&self.terms) {
            if self.is_at_rest() {
                self.rest.wake();
            }
            let deadline = self.since.load(Relaxed) + limit;
            next = next.min(if judged >= deadline { self.expires(phase, now)? } else { deadline });
        }
        if let Some(Http2::Connection(connection)) = self.http2.get()
            && let Some(deadline) = connection.deadline(&self.terms)
        {
            if judged >= deadline {
                self.cut(EndReason::ClientError);
                return None;
            }
            next = next.min(deadline);
        }
        let next = Wheel::clamp(now, if next > now { next } else { now + TICK });
        self.next_look.store(next, Relaxed);
        Some(next)
    }

    /// A connection's own deadline is over. Returns when to look again; `None`: the connection was cut.
    fn expires(&self, phase: Phase, now: u64) -> Option<u64> {
        match self.http2.get() {
            // An idle client is told to send nothing more, so that it loses no request.
            Some(Http2::Connection(_)) if phase == Phase::Idle => {
                self.ask_to_close();
                self.phase.store(Phase::Closing as u8, Relaxed);
                self.since.store(now, Relaxed);
                Some(now + LAST_WORDS)
            }
            _ => {
                self.cut(EndReason::ClientError);
                None
            }
        }
    }

    /// The relay leaves: ends a connection that has been without a request for this long, in milliseconds.
    pub(crate) fn let_go(&self, kept: u64) {
        let now = awake();
        let idle = self.phase() == Phase::Idle && lock(&self.current).is_none();
        if idle && now >= self.since.load(Relaxed) + kept {
            self.expires(Phase::Idle, now);
        }
    }

    /// Looks at the deadlines of a live exchange. `None`: the connection was cut.
    fn look_at_exchange(&self, entry: &Entry, (now, judged): (u64, u64), blocked: bool) -> Option<u64> {
        let revoked = entry.revoked_at.load(Relaxed);
        if revoked > 0 {
            if now >= revoked + LAST_WORDS {
                self.reset_if(true);
                self.abort();
                return None;
            }
            return Some(revoked + LAST_WORDS);
        }
        // Without limits it is still being read, under deadlines that live in its own future.
        let Some(limits) = entry.limits() else { return Some(u64::MAX) };
        let streaming = entry.phase() == ledger::Phase::Streaming;
        // Before the commit the handler sees the same deadline and can still say it with a status.
        let total = entry.started + limits.total + if streaming { 0 } else { LAST_WORDS };
        if judged >= total {
            return Some(self.revoke(entry, EndReason::TotalTimeout));
        }
        if !streaming || blocked {
            return Some(total);
        }
        let waiting = entry.waiting_since.load(Relaxed);
        if waiting == 0 {
            return Some(total.min(now + limits.idle));
        }
        let ends_at = entry.ends_at.load(Relaxed);
        let mut silent = waiting + limits.idle;
        if ends_at > 0 {
            // The body knows whether that was the end. It has a moment to say so.
            silent = silent.max(ends_at + LAST_WORDS);
        }
        if judged >= silent {
            return Some(self.revoke(entry, EndReason::IdleTimeout));
        }
        let beat = entry.last_out.load(Relaxed) + limits.heartbeat;
        let (beats, ends) = (now >= beat, ends_at > 0 && now >= ends_at);
        if beats {
            entry.beat.store(true, Relaxed);
        }
        if beats || ends {
            entry.waker.wake();
        }
        let next = if beats { now + limits.heartbeat } else { beat };
        let end = if ends_at == 0 || ends { u64::MAX } else { ends_at };
        Some(total.min(silent).min(next).min(end))
    }

    /// Takes the upstream away and gives the body a moment to say why. Returns when to look again.
    fn revoke(&self, entry: &Entry, reason: EndReason) -> u64 {
        entry.revoke(reason);
        let now = awake();
        entry.revoked_at.store(now, Relaxed);
        now + LAST_WORDS
    }

    /// Ends what it carries, because the relay stops: a stream is told by a last event, a request without an answer by
    /// its status. An answer that is whole already is on its way; an idle connection is simply closed.
    pub(crate) fn stop(&self) {
        let entry = lock(&self.current).clone();
        match entry {
            Some(entry) if entry.phase() == ledger::Phase::Answering => {}
            Some(entry) => {
                self.revoke(&entry, EndReason::Shutdown);
            }
            // Its streams say their last words.
            None if self.streams() > 0 => {}
            None => self.cut(EndReason::Shutdown),
        }
    }

    /// Ends the connection, and what it carries, at once.
    pub(crate) fn cut(&self, reason: EndReason) {
        if let Some(Http2::Connection(connection)) = self.http2.get() {
            connection.streams().iter().for_each(|stream| stream.cut(reason));
        }
        let entry = lock(&self.current).clone();
        if let Some(entry) = entry {
            // A client that left may leave its stream behind, to be drained by the body that is dropped now.
            if reason == EndReason::ClientGone
                && self.terms.drains
                && entry.phase() == ledger::Phase::Streaming
            {
                entry.end(reason);
            } else {
                entry.revoke(reason);
            }
        }
        lock(&self.parked).iter().for_each(|exchange| exchange.undelivered(reason));
        self.reset_if(self.blocked_since.load(Relaxed) > 0);
        self.abort();
    }

    /// Has the connection reset when it closes; a stream has no socket of its own.
    fn reset_if(&self, wanted: bool) {
        if wanted && !matches!(self.http2.get(), Some(Http2::Stream(_))) {
            self.watch.reset_on_close();
        }
    }

    fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}
