//! Exit codes of every command. Stable: scripts and CI gates depend on them.

/// Healthy, or done.
pub const OK: u8 = 0;
/// Warning; `serve`: stopped, but requests had to be aborted.
pub const WARNING: u8 = 1;
/// Danger, leak, regression, or a gate failed.
pub const DANGER: u8 = 2;
/// Cannot tell: unreachable, not a health endpoint, too little data.
pub const UNKNOWN: u8 = 3;
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 64;
/// `serve`: the address is in use, or storage is out of reach.
pub const UNAVAILABLE: u8 = 69;
/// The output could not be written.
pub const OUTPUT: u8 = 74;
/// Interrupted before there was a verdict.
pub const INTERRUPTED: u8 = 130;
