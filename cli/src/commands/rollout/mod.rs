//! `rollout`: the founding document's six steps as one command, and the routine that follows them.

mod accept;
mod course;
mod dry_run;
mod install;
mod outcome;
mod ready;
mod routine;
mod sound;
mod steps;
mod system;
mod work;

use jiff::Timestamp;
use vitals::exit;

use crate::args::{Color, RolloutArgs, RolloutCommand, RolloutFormat};
use crate::finding::rollout::{Refused, Rollout};
use crate::output::{self, Failure};
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
        Some(RolloutCommand::Routine(args)) => return routine::run(args),
        None => {}
    }
    let plan = Plan::read(&args.plan)?;
    if args.accept {
        return accept::run(&plan, args.format);
    }
    if args.dry_run {
        return dry_run::run(&plan, args.resume, args.format);
    }
    let webhook = settings::webhook_at(
        args.webhook.as_deref(),
        args.webhook_format,
        args.webhook_secret_file.as_deref(),
    )?;
    sound::check(&plan)?;
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

/// A new journal, or the one that is gone on with.
fn journal(plan: &Plan, resume: bool) -> Result<Journal, Failure> {
    let refused = |why| Err(Failure::usage(words::rollout_refused(&why)));
    let last = Journal::last(&plan.state)?;
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
