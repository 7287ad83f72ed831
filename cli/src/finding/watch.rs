//! The numbers of a watch's sentences.

use vitals::trend::{Metric, Trend};

use super::{Finding, Said};
use crate::reading::PollError;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Watch {
    Growing(Box<Trend>),
    /// `--require-trend`, and no course is known; none where the count is not reported.
    Untold(Metric, Option<Tale>),
    Peak {
        peak: u64,
        limit: u64,
    },
    /// The last poll failed.
    Unreachable(PollError),
    MostlyFailed {
        good: u64,
        polls: u64,
    },
}

/// A trend, or how far it is from the first judgement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tale {
    NotReported,
    /// No sample has counted yet; the seconds that are still needed.
    WarmingUp(Option<f64>),
    /// Blocks are longer than the operator was told, for samples resemble their neighbours.
    Slow(Box<Trend>),
    Judged(Box<Trend>),
}

impl Finding {
    /// True if its sentence ends with this one.
    pub(crate) fn tells(&self, tale: &Tale) -> bool {
        match (&self.core().said, tale) {
            (Said::Watch(Watch::Untold(_, Some(own))), tale) => own == tale,
            _ => false,
        }
    }

    /// True if its sentence has this error in it.
    pub(crate) fn tells_of(&self, error: &PollError) -> bool {
        matches!(&self.said, Said::Watch(Watch::Unreachable(own)) if own == error)
    }
}
