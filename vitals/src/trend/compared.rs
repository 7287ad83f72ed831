//! What a comparison of two recordings is: its sides, its measures, and what these mean.

use serde::Serialize;

use super::alike::is_alike;
use super::load::LoadBasis;
use super::{Course, Metric, Rules, Trend, Why};
use crate::Verdict;

/// Fewer blocks than this on a side are no level.
pub(super) const BLOCKS: usize = 6;

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CompareVerdict {
    /// The current one neither grows nor lies above the baseline.
    Ok,
    /// It does one of them, but nothing is known of the load.
    Warning,
    /// It grows.
    Leak,
    /// It does not grow, and lies above the baseline.
    Regression,
    /// It cannot be told.
    Unknown,
}

impl CompareVerdict {
    /// The verdict that exit codes are made of.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Ok => Verdict::Ok,
            Self::Warning => Verdict::Warning,
            Self::Leak | Self::Regression => Verdict::Danger,
            Self::Unknown => Verdict::Unknown,
        }
    }
}

/// The level of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// Blocks that the level rests on.
    pub blocks: usize,
    /// The median of the blocks, at the reference load if the load was taken out.
    pub level: Option<f64>,
    /// Half the width of the blocks' middle half.
    pub spread: Option<f64>,
    /// Its own trend.
    pub trend: Trend,
}

/// One metric of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricComparison {
    /// Of what.
    pub metric: Metric,
    /// The older side.
    pub baseline: Side,
    /// The newer one.
    pub current: Side,
    /// How far the current blocks lie above the baseline's (Hodges and Lehmann).
    pub shift: Option<f64>,
    /// Its 95 % interval.
    pub shift_ci: Option<[f64; 2]>,
    /// The shift in terms of the baseline's level.
    pub shift_share: Option<f64>,
    /// The Mann-Whitney p, two-sided.
    pub p: Option<f64>,
    /// The same, corrected for looking at two metrics (Holm).
    pub p_adjusted: Option<f64>,
    /// How the loads of the two sides were taken into account.
    pub load: LoadBasis,
    /// What one unit of load costs, from both sides.
    pub beta: Option<f64>,
    /// The current side carries more load, and lies no higher than in full proportion to it.
    #[serde(skip)]
    pub(super) in_proportion: bool,
    /// The current level rose once, and was level before and after.
    pub step: Option<Step>,
    /// What it means.
    pub verdict: CompareVerdict,
    /// Why.
    pub reasons: Vec<Why>,
}

/// All metrics, and what they come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Leak before regression, before unknown, before warning.
    pub verdict: CompareVerdict,
    /// Tasks, heap, and then what else a process holds, as far as it is reported.
    pub metrics: Vec<MetricComparison>,
}

/// A rise of the level, once, by more than is slight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The last moment before it, by the clock of the series.
    pub at: f64,
    /// The level before.
    pub from: f64,
    /// The level after it.
    pub to: f64,
    /// What came after it, against the baseline.
    pub since: Option<Box<MetricComparison>>,
}

impl Step {
    /// By which share of the level before; `None` from nothing.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.from > 0.0).then(|| (self.to - self.from) / self.from)
    }
}

/// The gravest of several; unknown if there is none.
pub(super) fn gravest(verdicts: impl Iterator<Item = CompareVerdict>) -> CompareVerdict {
    let rank = |verdict: CompareVerdict| match verdict {
        CompareVerdict::Ok => 0,
        CompareVerdict::Warning => 1,
        CompareVerdict::Unknown => 2,
        CompareVerdict::Regression => 3,
        CompareVerdict::Leak => 4,
    };
    verdicts.max_by_key(|v| rank(*v)).unwrap_or(CompareVerdict::Unknown)
}

/// A shift by no more than this does not matter.
pub(super) const fn slight(metric: Metric, rules: &Rules) -> f64 {
    match metric {
        Metric::Tasks | Metric::Descriptors | Metric::Connections => rules.tasks,
        Metric::Threads => rules.threads,
        Metric::Heap | Metric::Resident => rules.heap_shift,
    }
}

