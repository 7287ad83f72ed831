//! Two recordings: whether the current one grows, and whether its level is above the baseline's at the same load.

use super::blocks::{blocks, shared_out};
use super::compared::{BLOCKS, CompareVerdict, Comparison, MetricComparison, Side, conclude, slight};
use super::judge;
use super::kendall::theil_sen;
use super::level_off::beside;
use super::load::{Beta, EDGE_CELLS, LoadBasis, beta, is_moved, movement, take_off};
use super::mann_whitney::{self, Shift, holm};
use super::normal::{quantile_of_upper, upper_tail};
use super::points::Points;
use super::rank::{median, quantile};
use super::resource::{self, tolerance};
use super::series::Series;
use super::since::{follow, step_at};
use super::stand_in::STAND_INS;
use super::{Metric, Rules};

/// Levels and loads are not exact: this much more than in proportion to the load is in proportion,
const PROPORTION: f64 = 1.05;
/// and this much where the cost can only be guessed at, or is that of a heap, which follows late.
const ABOUT: f64 = 1.1;

/// Compares two runs.
#[must_use]
pub fn compare(baseline: &Series, current: &Series, rules: &Rules) -> Comparison {
    let mut metrics = measured(baseline, current, &[Metric::Tasks, Metric::Heap], rules);
    let p: Vec<f64> = metrics.iter().filter_map(|metric| metric.p).collect();
    settle(metrics.iter_mut(), &holm(&p), rules);
    let tests = metrics.len();
    metrics.iter_mut().for_each(|metric| follow(metric, tests, rules));
    let mut resources = resources(baseline, current, rules);
    // A count that nobody reports is no gap where there is something else to judge by.
    let uncounted = |metric: &MetricComparison| {
        metric.metric == Metric::Tasks && metric.baseline.trend.samples + metric.current.trend.samples == 0
    };
    if !resources.is_empty() {
        metrics.retain(|metric| !uncounted(metric));
    }
    let verdict = resource::worst(&metrics, &resources);
    metrics.append(&mut resources);
    Comparison { verdict, metrics }
}

/// What a process holds beside tasks and heap, as far as the current side reports it: a family of tests of its own.
fn resources(baseline: &Series, current: &Series, rules: &Rules) -> Vec<MetricComparison> {
    let mut metrics: Vec<_> = Metric::RESOURCES
        .into_iter()
        .map(|metric| one(baseline, current, metric, rules))
        .filter(|found| found.current.trend.samples > 0)
        .collect();
    let p: Vec<f64> = metrics.iter().filter_map(|metric| metric.p).collect();
    settle(metrics.iter_mut(), &holm(&p), rules);
    metrics.iter_mut().for_each(resource::weigh);
    metrics
}

/// Everything that can be said of two runs before it is known how many other comparisons are looked at.
pub(super) fn measured(
    baseline: &Series,
    current: &Series,
    metrics: &[Metric],
    rules: &Rules,
) -> Vec<MetricComparison> {
    // Where only one side explains its tasks, whole counts are compared: the others are of another kind.
    let whole =
        (baseline.is_explained() != current.is_explained()).then(|| [baseline, current].map(Series::whole));
    let [baseline, current] = whole.as_ref().map_or([baseline, current], |[before, now]| [before, now]);
    metrics
        .iter()
        .map(|metric| one(baseline, current, *metric, rules))
        // A metric that neither side reports is no gap in the comparison; tasks are what it is about.
        .filter(|m| m.metric == Metric::Tasks || m.baseline.trend.samples + m.current.trend.samples > 0)
        .collect()
}

/// Concludes, with one adjusted p for each metric that has one.
pub(super) fn settle<'a>(
    metrics: impl Iterator<Item = &'a mut MetricComparison>,
    adjusted: &[f64],
    rules: &Rules,
) {
    let mut adjusted = adjusted.iter();
    for metric in metrics {
        metric.p_adjusted = metric.p.and_then(|_| adjusted.next().copied());
        metric.reasons.clear();
        conclude(metric, rules);
    }
}

