//! A caller's rate: the generic cell rate algorithm, one number a caller. There is nothing that could grow.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::config::Rate;

/// Lets `rate.count` requests through in `rate.per`, all at once if need be.
pub(crate) struct Limiter {
    /// When the allowance would be whole again, in microseconds of the caller's clock.
    whole_at: AtomicU64,
    /// Microseconds of the allowance that one request costs.
    cost: u64,
    per: u64,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        let per = u64::try_from(rate.per.as_micros()).unwrap_or(u64::MAX / 4);
        Self { whole_at: AtomicU64::new(0), cost: (per / u64::from(rate.count.max(1))).max(1), per }
    }

    /// Takes one request out of the allowance at `now` (time since any fixed start).
    ///
    /// # Errors
    /// How long to wait for the next one.
    pub(crate) fn take(&self, now: Duration) -> Result<(), Duration> {
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX / 4);
        let mut wait = 0;
        let taken = self.whole_at.fetch_update(Relaxed, Relaxed, |whole_at| {
            let next = whole_at.max(now) + self.cost;
            // A remainder of the division must not cost the last request of the allowance.
            wait = (next - now).saturating_sub(self.per);
            (wait == 0).then_some(next)
        });
        taken.map(drop).map_err(|_| Duration::from_micros(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(text: &str) -> Limiter {
        Limiter::new(Rate::parse(text).unwrap())
    }

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn all_at_once_and_then_one_by_one() {
        let limiter = limiter("60/m");
        assert_eq!((0..100).filter(|_| limiter.take(S).is_ok()).count(), 60);
        let wait = limiter.take(S).unwrap_err();
        assert_eq!(wait, S, "a 60th of a minute");
        assert!(limiter.take(S + wait).is_ok());
        assert!(limiter.take(S + wait).is_err());
        assert_eq!((0..100).filter(|_| limiter.take(S * 1000).is_ok()).count(), 60, "whole again");
    }

    #[test]
    fn counts_that_do_not_divide_the_time_are_whole_all_the_same() {
        for (text, count) in [("7/s", 7), ("999/s", 999), ("1/h", 1), ("1000000/s", 1_000_000)] {
            let limiter = limiter(text);
            assert_eq!((0..count * 2).filter(|_| limiter.take(S).is_ok()).count(), count, "{text}");
        }
    }
}
