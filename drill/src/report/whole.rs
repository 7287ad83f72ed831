//! All rows of a drill together.

use crate::run::{Found, Grade, Size};

/// The rows that were drilled.
pub(crate) struct Report<'a> {
    /// A target's URL, or this program's own relay.
    pub(crate) subject: &'a str,
    pub(crate) size: Size,
    pub(crate) findings: &'a [Found],
    pub(crate) complete: bool,
    pub(crate) color: bool,
    /// In columns, for a text.
    pub(crate) width: usize,
}

impl Report<'_> {
    pub(super) fn count(&self, what: impl Fn(Grade) -> bool) -> usize {
        self.findings.iter().filter(|finding| what(finding.grade)).count()
    }

    /// One word for all rows.
    pub(super) fn verdict(&self) -> &'static str {
        match self.count(|grade| matches!(grade, Grade::Failed(_))) {
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
        format!(
            "{verdict}: {passed} of {} rows passed, {failed} failed, {skipped} skipped",
            self.findings.len()
        )
    }
}
