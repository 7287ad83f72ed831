//! JUnit's XML, as GitLab, Jenkins and most CI servers read it. A breach is a failure, no answer an error, too
//! little data a skipped test; what does not fail by `--fail-on` has passed, with its finding as output.

use std::fmt::Write;

use vitals::Verdict;

use super::{Case, Report, State};

/// How a case appears.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// The document. `at` is when the command ran, `took_s` for how long.
pub(crate) fn junit(report: &Report, at: &str, took_s: f64) -> String {
    let shown: Vec<(&Case, Shown)> =
        report.cases.iter().map(|case| (case, shown(case.state, report))).collect();
    let count = |kind| shown.iter().filter(|(_, shown)| *shown == kind).count();
    let (failures, errors, skipped) = (count(Shown::Failure), count(Shown::Error), count(Shown::Skipped));
    let totals = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", shown.len());
    let name = format!("watertight {}", report.command);
    // The format has local time without a zone; the zone would be refused by strict readers.
    let at = at.trim_end_matches('Z');
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"{name}\" {totals} time=\"{took_s:.3}\">\n  \
         <testsuite name=\"{}\" {totals} skipped=\"{skipped}\" time=\"{took_s:.3}\" timestamp=\"{at}\">\n",
        escape(&report.subject),
    );
    for (case, shown) in shown {
        let _ = write!(
            xml,
            "    <testcase classname=\"watertight.{}\" name=\"{}\" time=\"0\"",
            report.command,
            escape(&case.name)
        );
        let text = escape(&case.text);
        let _ = match shown {
            Shown::Passed if text.is_empty() => writeln!(xml, "/>"),
            Shown::Passed => writeln!(xml, "><system-out>{text}</system-out></testcase>"),
            Shown::Failure => {
                let kind = if case.state == State::Breach(Verdict::Warning) { "warning" } else { "danger" };
                writeln!(xml, "><failure type=\"{kind}\" message=\"{text}\">{text}</failure></testcase>")
            }
            Shown::Error => {
                writeln!(xml, "><error type=\"unknown\" message=\"{text}\">{text}</error></testcase>")
            }
            Shown::Skipped => writeln!(xml, "><skipped message=\"{text}\"/></testcase>"),
        };
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn shown(state: State, report: &Report) -> Shown {
    match state {
        State::Breach(verdict) if report.gate.fails(verdict) => Shown::Failure,
        State::Broken if report.gate.fails(Verdict::Unknown) => Shown::Error,
        State::Inconclusive | State::Broken => Shown::Skipped,
        State::Fine | State::Breach(_) => Shown::Passed,
    }
}

/// XML 1.0 has no control characters, not even escaped ones; line breaks in attributes would become spaces.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
