//! What makes a relay sweat: an upstream that misbehaves on request, clients that do, and a verdict for every fault.
//!
//! - [`upstream`]: an LLM upstream in both dialects that answers well, or with a chosen fault.
//! - [`main`]: `watertight drill`, every row of the fault matrix against a relay.

#![expect(dead_code, reason = "the rows that need a relay of their own making follow")]

mod client;
mod command;
mod gauge;
mod relay;
mod report;
mod rows;
mod run;
pub mod upstream;

pub use command::{Format, Options, Target, main};
