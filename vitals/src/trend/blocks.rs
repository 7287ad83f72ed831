//! A metric's values in blocks that are long enough to be nearly independent of each other.

use super::autocorrelation;
use super::bend::bend;
use super::kendall::theil_sen;
use super::level_off::curve;
use super::load;
use super::points::{Points, cut};
use super::rank::{median, quantile};
use super::resource::tolerance;
use super::step::{change, moment};
use super::{Metric, Rules};

/// There are at most about this many.
pub(super) const MOST_BLOCKS: usize = 30;
/// Where runs are shorter than a thirtieth, there are at most about this many.
const ALL_BLOCKS: usize = 200;
/// The shortest block of a heap, however short those of tasks are: garbage is collected every two minutes or so when
/// little is allocated, and a heap that has just been started grows into its usual size.
const HEAP_BLOCK_S: f64 = 60.0;
/// A fall of more than this share of the usual range is a collection.
const DROP: f64 = 0.4;

/// Points in blocks.
pub(super) struct Cut {
    pub(super) blocks: Points,
    /// The autocorrelation time, in points.
    pub(super) tau: f64,
    /// A block's length, in points.
    pub(super) size: usize,
    /// The points lie on two levels: the time of the last one before they change.
    pub(super) changed: Option<f64>,
}

/// The blocks, long enough to be nearly independent of each other.
pub(super) fn blocks(points: &Points, metric: Metric, rules: &Rules) -> Cut {
    let coarse = cut(points, points.len().div_ceil(60), 0.5);
    // Around a line, two levels would look like one slow swing.
    let single = coarse.life.first() == coarse.life.last();
    let changed = change(&coarse.t, &coarse.x).filter(|_| single).map(|block| {
        let last = coarse.len() - 1;
        moment(&points.t, &points.x, [coarse.t[block.saturating_sub(2)], coarse.t[(block + 1).min(last)]])
    });
    let bent = if single && changed.is_none() { bend(&coarse.t, &coarse.x) } else { None };
    let ended = match single && changed.is_none() {
        true => {
            let least = tolerance(metric, rules, median(&coarse.x).unwrap_or_default());
            curve(&coarse.t, &coarse.x, rules.block_s, least)
        }
        false => None,
    };
    let left = |value: &dyn Fn(f64) -> f64| {
        points.t.iter().zip(&points.x).map(|(t, x)| x - value(*t)).collect::<Vec<f64>>()
    };
    let residuals = match (changed, ended, bent) {
        (Some(at), ..) => points.around_two_levels(at),
        (None, Some(ended), _) => left(&|t| ended.value(t)),
        (None, None, Some(bent)) => left(&|t| bent.value(t)),
        (None, None, None) => points.residuals(theil_sen(&coarse.lives()).map_or(0.0, |slope| slope.value)),
    };
    // What rounding leaves of a straight line is smooth, and says nothing.
    let scale = points.x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let is_rounding = residuals.iter().all(|x| x.abs() <= 1e-9 * scale);
    let tau = if is_rounding { 1.0 } else { autocorrelation::time(&residuals, &points.run) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most twice the length")]
    let independent = (2.0 * tau).ceil() as usize;
    // A process that starts again each night, or a pool of many days, has no run as long as a thirtieth of it all.
    let few =
        points.len().div_ceil(MOST_BLOCKS).min(points.usual_run()).max(points.len().div_ceil(ALL_BLOCKS));
    let size = shortest(points, metric, rules).max(independent).max(few).min(points.len().max(1));
    Cut { blocks: shared_out(points, metric, size), tau, size, changed }
}

/// The shortest block, in points: of a heap, no shorter than a tooth of its saw.
pub(super) fn shortest(points: &Points, metric: Metric, rules: &Rules) -> usize {
    match metric {
        Metric::Tasks | Metric::Descriptors | Metric::Threads | Metric::Connections => {
            points.cells_per(rules.block_s)
        }
        Metric::Resident => points.cells_per(rules.block_s.max(HEAP_BLOCK_S)),
        Metric::Heap => points.cells_per(rules.block_s.max(HEAP_BLOCK_S)).max(tooth(&points.x)),
    }
}

/// Points in blocks of this size.
pub(super) fn shared_out(points: &Points, metric: Metric, size: usize) -> Points {
    cut(points, size, level_share(metric))
}

/// The quantile of values that is their level.
pub(super) const fn level_share(metric: Metric) -> f64 {
    match metric {
        Metric::Heap => load::EDGE,
        _ => 0.5,
    }
}

/// How many points a tooth of the saw has that garbage collection draws: a block shorter than that has no low edge.
fn tooth(heap: &[f64]) -> usize {
    let Some((low, high)) = quantile(heap, 0.05).zip(quantile(heap, 0.95)) else { return 1 };
    let falls = heap.windows(2).filter(|pair| pair[0] - pair[1] > DROP * (high - low)).count();
    if falls < 3 || high <= low { 1 } else { heap.len().div_ceil(falls) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::rank::real;

    #[test]
    fn a_tooth_is_as_long_as_from_fall_to_fall() {
        let saw: Vec<f64> = (0..10).map(|i| 10.0 * real(i % 3)).collect();
        assert_eq!(tooth(&saw), 4, "three falls in ten points");
        assert_eq!(tooth(&saw[..6]), 1, "one fall");
        assert_eq!(tooth(&[7.0; 10]), 1);
    }
}
