//! Readings that cost something: what the system says of the process, and a walk through the ledger. Kept for a
//! moment, so that frequent polls do not pay for them each time.

use std::time::{Duration, Instant};

use crate::clock::lock;
use crate::state::readings::Readings;
use crate::state::relay::Relay;

/// Readings that are not older than `fresh`.
pub(crate) fn readings(relay: &Relay, fresh: Duration) -> Readings {
    let mut kept = lock(&relay.readings);
    if kept.taken.is_none_or(|taken| taken.elapsed() >= fresh) {
        *kept = take(relay);
    }
    *kept
}

fn take(relay: &Relay) -> Readings {
    let (open_fds, threads) = counted();
    let mut readings = Readings {
        taken: Some(Instant::now()),
        rss_bytes: memory_stats::memory_stats().map(|stats| stats.physical_mem as u64),
        open_fds,
        max_fds: limit(),
        threads,
        memory_limit: memory_limit(),
        ..Readings::default()
    };
    for worker in relay.workers() {
        for entry in worker.ledger.entries() {
            readings.overdue += u64::from(entry.is_overdue());
            readings.oldest_s = readings.oldest_s.max(entry.age() / 1000);
        }
    }
    readings
}

/// Open descriptors, the one that looks not counted, and threads.
#[cfg(not(windows))]
fn counted() -> (Option<u64>, Option<u64>) {
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let open = std::fs::read_dir(folder).ok().map(|open| (open.count() as u64).saturating_sub(1));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse().ok());
    (open, threads)
}

/// Windows counts handles, of which sockets and files are a part.
#[cfg(windows)]
fn counted() -> (Option<u64>, Option<u64>) {
    ::process::counts(std::process::id()).map_or((None, None), |counts| (counts.handles, counts.threads))
}

/// The memory that the control group allows.
fn memory_limit() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    vitals::cgroup::memory_limit(&read("/proc/self/cgroup")?, read)
}

/// The limit of open descriptors now in force.
pub(crate) fn limit() -> Option<u64> {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// Raises the soft limit of open descriptors to the hard one. Returns the limit now in force.
pub(crate) fn raise_limit() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        // Where the system refuses, the old limit stays, and is what is reported.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
    }
    limit()
}
