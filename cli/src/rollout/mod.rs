//! What a rollout stands on: its plan, its journal, and the routine that follows it. What it does is in `commands`.

mod journal;
mod keys;
mod plan;
mod routine;

pub(crate) use journal::Journal;
pub(crate) use plan::{Order, Plan};
pub(crate) use routine::jobs;
pub(crate) use routine::{Job, cron_lines, marked, task, timer, unit};

/// A plan with every key, commented.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");
