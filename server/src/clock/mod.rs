//! The relay's own clocks: monotonic milliseconds, small enough for an atomic. Wall-clock jumps do not touch them.
//! [`now`] never stops; deadlines are kept by [`awake`], which stands still while the process does.

pub(crate) mod deadline;
mod pause;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Milliseconds since the process first asked, plus one: 0 is free to mean "not set".
pub(crate) fn now() -> u64 {
    #[cfg(test)]
    if let Some(now) = scripted::now() {
        return now;
    }
    // By parts: a request asks some twenty times, and `as_millis` counts in 128 bits.
    let since = START.elapsed();
    since.as_secs() * 1_000 + u64::from(since.subsec_millis()) + 1
}

/// As [`now`], without the time in which the process did not run (`pause.rs`).
pub(crate) fn awake() -> u64 {
    #[cfg(test)]
    if let Some(now) = scripted::now() {
        return now;
    }
    pause::PROCESS.awake(now())
}

/// [`now`] and [`awake`], of one moment.
pub(crate) fn both() -> (u64, u64) {
    let now = now();
    #[cfg(test)]
    if scripted::now().is_some() {
        return (now, now);
    }
    (now, pause::PROCESS.awake(now))
}

/// The real time from now until [`awake`] says `at`.
pub(crate) fn until_awake(at: u64) -> Duration {
    #[cfg(test)]
    if let Some(now) = scripted::now() {
        return Duration::from_millis(at.saturating_sub(now));
    }
    Duration::from_millis(pause::PROCESS.wait(now(), at))
}

/// Says that the process runs. Whoever lets [`awake`] be asked says so at least every second, and begins with it.
pub(crate) fn beat() {
    pause::PROCESS.beat(now());
}

/// A duration in whole milliseconds, capped instead of wrapped.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

/// A mutex is poisoned when a panic passed through it; what it guards here is whole at every step.
pub(crate) fn lock<T: ?Sized>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A clock that stands where a test puts it, in the test's own thread.
#[cfg(test)]
pub(crate) mod scripted {
    use std::cell::Cell;

    thread_local! {
        static NOW: Cell<Option<u64>> = const { Cell::new(None) };
    }

    pub(crate) fn now() -> Option<u64> {
        NOW.get()
    }

    pub(crate) fn stands_at(now: u64) {
        NOW.set(Some(now));
    }
}
