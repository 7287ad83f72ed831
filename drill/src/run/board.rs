//! What is running, what has been found, and the progress bar that says both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::grade::{Grade, Kind};
use super::limit::WHOLE;
use super::reason::Reason;
use super::row::{Row, Work};
use super::tally::Found;
use crate::client::{Counts, Ledger};
use crate::words::{self, listed, listing, said};

/// A row that is under way, and what was sent in it where that is known.
struct Running {
    name: &'static str,
    ledger: Option<Arc<Ledger>>,
}

/// Which relay the rows are run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Those of the drill's own making.
    Own,
    /// Another one; within ten minutes or not.
    Other { hurried: bool },
}

impl Place {
    /// Tells whether a row takes time here.
    fn runs(self, row: &Row) -> bool {
        if self == Self::Own { !matches!(row.work, Work::Skip(_)) } else { row.is_for_any() }
    }
}

#[derive(Default)]
struct Inner {
    running: Vec<Running>,
    findings: Vec<Found>,
    least_free: Option<u64>,
}

/// How long the rows ahead take, if they take as long as those that were done.
fn time_left(elapsed: Duration, done: usize, ahead: usize) -> Option<Duration> {
    let (done, ahead) = (u32::try_from(done).ok()?, u32::try_from(ahead).ok()?);
    elapsed.checked_div(done)?.checked_mul(ahead).filter(|left| !left.is_zero())
}

/// `, about 3m left; 2 leak, 1 lie; huge-events`
fn message(inner: &Inner, left: Option<Duration>) -> String {
    let left = left.map(|left| Duration::from_secs(left.as_secs().max(1)));
    let left = left.map(|left| said(&format!(", about {} left", vitals::units::format_duration(left))));
    let found =
        Grade::ALL.into_iter().rev().filter(|grade| matches!(grade, Grade::Failed(_))).filter_map(|grade| {
            let count = inner.findings.iter().filter(|finding| finding.grade == grade).count();
            (count > 0).then(|| format!("{count} {}", said(grade.word())))
        });
    let found = listed(&found.collect::<Vec<_>>());
    let running = listed(&inner.running.iter().map(|row| row.name.to_owned()).collect::<Vec<_>>());
    let parts = [found, running].into_iter().filter(|part| !part.is_empty());
    parts.fold(left.unwrap_or_default(), |text, part| format!("{text}{}{part}", listing()))
}

/// Shared by all that run rows; what was found outlives an interruption.
#[derive(Clone)]
pub(crate) struct Board {
    rows: Arc<Vec<&'static Row>>,
    place: Place,
    inner: Arc<Mutex<Inner>>,
    bar: ProgressBar,
    /// So many findings are of an earlier drill.
    before: usize,
    begun: Instant,
}

