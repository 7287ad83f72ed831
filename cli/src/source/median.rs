//! Several readings in one: what a verdict on the median rests on, and what rises meanwhile.

use std::time::Duration;

use vitals::{FIELDS, Measure, Sample};

use super::Reading;
use crate::finding::Rose;

/// Of fewer readings it is not told that they rise.
const FEW: usize = 5;
/// Of the whole rise, one step is at most this share: one odd moment is no rise.
const STEP: u64 = 2;

/// The middle of the readings, each measurement by itself; the lower one of two; of one that rises without a pause, the
/// last. The tasks add up: tasks minus explained is the middle of what was beyond the explained ones. Who answered is
/// as in the last reading. `None` without a reading.
pub(crate) fn median(readings: &[Reading]) -> Option<Reading> {
    let last = readings.last()?;
    let mut sample = Sample { ended: last.sample.ended, ..Sample::default() };
    for field in FIELDS {
        (field.set)(&mut sample, settled(readings.iter().filter_map(|r| (field.get)(&r.sample))));
    }
    if sample.explained.is_some() {
        let beyond = settled(
            readings.iter().filter(|r| r.sample.explained.is_some()).filter_map(|r| r.sample.unexplained()),
        );
        sample.explained = sample.goroutines.zip(beyond).map(|(all, beyond)| all.saturating_sub(beyond));
    }
    let latency = middle(readings.iter().map(|r| r.latency)).unwrap_or(last.latency);
    Some(Reading { sample, latency, ..last.clone() })
}

/// What rises without a pause, by as much as matters, in the order of a summary.
pub(crate) fn rises(readings: &[Reading], over: Duration) -> Vec<Rose> {
    const MIB: u64 = 1 << 20;
    let least = [
        (Measure::Goroutines, 50),
        (Measure::AllocBytes, 16 * MIB),
        (Measure::RssBytes, 16 * MIB),
        (Measure::OpenFds, 50),
        (Measure::Threads, 20),
    ];
    let rose = |(measure, least): (Measure, u64)| {
        let values: Vec<u64> = readings.iter().filter_map(|reading| measure.judged(reading)).collect();
        let [from, to] = rise(&values)?;
        (to - from >= least.max(from / 10)).then_some(Rose { measure, from, to, over })
    };
    least.into_iter().filter_map(rose).collect()
}

/// The first value and the last, if they rise without a pause.
fn rise(values: &[u64]) -> Option<[u64; 2]> {
    let (from, to) = (*values.first()?, *values.last()?);
    let never_falls = values.array_windows().all(|[before, now]| before <= now);
    let step = || values.array_windows().map(|[before, now]| now - before).max();
    (values.len() >= FEW && to > from && never_falls && step()? <= (to - from) / STEP).then_some([from, to])
}

fn settled(values: impl Iterator<Item = u64>) -> Option<u64> {
    let values: Vec<u64> = values.collect();
    rise(&values).map(|[_, to]| to).or_else(|| middle(values.into_iter()))
}

fn middle<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    let at = values.len().checked_sub(1)? / 2;
    values.into_iter().nth(at)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reading(goroutines: u64, explained: Option<u64>, millis: u64) -> Reading {
        let sample = Sample { goroutines: Some(goroutines), explained, ..Sample::default() };
        Reading::of(sample, Duration::from_millis(millis))
    }

    #[test]
    fn one_odd_moment_decides_nothing() {
        let readings = [reading(10, None, 3), reading(9000, None, 900), reading(12, None, 2)];
        let median = median(&readings).unwrap();
        assert_eq!((median.sample.goroutines, median.latency), (Some(12), Duration::from_millis(3)));
        assert_eq!(median.sample.explained, None);
    }

    #[test]
    fn what_rises_without_a_pause_is_judged_by_its_last_value_and_told() {
        let held = |fds: &[u64]| {
            let of = |open| Sample { goroutines: Some(7), open_fds: Some(open), ..Sample::default() };
            let all: Vec<_> = fds.iter().map(|fds| Reading::of(of(*fds), Duration::ZERO)).collect();
            let told = rises(&all, Duration::from_secs(4));
            (median(&all).unwrap().sample.open_fds, told.iter().map(|rose| (rose.from, rose.to)).collect())
        };
        assert_eq!(held(&[100, 300, 500, 700, 900]), (Some(900), vec![(100, 900)]));
        assert_eq!(held(&[100, 300, 300, 700, 900]), (Some(900), vec![(100, 900)]));
        assert_eq!(held(&[100, 101, 102, 103, 900]), (Some(102), vec![]), "one odd moment");
        assert_eq!(held(&[100, 300, 200, 700, 900]), (Some(300), vec![]), "a fall");
        assert_eq!(held(&[100, 110, 120, 130, 140]), (Some(140), vec![]), "too little to tell");
        assert_eq!(held(&[100, 500, 900]), (Some(500), vec![]), "too few");
    }

    #[test]
    fn what_is_beyond_the_explained_is_its_own_middle() {
        // Beyond: 10, 50, 20. Each number's own middle would give 300 - 280 = 20 here, and 100 - 90 = 10 there.
        let readings = [reading(100, Some(90), 1), reading(300, Some(250), 1), reading(400, Some(380), 1)];
        let sample = median(&readings).unwrap().sample;
        assert_eq!((sample.goroutines, sample.unexplained()), (Some(300), Some(20)));
    }

    #[test]
    fn few() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[reading(5, None, 1), reading(7, None, 1)]).unwrap().sample.goroutines, Some(5));
    }
}
