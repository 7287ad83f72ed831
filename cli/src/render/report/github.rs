//! GitHub Actions: workflow commands on stdout
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>), Markdown in the summary.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;

use vitals::{Verdict, exit};

use super::{Report, State};
use crate::output::Failure;
use crate::words;

/// One annotation per complaint, or a notice that all is well.
pub(crate) fn annotations(report: &Report) -> String {
    let mut text = String::new();
    let title = format!("watertight {}", report.command);
    for case in report.complaints() {
        let level = level(case.state, report);
        let title = property(&format!("{title}: {}", case.name));
        let _ = writeln!(
            text,
            "::{level} title={title}::{}",
            data(&format!("{}: {}", report.subject, case.text))
        );
    }
    if text.is_empty() {
        let word = words::verdict(report.verdict);
        let message = data(&format!("{word}: {}: {}", report.subject, report.summary));
        let _ = writeln!(text, "::notice title={}::{message}", property(&title));
    }
    text
}

/// What makes the step fail is an error, unless the exit code itself says warning.
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

/// Appends Markdown to the file that GITHUB_STEP_SUMMARY names, if it names one.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn append(markdown: &str) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let written = OpenOptions::new().create(true).append(true).open(&path);
    written.and_then(|mut file| file.write_all(format!("{markdown}\n").as_bytes())).map_err(|error| {
        Failure::output(format!("cannot write {} (GITHUB_STEP_SUMMARY): {error}", path.display()))
    })
}
