//! A rollout in each form.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use ::report::junit::{Shown, Suite, Test};
use ::report::text::{gap, padded, wrap};
use ::report::{Case, Report, State as Seen, Styles, markdown};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use owo_colors::OwoColorize;
use serde_json::json;
use vitals::units::format_duration;
use vitals::{Gate, Verdict};

use super::timestamp;
use crate::finding::rollout::{Accepted, Line, Planned, Record, Rollout, Seen as Numbers, State, Step};
use crate::summary::rounded;
use crate::words::{self, en};

/// The columns of a line, of a step's name, and of its time.
const WIDE: usize = 80;
const NAME: usize = 10;
const TIME: usize = 8;

fn gate() -> Gate {
    Gate { fail_on: None, unreachable_is_danger: true }
}

/// For people: a line a step, and what is to be said of each below it.
pub(crate) fn text(rollout: &Rollout, has_rollback: bool, state: &Path, styles: &Styles) -> String {
    let verdict = rollout.verdict();
    let word = words::verdict(verdict);
    let mut text = format!(
        "{}  {}\n\n",
        word.style(styles.verdict(verdict)),
        words::rollout_title(rollout).style(styles.strong)
    );
    let states = rollout.records.iter().map(|record| words::step_state(record.state));
    let wide = states.map(::report::text::columns).max().unwrap_or_default();
    for record in &rollout.records {
        let state = words::step_state(record.state);
        let took = format!("{:>TIME$}", took(record.took));
        let shown = state.style(style(record.state, styles)).to_string();
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {} {shown}{} {took}", padded(record.step.as_str(), NAME), gap(state, wide));
        // What a command wrote stays as it wrote it.
        let said = record.lines.iter().flat_map(|line| wrap(&line.text, WIDE - NAME - 3));
        for line in said.chain(record.output.iter().cloned()) {
            let _ = writeln!(text, "  {} {line}", " ".repeat(NAME));
        }
    }
    let next = words::after_rollout(rollout, has_rollback);
    let [next, kept] = words::rollout_end(&next, state);
    let _ = writeln!(text, "\n  {next}\n  {kept}");
    text
}

fn style(state: State, styles: &Styles) -> owo_colors::Style {
    match state {
        State::Done => styles.ok,
        State::Judged(verdict) => styles.verdict(verdict),
        State::Failed => styles.danger,
        State::Skipped => styles.faint,
        State::Interrupted => styles.warning,
    }
}

/// Tenths of a second are of interest for a while.
fn took(time: Duration) -> String {
    match time {
        time if time < Duration::from_secs(10) => format!("{:.1}s", time.as_secs_f64()),
        time => format_duration(rounded(time)),
    }
}

/// For programs: one object on one line, in English.
pub(crate) fn json(rollout: &Rollout, state: &Path) -> String {
    let step = |record: &Record| {
        json!({
            "name": record.step.as_str(),
            "state": record.state.as_str(),
            "ts": timestamp(record.at),
            "took_s": super::number((record.took.as_secs_f64() * 1000.0).round() / 1000.0),
            "reasons": record.lines.iter().map(|line| &line.english).collect::<Vec<_>>(),
            "output": record.output,
            "metrics": metrics(record.seen),
        })
    };
    let verdict = rollout.verdict();
    let whole = json!({
        "schema": 1,
        "command": "rollout",
        "target": rollout.target,
        "ts": timestamp(rollout.began),
        "verdict": verdict,
        "exit_code": verdict.exit_code(),
        "failed": rollout.failed().map(|record| record.step.as_str()),
        "rolled_back": rollout.record(Step::Rollback).map(|record| record.state == State::Done),
        "took_s": super::number((rollout.took().as_secs_f64() * 1000.0).round() / 1000.0),
        "state": state.display().to_string(),
        "steps": rollout.records.iter().map(step).collect::<Vec<_>>(),
    });
    format!("{whole}\n")
}

/// What would be done, a line a step.
pub(crate) fn dry_run(planned: &[Planned]) -> String {
    let line = |Planned { step, what, length }: &Planned| {
        let when = if *step == Step::Rollback { words::on_danger() } else { "" };
        format!("{}{when}\n", words::step_begins(*step, Some(what), *length))
    };
    planned.iter().map(line).collect()
}

/// The same for programs.
pub(crate) fn dry_run_json(planned: &[Planned]) -> String {
    let step = |Planned { step, what, length }: &Planned| {
        json!({
            "name": step.as_str(),
            "what": what,
            "length_s": length.map(|length| length.as_secs_f64()),
        })
    };
    let steps: Vec<_> = planned.iter().map(step).collect();
    format!("{}\n", json!({"schema": 1, "command": "rollout", "dry_run": true, "steps": steps}))
}

/// The result of --accept, for programs.
pub(crate) fn accepted_json(accepted: &Accepted) -> String {
    let Accepted { baseline, before, changed, verdict } = accepted;
    let whole = json!({
        "schema": 1,
        "command": "rollout",
        "baseline": baseline.display().to_string(),
        "before": before.as_ref().map(|before| before.display().to_string()),
        "changed": changed,
        "verdict": verdict,
    });
    format!("{whole}\n")
}

