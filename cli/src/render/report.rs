//! The forms for pipelines and monitors, and the one of them that is not printed.

use std::fs::OpenOptions;
use std::io::Write;

pub(crate) use ::report::junit::junit;
pub(crate) use ::report::{Case, Datum, Report, State, docker, nagios, usage_error as nagios_usage_error};

use crate::output::Failure;
use crate::words;

/// GitHub's annotations.
pub(crate) fn annotations(report: &Report) -> String {
    ::report::annotations(report, words::en::verdict(report.verdict))
}

/// Appends Markdown to the file that GITHUB_STEP_SUMMARY names, if it names one.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn append_summary(markdown: &str) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let written = OpenOptions::new().create(true).append(true).open(&path);
    written
        .and_then(|mut file| file.write_all(format!("{markdown}\n").as_bytes()))
        .map_err(|error| Failure::output(words::unwritten_summary(std::path::Path::new(&path), &error)))
}
