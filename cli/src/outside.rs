//! The readers of what comes from outside, as the fuzz targets call them (`fuzz/`).

use std::time::Duration;

use jiff::Timestamp;
use vitals::Sample;

use crate::recording::{Row, header, samples};
use crate::{profile, source, words};

/// Reads a health answer: what was measured, and the recording that keeps it.
///
/// # Errors
/// Why it is none.
pub fn health(body: &[u8]) -> Result<(Sample, Vec<u8>), String> {
    let outcome = source::read_health(body, Duration::ZERO);
    let row =
        Row { at: Timestamp::UNIX_EPOCH, elapsed: Duration::ZERO, seq: 0, outcome: &outcome, instance: None };
    let recording = [header(), row.to_line()].concat();
    outcome.map(|reading| (reading.sample, recording)).map_err(|error| words::en::error_seen(&error))
}

/// Reads a recording, or a log of the old scripts: its rows, `None` where one holds no sample.
///
/// # Errors
/// Why it is none.
pub fn recording(bytes: &[u8]) -> Result<Vec<Option<Sample>>, String> {
    samples(bytes)
}

/// Reads metrics, as Prometheus' text and as OpenMetrics.
///
/// # Errors
/// Why they are none.
pub fn metrics(body: &[u8]) -> Result<(), String> {
    source::read_metrics(body, true).or_else(|_| source::read_metrics(body, false))
}

/// Reads a goroutine profile, text or protobuf.
///
/// # Errors
/// Why it is none.
pub fn profile(body: &[u8]) -> Result<(), String> {
    profile::read(body).map(drop).map_err(|why| words::en::unreadable(&why))
}
