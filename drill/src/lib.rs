//! What makes a relay sweat: an upstream that misbehaves on request, clients that do, and a verdict for every fault.
//!
//! - [`upstream`]: an LLM upstream in both dialects that answers well, or with a chosen fault.
//! - [`main`]: `watertight drill`, every row of the fault matrix against a relay.

mod client;
mod command;
mod gauge;
mod relay;
mod report;
mod rows;
mod run;
mod system;
pub mod upstream;

pub use command::{Options, Target, main};
pub use report::Format;

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
