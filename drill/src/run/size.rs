//! How much of everything is done, and how long it may take.

use std::time::Duration;

/// How much is done, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) requests: usize,
    pub(crate) at_once: usize,
    /// Requests a second where they start when they are due, and not when another is over.
    pub(crate) rate: Option<f64>,
    /// How long a client waits for an end.
    pub(crate) patience: Duration,
    pub(crate) repetitions: usize,
    /// Default deadlines, scaled, instead of short ones.
    pub(crate) full: bool,
    /// Nobody has said how long clients wait: all rows together are to be done in ten minutes.
    pub(crate) hurried: bool,
}

impl Size {
    /// How many requests may be under way at once: where they start when they are due, all of them.
    pub(crate) fn most_at_once(self) -> usize {
        if self.rate.is_some() { self.requests.max(self.at_once) } else { self.at_once }
    }

    /// So many requests, in waves of as many as may be under way at once.
    pub(crate) fn waves(self, requests: usize) -> impl Iterator<Item = usize> {
        (0..requests).step_by(self.at_once).map(move |begun| self.at_once.min(requests - begun))
    }
}
