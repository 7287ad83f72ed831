//! A verdict as monitors and pipelines read it: a list of cases, from which the formats for machines are written.

mod github;
mod junit;
mod nagios;

pub(crate) use github::{annotations, append as append_summary};
pub(crate) use junit::junit;
pub(crate) use nagios::{nagios, usage_error as nagios_usage_error};

use vitals::{Gate, Verdict};

/// What a command found out, with everything that the formats for machines need.
#[derive(Debug)]
pub(crate) struct Report {
    /// The command: `quick-check`.
    pub(crate) command: &'static str,
    /// What was judged, without credentials: an address, or the names of recordings.
    pub(crate) subject: String,
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// What fails.
    pub(crate) gate: Gate,
    /// The numbers in one sentence, for when there is nothing to complain about.
    pub(crate) summary: String,
    /// What was looked at, in the order of printing.
    pub(crate) cases: Vec<Case>,
    /// The numbers for graphs.
    pub(crate) data: Vec<Datum>,
}

/// One thing that was looked at.
#[derive(Debug)]
pub(crate) struct Case {
    /// A short name that stays the same from run to run.
    pub(crate) name: String,
    /// What came of it.
    pub(crate) state: State,
    /// The finding in words; empty when there is nothing to say.
    pub(crate) text: String,
}

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
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
pub(crate) struct Datum {
    /// Its name, without quotes, spaces and `=`.
    pub(crate) label: &'static str,
    /// Its value with the unit of measurement: `268435456B`, `0.003s`.
    pub(crate) value: String,
    /// Above which to warn, and above which there is danger.
    pub(crate) limits: Option<(u64, u64)>,
}

impl Report {
    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        self.gate.exit_code(self.verdict)
    }

    /// What there is to complain about.
    fn complaints(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.state != State::Fine)
    }

    /// The headline: every complaint, or the numbers.
    fn headline(&self) -> String {
        let complaints: Vec<_> = self.complaints().map(|case| case.text.as_str()).collect();
        if complaints.is_empty() { self.summary.clone() } else { complaints.join("; ") }
    }
}

#[cfg(test)]
mod tests;
