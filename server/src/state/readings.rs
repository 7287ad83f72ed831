//! What was last read of the process and the ledger at some cost; the monitor takes it anew when it is too old.

use std::time::Instant;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Readings {
    /// `None`: never.
    pub(crate) taken: Option<Instant>,
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) open_fds: Option<u64>,
    pub(crate) max_fds: Option<u64>,
    pub(crate) threads: Option<u64>,
    pub(crate) memory_limit: Option<u64>,
    pub(crate) oldest_s: u64,
    pub(crate) overdue: u64,
}
