//! One look at a run: load, autocorrelation, blocks, test, slope, and whether it matters.

use super::blocks::{Cut, MOST_BLOCKS, blocks, shared_out, shortest};
use super::born::born;
use super::danger::foretell;
use super::deciding::deciding;
use super::flat::flat;
use super::kendall::{Slope, mann_kendall, theil_sen};
use super::late::doubt;
use super::level_off::{self, weigh};
use super::load::{Adjustment, LoadBasis, adjust};
use super::normal::upper_tail;
use super::outgrown::outgrew;
use super::points::{BLOCKS, Points};
use super::power::{POWER, min_detectable};
use super::rank::{median, real};
use super::resource::{self, tolerance};
use super::rising::rising;
use super::series::Series;
use super::stand_in::stand_in;
use super::step::is_step;
use super::walk::{Drift, drift};
use super::{Course, Metric, Rules, Trend, Why};
use crate::Verdict;

/// Looks on fewer blocks than this have a higher bar.
const EARLY: f64 = 12.0;
/// From the first three blocks to the last three, a line rises by about this share less than over the whole.
const LINE: f64 = 1.15;
/// Loads and levels are not exact: growth of up to this much more than in proportion is in proportion.
const ABOUT: f64 = 1.1;

/// Judges one metric of a run, at one look.
#[must_use]
pub fn trend(series: &Series, metric: Metric, rules: &Rules) -> Trend {
    judged(series, metric, rules, &Manner { bar: &|_| rules.z, waits: true, again: false })
}

/// Judges at one look, with this many standard deviations as the bar.
pub(super) fn look(series: &Series, metric: Metric, rules: &Rules, bar: f64) -> Trend {
    judged(series, metric, rules, &Manner { bar: &|_| bar, waits: false, again: false })
}

/// Judges at one look of many: the early ones, on few blocks, are the ones that err.
pub(super) fn glance(series: &Series, metric: Metric, rules: &Rules) -> Trend {
    let bar = |blocks| rules.live_z * (EARLY / real(blocks)).sqrt().max(1.0);
    judged(series, metric, rules, &Manner { bar: &bar, waits: true, again: true })
}

/// How one looks.
struct Manner<'a> {
    /// The bar for so many blocks, in standard deviations.
    bar: &'a dyn Fn(usize) -> f64,
    /// A rise that may still level off is not told yet.
    waits: bool,
    /// There were looks before.
    again: bool,
}

impl Manner<'_> {
    const fn of(&self, walks: bool, born: Option<f64>) -> level_off::Manner {
        level_off::Manner { waits: self.waits, again: self.again, walks, born }
    }
}

fn judged(series: &Series, metric: Metric, rules: &Rules, manner: &Manner<'_>) -> Trend {
    let Some(own) = deciding(series, rules) else { return by_itself(series, metric, rules, manner) };
    let found = by_itself(&own, metric, rules, manner);
    Trend { restarts: series.restarts(), gaps: series.gaps(), ..found }
}

fn by_itself(series: &Series, metric: Metric, rules: &Rules, manner: &Manner<'_>) -> Trend {
    let rules = &resource::with_limits(rules, series);
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
    let Cut { blocks, tau, size, changed } = blocks(&points, metric, rules);
    let interval = points.interval();
    trend.tau = Some(tau);
    trend.blocks = blocks.len();
    trend.block_s = interval.map(|interval| interval * real(size));
    if blocks.len() < BLOCKS {
        if let Some(found) = walking(&trend, &points, metric, rules, &adjustment, (manner, born(series))) {
            return found;
        }
        let missing = real((BLOCKS * size).saturating_sub(points.len()).max(1));
        let warm = (rules.warm_up_s - trend.span_s).max(0.0);
        trend.needs_s =
            interval.map(|interval| missing * interval).or(Some(rules.block_s * real(BLOCKS) + warm));
        trend.reasons.push(Why::TooShort);
        see(&mut trend, series, &points, rules);
        return trend;
    }
    let bar = (manner.bar)(blocks.len());
    fill(&mut trend, &blocks, None, metric, rules, &adjustment, bar);
    trend.load = outgrown(&trend, &adjustment);
    conclude(&mut trend, &blocks, bar, changed.is_some());
    weigh(&mut trend, &blocks, &points, rules, manner.of(false, born(series)));
    doubt(&mut trend, &blocks);
    resource::settle(&mut trend, &blocks, &points);
    trend
}

