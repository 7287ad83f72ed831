//! Counters that only grow, and histograms of durations: what the monitor adds up over the workers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A counter that only grows.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Upper bounds of the duration histograms, in milliseconds.
pub(crate) const BUCKETS: [u64; 14] =
    [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000, 60_000, 300_000, 900_000];

/// How often something took how long.
#[derive(Default)]
pub(crate) struct Histogram {
    /// One more than the bounds: the last one takes what is above them all.
    counts: [Count; BUCKETS.len() + 1],
    sum: Count,
}

impl Histogram {
    pub(crate) fn record(&self, millis: u64) {
        let bucket = BUCKETS.iter().position(|bound| millis <= *bound).unwrap_or(BUCKETS.len());
        self.counts[bucket].add(1);
        self.sum.add(millis);
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> + '_ {
        self.counts.iter().map(Count::get)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_each_value_once() {
        let histogram = Histogram::default();
        [0, 1, 2, 900_000, 900_001].into_iter().for_each(|ms| histogram.record(ms));
        let counts: Vec<u64> = histogram.counts().collect();
        assert_eq!((counts[0], counts[1], counts[13], counts[14]), (2, 1, 1, 1));
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(histogram.sum(), 1_800_004);
    }
}
