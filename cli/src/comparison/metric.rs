//! What is compared.

use vitals::Measure;

use crate::recording::Poll;

/// In the order of printing.
pub(crate) const METRICS: [Measure; 9] = Measure::COMPARED;

/// A poll's values of all of them, without a look-up for each: a month has half a million polls.
pub(crate) fn values(poll: &Poll) -> [Option<u64>; METRICS.len()] {
    let sample = &poll.sample;
    [
        sample.goroutines,
        sample.explained.and(sample.unexplained()),
        sample.alloc_bytes,
        sample.rss_bytes,
        sample.open_fds,
        sample.threads,
        sample.in_flight,
        poll.latency_us,
        sample.upstream_open,
    ]
}

pub(crate) const GOROUTINES: usize = 0;
pub(crate) const UNEXPLAINED: usize = 1;
pub(super) const MEMORY: usize = 2;
pub(super) const RESIDENT: usize = 3;
pub(super) const DESCRIPTORS: usize = 4;
pub(super) const THREADS: usize = 5;
pub(crate) const IN_FLIGHT: usize = 6;
pub(super) const LATENCY: usize = 7;
pub(super) const CONNECTIONS: usize = 8;

#[cfg(test)]
mod tests {
    use vitals::trend::Metric;

    use super::*;

    #[test]
    fn all_at_once_are_each_by_itself() {
        let numbers = std::array::from_fn(|i| Some(100 - i as u64));
        let poll = Poll { sample: vitals::Sample::of(&numbers), latency_us: Some(7), elapsed_s: None };
        assert_eq!(values(&poll), METRICS.map(|metric| metric.of(&poll)));
        assert_eq!(values(&Poll::default()), [None; METRICS.len()]);
    }

    #[test]
    fn places() {
        let at = [GOROUTINES, UNEXPLAINED, MEMORY, IN_FLIGHT].map(|place| METRICS[place].column());
        assert_eq!(at, ["goroutines", "unexplained", "alloc_bytes", "in_flight"]);
        let at = [RESIDENT, DESCRIPTORS, THREADS, CONNECTIONS].map(|place| METRICS[place].column());
        assert_eq!(at, Metric::RESOURCES.map(|metric| metric.measure().column()));
    }
}
