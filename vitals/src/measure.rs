//! The one handle by which everything speaks of a measurement: what it is called, where it is read, how it is shown.
//! Tables, charts, JSON, CSV and findings are made from it; only [`crate::FIELDS`] knows more, for what is in a sample.

use serde::{Serialize, Serializer};

use crate::{FIELDS, Field, Sample, Thresholds, Unit};

pub use crate::sample::Measure;

/// A poll's numbers, wherever they were read.
pub trait Measured {
    /// What the target reported.
    fn sample(&self) -> &Sample;

    /// How long the answer took, in microseconds; `None` where that is not known.
    fn latency_us(&self) -> Option<u64>;
}

impl Measured for Sample {
    fn sample(&self) -> &Sample {
        self
    }

    fn latency_us(&self) -> Option<u64> {
        None
    }
}

impl Measure {
    /// Those that recordings are compared by and that pages draw, in the order of printing.
    pub const COMPARED: [Self; 9] = [
        Self::Goroutines,
        Self::Unexplained,
        Self::AllocBytes,
        Self::RssBytes,
        Self::OpenFds,
        Self::Threads,
        Self::InFlight,
        Self::Latency,
        Self::UpstreamOpen,
    ];

    /// Those with a column: of a recording in its order, then the derived ones.
    pub fn columns() -> impl Iterator<Item = Self> {
        let recorded = FIELDS.iter().filter(|field| field.csv.is_some()).map(|field| field.measure);
        recorded.chain([Self::Unexplained, Self::Latency])
    }

    /// The one with this column.
    #[must_use]
    pub fn named(column: &str) -> Option<Self> {
        Self::columns().find(|measure| measure.column() == column)
    }

    /// Its row of [`FIELDS`]; `None` for what is derived.
    #[must_use]
    pub fn field(self) -> Option<&'static Field> {
        FIELDS.get(self as usize)
    }

    /// Its name in CSV, JSON and expectations. What is not recorded has its place in the health JSON.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::Latency => "latency_ms",
            _ => self.field().map_or("", |field| field.csv.unwrap_or(field.json)),
        }
    }

    /// Its name in tables and charts.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::Latency => "latency",
            _ => self.field().map_or("", |field| field.label),
        }
    }

    /// The unit of its numbers.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Latency => Unit::Micros,
            _ => self.field().map_or(Unit::Count, |field| field.unit),
        }
    }

    /// Its number, if a poll brought one.
    #[must_use]
    pub fn of(self, poll: &impl Measured) -> Option<u64> {
        let sample = poll.sample();
        match self {
            Self::Unexplained => sample.explained.and(sample.unexplained()),
            Self::Latency => poll.latency_us(),
            _ => self.field().and_then(|field| (field.get)(sample)),
        }
    }

    /// Writes it into a sample; what is derived stays so.
    pub fn set(self, sample: &mut Sample, value: Option<u64>) {
        if let Some(field) = self.field() {
            (field.set)(sample, value);
        }
    }

    /// The number that thresholds apply to: of all tasks those beyond the explained ones, where these are known.
    #[must_use]
    pub fn judged(self, poll: &impl Measured) -> Option<u64> {
        if self == Self::Goroutines { poll.sample().unexplained() } else { self.of(poll) }
    }

    /// Above which it is a warning, and above which danger.
    #[must_use]
    pub const fn limits(self, thresholds: &Thresholds) -> Option<[u64; 2]> {
        match self {
            Self::Goroutines | Self::Unexplained => Some([thresholds.warning, thresholds.danger]),
            Self::AllocBytes => Some([thresholds.memory_warning, thresholds.memory_danger]),
            _ => None,
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.column())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_where_its_measure_says() {
        for field in FIELDS {
            assert_eq!(field.measure.field().map(|found| found.json), Some(field.json));
            assert_eq!(field.measure.unit(), field.unit);
        }
        assert!(Measure::Unexplained.field().is_none() && Measure::Latency.field().is_none());
    }

    #[test]
    fn names_find_what_they_name_and_labels_are_unique() {
        let labels: std::collections::BTreeSet<_> = Measure::columns().map(Measure::label).collect();
        assert_eq!(labels.len(), Measure::columns().count());
        for measure in Measure::columns() {
            assert_eq!(Measure::named(measure.column()), Some(measure));
        }
        assert_eq!(Measure::named("uptime_s"), None, "not recorded");
        assert_eq!(Measure::OldestS.column(), "relay.oldest_s");
        assert_eq!(serde_json::to_string(&Measure::Latency).unwrap(), "\"latency_ms\"");
    }

    #[test]
    fn the_judged_tasks_are_those_beyond_the_explained_ones() {
        let sample = Sample { goroutines: Some(12), alloc_bytes: Some(7), ..Sample::default() };
        let explained = Sample { explained: Some(9), ..sample };
        let of = |measure: Measure| [measure.of(&sample), measure.of(&explained)];
        assert_eq!(of(Measure::Goroutines), [Some(12); 2]);
        assert_eq!(of(Measure::Unexplained), [None, Some(3)]);
        assert_eq!([sample, explained].map(|s| Measure::Goroutines.judged(&s)), [Some(12), Some(3)]);
        assert_eq!(Measure::AllocBytes.judged(&explained), Some(7));
        assert_eq!(Measure::Latency.of(&sample), None);
    }
}
