//! Growth beyond what stands for the load. A rate of allocation or of collections tells how the load went, but not what
//! a request costs or how long it takes: what grew in proportion at least three times as much did not grow with it.
//!
//! Both rises are those from the first moment to the last, of a line through what was seen.

use super::Trend;
use super::rank::real;

/// So many times the rise of what stands for the load is not the load's.
const TIMES: f64 = 3.0;
/// The middles of the first and the last quarter, between which a rate rises, are this share of the time apart,
const APART: f64 = 0.75;
/// and the first of them is this share of it from the start.
const FROM: f64 = 0.125;
/// A line from next to nothing cannot be drawn back to the start: its rise is at most so many times that of the quarters.
const STEEPEST: f64 = 4.0;

/// Whether it grew by so much more than what stands for the load, which rose by the share `rose` from one quarter of the
/// time to a later one; never where that is infinite, for nothing is known then.
pub(super) fn outgrew(trend: &Trend, growth: f64, rose: f64) -> bool {
    let Some(first) = trend.first.filter(|_| rose.is_finite()) else { return false };
    // The level of the first three blocks is that of their middle.
    let before = growth * 1.5 / real(trend.blocks.max(3));
    let start = (first - before).max(first / 2.0).max(1.0);
    let load = rose / (APART - FROM * rose).max(1.0 / STEEPEST);
    growth / start >= TIMES * load
}

#[cfg(test)]
mod tests {
    use super::super::judge::empty;
    use super::super::{Metric, Series};
    use super::*;

    fn of(first: f64, growth: f64, rose: f64) -> bool {
        let mut trend = empty(&Series::default(), Metric::Tasks, 720.0);
        (trend.first, trend.blocks) = (Some(first), 12);
        outgrew(&trend, growth, rose)
    }

    #[test]
    fn three_times_the_rise_of_what_stands_for_the_load() {
        // 100 at the start, 900 more; a rate that trebles rises by 120 % between the middles of its quarters.
        assert!(of(212.5, 900.0, 1.2));
        assert!(of(212.5, 900.0, 1.5), "a rate that rises to four times is a third of nine");
        assert!(!of(212.5, 900.0, 1.6));
        // In proportion, and twice that.
        assert!(!of(900.0, 800.0, 0.643) && !of(900.0, 1600.0, 0.643));
        assert!(of(900.0, 1600.0, 0.3), "a third more load");
        assert!(of(16.0, 60.0, 0.0), "while the load fell");
        assert!(!of(16.0, 6000.0, f64::INFINITY), "nothing is known");
        assert!(!of(16.0, 60.0, 40.0), "a load that came from nothing");
    }
}
