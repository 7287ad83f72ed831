//! One line for a container's health check: the engine keeps the last few, cut at 4096 bytes.

use vitals::exit;

use super::Report;

/// As much as an engine keeps.
const MOST: usize = 4095;

/// The line, and the exit code that engines know: 0 is healthy, which a warning is, and 1 is not.
#[must_use]
pub fn docker(report: &Report) -> (String, u8) {
    let (word, code) = match report.exit_code() {
        exit::OK => ("OK", 0),
        exit::WARNING => ("WARNING", 0),
        exit::DANGER => ("DANGER", 1),
        _ => ("UNKNOWN", 1),
    };
    let text = format!("{word}: {}: {}", report.subject, report.headline());
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(MOST));
    line.push('\n');
    (line, code)
}
