//! Time as a run of polls sees it. Tests put another one in its place, in which days pass in a moment.

use std::time::Instant;

use jiff::Timestamp;

use crate::stop::Stop;

/// Two clocks, and a way to wait.
pub(crate) trait Clock {
    /// The monotonic clock, which schedules go by.
    fn now(&self) -> Instant;

    /// The wall clock, which people go by.
    fn wall(&self) -> Timestamp;

    /// Waits until then; true if somebody asked to stop first.
    fn wait_until(&self, deadline: Instant) -> bool;
}

impl Clock for Stop {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn wait_until(&self, deadline: Instant) -> bool {
        Stop::wait_until(self, deadline)
    }
}
