//! What a finding's numbers are of, with the name that JSON has for it.

use serde::{Serialize, Serializer};
use vitals::Measure;
use vitals::trend::Metric;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Of(Measure),
    /// More of it an hour.
    PerHour(Metric),
    /// Polls that failed.
    Answers,
    /// What the target says of itself.
    Status,
    /// Which process answers.
    Instance,
}

impl Quantity {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Of(measure) => measure.column(),
            Self::PerHour(Metric::Tasks) => "goroutines_per_h",
            Self::PerHour(Metric::Heap) => "alloc_bytes_per_h",
            Self::PerHour(Metric::Resident) => "rss_bytes_per_h",
            Self::PerHour(Metric::Descriptors) => "open_fds_per_h",
            Self::PerHour(Metric::Threads) => "threads_per_h",
            Self::PerHour(Metric::Connections) => "upstream_open_per_h",
            Self::Answers => "ok",
            Self::Status => "status",
            Self::Instance => "instance",
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
