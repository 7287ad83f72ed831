//! Where samples come from. A source answers one question, "how are you now?", within a deadline.

mod content;
mod endpoint;
mod failure;
mod go;
mod median;
mod metrics;
mod observed;
mod process;
mod recorded;
mod target;
pub(crate) mod tls;
mod wire;

use std::time::Duration;

use serde::Serialize;
use vitals::Sample;

pub(crate) use content::read as read_health;
pub(crate) use endpoint::Endpoint;
pub(crate) use median::median;
pub(crate) use observed::{Named, Observed, Plan, Targets};
pub(crate) use target::Target;
pub(crate) use tls::Trust;
pub(crate) use wire::{Access, Login, Probe};

/// One poll that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// What was measured.
    pub(crate) sample: Sample,
    /// The target's own word for its state, cleaned up.
    pub(crate) status: Option<String>,
    /// Who answered, for example `watertight 0.1.0`, when it says so.
    pub(crate) program: Option<String>,
    /// From asking to the last byte of the answer.
    pub(crate) latency: Duration,
}

/// Why a poll failed: the closed set of the JSON and the CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ErrorKind {
    /// No connection: refused, reset, or no route.
    Refused,
    /// No whole answer within the deadline.
    Timeout,
    /// The name has no address.
    Dns,
    /// No encrypted connection, or not a trusted one.
    Tls,
    /// An HTTP status other than 200, a redirect elsewhere, or not HTTP.
    Http,
    /// A 200 that is not an answer.
    Content,
}

impl ErrorKind {
    /// The word in JSON and CSV.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Content => "content",
        }
    }

    /// The kind that a word stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Refused, Self::Timeout, Self::Dns, Self::Tls, Self::Http, Self::Content];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A poll that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollError {
    /// Its kind.
    pub(crate) kind: ErrorKind,
    /// What came, as a lowercase fragment.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) cure: String,
}

impl PollError {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { kind, what: what.into(), cure: cure.into() }
    }
}

impl std::fmt::Display for PollError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.cure)
    }
}

/// Reads a whole scrape, for the fuzz target.
pub(crate) fn read_metrics(mut text: &[u8], open: bool) -> Result<(), String> {
    metrics::read(&mut text, open).map(drop).map_err(|trouble| match trouble {
        metrics::Trouble::Content(error) => error.what,
        metrics::Trouble::Io(error) => error.to_string(),
    })
}

/// Something that can be sampled.
pub(crate) trait Source {
    /// The source's name in JSON, for example `health`, or `expvar+pprof` where several complete each other; `auto`
    /// until one has answered.
    fn name(&self) -> &str;

    /// What is observed, without credentials.
    fn target(&self) -> &str;

    /// Asks once; answers within `timeout`, whatever the target does.
    ///
    /// # Errors
    /// What came instead of a sample. The caller decides whether that ends anything.
    fn poll(&mut self, timeout: Duration) -> Result<Reading, PollError>;
}

/// Waits for something that is about to be so.
#[cfg(test)]
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}
