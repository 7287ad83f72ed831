//! The readers of what comes from outside, as the fuzz targets call them (`fuzz/`).

use std::time::Duration;

use crate::{comparison, source};

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
