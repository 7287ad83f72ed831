//! What the chart can show, by the keys 1 to 5.

use std::time::Duration;

use vitals::{Sample, Thresholds};

use crate::render::{latency, memory};
use crate::source::Reading;

/// A measurement with a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Metric {
    /// The tasks that thresholds apply to.
    #[default]
    Goroutines,
    /// Live heap.
    Memory,
    /// Open descriptors.
    Descriptors,
    /// Requests under way.
    InFlight,
    /// How long polls took, in microseconds.
    Latency,
}

impl Metric {
    /// All, in the order of their keys.
    pub(crate) const ALL: [Self; 5] =
        [Self::Goroutines, Self::Memory, Self::Descriptors, Self::InFlight, Self::Latency];

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// What it is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Goroutines => "goroutines",
            Self::Memory => "memory",
            Self::Descriptors => "descriptors",
            Self::InFlight => "in flight",
            Self::Latency => "latency",
        }
    }

    /// Its value in a sample, if that has one.
    pub(crate) fn of(self, reading: &Reading) -> Option<u64> {
        let sample: &Sample = &reading.sample;
        match self {
            Self::Goroutines => sample.unexplained(),
            Self::Memory => sample.alloc_bytes,
            Self::Descriptors => sample.open_fds,
            Self::InFlight => sample.in_flight,
            Self::Latency => u64::try_from(reading.latency.as_micros()).ok(),
        }
    }

    /// A value in words.
    pub(crate) fn text(self, value: u64) -> String {
        match self {
            Self::Memory => memory(value),
            Self::Latency => latency(Duration::from_micros(value)),
            _ => value.to_string(),
        }
    }

    /// Where it stops being fine, with the word for it.
    pub(crate) const fn limits(self, thresholds: &Thresholds) -> [Option<(&'static str, u64)>; 2] {
        match self {
            Self::Goroutines => [Some(("warning", thresholds.warning)), Some(("danger", thresholds.danger))],
            Self::Memory => {
                [Some(("warning", thresholds.memory_warning)), Some(("danger", thresholds.memory_danger))]
            }
            _ => [None, None],
        }
    }
}
