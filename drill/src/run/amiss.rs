//! A request that did not become what it must: as data first, and in words at the edge.

use std::fmt;
use std::time::Duration;

use super::grade::Kind;
use crate::client::Outcome;

/// An outcome that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Amiss {
    /// No end after so long.
    Hung(Duration),
    NoAnswer,
    /// Instead of the whole answer.
    NotGood(Outcome),
    /// Instead of an error that says so.
    NoError(Outcome),
    Cut,
    BeyondCap,
    /// A part that is called a whole answer, and how it differs where that is known.
    Part(Option<String>),
    /// A broken answer as a success.
    LooksComplete,
    Status {
        came: u16,
        wanted: u16,
    },
    NoMessage,
}

impl Amiss {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Hung(_) => Kind::Hang,
            Self::Part(_) | Self::LooksComplete => Kind::Lie,
            _ => Kind::Wrong,
        }
    }
}

impl fmt::Display for Amiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hung(took) => write!(f, "no end after {} s", took.as_secs()),
            Self::NoAnswer => f.write_str("closed without an answer"),
            Self::NotGood(outcome) => write!(f, "{} instead of the answer", name(*outcome)),
            Self::NoError(outcome) => write!(f, "{} instead of an error that says so", name(*outcome)),
            Self::Cut => f.write_str("cut"),
            Self::BeyondCap => f.write_str("beyond the cap"),
            Self::Part(Some(other)) => write!(f, "delivered as the whole answer: {other}"),
            Self::Part(None) => f.write_str("a part, delivered as the whole answer"),
            Self::LooksComplete => f.write_str("a broken answer that looks complete"),
            Self::Status { came, wanted } => write!(f, "status {came} instead of {wanted}"),
            Self::NoMessage => f.write_str("an error without a message in the client's dialect"),
        }
    }
}

fn name(outcome: Outcome) -> String {
    match outcome {
        Outcome::Http(status) => format!("status {status}"),
        Outcome::ErrorEvent => "an error event".to_owned(),
        Outcome::Cut => "a cut connection".to_owned(),
        other => other.key().to_owned(),
    }
}
