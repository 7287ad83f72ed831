//! A channel's keys: used in turn; one that the upstream refuses, or limits, rests alone.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};

use adaptors::session::distance;
use vitals::Secret;

/// A refused key rests this long first, in milliseconds; each further refusal doubles it.
const REFUSED: u64 = 60_000;
/// The longest rest of a refused key, in milliseconds.
const LONGEST_REFUSED: u64 = 15 * 60_000;

pub(crate) struct Keys {
    keys: Vec<Key>,
    next: AtomicUsize,
}

struct Key {
    secret: Secret,
    /// Until when it rests.
    until: AtomicU64,
    refusals: AtomicU32,
}

impl Keys {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let key = |secret: &Secret| Key {
            secret: secret.clone(),
            until: AtomicU64::new(0),
            refusals: AtomicU32::new(0),
        };
        Self { keys: secrets.iter().map(key).collect(), next: AtomicUsize::new(0) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Tells whether any key is fit that is not excluded.
    pub(crate) fn has_fit(&self, now: u64, excluded: impl Fn(usize) -> bool) -> bool {
        self.is_empty() || (0..self.keys.len()).any(|at| self.is_fit(at, now) && !excluded(at))
    }

    fn is_fit(&self, at: usize, now: u64) -> bool {
        self.keys.get(at).is_some_and(|key| key.until.load(Relaxed) <= now)
    }

    /// The next key in turn that does not rest; where all rest, the one that rests shortest. `None` when there is
    /// none that is not excluded.
    pub(crate) fn next(&self, now: u64, excluded: impl Fn(usize) -> bool) -> Option<usize> {
        let count = self.keys.len();
        let turn = self.next.fetch_add(1, Relaxed);
        let mut in_turn = (0..count).map(|n| turn.wrapping_add(n) % count).filter(|at| !excluded(*at));
        let mut others = in_turn.clone();
        in_turn
            .find(|at| self.is_fit(*at, now))
            .or_else(|| others.by_ref().min_by_key(|at| self.keys[*at].until.load(Relaxed)))
    }

    /// The key that a session keeps to, of those that do not rest; where all rest, the one that rests shortest. `None` when
    /// there is none that is not excluded.
    pub(crate) fn of_session(
        &self,
        session: u64,
        now: u64,
        excluded: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let distance = |at: &usize| distance(session, &at.to_le_bytes(), 1);
        let left = (0..self.keys.len()).filter(|at| !excluded(*at));
        let fit = left.clone().filter(|at| self.is_fit(*at, now));
        fit.min_by(|one, other| distance(one).total_cmp(&distance(other)))
            .or_else(|| left.min_by_key(|at| self.keys[*at].until.load(Relaxed)))
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn secret(&self, at: usize) -> Option<&Secret> {
        self.keys.get(at).map(|key| &key.secret)
    }

    /// The upstream took the key.
    pub(crate) fn accepted(&self, at: usize) {
        if let Some(key) = self.keys.get(at)
            && key.refusals.load(Relaxed) > 0
        {
            key.refusals.store(0, Relaxed);
            key.until.store(0, Relaxed);
        }
    }

    /// The upstream refused the key. Returns how long it rests, in milliseconds; `None` when it rests already, and
    /// the refusal was of a request that was under way.
    pub(crate) fn refused(&self, at: usize, now: u64) -> Option<u64> {
        let key = self.keys.get(at).filter(|key| key.until.load(Relaxed) <= now)?;
        let refusals = key.refusals.fetch_add(1, Relaxed).min(10);
        let rest = (REFUSED << refusals).min(LONGEST_REFUSED);
        key.until.store(now + rest, Relaxed);
        Some(rest)
    }

    /// The upstream has had enough of the key for a while, in milliseconds.
    pub(crate) fn limited(&self, at: usize, now: u64, millis: u64) {
        if let Some(key) = self.keys.get(at) {
            key.until.fetch_max(now + millis, Relaxed);
        }
    }

    /// How many rest now.
    pub(crate) fn resting(&self, now: u64) -> usize {
        (0..self.keys.len()).filter(|at| !self.is_fit(*at, now)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: usize) -> Keys {
        let secrets: Vec<Secret> = (0..count).map(|n| Secret::new(format!("sk-{n}"))).collect();
        Keys::new(&secrets)
    }

    #[test]
    fn they_take_turns_and_a_resting_one_is_passed_over() {
        let keys = keys(3);
        let turns: Vec<_> = (0..6).map(|_| keys.next(1, |_| false)).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1, 2].map(Some));
        assert_eq!((keys.refused(1, 1), keys.refused(1, 1)), (Some(REFUSED), None), "a burst counts once");
        assert!((0..6).all(|_| keys.next(1, |_| false) != Some(1)));
        assert!((0..3).any(|_| keys.next(1 + REFUSED, |_| false) == Some(1)), "it comes back");
        assert_eq!(keys.resting(1), 1);
    }

    #[test]
    fn where_all_rest_the_shortest_rest_is_taken() {
        let keys = keys(2);
        keys.limited(0, 1, 5_000);
        keys.limited(1, 1, 1_000);
        assert!(!keys.has_fit(2, |_| false));
        assert_eq!(keys.next(2, |_| false), Some(1));
        assert_eq!(keys.next(2, |at| at == 1), Some(0));
        assert_eq!(keys.next(2, |_| true), None);
    }

    #[test]
    fn a_refused_key_rests_longer_each_time_within_bounds_and_is_forgiven() {
        let keys = keys(1);
        let rests: Vec<_> = (1..20).map(|n| keys.refused(0, n * 2 * LONGEST_REFUSED)).collect();
        assert_eq!(rests[..3], [REFUSED, 2 * REFUSED, 4 * REFUSED].map(Some));
        assert_eq!(rests[18], Some(LONGEST_REFUSED));
        keys.accepted(0);
        assert!(keys.has_fit(1, |_| false));
        assert_eq!(keys.refused(0, 1), Some(REFUSED));
    }

    #[test]
    fn no_keys_are_no_obstacle() {
        assert!(keys(0).has_fit(1, |_| true));
        assert_eq!(keys(0).next(1, |_| false), None);
    }
}
