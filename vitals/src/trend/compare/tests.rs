use super::*;
use crate::trend::rank::real;
use crate::trend::series::Reading;

/// A sample every 5 s at one load, and at one rate of allocation.
fn side(load: f64, allocated: Option<f64>) -> (Series, Points) {
    let mut series = Series::default();
    let mut points = Points::default();
    for i in 0..60 {
        let t = 5.0 * real(i);
        points.push(t, 1000.0, load, 0, 0);
        let allocated = allocated.map(|rate| 1e9 + rate * t);
        series.push(Reading { t, tasks: Some(1000.0), allocated, ..Reading::default() });
    }
    (series, points)
}

fn basis(loads: [f64; 2], rates: [Option<f64>; 2]) -> LoadBasis {
    let [(before, a), (now, b)] = [side(loads[0], rates[0]), side(loads[1], rates[1])];
    let rules = Rules { warm_up_s: 0.0, ..Rules::default() };
    at_one_load([&before, &now], Metric::Tasks, &rules, &mut [a, b]).0
}

#[test]
fn loads_differ_by_more_than_a_fifth_of_the_lower_one() {
    for (other, found) in [(119.0, LoadBasis::Constant), (121.0, LoadBasis::Undetermined)] {
        assert_eq!(basis([100.0, other], [None; 2]), found, "up to {other}");
        assert_eq!(basis([other, 100.0], [None; 2]), found, "down from {other}");
    }
}

#[test]
fn rates_that_stand_for_the_load_differ_as_loads_do() {
    for (other, found) in [(119e6, LoadBasis::Allocation), (121e6, LoadBasis::Undetermined)] {
        assert_eq!(basis([f64::NAN; 2], [Some(100e6), Some(other)]), found, "up to {other}");
        assert_eq!(basis([f64::NAN; 2], [Some(other), Some(100e6)]), found, "down from {other}");
    }
    assert_eq!(basis([f64::NAN; 2], [None; 2]), LoadBasis::Unknown);
}

#[test]
fn a_level_in_proportion_to_the_load_is_a_little_above_it_at_most() {
    let series = Series::default();
    let of = |metric, basis, now: f64, level: f64| {
        let medians = [(Some(100.0), Some(1000.0)), (Some(now), Some(level))];
        is_in_proportion([&series, &series], metric, basis, medians, &Rules::default())
    };
    // 1.1 times the load: 1100, and 5 % where its cost is known, or 10 %.
    assert!(of(Metric::Tasks, LoadBasis::InFlight, 110.0, 1154.0));
    assert!(!of(Metric::Tasks, LoadBasis::InFlight, 110.0, 1156.0));
    for (metric, basis) in [(Metric::Heap, LoadBasis::InFlight), (Metric::Tasks, LoadBasis::Constant)] {
        assert!(of(metric, basis, 110.0, 1209.0) && !of(metric, basis, 110.0, 1211.0));
    }
    assert!(!of(Metric::Tasks, LoadBasis::Constant, 100.0, 1001.0), "no more load");
    assert!(!of(Metric::Tasks, LoadBasis::Steady, 110.0, 1001.0), "the operator's word");
}

#[test]
fn a_shift_is_as_uncertain_as_the_cost_that_it_rests_on() {
    // Two standard errors of 50; with 87 more, a right angle away, they are one of 100.
    let shift = Shift { value: 100.0, interval: Some([0.0, 200.0]), p: 0.045_500_264 };
    let found = in_doubt(shift, 86.602_540_4);
    assert!((found.p - 0.317_310_5).abs() < 1e-6, "{}", found.p);
    let [low, high] = found.interval.unwrap();
    // 100, and 1.96 times 87 at a right angle to it.
    assert!((low + 97.009).abs() < 0.01 && (high - 297.009).abs() < 0.01, "{low} to {high}");
    let sure = in_doubt(shift, 0.0);
    assert_eq!((sure.p, sure.interval), (shift.p, shift.interval));
}