/// What is plain to the eye of tasks for which there is no trend yet.
fn see(trend: &mut Trend, series: &Series, points: &Points, rules: &Rules) {
    if trend.metric == Metric::Tasks {
        let all = self::points(series, Metric::Tasks, &Rules { warm_up_s: 0.0, ..*rules });
        let level = all.x.first().copied().unwrap_or_default();
        trend.rising = rising(&all, tolerance(Metric::Tasks, rules, level));
        trend.flat = flat(points, trend.blocks, all.span(), rules);
    }
    // A few samples of a line resemble each other for as long as there are any, so what that asks for grows with every look.
    // It is not what a rise waits for: it is judged as a walk, whose bar is that of all others from this many blocks on.
    if let (Some(_), Some(needs)) = (&trend.rising, trend.needs_s) {
        let most = (EARLY * rules.block_s - trend.span_s).max(rules.block_s);
        trend.needs_s = Some(needs.min(most));
    }
}

/// Where samples resemble their neighbours too long for independent blocks: growth that is a walk's drift, if it is.
fn walking(
    trend: &Trend,
    points: &Points,
    metric: Metric,
    rules: &Rules,
    adjustment: &Adjustment,
    (manner, born): (&Manner<'_>, Option<f64>),
) -> Option<Trend> {
    let size = shortest(points, metric, rules).max(points.len().div_ceil(MOST_BLOCKS));
    let blocks = shared_out(points, metric, size);
    let drift = drift(&blocks).filter(|_| blocks.len() >= BLOCKS)?;
    let bar = (manner.bar)(blocks.len());
    let mut trend = trend.clone();
    trend.blocks = blocks.len();
    trend.block_s = points.interval().map(|interval| interval * real(size));
    fill(&mut trend, &blocks, Some(&drift), metric, rules, adjustment, bar);
    trend.load = outgrown(&trend, adjustment);
    conclude(&mut trend, &blocks, bar, false);
    let rises = trend.course == Course::Growing;
    weigh(&mut trend, &blocks, points, rules, manner.of(true, born));
    let ends = rises && trend.course != Course::Growing;
    resource::settle(&mut trend, &blocks, points);
    // It finds growth, and rises that end; that there is none takes independent blocks.
    (ends || trend.course == Course::Growing).then_some(trend)
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
        _ => resource::points(series, metric, rules),
    }
}

pub(super) fn empty(series: &Series, metric: Metric, span_s: f64) -> Trend {
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
        rise: None,
        straight: None,
        start: series.all().next().map(|cell| cell.t),
        rising: None,
        flat: None,
        restarts: series.restarts(),
        gaps: series.gaps(),
    }
}

/// Takes the load into account, by the best that is known of it.
pub(super) fn account(
    series: &Series,
    metric: Metric,
    rules: &Rules,
    points: &mut Points,
    level: f64,
) -> Adjustment {
    let plain = |basis| Adjustment::plain(basis, 0.0);
    if metric == Metric::Tasks && series.is_explained() {
        return plain(LoadBasis::Explained);
    }
    let known = points.load.iter().filter(|load| load.is_finite()).count();
    if known * 10 >= points.len() * 9 {
        points.keep(|p, i| p.load[i].is_finite());
        let adjustment = adjust(points, metric, tolerance(metric, rules, level));
        return match adjustment.basis {
            LoadBasis::Undetermined if rules.steady_load => plain(LoadBasis::Steady),
            _ => adjustment,
        };
    }
    if rules.steady_load {
        return plain(LoadBasis::Steady);
    }
    match stand_in(series, rules) {
        Some((_, rate)) if rate.stirred => Adjustment::plain(LoadBasis::Unknown, rate.rose),
        Some((basis, rate)) => Adjustment::plain(basis, rate.rose),
        None => Adjustment::plain(LoadBasis::Unknown, f64::INFINITY),
    }
}

