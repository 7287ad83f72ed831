//! All rows of a drill together.

use serde_json::Value;
use vitals::units::format_duration;

use crate::count::counted;
use crate::run::{Found, Grade, Size};
use crate::words::said;

/// The rows that were drilled.
pub(crate) struct Report<'a> {
    /// A target's URL, or this program's own relay.
    pub(crate) subject: &'a str,
    pub(crate) size: Size,
    /// How it was asked for.
    pub(crate) asked: &'a Value,
    pub(crate) findings: &'a [Found],
    pub(crate) complete: bool,
    /// What part of the machine's memory was free when it was least, where that was looked at.
    pub(crate) least_free: Option<f64>,
    pub(crate) color: bool,
    /// In columns, for a text.
    pub(crate) width: usize,
}

impl Report<'_> {
    pub(super) fn count(&self, what: impl Fn(Grade) -> bool) -> usize {
        self.findings.iter().filter(|finding| what(finding.grade)).count()
    }

    /// Every row was done, as far as it can be.
    pub(super) fn is_complete(&self) -> bool {
        self.complete && self.unfinished() == 0
    }

    /// Rows for which there was no time.
    fn unfinished(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_for_lack_of_time()).count()
    }

    /// One word for all rows.
    pub(super) fn verdict(&self) -> &'static str {
        match self.count(|grade| matches!(grade, Grade::Failed(_))) {
            0 if self.complete && self.unfinished() > 0 => "unfinished",
            0 if self.complete => "pass",
            0 => "interrupted",
            _ => "fail",
        }
    }

    /// One line that says it all.
    pub(super) fn summary(&self) -> String {
        let passed = self.count(|grade| grade == Grade::Pass);
        let skipped = self.count(|grade| grade == Grade::Skipped);
        let failed = self.findings.len() - passed - skipped;
        let verdict = self.verdict();
        said(&format!(
            "{verdict}: {passed} of {} passed, {failed} failed, {skipped} skipped",
            counted(self.findings.len(), "row")
        ))
    }

    /// What to do about rows for which there was no time.
    pub(super) fn cure(&self) -> Option<String> {
        let rows = Some(self.unfinished()).filter(|rows| *rows > 0)?;
        let patience = format_duration(self.size.patience);
        let rows = counted(rows, "row");
        Some(said(&format!("no time left for {rows}: with `--patience {patience}` each row has its time")))
    }
}
