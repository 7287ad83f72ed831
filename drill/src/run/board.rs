//! What is running, what has been found, and the progress bar that says both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::row::Row;
use super::tally::Found;

const TEMPLATE: &str = "[{bar:24}] {pos}/{len} rows, {elapsed}  {wide_msg}";

#[derive(Default)]
struct Inner {
    running: Vec<&'static str>,
    findings: Vec<Found>,
}

/// Shared by all that run rows; what was found outlives an interruption.
#[derive(Clone)]
pub(crate) struct Board {
    rows: Arc<Vec<&'static Row>>,
    inner: Arc<Mutex<Inner>>,
    bar: ProgressBar,
}

impl Board {
    /// The bar is on a terminal's stderr, and nowhere else.
    pub(crate) fn new(rows: &[&'static Row]) -> Self {
        let bar = ProgressBar::new(rows.len() as u64);
        // The template is a constant, and a test reads it.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { rows: Arc::new(rows.to_vec()), inner: Arc::default(), bar }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self) {
        let running = self.inner().running.join(", ");
        self.bar.set_message(running);
    }

    pub(crate) fn begin(&self, row: &Row) {
        self.inner().running.push(row.name);
        self.show();
    }

    pub(crate) fn found(&self, finding: Found) {
        let mut inner = self.inner();
        inner.running.retain(|name| *name != finding.name);
        inner.findings.push(finding);
        drop(inner);
        self.bar.inc(1);
        self.show();
    }

    /// Says something beside the bar, on stderr.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| {
            use std::io::Write;
            // Nobody depends on hints.
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        });
    }

    /// Takes the bar away: everything that was found, in the order of the rows, and what was not reached.
    pub(crate) fn close(&self) -> Vec<Found> {
        self.bar.finish_and_clear();
        let mut inner = self.inner();
        let findings = std::mem::take(&mut inner.findings);
        let of = |row: &&Row| findings.iter().find(|finding| finding.name == row.name).cloned();
        let unreached = |row: &&Row| Found::skipped(row.id, row.name, "interrupted");
        self.rows.iter().map(|row| of(row).unwrap_or_else(|| unreached(row))).collect()
    }

    /// Tells whether every row has been run.
    pub(crate) fn complete(&self) -> bool {
        self.inner().findings.len() == self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Grade, Work};

    #[test]
    fn the_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn what_was_not_reached_is_said_to_be_so() {
        static ROWS: [Row; 3] = [
            Row::new(1, "first", Work::Skip("")),
            Row::new(2, "second", Work::Skip("")),
            Row::new(3, "third", Work::Skip("")),
        ];
        let rows: Vec<&Row> = ROWS.iter().collect();
        let board = Board::new(&rows);
        for row in [rows[1], rows[0]] {
            board.begin(row);
            board.found(Found { grade: Grade::Pass, reason: None, ..Found::skipped(row.id, row.name, "") });
        }
        assert!(!board.complete());
        let findings = board.close();
        let words: Vec<_> = findings.iter().map(|finding| (finding.name, finding.grade.word())).collect();
        assert_eq!(words, [(rows[0].name, "pass"), (rows[1].name, "pass"), (rows[2].name, "skipped")]);
        assert_eq!(findings[2].explanation(), "interrupted");
    }
}
