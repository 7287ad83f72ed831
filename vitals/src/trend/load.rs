//! What the load explains: `x - beta (L - reference)`, with `beta` from how `x` and `L` move together.
//!
//! `beta` is a least-squares slope of differences, each less its mean: a leak adds the same to every difference,
//! and so does a straight ramp of the load, and neither then bends `beta`. Differences of samples tell where the
//! load is noisy, differences of block values where it is smooth but curved. A straight smooth ramp tells nothing:
//! a leak looks the same.

use serde::Serialize;

use super::Metric;
use super::points::{Points, cut_edges, cut_means};
use super::rank::{median, real};

/// Load that moves by no more than this share of itself is constant.
const MOVES: f64 = 0.2;
/// Differences that correlate less than this say nothing.
const CORRELATED: f64 = 0.2;
/// A `beta` of less than this many standard errors is no dependence.
const STANDS_OUT: f64 = 3.0;
/// A cost of which more than this share of what is seen at once is seen later follows the load late.
const LATE: f64 = 0.3;
/// The quantile of a heap that is its lower edge.
pub(super) const EDGE: f64 = 0.1;
/// Fewer values than this have no such quantile, only a lowest value, which lies higher.
pub(super) const EDGE_CELLS: usize = 9;

/// How the load was taken into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadBasis {
    /// The target said what its load accounts for, and that was taken off.
    Explained,
    /// Requests in flight, times what each costs.
    InFlight,
    /// The load did not move, or what was measured does not follow it.
    Constant,
    /// The operator said that the load is steady.
    Steady,
    /// The rate of requests did not move, and stands for the load.
    Requests,
    /// The rate of allocation did not move, and stands for the load.
    Allocation,
    /// The rate of garbage collections did not move, and stands for the load.
    Collections,
    /// The load, or what stands for it, moved, and what was measured grew by more than that explains.
    Outgrown,
    /// The load moved, and what it costs cannot be told.
    Undetermined,
    /// Nothing is known of the load.
    Unknown,
}

impl LoadBasis {
    /// Whether growth cannot come from the load.
    #[must_use]
    pub const fn is_accounted(self) -> bool {
        !matches!(self, Self::Undetermined | Self::Unknown)
    }

    /// Whether a steady rate was taken for a steady load.
    pub(super) const fn stands_in(self) -> bool {
        matches!(self, Self::Requests | Self::Allocation | Self::Collections)
    }
}

/// What one unit of load costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beta {
    pub(super) value: f64,
    pub(super) error: f64,
}

/// What became of the load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Adjustment {
    pub(super) basis: LoadBasis,
    pub(super) beta: Option<Beta>,
    /// By how much the load differs from quarter to quarter, in units of load.
    pub(super) moved: f64,
    /// By which share the load, or what stands for it, rose from a quarter to a later one; infinite where nothing is known.
    pub(super) rose: f64,
}

impl Adjustment {
    pub(super) const fn plain(basis: LoadBasis, rose: f64) -> Self {
        Self { basis, beta: None, moved: 0.0, rose }
    }
}

/// How a load moved, from its levels in the quarters of the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movement {
    /// The first quarter's level.
    pub(super) first: f64,
    /// From the lowest to the highest level.
    pub(super) range: f64,
    /// By which share of itself it rose, at most, from a quarter to a later one.
    pub(super) rose: f64,
    /// Whether that, or the fall, is more than a constant load does.
    pub(super) stirred: bool,
}

impl Movement {
    fn of(levels: &[f64]) -> Option<Self> {
        let first = *levels.first()?;
        let (mut lowest, mut highest, mut rose) = (first, first, 0.0_f64);
        for level in levels {
            lowest = lowest.min(*level);
            highest = highest.max(*level);
            rose = rose.max((level - lowest) / lowest.abs().max(1e-9));
        }
        let range = highest - lowest;
        let stirred = is_moved(range, levels.iter().sum::<f64>() / real(levels.len()));
        Some(Self { first, range, rose, stirred })
    }
}

/// Slope, its standard error and the correlation of pairs, each less its mean.
fn regress(pairs: &[(f64, f64)]) -> Option<(Beta, f64)> {
    let n = real(pairs.len());
    if pairs.len() < 6 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (mean_l, mean_x) = (mean(|p| p.0), mean(|p| p.1));
    let (mut ll, mut lx, mut xx) = (0.0, 0.0, 0.0);
    for (l, x) in pairs {
        let (l, x) = (l - mean_l, x - mean_x);
        ll += l * l;
        lx += l * x;
        xx += x * x;
    }
    // What is left of a straight line after rounding is no movement.
    let scale = pairs.iter().map(|(l, _)| l * l).sum::<f64>();
    if ll.is_nan() || ll <= 1e-9 * scale {
        return None;
    }
    let value = lx / ll;
    let error = ((xx - value * lx).max(0.0) / (n - 2.0) / ll).sqrt();
    let correlation = if xx > 0.0 { lx / (ll * xx).sqrt() } else { 0.0 };
    (value.is_finite() && error.is_finite()).then_some((Beta { value, error }, correlation))
}

