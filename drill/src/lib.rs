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

pub use command::{Format, Options, Target, main};

/// To be called where a relay begins: ends a relay that the drill started when the drill dies, however it dies. Any
/// other process goes on as it is.
pub fn tie_to_drill() {
    if std::env::var_os(relay::CHILD).is_some() {
        system::die_with_parent();
    }
}
