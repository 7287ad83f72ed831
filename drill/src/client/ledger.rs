//! What all clients of a target have sent, and how it ended as far as they read it: counted where it happens, so that it is
//! known also of work that is broken off.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Outcome;

const KINDS: usize = Outcome::KEYS.len();

/// Counts, all of them from one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Whole requests that were sent.
    pub(crate) posted: u64,
    /// In the order of [`Outcome::KEYS`].
    ended: [u64; KINDS],
}

impl Counts {
    /// What came after `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let ended = std::array::from_fn(|i| self.ended[i].saturating_sub(earlier.ended[i]));
        Self { posted: self.posted.saturating_sub(earlier.posted), ended }
    }

    /// How many had an end.
    pub(crate) fn ends(&self) -> u64 {
        self.ended.iter().sum()
    }

    /// How many had none for as long as they were waited for.
    pub(crate) fn hung(&self) -> u64 {
        let at = Outcome::KEYS.iter().position(|key| *key == Outcome::Hung.key());
        at.map_or(0, |at| self.ended[at])
    }

    /// By what clients saw.
    pub(crate) fn client(&self) -> BTreeMap<&'static str, u64> {
        Outcome::KEYS.into_iter().zip(self.ended).filter(|(_, count)| *count > 0).collect()
    }
}

/// Shared by all clients of a target.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    posted: AtomicU64,
    ended: [AtomicU64; KINDS],
    /// How long the longest took of those that had an end, in microseconds.
    longest: AtomicU64,
    /// What there was when the row began that is under way.
    begun: Mutex<Counts>,
}

impl Ledger {
    /// So many whole requests were sent.
    pub(crate) fn post(&self, requests: u64) {
        self.posted.fetch_add(requests, Relaxed);
    }

    pub(crate) fn posted(&self) -> u64 {
        self.posted.load(Relaxed)
    }

    /// One had this end, so long after somebody began to wait for it.
    pub(crate) fn end(&self, outcome: Outcome, took: Duration) {
        if let Some(at) = Outcome::KEYS.iter().position(|key| *key == outcome.key()) {
            self.ended[at].fetch_add(1, Relaxed);
        }
        if !matches!(outcome, Outcome::Hung | Outcome::Left) {
            let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            self.longest.fetch_max(took, Relaxed);
        }
    }

    /// How long the longest took of those that had an end.
    pub(crate) fn longest(&self) -> Duration {
        Duration::from_micros(self.longest.load(Relaxed))
    }

    pub(crate) fn counts(&self) -> Counts {
        let ended = std::array::from_fn(|i| self.ended[i].load(Relaxed));
        Counts { posted: self.posted(), ended }
    }

    /// A row begins, or its work does.
    pub(crate) fn begin(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = self.counts();
    }

    /// What the row that is under way has come to.
    pub(crate) fn of_row(&self) -> Counts {
        let begun = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        self.counts().since(&begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_what_came_since_it_began() {
        let (ledger, secs) = (Ledger::default(), Duration::from_secs);
        ledger.post(3);
        ledger.end(Outcome::Ok, secs(2));
        ledger.begin();
        ledger.post(4);
        ledger.end(Outcome::Ok, secs(1));
        ledger.end(Outcome::Http(503), secs(1));
        ledger.end(Outcome::Hung, secs(30));
        let row = ledger.of_row();
        assert_eq!((row.posted, row.ends(), row.hung()), (4, 3, 1));
        assert_eq!(row.client(), BTreeMap::from([("ok", 1), ("http_5xx", 1), ("hung", 1)]));
        assert_eq!(ledger.longest(), secs(2), "what was waited for in vain took no time");
    }
}
