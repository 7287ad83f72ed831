//! GitHub Actions' workflow commands on stdout:
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.

use std::fmt::Write;

use vitals::{Verdict, exit};

use super::{Report, State};

/// One annotation per complaint, or a notice that all is well, which begins with `word`.
#[must_use]
pub fn annotations(report: &Report, word: &str) -> String {
    let mut text = String::new();
    let title = format!("watertight {}", report.command);
    for case in report.complaints() {
        let level = level(case.state, report);
        let title = property(&format!("{title}: {}", case.name));
        let message = data(&format!("{}: {}", report.subject, case.text));
        // Writing to a string does not fail.
        let _ = writeln!(text, "::{level} title={title}::{message}");
    }
    if text.is_empty() {
        let message = data(&format!("{word}: {}: {}", report.subject, report.summary));
        let _ = writeln!(text, "::notice title={}::{message}", property(&title));
    }
    text
}

/// A case that makes the step fail is an error, unless the exit code itself says warning.
fn level(state: State, report: &Report) -> &'static str {
    let verdict = match state {
        State::Fine => Verdict::Ok,
        State::Breach(verdict) => verdict,
        State::Broken | State::Inconclusive => Verdict::Unknown,
    };
    match report.gate.exit_code(verdict) {
        exit::OK | exit::WARNING => "warning",
        _ => "error",
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
