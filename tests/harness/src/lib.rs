//! What the end-to-end tests stand on: the real binary as a child process, the drill's upstream behind it, a raw
//! client in front of it, and the assertions that nothing leaked, read from outside.
//!
//! Blocking and without async on purpose: the measuring side must not share a runtime's habits with the measured
//! one. Nothing here waits for ever, and nothing sleeps longer than needed: states are polled.

#![expect(clippy::panic, reason = "whatever goes wrong in here has failed the test that called it")]

mod child;
mod client;
mod health;
pub mod http2;
mod poll;
mod port;
mod quiet;
mod relay;
mod upstream;
mod wire;

pub use child::Child;
pub use client::{Answer, Client, Head};
pub use health::Health;
pub use http2::Http2;
pub use poll::{PATIENCE, repeat, until};
pub use port::address;
pub use quiet::{Baseline, Left};
pub use relay::{Relay, Setup, chat};
pub use rustix::process::Signal;
pub use upstream::{State, Upstream};
pub use wire::{Identity, Wire};

/// Ends the test with what could not be done and why.
fn fail(what: &str, why: impl std::fmt::Display) -> ! {
    panic!("{what}: {why}")
}
