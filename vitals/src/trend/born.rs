//! When the process of a run started, so that a rise may be its start's.
//!
//! It says so, or a restart was seen, or its counters tell: one that has come to A, and rises by r a second, has
//! risen for A / r. That is also right for a process that idled until now, for what warms up under load has not yet. Where
//! nothing tells, it may have started when the run did: a warm-up must not be called a leak.

use super::series::{Cell, Series};

/// Counters that begin at nothing with the process, the steadiest first. A heap that is still small is collected more
/// often.
const COUNTED: [fn(&Cell) -> f64; 3] = [|cell| cell.allocated, |cell| cell.requests, |cell| cell.collections];

/// When the process of the last sample started, or may have, by the clock of the series.
pub(super) fn born(series: &Series) -> Option<f64> {
    let last = series.all().last()?;
    if last.born.is_finite() {
        return Some(last.born);
    }
    let first = series.all().find(|cell| cell.life == last.life)?;
    COUNTED.into_iter().find_map(|get| counted(series, last.life, get)).or(Some(first.t))
}

/// When a counter was nothing, at the rate of this life.
fn counted(series: &Series, life: u32, get: fn(&Cell) -> f64) -> Option<f64> {
    let mut known = series.all().filter(|cell| cell.life == life && get(cell).is_finite());
    let (first, last) = (known.next()?, known.last()?);
    let rate = (get(last) - get(first)) / (last.t - first.t);
    (rate > 0.0).then(|| first.t - get(first) / rate)
}

#[cfg(test)]
mod tests {
    use super::super::{Course, Metric, Reading, Rules, Trend, Why, trend};
    use super::*;

    /// Half an hour of a rise by a fifth that slows down over 15 minutes, beside what else is read of the process.
    fn warming(more: impl Fn(f64) -> Reading) -> Trend {
        let mut series = Series::default();
        for i in 0..=360_u32 {
            let (t, noise) = (5.0 * f64::from(i), f64::from(i * 7919 % 31) - 15.0);
            let tasks = 800.0 - 160.0 * (-t / 900.0).exp() + noise;
            series.push(Reading { t, tasks: Some(tasks.round()), in_flight: Some(50.0), ..more(t) });
        }
        trend(&series, Metric::Tasks, &Rules::default())
    }

    #[test]
    fn a_process_is_as_old_as_its_counters_say() {
        let told = |so_far: f64| {
            [
                warming(|t| Reading { allocated: Some(4e6 * (t + so_far)), ..Reading::default() }),
                warming(|t| Reading { requests: Some(5.0 * (t + so_far)), ..Reading::default() }),
                warming(|t| Reading { collections: Some((t + so_far) / 3.0), ..Reading::default() }),
                warming(|t| Reading { age_s: Some(t + so_far), ..Reading::default() }),
            ]
        };
        for found in told(120.0) {
            assert_ne!(found.course, Course::Growing, "it started two minutes before: {found:?}");
        }
        for found in told(86_400.0) {
            assert_ne!(*found.reasons, [Why::MayLevelOff], "its start is long over: {found:?}");
        }
    }

    #[test]
    fn what_it_says_goes_before_what_it_counted() {
        let series = |age_s: Option<f64>, counted: Option<f64>| {
            let mut series = Series::default();
            for t in [1000.0, 1005.0, 1010.0] {
                let allocated = counted.map(|rate| rate * (t - 700.0));
                series.push(Reading {
                    t,
                    age_s: age_s.map(|age| age + t - 1000.0),
                    allocated,
                    ..Reading::default()
                });
            }
            series
        };
        assert_eq!(born(&series(Some(60.0), Some(1e6))), Some(940.0));
        assert_eq!(born(&series(None, Some(1e6))), Some(700.0));
        assert_eq!(born(&series(None, Some(0.0))), Some(1000.0), "it counts nothing");
        assert_eq!(born(&series(None, None)), Some(1000.0), "it may have started with the run");
        assert_eq!(born(&Series::default()), None);
    }
}
