//! The numbers of a comparison's sentences: of two sides, and of one among many.

use std::time::Duration;

use vitals::trend::{CompareVerdict, Course, LoadBasis, MetricComparison, Trend, Why};
use vitals::{Reason, Verdict};

use super::check::Role;
use super::{Check, Finding, Said};
use crate::moment::Moment;

/// Whose numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Baseline,
    Current,
    /// One of many, by its name.
    Named(String),
    /// Those that one of many is compared with.
    Before(Reference),
}

/// Columns that another one is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The first and the last of the earlier ones.
    pub(crate) ends: Option<[String; 2]>,
    pub(crate) count: usize,
    /// Every column between the ends is one of them.
    pub(crate) is_whole: bool,
    /// The column's own time before its change counts, too.
    pub(crate) own: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Compare {
    /// Nothing is above a threshold.
    Fine,
    /// Good polls.
    Samples {
        who: Who,
        counted: u64,
        needed: u64,
        lack: Option<Lack>,
    },
    /// A median above a threshold; what the baseline's was, if it was above the same.
    Level {
        who: Who,
        reason: Reason,
        before: Option<u64>,
    },
    /// Requests that end badly, or answers to polls that are slow; the baseline's share of bad ends, in per cent.
    Requests {
        who: Who,
        reason: Reason,
        before: Option<f64>,
    },
    Peak(Peak),
    Idle(Idle),
    /// `--max-peak`, of a target without a count.
    NoPeak {
        who: Who,
        limit: u64,
    },
    /// Above a threshold at more load than the baseline's.
    Weighed(Weighed),
    Grown(Grown),
    Statistics(Box<Statistics>),
    /// One of many with nothing before it; what is missing where there is too little.
    Alone {
        who: Who,
        trend: Box<Trend>,
        beyond: bool,
        short: Option<Short>,
    },
    Drift {
        from: String,
        to: String,
        trend: Box<Trend>,
        beyond: bool,
    },
    MissingDays {
        ends: [String; 2],
        count: usize,
        silence: [Moment; 2],
    },
    NothingCompared {
        columns: usize,
    },
}

/// A lack of good polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// None succeeded; the failed ones by kind.
    Silent(Vec<(String, u64)>),
    Flaw(Flaw),
    TooFew,
}

/// A flaw of a side as a whole: recording it for longer mends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NoRows,
    OnlyFailures,
    NoCounts,
    TimesRunBackwards,
    UnreadableTimes,
    TimeStandsStill,
}

/// Median loads, of which the newer is under a tenth of the older.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Idle {
    pub(crate) who: Who,
    /// Those that worked.
    pub(crate) than: Who,
    pub(crate) load: Load,
    pub(crate) before: f64,
    pub(crate) now: f64,
    /// By the operator.
    pub(crate) allowed: bool,
}

/// The highest count against a limit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peak {
    pub(crate) who: Who,
    pub(crate) peak: u64,
    pub(crate) beyond: bool,
    pub(crate) at: Option<Moment>,
    pub(crate) limit: u64,
    /// The limit is the operator's, and may not even be reached.
    pub(crate) is_gate: bool,
    /// The baseline's, if it was above the same.
    pub(crate) before: Option<u64>,
}

/// A value above a threshold, beside its load.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weighed {
    pub(crate) found: u64,
    pub(crate) is_peak: bool,
    pub(crate) is_memory: bool,
    pub(crate) at: Option<Moment>,
    pub(crate) above: (Bound, u64),
    /// A lower threshold that stands all the same.
    pub(crate) stands: Option<u64>,
    /// How many times the baseline's.
    pub(crate) ratio: f64,
    pub(crate) load: Load,
    pub(crate) fit: Fit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Warning,
    Danger,
    Severe,
}

/// A measure of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    InFlight,
    /// Stand for the load, and do not tell how long requests take.
    Requests,
    Allocation,
}

impl Load {
    /// It is the load itself, and not only what stands for it.
    pub(crate) const fn is_known(self) -> bool {
        matches!(self, Self::InFlight)
    }
}

/// How a value fits to its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It is no more than the load explains.
    Proportion,
    /// It may be the load.
    Doubt,
}

/// Growth against the operator's `--max-growth`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grown {
    pub(crate) who: Who,
    /// Over whose level; of its own last fifth over its first where there is none.
    pub(crate) over: Option<Who>,
    /// None where a count is missing.
    pub(crate) growth: Option<Growth>,
    pub(crate) beyond: bool,
    /// In per cent.
    pub(crate) max: f64,
    /// It is above the maximum, and by no more than so many.
    pub(crate) noise: Option<u64>,
}

/// From one median to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// One metric of two sides by statistics.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) found: MetricComparison,
    pub(crate) before: Who,
    pub(crate) now: Who,
    /// Tasks are those beyond the explained ones.
    pub(crate) beyond: bool,
    /// The median of the older side's requests in flight.
    pub(crate) in_flight: Option<u64>,
    /// By how many per cent the loads differ, where that is worth a number.
    pub(crate) differ: Option<f64>,
    /// The time of the step, where there is one.
    pub(crate) step: Option<When>,
    /// The lack of blocks where there is too little of a side.
    pub(crate) short: Vec<Short>,
    /// How a level came that is higher.
    pub(crate) came: Option<Came>,
}

/// A time by the clock of a side's rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    /// The side's first row tells which date is not worth saying.
    At(Moment, Option<Moment>),
    /// Rows have no times.
    After(Duration),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Came {
    Since(Moment, Option<Moment>),
    BitByBit,
}