fn one(baseline: &Series, current: &Series, metric: Metric, rules: &Rules) -> MetricComparison {
    let (mut found, blocks, changed) = whole(baseline, current, metric, rules);
    found.step = changed.and_then(|at| step_at(at, &blocks, metric, rules));
    if let Some(step) = &mut found.step {
        // The step's time is that of the last sample before it.
        let [_, since] = current.split(step.at.next_up());
        step.since = Some(Box::new(whole(baseline, &since, metric, rules).0));
    }
    found
}

/// The two as they are, with the current side's blocks, and when they change from one level to another.
fn whole(
    baseline: &Series,
    current: &Series,
    metric: Metric,
    rules: &Rules,
) -> (MetricComparison, Points, Option<f64>) {
    let mut sides = [baseline, current].map(|series| judge::points(series, metric, rules));
    let medians = sides.each_ref().map(|side| (median(&side.load), median(&side.x)));
    let (load, cost) = at_one_load([baseline, current], metric, rules, &mut sides);
    let in_proportion = is_in_proportion([baseline, current], metric, load, medians, rules);
    let mut cuts = sides.each_ref().map(|points| blocks(points, metric, rules));
    if metric == Metric::Heap && cuts[0].size != cuts[1].size {
        // The lower edge of a few values lies higher than that of many, on the same saw.
        for (cut, points) in cuts.iter_mut().zip(&sides).filter(|(cut, _)| cut.size < EDGE_CELLS) {
            cut.blocks = shared_out(points, metric, EDGE_CELLS);
        }
    }
    if metric == Metric::Resident {
        // What is kept is kept: its samples resemble each other for ever, and its level is known all the same.
        for (cut, points) in cuts.iter_mut().zip(&sides) {
            cut.blocks = resource::levels(points, rules);
        }
    }
    let [before, now] = cuts;
    let changed = now.changed;
    let blocks = [before.blocks, now.blocks];
    let enough = blocks.iter().all(|blocks| blocks.len() >= BLOCKS);
    let shift = mann_whitney::shift(&blocks[0].x, &blocks[1].x).filter(|_| enough);
    let shift = shift.map(|shift| cost.map_or(shift, |(beta, apart)| in_doubt(shift, beta.error * apart)));
    let side = |series: &Series, blocks: &Points| {
        let spread =
            quantile(&blocks.x, 0.75).zip(quantile(&blocks.x, 0.25)).map(|(high, low)| (high - low) / 2.0);
        Side {
            blocks: blocks.len(),
            level: median(&blocks.x),
            spread,
            trend: judge::look(series, metric, rules, rules.live_z),
        }
    };
    let (before, mut now) = (side(baseline, &blocks[0]), side(current, &blocks[1]));
    if enough && ends_no_higher(&blocks, metric, rules) {
        beside(&mut now.trend);
    }
    let share = shift.zip(before.level).filter(|(_, level)| *level > 0.0).map(|(s, level)| s.value / level);
    let found = MetricComparison {
        metric,
        baseline: before,
        current: now,
        shift: shift.map(|shift| shift.value),
        shift_ci: shift.and_then(|shift| shift.interval),
        shift_share: share,
        p: shift.map(|shift| shift.p),
        p_adjusted: None,
        load,
        beta: cost.map(|(beta, _)| beta.value),
        in_proportion,
        step: None,
        verdict: CompareVerdict::Unknown,
        reasons: Vec::new(),
    };
    let [_, blocks] = blocks;
    (found, blocks, changed)
}

/// Whether the current side ends at the baseline's level or below it.
fn ends_no_higher([before, now]: &[Points; 2], metric: Metric, rules: &Rules) -> bool {
    let end = median(&now.x[now.len().saturating_sub(3)..]);
    median(&before.x).zip(end).is_some_and(|(level, end)| {
        let slight = slight(metric, rules).max(rules.tasks_share * level);
        end <= level + slight / 2.0
    })
}