impl Board {
    /// The bar is on a terminal's stderr, and nowhere else.
    pub(crate) fn new(
        rows: &[&'static Row],
        place: Place,
        kept: Vec<Found>,
        least_free: Option<u64>,
    ) -> Self {
        let bar = ProgressBar::new(rows.len() as u64);
        bar.set_position(kept.len() as u64);
        // The template is a constant, and a test reads it.
        if let Ok(style) = ProgressStyle::with_template(words::bar()) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        let before = kept.len();
        let inner = Inner { running: Vec::new(), findings: kept, least_free };
        let (rows, inner) = (Arc::new(rows.to_vec()), Arc::new(Mutex::new(inner)));
        Self { rows, place, inner, bar, before, begun: Instant::now() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows of which nothing is known yet.
    pub(crate) fn left(&self) -> Vec<&'static Row> {
        let inner = self.inner();
        let unknown = |row: &&'static Row| inner.findings.iter().all(|finding| finding.name != row.name);
        self.rows.iter().copied().filter(unknown).collect()
    }

    fn show(&self) {
        let inner = self.inner();
        let message = message(&inner, self.time_left(&inner, self.begun.elapsed()));
        drop(inner);
        self.bar.set_message(message);
    }

    /// By the rows that were done: not those that were skipped, which took no time, nor that of good requests, which has
    /// rounds of its own.
    fn time_left(&self, inner: &Inner, elapsed: Duration) -> Option<Duration> {
        let (mut done, mut good) = (0, 0.0);
        for found in inner.findings.iter().skip(self.before).filter(|found| found.grade != Grade::Skipped) {
            if found.id == 0 { good += found.took_s } else { done += 1 }
        }
        let is_ahead =
            |row: &&&Row| self.place.runs(row) && inner.findings.iter().all(|found| found.name != row.name);
        let worked = elapsed.saturating_sub(Duration::from_secs_f64(good));
        let left = time_left(worked, done, self.rows.iter().filter(is_ahead).count())?;
        let most = WHOLE.saturating_sub(elapsed);
        Some(if self.place == (Place::Other { hurried: true }) { left.min(most) } else { left })
    }

    pub(crate) fn begin(&self, row: &Row) {
        self.inner().running.push(Running { name: row.name, ledger: None });
        self.show();
    }

    /// What is sent in a row that has begun stands here.
    pub(crate) fn counts(&self, row: &Row, ledger: &Arc<Ledger>) {
        ledger.begin();
        let mut inner = self.inner();
        let running = inner.running.iter_mut().filter(|running| running.name == row.name);
        running.for_each(|running| running.ledger = Some(Arc::clone(ledger)));
    }

    pub(crate) fn found(&self, finding: Found) {
        let mut inner = self.inner();
        inner.running.retain(|running| running.name != finding.name);
        inner.findings.push(finding);
        drop(inner);
        self.bar.inc(1);
        self.show();
    }

    /// What the row of good requests is charged with, though a row behind it has seen it.
    pub(crate) fn add_leaks(&self, leaks: Vec<String>) {
        if leaks.is_empty() {
            return;
        }
        let mut inner = self.inner();
        let is_good = |row: &&&Row| matches!(row.work, Work::Good);
        let name = self.rows.iter().find(is_good).map(|row| row.name);
        if let Some(good) = inner.findings.iter_mut().find(|found| Some(found.name) == name) {
            leaks.into_iter().for_each(|text| good.tally.complain(Kind::Leak, text));
            good.grade = good.tally.grade();
        }
        drop(inner);
        self.show();
    }

    /// Says something beside the bar, on stderr.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| {
            use std::io::Write;
            // Nobody depends on hints.
            let _ = writeln!(std::io::stderr().lock(), "{}", said(text));
        });
    }

    /// Takes the bar away: everything that was found, in the order of the rows, and what was not reached.
    pub(crate) fn close(&self) -> Vec<Found> {
        self.bar.finish_and_clear();
        let mut inner = self.inner();
        let (findings, running) = (std::mem::take(&mut inner.findings), std::mem::take(&mut inner.running));
        let of = |row: &&Row| findings.iter().find(|finding| finding.name == row.name).cloned();
        let counts = |row: &Row| {
            let ledger = running.iter().find(|running| running.name == row.name)?.ledger.as_ref()?;
            Some(ledger.of_row())
        };
        let unreached = |row: &&Row| {
            let counts: Counts = counts(row).unwrap_or_default();
            Found::broken_off(row.id, row.name, Reason::Interrupted, &counts)
        };
        self.rows.iter().map(|row| of(row).unwrap_or_else(|| unreached(row))).collect()
    }

    /// The machine had so many thousandths of its memory free when it had least.
    pub(crate) fn had_free(&self, thousandths: u64) {
        let mut inner = self.inner();
        inner.least_free = Some(inner.least_free.map_or(thousandths, |least| least.min(thousandths)));
    }

    /// What part of the machine's memory was free when it was least, where that was looked at.
    pub(crate) fn least_free(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "at most 1000")]
        self.inner().least_free.map(|thousandths| thousandths as f64 / 1000.0)
    }

    /// Tells whether every row has been run.
    pub(crate) fn complete(&self) -> bool {
        self.inner().findings.len() == self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Tally;

    #[test]
    fn the_template_is_valid() {
        for (_, language) in vitals::Language::NAMES {
            assert!(language.during(|| ProgressStyle::with_template(words::bar()).is_ok()));
        }
    }

    #[test]
    fn progress_says_how_long_and_what_was_found() {
        let secs = Duration::from_secs;
        assert_eq!(time_left(secs(60), 4, 12), Some(secs(180)));
        assert_eq!((time_left(secs(60), 0, 12), time_left(secs(60), 4, 0)), (None, None));
        let of = |kind| {
            let mut tally = Tally::default();
            tally.complain(kind, "x");
            Found { grade: tally.grade(), tally, ..Found::skipped(1, "row", "") }
        };
        let findings = vec![of(Kind::Lie), of(Kind::Leak), of(Kind::Leak), Found::skipped(2, "other", "")];
        let running = vec![Running { name: "huge-events", ledger: None }];
        let inner = Inner { running, findings, least_free: None };
        assert_eq!(message(&inner, Some(secs(180))), ", about 3m left; 2 leak, 1 lie; huge-events");
        assert_eq!(message(&Inner::default(), None), "");
    }

    /// Rows that were skipped took no time, and rows that cannot be run here will take none.
    #[test]
    fn the_time_left_is_told_by_the_rows_that_were_done() {
        static ROWS: [Row; 5] = [
            Row::new(0, "good", Work::Good),
            Row::new(1, "first", Work::Cases(&[])),
            Row::new(2, "second", Work::Cases(&[])),
            Row::new(3, "third", Work::Cases(&[])),
            Row::new(4, "fourth", Work::Skip("")),
        ];
        let rows: Vec<&Row> = ROWS.iter().collect();
        let place = Place::Other { hurried: true };
        let board = Board::new(&rows, place, Vec::new(), None);
        let done =
            |row: &Row, took_s| Found { grade: Grade::Pass, took_s, ..Found::skipped(row.id, row.name, "") };
        board.found(Found::skipped(2, "second", "dead since row 0"));
        let left =
            |secs| board.time_left(&board.inner(), Duration::from_secs(secs)).map(|left| left.as_secs());
        assert_eq!(left(100), None, "nothing is known yet");
        board.found(done(rows[0], 40.0));
        assert_eq!(left(100), None, "good requests have rounds of their own");
        board.found(done(rows[1], 60.0));
        assert_eq!(left(100), Some(60), "one row is ahead, and one took a minute");
        assert_eq!(left(590), Some(10), "ten minutes for all");
    }

    #[test]
    fn what_good_requests_leave_is_told_in_their_row() {
        static ROWS: [Row; 2] = [Row::new(0, "good", Work::Good), Row::new(8, "gone", Work::Cases(&[]))];
        let rows: Vec<&Row> = ROWS.iter().collect();
        let board = Board::new(&rows, Place::Other { hurried: true }, Vec::new(), None);
        for row in &rows {
            board.found(Found { grade: Grade::Pass, reason: None, ..Found::skipped(row.id, row.name, "") });
        }
        board.add_leaks(Vec::new());
        board.add_leaks(vec!["descriptors: 23 before".to_owned()]);
        let told: Vec<_> =
            board.close().iter().map(|found| (found.grade.word(), found.explanation())).collect();
        assert_eq!(told, [("leak", "descriptors: 23 before".to_owned()), ("pass", String::new())]);
    }

    #[test]
    fn what_an_earlier_drill_found_is_not_done_again() {
        static ROWS: [Row; 2] = [Row::new(1, "first", Work::Skip("")), Row::new(2, "second", Work::Skip(""))];
        let rows: Vec<&Row> = ROWS.iter().collect();
        let board = Board::new(&rows, Place::Own, vec![Found::skipped(1, "first", "")], Some(300));
        assert_eq!(board.left().iter().map(|row| row.name).collect::<Vec<_>>(), ["second"]);
        assert!(!board.complete());
        board.found(Found::skipped(2, "second", ""));
        assert!(board.complete());
        board.had_free(400);
        assert_eq!(board.least_free(), Some(0.3), "the least of both");
    }

    #[test]
    fn what_was_not_reached_is_said_to_be_so() {
        static ROWS: [Row; 3] = [
            Row::new(1, "first", Work::Skip("")),
            Row::new(2, "second", Work::Skip("")),
            Row::new(3, "third", Work::Skip("")),
        ];
        let rows: Vec<&Row> = ROWS.iter().collect();
        let board = Board::new(&rows, Place::Own, Vec::new(), None);
        for row in [rows[1], rows[0]] {
            board.begin(row);
            board.found(Found { grade: Grade::Pass, reason: None, ..Found::skipped(row.id, row.name, "") });
        }
        // The third one has begun: what came of it until now is told.
        let ledger = Arc::new(Ledger::default());
        ledger.post(7);
        board.begin(rows[2]);
        board.counts(rows[2], &ledger);
        ledger.post(3);
        ledger.end(crate::client::Outcome::Ok, Duration::ZERO);
        assert!(!board.complete());
        let findings = board.close();
        let words: Vec<_> = findings.iter().map(|finding| (finding.name, finding.grade.word())).collect();
        assert_eq!(words, [(rows[0].name, "pass"), (rows[1].name, "pass"), (rows[2].name, "skipped")]);
        assert_eq!(findings[2].explanation(), "interrupted after 3 requests; clients saw: ok 1");
        assert_eq!((findings[2].tally.requests, findings[2].tally.client["ok"]), (3, 1));
    }
}
