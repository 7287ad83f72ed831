//! The vocabulary that the relay and the observers share: samples, thresholds, verdicts, end reasons, exit
//! codes, units and secrets. Pure data and functions: no I/O, no clock, no async.

pub mod end;
pub mod exit;
pub mod key;
pub mod secret;
pub mod units;

pub use end::EndReason;
pub use secret::Secret;
