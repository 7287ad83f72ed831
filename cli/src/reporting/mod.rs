//! Recordings as a report shows them: each read in one pass, in bounded memory.

mod cost;
mod grid;
mod instances;
mod one_load;
mod pace;
mod track;
mod tracking;
mod untold;

pub(crate) use grid::{Extent, Grid};
pub(crate) use instances::Tracks;
pub(crate) use one_load::at_one_load;
pub(crate) use pace::Span;
pub(crate) use track::{Numbers, Track};

use crate::comparison::METRICS;

/// Of each row, the metrics of a comparison are shown.
pub(crate) const SHOWN: usize = METRICS.len();
