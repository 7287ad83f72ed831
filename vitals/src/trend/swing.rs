//! How much of a count's swing its load explains: the share of its variance that goes when `beta (L - mean of L)` is
//! taken off (R² of that fit), with `beta` as for trends, from how the two move together.

use serde::Serialize;

use super::Metric;
use super::load::{beta, is_moved};
use super::points::Points;
use super::rank::{median, quantile, real};
use super::series::Series;

/// Fewer samples than this are no swing.
pub const SWING_SAMPLES: usize = 20;
/// A swing of less than this share of the level, or of so many, is none.
const SHARE: f64 = 0.1;
const FEW: f64 = 10.0;
/// What the load costs must be known well enough that the whole of its movement is not off by more than this share of
/// the swing.
const DOUBT: f64 = 0.25;

/// What is known of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SwingBasis {
    /// There is no swing to speak of.
    Level,
    /// The target says what its load accounts for.
    Explained,
    /// Requests in flight, times what each costs.
    InFlight,
    /// There are requests in flight, and what each costs cannot be told from these samples.
    Undetermined,
    /// Nothing is known of the load.
    Unknown,
}

/// A count's swing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Swing {
    /// Samples.
    pub samples: usize,
    /// The 5th percentile, the median and the 95th percentile of the count.
    pub levels: [f64; 3],
    /// What is known of the load.
    pub basis: SwingBasis,
    /// The share of the swing (of the variance) that the load explains, from 0 to 1.
    pub explained: Option<f64>,
    /// What one request in flight costs.
    pub per_request: Option<f64>,
    /// Half the distance of the 5th and the 95th percentile of what is left.
    pub rest: Option<f64>,
}

/// The swing of a run; `None` with too few samples.
#[must_use]
pub fn swing(series: &Series) -> Option<Swing> {
    let explained = series.is_explained();
    let load = |cell: &super::series::Cell| if explained { cell.explained } else { cell.load };
    let mut points = Points::of(series, 0.0, |cell| cell.tasks, load);
    let samples = points.len();
    if samples < SWING_SAMPLES {
        return None;
    }
    let [low, level, high] = spread(&points.x)?;
    let of = |basis| Swing {
        samples,
        levels: [low, level, high],
        basis,
        explained: None,
        per_request: None,
        rest: None,
    };
    if high - low < (SHARE * level).max(FEW) {
        return Some(of(SwingBasis::Level));
    }
    points.keep(|points, i| points.load[i].is_finite());
    if points.len() < SWING_SAMPLES.max(samples * 9 / 10) {
        return Some(of(SwingBasis::Unknown));
    }
    let cost = if explained {
        1.0
    } else {
        let [least, usual, most] = spread(&points.load)?;
        let moved = most - least;
        if !is_moved(moved, usual) {
            let rest = Some((high - low) / 2.0);
            return Some(Swing { explained: Some(0.0), rest, ..of(SwingBasis::InFlight) });
        }
        match beta(&points, Metric::Tasks, moved, DOUBT * (high - low)) {
            Some(beta) => beta.value,
            None => return Some(of(SwingBasis::Undetermined)),
        }
    };
    let rest: Vec<f64> = points.x.iter().zip(&points.load).map(|(x, load)| x - cost * load).collect();
    let share = 1.0 - variance(&rest) / variance(&points.x).max(f64::MIN_POSITIVE);
    Some(Swing {
        explained: Some(share.clamp(0.0, 1.0)),
        per_request: (!explained).then_some(cost),
        rest: spread(&rest).map(|[low, _, high]| (high - low) / 2.0),
        ..of(if explained { SwingBasis::Explained } else { SwingBasis::InFlight })
    })
}

fn spread(values: &[f64]) -> Option<[f64; 3]> {
    Some([quantile(values, 0.05)?, median(values)?, quantile(values, 0.95)?])
}

fn variance(values: &[f64]) -> f64 {
    let n = real(values.len().max(1));
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::super::Reading;
    use super::*;

    /// A load that wanders between 20 and 120, the same every time.
    fn load(n: u32) -> f64 {
        20.0 + f64::from(n * 7919 % 101)
    }

    fn swung(samples: u32, of: impl Fn(u32) -> Reading) -> Option<Swing> {
        let mut series = Series::default();
        (0..samples).for_each(|n| series.push(Reading { t: f64::from(n) / 4.0, ..of(n) }));
        swing(&series)
    }

    fn counted(tasks: f64, in_flight: Option<f64>) -> Reading {
        Reading { tasks: Some(tasks), in_flight, ..Reading::default() }
    }

    /// 5 each, and up to 40 more that have nothing to do with it: of two independent uniform parts, 500 and 40 wide, the
    /// first makes 500² / (500² + 40²) of the variance.
    #[test]
    fn the_share_is_that_of_the_variance() {
        let other = |n: u32| f64::from(n * 6007 % 41);
        let swing = swung(400, |n| counted(60.0 + 5.0 * load(n) + other(n), Some(load(n)))).unwrap();
        assert_eq!(swing.basis, SwingBasis::InFlight);
        assert!((swing.per_request.unwrap() - 5.0).abs() < 0.1, "{swing:?}");
        let known = 500.0 * 500.0 / (500.0 * 500.0 + 40.0 * 40.0);
        assert!((swing.explained.unwrap() - known).abs() < 0.01, "{swing:?}");
        assert!((swing.rest.unwrap() - 18.0).abs() < 1.5, "{swing:?}");
    }

    #[test]
    fn what_the_target_explains_is_taken_at_its_word() {
        let explaining =
            |n| Reading { explained: Some(2.0 * load(n)), ..counted(7.0 + 2.0 * load(n), Some(9.0)) };
        let swing = swung(40, explaining).unwrap();
        assert_eq!((swing.basis, swing.explained, swing.rest), (SwingBasis::Explained, Some(1.0), Some(0.0)));
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        let basis = |of: &dyn Fn(u32) -> Reading| swung(60, of).unwrap().basis;
        assert_eq!(basis(&|n| counted(500.0 + f64::from(n % 9), Some(load(n)))), SwingBasis::Level);
        assert_eq!(basis(&|n| counted(5.0 * load(n), None)), SwingBasis::Unknown);
        // The load does not move: whatever swings, it is not that.
        let still = swung(60, |n| counted(5.0 * load(n), Some(50.0))).unwrap();
        assert_eq!((still.basis, still.explained), (SwingBasis::InFlight, Some(0.0)));
        // Nor with it, nor against it.
        assert_eq!(
            basis(&|n| counted(5.0 * load(n), Some(f64::from(n * 6007 % 41)))),
            SwingBasis::Undetermined
        );
        assert_eq!(swung(19, |n| counted(5.0 * load(n), Some(load(n)))), None);
    }
}
