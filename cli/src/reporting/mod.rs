//! Recordings as a report shows them: each read in one pass, in bounded memory.

mod grid;
mod track;

pub(crate) use grid::{Extent, Grid};
pub(crate) use track::{Numbers, Track, Tracking};

use crate::comparison::METRICS;
use crate::recording::Poll;

/// What is shown of each row: the metrics of a comparison.
pub(crate) const SHOWN: usize = METRICS.len();

/// The values of one row.
fn values(poll: &Poll) -> [Option<u64>; SHOWN] {
    METRICS.each_ref().map(|metric| metric.value(poll))
}
