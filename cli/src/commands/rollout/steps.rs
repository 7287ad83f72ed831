//! What each step does.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use process::command::{self, is_there};
use vitals::{Verdict, exit};

use super::outcome::{Outcome, found, line};
use super::ready;
use super::work;
use crate::commands::{compare, quick_check, record, watch};
use crate::finding::rollout::{Line, Seen, State, Step, Told};
use crate::output::Failure;
use crate::recording::beside;
use crate::rollout::{Journal, Plan};
use crate::stop::Stop;
use crate::words::{self, en};

/// What a step does, and for how long: a command and its deadline, or words.
pub(super) fn outline(plan: &Plan, step: Step) -> (String, Option<Duration>) {
    let order = work::order(plan, step);
    let what = match step {
        Step::Ready => words::would_wait(&plan.ready.lines, plan.ready.url.as_deref()),
        Step::Stop if order.is_none() && !plan.background => words::told(&Told::Unplanned),
        Step::Build | Step::Rollback if order.is_none() => words::told(&Told::Unplanned),
        // Without credentials: it is shown.
        _ => order.map_or_else(
            || words::would(step, &work::target(plan).unwrap_or_default()),
            |order| order.command.clone(),
        ),
    };
    let length = match step {
        Step::Check => Some(plan.after),
        Step::Watch => plan.watch(false).ok().and_then(|args| args.duration),
        Step::Baseline => plan.record(Path::new("x.csv")).ok().and_then(|args| args.duration),
        _ => None,
    };
    (what, length)
}

/// # Errors
/// Something of its own cannot be written.
pub(super) fn run(
    plan: &Plan,
    journal: &mut Journal,
    step: Step,
    again: bool,
    stop: &Stop,
) -> Result<Outcome, Failure> {
    match step {
        Step::Build => work::command(plan, step, &journal.rollout, stop),
        Step::Stop => stopped(plan, journal, stop),
        Step::Start => work::start(plan, journal, stop),
        Step::Rollback => rolled_back(plan, journal, stop),
        Step::Baseline => baseline(plan, stop),
        Step::Ready => ready::wait(plan, journal, stop),
        Step::Check => check(plan, journal, stop),
        Step::Watch => watched(plan, journal, again, stop),
        Step::Compare => Ok(compared(plan)),
    }
}

/// By the plan's command; otherwise the process that an earlier rollout left running.
fn stopped(plan: &Plan, journal: &mut Journal, stop: &Stop) -> Result<Outcome, Failure> {
    if plan.stop.is_some() || !plan.background {
        return work::command(plan, Step::Stop, &journal.rollout, stop);
    }
    let Some(named) = journal.process.filter(|named| is_there(*named)) else {
        return Ok(Outcome::told(State::Skipped, &Told::NoneLeft));
    };
    command::end(named);
    journal.process = None;
    Ok(Outcome::of(State::Done, Vec::new()))
}

/// Where the start is the relay itself, so is the roll-back: what was started is ended before it. It has rolled back once
/// a relay answers.
fn rolled_back(plan: &Plan, journal: &mut Journal, stop: &Stop) -> Result<Outcome, Failure> {
    let done = match plan.rollback.as_ref().filter(|_| plan.background) {
        None => work::command(plan, Step::Rollback, &journal.rollout, stop)?,
        Some(order) => {
            journal.process.into_iter().for_each(command::end);
            work::leave(plan, journal, Step::Rollback, order, stop)?
        }
    };
    if done.state == State::Done { ready::answers_again(plan, journal, stop) } else { Ok(done) }
}

/// Of the relay that still runs, if there is none yet.
fn baseline(plan: &Plan, stop: &Stop) -> Result<Outcome, Failure> {
    if let Ok(about) = fs::metadata(&plan.baseline) {
        let at = about.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default();
        return Ok(Outcome::told(State::Skipped, &Told::HasBaseline(at)));
    }
    if let Err(why) = work::answers(plan)? {
        return Ok(Outcome::told(State::Skipped, &Told::NothingRuns(&why)));
    }
    // Half of a recording would be taken for a whole one.
    let new = plan.baseline.with_extension("new.csv");
    let args = plan.record(&new)?;
    match record::within(&args, || Ok(stop.clone())) {
        _ if stop.is_set() => return Ok(Outcome::interrupted()),
        Ok(exit::OK) => {}
        Ok(_) | Err(Failure::ReaderLeft) => return Ok(Outcome::of(State::Skipped, Vec::new())),
        Err(failure) if failure.code() == exit::UNKNOWN => {
            let text = failure.text().to_owned();
            return Ok(Outcome::of(State::Skipped, vec![Line { english: text.clone(), text }]));
        }
        Err(failure) => return Err(failure),
    }
    for (from, to) in [(new.clone(), plan.baseline.clone()), (beside(&new), beside(&plan.baseline))] {
        fs::rename(&from, &to).map_err(|error| Failure::output(words::cannot_write(&to, &error)))?;
    }
    Ok(Outcome::of(State::Done, Vec::new()))
}

