//! What the chart shows: every measurement's course in bounded memory, peaks kept, however long a watch lasts.

use std::time::Duration;

/// Points kept; where there is no more room, neighbours are merged two by two.
const POINTS: usize = 1024;

/// Some samples beside one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// When the first of them came, since the start.
    pub(crate) at: Duration,
    /// The lowest.
    pub(crate) min: u64,
    /// The highest.
    pub(crate) max: u64,
}

/// The course of one measurement.
#[derive(Clone, Debug)]
pub(crate) struct History {
    points: Vec<Point>,
    /// Samples that a point stands for.
    each: u32,
    /// Samples in the last point.
    filled: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { points: Vec::new(), each: 1, filled: 0 }
    }
}

impl History {
    /// Takes in one sample.
    pub(crate) fn add(&mut self, at: Duration, value: u64) {
        if let Some(last) = self.points.last_mut().filter(|_| self.filled < self.each) {
            last.min = last.min.min(value);
            last.max = last.max.max(value);
            self.filled += 1;
            return;
        }
        if self.points.len() == POINTS {
            self.merge();
        }
        self.points.push(Point { at, min: value, max: value });
        self.filled = 1;
    }

    fn merge(&mut self) {
        self.points = self
            .points
            .chunks(2)
            .map(|pair| {
                let (first, last) = (pair[0], pair[pair.len() - 1]);
                Point { at: first.at, min: first.min.min(last.min), max: first.max.max(last.max) }
            })
            .collect();
        self.each = self.each.saturating_mul(2);
    }

    /// The course so far, in time.
    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_samples_fits_and_keeps_its_peaks() {
        let mut history = History::default();
        for i in 0..6_307_200_u64 {
            let value = if i == 4_000_001 { 169_000 } else { 200 + i % 7 };
            history.add(Duration::from_secs(i * 5), value);
        }
        assert!(history.points().len() <= POINTS && history.points().len() > POINTS / 2 - 1);
        assert_eq!(history.points().iter().map(|point| point.max).max(), Some(169_000));
        assert_eq!(history.points()[0].at, Duration::ZERO);
        assert!(history.points().windows(2).all(|two| two[0].at < two[1].at));
        assert!(history.points().iter().all(|point| point.min <= 206));
    }

    #[test]
    fn few_samples_are_kept_as_they_came() {
        let mut history = History::default();
        for (at, value) in [(0, 5), (5, 9), (10, 7)] {
            history.add(Duration::from_secs(at), value);
        }
        let seen: Vec<_> = history.points().iter().map(|p| (p.at.as_secs(), p.min, p.max)).collect();
        assert_eq!(seen, [(0, 5, 5), (5, 9, 9), (10, 7, 7)]);
    }
}
