//! One poll: what a target answered, or why it did not. What sources give, recordings keep and verdicts rest on.

mod endpoint;
mod fault;
mod unusable;

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeStruct};
use vitals::{Measured, Sample, health};

pub(crate) use endpoint::Endpoint;
pub(crate) use fault::{Content, Fault, Http, Json, Metrics, NoNumber, Process, Profile, Recording, Way};
pub(crate) use unusable::{Unusable, Wrong};

/// The result of one poll.
pub(crate) type Outcome = Result<Reading, PollError>;

/// One poll that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) sample: Sample,
    /// The target's own word for its state, cleaned up.
    pub(crate) status: Option<String>,
    /// Who answered, for example `watertight 0.1.0`, when it says so.
    pub(crate) program: Option<String>,
    /// Which of several behind one name this is of, where whoever asked them said so.
    pub(crate) instance: Option<String>,
    /// From asking to the last byte of the answer.
    pub(crate) latency: Duration,
}

impl Reading {
    /// Numbers, and no word of who answered.
    pub(crate) const fn of(sample: Sample, latency: Duration) -> Self {
        Self { sample, status: None, program: None, instance: None, latency }
    }

    /// The target is about to stop, and says so itself.
    pub(crate) fn drains(&self) -> bool {
        self.status.as_deref() == Some(health::Status::Draining.as_str())
    }
}

impl Measured for Reading {
    fn sample(&self) -> &Sample {
        &self.sample
    }

    fn latency_us(&self) -> Option<u64> {
        u64::try_from(self.latency.as_micros()).ok()
    }
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

/// A poll that failed. In JSON it is its kind and its text, which `words` makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollError {
    pub(crate) kind: ErrorKind,
    pub(crate) fault: Box<Fault>,
}

impl From<Fault> for PollError {
    fn from(fault: Fault) -> Self {
        Self { kind: fault.kind(), fault: Box::new(fault) }
    }
}

impl PollError {
    /// With something around it.
    pub(crate) fn within(self, around: impl FnOnce(Box<Fault>) -> Fault) -> Self {
        around(self.fault).into()
    }

    #[cfg(test)]
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Fault::Test { kind, what: what.into(), cure: cure.into() }.into()
    }
}

impl Serialize for PollError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Problem", 2)?;
        object.serialize_field("kind", &self.kind)?;
        object.serialize_field("text", &self.to_string())?;
        object.end()
    }
}