/// Whether the current level is below the baseline's by what would be a regression upwards, at a load that is known.
pub(super) fn is_lower(metric: &MetricComparison, rules: &Rules) -> bool {
    let slight = slight(metric.metric, rules);
    metric.load != LoadBasis::Undetermined
        && metric.p_adjusted.is_some_and(|p| p < rules.alpha)
        && metric.shift.is_some_and(|shift| shift < -slight)
        && metric.shift_ci.is_some_and(|[_, high]| high < -slight / 2.0)
        && metric.shift_share.is_some_and(|share| share < -rules.tasks_share)
}

/// Whether two sides, at least one of them too short for statistics, leave no room for a leak that matters, and the
/// current level is no higher by what matters.
fn are_flat(found: &MetricComparison, rules: &Rules) -> bool {
    let settled =
        |side: &Side| side.trend.course == Course::Stable || side.trend.flat.is_some_and(|flat| flat.is_safe);
    let levels = found.baseline.level.zip(found.current.level);
    let no_higher = |(before, now): (f64, f64)| now - before <= (rules.tasks_share * before).max(rules.tasks);
    found.metric == Metric::Tasks
        && settled(&found.baseline)
        && settled(&found.current)
        && levels.is_some_and(no_higher)
}

/// From the numbers to the verdict.
pub(super) fn conclude(metric: &mut MetricComparison, rules: &Rules) {
    let grows = &metric.current.trend;
    let slight = slight(metric.metric, rules);
    let low = metric.shift_ci.map(|[low, _]| low);
    let above = metric.shift.is_some_and(|shift| shift > slight)
        // A shift that may as well be half as large as what is slight is not known to matter.
        && low.is_some_and(|low| low > slight / 2.0)
        // From nothing, every shift is a large share.
        && metric.shift_share.is_none_or(|share| share > rules.tasks_share);
    let sure = metric.p_adjusted.is_some_and(|p| p < rules.alpha);
    let both_rise = is_alike(&metric.baseline.trend, grows);
    let (verdict, why) = if grows.course == Course::Growing {
        match grows.verdict {
            Verdict::Danger => (CompareVerdict::Leak, Why::Rising),
            _ if both_rise && !(above && sure) => (CompareVerdict::Ok, Why::BothRise),
            _ => (CompareVerdict::Warning, Why::NotLoadAdjusted),
        }
    } else if metric.p.is_none() && are_flat(metric, rules) {
        (CompareVerdict::Ok, Why::Flat)
    } else if metric.p.is_none() {
        let empty = metric.baseline.trend.samples.min(metric.current.trend.samples) == 0;
        (CompareVerdict::Unknown, if empty { Why::NoValues } else { Why::TooShort })
    } else if grows.rising.is_some() && !(above && sure) {
        (CompareVerdict::Unknown, Why::TooShort)
    } else if metric.load == LoadBasis::Undetermined {
        // A level that is no higher under more load needs no adjusting, but neither is it known to be as good.
        let fine = !above;
        if fine { (CompareVerdict::Ok, Why::Slight) } else { (CompareVerdict::Unknown, Why::LoadsDiffer) }
    } else if above && sure && metric.in_proportion {
        (CompareVerdict::Unknown, Why::LoadsDiffer)
    } else if above && sure {
        match metric.load {
            LoadBasis::Unknown => (CompareVerdict::Warning, Why::NotLoadAdjusted),
            _ => (CompareVerdict::Regression, Why::Higher),
        }
    } else if let [why @ (Why::RisenLately | Why::Slowing | Why::MayLevelOff | Why::Levelled)] =
        *grows.reasons
    {
        let is_told = grows.course != Course::Inconclusive;
        (if is_told { CompareVerdict::Ok } else { CompareVerdict::Unknown }, why)
    } else {
        (CompareVerdict::Ok, if sure { Why::Slight } else { Why::Chance })
    };
    metric.verdict = verdict;
    metric.reasons.push(why);
}
