//! What the chart shows: every measurement's course in bounded memory, peaks kept, however long a watch lasts.

use std::time::Duration;

/// Points kept; where there is no more room, neighbours are merged two by two.
const POINTS: usize = 1024;
/// A gap of less than this part of the whole course is too short to be seen, and is forgotten. So there are never more
/// gaps than this.
const SEEN: u32 = 256;

/// Some samples beside one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// When the first of them came, since the start.
    pub(crate) at: Duration,
    /// When the last of them came.
    pub(crate) end: Duration,
    /// Nothing came between the point before and this one: what was there in between is not known.
    pub(crate) after_gap: bool,
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
    /// Nothing has come since the last sample where one should have.
    missed: bool,
}

impl Default for History {
    fn default() -> Self {
        Self { points: Vec::new(), each: 1, filled: 0, missed: false }
    }
}

impl History {
    /// Takes in one sample.
    pub(crate) fn add(&mut self, at: Duration, value: u64) {
        let missed = std::mem::take(&mut self.missed);
        let after_gap = missed && self.points.last().is_some_and(|last| is_seen(last.end, at, at));
        let point = Point { at, end: at, after_gap, min: value, max: value };
        if let Some(last) = self.points.last_mut().filter(|_| self.filled < self.each && !after_gap) {
            *last = last.with(point);
            self.filled += 1;
            return;
        }
        if self.points.len() == POINTS {
            self.merge();
        }
        self.points.push(point);
        self.filled = 1;
    }

    /// A poll brought nothing.
    pub(crate) const fn miss(&mut self) {
        self.missed = true;
    }

    /// Neighbours become one, but not across a gap that can be seen.
    fn merge(&mut self) {
        let whole = self.points.last().map_or(Duration::ZERO, |last| last.end);
        let mut merged: Vec<Point> = Vec::with_capacity(POINTS);
        // Of two neighbours that have become one, the next begins another.
        let mut is_open = false;
        for mut point in std::mem::take(&mut self.points) {
            let last = merged.last_mut();
            point.after_gap &= last.as_ref().is_some_and(|last| is_seen(last.end, point.at, whole));
            match last.filter(|_| is_open && !point.after_gap) {
                Some(last) => {
                    *last = last.with(point);
                    is_open = false;
                }
                None => {
                    merged.push(point);
                    is_open = true;
                }
            }
        }
        self.points = merged;
        self.each = self.each.saturating_mul(2);
    }

    /// The course so far, in time.
    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }
}

impl Point {
    /// Both as one.
    fn with(self, next: Self) -> Self {
        Self { end: next.end, min: self.min.min(next.min), max: self.max.max(next.max), ..self }
    }
}

/// True if a gap can be seen in a course of this length.
fn is_seen(from: Duration, to: Duration, whole: Duration) -> bool {
    to.saturating_sub(from) > whole / SEEN
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target that fails at every other poll for days, and was gone for a night.
    #[test]
    fn gaps_are_kept_and_bounded() {
        let mut history = History::default();
        let night = 200_000..206_000_u64;
        for i in 0..400_000_u64 {
            match i % 2 == 0 && !night.contains(&i) {
                true => history.add(Duration::from_secs(i * 5), i % 7),
                false => history.miss(),
            }
            assert!(history.points().len() <= POINTS);
        }
        let gaps: Vec<_> = history.points().iter().filter(|point| point.after_gap).collect();
        assert_eq!(gaps.iter().map(|point| point.at.as_secs()).collect::<Vec<_>>(), [206_000 * 5]);
        let before = history.points().iter().rfind(|point| point.end < gaps[0].at).unwrap();
        assert_eq!(before.end.as_secs(), 199_998 * 5);
        let mut history = History::default();
        for (at, value) in [(0, Some(5)), (5, None), (10, Some(6)), (15, Some(7))] {
            match value {
                Some(value) => history.add(Duration::from_secs(at), value),
                None => history.miss(),
            }
        }
        let seen: Vec<_> = history.points().iter().map(|p| (p.at.as_secs(), p.after_gap)).collect();
        assert_eq!(seen, [(0, false), (10, true), (15, false)]);
    }

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
