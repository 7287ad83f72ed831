//! In which order rows are put to another relay: as they stand in the matrix, unless its answers take so long that not all of
//! them fit into ten minutes. Then those come first that need the fewest waits, so that as many as can be have a verdict.

use super::bench::Bench;
use super::row::Row;

/// The rows in the order in which they are run.
pub(super) fn order(rows: &[&'static Row], bench: &Bench) -> Vec<&'static Row> {
    let mut rows = rows.to_vec();
    if bench.is_sluggish() {
        by_waits(&mut rows, bench.paths.len(), bench.size.at_once);
    }
    rows
}

fn by_waits(rows: &mut [&Row], paths: usize, at_once: usize) {
    rows.sort_by_key(|row| row.waits(paths, at_once));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rows;
    use crate::run::limit::{Clock, Share, Speed, WHOLE, share};
    use crate::run::size::Size;

    /// The rows that any relay can be put through, in the order for a slow one.
    fn ordered(paths: usize) -> Vec<&'static Row> {
        let mut rows: Vec<&Row> = rows::select(&[], &[]).unwrap();
        rows.retain(|row| row.is_for_any());
        by_waits(&mut rows, paths, 25);
        rows
    }

    #[test]
    fn what_needs_one_wait_comes_before_what_needs_many() {
        let rows = ordered(2);
        let place = |name: &str| rows.iter().position(|row| row.name == name).unwrap();
        let names =
            ["good", "error-body-stalls", "malformed-fields", "client-gone-while-silent", "mixed-traffic"];
        assert!(names.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{names:?}");
        assert!(place("error-body-stalls") < place("stream-stalls"), "those alike stay in order");
        let needs = |name: &str, at_once| rows[place(name)].waits(2, at_once);
        assert_eq!((needs("malformed-fields", 25), needs("malformed-fields", 1)), (2, 40));
    }

    #[test]
    fn every_row_says_how_often_it_waits() {
        let silent =
            ordered(2).into_iter().filter(|row| row.waits(2, 25) == 0 && row.id > 0).map(|row| row.name);
        assert_eq!(silent.collect::<Vec<_>>(), Vec::<&str>::new());
    }

    /// What became of a drill whose relay needs so long for each answer, on a clock that its rows turn: so many had a
    /// verdict, and so long it took.
    fn drill(each: Duration, paths: usize, hangs: impl Fn(&Row) -> bool) -> (usize, Duration) {
        let patience = Duration::from_secs(30);
        let asked = Size {
            requests: 100,
            at_once: 25,
            rate: None,
            patience,
            repetitions: 1,
            full: false,
            hurried: true,
        };
        let speed = Speed { usual: each, good: each, longest: each };
        let rows = ordered(paths);
        let (mut clock, mut verdicts) = (Clock::default(), 0);
        for (n, row) in rows.iter().enumerate() {
            let needs = u32::try_from(row.waits(paths, 25)).unwrap();
            (clock.rows, clock.good, clock.waits) = (rows.len() - n, 1, needs);
            let Some(Share { work, patience, .. }) = share(asked, clock, speed) else { continue };
            let hung = hangs(row);
            let took = if hung { (patience * needs).min(work) } else { each * needs };
            let whole = took + each * clock.good + Duration::from_secs(1);
            // What does not fit is broken off, and has no verdict unless something had hung.
            let fits = took <= work && clock.elapsed + whole <= WHOLE;
            verdicts += usize::from(fits || hung);
            clock.hung += usize::from(hung);
            clock.elapsed = (clock.elapsed + whole.min(work + each)).min(WHOLE);
        }
        (verdicts, clock.elapsed)
    }

    /// The rows that there are, and their own waits: a relay of six seconds had 25 verdicts while every work of its own kind
    /// was taken for six waits, row 49 too, which waits more than a hundred times.
    #[test]
    fn a_slow_relay_has_as_many_verdicts_as_fit_into_ten_minutes() {
        let secs = Duration::from_secs;
        for (each, least) in [(2, 47), (4, 40), (6, 36), (10, 25)] {
            let (verdicts, took) = drill(secs(each), 2, |_| false);
            assert!(verdicts >= least && took <= WHOLE, "{each} s: {verdicts} verdicts in {took:?}");
        }
        let (verdicts, took) = drill(secs(6), 2, |row| row.id % 3 == 0);
        assert!(verdicts >= 20 && took <= WHOLE, "one that hangs, too: {verdicts} verdicts in {took:?}");
        let (all, _) = drill(Duration::from_millis(500), 2, |_| false);
        assert_eq!(all, ordered(2).len());
    }
}
