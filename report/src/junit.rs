//! JUnit's XML, as GitLab, Jenkins and most CI servers read it. A breach is a failure, no answer an error, too
//! little data a skipped test; what does not fail by `--fail-on` has passed, with its finding as output.
//!
//! Written by hand: quick-junit's output has other attributes and an order of its own, and it brings a clock (chrono)
//! into a crate that has none.

use std::fmt::Write;

use vitals::Verdict;

use super::{Case, Report, State};

/// One run of a command.
#[derive(Debug)]
pub struct Suite<'a> {
    /// The command: `quick-check`.
    pub command: &'a str,
    /// An address without credentials, or the names of recordings.
    pub subject: &'a str,
    /// When it ran, in RFC 3339 and UTC.
    pub at: Option<&'a str>,
    /// In seconds.
    pub took_s: f64,
    /// In the order of printing.
    pub tests: Vec<Test>,
}

/// One test of a suite.
#[derive(Debug)]
pub struct Test {
    /// Stays from run to run.
    pub name: String,
    /// In seconds, where each test has a time of its own.
    pub took_s: Option<f64>,
    /// How it appears.
    pub shown: Shown,
    /// May be empty where it has passed.
    pub text: String,
}

/// How a test appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// With its text as output.
    Passed,
    /// Of this kind.
    Failure(&'static str),
    /// Nothing could be told.
    Error,
    /// The text is the reason.
    Skipped,
}

/// The document. `at` is when the command ran, in RFC 3339 and UTC; `took_s` for how long, in seconds.
#[must_use]
pub fn junit(report: &Report, at: &str, took_s: f64) -> String {
    let test = |case: &Case| Test {
        name: case.name.clone(),
        took_s: None,
        shown: shown(case.state, report),
        text: case.text.clone(),
    };
    let tests = report.cases.iter().map(test).collect();
    Suite { command: report.command, subject: &report.subject, at: Some(at), took_s, tests }.xml()
}

fn shown(state: State, report: &Report) -> Shown {
    match state {
        State::Breach(verdict) if report.gate.fails(verdict) => {
            Shown::Failure(if verdict == Verdict::Warning { "warning" } else { "danger" })
        }
        State::Broken if report.gate.fails(Verdict::Unknown) => Shown::Error,
        State::Inconclusive | State::Broken => Shown::Skipped,
        State::Fine | State::Breach(_) => Shown::Passed,
    }
}

impl Suite<'_> {
    /// The document.
    #[must_use]
    pub fn xml(&self) -> String {
        let Self { command, took_s, tests, .. } = self;
        let count = |is: fn(Shown) -> bool| tests.iter().filter(|test| is(test.shown)).count();
        let failures = count(|shown| matches!(shown, Shown::Failure(_)));
        let errors = count(|shown| shown == Shown::Error);
        let skipped = count(|shown| shown == Shown::Skipped);
        let totals = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\"", tests.len());
        // The format has local time without a zone; the zone would be refused by strict readers.
        let at =
            self.at.map_or_else(String::new, |at| format!(" timestamp=\"{}\"", at.trim_end_matches('Z')));
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"watertight {command}\" {totals} time=\"{took_s:.3}\">\n  \
             <testsuite name=\"{}\" {totals} skipped=\"{skipped}\" time=\"{took_s:.3}\"{at}>\n",
            escape(self.subject),
        );
        for test in tests {
            test.write(command, &mut xml);
        }
        xml.push_str("  </testsuite>\n</testsuites>\n");
        xml
    }
}

impl Test {
    fn write(&self, command: &str, xml: &mut String) {
        let (name, text) = (escape(&self.name), escape(&self.text));
        let took = self.took_s.map_or_else(|| "0".to_owned(), |took_s| format!("{took_s:.3}"));
        // Writing to a string does not fail.
        let _ =
            write!(xml, "    <testcase classname=\"watertight.{command}\" name=\"{name}\" time=\"{took}\"");
        let _ = match self.shown {
            Shown::Passed if text.is_empty() => writeln!(xml, "/>"),
            Shown::Passed => writeln!(xml, "><system-out>{text}</system-out></testcase>"),
            Shown::Failure(kind) => {
                writeln!(xml, "><failure type=\"{kind}\" message=\"{text}\">{text}</failure></testcase>")
            }
            Shown::Error => {
                writeln!(xml, "><error type=\"unknown\" message=\"{text}\">{text}</error></testcase>")
            }
            Shown::Skipped => writeln!(xml, "><skipped message=\"{text}\"/></testcase>"),
        };
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
