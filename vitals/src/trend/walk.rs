//! Growth whose noise does not forget. Requests come at random, and what each of them leaks stays: around its line such a
//! count is a random walk, which resembles itself for as long as it has been watched, so that no number of independent
//! blocks is ever reached, however large the leak.
//!
//! The changes from block to block are independent then, and a mean change far above zero is growth: the test for the
//! drift of a random walk. Where the noise does forget, changes take each other back, and the test errs to the safe side.

use super::kendall::Slope;
use super::points::Points;
use super::rank::real;

/// Fewer changes than this say nothing of how much they scatter.
const CHANGES: usize = 7;
/// Medians of a walk's blocks resemble their neighbours: their changes scatter less than those of its points, and sum up
/// to more (Working 1960: the correlation of neighbours is 1/4, which makes the variance of a sum 1.5 times as large).
const AVERAGED: f64 = 1.5;
/// No test is surer than this.
const SUREST: f64 = 8.0;

/// The drift of a walk.
pub(super) struct Drift {
    /// Standard deviations above no drift.
    pub(super) z: f64,
    /// Per second, with its 95 % interval.
    pub(super) slope: Slope,
    /// The slope's standard error, per second.
    pub(super) error: f64,
}

/// The drift of these blocks, from the changes within each life; `None` if there are too few.
pub(super) fn drift(blocks: &Points) -> Option<Drift> {
    let changes: Vec<(f64, f64)> = blocks
        .lives()
        .into_iter()
        .flat_map(|(t, x)| t.windows(2).zip(x.windows(2)).map(|(t, x)| (t[1] - t[0], x[1] - x[0])))
        .filter(|(dt, _)| *dt > 0.0)
        .collect();
    let m = real(changes.len());
    if changes.len() < CHANGES {
        return None;
    }
    let (time, rise) = changes.iter().fold((0.0, 0.0), |(t, x), (dt, dx)| (t + dt, x + dx));
    let per_s = rise / time;
    // A walk scatters with the root of the time between two looks.
    let scatter: f64 = changes.iter().map(|(dt, dx)| (dx - per_s * dt).powi(2) / dt).sum();
    let error = (AVERAGED * scatter / (m - 1.0) / time).sqrt();
    let z = normal_of(per_s / error, m - 1.0).clamp(-SUREST, SUREST);
    let half = student_95(m - 1.0) * error;
    let slope = Slope { value: per_s, low: Some(per_s - half), high: Some(per_s + half) };
    Some(Drift { z: if z.is_nan() { 0.0 } else { z }, slope, error })
}

/// The normal deviate of Student's t with this many degrees of freedom (Abramowitz and Stegun 26.7.8).
fn normal_of(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return t;
    }
    t * (1.0 - 1.0 / (4.0 * freedom)) / (1.0 + t * t / (2.0 * freedom)).sqrt()
}

/// What 2.5 % of Student's t lie above (Abramowitz and Stegun 26.7.5, its first three terms).
fn student_95(freedom: f64) -> f64 {
    let x = 1.959_963_984_540_054_f64;
    let (x3, x5) = (x.powi(3), x.powi(5));
    x + (x3 + x) / (4.0 * freedom) + (5.0 * x5 + 16.0 * x3 + 3.0 * x) / (96.0 * freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(x: &[f64]) -> Points {
        Points {
            t: (0..x.len()).map(|i| 60.0 * real(i)).collect(),
            x: x.to_vec(),
            load: vec![f64::NAN; x.len()],
            life: vec![0; x.len()],
            run: vec![0; x.len()],
        }
    }

    #[test]
    fn students_t_as_in_the_tables() {
        // scipy.stats.t.ppf(0.975, n), scipy 1.17.1.
        for (freedom, t) in [(6.0, 2.446_912), (10.0, 2.228_139), (28.0, 2.048_407)] {
            assert!((student_95(freedom) - t).abs() < 0.02, "{freedom}");
            assert!((normal_of(t, freedom) - 1.96).abs() < 0.05, "{freedom}: {}", normal_of(t, freedom));
        }
    }

    #[test]
    fn drift_of_a_walk() {
        // Changes of 30, 10, 20, 5, 35, 20, 20: 20 on average, and a standard deviation of 10.41.
        let found = drift(&blocks(&[0.0, 30.0, 40.0, 60.0, 65.0, 100.0, 120.0, 140.0])).unwrap();
        assert!((found.slope.value - 20.0 / 60.0).abs() < 1e-12);
        let t = 20.0 / (10.408 * 1.5_f64.sqrt() / 7.0_f64.sqrt());
        assert!((found.z - normal_of(t, 6.0)).abs() < 0.01, "{}", found.z);
        let [low, high] = [found.slope.low.unwrap(), found.slope.high.unwrap()];
        assert!(low > 0.1 && (low + high - 2.0 * found.slope.value).abs() < 1e-12);
    }

    #[test]
    fn what_comes_back_has_none() {
        assert!(drift(&blocks(&[0.0, 90.0, 10.0, 80.0, 20.0, 90.0, 0.0, 70.0])).unwrap().z < 1.0);
        // One step is no drift, however high.
        assert!(drift(&blocks(&[0.0, 1.0, 0.0, 1.0, 900.0, 901.0, 900.0, 902.0])).unwrap().z < 1.5);
        assert_eq!(drift(&blocks(&[5.0; 8])).unwrap().z, 0.0);
        assert!(drift(&blocks(&[0.0, 9.0, 18.0, 27.0, 36.0, 45.0, 54.0, 63.0])).unwrap().z > 7.0);
        assert!(drift(&blocks(&[0.0, 9.0, 18.0])).is_none());
    }

    #[test]
    fn nothing_is_a_change_across_a_restart() {
        let mut two = blocks(&[0.0, 20.0, 35.0, 60.0, 80.0, 5.0, 25.0, 45.0, 60.0, 85.0]);
        two.life[5..].fill(1);
        assert!((drift(&two).unwrap().slope.value - 160.0 / 480.0).abs() < 1e-12);
    }
}
