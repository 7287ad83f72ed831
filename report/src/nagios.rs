//! One line for Nagios and its kin: <https://www.monitoring-plugins.org/doc/guidelines.html>, "Plugin Output".

use std::fmt::Write;

use vitals::exit;

use super::Report;

/// The line. Its first word follows the exit code, since that is what the monitor goes by.
#[must_use]
pub fn nagios(report: &Report) -> String {
    let word = match report.exit_code() {
        exit::OK => "OK",
        exit::WARNING => "WARNING",
        exit::DANGER => "CRITICAL",
        _ => "UNKNOWN",
    };
    let mut line = format!("WATERTIGHT {word} - {}: {}", clean(&report.subject), clean(&report.headline()));
    for (i, datum) in report.data.iter().enumerate() {
        let (warning, danger) = datum.limits.map_or((String::new(), String::new()), |(warning, danger)| {
            (warning.to_string(), danger.to_string())
        });
        let start = if i == 0 { " | " } else { " " };
        let _ = write!(line, "{start}{}={};{warning};{danger};0", datum.label, datum.value);
    }
    line.push('\n');
    line
}

/// The line for a command that could not start, or not write: the monitor shows it instead of "no output".
#[must_use]
pub fn usage_error(text: &str) -> String {
    let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    let first = text.split("\n\n").next().unwrap_or_default();
    format!("WATERTIGHT UNKNOWN - {}\n", clean(first))
}

/// A line feed would start long output, and a bar the performance data.
fn clean(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "/")
}
