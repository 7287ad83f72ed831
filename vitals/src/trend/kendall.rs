//! The Mann-Kendall test for a trend and the Theil-Sen slope with its interval, over several lives of a process:
//! only values of the same life are compared with each other.
//!
//! Mann 1945, Econometrica 13; Kendall 1975, Rank Correlation Methods (ties); Sen 1968, JASA 63 (slope, interval);
//! Hirsch, Slack and Smith 1982, Water Resources Research 18 (sums over strata).

use super::normal::{quantile_of_upper, upper_tail};
use super::rank::{convolve, inversions, median, real, ties};

/// Up to this many values the distribution is counted out, not approximated.
const EXACT: usize = 10;

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Rising pairs minus falling pairs.
    pub s: f64,
    /// The variance of `s` without a trend, corrected for ties.
    pub variance: f64,
    /// `s` in standard deviations, with the continuity correction; from 10 values on down, from the exact `p`.
    pub z: f64,
    /// How often chance gives such an `s` or a higher one.
    pub p: f64,
}

/// Times and values of each life.
pub(super) type Strata<'a> = [(&'a [f64], &'a [f64])];

/// Tests whether the values rise; with nothing to compare, `z` is 0 and `p` is 1.
#[must_use]
pub fn mann_kendall(lives: &[&[f64]]) -> MannKendall {
    let (mut s, mut variance, mut n) = (0.0, 0.0, 0);
    for values in lives {
        for (i, a) in values.iter().enumerate() {
            s += values[i + 1..].iter().map(|b| f64::from(i8::from(b > a) - i8::from(b < a))).sum::<f64>();
        }
        let term = |n: usize| real(n) * (real(n) - 1.0) * (2.0 * real(n) + 5.0);
        variance += (term(values.len()) - ties(values).into_iter().map(term).sum::<f64>()) / 18.0;
        n += values.len();
    }
    if variance <= 0.0 {
        return MannKendall { s, variance: 0.0, z: 0.0, p: 1.0 };
    }
    let z = (s - s.signum()) / variance.sqrt();
    let (z, p) = if n <= EXACT {
        let p = exact(lives, s);
        (quantile_of_upper(p.clamp(1e-12, 1.0 - 1e-12)), p)
    } else {
        (if s == 0.0 { 0.0 } else { z }, if s == 0.0 { 0.5 } else { upper_tail(z) })
    };
    MannKendall { s, variance, z, p }
}

/// The share of all orders of these values whose `s` is at least this high.
fn exact(lives: &[&[f64]], s: f64) -> f64 {
    let counts = lives.iter().fold(vec![1.0], |counts, values| convolve(&counts, &inversions(&ties(values))));
    // s = pairs that differ - 2 x inversions, and the last coefficient belongs to that many inversions.
    let pairs = real(counts.len() - 1);
    let as_high = counts.iter().enumerate().filter(|(i, _)| pairs - 2.0 * real(*i) >= s);
    as_high.map(|(_, count)| count).sum::<f64>() / counts.iter().sum::<f64>()
}

/// A slope and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The median of the slopes of all pairs.
    pub value: f64,
    /// The interval's lower end; `None` when there are too few pairs for it.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// The median slope of all pairs of one life, and its interval; `None` without a pair. Quadratic: for blocks.
#[must_use]
pub fn theil_sen(lives: &Strata<'_>) -> Option<Slope> {
    let mut slopes = Vec::new();
    for (t, x) in lives {
        for i in 0..t.len().min(x.len()) {
            slopes.extend((i + 1..t.len()).filter(|j| t[*j] > t[i]).map(|j| (x[j] - x[i]) / (t[j] - t[i])));
        }
    }
    slopes.retain(|slope| slope.is_finite());
    let value = median(&slopes)?;
    slopes.sort_by(f64::total_cmp);
    let values: Vec<&[f64]> = lives.iter().map(|(_, x)| *x).collect();
    let c = 1.959_963_984_540_054 * mann_kendall(&values).variance.sqrt();
    let n = real(slopes.len());
    // Gilbert 1987, Statistical Methods for Environmental Pollution Monitoring, 16.5: the M1-th and (M2+1)-th slope.
    #[expect(clippy::cast_possible_truncation, reason = "at most some thousand pairs")]
    let at = |rank: f64| usize::try_from(rank.round() as i64 - 1).ok().and_then(|i| slopes.get(i)).copied();
    Some(Slope { value, low: at((n - c) / 2.0), high: at((n + c) / 2.0 + 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    fn slope_of(x: &[f64]) -> Option<Slope> {
        let t: Vec<f64> = (0..x.len()).map(real).collect();
        theil_sen(&[(&t, x)])
    }

    #[test]
    fn degenerate() {
        for values in [&[][..], &[1.0], &[5.0; 20]] {
            let test = mann_kendall(&[values]);
            assert_eq!((test.s, test.z, test.p), (0.0, 0.0, 1.0), "{values:?}");
        }
        assert_eq!(mann_kendall(&[]).p, 1.0);
        assert!(close(mann_kendall(&[&[1.0, 2.0]]).p, 0.5));
        assert_eq!((slope_of(&[]), slope_of(&[1.0])), (None, None));
        assert_eq!(slope_of(&[1.0, 3.0]).unwrap().value, 2.0);
        assert_eq!(slope_of(&[7.0; 12]).unwrap(), Slope { value: 0.0, low: Some(0.0), high: Some(0.0) });
        assert_eq!(theil_sen(&[(&[1.0, 1.0], &[1.0, 2.0])]), None, "one moment has no slope");
        let huge = mann_kendall(&[&[1e300, 2e300, 4e300, 5e300]]);
        assert!(close(huge.p, 1.0 / 24.0));
    }

    #[test]
    fn a_process_that_starts_again_is_compared_with_itself_only() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
        let both = mann_kendall(&[&a, &b]);
        let one = mann_kendall(&[&a]);
        assert_eq!((both.s, both.variance), (2.0 * one.s, 2.0 * one.variance));
        let t: Vec<f64> = (0..7).map(real).collect();
        assert_eq!(theil_sen(&[(&t, &a), (&t, &b)]).unwrap().value, 1.0);
        // Two lives of two: both rise in one case of four.
        assert!(close(mann_kendall(&[&[1.0, 2.0], &[1.0, 2.0]]).p, 0.25));
    }
}
