//! Pauses of the process: SIGSTOP, a suspended machine, a stall of seconds. Nobody can be blamed for what did not happen
//! meanwhile, and what did happen waits in sockets. A pause is a gap between two beats; the clock of deadlines leaves it
//! out, and goes on only when everybody has had time to read what waits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A silence of the beat as long as this is taken for a pause; and how long the clock stands still after one. In
/// milliseconds: more than what a busy machine may delay a beat.
const GAP: u64 = 2_000;

/// The pauses of this process.
pub(super) static PROCESS: Pauses = Pauses::new();

/// What is known of them. All times are in milliseconds; 0 is "not set".
pub(super) struct Pauses {
    /// When it was last seen to run. Written last, so that whoever reads it reads the others after it.
    beaten: AtomicU64,
    /// How long it has stood still, in all.
    stood: AtomicU64,
    /// What the clock of deadlines never falls below: what it may have said before the last pause was noticed.
    floor: AtomicU64,
    noticing: Mutex<()>,
}

impl Pauses {
    const fn new() -> Self {
        Self {
            beaten: AtomicU64::new(0),
            stood: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            noticing: Mutex::new(()),
        }
    }

    /// It runs.
    pub(super) fn beat(&self, now: u64) {
        self.notice(now);
        self.beaten.fetch_max(now, Ordering::Release);
    }

    /// The clock of deadlines.
    pub(super) fn awake(&self, now: u64) -> u64 {
        self.notice(now);
        let stood = self.stood.load(Ordering::Relaxed);
        now.saturating_sub(stood).max(self.floor.load(Ordering::Relaxed))
    }

    /// How long from now until that clock says `at`: after a pause longer than it seems.
    pub(super) fn wait(&self, now: u64, at: u64) -> u64 {
        if self.awake(now) >= at {
            return 0;
        }
        at.saturating_add(self.stood.load(Ordering::Relaxed)).saturating_sub(now)
    }

    /// Whoever asks first after a pause notices it.
    fn notice(&self, now: u64) {
        let beaten = self.beaten.load(Ordering::Acquire);
        if beaten == 0 || now <= beaten + GAP {
            return;
        }
        let _one_at_a_time = self.noticing.lock().unwrap_or_else(PoisonError::into_inner);
        let beaten = self.beaten.load(Ordering::Acquire);
        if now <= beaten + GAP {
            return;
        }
        let stood = self.stood.load(Ordering::Relaxed);
        self.floor.fetch_max((beaten + GAP).saturating_sub(stood), Ordering::Relaxed);
        self.stood.store(stood + (now - beaten), Ordering::Relaxed);
        self.beaten.store(now, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_left_out_and_the_clock_stands_still_for_a_while_after_it() {
        let pauses = Pauses::new();
        assert_eq!(pauses.awake(9_000), 9_000, "nobody beats");
        for now in [10_000, 11_000, 12_900] {
            pauses.beat(now);
            assert_eq!(pauses.awake(now + 900), now + 900);
        }
        // It stood still from shortly after 12,900 on, for a minute.
        let said: Vec<u64> = [72_900, 73_500, 74_899].map(|now| pauses.awake(now)).to_vec();
        assert_eq!(said, [14_900; 3]);
        assert_eq!(pauses.wait(73_500, 14_900), 0);
        assert_eq!(pauses.wait(73_500, 14_925), 1_425);
        pauses.beat(74_000);
        assert_eq!(pauses.awake(74_925), 14_925, "and goes on");
        assert_eq!(pauses.wait(74_925, 20_000), 5_075);
    }

    #[test]
    fn one_pause_after_the_other_does_not_stop_the_clock_for_ever() {
        let pauses = Pauses::new();
        let (mut now, mut last) = (1_000, 0);
        for _ in 0..10 {
            pauses.beat(now);
            pauses.beat(now + 1_500);
            pauses.beat(now + 3_000);
            now += 60_000;
            let awake = pauses.awake(now);
            assert!(awake >= last, "it went back");
            last = awake;
        }
        // Three seconds of each minute, and two for the last.
        assert_eq!(last, 1_000 + 10 * 3_000 + GAP);
    }
}
