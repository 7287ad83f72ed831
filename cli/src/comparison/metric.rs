//! What is compared.

use vitals::units::format_size;

use super::Side;
use crate::recording::Poll;

/// What a metric's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Microseconds, shown as milliseconds.
    Micros,
}

/// One row of the comparison.
#[derive(Debug)]
pub(crate) struct Metric {
    /// The name of its column.
    pub(crate) name: &'static str,
    /// What its numbers are.
    pub(crate) quantity: Quantity,
    /// Reads it.
    pub(super) get: fn(&Poll) -> Option<u64>,
}

impl Metric {
    /// What a poll says of it.
    pub(crate) fn value(&self, poll: &Poll) -> Option<u64> {
        (self.get)(poll)
    }
}

/// In the order of printing.
pub(crate) const METRICS: [Metric; 8] = [
    Metric { name: "goroutines", quantity: Quantity::Count, get: |poll| poll.sample.goroutines },
    Metric {
        name: "unexplained",
        quantity: Quantity::Count,
        get: |poll| poll.sample.explained.and(poll.sample.unexplained()),
    },
    Metric { name: "alloc_bytes", quantity: Quantity::Bytes, get: |poll| poll.sample.alloc_bytes },
    Metric { name: "rss_bytes", quantity: Quantity::Bytes, get: |poll| poll.sample.rss_bytes },
    Metric { name: "open_fds", quantity: Quantity::Count, get: |poll| poll.sample.open_fds },
    Metric { name: "threads", quantity: Quantity::Count, get: |poll| poll.sample.threads },
    Metric { name: "in_flight", quantity: Quantity::Count, get: |poll| poll.sample.in_flight },
    Metric { name: "latency_ms", quantity: Quantity::Micros, get: |poll| poll.latency_us },
];

/// What a poll says of all of them: the same as their own functions, without a call for each.
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
    ]
}

const GOROUTINES: usize = 0;
const UNEXPLAINED: usize = 1;
pub(super) const MEMORY: usize = 2;
pub(super) const IN_FLIGHT: usize = 6;

/// The metric by which these sides are judged: goroutines beyond the explained ones where all report them.
pub(crate) fn judged(sides: &[&Side]) -> usize {
    let reported = |side: &&Side| {
        let [all, beyond] = [GOROUTINES, UNEXPLAINED].map(|metric| side.columns[metric].all.n());
        beyond > 0 && beyond == all
    };
    if sides.iter().all(reported) { UNEXPLAINED } else { GOROUTINES }
}

impl Quantity {
    /// A number with its unit.
    pub(crate) fn show(self, value: u64) -> String {
        match self {
            Self::Count => value.to_string(),
            Self::Bytes => format_size(value),
            #[expect(clippy::cast_precision_loss, reason = "one decimal is printed")]
            Self::Micros => format!("{:.1} ms", value as f64 / 1000.0),
        }
    }

    /// A difference with its sign and unit.
    pub(crate) fn show_difference(self, from: u64, to: u64) -> String {
        let sign = match from.cmp(&to) {
            std::cmp::Ordering::Less => "+",
            std::cmp::Ordering::Equal => "",
            std::cmp::Ordering::Greater => "-",
        };
        format!("{sign}{}", self.show(from.abs_diff(to)))
    }

    /// The number in the unit of the metric's name.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    pub(crate) fn number(self, value: u64) -> f64 {
        match self {
            Self::Count | Self::Bytes => value as f64,
            Self::Micros => value as f64 / 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_at_once_are_each_by_itself() {
        let numbers = std::array::from_fn(|i| Some(100 - i as u64));
        let poll = Poll { sample: vitals::Sample::of(&numbers), latency_us: Some(7), elapsed_s: None };
        assert_eq!(values(&poll), METRICS.each_ref().map(|metric| metric.value(&poll)));
        assert_eq!(values(&Poll::default()), [None; METRICS.len()]);
    }

    #[test]
    fn units_and_signs() {
        assert_eq!(Quantity::Count.show_difference(10, 7), "-3");
        assert_eq!(Quantity::Bytes.show_difference(0, 3 << 20), "+3.0 MiB");
        assert_eq!(Quantity::Micros.show_difference(1500, 1500), "0.0 ms");
        assert_eq!(Quantity::Micros.number(1500), 1.5);
        assert_eq!([METRICS[GOROUTINES].name, METRICS[UNEXPLAINED].name], ["goroutines", "unexplained"]);
        assert_eq!([METRICS[MEMORY].name, METRICS[IN_FLIGHT].name], ["alloc_bytes", "in_flight"]);
    }
}