/// Test, slope and levels; a walk's are those of its drift.
pub(super) fn fill(
    trend: &mut Trend,
    blocks: &Points,
    drift: Option<&Drift>,
    metric: Metric,
    rules: &Rules,
    adjustment: &Adjustment,
    bar: f64,
) {
    let lives = blocks.lives();
    let values: Vec<&[f64]> = lives.iter().map(|(_, x)| *x).collect();
    let (z, p) = drift.map_or_else(
        || {
            let test = mann_kendall(&values);
            (test.z, test.p)
        },
        |drift| (drift.z, upper_tail(drift.z)),
    );
    (trend.z, trend.p) = (Some(z), Some(p));
    let end = blocks.len().saturating_sub(3);
    trend.first = median(&blocks.x[..3.min(blocks.len())]);
    trend.last = median(&blocks.x[end..]);
    let Some(slope) = drift.map_or_else(|| theil_sen(&lives), |drift| Some(drift.slope)) else { return };
    let Slope { value, low, high } = slope;
    trend.slope_per_h = Some(value * 3600.0);
    trend.slope_ci = low.zip(high).map(|(low, high)| [low * 3600.0, high * 3600.0]);
    trend.growth = Some(value * trend.span_s);
    // The load's cost may be off by as many standard errors as the bar is high.
    let doubt = adjustment.beta.map_or(0.0, |beta| bar * beta.error * adjustment.moved);
    let slight = tolerance(metric, rules, trend.first.unwrap_or_default());
    let slight =
        if metric == Metric::Heap { slight.max(rules.heap_per_h * trend.span_s / 3600.0) } else { slight };
    trend.matters = Some(slight + doubt);
    let gate = (slight + doubt) / trend.span_s.max(1.0);
    let least = drift.map_or_else(
        || min_detectable(blocks, value, rules.z),
        |drift| Some((rules.z + POWER) * drift.error),
    );
    trend.min_detectable_slope_per_h = least.map(|slope| slope.max(gate) * 3600.0);
    foretell(trend, slope, &blocks.t, rules);
}

/// A load that rose, and of which only that is known, could at most have raised everything in proportion. Growth
/// beyond twice that (steady loads) or beyond that by what matters (others) is not the load's; less may be. What only
/// stands for the load must be outgrown by more.
pub(super) fn outgrown(trend: &Trend, adjustment: &Adjustment) -> LoadBasis {
    let (Some(growth), Some(first), Some(matters)) = (trend.growth, trend.first, trend.matters) else {
        return trend.load;
    };
    // The middles of the first and the last quarter are three quarters of the time apart, and the first one is an
    // eighth from the start; the first three blocks' is a twentieth.
    let proportion = (first + growth / 13.0).max(0.0) * adjustment.rose * 4.0 / 3.0;
    let in_doubt = growth >= matters && growth < 2.0 * proportion;
    // A slope through a step would go further than the step did.
    let rise = trend.last.map_or(growth, |last| growth.min(LINE * (last - first)));
    let surely = trend.slope_ci.map_or(rise, |[low, _]| rise.min(low / 3600.0 * trend.span_s));
    let by_load = adjustment.beta.map_or(0.0, |beta| beta.value * adjustment.moved);
    let heap = trend.metric == Metric::Heap;
    match adjustment.basis {
        LoadBasis::Undetermined if surely - ABOUT * proportion >= matters => LoadBasis::Outgrown,
        // What follows the load late does not seem to follow it.
        LoadBasis::Constant if in_doubt => LoadBasis::Undetermined,
        LoadBasis::InFlight if heap && growth >= matters && rise + by_load < ABOUT * proportion => {
            LoadBasis::Undetermined
        }
        basis if growth >= matters && (basis.stands_in() || basis == LoadBasis::Unknown) => {
            match (outgrew(trend, growth, adjustment.rose), basis) {
                (true, LoadBasis::Unknown) => LoadBasis::Outgrown,
                (true, level) => level,
                (false, _) => LoadBasis::Unknown,
            }
        }
        basis => basis,
    }
}

/// From the numbers to the course.
pub(super) fn conclude(trend: &mut Trend, blocks: &Points, bar: f64, stepped: bool) {
    let longest = blocks.lives().into_iter().max_by_key(|(t, _)| t.len()).unwrap_or_default();
    let grows = trend.growth.zip(trend.matters).is_some_and(|(growth, matters)| growth >= matters);
    let (course, why) = if trend.z.is_none_or(|z| z <= bar) {
        (Course::Stable, Why::Chance)
    } else if trend.load == LoadBasis::Undetermined {
        (Course::Inconclusive, Why::LoadUndetermined)
    } else if stepped || is_step(longest.0, longest.1) {
        (Course::Step, Why::OneStep)
    } else if !grows {
        (Course::Stable, Why::Slight)
    } else if !is_sustained(longest.1) {
        (Course::Stable, Why::Levelled)
    } else {
        (Course::Growing, Why::Rising)
    };
    // A load that moved can hide a leak as well as feign one.
    let hidden = course == Course::Stable && trend.load == LoadBasis::Undetermined && trend.beta.is_none();
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

#[cfg(test)]
mod tests;
