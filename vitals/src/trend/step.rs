//! Whether one change explains a rise: level before, level after.

use super::kendall::{mann_kendall, theil_sen};
use super::rank::{median, real};

/// What two levels leave must be at most this share of what a straight line leaves.
const BETTER: f64 = 0.5;
/// A side that rises with less than this chance is not level,
const LEVEL: f64 = 0.05;
/// if it rises by more than this share of the step: noise that resembles its neighbours often seems to rise a little.
pub(super) const SLIGHT: f64 = 0.3;

/// Whether two levels fit the blocks of one life better than a line does, and neither side rises by itself.
pub(super) fn is_step(t: &[f64], x: &[f64]) -> bool {
    change(t, x).is_some()
}

/// The first block after the one change that explains a rise, if one does.
pub(super) fn change(t: &[f64], x: &[f64]) -> Option<usize> {
    let change = two_levels(t, x)?;
    let n = t.len().min(x.len());
    let step = (median(&x[change..n])? - median(&x[..change])?).abs();
    let rises = |t: &[f64], x: &[f64]| rise(t, x) > SLIGHT * step && mann_kendall(&[x]).p < LEVEL;
    (!rises(&t[..change], &x[..change]) && !rises(&t[change..n], &x[change..n])).then_some(change)
}

/// By how much values rise from the first time to the last, by their Sen slope.
pub(super) fn rise(t: &[f64], x: &[f64]) -> f64 {
    theil_sen(&[(t, x)]).map_or(0.0, |slope| slope.value * (t[t.len() - 1] - t[0]))
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

/// When exactly a change between two levels came, of which only two times around it are known: the samples are
/// shared out so that they lie closest to their own level.
pub(super) fn moment(t: &[f64], x: &[f64], around: [f64; 2]) -> f64 {
    let [from, to] = around.map(|at| t.partition_point(|t| *t <= at));
    let middle = f64::midpoint(around[0], around[1]);
    let Some((before, after)) = median(&x[..from]).zip(median(&x[to..])) else { return middle };
    let mut cost = 0.0;
    let mut best = (0.0, around[0]);
    for (t, x) in t[from..to].iter().zip(&x[from..to]) {
        cost += (x - before).powi(2) - (x - after).powi(2);
        if cost < best.0 {
            best = (cost, *t);
        }
    }
    best.1
}

fn spread(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / real(x.len().max(1));
    x.iter().map(|x| (x - mean).powi(2)).sum()
}

/// The squares that the least-squares line leaves.
pub(super) fn line(t: &[f64], x: &[f64]) -> f64 {
    let n = real(t.len());
    let (mean_t, mean_x) = (t.iter().sum::<f64>() / n, x.iter().sum::<f64>() / n);
    let (mut tt, mut tx) = (0.0, 0.0);
    for (t, x) in t.iter().zip(x) {
        tt += (t - mean_t).powi(2);
        tx += (t - mean_t) * (x - mean_x);
    }
    if tt > 0.0 { spread(x) - tx * tx / tt } else { spread(x) }
}

/// The least-squares slope.
pub(super) fn slope(t: &[f64], x: &[f64]) -> f64 {
    let n = real(t.len().max(1));
    let (mean_t, mean_x) = (t.iter().sum::<f64>() / n, x.iter().sum::<f64>() / n);
    let (mut tt, mut tx) = (0.0, 0.0);
    for (t, x) in t.iter().zip(x) {
        tt += (t - mean_t).powi(2);
        tx += (t - mean_t) * (x - mean_x);
    }
    if tt > 0.0 { tx / tt } else { 0.0 }
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

    #[test]
    fn a_side_that_rises_by_less_than_counts_is_level() {
        let t: Vec<f64> = (0..30).map(real).collect();
        let with = |rise: f64| -> Vec<f64> {
            (0..30).map(|i| if i < 18 { 1000.0 } else { 1210.0 + rise * real(i - 18) / 11.0 }).collect()
        };
        assert_eq!(change(&t, &with(40.0)), Some(18));
        assert_eq!(change(&t, &with(120.0)), None);
    }

    #[test]
    fn the_moment_of_a_change_is_that_of_the_last_sample_before_it() {
        let t: Vec<f64> = (0..60).map(|i| 5.0 * real(i)).collect();
        let x: Vec<f64> =
            (0..60).map(|i| if i < 33 { 800.0 } else { 1000.0 } + [9.0, -4.0, -7.0, 2.0][i % 4]).collect();
        assert_eq!(moment(&t, &x, [t[24], t[42]]), t[32]);
        assert_eq!(moment(&t, &x, [t[32], t[33]]), t[32]);
        assert_eq!(moment(&[], &[], [1.0, 3.0]), 2.0);
    }
}
