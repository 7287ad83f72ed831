//! `rollout --dry-run`: what would be done.

use vitals::{Language, exit};

use super::{journal, sound, steps};
use crate::args::RolloutFormat;
use crate::finding::rollout::{Planned, Refused, State, Step};
use crate::output::{self, Failure};
use crate::render::rollout as form;
use crate::rollout::Plan;
use crate::words;

pub(super) fn run(plan: &Plan, resume: bool, format: RolloutFormat) -> Result<u8, Failure> {
    let shown = match format {
        RolloutFormat::Text => form::dry_run,
        RolloutFormat::Json => form::dry_run_json,
        RolloutFormat::Junit | RolloutFormat::Github => {
            return Err(Failure::usage(words::rollout_refused(&Refused::NoForm("--dry-run"))));
        }
    };
    sound::check(plan)?;
    let done = if resume { journal(plan, true)?.rollout.records } else { Vec::new() };
    let over = |step| done.iter().any(|record| record.step == step && record.state != State::Interrupted);
    let rollback = plan.rollback.is_some().then_some(Step::Rollback);
    let planned = Step::FORWARD.into_iter().filter(|step| !over(*step)).chain(rollback).map(|step| {
        let (what, length) = steps::outline(plan, step);
        Planned { step, what, length }
    });
    let shown = || shown(&planned.collect::<Vec<_>>());
    // Programs read English.
    let shown = if format == RolloutFormat::Json { Language::En.during(shown) } else { shown() };
    output::result(&shown)?;
    Ok(exit::OK)
}
