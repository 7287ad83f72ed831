//! What a process holds beside tasks and heap: resident memory, descriptors, threads, connections.
//!
//! Each is judged as tasks are, by its own yardstick, but what its growth means is another thing: it is a warning, and
//! danger only where a limit is known and near in time. Resident memory has a rule more: allocators keep what was
//! freed, so it climbs to the most that was ever needed and stays there. Growth must go on, above all that came before.

use super::compared::{self, CompareVerdict, MetricComparison};
use super::points::{Points, cut};
use super::rank::{median, quantile, real};
use super::series::{Cell, Series};
use super::{Course, Metric, Rules, Trend, Why};
use crate::{Measure, Verdict};

/// The last part of a run, as a share of its blocks.
const LAST: f64 = 1.0 / 3.0;
/// Of the slope of the whole, the last part must keep at least this share.
const GOES_ON: f64 = 0.7;
/// A limit within an hour is near, whatever the load did.
const SOON_S: f64 = 3600.0;
/// Resident memory of two runs of one program differs by so much without any leak: a peak stays.
const RESIDENT_SHARE: f64 = 0.2;
/// The shortest piece that a level of resident memory is made of, and the most of them.
const PIECE_S: f64 = 60.0;
const PIECES: usize = 30;

impl Metric {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Tasks, Self::Heap, Self::Resident, Self::Descriptors, Self::Threads, Self::Connections];
    /// What a process holds beside its tasks and its heap, in the order of their names.
    pub const RESOURCES: [Self; 4] = [Self::Resident, Self::Descriptors, Self::Threads, Self::Connections];

    /// One of [`Self::RESOURCES`].
    #[must_use]
    pub const fn is_resource(self) -> bool {
        !matches!(self, Self::Tasks | Self::Heap)
    }

    /// What is measured of it.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Tasks => Measure::Goroutines,
            Self::Heap => Measure::AllocBytes,
            Self::Resident => Measure::RssBytes,
            Self::Descriptors => Measure::OpenFds,
            Self::Threads => Measure::Threads,
            Self::Connections => Measure::UpstreamOpen,
        }
    }

    /// Its unit is bytes; else things are counted.
    #[must_use]
    pub const fn is_bytes(self) -> bool {
        matches!(self, Self::Heap | Self::Resident)
    }
}

fn value(cell: &Cell, metric: Metric) -> f64 {
    let place = Metric::RESOURCES.iter().position(|known| *known == metric);
    place.map_or(f64::NAN, |place| cell.resources[place])
}

/// It was ever told.
fn reported(series: &Series, metric: Metric) -> bool {
    let value = |cell: &Cell| match metric {
        Metric::Tasks => cell.tasks,
        Metric::Heap => cell.heap,
        _ => value(cell, metric),
    };
    series.all().any(|cell| value(cell).is_finite())
}

/// What runs are about, the first of all, and what else they hold: tasks and heap, and the resources beside them; or, where
/// nobody counts tasks, the resources, and the heap.
pub(super) fn families(runs: &[Series]) -> [Vec<Metric>; 2] {
    let is_told = |metric: &Metric| runs.iter().any(|run| reported(run, *metric));
    let resources: Vec<Metric> = Metric::RESOURCES.into_iter().filter(is_told).collect();
    if resources.is_empty() || is_told(&Metric::Tasks) {
        return [vec![Metric::Tasks, Metric::Heap], resources];
    }
    [resources.into_iter().chain([Metric::Heap]).collect(), Vec::new()]
}

/// The values after the warm-up, beside the load or what the target explains.
pub(super) fn points(series: &Series, metric: Metric, rules: &Rules) -> Points {
    let load = |cell: &Cell| if cell.load.is_finite() { cell.load } else { cell.explained };
    Points::of(series, rules.warm_up_s, |cell| value(cell, metric), load)
}

/// What is slight: growth by no more than this does not matter.
pub(super) fn tolerance(metric: Metric, rules: &Rules, level: f64) -> f64 {
    let least = match metric {
        Metric::Heap => return rules.heap_share * level,
        Metric::Resident => rules.heap_shift,
        Metric::Threads => rules.threads,
        _ => rules.tasks,
    };
    (rules.tasks_share * level).max(least)
}

/// The limits that the target tells, where the operator tells none.
pub(super) fn with_limits(rules: &Rules, series: &Series) -> Rules {
    let [memory, descriptors] = series.limits;
    Rules {
        memory_limit: rules.memory_limit.or(memory),
        descriptor_limit: rules.descriptor_limit.or(descriptors),
        ..*rules
    }
}

