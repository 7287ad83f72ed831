//! Several readings in one: what a verdict on the median rests on.

use vitals::{FIELDS, Sample};

use super::Reading;

/// The middle of the readings, each measurement by itself; the lower one of two. The tasks add up: tasks minus
/// explained is the middle of what was beyond the explained ones. Who answered is as in the last reading. `None`
/// without a reading.
pub(crate) fn median(readings: &[Reading]) -> Option<Reading> {
    let last = readings.last()?;
    let mut sample = Sample { ended: last.sample.ended, ..Sample::default() };
    for field in FIELDS {
        (field.set)(&mut sample, middle(readings.iter().filter_map(|r| (field.get)(&r.sample))));
    }
    if sample.explained.is_some() {
        let beyond = middle(
            readings.iter().filter(|r| r.sample.explained.is_some()).filter_map(|r| r.sample.unexplained()),
        );
        sample.explained = sample.goroutines.zip(beyond).map(|(all, beyond)| all.saturating_sub(beyond));
    }
    let latency = middle(readings.iter().map(|r| r.latency)).unwrap_or(last.latency);
    Some(Reading { sample, latency, ..last.clone() })
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