/// Too little for statistics.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Short {
    pub(crate) who: Who,
    pub(crate) lack: Missing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Missing {
    Flaw(Flaw),
    NotReported,
    /// Blocks, of so many, and the seconds that are still needed.
    Blocks(usize, usize, f64),
}

impl Reference {
    /// They differ in names only.
    pub(crate) const fn is_like(&self, other: &Self) -> bool {
        let alone = (self.count == 1) == (other.count == 1) && self.is_whole == other.is_whole;
        alone && self.own == other.own && self.ends.is_some() == other.ends.is_some()
    }
}

impl Growth {
    /// In per cent; `None` from nothing.
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
    pub(crate) fn percent(self) -> Option<f64> {
        (self.from > 0).then(|| (self.to as f64 - self.from as f64) / self.from as f64 * 100.0)
    }
}

impl Statistics {
    /// A step decided: what came after it.
    pub(crate) fn since(&self) -> Option<&MetricComparison> {
        let stepped = self.found.reasons.first() == Some(&Why::SteppedUp);
        self.found.step.as_ref().filter(|_| stepped)?.since.as_deref()
    }

    fn decisive(&self) -> &MetricComparison {
        self.since().unwrap_or(&self.found)
    }
}

impl Finding {
    /// No poll of the side that is judged succeeded. A baseline that was down is no outage.
    pub(crate) fn is_silent(&self) -> bool {
        let silent =
            matches!(&self.said, Said::Compare(Compare::Samples { lack: Some(Lack::Silent(_)), .. }));
        silent && self.check != Check::Samples(Role::Baseline)
    }

    /// A default threshold was looked at, and not a gate or statistics.
    pub(crate) const fn is_of_threshold(&self) -> bool {
        matches!(self.check, Check::Level | Check::Memory | Check::Peak)
    }

    /// A gate was asked for.
    pub(crate) const fn is_gate(&self) -> bool {
        matches!(self.check, Check::MaxGrowth(_) | Check::MaxPeak | Check::MaxRestarts)
    }

    pub(crate) fn statistics(&self) -> Option<&Statistics> {
        match &self.said {
            Said::Compare(Compare::Statistics(said)) => Some(said),
            _ => None,
        }
    }

    /// It is above a threshold, and its load explains that.
    pub(crate) fn is_carried_by_load(&self) -> bool {
        let above = self.value.zip(self.threshold).is_some_and(|(value, threshold)| value > threshold);
        self.is_of_threshold() && self.verdict == Verdict::Ok && above
    }

    /// Statistics say that it leaks.
    pub(crate) fn is_leak(&self) -> bool {
        match &self.said {
            Said::Compare(Compare::Statistics(said)) => said.decisive().verdict == CompareVerdict::Leak,
            Said::Compare(Compare::Alone { trend, .. }) => {
                trend.course == Course::Growing && trend.verdict == Verdict::Danger
            }
            _ => false,
        }
    }

    /// Statistics cannot tell.
    pub(crate) fn is_untold(&self) -> bool {
        match &self.said {
            Said::Compare(Compare::Statistics(said)) => said.decisive().verdict == CompareVerdict::Unknown,
            Said::Compare(Compare::Alone { short, .. }) => short.is_some(),
            _ => false,
        }
    }

    /// Statistics cannot tell, because the loads are of different height.
    pub(crate) fn is_untold_by_load(&self) -> bool {
        let differ = |said: &Statistics| said.found.reasons.first() == Some(&Why::LoadsDiffer);
        self.is_untold() && self.statistics().is_some_and(differ)
    }

    /// Both cannot be told of the same metric, and their reasons differ in numbers and names only.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let of_same = self.check == other.check && self.metric == other.metric;
        of_same && self.unlike().is_some_and(|own| Some(own) == other.unlike())
    }

    /// Whatever sets a reason apart from another one: what there is too little of, or else what statistics say.
    fn unlike(&self) -> Option<(Vec<Lacking>, Option<Known<'_>>)> {
        match &self.said {
            Said::Compare(Compare::Alone { short: Some(short), .. }) => Some((vec![short.lacking()], None)),
            Said::Compare(Compare::Statistics(said)) => {
                let known = matches!(
                    said.found.reasons.first(),
                    Some(Why::LoadsDiffer | Why::RisenLately | Why::Slowing | Why::MayLevelOff)
                );
                let reasons = (&*said.decisive().reasons, said.found.load);
                let apart = (reasons.0, reasons.1, said.since().is_some(), said.differ.is_some());
                let too_little = said.since().is_none() && !known;
                Some((said.short.iter().map(Short::lacking).collect(), (!too_little).then_some(apart)))
            }
            _ => None,
        }
    }
}

/// Why it cannot be told though there is enough, how the load counts, and whether a step and the loads have numbers.
type Known<'a> = (&'a [Why], LoadBasis, bool, bool);
/// Of the older side or not, and what it lacks.
type Lacking = (bool, std::mem::Discriminant<Missing>, Option<Flaw>);

impl Short {
    const fn lacking(&self) -> Lacking {
        let flaw = match self.lack {
            Missing::Flaw(flaw) => Some(flaw),
            Missing::NotReported | Missing::Blocks(..) => None,
        };
        (matches!(self.who, Who::Before(_)), std::mem::discriminant(&self.lack), flaw)
    }
}
