//! What became of a command that a watch runs for an event.

use std::time::Duration;

use crate::args::OnEvent;

/// One told thing about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acted {
    pub(crate) event: OnEvent,
    /// Without credentials.
    pub(crate) target: String,
    pub(crate) fate: Fate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// By itself; no code: by a signal. The last lines of what it wrote.
    Ended { code: Option<i32>, took: Duration, last: Vec<String> },
    /// Its time was over.
    Late { limit: Duration, last: Vec<String> },
    /// The system's reason.
    NotStarted(String),
    /// Its last run is not long enough ago; so long it waits.
    Waits { cooldown: Duration, left: Duration },
    /// It ran so often.
    Limited { most: usize, within: Duration },
    /// A newer one of its kind took its place in the queue.
    Replaced,
    /// Somebody stopped the watch.
    Dropped,
}

impl Fate {
    /// Its name in JSON.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "ended",
            Self::Late { .. } => "timeout",
            Self::NotStarted(_) => "not_started",
            Self::Waits { .. } => "cooldown",
            Self::Limited { .. } => "limit",
            Self::Replaced => "replaced",
            Self::Dropped => "stopped",
        }
    }
}
