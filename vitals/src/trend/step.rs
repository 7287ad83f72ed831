//! Whether one change explains a rise: level before, level after.

use super::kendall::mann_kendall;
use super::rank::real;

/// What two levels leave must be at most this share of what a straight line leaves.
const BETTER: f64 = 0.5;
/// A side that rises with less than this chance is not level.
const LEVEL: f64 = 0.05;

/// Whether two levels fit the blocks of one life better than a line does, and neither side rises by itself.
pub(super) fn is_step(t: &[f64], x: &[f64]) -> bool {
    change(t, x).is_some()
}

/// The first block after the one change that explains a rise, if one does.
pub(super) fn change(t: &[f64], x: &[f64]) -> Option<usize> {
    let change = two_levels(t, x)?;
    let rises = |side: &[f64]| mann_kendall(&[side]).p < LEVEL;
    (!rises(&x[..change]) && !rises(&x[change..])).then_some(change)
}

/// The first block of the second one, if two levels fit better than a line.
pub(super) fn two_levels(t: &[f64], x: &[f64]) -> Option<usize> {
    let n = t.len().min(x.len());
    if n < 4 {
        return None;
    }
    let left = |change: usize| spread(&x[..change]) + spread(&x[change..]);
    let change = (2..=n - 2).min_by(|a, b| left(*a).total_cmp(&left(*b)))?;
    (spread(x) > 0.0 && left(change) <= BETTER * line(t, x)).then_some(change)
}

fn spread(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / real(x.len().max(1));
    x.iter().map(|x| (x - mean).powi(2)).sum()
}

/// The squares that the least-squares line leaves.
fn line(t: &[f64], x: &[f64]) -> f64 {
    let n = real(t.len());
    let (mean_t, mean_x) = (t.iter().sum::<f64>() / n, x.iter().sum::<f64>() / n);
    let (mut tt, mut tx) = (0.0, 0.0);
    for (t, x) in t.iter().zip(x) {
        tt += (t - mean_t).powi(2);
        tx += (t - mean_t) * (x - mean_x);
    }
    if tt > 0.0 { spread(x) - tx * tx / tt } else { spread(x) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_slopes() {
        let of = |x: &[f64]| {
            let t: Vec<f64> = (0..x.len()).map(real).collect();
            is_step(&t, x)
        };
        let step: Vec<f64> = (0..24).map(|i| if i < 12 { 19.0 } else { 40.0 }).collect();
        assert!(of(&step));
        assert!(of(&step[8..]));
        let noisy: Vec<f64> = (0..24).map(|i| step[i] + [0.0, 4.0, -3.0, 1.0, -2.0][i % 5]).collect();
        assert!(of(&noisy));
        let slope: Vec<f64> = (0..24).map(f64::from).collect();
        assert!(!of(&slope));
        let bent: Vec<f64> = (0..24).map(|i| f64::from((i - 12).max(0))).collect();
        assert!(!of(&bent), "rises after the change");
        let stairs: Vec<f64> = (0..24).map(|i| f64::from(i / 6 * 10)).collect();
        assert!(!of(&stairs));
        assert!(!of(&[]) && !of(&[1.0, 2.0, 3.0]));
        assert!(of(&[1.0, 1.0, 5.0, 5.0]));
    }
}
