//! `quick-check` for people.

mod report;
mod several;

pub(crate) use self::report::{check_markdown, report as check_report};
pub(crate) use self::several::{object as check_object, report as checks_report, text as checks};

use std::fmt::Write;

use ::report::text::{columns, gap, padded, wrap};
use owo_colors::{OwoColorize, Style};
use vitals::units::format_size;
use vitals::{Judgement, Measure, Sample, Thresholds, Verdict};

use super::layout::{LABEL, list, paragraph};
use super::{Checked, Styles};
use crate::finding::{Advice, Check, Finding};
use crate::source::{PollError, Reading};
use crate::words::{self, Term, term};

/// One measurement: label, value, its band, and what explains it.
struct Row {
    label: &'static str,
    value: String,
    band: Option<(&'static str, Style)>,
    notes: Vec<String>,
}

/// The whole answer, at most `width` columns wide where its words allow that.
fn quick_check(checked: &Checked<'_>, styles: &Styles, width: usize) -> String {
    let verdict = checked.verdict();
    let mut text = String::new();
    let word = words::verdict(verdict);
    let _ = write!(text, "{}  {}", word.style(styles.verdict(verdict)), checked.target.style(styles.strong));
    match &checked.outcome {
        Ok((reading, judgement)) => answered(&mut text, reading, judgement, checked, styles, width),
        Err(error) => unreachable(&mut text, error, checked, styles, width),
    }
    exit_line(&mut text, checked, styles, width);
    text
}

/// Where the exit code is not the verdict's own, a reader should see why.
fn exit_line(text: &mut String, checked: &Checked<'_>, styles: &Styles, width: usize) {
    let (verdict, code) = (checked.verdict(), checked.gate.exit_code(checked.verdict()));
    if code != verdict.exit_code() {
        paragraph(text, term(Term::ExitCode), &words::exit_code(code), styles, width);
    }
}

fn unreachable(text: &mut String, error: &PollError, checked: &Checked<'_>, styles: &Styles, width: usize) {
    text.push_str("\n\n");
    paragraph(text, term(Term::Error), &words::error_seen(error), styles, width);
    paragraph(text, words::what_to_do(), &words::error_cure(error), styles, width);
    list(text, term(Term::Verdict), &checked.findings.iter().map(found).collect::<Vec<_>>(), styles, width);
    list(text, term(Term::Advice), &of_lives(checked), styles, width);
}

fn found(finding: &Finding) -> String {
    words::headed(words::state(finding.verdict), &words::finding(finding))
}

/// The next steps about restarts and instances.
fn of_lives(checked: &Checked<'_>) -> Vec<String> {
    let any = |is: fn(Check) -> bool| checked.findings.iter().any(|finding| is(finding.check));
    let restarts = any(|check| matches!(check, Check::Restarts | Check::MaxRestarts | Check::CrashLoop));
    let steps = [
        restarts.then_some(Advice::SeeRestarts),
        any(|check| check == Check::Instances).then_some(Advice::PollEach),
    ];
    steps.iter().flatten().map(words::next_step).collect()
}

/// Several that answer behind one address, and whose numbers these are.
fn instances(text: &mut String, checked: &Checked<'_>, styles: &Styles, width: usize) {
    let Some(instance) = &checked.instance else { return };
    let said = [words::instances(checked.instances.len()), words::shown_instance(instance)];
    list(text, term(Term::Instances), &said, styles, width);
}

fn answered(
    text: &mut String,
    reading: &Reading,
    judgement: &Judgement,
    checked: &Checked<'_>,
    styles: &Styles,
    width: usize,
) {
    let _ = write!(text, "\n{}\n\n", about(reading, judgement, checked).style(styles.faint));
    table(text, &reading.sample, checked, styles, width);
    expectations(text, checked, styles, width);
    instances(text, checked, styles, width);
    list(text, term(Term::Verdict), &findings(reading, judgement, checked), styles, width);
    list(text, term(Term::Advice), &advice(reading, judgement, checked), styles, width);
}

/// Who answered, and how.
fn about(reading: &Reading, judgement: &Judgement, checked: &Checked<'_>) -> String {
    let from = Some(checked.source).filter(|source| *source != "health");
    let latency = words::answered(from, reading.latency);
    let uptime = reading.sample.uptime_s.map(words::up);
    let own = reading.status.as_ref().filter(|s| *s != "ok" && *s != judgement.verdict.as_str());
    let own = own.filter(|_| !checked.drains());
    let status = own.map(|s| words::calls_itself(s));
    let polls = words::polls(checked.polls.asked, checked.polls.failed);
    let restarts = checked.restarts.and_then(words::restarts);
    let about = [reading.program.clone(), uptime, status, Some(latency), polls, restarts];
    let about: Vec<_> = about.into_iter().flatten().collect();
    words::listed(&about)
}

/// Every measurement with its band and its notes.
fn table(text: &mut String, sample: &Sample, checked: &Checked<'_>, styles: &Styles, width: usize) {
    let mut rows = rows(checked, sample, styles);
    rows.extend(errors(checked, styles));
    let value_width = rows.iter().map(|row| columns(&row.value)).max().unwrap_or_default();
    let band_width =
        rows.iter().filter_map(|row| row.band).map(|(word, _)| columns(word)).max().unwrap_or_default();
    for row in &rows {
        let (label, gap) = (padded(row.label, LABEL), gap(&row.value, value_width));
        let _ = write!(text, "  {label}{gap}{}", row.value.style(styles.strong));
        let (word, style) = row.band.unwrap_or(("", Style::new()));
        let indent = 2 + LABEL + value_width + 2 + band_width + 2;
        let lines = wrap(&words::listed(&row.notes), width.saturating_sub(indent));
        if !word.is_empty() || !lines.is_empty() {
            let padding = if lines.is_empty() { 0 } else { band_width.saturating_sub(columns(word)) };
            let _ = write!(text, "  {}{:padding$}", word.style(style), "");
        }
        for (i, line) in lines.iter().enumerate() {
            let gap = if i == 0 { 2 } else { indent };
            let _ = write!(text, "{}{:gap$}{}", if i == 0 { "" } else { "\n" }, "", line.style(styles.faint));
        }
        text.push('\n');
    }
    text.push('\n');
}

/// What there is to complain about, else that all is well; and what rises.
fn findings(reading: &Reading, judgement: &Judgement, checked: &Checked<'_>) -> Vec<String> {
    let mut findings: Vec<String> =
        judgement.reasons.iter().map(|reason| found(&checked.said(reason))).collect();
    findings.extend(checked.findings.iter().map(found));
    findings.extend(checked.expectations.iter().filter(|e| e.verdict != Verdict::Ok).map(|expected| {
        let said = words::expected(expected.expectation, expected.value);
        words::headed(words::state(expected.verdict), &said)
    }));
    if findings.is_empty() && checked.rises.is_empty() {
        let is_uncounted = judgement.verdict == Verdict::Ok && reading.sample.goroutines.is_none();
        let words =
            if is_uncounted { words::uncounted() } else { words::verdict_in_words(judgement.verdict) };
        findings.push(words.to_owned());
    }
    findings.extend(checked.rises.iter().map(|rose| words::headed(term(Term::Rising), &words::rose(rose))));
    findings
}

/// The next steps.
fn advice(reading: &Reading, judgement: &Judgement, checked: &Checked<'_>) -> Vec<String> {
    let mut advice = words::advice(&reading.sample, judgement, &checked.thresholds);
    if judgement.verdict == Verdict::Ok && checked.verdict() != Verdict::Ok {
        let odd = || checked.expectations.iter().filter(|e| e.verdict != Verdict::Ok);
        advice.clear();
        advice.extend(checked.drains().then(words::after_draining));
        advice.extend(odd().any(|e| e.value.is_some()).then(words::unexpected));
        advice.extend(odd().any(|e| e.value.is_none()).then(words::unreported));
    }
    if checked.verdict() == Verdict::Ok && !checked.rises.is_empty() {
        advice = vec![words::after_rise()];
    }
    of_lives(checked).into_iter().chain(advice.into_iter().map(str::to_owned)).collect()
}

fn expectations(text: &mut String, checked: &Checked<'_>, styles: &Styles, width: usize) {
    let met = |expected: &&super::Expected<'_>| expected.verdict == Verdict::Ok;
    let met: Vec<String> = checked
        .expectations
        .iter()
        .filter(met)
        .map(|expected| {
            words::headed(
                &expected.expectation.to_string(),
                &words::found(expected.expectation, expected.value),
            )
        })
        .collect();
    list(text, term(Term::AsExpected), &met, styles, width);
}

fn rows(checked: &Checked<'_>, sample: &Sample, styles: &Styles) -> Vec<Row> {
    let thresholds = &checked.thresholds;
    // Who names a process wants to see its threads; beside a count, they say little.
    let is_process = checked.source.split('+').any(|source| source == "pid");
    [
        goroutines(sample, thresholds, styles),
        memory(sample, thresholds, styles),
        resident(sample, thresholds, styles),
        load(sample),
        descriptors(sample),
        threads(sample).filter(|_| is_process || sample.goroutines.is_none()),
        overdue(sample, styles),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn goroutines(sample: &Sample, thresholds: &Thresholds, styles: &Styles) -> Option<Row> {
    let judged = sample.unexplained()?;
    let band = thresholds.tasks(judged);
    Some(Row {
        label: words::label(Measure::Goroutines),
        value: sample.goroutines?.to_string(),
        band: Some((words::band(band), styles.tasks(band))),
        notes: words::tasks_notes(sample, judged, thresholds),
    })
}

fn memory(sample: &Sample, thresholds: &Thresholds, styles: &Styles) -> Option<Row> {
    let alloc = sample.alloc_bytes?;
    let band = thresholds.memory(alloc);
    Some(Row {
        label: words::label(Measure::AllocBytes),
        value: words::live(alloc),
        band: Some((words::memory_band(band), styles.memory(band))),
        notes: words::memory_notes(sample),
    })
}

fn load(sample: &Sample) -> Option<Row> {
    Some(Row {
        label: words::label(Measure::InFlight),
        value: sample.in_flight?.to_string(),
        band: None,
        notes: words::load_notes(sample),
    })
}

/// Beside live memory, it is a note of its own; alone, or under a limit, it is what is judged.
fn resident(sample: &Sample, thresholds: &Thresholds, styles: &Styles) -> Option<Row> {
    let resident = sample.rss_bytes?;
    let limit = thresholds.memory_limit.or(sample.memory_limit);
    if limit.is_none() && sample.alloc_bytes.is_some() {
        return None;
    }
    let judged = Sample { rss_bytes: Some(resident), memory_limit: limit, ..Sample::default() };
    let verdict = vitals::judge(&judged, thresholds).verdict;
    let word = if verdict == Verdict::Ok { term(Term::Normal) } else { words::state(verdict) };
    Some(Row {
        label: words::label(Measure::RssBytes),
        value: format_size(resident),
        band: limit.map(|_| (word, styles.verdict(verdict))),
        notes: words::resident_notes(limit),
    })
}

fn threads(sample: &Sample) -> Option<Row> {
    Some(Row {
        label: words::label(Measure::Threads),
        value: sample.threads?.to_string(),
        band: None,
        notes: Vec::new(),
    })
}

fn descriptors(sample: &Sample) -> Option<Row> {
    Some(Row {
        label: words::label(Measure::OpenFds),
        value: sample.open_fds?.to_string(),
        band: None,
        notes: words::descriptor_notes(sample),
    })
}

fn overdue(sample: &Sample, styles: &Styles) -> Option<Row> {
    let count = sample.overdue?;
    let band = if count > 0 {
        (words::state(Verdict::Danger), styles.verdict(vitals::Verdict::Danger))
    } else {
        (term(Term::Normal), styles.verdict(vitals::Verdict::Ok))
    };
    Some(Row {
        label: words::label(Measure::Overdue),
        value: count.to_string(),
        band: Some(band),
        notes: Vec::new(),
    })
}

/// The share of requests that ended badly. It is judged where polls have seen enough of them.
fn errors(checked: &Checked<'_>, styles: &Styles) -> Option<Row> {
    let requests = checked.requests.as_ref().filter(|all| all.ended > 0 || all.badly > Some(0))?;
    let polls = checked.polls.asked;
    let value = requests.error_percent().map(words::error_percent);
    let value = value.or_else(|| requests.badly.map(|badly| badly.to_string()))?;
    let verdict = match requests.errors(&checked.thresholds) {
        _ if polls == 1 || !requests.is_enough() => None,
        Some(_) => Some((words::state(Verdict::Warning), Verdict::Warning)),
        None => Some((term(Term::Normal), Verdict::Ok)),
    };
    let band = verdict.map(|(word, verdict)| (word, styles.verdict(verdict)));
    Some(Row {
        label: words::label(Measure::ErrorsTotal),
        value,
        band,
        notes: words::errors_notes(requests, polls),
    })
}

#[cfg(test)]
mod tests;
