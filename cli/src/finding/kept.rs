//! What a process of this machine holds, at two moments.

use std::time::Duration;

use process::{Change, Kinds, Look};

/// What is counted by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Descriptors,
    Threads,
}

/// So many more of one kind are no chance: a look from outside costs a connection or two.
pub(crate) const GROWN: u64 = 5;

/// Things of one sort, then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) thing: Thing,
    pub(crate) before: u64,
    pub(crate) now: u64,
    /// Between the two moments.
    pub(crate) apart: Duration,
    /// Kinds of which there are more, those that grew most first; where none grew, those that there are most of.
    pub(crate) kinds: Vec<Change>,
    /// Kinds of which there are [`GROWN`] more, or more than that; those that grew most first.
    pub(crate) growing: Vec<Change>,
    /// There are more than before.
    pub(crate) grew: bool,
}

impl Kept {
    /// What there is to tell of two looks at one process; nothing where it could not be looked at.
    pub(crate) fn between(before: &Look, now: &Look, apart: Duration) -> Vec<Self> {
        let all = [
            (Thing::Descriptors, &before.descriptors, &now.descriptors),
            (Thing::Threads, &before.threads, &now.threads),
        ];
        let seen = all.into_iter().filter(|(_, before, now)| !before.is_empty() && !now.is_empty());
        seen.map(|(thing, before, now)| {
            let grew = now.total() > before.total();
            let kinds = if grew { now.grown(before) } else { now.most(before) };
            let growing = growing(before, now);
            Self { thing, before: before.total(), now: now.total(), apart, kinds, growing, grew }
        })
        .collect()
    }

    /// Forgets the kinds that grew at first and not since `middle`: something that a program needed, and has now.
    pub(crate) fn still_grows(mut self, middle: &Look, now: &Look) -> Self {
        let (middle, now) = match self.thing {
            Thing::Descriptors => (&middle.descriptors, &now.descriptors),
            Thing::Threads => (&middle.threads, &now.threads),
        };
        let since = now.grown(middle);
        self.growing.retain(|change| since.iter().any(|grown| grown.kind == change.kind));
        self
    }

    /// So many more of a kind in a minute, if it goes on like that.
    #[expect(clippy::cast_precision_loss, reason = "counts of one process")]
    pub(crate) fn per_minute(&self, change: &Change) -> f64 {
        let more = change.now as f64 - change.before as f64;
        more / self.apart.as_secs_f64().max(0.001) * 60.0
    }
}

/// Where files became folders between the two looks, nobody knows which kind grew.
fn growing(before: &Kinds, now: &Kinds) -> Vec<Change> {
    let mut grown = now.grown(before);
    grown.retain(|change| now.is_like(before) && change.now - change.before >= GROWN);
    grown
}
