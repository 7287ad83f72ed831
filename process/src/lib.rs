//! What another process of this machine holds, by kind: descriptors by what they are, threads by their names, grouped
//! and counted. Two looks, some time apart, say what stays. It is read where Linux shows it, in `/proc`; Windows only
//! counts; elsewhere, and without the right to look, there is nothing to tell.
//!
//! And the other side of it: [`command`] runs what a user wrote, within bounds, and [`fence`] ends it with all that it has
//! started.

pub mod command;
#[cfg(windows)]
mod counts;
mod descriptors;
pub mod fence;
mod kind;
mod kinds;
pub mod sockets;
mod threads;

#[cfg(windows)]
pub use counts::{Counts, Untold, counts, is_alive};
pub use descriptors::{descriptors, socket};
#[cfg(target_os = "linux")]
pub use fence::is_alive;
pub use kind::Kind;
pub use kinds::{Change, Kinds, told};
pub use threads::threads;

/// Both at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What is open.
    pub descriptors: Kinds,
    /// What runs.
    pub threads: Kinds,
}

/// Looks at a process; empty where it may not be looked at, or is gone.
#[must_use]
#[cfg(windows)]
pub fn look(pid: u32) -> Look {
    let counts = counts(pid).unwrap_or_default();
    let of = |kind, count: Option<u64>| Kinds::of(kind, count.unwrap_or_default());
    Look { descriptors: of(Kind::Handles, counts.handles), threads: of(Kind::Threads, counts.threads) }
}

/// Looks at a process; empty where it may not be looked at, or is gone.
#[must_use]
#[cfg(not(windows))]
pub fn look(pid: u32) -> Look {
    Look { descriptors: descriptors(pid).unwrap_or_default(), threads: threads(pid).unwrap_or_default() }
}
