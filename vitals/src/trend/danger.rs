//! How long until a growing count is danger.

use serde::Serialize;

use super::kendall::Slope;
use super::rank::median;
use super::{Metric, Rules, Trend, resource};

/// A forecast is worth this many times the time that was observed.
const HORIZON: f64 = 4.0;

/// Seconds until danger at the present rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimeToDanger {
    /// The best guess; `None`: beyond the horizon.
    pub s: Option<f64>,
    /// The soonest, by the steepest slope of the interval; `None`: beyond the horizon.
    pub soonest_s: Option<f64>,
    /// The latest, by the flattest; `None`: beyond the horizon.
    pub latest_s: Option<f64>,
    /// Four times the observed time: beyond it nothing is foretold.
    pub horizon_s: f64,
}

impl TimeToDanger {
    /// Whether there is nothing to wait for.
    #[must_use]
    pub fn is_past(&self) -> bool {
        self.latest_s.is_some_and(|s| s <= 0.0)
    }
}

/// From the level now, the slope per second and its interval; `None` unless it grows.
pub(super) fn time_to_danger(
    level: f64,
    danger: f64,
    slope: f64,
    interval: Option<[f64; 2]>,
    observed_s: f64,
) -> Option<TimeToDanger> {
    if slope.is_nan() || slope <= 0.0 {
        return None;
    }
    let horizon_s = HORIZON * observed_s;
    let at = |slope: f64| {
        // Where it is already, no slope is too flat to get there.
        if level >= danger {
            return Some(0.0);
        }
        let s = ((danger - level) / slope).max(0.0);
        (slope > 0.0 && s <= horizon_s).then_some(s)
    };
    let [flattest, steepest] = interval.unwrap_or([slope; 2]);
    Some(TimeToDanger { s: at(slope), soonest_s: at(steepest), latest_s: at(flattest), horizon_s })
}

/// How long until it is danger, from the level at the end of these blocks.
pub(super) fn foretell(trend: &mut Trend, slope: Slope, t: &[f64], rules: &Rules) {
    let Slope { value, low, high } = slope;
    let danger = match trend.metric {
        Metric::Tasks => rules.danger,
        Metric::Heap => rules.heap_danger,
        metric => resource::limit(metric, rules),
    };
    if let (Some(danger), Some(level)) = (danger, trend.last) {
        let interval = low.zip(high).map(|(low, high)| [low, high]);
        let steps: Vec<f64> = t.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // The median of the last three blocks is the level of a block and a half ago.
        let level = level + value * 1.5 * median(&steps).unwrap_or_default();
        trend.time_to_danger = time_to_danger(level, danger, value, interval, trend.span_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_with_a_horizon() {
        let time = |slope, low, high| time_to_danger(1000.0, 5000.0, slope, Some([low, high]), 1800.0);
        let all = time(1.0, 0.8, 2.0).unwrap();
        assert_eq!((all.s, all.soonest_s, all.latest_s), (Some(4000.0), Some(2000.0), Some(5000.0)));
        let far = time(0.5, 0.0, 1.0).unwrap();
        assert_eq!((far.s, far.soonest_s, far.latest_s), (None, Some(4000.0), None));
        assert_eq!(far.horizon_s, 7200.0);
        assert_eq!(time(0.0, -1.0, 1.0), None);
        assert_eq!(time(f64::NAN, -1.0, 1.0), None);
        let there = time_to_danger(6000.0, 5000.0, 1.0, None, 60.0).unwrap();
        assert_eq!((there.s, there.soonest_s, there.latest_s), (Some(0.0), Some(0.0), Some(0.0)));
        let unsure = time_to_danger(6000.0, 5000.0, 1.0, Some([-1.0, 3.0]), 60.0).unwrap();
        assert!(unsure.is_past() && !far.is_past() && !all.is_past(), "{unsure:?}");
    }
}
