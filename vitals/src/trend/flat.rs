//! A short recording that is flat: too short for a trend, and yet no leak that matters fits into it.
//!
//! No statistics are needed for that. Whatever grew by so much would have raised the last values by as much above the
//! first ones, and all of them lie within a band. Twice the band leaves room for noise that happened to fall.

use serde::Serialize;

use super::Rules;
use super::points::Points;
use super::rank::quantile;

/// Shorter recordings rule out nothing, in seconds; they are as long with their warm-up.
const LEAST_S: f64 = 300.0;
/// Fewer blocks than this are no level.
const BLOCKS: usize = 3;
/// A band is twice as wide as a leak within it could rise.
const ROOM: f64 = 2.0;
/// It must not be danger within so many hours.
const HOURS: f64 = 24.0;

/// The band of a short recording, and what fits into it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Flat {
    /// One in twenty values is lower.
    pub low: f64,
    /// One in twenty is higher.
    pub high: f64,
    /// Faster growth than this an hour is ruled out.
    pub rules_out_per_h: f64,
    /// At that rate it would not be danger within a day.
    pub is_safe: bool,
}

/// The band of these values, which lie in so many blocks of a recording of so many seconds.
pub(super) fn flat(points: &Points, blocks: usize, recorded_s: f64, rules: &Rules) -> Option<Flat> {
    let span_s = points.span();
    // Times of polls are not exact.
    let enough = recorded_s >= LEAST_S - 1.0 && blocks >= BLOCKS && span_s > 0.0;
    let (low, high) = quantile(&points.x, 0.05).zip(quantile(&points.x, 0.95)).filter(|_| enough)?;
    // A count changes by whole ones.
    let rules_out_per_h = ROOM * (high - low).max(1.0) / span_s * 3600.0;
    let is_safe = rules.danger.is_none_or(|danger| high + HOURS * rules_out_per_h < danger);
    Some(Flat { low, high, rules_out_per_h, is_safe })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(level: f64, noise: f64, minutes: u32, blocks: usize) -> Option<Flat> {
        let mut points = Points::default();
        for i in 12..=minutes * 12 {
            points.push(5.0 * f64::from(i), level + if i % 7 < 3 { noise } else { 0.0 }, f64::NAN, 0, 0);
        }
        flat(&points, blocks, 60.0 * f64::from(minutes), &Rules::default())
    }

    #[test]
    fn what_six_minutes_between_8_and_9_rule_out() {
        let six = of(8.0, 1.0, 6, 5).unwrap();
        assert_eq!((six.low, six.high, six.is_safe), (8.0, 9.0, true));
        assert!((six.rules_out_per_h - 24.0).abs() < 0.1, "{six:?}");
        // A level that never moves may have moved by nearly one.
        assert_eq!(of(8.0, 0.0, 6, 5).unwrap().rules_out_per_h, six.rules_out_per_h);
    }

    #[test]
    fn what_would_be_danger_within_a_day_is_not_ruled_out() {
        assert!(of(15.0, 8.0, 6, 5).unwrap().is_safe, "192/h, and 5000 in 26 h");
        assert!(!of(15.0, 9.0, 6, 5).unwrap().is_safe, "216/h");
        assert!(!of(4500.0, 1.0, 6, 5).unwrap().is_safe, "24/h, and 500 to go");
        assert!(!of(800.0, 60.0, 7, 6).unwrap().is_safe);
    }

    #[test]
    fn five_minutes_and_three_blocks() {
        assert_eq!(of(8.0, 1.0, 4, 3), None);
        assert_eq!(of(8.0, 1.0, 6, 2), None);
        assert!(of(8.0, 1.0, 5, 3).is_some());
    }
}
