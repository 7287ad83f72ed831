//! The numbers of a watch's sentences.

use std::time::Duration;

use vitals::trend::{Metric, Trend};
use vitals::{Measure, Verdict};

use super::{Check, Finding, Kept, Quantity, Said, Thing, real};
use crate::profile::{Evidence, Proof};
use crate::reading::PollError;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Watch {
    Growing(Box<Trend>),
    /// Kinds of descriptors or threads of which there are more and more.
    Kept(Box<Kept>),
    /// What profiles prove.
    Stack(Box<Evidence>),
    /// `--require-trend`, and no course is known; none where the count is not reported.
    Untold(Metric, Option<Tale>),
    Peak {
        peak: u64,
        limit: u64,
    },
    /// The target says that it is about to stop.
    Draining,
    /// The last poll failed.
    Unreachable(PollError),
    MostlyFailed {
        good: u64,
        polls: u64,
    },
}

/// What rose from poll to poll, without a pause and by as much as matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rose {
    pub(crate) measure: Measure,
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) over: Duration,
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
    /// What the profiles of a program prove: a leak by its rate, a crowd by how many it has.
    pub(crate) fn of_stacks(evidence: Evidence) -> Self {
        let (verdict, metric, value) = match evidence.proof {
            Proof::Leak => {
                (Verdict::Danger, Quantity::PerHour(Metric::Tasks), (evidence.per_minute * 60.0).round())
            }
            Proof::Crowd => (Verdict::Warning, Quantity::Of(Measure::Goroutines), real(evidence.count)),
        };
        let said = Said::Watch(Watch::Stack(Box::new(evidence)));
        Self { check: Check::Stack, metric, verdict, value: Some(value), threshold: None, said }
    }

    /// Kinds of what a process holds grow: the judgement of a diagnosis, where no trend says more.
    pub(crate) fn of_kept(kept: Kept) -> Self {
        let metric = match kept.thing {
            Thing::Descriptors => Metric::Descriptors,
            Thing::Threads => Metric::Threads,
        };
        Self {
            check: Check::Growth(metric),
            metric: Quantity::Of(metric.measure()),
            verdict: Verdict::Warning,
            value: Some(real(kept.now)),
            threshold: None,
            said: Said::Watch(Watch::Kept(Box::new(kept))),
        }
    }

    /// The target is about to stop, and says so itself.
    pub(crate) fn of_draining() -> Self {
        let (check, said) = (Check::Draining, Said::Watch(Watch::Draining));
        Self {
            check,
            metric: Quantity::Status,
            verdict: Verdict::Warning,
            value: None,
            threshold: None,
            said,
        }
    }

    /// The stack that it rests on.
    pub(crate) fn evidence(&self) -> Option<&Evidence> {
        match &self.core().said {
            Said::Watch(Watch::Stack(evidence)) => Some(evidence),
            _ => None,
        }
    }

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
