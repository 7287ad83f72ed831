//! What good requests of a target have been seen to take: by that a wait is measured once time is short.

use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::bench::Bench;
use super::limit::Speed;
use super::load::Percentiles;

/// Good requests one after the other that are asked before a row where it is quick: of every kind, and then in pairs.
const KINDS: usize = 16;
const PAIRS: u32 = 4;
/// A relay whose good requests take longer is slow: it is asked all at once.
const SLOW: Duration = Duration::from_millis(500);
/// And one whose good requests take longer than this is asked for nothing but its rows, as long as it lives: a row costs it
/// two waits then, and not four.
const SLUGGISH: Duration = Duration::from_secs(2);

impl Bench {
    pub(super) fn is_slow(&self) -> bool {
        self.speed().usual >= SLOW
    }

    /// Tells whether good requests before a row would cost too much.
    pub(super) fn is_sluggish(&self) -> bool {
        self.size.hurried && !self.strict() && self.speed().usual >= SLUGGISH
    }

    /// Good requests before the next row are spared: the last of the row before was answered.
    pub(super) fn spares_warm_up(&self) -> bool {
        self.is_sluggish() && self.warm.load(Relaxed)
    }

    /// How many good requests come before a row: of every kind where there is time.
    pub(super) fn warm_ups(&self, at_once: usize) -> usize {
        at_once.max(if self.is_sluggish() { self.paths.len() * 2 } else { KINDS })
    }

    /// How many of them are waited for one after the other, with the one after the row.
    pub(super) fn good_waits(&self) -> u32 {
        if self.spares_warm_up() {
            return 1;
        }
        let kinds = self.warm_ups(self.size.at_once).div_ceil(self.size.at_once.max(1));
        u32::try_from(kinds).unwrap_or(u32::MAX).saturating_add(if self.is_slow() { 2 } else { PAIRS + 1 })
    }

    /// Good requests have taken so long, all of them at once or alone.
    pub(super) fn saw_good(&self, latencies: &[Duration]) {
        let Some(seen) = Percentiles::of(latencies) else { return };
        let mut speed = self.speed.lock().unwrap_or_else(PoisonError::into_inner);
        *speed = Speed { usual: seen.p50, good: speed.good.max(seen.max), ..*speed };
    }

    /// How many good requests are done within this time.
    pub(super) fn within(&self, time: Duration) -> usize {
        let usual = self.speed().usual.as_micros().max(1);
        let fit = match self.size.rate {
            Some(rate) => (rate * time.as_secs_f64()) as u128,
            None => time.as_micros() / usual * self.size.at_once as u128,
        };
        usize::try_from(fit).unwrap_or(usize::MAX)
    }

    pub(super) fn speed(&self) -> Speed {
        let speed = *self.speed.lock().unwrap_or_else(PoisonError::into_inner);
        Speed { longest: self.target.ledger.longest(), ..speed }
    }
}
