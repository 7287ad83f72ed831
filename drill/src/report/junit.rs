//! JUnit's XML: a row is a test case.

use std::fmt::Write;

use super::Report;
use crate::run::Verdict;

/// The document.
pub(super) fn junit(report: &Report<'_>) -> String {
    let failures = report.count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let skipped = report.count(|verdict| verdict == Verdict::Skipped);
    let took: f64 = report.findings.iter().map(|finding| finding.took_s).sum();
    let totals = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", report.findings.len());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"watertight drill\" {totals} time=\"{took:.3}\">\n  \
         <testsuite name=\"{}\" {totals} skipped=\"{skipped}\" time=\"{took:.3}\">\n",
        escape(report.subject)
    );
    for finding in report.findings {
        // Writing to a string does not fail.
        let _ = write!(
            xml,
            "    <testcase classname=\"watertight.drill\" name=\"{} {}\" time=\"{:.3}\"",
            finding.id, finding.name, finding.took_s
        );
        let text = escape(&finding.explanation());
        let _ = match finding.verdict {
            Verdict::Pass => writeln!(xml, "/>"),
            Verdict::Skipped => writeln!(xml, "><skipped message=\"{text}\"/></testcase>"),
            Verdict::Failed(_) => writeln!(
                xml,
                "><failure type=\"{}\" message=\"{text}\">{text}</failure></testcase>",
                finding.verdict.word()
            ),
        };
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
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
