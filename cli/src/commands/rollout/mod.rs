//! `rollout`: the founding document's six steps as one command, and the routine that follows them.

mod course;
mod install;
mod outcome;
mod ready;
mod steps;
mod work;

use std::path::Path;

use jiff::Timestamp;
use vitals::exit;

use crate::args::{Color, RolloutArgs, RolloutCommand, RolloutFormat};
use crate::commands::compare;
use crate::finding::rollout::{Refused, Rollout, State, Step};
use crate::output::{self, Failure};
use crate::recording::beside;
use crate::render::rollout as form;
use crate::render::{self, Styles};
use crate::rollout::{Journal, Plan, example};
use crate::settings;
use crate::stop::Stop;
use crate::webhook;
use crate::words;

use course::Course;

pub(crate) fn run(args: &RolloutArgs, color: Color) -> Result<u8, Failure> {
    match &args.command {
        Some(RolloutCommand::Example) => {
            output::result(example())?;
            return Ok(exit::OK);
        }
        Some(RolloutCommand::Routine(args)) => return install::run(args),
        None => {}
    }
    let plan = Plan::read(&args.plan)?;
    if args.accept {
        return accept(&plan);
    }
    if args.dry_run {
        return dry_run(&plan, args.resume);
    }
    let webhook = settings::webhook_at(
        args.webhook.as_deref(),
        args.webhook_format,
        args.webhook_secret_file.as_deref(),
    )?;
    is_sound(&plan)?;
    let _lock = Journal::lock(&plan.state)?;
    let journal = journal(&plan, args.resume)?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let mut course = Course { plan: &plan, journal, stop: &stop };
    if let Some(step) = course.run()? {
        output::hint(&words::rollout_interrupted(step));
        return Ok(exit::INTERRUPTED);
    }
    let rollout = &course.journal.rollout;
    let shown = show(args.format, color, rollout, &plan);
    if let Some(webhook) = &webhook {
        webhook::tell(webhook, rollout, |text| output::hint(&text));
    }
    shown?;
    Ok(rollout.verdict().exit_code())
}

/// Before anything is done: whom it asks can be asked, and the baseline it compares with can be read.
fn is_sound(plan: &Plan) -> Result<(), Failure> {
    work::target(plan)?;
    if plan.baseline.exists() {
        let mut args = plan.compare()?;
        args.current = Some(plan.baseline.to_string_lossy().into_owned());
        compare::within(&args).map_err(|failure| Failure::usage(failure.text()))?;
    }
    Ok(())
}

/// A new journal, or the one that is gone on with.
fn journal(plan: &Plan, resume: bool) -> Result<Journal, Failure> {
    let refused = |why| Err(Failure::usage(words::rollout_refused(&why)));
    let last = Journal::last(&plan.state);
    match (last, resume) {
        (None, true) => refused(Refused::NothingToResume),
        (Some(last), true) if last.is_over => refused(Refused::AlreadyEnded),
        (Some(last), true) if last.digest != plan.digest => refused(Refused::PlanChanged),
        (Some(last), true) => Ok(last),
        (last, false) => {
            if last.as_ref().is_some_and(|last| !last.is_over) {
                output::hint(words::rollout_dropped());
            }
            let rollout = Rollout {
                target: work::target(plan)?,
                began: Timestamp::now(),
                records: Vec::new(),
                required: plan.required,
            };
            let process = last.and_then(|last| last.process);
            let journal = Journal::begin(&plan.state, &plan.digest, rollout, process);
            journal.save()?;
            Ok(journal)
        }
    }
}

fn show(format: RolloutFormat, color: Color, rollout: &Rollout, plan: &Plan) -> Result<(), Failure> {
    output::result(&match format {
        RolloutFormat::Text => {
            let styles = Styles::new(render::use_color(color));
            form::text(rollout, plan.rollback.is_some(), &plan.state, &styles)
        }
        RolloutFormat::Json => form::json(rollout, &plan.state),
        RolloutFormat::Junit => form::junit(rollout),
        RolloutFormat::Github => form::annotations(rollout),
    })?;
    if format == RolloutFormat::Github {
        render::report::append_summary(&form::summary(rollout))?;
    }
    Ok(())
}

/// What would be done, a line a step.
fn dry_run(plan: &Plan, resume: bool) -> Result<u8, Failure> {
    is_sound(plan)?;
    let done = if resume { journal(plan, true)?.rollout.records } else { Vec::new() };
    let over = |step| done.iter().any(|record| record.step == step && record.state != State::Interrupted);
    let mut lines: Vec<String> = Step::FORWARD
        .into_iter()
        .filter(|step| !over(*step))
        .map(|step| {
            let (what, length) = steps::outline(plan, step);
            words::step_begins(step, Some(&what), length)
        })
        .collect();
    if plan.rollback.is_some() {
        let (what, length) = steps::outline(plan, Step::Rollback);
        lines.push(format!(
            "{}{}",
            words::step_begins(Step::Rollback, Some(&what), length),
            words::on_danger()
        ));
    }
    output::result(&lines.into_iter().map(|line| format!("{line}\n")).collect::<String>())?;
    Ok(exit::OK)
}

/// The recording of the last rollout takes the place of the baseline.
fn accept(plan: &Plan) -> Result<u8, Failure> {
    let refused = |why| Failure::usage(words::rollout_refused(&why));
    let _lock = Journal::lock(&plan.state)?;
    let last = Journal::last(&plan.state).ok_or_else(|| refused(Refused::NothingToAccept))?;
    if !last.is_over {
        return Err(refused(Refused::NotRecorded));
    }
    let watched =
        last.rollout.record(Step::Watch).is_some_and(|record| matches!(record.state, State::Judged(_)));
    let recording = plan.recording();
    if !watched || !recording.exists() {
        return Err(refused(Refused::NothingToAccept));
    }
    let before = plan.baseline.with_extension("before.csv");
    for (new, old, older) in [
        (recording.clone(), plan.baseline.clone(), before.clone()),
        (beside(&recording), beside(&plan.baseline), beside(&before)),
    ] {
        replace(&new, &old, &older)?;
    }
    output::hint(&words::accepted(&plan.baseline, last.rollout.verdict()));
    Ok(exit::OK)
}

/// Copies a file over another one, which is kept under a third name.
fn replace(new: &Path, old: &Path, older: &Path) -> Result<(), Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| Failure::output(words::cannot_write(&path, &error))
    };
    let beside = old.with_extension("new");
    std::fs::copy(new, &beside).map_err(failed(&beside))?;
    if old.exists() {
        std::fs::rename(old, older).map_err(failed(older))?;
    }
    std::fs::rename(&beside, old).map_err(failed(old))
}
