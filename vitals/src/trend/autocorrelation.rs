//! How many samples in a row say the same thing.

use super::rank::real;

/// The integrated autocorrelation time in samples, at least 1: `1 + 2 sum rho_k`, stopping before the first
/// `rho_k <= 0` (Sokal 1989, Monte Carlo Methods in Statistical Mechanics; Geyer 1992, Statistical Science 7). Only
/// pairs of the same run count. `x` has no trend and a mean of 0.
///
/// A short series hides its own slow swings: taking the mean and the trend out lowers `rho_1` by about
/// `(2 + 4 rho_1) / n` (Kendall 1954 and Marriott and Pope 1954, Biometrika 41, carried over to a trend). So the
/// time of a first-order process with the corrected `rho_1`, `(1 + rho) / (1 - rho)`, is taken where it is longer.
#[must_use]
pub fn time(x: &[f64], run: &[u32]) -> f64 {
    let n = x.len().min(run.len());
    let power: f64 = x[..n].iter().map(|x| x * x).sum();
    if n < 3 || power <= 0.0 || !power.is_finite() {
        return 1.0;
    }
    let rho = |lag: usize| {
        let pairs = (0..n - lag).filter(|i| run[*i] == run[i + lag]);
        pairs.map(|i| x[i] * x[i + lag]).sum::<f64>() / power
    };
    let mut sum = 0.0;
    for lag in 1..n / 2 {
        let rho = rho(lag);
        if rho <= 0.0 {
            break;
        }
        sum += rho;
    }
    let first = rho(1);
    let corrected = (first + (2.0 + 4.0 * first) / real(n)).min(1.0 - 1.0 / real(n));
    let first_order = if first > 0.0 { (1.0 + corrected) / (1.0 - corrected) } else { 1.0 };
    (1.0 + 2.0 * sum).max(first_order).min(real(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degenerate() {
        assert_eq!(time(&[], &[]), 1.0);
        assert_eq!(time(&[1.0], &[0]), 1.0);
        assert_eq!(time(&[0.0; 50], &[0; 50]), 1.0);
        assert_eq!(time(&[f64::MAX; 50], &[0; 50]), 1.0, "overflows");
        let alternating: Vec<f64> = (0..50).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert_eq!(time(&alternating, &[0; 50]), 1.0);
    }

    #[test]
    fn pairs_of_two_runs_do_not_count() {
        let x: Vec<f64> = (0..60).map(|i| if i / 6 % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let together = time(&x, &[0; 60]);
        let apart: Vec<u32> = (0..60).collect();
        assert!(together > 3.0, "{together}");
        assert_eq!(time(&x, &apart), 1.0);
    }
}
