//! One look at a run: load, autocorrelation, blocks, test, slope, and whether it matters.

use super::danger::time_to_danger;
use super::kendall::{Slope, mann_kendall, theil_sen};
use super::load::{self, Adjustment, LoadBasis, adjust};
use super::points::{Points, cut};
use super::rank::{median, real};
use super::series::Series;
use super::step::is_step;
use super::{Course, Metric, Rules, Trend, Why, autocorrelation};
use crate::Verdict;

/// Fewer blocks than this are no trend.
pub(super) const BLOCKS: usize = 8;
/// There are at most about this many.
const MOST_BLOCKS: usize = 30;
/// A standard normal variable lies below this in four of five cases.
const POWER: f64 = 0.84;
/// Where only garbage collection stands for the load, this many collections a quarter say whether it is steady.
const COLLECTIONS: f64 = 25.0;
/// The same for allocated bytes: recordings may count them in whole MiB.
const ALLOCATED: f64 = 20.0 * 1_048_576.0;

/// Judges one metric of a run, at one look.
#[must_use]
pub fn trend(series: &Series, metric: Metric, rules: &Rules) -> Trend {
    look(series, metric, rules, rules.z)
}

/// Judges at one look, with this many standard deviations as the bar.
pub(super) fn look(series: &Series, metric: Metric, rules: &Rules, bar: f64) -> Trend {
    let mut points = points(series, metric, rules);
    let mut trend = empty(series, metric, points.span());
    if points.len() == 0 {
        trend.reasons.push(Why::NoValues);
        return trend;
    }
    let level = median(&points.x).unwrap_or_default();
    let adjustment = account(series, metric, rules, &mut points, level);
    trend.load = adjustment.basis;
    trend.beta = adjustment.beta.map(|beta| beta.value);
    trend.beta_error = adjustment.beta.map(|beta| beta.error);
    trend.samples = points.len();
    let (blocks, tau, size) = blocks(&points, metric, rules);
    let interval = points.interval();
    trend.tau = Some(tau);
    trend.blocks = blocks.len();
    trend.block_s = interval.map(|interval| interval * real(size));
    if blocks.len() < BLOCKS {
        let missing = real((BLOCKS * size).saturating_sub(points.len()).max(1));
        let warm = (rules.warm_up_s - trend.span_s).max(0.0);
        trend.needs_s = interval.map(|interval| missing * interval).or(Some(rules.block_s * real(BLOCKS) + warm));
        trend.reasons.push(Why::TooShort);
        return trend;
    }
    fill(&mut trend, &blocks, metric, rules, &adjustment);
    conclude(&mut trend, &blocks, bar);
    trend
}

/// The metric's values after the warm-up.
pub(super) fn points(series: &Series, metric: Metric, rules: &Rules) -> Points {
    let explained = series.is_explained();
    match metric {
        Metric::Tasks if explained => Points::of(series, rules.warm_up_s, |c| c.beyond, |_| f64::NAN),
        Metric::Tasks => Points::of(series, rules.warm_up_s, |c| c.tasks, |c| c.load),
        Metric::Heap => Points::of(
            series,
            rules.warm_up_s,
            |c| c.heap,
            |c| if c.load.is_finite() { c.load } else { c.explained },
        ),
    }
}

fn empty(series: &Series, metric: Metric, span_s: f64) -> Trend {
    Trend {
        metric,
        course: Course::Inconclusive,
        verdict: Verdict::Unknown,
        reasons: Vec::new(),
        samples: 0,
        blocks: 0,
        block_s: None,
        tau: None,
        span_s,
        slope_per_h: None,
        slope_ci: None,
        growth: None,
        matters: None,
        z: None,
        p: None,
        first: None,
        last: None,
        min_detectable_slope_per_h: None,
        load: LoadBasis::Unknown,
        beta: None,
        beta_error: None,
        time_to_danger: None,
        needs_s: None,
        restarts: series.restarts(),
        gaps: series.gaps(),
    }
}

/// Takes the load into account, by the best that is known of it.
fn account(series: &Series, metric: Metric, rules: &Rules, points: &mut Points, level: f64) -> Adjustment {
    let plain = |basis| Adjustment { basis, beta: None, moved: 0.0 };
    if metric == Metric::Tasks && series.is_explained() {
        return plain(LoadBasis::Explained);
    }
    let known = points.load.iter().filter(|load| load.is_finite()).count();
    if known * 10 >= points.len() * 9 {
        points.keep(|p, i| p.load[i].is_finite());
        let adjustment = adjust(points, tolerance(metric, rules, level));
        return match adjustment.basis {
            LoadBasis::Undetermined if rules.steady_load => plain(LoadBasis::Steady),
            _ => adjustment,
        };
    }
    if rules.steady_load {
        return plain(LoadBasis::Steady);
    }
    let steady = |get: fn(&super::series::Cell) -> f64, enough| {
        let counted = Points::of(series, rules.warm_up_s, get, |_| f64::NAN);
        load::is_steady(&counted.t, &counted.x, &counted.life, enough)
    };
    match (steady(|c| c.allocated, ALLOCATED), steady(|c| c.collections, COLLECTIONS)) {
        (Some(true), _) => plain(LoadBasis::Allocation),
        (None, Some(true)) => plain(LoadBasis::Collections),
        _ => plain(LoadBasis::Unknown),
    }
}

