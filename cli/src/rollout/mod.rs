//! What a rollout stands on: its plan, its journal, and the routine that follows it. What it does is in `commands`.

mod journal;
mod keys;
mod plan;
mod routine;

pub(crate) use journal::Journal;
pub(crate) use plan::{Order, Plan};
pub(crate) use routine::jobs;
pub(crate) use routine::{Job, cron_lines, marked, task, timer, unit};

use vitals::Language;

/// A plan with every key, commented.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// The example with its comments in the language that is spoken.
pub(crate) fn example() -> &'static str {
    Language::current().pick(EXAMPLE, include_str!("example.zh.toml"))
}
