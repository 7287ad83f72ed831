//! A comparison of two sides or of many columns as one sheet: either builds it, and each format has one writer.

mod cells;
mod json;
mod many;
mod markdown;
mod two;

pub(crate) use json::json;
pub(crate) use many::Days;
pub(crate) use markdown::markdown;
pub(crate) use two::Compared;

use std::cmp::Reverse;
use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use owo_colors::OwoColorize;
use vitals::{Thresholds, Verdict};

use super::Styles;
use super::layout::{list, paragraph};
use super::report::{Case, Datum, Report, State};
use crate::comparison::Rules;
use crate::finding::{Finding, Note};
use crate::words::{self, Term, term};
use ::report::table::fitted;
use ::report::text::{columns, padded};

/// The columns of a label, and of a level.
const LABEL: usize = 13;
const LEVEL: usize = 17;

/// The result of a comparison.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    rules: &'a Rules,
    /// When it was asked for.
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    subject: String,
    /// The subject, and what is to be said of it in one line.
    title: String,
    /// The title in Markdown.
    heading: String,
    /// The levels in one sentence, for when there is nothing to complain about.
    summary: String,
    /// The sides behind the table's lines, each with its label.
    heads: Vec<(&'static str, String)>,
    rows: Rows,
    /// A label, both levels and their difference, of each metric that statistics compared.
    levels: Vec<[String; 4]>,
    findings: Vec<Found<'a>>,
    /// Paragraphs between the numbers and the notes.
    facts: Vec<(&'static str, Vec<String>)>,
    notes: Vec<Note>,
    /// Passed thresholds that are no complaints.
    carried: Vec<String>,
    holds: Vec<String>,
    complaints: Vec<(Verdict, String)>,
    /// The verdict without complaints.
    well: String,
    advice: Vec<String>,
    /// The numbers for graphs.
    data: Vec<cells::Datum>,
    marked: markdown::Marked,
    of: Of<'a>,
}

/// The result behind a sheet.
#[derive(Clone, Copy, Debug)]
enum Of<'a> {
    Two(&'a Compared),
    Many(&'a Days),
}

/// A table, and which columns are left out where there is no room, first this one.
#[derive(Debug)]
struct Rows {
    lines: Vec<[String; 8]>,
    leave: &'static [usize],
}

/// A finding, and the column that it is about, if it is one of many.
#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    column: Option<&'a str>,
    finding: &'a Finding,
}

impl Sheet<'_> {
    /// The worst finding.
    pub(crate) fn verdict(&self) -> Verdict {
        crate::comparison::verdict(self.findings.iter().map(|found| found.finding))
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.rules.gate.exit_code(self.verdict())
    }

    /// Worst first, and then in order.
    fn complaints(&self) -> Vec<Found<'_>> {
        complaints(&self.findings)
    }

    const fn thresholds(&self) -> Thresholds {
        self.rules.thresholds
    }
}

fn complaints<'a>(findings: &[Found<'a>]) -> Vec<Found<'a>> {
    let mut complaints: Vec<_> =
        findings.iter().copied().filter(|found| found.finding.verdict != Verdict::Ok).collect();
    complaints.sort_by_key(|found| Reverse(found.finding.verdict));
    complaints
}

/// For people.
pub(crate) fn text(sheet: &Sheet<'_>, styles: &Styles, width: usize) -> String {
    let verdict = sheet.verdict();
    let word = words::verdict(verdict).style(styles.verdict(verdict)).to_string();
    let mut text = format!("{word}  {}\n\n", sheet.title.style(styles.strong));
    for (label, about) in &sheet.heads {
        paragraph(&mut text, label, about, styles, width);
    }
    if !sheet.heads.is_empty() {
        text.push('\n');
    }
    // A head alone: no side has a value.
    if sheet.rows.lines.len() > 1 {
        text.push_str(&fitted(&sheet.rows.lines, sheet.rows.leave, width));
        text.push_str("\n\n");
    }
    levels(&sheet.levels, styles, width, &mut text);
    for (label, facts) in &sheet.facts {
        list(&mut text, label, facts, styles, width);
    }
    let notes: Vec<String> = sheet.notes.iter().map(words::note).collect();
    list(&mut text, term(Term::Notes), &notes, styles, width);
    list(&mut text, term(Term::Holds), &sheet.holds, styles, width);
    let complaint = |(verdict, text): &(Verdict, String)| words::headed(words::state(*verdict), text);
    let mut complaints: Vec<String> = sheet.complaints.iter().map(complaint).collect();
    if complaints.is_empty() {
        complaints.push(sheet.well.clone());
    }
    list(&mut text, term(Term::Verdict), &complaints, styles, width);
    list(&mut text, term(Term::Advice), &sheet.advice, styles, width);
    let code = sheet.exit_code();
    if code != verdict.exit_code() {
        paragraph(&mut text, term(Term::ExitCode), &words::lenient(code), styles, width);
    }
    text
}

/// `goroutines   812 ± 1%   1034 ± 2%   +27.3% (p=0.000 n=12+12)`, a line each.
fn levels(levels: &[[String; 4]], styles: &Styles, width: usize, text: &mut String) {
    for [label, before, now, change] in levels {
        let line = format!("{}{}{change}", padded(before, LEVEL), padded(now, LEVEL));
        let line = if 2 + LABEL + columns(&line) <= width.max(40) {
            line
        } else {
            format!("{before}   {now}\n  {:LABEL$}{change}", "")
        };
        let _ = writeln!(text, "  {}{line}", padded(label, LABEL).style(styles.faint));
    }
    if !levels.is_empty() {
        text.push('\n');
    }
}

/// Cases and numbers, for the formats of pipelines and monitors.
pub(crate) fn report(sheet: &Sheet<'_>) -> Report {
    let case = |Found { column, finding }: &Found<'_>| {
        let check = finding.check.as_str();
        Case {
            name: column.map_or_else(|| check.to_owned(), |column| format!("{column}: {check}")),
            state: match finding.verdict {
                Verdict::Ok => State::Fine,
                Verdict::Unknown if finding.is_silent() => State::Broken,
                Verdict::Unknown => State::Inconclusive,
                verdict => State::Breach(verdict),
            },
            text: words::finding(finding),
        }
    };
    let datum = |(label, value, limits): &(&'static str, Option<String>, _)| {
        Some(Datum { label: (*label).into(), value: value.clone()?, limits: *limits })
    };
    Report {
        command: "compare",
        subject: sheet.subject.clone(),
        verdict: sheet.verdict(),
        gate: sheet.rules.gate,
        summary: sheet.summary.clone(),
        cases: sheet.findings.iter().map(case).collect(),
        data: sheet.data.iter().filter_map(datum).collect(),
    }
}
