//! `rollout`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::WebhookFormat;

/// What it does, and how it comes to its verdict. Paragraphs of one line each: help and manual wrap them.
pub(super) const LONG: &str = "\
Deploy a relay and observe it, by a plan: build, restart, wait, check, watch, compare, verdict, and roll back on danger

The steps: `build`; `baseline`, where there is none yet: the relay that still runs is recorded; `stop`; `start`; \
`ready`: the start-up lines are there, a URL answers with 2xx, or the health endpoint answers; `check`, after a minute; \
`watch`, for 30 minutes, recorded; `compare` with the baseline; and, on danger, `rollback`, where the plan has one.

The verdict is the gravest of check, watch and comparison. A relay that was ready and does not answer any more is danger. \
A comparison that cannot tell is told, and decides only with `compare.required`. A step that fails ends the rollout with 2; \
from `stop` on, the roll-back follows it.

Everything is kept in a state folder, beside the plan: the progress, the end of each command's output, the recordings. \
Ctrl-C ends the command that runs, with all that it has started, but never the relay; --resume goes on with the step that \
was interrupted, and a watch with the time that is left. The baseline is replaced by --accept alone.";

/// `rollout`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RolloutArgs {
    /// Instead of a rollout.
    #[command(subcommand)]
    pub command: Option<RolloutCommand>,
    /// The plan: `watertight rollout example` prints one
    #[arg(long, value_name = "FILE", default_value = PLAN)]
    pub plan: PathBuf,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on with the rollout that was interrupted
    #[arg(long)]
    pub resume: bool,
    /// Make the recording of the last rollout the baseline of those that follow, and do nothing else
    #[arg(long, conflicts_with_all = ["dry_run", "resume"])]
    pub accept: bool,
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: RolloutFormat,
    /// Tell a chat how it ended: the URL of a WeCom, DingTalk, Feishu or Slack robot, or of anything that takes JSON. It is
    /// a secret: rather than here, put it into the environment
    #[arg(
        long,
        value_name = "URL",
        env = "WATERTIGHT_WEBHOOK",
        hide_env_values = true,
        help_heading = "Webhook"
    )]
    pub webhook: Option<String>,
    /// The form of its message
    #[arg(long, value_enum, default_value_t, requires = "webhook", help_heading = "Webhook")]
    pub webhook_format: WebhookFormat,
    /// Sign the message with the secret in this file ("-": standard input), as robots of DingTalk and Feishu ask. Or put
    /// the secret into the variable WATERTIGHT_WEBHOOK_SECRET
    #[arg(long, value_name = "FILE", requires = "webhook", help_heading = "Webhook")]
    pub webhook_secret_file: Option<PathBuf>,
}

/// Unless somebody names another one.
const PLAN: &str = "rollout.toml";

/// `rollout …`
#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Print a plan with every key, commented
    Example,
    /// Print the checks that follow a rollout, or install them: day 1, days 2 and 3, the first week, and after
    Routine(RoutineArgs),
}

/// `rollout routine`
#[derive(Debug, Args)]
pub struct RoutineArgs {
    /// The plan of the rollout
    #[arg(long, value_name = "FILE", default_value = PLAN)]
    pub plan: PathBuf,
    /// Install them for this user, instead of printing them; those of an earlier rollout are replaced
    #[arg(long)]
    pub install: bool,
    /// Remove those that were installed
    #[arg(long, conflicts_with = "install")]
    pub remove: bool,
    /// By what they are run
    #[arg(long = "with", value_enum, value_name = "SCHEDULER", default_value_t)]
    pub scheduler: Scheduler,
}

/// Who runs the routine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scheduler {
    /// Tasks on Windows, the user's systemd where it runs, otherwise cron.
    #[default]
    Auto,
    /// Timers of the user's systemd.
    Systemd,
    /// Lines of the user's crontab.
    Cron,
    /// Windows' task scheduler.
    Tasks,
}

/// The forms of a rollout's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RolloutFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object on one line.
    Json,
    /// A test suite in XML, a test a step.
    Junit,
    /// Annotations, and a summary where GITHUB_STEP_SUMMARY says.
    Github,
}
