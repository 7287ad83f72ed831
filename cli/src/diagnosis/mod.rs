//! Finding out what is wrong: whether the target can be reached, step by step, and what grows in it.

mod command;
mod deep;
mod exchanges;
mod forgotten;
mod growing;
mod local;
mod reach;
mod swinging;

use serde::Serialize;

pub(crate) use deep::{Deep, Waiting, deep};
pub(crate) use exchanges::{Crowd, crowds};
pub(crate) use forgotten::{Maker, more, name_makers};
pub(crate) use growing::{FEW, Grown, Place, Proof, grown, places, profile, proof};
pub(crate) use reach::reach;
pub(crate) use swinging::{Sampling, recorded, swing_in_words};

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// As it should.
    Ok,
    /// It is the trouble, or a part of it.
    Failed,
    /// Neither: something worth knowing.
    Note,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// What was looked at, in a word.
    pub(crate) step: &'static str,
    pub(crate) outcome: Outcome,
    /// What was seen.
    pub(crate) seen: String,
    /// What to do next; only where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl Step {
    fn ok(step: &'static str, seen: impl Into<String>) -> Self {
        Self { step, outcome: Outcome::Ok, seen: seen.into(), next: None }
    }

    fn failed(step: &'static str, seen: impl Into<String>, next: impl Into<String>) -> Self {
        Self { step, outcome: Outcome::Failed, seen: seen.into(), next: Some(next.into()) }
    }

    pub(crate) fn note(step: &'static str, seen: impl Into<String>, next: Option<&str>) -> Self {
        Self { step, outcome: Outcome::Note, seen: seen.into(), next: next.map(str::to_owned) }
    }
}