/// Of a step that looked at the relay; null for others.
fn metrics(seen: Numbers) -> Option<serde_json::Value> {
    let Numbers { goroutines, alloc_bytes } = seen;
    (seen != Numbers::default()).then(|| json!({"goroutines": goroutines, "alloc_bytes": alloc_bytes}))
}

fn joined(record: &Record, of: fn(&Line) -> &str) -> String {
    let lines = record.lines.iter().map(of).chain(record.output.iter().map(String::as_str));
    lines.collect::<Vec<_>>().join("; ")
}

fn english(line: &Line) -> &str {
    &line.english
}

/// A test a step, in English.
pub(crate) fn junit(rollout: &Rollout) -> String {
    let shown = |state| match state {
        State::Done | State::Judged(Verdict::Ok) => Shown::Passed,
        State::Judged(Verdict::Warning) => Shown::Failure("warning"),
        State::Judged(Verdict::Danger) => Shown::Failure("danger"),
        State::Failed => Shown::Failure("failed"),
        State::Judged(Verdict::Unknown) | State::Skipped | State::Interrupted => Shown::Skipped,
    };
    let test = |record: &Record| Test {
        name: record.step.as_str().to_owned(),
        took_s: Some(record.took.as_secs_f64()),
        shown: shown(record.state),
        text: joined(record, english),
    };
    let tests = rollout.records.iter().map(test).collect();
    let (at, took_s) = (timestamp(rollout.began), rollout.took().as_secs_f64());
    Suite { command: "rollout", subject: &rollout.target, at: Some(&at), took_s, tests }.xml()
}

/// GitHub's annotations, in English.
pub(crate) fn annotations(rollout: &Rollout) -> String {
    let state = |state| match state {
        State::Judged(Verdict::Ok) | State::Done | State::Skipped => Seen::Fine,
        State::Judged(Verdict::Unknown) => Seen::Inconclusive,
        State::Judged(verdict) => Seen::Breach(verdict),
        State::Failed => Seen::Breach(Verdict::Danger),
        State::Interrupted => Seen::Broken,
    };
    // One that decides nothing is in the summary.
    let decides = |record: &Record| record.step != Step::Compare || rollout.required;
    let case = |record: &Record| Case {
        name: record.step.as_str().to_owned(),
        state: match state(record.state) {
            Seen::Inconclusive if !decides(record) => Seen::Fine,
            state => state,
        },
        text: joined(record, english),
    };
    let verdict = rollout.verdict();
    let report = Report {
        command: "rollout",
        subject: rollout.target.clone(),
        verdict,
        gate: gate(),
        summary: en::rollout_title(rollout),
        cases: rollout.records.iter().map(case).collect(),
        data: Vec::new(),
    };
    ::report::annotations(&report, en::verdict(verdict))
}

/// For GitHub's summary.
pub(crate) fn summary(rollout: &Rollout) -> String {
    let word = words::verdict(rollout.verdict());
    let title = markdown::escape(&words::rollout_title(rollout));
    let columns = words::rollout_columns().join(" | ");
    let mut text = format!(
        "### {}

| {columns} | |
|---|---|---:|---|
",
        words::headed(word, &title)
    );
    for record in &rollout.records {
        let lines = markdown::escape(&joined(record, |line| &line.text));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {lines} |",
            record.step.as_str(),
            words::step_state(record.state),
            took(record.took)
        );
    }
    text
}

/// A line of progress: the time of day, and what happens.
pub(crate) fn progress(at: Timestamp, what: &str) -> String {
    format!("{}  {what}", at.to_zoned(TimeZone::system()).strftime("%H:%M:%S"))
}

/// The end of a step, for the same place.
pub(crate) fn ended(record: &Record) -> String {
    let line = record.lines.first().map(|line| line.text.as_str());
    words::step_ended(record.step, record.state, &took(record.took), line)
}

#[cfg(test)]
mod tests {
    use vitals::Language;

    use super::*;

    #[test]
    fn what_is_said_of_a_step_keeps_its_place_at_80_columns() {
        let said = "协程数据太少，无法统计：基准需要 6 块，只有 0 块，约再记录 9m；当前需要 6 块，只有 0 块，约再记录 9m";
        let written =
            "a line of a compiler, which is left as it was written, however long it is: nobody may break it";
        let record = Record {
            step: Step::Compare,
            state: State::Judged(Verdict::Unknown),
            at: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            lines: vec![Line { text: said.to_owned(), english: String::new() }],
            output: vec![written.to_owned()],
            seen: Numbers::default(),
        };
        let target = "http://localhost:3000".to_owned();
        let rollout =
            Rollout { target, began: Timestamp::UNIX_EPOCH, records: vec![record], required: false };
        let styles = Styles::default();
        let text = Language::Zh.during(|| text(&rollout, false, Path::new("state"), &styles));
        let expected = "  compare    无法判断     0.0s\n\
            \x20            协程数据太少，无法统计：基准需要 6 块，只有 0 块，约再记录 9m；当前\n\
            \x20            需要 6 块，只有 0 块，约再记录 9m\n\
            \x20            a line of a compiler, which";
        assert!(text.contains(expected) && text.contains(written), "{text}");
        assert!(Language::Zh.during(|| summary(&rollout)).starts_with("### 无法判断："));
    }
}