/// The most that there may be of it, where that is known.
pub(super) const fn limit(metric: Metric, rules: &Rules) -> Option<f64> {
    match metric {
        Metric::Resident => rules.memory_limit,
        Metric::Descriptors => rules.descriptor_limit,
        _ => None,
    }
}

/// What its course means. Of tasks and heap, that is said already.
pub(super) fn settle(trend: &mut Trend, blocks: &Points, points: &Points) {
    if !trend.metric.is_resource() || trend.course != Course::Growing {
        return;
    }
    if trend.metric == Metric::Resident && !goes_on(trend, blocks, points) {
        trend.course = Course::Stable;
        trend.reasons = vec![Why::Levelled];
        trend.verdict = Verdict::Ok;
        trend.time_to_danger = None;
        return;
    }
    trend.verdict = if is_near(trend) { Verdict::Danger } else { Verdict::Warning };
}

/// The limit lies within what can be foretold; where the load may be the cause, within an hour, or as long as was
/// looked at.
fn is_near(trend: &Trend) -> bool {
    let horizon = if trend.load.is_accounted() { f64::INFINITY } else { trend.span_s.max(SOON_S) };
    trend.time_to_danger.and_then(|danger| danger.s).is_some_and(|s| s <= horizon)
}

/// Whether the last part still rises, at a fair share of the whole's slope, to where nothing was before.
fn goes_on(trend: &Trend, blocks: &Points, points: &Points) -> bool {
    let (Some(slope), n) = (trend.slope_per_h, blocks.len()) else { return false };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let last = ((real(n) * LAST).ceil() as usize).clamp(3, n.max(3));
    let Some(from) = n.checked_sub(last) else { return false };
    let (t, x) = (&blocks.t[from..], &blocks.x[from..]);
    let Some(start) = t.first().copied() else { return false };
    // Halves of the last part, so that a single stair in it is no slope of its own.
    let (early, late) = (median(&x[..last.div_ceil(2)]), median(&x[last / 2..]));
    let apart = (t.last().copied().unwrap_or(start) - start) / 2.0;
    let rises = early.zip(late).is_some_and(|(early, late)| late - early >= GOES_ON * slope / 3600.0 * apart);
    // Above nearly all that came before the last part.
    let split = points.t.partition_point(|at| *at < start);
    let before = quantile(&points.x[..split], 0.95);
    rises && before.zip(late).is_some_and(|(before, late)| late > before)
}

/// Resident memory's level, piece by piece.
pub(super) fn levels(points: &Points, rules: &Rules) -> Points {
    let size = points.cells_per(rules.block_s.max(PIECE_S)).max(points.len().div_ceil(PIECES));
    cut(points, size, 0.5)
}

/// What a difference means: a level that is higher is a warning, and so is growth, unless a limit is near.
pub(super) fn weigh(metric: &mut MetricComparison) {
    let shift = metric.shift_share.is_none_or(|share| share > RESIDENT_SHARE);
    let grows = &metric.current.trend;
    if metric.reasons.first() == Some(&Why::BothRise) {
        return;
    }
    let (verdict, why) = match metric.verdict {
        _ if grows.course == Course::Growing && grows.verdict == Verdict::Danger => {
            (CompareVerdict::Leak, Why::Rising)
        }
        _ if grows.course == Course::Growing => (CompareVerdict::Warning, Why::Rising),
        CompareVerdict::Regression | CompareVerdict::Warning
            if metric.metric == Metric::Resident && !shift =>
        {
            (CompareVerdict::Ok, Why::Slight)
        }
        CompareVerdict::Regression | CompareVerdict::Warning => (CompareVerdict::Warning, Why::Higher),
        _ => return,
    };
    metric.verdict = verdict;
    metric.reasons = vec![why];
}

/// The gravest of all. What cannot be told of a resource is no gap, unless there is no count: then it is the first of
/// them that must be told.
pub(super) fn worst(counted: &[MetricComparison], resources: &[MetricComparison]) -> CompareVerdict {
    let says = |verdict: &CompareVerdict| !matches!(verdict, CompareVerdict::Ok | CompareVerdict::Unknown);
    let resource = resources.iter().map(|metric| metric.verdict);
    if counted.iter().any(|metric| metric.metric == Metric::Tasks) {
        return compared::gravest(counted.iter().map(|metric| metric.verdict).chain(resource.filter(says)));
    }
    let heap = counted.iter().map(|metric| metric.verdict);
    let said: Vec<_> = heap.chain(resource).filter(says).collect();
    match resources.first() {
        Some(main) if said.is_empty() => main.verdict,
        _ => compared::gravest(said.into_iter()),
    }
}

#[cfg(test)]
mod tests;
