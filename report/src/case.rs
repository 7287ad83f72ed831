//! A verdict as monitors and pipelines read it: a list of cases, from which the formats for machines are written.

use std::borrow::Cow;

use vitals::{Gate, Verdict};

/// A command's result, with everything that the formats for machines need.
#[derive(Debug)]
pub struct Report {
    /// The command: `quick-check`.
    pub command: &'static str,
    /// An address without credentials, or the names of recordings.
    pub subject: String,
    /// The worst of the cases.
    pub verdict: Verdict,
    /// Decides what fails.
    pub gate: Gate,
    /// The numbers in one sentence, for when there is nothing to complain about.
    pub summary: String,
    /// In the order of printing.
    pub cases: Vec<Case>,
    /// The numbers for graphs.
    pub data: Vec<Datum>,
}

/// One thing that was looked at.
#[derive(Debug)]
pub struct Case {
    /// Short, and the same from run to run.
    pub name: String,
    /// Its result.
    pub state: State,
    /// The finding in words; empty when there is nothing to say.
    pub text: String,
}

/// The result of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing to complain about.
    Fine,
    /// A threshold or a gate is broken: warning or danger.
    Breach(Verdict),
    /// It could not be looked at: no answer, or nothing reported.
    Broken,
    /// There is too little to tell.
    Inconclusive,
}

/// A number for graphs.
#[derive(Debug)]
pub struct Datum {
    /// Without quotes, spaces and `=`.
    pub label: Cow<'static, str>,
    /// With the unit of measurement: `268435456B`, `0.003s`.
    pub value: String,
    /// Above which to warn, and above which there is danger.
    pub limits: Option<(u64, u64)>,
}

impl Report {
    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.gate.exit_code(self.verdict)
    }

    /// The cases that are not fine.
    pub fn complaints(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.state != State::Fine)
    }

    /// Every complaint, or the numbers.
    pub(crate) fn headline(&self) -> String {
        let complaints: Vec<_> = self.complaints().map(|case| case.text.as_str()).collect();
        if complaints.is_empty() { self.summary.clone() } else { complaints.join("; ") }
    }
}