/// What is slight: growth by no more than this does not matter.
pub(super) fn tolerance(metric: Metric, rules: &Rules, level: f64) -> f64 {
    match metric {
        Metric::Tasks => (rules.tasks_share * level).max(rules.tasks),
        Metric::Heap => rules.heap_share * level,
    }
}

/// The blocks, the autocorrelation time and the block's length, both in points.
pub(super) fn blocks(points: &Points, metric: Metric, rules: &Rules) -> (Points, f64, usize) {
    let coarse = cut(points, points.len().div_ceil(60), 0.5);
    let slope = theil_sen(&coarse.lives()).map_or(0.0, |slope| slope.value);
    let tau = autocorrelation::time(&points.residuals(slope), &points.run);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most twice the length")]
    let independent = (2.0 * tau).ceil() as usize;
    let size = points.cells_per(rules.block_s).max(independent).max(points.len().div_ceil(MOST_BLOCKS));
    let share = if metric == Metric::Heap { 0.1 } else { 0.5 };
    (cut(points, size, share), tau, size)
}

/// Test, slope and levels.
fn fill(trend: &mut Trend, blocks: &Points, metric: Metric, rules: &Rules, adjustment: &Adjustment) {
    let lives = blocks.lives();
    let values: Vec<&[f64]> = lives.iter().map(|(_, x)| *x).collect();
    let test = mann_kendall(&values);
    (trend.z, trend.p) = (Some(test.z), Some(test.p));
    let end = blocks.len().saturating_sub(3);
    trend.first = median(&blocks.x[..3.min(blocks.len())]);
    trend.last = median(&blocks.x[end..]);
    let Some(slope) = theil_sen(&lives) else { return };
    let Slope { value, low, high } = slope;
    trend.slope_per_h = Some(value * 3600.0);
    trend.slope_ci = low.zip(high).map(|(low, high)| [low * 3600.0, high * 3600.0]);
    trend.growth = Some(value * trend.span_s);
    // The load's cost may be off by two standard errors.
    let doubt = adjustment.beta.map_or(0.0, |beta| 2.0 * beta.error * adjustment.moved);
    let slight = tolerance(metric, rules, trend.first.unwrap_or_default());
    let slight = if metric == Metric::Heap { slight.max(rules.heap_per_h * trend.span_s / 3600.0) } else { slight };
    trend.matters = Some(slight + doubt);
    trend.min_detectable_slope_per_h = min_detectable(blocks, value, rules.z).map(|slope| slope * 3600.0);
    let danger = if metric == Metric::Heap { rules.heap_danger } else { rules.danger };
    if let (Some(danger), Some(level)) = (danger, trend.last) {
        let interval = low.zip(high).map(|(low, high)| [low, high]);
        trend.time_to_danger = time_to_danger(level, danger, value, interval, trend.span_s);
    }
}

/// The slope that would be seen in four of five cases. The factor 1.3 allows for medians and for blocks that still
/// resemble their neighbours a little; the rest is the variance of a slope through B values (Draper and Smith).
fn min_detectable(blocks: &Points, slope: f64, z: f64) -> Option<f64> {
    let b = real(blocks.len());
    let left: f64 = blocks.residuals(slope).iter().map(|x| x * x).sum();
    let sigma = (left / (b - 2.0).max(1.0)).sqrt();
    Some(1.3 * (z + POWER) * sigma * (12.0 / (b * (b * b - 1.0))).sqrt() / blocks.interval()?)
}

/// From the numbers to the course.
fn conclude(trend: &mut Trend, blocks: &Points, bar: f64) {
    let longest = blocks.lives().into_iter().max_by_key(|(t, _)| t.len()).unwrap_or_default();
    let grows = trend.growth.zip(trend.matters).is_some_and(|(growth, matters)| growth >= matters);
    let (course, why) = if trend.z.is_none_or(|z| z <= bar) {
        (Course::Stable, Why::Chance)
    } else if trend.load == LoadBasis::Undetermined {
        (Course::Inconclusive, Why::LoadUndetermined)
    } else if is_step(longest.0, longest.1) {
        (Course::Step, Why::OneStep)
    } else if !grows {
        (Course::Stable, Why::Slight)
    } else if !is_sustained(longest.1) {
        (Course::Stable, Why::Levelled)
    } else {
        (Course::Growing, Why::Rising)
    };
    // A load that moved can hide a leak as well as feign one.
    let hidden = course == Course::Stable && trend.load == LoadBasis::Undetermined;
    let (course, why) = if hidden { (Course::Inconclusive, Why::LoadUndetermined) } else { (course, why) };
    trend.course = course;
    trend.reasons.push(why);
    if course == Course::Growing && !trend.load.is_accounted() {
        trend.reasons.push(Why::NotLoadAdjusted);
    }
    if course != Course::Growing {
        trend.time_to_danger = None;
    }
    trend.verdict = match course {
        Course::Growing if trend.load.is_accounted() => Verdict::Danger,
        Course::Growing => Verdict::Warning,
        Course::Inconclusive => Verdict::Unknown,
        Course::Stable | Course::Step => Verdict::Ok,
    };
}

/// Whether the second half is above the first, and the last third above the middle one.
fn is_sustained(x: &[f64]) -> bool {
    let n = x.len();
    if n < 6 {
        return true;
    }
    let above = |later: &[f64], earlier: &[f64]| median(later) > median(earlier);
    above(&x[n - n / 2..], &x[..n / 2]) && above(&x[n - n / 3..], &x[n / 3..n - n / 3])
}