/// Brings both sides to the baseline's load, if what load costs can be told from either.
fn at_one_load(
    series: [&Series; 2],
    metric: Metric,
    rules: &Rules,
    sides: &mut [Points; 2],
) -> (LoadBasis, Option<(Beta, f64)>) {
    let explained = series.map(Series::is_explained);
    if metric == Metric::Tasks && explained == [true; 2] {
        return (LoadBasis::Explained, None);
    }
    let loads = [median(&sides[0].load), median(&sides[1].load)];
    let [Some(before), Some(now)] = loads else { return (stand_in(series, rules), None) };
    for side in sides.iter_mut() {
        side.keep(|p, i| p.load[i].is_finite());
    }
    let within = sides.iter().filter_map(movement).map(|movement| movement.range);
    let moved = within.fold((now - before).abs(), f64::max);
    let level = median(&sides[0].x).unwrap_or_default();
    let mut both = sides[0].clone();
    both.append(&sides[1]);
    let about = if metric == Metric::Heap { rules.heap_shift } else { tolerance(metric, rules, level) };
    match beta(&both, metric, moved, about) {
        Some(beta) if beta.value > 3.0 * beta.error => {
            sides.iter_mut().for_each(|side| take_off(side, beta.value, before));
            (LoadBasis::InFlight, Some((beta, now - before)))
        }
        Some(_) => (LoadBasis::Constant, None),
        None if rules.steady_load => (LoadBasis::Steady, None),
        None if is_moved(moved, before.min(now)) => (LoadBasis::Undetermined, None),
        None => (LoadBasis::Constant, None),
    }
}

/// The rate of requests, of allocation, or of garbage collections, of both sides: what stands for the load where nothing tells it.
fn rates(series: [&Series; 2], rules: &Rules) -> Option<(LoadBasis, [f64; 2])> {
    let of = |series: &Series, get: fn(&super::series::Cell) -> f64| {
        let counted = Points::of(series, rules.warm_up_s, get, |_| f64::NAN);
        let rate = theil_sen(&super::points::cut(&counted, counted.len().div_ceil(30), 0.5).lives())?.value;
        (rate > 0.0).then_some(rate)
    };
    let both = |get| Some([of(series[0], get)?, of(series[1], get)?]);
    STAND_INS.into_iter().find_map(|(basis, get)| both(get).map(|rates| (basis, rates)))
}

/// What stands for the load, if it is the same on both sides.
fn stand_in(series: [&Series; 2], rules: &Rules) -> LoadBasis {
    if rules.steady_load {
        return LoadBasis::Steady;
    }
    match rates(series, rules) {
        Some((_, [a, b])) if is_moved((a - b).abs(), a.min(b)) => LoadBasis::Undetermined,
        Some((basis, _)) => basis,
        None => LoadBasis::Unknown,
    }
}

/// Whether the load alone, however its cost was estimated, could have raised the level this far.
fn is_in_proportion(
    series: [&Series; 2],
    metric: Metric,
    basis: LoadBasis,
    medians: [(Option<f64>, Option<f64>); 2],
    rules: &Rules,
) -> bool {
    let [(before, x), (now, x_now)] = medians;
    let loads = match basis {
        LoadBasis::Explained | LoadBasis::Steady => None,
        _ => before.zip(now).or_else(|| rates(series, rules).map(|(_, [before, now])| (before, now))),
    };
    let sure = basis == LoadBasis::InFlight && metric == Metric::Tasks;
    let doubt = if sure { PROPORTION } else { ABOUT };
    loads
        .zip(x.zip(x_now))
        .is_some_and(|((before, now), (x, x_now))| now > before && x_now * before <= doubt * x * now)
}

/// A shift that rests on a load's cost is as uncertain as that cost is, beside its own uncertainty.
fn in_doubt(shift: Shift, doubt: f64) -> Shift {
    let z = quantile_of_upper((shift.p / 2.0).clamp(1e-15, 0.5));
    if z <= 0.0 || doubt == 0.0 {
        return shift;
    }
    let own = shift.value / z;
    let p = (2.0 * upper_tail(shift.value.abs() / own.hypot(doubt))).min(1.0);
    let wider = |end: f64, sign: f64| shift.value + sign * (end - shift.value).hypot(1.96 * doubt);
    let interval = shift.interval.map(|[low, high]| [wider(low, -1.0), wider(high, 1.0)]);
    Shift { p, interval, ..shift }
}

#[cfg(test)]
mod tests;
