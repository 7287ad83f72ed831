//! A rise at the very end: too short to tell a step from the start of a leak, and too large to be called stable.

use super::points::{BLOCKS, Points};
use super::rank::median;
use super::step::{SLIGHT, rise, two_levels};
use super::{Course, Trend, Why};
use crate::Verdict;

/// A rise of more than so many standard deviations of the blocks before it is none of them.
const STANDS_OUT: f64 = 4.0;
/// The standard deviation of normal noise in terms of its median absolute deviation.
const NORMAL: f64 = 1.4826;
/// Blocks whose median is a level here.
const LEVEL: usize = 3;

/// Takes back what says that nothing grows, where the newest blocks say otherwise.
pub(super) fn doubt(trend: &mut Trend, blocks: &Points) {
    if !matches!(trend.course, Course::Stable | Course::Step) {
        return;
    }
    let lives = blocks.lives();
    let Some((t, x)) = lives.last().copied() else { return };
    if trend.course == Course::Step && is_flat_since(t, x) {
        return;
    }
    if !trend.matters.is_some_and(|matters| rises_late(x, matters)) {
        return;
    }
    trend.course = Course::Inconclusive;
    trend.verdict = Verdict::Unknown;
    trend.reasons = vec![Why::RisenLately];
    trend.time_to_danger = None;
}

/// Whether a step is followed by some blocks that do not rise by a good part of it.
fn is_flat_since(t: &[f64], x: &[f64]) -> bool {
    let Some(change) = two_levels(t, x).filter(|change| x.len() - change > LEVEL) else { return false };
    let (Some(before), Some(after)) = (median(&x[..change]), median(&x[change..])) else { return false };
    rise(&t[change..], &x[change..]) <= SLIGHT * (after - before)
}

/// Whether the last blocks lie above all that came before the last few, by as much as matters and by more than chance does.
fn rises_late(x: &[f64], matters: f64) -> bool {
    let few = BLOCKS - 1;
    let Some(before) = x.len().checked_sub(few).filter(|n| *n > LEVEL).map(|n| &x[..n]) else { return false };
    let (Some(level), Some(end)) = (median(before), median(&x[x.len() - LEVEL..])) else { return false };
    let away: Vec<f64> = before.iter().map(|x| (x - level).abs()).collect();
    let rise = end - level;
    let was_low = median(&before[before.len() - LEVEL..]).is_some_and(|x| x < level + rise / 2.0);
    was_low && rise >= matters && rise > STANDS_OUT * NORMAL * median(&away).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::rank::real;

    #[test]
    fn only_a_rise_at_the_end_is_one() {
        let noise = [3.0, -8.0, 5.0, 0.0, -4.0, 9.0, -6.0];
        let of = |x: &dyn Fn(f64) -> f64| {
            let x: Vec<f64> = (0..30).map(|i| 800.0 + noise[i % 7] + x(real(i))).collect();
            rises_late(&x, 80.0)
        };
        assert!(of(&|i| if i < 25.0 { 0.0 } else { 300.0 }), "a step, or a leak");
        assert!(of(&|i| 60.0 * (i - 24.0).max(0.0)));
        assert!(!of(&|_| 0.0));
        assert!(!of(&|i| if i < 18.0 { 0.0 } else { 300.0 }), "long enough to be seen as what it is");
        assert!(!of(&|i| 20.0 * i), "a line is no rise at the end");
        assert!(!of(&|i| if i < 25.0 { 0.0 } else { 50.0 }), "does not matter");
        assert!(!of(&|i| if (24.0..26.0).contains(&i) { 900.0 } else { 0.0 }), "came and went");
        assert!(!rises_late(&[1.0, 900.0, 900.0, 900.0], 80.0));
    }
}
