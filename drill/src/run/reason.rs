//! Why a row has no verdict.

use std::fmt;

use crate::client::Counts;

/// As data where something hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Somebody ended the drill before.
    Interrupted,
    /// Ten minutes were over.
    NoTime,
    /// In words.
    Said(String),
}

/// A row was broken off because its time was over, though it went on: this is what came of it until then.
#[derive(Debug)]
pub(super) struct NoTime(pub(super) Counts);

impl fmt::Display for NoTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Reason::NoTime.fmt(f)
    }
}

impl std::error::Error for NoTime {}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::Said(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::Said(text.to_owned())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::NoTime => f.write_str("no time left"),
            Self::Said(text) => f.write_str(text),
        }
    }
}