/// How the load moved; `None` where there is none.
pub(super) fn movement(points: &Points) -> Option<Movement> {
    let quarter = points.len().div_ceil(4).max(1);
    Movement::of(&points.load.chunks(quarter).filter_map(median).collect::<Vec<f64>>())
}

/// Whether loads that differ this much are different loads.
pub(super) fn is_moved(difference: f64, level: f64) -> bool {
    difference > MOVES * level.abs().max(1e-9)
}

/// What one unit of load costs, if `moved` units of it cannot then be wrong by more than `tolerance`.
pub(super) fn beta(points: &Points, metric: Metric, moved: f64, tolerance: f64) -> Option<Beta> {
    let pairs = |points: &Points, kin: fn(&Points, usize) -> bool| -> Vec<(f64, f64)> {
        (1..points.len())
            .filter(|i| kin(points, *i))
            .map(|i| (points.load[i] - points.load[i - 1], points.x[i] - points.x[i - 1]))
            .filter(|(l, x)| l.is_finite() && x.is_finite())
            .collect()
    };
    let known = |beta: &Beta| 2.0 * beta.error * moved <= tolerance;
    let slow =
        |blocks: &Points| regress(&pairs(blocks, |p, i| p.life[i] == p.life[i - 1])).map(|(beta, _)| beta);
    let size = points.cells_per(60.0).max(points.len().div_ceil(60));
    // What lives on a heap is the lower edge of its saw; the mean of the saw costs more, and follows the load late.
    if metric == Metric::Heap {
        return slow(&cut_edges(points, size, EDGE)).filter(known);
    }
    let samples = regress(&pairs(points, |p, i| p.run[i] == p.run[i - 1]))
        .filter(|(beta, r)| *r >= CORRELATED && beta.value > STANDS_OUT * beta.error)
        .map(|(beta, _)| beta);
    if samples.is_some_and(|beta| is_late(points, beta.value)) {
        return None;
    }
    let slow = slow(&cut_means(points, size));
    match (samples.filter(known), slow.filter(known)) {
        (Some(fast), Some(slow)) => {
            let apart = (fast.value - slow.value).abs() > STANDS_OUT * fast.error.hypot(slow.error);
            Some(if apart || slow.error < fast.error { slow } else { fast })
        }
        (fast, slow) => fast.or(slow),
    }
}

/// Whether a good part of what a unit of load costs comes a sample later, or goes: then neither kind of differences tells
/// all of it.
fn is_late(points: &Points, beta: f64) -> bool {
    let step = |of: &[f64], i: usize| of[i] - of[i - 1];
    let pairs: Vec<(f64, f64)> = (2..points.len())
        .filter(|i| points.run[*i] == points.run[i - 2])
        .map(|i| (step(&points.load, i - 1), step(&points.x, i) - beta * step(&points.load, i)))
        .filter(|(l, x)| l.is_finite() && x.is_finite())
        .collect();
    regress(&pairs).is_some_and(|(late, _)| late.value > (STANDS_OUT * late.error).max(LATE * beta))
}

/// Takes the load out of the points.
pub(super) fn adjust(points: &mut Points, metric: Metric, tolerance: f64) -> Adjustment {
    let Some(movement) = movement(points) else {
        return Adjustment::plain(LoadBasis::Unknown, f64::INFINITY);
    };
    let Some(beta) = beta(points, metric, movement.range, tolerance) else {
        let basis = if movement.stirred { LoadBasis::Undetermined } else { LoadBasis::Constant };
        return Adjustment::plain(basis, movement.rose);
    };
    let adjusted = |basis| Adjustment { basis, beta: Some(beta), moved: movement.range, rose: movement.rose };
    if beta.value < STANDS_OUT * beta.error {
        return adjusted(LoadBasis::Constant);
    }
    take_off(points, beta.value, movement.first);
    adjusted(LoadBasis::InFlight)
}

/// Brings every value to the reference load.
pub(super) fn take_off(points: &mut Points, beta: f64, reference: f64) {
    for (x, load) in points.x.iter_mut().zip(&points.load) {
        *x -= beta * (load - reference);
    }
    points.keep(|p, i| p.x[i].is_finite());
}

/// How the rate of a counter moved; `None` where less than `enough` was counted in a quarter.
pub(super) fn rate(t: &[f64], count: &[f64], life: &[u32], enough: f64) -> Option<(Movement, f64)> {
    let n = t.len();
    let mut fewest = f64::INFINITY;
    let rates: Option<Vec<f64>> = (0..4)
        .map(|quarter| {
            let (from, to) = (quarter * n / 4, (quarter + 1) * n / 4);
            let (mut grown, mut seconds) = (0.0, 0.0);
            for i in from + 1..to.max(from + 1).min(n) {
                let more = count[i] - count[i - 1];
                if life[i] == life[i - 1] && more >= 0.0 {
                    grown += more;
                    seconds += t[i] - t[i - 1];
                }
            }
            fewest = fewest.min(grown);
            (grown >= enough && seconds > 0.0).then(|| grown / seconds)
        })
        .collect();
    Movement::of(&rates?).map(|movement| (movement, fewest))
}
