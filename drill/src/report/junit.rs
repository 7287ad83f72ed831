//! JUnit's XML: a row is a test.

use report::junit::{Shown, Suite, Test};

use super::whole::Report;
use crate::run::{Found, Grade};

/// The document.
pub(super) fn junit(report: &Report<'_>) -> String {
    let took_s = report.findings.iter().map(|finding| finding.took_s).sum();
    let tests = report.findings.iter().map(test).collect();
    Suite { command: "drill", subject: report.subject, at: None, took_s, tests }.xml()
}

fn test(finding: &Found) -> Test {
    let shown = match finding.grade {
        Grade::Pass => Shown::Passed,
        Grade::Skipped => Shown::Skipped,
        failed @ Grade::Failed(_) => Shown::Failure(failed.word()),
    };
    Test {
        name: format!("{} {}", finding.id, finding.name),
        took_s: Some(finding.took_s),
        shown,
        text: finding.explanation(),
    }
}
