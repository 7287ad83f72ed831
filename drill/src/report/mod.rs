//! The result in every form: pure functions of the findings.

mod cells;
mod json;
mod junit;
mod list;
mod table;

use crate::run::{Found, Grade, Size};

pub(crate) use list::list;

/// The form of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and documents.
    Markdown,
    /// For CI servers.
    Junit,
}

/// The rows that were drilled.
pub(crate) struct Report<'a> {
    /// What was drilled.
    pub(crate) subject: &'a str,
    pub(crate) size: Size,
    pub(crate) findings: &'a [Found],
    /// Whether every row was reached.
    pub(crate) complete: bool,
    /// Whether verdicts are coloured in a text.
    pub(crate) color: bool,
    /// The columns of a text.
    pub(crate) width: usize,
}

impl Report<'_> {
    /// The whole output.
    pub(crate) fn render(&self, format: Format) -> String {
        match format {
            Format::Text => table::text(self),
            Format::Markdown => table::markdown(self),
            Format::Json => json::json(self),
            Format::Junit => junit::junit(self),
        }
    }

    fn count(&self, what: impl Fn(Grade) -> bool) -> usize {
        self.findings.iter().filter(|finding| what(finding.grade)).count()
    }

    /// One word for all rows.
    fn verdict(&self) -> &'static str {
        match self.count(|grade| matches!(grade, Grade::Failed(_))) {
            0 if self.complete => "pass",
            0 => "interrupted",
            _ => "fail",
        }
    }

    /// One line that says it all.
    fn summary(&self) -> String {
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

#[cfg(test)]
mod tests;
