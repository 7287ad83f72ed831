//! What became of a step, in both forms of its sentences.

use crate::finding::Finding;
use crate::finding::rollout::{Line, Seen, State, Told};
use crate::words::{self, en};

/// What became of a step.
pub(super) struct Outcome {
    pub(super) state: State,
    pub(super) lines: Vec<Line>,
    /// The last lines of a command that failed.
    pub(super) output: Vec<String>,
    pub(super) seen: Seen,
}

impl Outcome {
    pub(super) fn of(state: State, lines: Vec<Line>) -> Self {
        Self { state, lines, output: Vec::new(), seen: Seen::default() }
    }

    pub(super) fn told(state: State, told: &Told<'_>) -> Self {
        Self::of(state, vec![line(told)])
    }

    pub(super) fn interrupted() -> Self {
        Self::of(State::Interrupted, Vec::new())
    }
}

pub(super) fn line(told: &Told<'_>) -> Line {
    Line { text: words::told(told), english: en::told(told) }
}

pub(super) fn found(finding: &Finding) -> Line {
    Line { text: words::finding(finding), english: en::finding(finding) }
}
