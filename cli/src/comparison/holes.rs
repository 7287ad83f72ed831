//! Times of which nothing was recorded, though something was before and after: a recorder that was off, a file that was
//! not named. A poll that failed is a row, and no hole.

use std::time::Duration;

use crate::moment::Moment;

/// A shorter silence is no hole, whatever the interval.
const LEAST: Duration = Duration::from_hours(1);
/// Nor is one of no more than so many usual steps.
const STEPS: u32 = 3;
/// More are not kept: a hundred days have no more hours.
const MOST: usize = 2400;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hole {
    /// The last row before it.
    pub(crate) from: Moment,
    /// The first row after it.
    pub(crate) to: Moment,
    /// The first and the last day, counted from 1970, of which there is no row at all.
    pub(crate) days: Option<[i64; 2]>,
    /// The column it is in, where columns are recordings.
    pub(crate) column: Option<usize>,
}

impl Hole {
    /// Of how many whole days there is no row.
    pub(crate) fn missing_days(&self) -> i64 {
        self.days.map_or(0, |[first, last]| last - first + 1)
    }
}

/// Finds them, row by row.
#[derive(Debug, Default)]
pub(super) struct Holes {
    last: Option<Moment>,
    usual: Option<Duration>,
    found: Vec<(Moment, Moment)>,
}

impl Holes {
    pub(super) fn row(&mut self, at: Moment) {
        let Some(last) = self.last else {
            self.last = Some(at);
            return;
        };
        let Some(step) = at.since(&last).filter(|step| !step.is_zero()) else {
            self.fill(at);
            return;
        };
        self.last = Some(at);
        if step >= LEAST && self.usual.is_some_and(|usual| step > usual * STEPS) {
            if self.found.len() < MOST {
                self.found.push((last, at));
            }
        } else {
            self.usual = Some(step);
        }
    }

    /// A recording that overlaps others has rows where they have none.
    fn fill(&mut self, at: Moment) {
        let Some(place) = self.found.iter().position(|(from, to)| *from < at && at < *to) else { return };
        let (from, to) = self.found.remove(place);
        let is_hole = |(from, to): &(Moment, Moment)| to.since(from).is_some_and(|length| length >= LEAST);
        let left = [(from, at), (at, to)].into_iter().filter(is_hole);
        self.found.splice(place..place, left);
        self.found.truncate(MOST);
    }

    /// All of them, in order of time.
    pub(super) fn found(&self, column: Option<usize>) -> Vec<Hole> {
        let hole = |(from, to): &(Moment, Moment)| {
            let [first, last] = [from.day() + 1, to.day() - 1];
            Hole { from: *from, to: *to, days: (first <= last).then_some([first, last]), column }
        };
        self.found.iter().map(hole).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Moment {
        Moment::at(seconds, true).unwrap()
    }

    /// Holes between rows at these hours, of a recording that has a row a minute before and after each.
    fn holes(hours: &[f64]) -> Vec<(String, String, Option<[i64; 2]>)> {
        let mut holes = Holes::default();
        for hour in hours {
            (0..3).for_each(|minute| {
                holes.row(at(hour * 3600.0 + f64::from(minute) * 60.0));
            });
        }
        holes.found(None).iter().map(|hole| (hole.from.long(), hole.to.long(), hole.days)).collect()
    }

    #[test]
    fn hours_and_days() {
        assert_eq!(holes(&[]), []);
        assert_eq!(holes(&[0.0, 0.9]), [], "less than an hour");
        let found = holes(&[0.0, 6.0, 72.0]);
        assert_eq!(
            found,
            [
                ("1970-01-01 00:02:00 UTC".to_owned(), "1970-01-01 06:00:00 UTC".to_owned(), None),
                ("1970-01-01 06:02:00 UTC".to_owned(), "1970-01-04 00:00:00 UTC".to_owned(), Some([1, 2])),
            ]
        );
    }

    #[test]
    fn a_row_every_two_hours_has_no_holes() {
        let mut holes = Holes::default();
        (0..20).for_each(|i| holes.row(at(7200.0 * f64::from(i))));
        assert_eq!(holes.found(None), []);
        holes.row(at(7200.0 * 26.0));
        assert_eq!(holes.found(None).len(), 1);
    }

    #[test]
    fn another_recording_fills_a_hole() {
        assert_eq!(holes(&[0.0, 10.0]).len(), 1);
        let mut all = Holes::default();
        for minute in (0..600).chain(1200..1800).chain(590..900) {
            all.row(at(f64::from(minute) * 60.0));
        }
        let found = all.found(None);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].from.long(), "1970-01-01 14:59:00 UTC");
        (900..1200).for_each(|minute| all.row(at(f64::from(minute) * 60.0)));
        assert_eq!(all.found(None), []);
    }
}