fn check(plan: &Plan, journal: &mut Journal, stop: &Stop) -> Result<Outcome, Failure> {
    if stop.wait_until(Instant::now() + plan.after) {
        return Ok(Outcome::interrupted());
    }
    let told = quick_check::within(&plan.check()?, stop, |checked| {
        let complaints = match &checked.outcome {
            Err(error) => vec![Line { text: words::error_seen(error), english: en::error_seen(error) }],
            Ok((_, judgement)) => {
                judgement.reasons.iter().map(|reason| found(&checked.said(reason))).collect()
            }
        };
        let others = checked.findings.iter().map(found);
        let failed = checked.expectations.iter().filter(|expected| expected.verdict != Verdict::Ok);
        let expected = failed.map(|expected| Line {
            text: words::expected(expected.expectation, expected.value),
            english: en::expected(expected.expectation, expected.value),
        });
        let mut lines: Vec<Line> = complaints.into_iter().chain(others).chain(expected).collect();
        if let (true, Ok((reading, _))) = (lines.is_empty(), &checked.outcome) {
            let (asked, failed) = (checked.polls.asked, checked.polls.failed);
            lines.push(Line {
                text: words::check_summary(reading, asked, failed),
                english: en::check_summary(reading, asked, failed),
            });
        }
        let seen = checked.outcome.as_ref().map_or_else(
            |_| Seen::default(),
            |(reading, _)| Seen {
                goroutines: reading.sample.goroutines,
                alloc_bytes: reading.sample.alloc_bytes,
            },
        );
        (checked.verdict(), lines, seen)
    });
    match told {
        _ if stop.is_set() => Ok(Outcome::interrupted()),
        Ok(Some((verdict, lines, seen))) => {
            let outcome = Outcome { seen, ..Outcome::of(State::Judged(verdict), lines) };
            Ok(with_end(outcome, plan, journal))
        }
        Ok(None) => Ok(Outcome::of(State::Judged(Verdict::Unknown), Vec::new())),
        Err(failure) => Err(failure),
    }
}

/// Where the process of the start has ended: danger, whoever answers in its place, and its last words.
fn with_end(mut outcome: Outcome, plan: &Plan, journal: &mut Journal) -> Outcome {
    if work::is_dead(journal) {
        outcome.state = State::Judged(Verdict::Danger);
        outcome.lines.insert(0, line(&Told::Died(journal.ended())));
        outcome.output = work::last_words(plan, Step::Start);
    }
    outcome
}

fn watched(plan: &Plan, journal: &mut Journal, again: bool, stop: &Stop) -> Result<Outcome, Failure> {
    let args = plan.watch(again)?;
    let Some(came) = watch::within(args, stop, again)? else { return Ok(Outcome::interrupted()) };
    let [median, peak] = came.level.map_or([None, None], |level| level.map(Some));
    let mut lines = vec![line(&Told::Watched { polls: came.polls, median, peak })];
    lines.extend((!came.before.is_zero()).then(|| line(&Told::Resumed(came.before))));
    lines.extend(came.decided.then(|| line(&Told::Decided)));
    let rising = came.conclusion.rising.iter();
    lines.extend(
        rising.map(|trend| Line { text: words::rising_alone(trend), english: en::rising_alone(trend) }),
    );
    lines.extend(came.conclusion.findings.iter().map(|seen| found(&seen.finding)));
    let outcome = Outcome::of(State::Judged(came.conclusion.verdict), lines);
    Ok(with_end(Outcome { seen: came.seen, ..outcome }, plan, journal))
}

fn compared(plan: &Plan) -> Outcome {
    if !plan.baseline.exists() {
        return Outcome::told(State::Skipped, &Told::NoBaseline);
    }
    match plan.compare().and_then(|args| compare::within(&args)) {
        Ok(findings) => {
            let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok);
            let told = findings.iter().filter(|finding| finding.verdict != Verdict::Ok);
            Outcome::of(State::Judged(verdict), told.map(found).collect())
        }
        Err(failure) => {
            let text = failure.text().to_owned();
            Outcome::of(State::Judged(Verdict::Unknown), vec![Line { english: text.clone(), text }])
        }
    }
}
