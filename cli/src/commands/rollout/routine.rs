//! `rollout routine`: prints the checks that follow a rollout, or puts them into a scheduler of this user.

use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use vitals::exit;

use super::install::{Routine, install, remove};
use super::system::answer;
use crate::args::{RoutineArgs, Scheduler};
use crate::finding::rollout::Refused;
use crate::output::{self, Failure};
use crate::rollout::{Flags, Job, Journal, Name, Plan, cron_lines, jobs, task, timer, unit};
use crate::words;

pub(super) fn run(args: &RoutineArgs) -> Result<u8, Failure> {
    let plan = Plan::read(&args.plan)?;
    let name = Name::of(&args.plan);
    let scheduler = scheduler(args.scheduler);
    if args.remove {
        let removed = remove(scheduler, &name, &plan.state)?;
        output::hint(&words::removed(removed, by(scheduler)));
        return Ok(exit::OK);
    }
    // What is scheduled stands in files, and in the list of processes while it runs.
    if let Some(key) = plan.secret() {
        return Err(Failure::usage(words::rollout_refused(&Refused::Secret(key))));
    }
    let last = Journal::last(&plan.state)?.filter(|last| last.is_over);
    let last = last.ok_or_else(|| Failure::usage(words::rollout_refused(&Refused::NeverRolledOut)))?;
    let took = SignedDuration::try_from(last.rollout.took()).unwrap_or_default();
    let ended = last.rollout.began.saturating_add(took).unwrap_or(last.rollout.began);
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("watertight"));
    let flags = Flags { check: plan.checks(), watch: plan.watches(), compare: plan.compares() };
    let jobs = jobs(&program, &name, ended, &flags, &plan.state);
    if args.install {
        install(scheduler, &Routine { name: &name, jobs: &jobs, state: &plan.state })?;
        output::hint(&words::installed(jobs.len(), by(scheduler)));
    } else {
        output::result(&shown(scheduler, &jobs))?;
    }
    Ok(exit::OK)
}

/// The scheduler in a sentence.
const fn by(scheduler: Scheduler) -> &'static str {
    match scheduler {
        Scheduler::Systemd => "systemd",
        Scheduler::Tasks => "schtasks",
        Scheduler::Cron | Scheduler::Auto => "cron",
    }
}

/// systemd where the user's own manager answers.
fn scheduler(asked: Scheduler) -> Scheduler {
    let systemd = || answer("systemctl", &["--user", "show-environment"], None);
    match asked {
        Scheduler::Auto if cfg!(windows) => Scheduler::Tasks,
        Scheduler::Auto if systemd().is_ok_and(|output| output.status.success()) => Scheduler::Systemd,
        Scheduler::Auto => Scheduler::Cron,
        asked => asked,
    }
}

/// What a job is in a file of a scheduler.
type Form = fn(&Job) -> String;

/// Each file under its name, or the lines of a crontab.
fn shown(scheduler: Scheduler, jobs: &[Job]) -> String {
    let files = |forms: &[(&str, Form)]| {
        let each = |job: &Job| {
            forms
                .iter()
                .map(|(end, form)| format!("# {}.{end}\n{}\n", job.name, form(job)))
                .collect::<String>()
        };
        jobs.iter().map(each).collect()
    };
    match scheduler {
        Scheduler::Systemd => files(&[("service", unit), ("timer", timer)]),
        Scheduler::Tasks => files(&[("xml", task)]),
        Scheduler::Cron | Scheduler::Auto => {
            cron_lines(jobs, &TimeZone::system()).into_iter().map(|line| format!("{line}\n")).collect()
        }
    }
}
