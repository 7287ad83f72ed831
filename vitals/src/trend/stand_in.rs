//! What stands for the load where nobody says how many requests are in flight: the rate of a counter. Requests come
//! first, then allocated bytes, then garbage collections.
//!
//! A rate tells how much is asked for, and not how long it takes: while it is steady, the load is; while it moves,
//! what that costs is not known.

use super::Rules;
use super::load::{LoadBasis, Movement, rate};
use super::points::Points;
use super::series::{Cell, Series};

/// A counter of a cell.
type Get = fn(&Cell) -> f64;

/// Each with its counter, the best first.
pub(super) const STAND_INS: [(LoadBasis, Get); 3] = [
    (LoadBasis::Requests, |cell| cell.requests),
    (LoadBasis::Allocation, |cell| cell.allocated),
    (LoadBasis::Collections, |cell| cell.collections),
];

/// So many of each say in a quarter of the time whether it is steady. Requests come at random: of 400, the count is by
/// a twentieth off. Recordings may count allocated bytes in whole MiB.
const ENOUGH: [f64; 3] = [400.0, 20.0 * 1_048_576.0, 25.0];
/// Where nothing else stands for the load, so many requests have to do.
const FEW: f64 = 100.0;
/// Requests come at random: of n in a quarter of the time, the rate rises to another quarter's by up to this over the
/// root of n, most often, while it is steady.
const CHANCE: f64 = 2.0;
/// And by so much of that it may have risen unseen.
const HIDDEN: f64 = 0.75;

/// The first that was counted often enough, and how its rate moved.
pub(super) fn stand_in(series: &Series, rules: &Rules) -> Option<(LoadBasis, Movement)> {
    let of = |(basis, get): (LoadBasis, Get), enough| {
        let counted = Points::of(series, rules.warm_up_s, get, |_| f64::NAN);
        let (movement, fewest) = rate(&counted.t, &counted.x, &counted.life, enough)?;
        let by_chance = if basis == LoadBasis::Requests { CHANCE / fewest.sqrt() } else { 0.0 };
        Some((basis, Movement { rose: less_chance(movement.rose, by_chance), ..movement }))
    };
    let first = STAND_INS.into_iter().zip(ENOUGH).find_map(|(one, enough)| of(one, enough));
    first.or_else(|| of(STAND_INS[0], FEW))
}

/// What of a rise is not chance. Chance hides rises as well as it feigns them: what grew in proportion to all that the
/// load may well have risen by did not outgrow it, though what outgrows a load is asked to grow by three times as much.
fn less_chance(rose: f64, by_chance: f64) -> f64 {
    (rose - by_chance).max((rose + HIDDEN * by_chance) / 3.0)
}

#[cfg(test)]
mod tests {
    use super::super::series::Reading;
    use super::super::{Metric, trend};
    use super::*;
    use crate::Verdict;

    /// An hour at 5 s, 800 tasks and one more each time, with these counters by the second.
    fn growing(requests: impl Fn(f64) -> Option<f64>, allocated: impl Fn(f64) -> Option<f64>) -> Series {
        let mut series = Series::default();
        for i in 0..720 {
            let t = 5.0 * f64::from(i);
            let (requests, allocated) = (requests(t), allocated(t));
            series.push(Reading {
                t,
                tasks: Some(800.0 + f64::from(i)),
                requests,
                allocated,
                ..Reading::default()
            });
        }
        series
    }

    /// 10 a second, then more and more.
    fn ramp(t: f64) -> f64 {
        10.0 * t + t * t / 360.0
    }

    #[test]
    fn a_count_of_requests_alone_is_load() {
        let judged = |series: &Series| {
            let found = trend(series, Metric::Tasks, &Rules::default());
            (found.load, found.verdict)
        };
        let steady = growing(|t| Some(10.0 * t), |_| None);
        assert_eq!(judged(&steady), (LoadBasis::Requests, Verdict::Danger));
        assert_eq!(judged(&growing(|_| None, |_| None)).1, Verdict::Warning, "nothing is known");
        let moved = growing(|t| Some(ramp(t)), |_| None);
        assert_ne!(judged(&moved).1, Verdict::Danger, "it may be the requests");
    }

    #[test]
    fn what_chance_moves_a_rate_by_is_no_rise() {
        // 450 in each quarter, but for the third one: 5 % more, and 50 % more.
        let more = |third: f64| {
            growing(
                |t| {
                    let in_third = (t - 1800.0).clamp(0.0, 900.0);
                    Some(((t + third * in_third) / 2.0).floor())
                },
                |_| None,
            )
        };
        let rose = |third| stand_in(&more(third), &Rules::default()).unwrap().1.rose;
        assert!(rose(0.05) < 0.05 && (0.35..0.45).contains(&rose(0.5)), "{} {}", rose(0.05), rose(0.5));
        // 20 % more requests, of which chance may have hidden half, and 20 % more tasks.
        assert!(3.0 * less_chance(0.13, 0.15) > 0.2);
    }

    #[test]
    fn requests_come_before_bytes_unless_they_are_few() {
        let found =
            |series: &Series| stand_in(series, &Rules::default()).map(|(basis, rate)| (basis, rate.stirred));
        let bytes = |t: f64| Some(1e6 * ramp(t));
        assert_eq!(found(&growing(|t| Some(10.0 * t), bytes)), Some((LoadBasis::Requests, false)));
        assert_eq!(found(&growing(|t| Some((0.2 * t).floor()), bytes)), Some((LoadBasis::Allocation, true)));
        assert_eq!(
            found(&growing(|t| Some((0.2 * t).floor()), |_| None)),
            Some((LoadBasis::Requests, false))
        );
        assert_eq!(found(&growing(|t| Some((0.02 * t).floor()), |_| None)), None);
    }
}
