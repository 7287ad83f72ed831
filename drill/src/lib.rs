//! What makes a relay sweat: an upstream that misbehaves on request, clients that do, and a verdict for every fault.
//!
//! - [`upstream`]: an LLM upstream in both dialects that answers well, or with a chosen fault.
//! - [`compare`]: `watertight drill compare`, the results of several drills side by side.
//! - [`main`]: `watertight drill`, every row of the fault matrix against a relay.

mod client;
mod command;
pub mod compare;
mod count;
mod gauge;
mod relay;
mod report;
mod resume;
mod rows;
mod run;
mod stacks;
mod start;
mod system;
pub mod upstream;
mod words;
mod written;

pub use command::{Options, Start, Target, main, refuse};
pub use report::Format;
pub use stacks::{Profiles, Stack, Stacks};
pub use words::learn;

/// To be called where a relay begins: ends a relay that the drill started when the drill dies, however it dies. Returns
/// whether the drill is gone already. Any other process goes on as it is.
#[must_use]
pub fn is_orphan_of_drill() -> bool {
    let Some(parent) = std::env::var(relay::CHILD).ok().and_then(|pid| pid.parse().ok()) else {
        return false;
    };
    system::die_with_parent();
    // It may have died before that was said.
    !system::is_child_of(parent)
}
