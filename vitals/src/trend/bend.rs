//! Values that lie on a line with one bend: a leak that begins while it is watched, or that speeds up.
//!
//! Around a straight line a bend is one slow swing, and seems to be noise that remembers for as long as the recording.

use super::rank::real;
use super::step::line;

/// What the bent line leaves must be at most this share of what a straight one leaves.
const BETTER: f64 = 0.3;
/// So many points on each side of the bend, at least.
const SIDE: usize = 4;

/// Level, slope, and the slope's change at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bend {
    at: f64,
    middle: f64,
    of: [f64; 3],
}

impl Bend {
    /// The value of the line at a time.
    pub(super) fn value(&self, t: f64) -> f64 {
        let [level, slope, more] = self.of;
        level + slope * (t - self.middle) + more * (t - self.at).max(0.0)
    }

    fn left(&self, t: &[f64], x: &[f64]) -> f64 {
        t.iter().zip(x).map(|(t, x)| (x - self.value(*t)).powi(2)).sum()
    }
}

/// The bent line through these points, if it fits much better than a straight one (least squares; the bend is tried at
/// every point: Hudson 1966, JASA 61).
pub(super) fn bend(t: &[f64], x: &[f64]) -> Option<Bend> {
    let n = t.len().min(x.len());
    let straight = line(&t[..n], &x[..n]);
    let places = t.get(SIDE..n.checked_sub(SIDE)?)?.iter();
    let fits = places.filter_map(|at| {
        let bend = fit(&t[..n], &x[..n], *at)?;
        Some((bend.left(&t[..n], &x[..n]), bend))
    });
    let (left, best) = fits.min_by(|a, b| a.0.total_cmp(&b.0))?;
    (straight > 0.0 && left <= BETTER * straight).then_some(best)
}

/// The line with its bend at this time, by the normal equations, with times around their middle and within 1 of it.
fn fit(t: &[f64], x: &[f64], at: f64) -> Option<Bend> {
    let (first, last) = (t.first()?, t.last()?);
    let (middle, half) = (f64::midpoint(*first, *last), (last - first) / 2.0);
    if half <= 0.0 {
        return None;
    }
    let of = of_three(t, x, |t| [1.0, (t - middle) / half, ((t - at) / half).max(0.0)])?;
    Some(Bend { at, middle, of: [of[0], of[1] / half, of[2] / half] })
}

/// How much of each of three functions of time makes up the values (least squares); `None` where they are too alike.
pub(super) fn of_three(t: &[f64], x: &[f64], basis: impl Fn(f64) -> [f64; 3]) -> Option<[f64; 3]> {
    of_curves(t.iter().zip(x).map(|(t, x)| (basis(*t), *x)))
}

/// The same of three curves whose values are known where the values are.
pub(super) fn of_curves(values: impl Iterator<Item = ([f64; 3], f64)>) -> Option<[f64; 3]> {
    let mut rows = [[0.0; 4]; 3];
    let mut n = 0;
    for (b, x) in values {
        n += 1;
        for (row, bi) in rows.iter_mut().zip(b) {
            for (cell, bj) in row.iter_mut().zip(b.into_iter().chain([x])) {
                *cell += bi * bj;
            }
        }
    }
    let least = 1e-9 * real(n);
    // Gauss and Jordan; the matrix is positive definite, so that no rows are exchanged.
    for i in 0..3 {
        let pivot = rows[i];
        if pivot[i] <= least {
            return None;
        }
        for j in (0..3).filter(|j| *j != i) {
            let factor = rows[j][i] / pivot[i];
            for (cell, of) in rows[j].iter_mut().zip(pivot) {
                *cell -= factor * of;
            }
        }
    }
    let of = |i: usize| rows[i][3] / rows[i][i];
    Some([of(0), of(1), of(2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(x: impl Fn(f64) -> f64) -> Option<Bend> {
        let t: Vec<f64> = (0..60).map(|i| 1e6 + 30.0 * real(i)).collect();
        let noise = [3.0, -1.0, 2.0, -4.0, 0.0];
        let x: Vec<f64> = t.iter().enumerate().map(|(i, t)| x(t - 1e6) + noise[i % 5]).collect();
        bend(&t, &x)
    }

    #[test]
    fn a_leak_that_begins_is_a_bend() {
        let late = of(|t| 800.0 + 0.5 * (t - 900.0).max(0.0)).unwrap();
        assert!((late.at - 1e6 - 900.0).abs() <= 60.0, "{late:?}");
        assert!((late.value(1e6) - 800.0).abs() < 5.0 && (late.value(1e6 + 1700.0) - 1200.0).abs() < 10.0);
        assert!(of(|t| 800.0 + t * t / 4000.0).is_some());
    }

    #[test]
    fn what_is_straight_or_a_step_is_none() {
        assert_eq!(of(|t| 800.0 + 0.3 * t), None);
        assert_eq!(of(|_| 800.0), None);
        assert_eq!(of(|t| if t < 900.0 { 800.0 } else { 1100.0 }), None);
        assert_eq!(bend(&[], &[]), None);
        assert_eq!(bend(&[1.0; 20], &[2.0; 20]), None);
        assert_eq!(bend(&[1.0, 2.0, 3.0], &[1.0, 2.0, 9.0]), None);
    }
}
