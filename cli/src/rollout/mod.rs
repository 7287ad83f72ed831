//! What a rollout stands on: its plan, its journal, and the routine that follows it. What it does is in `commands`.

mod checks;
mod journal;
mod keys;
mod plan;
mod routine;
mod schedule;
mod short;

pub(crate) use journal::Journal;
pub(crate) use plan::{Order, Plan};
pub(crate) use routine::{Flags, Job, Name, jobs};
pub(crate) use schedule::{
    cron_lines, found, in_cron, in_task, in_unit, marked, task, timer, unit, unmarked,
};

use vitals::Language;

/// A plan with every key, commented.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// The example with its comments in the language that is spoken.
pub(crate) fn example() -> &'static str {
    Language::current().pick(EXAMPLE, include_str!("example.zh.toml"))
}
