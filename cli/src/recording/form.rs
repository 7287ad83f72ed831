//! The forms in which rows are written one at a time, and what a row is.

use std::time::Duration;

use jiff::Timestamp;
use vitals::{FIELDS, Field, Measure};

use crate::reading::Outcome;

/// How a row is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// The columns of docs/recordings.md, one header.
    #[default]
    Csv,
    /// An object a row, and a summary as the last line.
    Ndjson,
}

/// The columns before the measurements; `status` is the target's own word for its state.
pub(super) const OWN: [&str; 7] = ["ts", "elapsed_s", "seq", "ok", "error", "latency_ms", "status"];

/// The column of those that answer behind one name, each by its address.
pub(super) const INSTANCE: &str = "instance";

/// A column after [`OWN`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Measured(&'static Field),
    Instance,
}

impl Column {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Measured(field) => field.csv.unwrap_or_default(),
            Self::Instance => INSTANCE,
        }
    }
}

/// The columns after [`OWN`]. New ones come to the end, so the instance stands among the measurements.
pub(super) fn columns() -> impl Iterator<Item = Column> {
    FIELDS.iter().filter(|field| field.csv.is_some()).flat_map(|field| {
        let before = (field.measure == Measure::ErrorsTotal).then_some(Column::Instance);
        before.into_iter().chain([Column::Measured(field)])
    })
}

/// The names of all columns in their order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OWN.into_iter().chain(columns().map(Column::name))
}

/// One poll, with its place in the recording.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// When the poll started, by the wall clock.
    pub(crate) at: Timestamp,
    /// Since the recording's first row, by the monotonic clock.
    pub(crate) elapsed: Duration,
    /// Counts rows from 0.
    pub(crate) seq: u64,
    pub(crate) outcome: &'a Outcome,
    /// Which of several behind one name was asked.
    pub(crate) instance: Option<&'a str>,
}

/// Where a recording stands: what its last row says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// When its poll started.
    pub(crate) at: Timestamp,
    /// Since the recording's first row.
    pub(crate) elapsed: Duration,
    /// Counts rows from 0.
    pub(crate) seq: u64,
}

/// The kinds of a whole last line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Last {
    /// A poll: the recording stands there.
    Row(Place),
    /// The end of a finished recording.
    Summary,
    /// Neither.
    Foreign,
}
