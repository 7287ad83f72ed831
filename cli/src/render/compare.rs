//! `compare` for people; the forms for machines are beside it.

pub(crate) mod days;
mod facts;
mod json;
mod markdown;
mod report;
mod table;
mod trends;

pub(crate) use self::report::report;
pub(crate) use json::json;
pub(crate) use markdown::markdown;

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use owo_colors::OwoColorize;
use vitals::Verdict;
use vitals::trend::Comparison;

use super::Styles;
use super::layout::{list, paragraph};
use crate::comparison::{Finding, Rules, Side, verdict};
use crate::words;

/// All that a comparison found out.
#[derive(Debug)]
pub(crate) struct Compared {
    /// The older side.
    pub(crate) baseline: Side,
    /// The newer side, which is judged.
    pub(crate) current: Side,
    /// What it was judged by.
    pub(crate) rules: Rules,
    /// What statistics say of both.
    pub(crate) statistics: Comparison,
    /// What was looked at.
    pub(crate) findings: Vec<Finding>,
    /// When.
    pub(crate) at: Timestamp,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Compared {
    /// The worst finding.
    pub(crate) fn verdict(&self) -> Verdict {
        verdict(&self.findings)
    }

    /// What was compared with what.
    fn subject(&self) -> String {
        format!("{} against {}", facts::name(&self.current), facts::name(&self.baseline))
    }

    /// What there is to complain about, worst first.
    fn complaints(&self) -> Vec<&Finding> {
        let rank = |finding: &&Finding| match finding.verdict {
            Verdict::Danger => 0,
            Verdict::Unknown => 1,
            _ => 2,
        };
        let mut complaints: Vec<_> = self.findings.iter().filter(|f| f.verdict != Verdict::Ok).collect();
        complaints.sort_by_key(rank);
        complaints
    }

    /// What is above a threshold, in proportion to its load.
    fn carried(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.is_carried_by_load())
    }

    /// The gates that were asked for and hold.
    fn passed(&self) -> Vec<&Finding> {
        let gate = |f: &&Finding| f.verdict == Verdict::Ok && f.check.starts_with("max-");
        self.findings.iter().filter(gate).collect()
    }
}

/// The whole answer.
pub(crate) fn text(compared: &Compared, styles: &Styles, width: usize) -> String {
    let verdict = compared.verdict();
    let word = words::verdict(verdict).style(styles.verdict(verdict)).to_string();
    let mut text = format!("{word}  {}\n\n", compared.subject().style(styles.strong));
    paragraph(&mut text, "baseline", &facts::about(&compared.baseline), styles, width);
    paragraph(&mut text, "current", &facts::about(&compared.current), styles, width);
    let _ = writeln!(text, "\n{}\n", table::table(&compared.baseline, &compared.current, width));
    text.push_str(&trends::levels(compared, styles, width));
    list(&mut text, "trend", &trends::courses(compared), styles, width);
    list(&mut text, "footnotes", &trends::footnotes(compared), styles, width);
    paragraph(&mut text, "load", &facts::load(&compared.baseline, &compared.current), styles, width);
    list(&mut text, "notes", &facts::notes(compared), styles, width);
    let passed: Vec<&str> = compared.passed().iter().map(|finding| finding.text.as_str()).collect();
    list(&mut text, "holds", &passed, styles, width);
    let mut complaints: Vec<String> =
        compared.complaints().iter().map(|f| format!("{}: {}", f.verdict.as_str(), f.text)).collect();
    if complaints.is_empty() {
        complaints.push(facts::all_is_well(compared).to_owned());
    }
    list(&mut text, "verdict", &complaints, styles, width);
    list(&mut text, "advice", &facts::advice(compared), styles, width);
    let code = compared.rules.gate.exit_code(verdict);
    if code != verdict.exit_code() {
        paragraph(&mut text, "exit code", &format!("{code}, because of --fail-on"), styles, width);
    }
    text
}

#[cfg(test)]
mod tests;
