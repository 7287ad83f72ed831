//! A channel's breaker: says whether the channel is worth trying now. It only chooses among channels; while a
//! channel is the only one left, its own answer is better than one that the relay makes up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use crate::clock::lock;

/// Failures and successes are counted over this long, in milliseconds.
const WINDOW: u64 = 10_000;
/// Fewer failures in a window say nothing.
const FAILURES: u32 = 5;
/// The first rest, in milliseconds; each one that ends in a failed probe doubles it.
const REST: u64 = 2_000;
/// The longest rest of its own making, in milliseconds.
const LONGEST: u64 = 60_000;

const CLOSED: u8 = 0;
const RESTING: u8 = 1;

/// A channel as its breaker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Works, as far as is known.
    Closed,
    /// One request at a time may see whether it works again.
    HalfOpen,
    Open,
}

/// Trips when at least [`FAILURES`] and at least half of the attempts of a window failed.
#[derive(Default)]
pub(crate) struct Breaker {
    state: AtomicU8,
    /// Since the window began. Counted without the lock: almost every attempt is one.
    successes: AtomicU32,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    window: u64,
    failures: u32,
    /// Until when it rests; in the past: a probe may go.
    until: u64,
    rest: u64,
    probing: bool,
    /// Since when it rests.
    since: u64,
}

impl Breaker {
    pub(crate) fn state(&self, now: u64) -> State {
        if self.state.load(Relaxed) == CLOSED {
            return State::Closed;
        }
        let inner = lock(&self.inner);
        if now >= inner.until && !inner.probing { State::HalfOpen } else { State::Open }
    }

    /// Lets an attempt through. `Some(true)`: it is the probe, which ends with [`Self::success`], [`Self::failure`]
    /// or [`Self::probe_lost`]. `None`: it rests.
    pub(crate) fn enter(&self, now: u64) -> Option<bool> {
        if self.state.load(Relaxed) == CLOSED {
            return Some(false);
        }
        let mut inner = lock(&self.inner);
        if now < inner.until || inner.probing {
            return None;
        }
        inner.probing = true;
        Some(true)
    }

    /// An attempt that began at `began` went well. One that was under way when the channel began to rest says nothing
    /// about whether it still works.
    pub(crate) fn success(&self, began: u64, probe: bool) {
        self.successes.fetch_add(1, Relaxed);
        if self.state.load(Relaxed) == CLOSED {
            return;
        }
        let mut inner = lock(&self.inner);
        if probe || began > inner.since {
            *inner = Inner::default();
            self.state.store(CLOSED, Relaxed);
        }
    }

    /// Returns whether the channel rests from now on and did not before.
    pub(crate) fn failure(&self, now: u64) -> bool {
        let mut inner = lock(&self.inner);
        if self.state.load(Relaxed) == RESTING {
            // A probe that failed, or a request that was already under way or had no other channel.
            if inner.probing || now >= inner.until {
                inner.probing = false;
                inner.rest = (inner.rest * 2).clamp(REST, LONGEST);
                inner.until = now + jittered(inner.rest);
            }
            return false;
        }
        if now > inner.window + WINDOW || inner.failures == 0 {
            inner.window = now;
            inner.failures = 0;
            self.successes.store(0, Relaxed);
        }
        inner.failures += 1;
        if inner.failures < FAILURES || inner.failures < self.successes.load(Relaxed) {
            return false;
        }
        *inner = Inner { rest: REST, until: now + jittered(REST), since: now, ..Inner::default() };
        self.state.store(RESTING, Relaxed);
        true
    }

    /// The upstream itself asks for a rest, in milliseconds (already clamped).
    pub(crate) fn rest(&self, now: u64, millis: u64) {
        let mut inner = lock(&self.inner);
        inner.until = inner.until.max(now + millis);
        inner.rest = inner.rest.max(REST);
        inner.since = now;
        inner.probing = false;
        self.state.store(RESTING, Relaxed);
    }

    /// The probe ended without a result: its client left.
    pub(crate) fn probe_lost(&self) {
        lock(&self.inner).probing = false;
    }

    /// Milliseconds until it may be tried again.
    pub(crate) fn remaining(&self, now: u64) -> u64 {
        if self.state.load(Relaxed) == CLOSED { 0 } else { lock(&self.inner).until.saturating_sub(now) }
    }
}

/// Up to a quarter less, so that several relays do not probe together.
fn jittered(millis: u64) -> u64 {
    millis - fastrand::u64(..=millis / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tripped() -> Breaker {
        let breaker = Breaker::default();
        assert_eq!((0..FAILURES).filter(|_| breaker.failure(100)).count(), 1, "it trips once");
        breaker
    }

    #[test]
    fn it_trips_on_failures_only_where_they_are_half_of_what_happens() {
        let breaker = Breaker::default();
        for _ in 0..100 {
            breaker.failure(100);
            breaker.success(100, false);
            breaker.success(100, false);
        }
        assert_eq!(breaker.state(100), State::Closed);
        assert_eq!(tripped().state(100), State::Open);
    }

    #[test]
    fn a_long_good_past_does_not_hide_a_bad_present() {
        let breaker = Breaker::default();
        (0..1_000_000).for_each(|_| breaker.success(1, false));
        (0..FAILURES).for_each(|_| {
            breaker.failure(100);
        });
        assert_eq!(breaker.state(100), State::Open);
    }

    #[test]
    fn failures_far_apart_do_not_add_up() {
        let breaker = Breaker::default();
        for n in 0..20 {
            breaker.failure(n * (WINDOW + 1));
        }
        assert_eq!(breaker.state(0), State::Closed);
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let breaker = tripped();
        assert_eq!(breaker.enter(101), None);
        let later = 101 + REST;
        assert_eq!(
            (breaker.state(later), breaker.enter(later), breaker.enter(later)),
            (State::HalfOpen, Some(true), None)
        );
        breaker.probe_lost();
        assert_eq!(breaker.enter(later), Some(true));
        breaker.failure(later);
        assert!(breaker.remaining(later) > REST, "the rest grows: {}", breaker.remaining(later));
        assert_eq!(breaker.enter(later + 2 * REST), Some(true));
        breaker.success(later, true);
        assert_eq!((breaker.state(later), breaker.enter(later)), (State::Closed, Some(false)));
    }

    #[test]
    fn what_was_under_way_does_not_end_a_rest() {
        let breaker = tripped();
        breaker.success(99, false);
        assert_eq!(breaker.state(100), State::Open);
        let asked = Breaker::default();
        asked.rest(100, 30_000);
        asked.success(50, false);
        assert_eq!(asked.state(20_000), State::Open);
        // Without another channel the resting one is asked; its answer counts.
        asked.success(200, false);
        assert_eq!(asked.state(20_000), State::Closed);
    }

    #[test]
    fn rests_are_bounded() {
        let breaker = tripped();
        let mut now = 100;
        for _ in 0..50 {
            now += LONGEST;
            breaker.enter(now);
            breaker.failure(now);
        }
        assert!(breaker.remaining(now) <= LONGEST);
        breaker.rest(now, 30_000);
        assert!(breaker.remaining(now) >= 30_000);
    }
}
