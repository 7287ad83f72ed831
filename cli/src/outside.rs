//! The readers of what comes from outside, as the fuzz targets call them (`fuzz/`).

use std::time::Duration;

use crate::{comparison, profile, source};

/// Reads a health answer.
///
/// # Errors
/// Why it is none.
pub fn health(body: &[u8]) -> Result<(), String> {
    source::read_health(body, Duration::ZERO).map(drop).map_err(|error| error.what)
}

/// Reads a recording, or a log of the old scripts. Returns how many rows it has.
///
/// # Errors
/// Why it is none.
pub fn recording(bytes: &[u8]) -> Result<usize, String> {
    comparison::count_rows(bytes)
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
    profile::read(body).map(drop)
}
