//! A quick check for machines: its cases, its numbers for graphs, and its Markdown.

use std::fmt::Write;

use vitals::units::format_size;
use vitals::{Judgement, Measure, Sample, Verdict};

use crate::finding::Finding;
use crate::render::report::{Case, Datum, Report, State};
use crate::render::{Checked, Expected, markdown};
use crate::source::Reading;
use crate::words::{self, Term, term};

/// Looked at whenever an answer came.
const LOOKED_AT: [Measure; 4] =
    [Measure::Goroutines, Measure::AllocBytes, Measure::OpenFds, Measure::Overdue];
/// Named where they are above a limit that not every check knows.
const BESIDE: [Measure; 3] = [Measure::RssBytes, Measure::ErrorsTotal, Measure::Latency];

/// The report of a check.
pub(crate) fn report(checked: &Checked<'_>) -> Report {
    let (summary, cases, data) = match &checked.outcome {
        Err(error) => {
            let state = match checked.gate.unreachable() {
                Verdict::Danger => State::Breach(Verdict::Danger),
                _ => State::Broken,
            };
            let mut cases = vec![case("answer", state, words::poll_error(error))];
            cases.extend(checked.findings.iter().map(found));
            (String::new(), cases, Vec::new())
        }
        Ok((reading, judgement)) => {
            let mut cases = vec![case("answer", State::Fine, String::new())];
            cases.extend(looked_at(checked, &reading.sample, judgement));
            cases.extend(checked.findings.iter().map(found));
            cases.extend(checked.expectations.iter().map(expected));
            (
                words::check_summary(reading, checked.polls.asked, checked.polls.failed),
                cases,
                data(reading, checked),
            )
        }
    };
    Report {
        command: "quick-check",
        subject: checked.target.to_owned(),
        verdict: checked.verdict(),
        gate: checked.gate,
        summary,
        cases,
        data,
    }
}

fn case(name: impl Into<String>, state: State, text: impl Into<String>) -> Case {
    Case { name: name.into(), state, text: text.into() }
}

/// Restarts, and what other instances have to complain of.
fn found(finding: &Finding) -> Case {
    let state = match finding.verdict {
        Verdict::Unknown => State::Broken,
        verdict => State::Breach(verdict),
    };
    case(finding.check.as_str(), state, words::finding(finding))
}

fn looked_at(checked: &Checked<'_>, sample: &Sample, judgement: &Judgement) -> Vec<Case> {
    let above = |measure| judgement.reasons.iter().find(|reason| reason.limit.measure() == measure);
    let look = |measure: Measure| match above(measure) {
        Some(reason) => {
            case(measure.column(), State::Breach(reason.verdict), words::finding(&checked.said(reason)))
        }
        None if measure == Measure::Goroutines && sample.goroutines.is_none() && !sample.has_resources() => {
            case(measure.column(), State::Broken, words::verdict_in_words(Verdict::Unknown))
        }
        None => case(measure.column(), State::Fine, ""),
    };
    let beside = BESIDE.into_iter().filter(|measure| above(*measure).is_some());
    LOOKED_AT.into_iter().chain(beside).map(look).collect()
}

fn expected(expected: &Expected<'_>) -> Case {
    let state = match expected.verdict {
        Verdict::Ok => State::Fine,
        Verdict::Unknown => State::Broken,
        verdict => State::Breach(verdict),
    };
    let text = words::expected(expected.expectation, expected.value);
    case(format!("expect {}", expected.expectation), state, text)
}

fn data(reading: &Reading, checked: &Checked<'_>) -> Vec<Datum> {
    let (sample, thresholds) = (&reading.sample, &checked.thresholds);
    let errors = checked.requests.and_then(|requests| requests.error_percent());
    let limits = Some((thresholds.warning, thresholds.danger));
    let datum = |label: &'static str, value: Option<u64>, unit, limits| {
        value.map(|value| Datum { label: label.into(), value: format!("{value}{unit}"), limits })
    };
    // The limits belong to the number that they are applied to.
    let beyond = sample.explained.and(sample.unexplained());
    let latency = format!("{:.3}s", reading.latency.as_secs_f64());
    [
        datum("goroutines", sample.goroutines, "", limits.filter(|_| beyond.is_none())),
        datum("unexplained", beyond, "", limits),
        datum("alloc", sample.alloc_bytes, "B", None),
        datum("rss", sample.rss_bytes, "B", None),
        datum("open_fds", sample.open_fds, "", None),
        datum("threads", sample.threads.filter(|_| sample.goroutines.is_none()), "", None),
        datum("in_flight", sample.in_flight, "", None),
        Some(Datum { label: "latency".into(), value: latency, limits: None }),
        errors.map(|percent| Datum { label: "errors".into(), value: format!("{percent:.2}%"), limits: None }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The check as Markdown.
pub(crate) fn check_markdown(checked: &Checked<'_>) -> String {
    let report = report(checked);
    let word = words::verdict(report.verdict);
    let mut text =
        format!("### {}\n\n", words::headed(word, &words::check_of(&markdown::code(&report.subject))));
    let complaints: Vec<&Case> = report.cases.iter().filter(|case| case.state != State::Fine).collect();
    for complaint in &complaints {
        let _ = writeln!(text, "- {}", markdown::escape(&complaint.text));
    }
    if complaints.is_empty() {
        let _ = writeln!(text, "- {}", markdown::escape(&report.summary));
    }
    if !report.data.is_empty() {
        let _ = writeln!(text, "\n| {} | {} |\n|---|---:|", term(Term::Metric), term(Term::Value));
    }
    if let Ok((reading, _)) = &checked.outcome {
        for (name, value) in shown(reading) {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        for expected in &checked.expectations {
            let _ = writeln!(
                text,
                "| {} | {} |",
                markdown::code(&format!("expect {}", expected.expectation)),
                markdown::escape(&words::found(expected.expectation, expected.value))
            );
        }
    }
    text
}

fn shown(reading: &Reading) -> impl Iterator<Item = (&'static str, String)> {
    let sample = &reading.sample;
    let count = |name, value: Option<u64>| value.map(|n| (name, n.to_string()));
    let size = |name, value: Option<u64>| value.map(|n| (name, format_size(n)));
    [
        count(words::label(Measure::Goroutines), sample.goroutines),
        count(words::beyond_the_explained(), sample.explained.and(sample.unexplained())),
        sample.alloc_bytes.map(|bytes| (words::label(Measure::AllocBytes), words::live(bytes))),
        size(words::label(Measure::RssBytes), sample.rss_bytes),
        count(words::label(Measure::InFlight), sample.in_flight),
        count(words::label(Measure::OpenFds), sample.open_fds),
        count(words::label(Measure::Threads), sample.threads.filter(|_| sample.goroutines.is_none())),
        Some((words::label(Measure::Latency), format!("{} ms", reading.latency.as_millis()))),
    ]
    .into_iter()
    .flatten()
}
