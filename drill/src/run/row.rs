//! One row of the fault matrix: the fault in words, what is done, and how its requests may end.

use futures_util::future::BoxFuture;
use vitals::EndReason;

use super::bench::Bench;
use super::case::Case;
use super::tally::Tally;
use crate::relay::plan::{Prepare, Setting};

/// A row stands beside its work; the first row of a fault says what the fault is.
pub(crate) struct Row {
    /// Its number in the fault matrix, from 1; several rows may share it. 0 is that of good requests alone.
    pub(crate) id: u8,
    pub(crate) name: &'static str,
    /// In a few words.
    pub(crate) fault: &'static str,
    /// Where it comes from in the field.
    #[cfg_attr(not(test), expect(dead_code, reason = "for docs/drill.md, which a test keeps"))]
    pub(crate) why: &'static str,
    /// How a good relay takes it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for docs/drill.md, which a test keeps"))]
    pub(crate) good: &'static str,
    /// Its relay's configuration; none of it applies to another target.
    pub(crate) settings: &'static [Setting],
    /// It needs the machine for itself.
    pub(crate) alone: bool,
    /// Lays out more before the drill's own relay starts.
    pub(crate) prepare: Option<Prepare>,
    pub(crate) work: Work,
    /// How often work of its own kind waits for all that is under way, one after the other, in both dialects and with 25
    /// requests, 25 at once.
    pub(crate) waits: usize,
    /// Reasons for which its requests may end. Where a deadline of all of an answer may be as short as one of a part of
    /// it, as with scaled defaults, both may.
    pub(crate) ends: &'static [EndReason],
}

impl Row {
    /// A row that needs nothing.
    pub(crate) const fn new(id: u8, name: &'static str, work: Work) -> Self {
        let (fault, why, good) = ("", "", "");
        Self {
            id,
            name,
            fault,
            why,
            good,
            settings: &[],
            alone: false,
            prepare: None,
            work,
            waits: 0,
            ends: &[],
        }
    }

    /// So often its own work waits.
    pub(crate) const fn waiting(self, waits: usize) -> Self {
        Self { waits, ..self }
    }

    /// How often all that may be under way at once is waited for, one after the other.
    pub(super) fn waits(&self, paths: usize, at_once: usize) -> usize {
        match self.work {
            // It tells what the others are not charged with.
            Work::Good | Work::Own(_) | Work::Skip(_) => 0,
            Work::Cases(cases) => {
                let ways = |stream: Option<bool>| if stream.is_none() { 2 } else { 1 };
                let kinds: usize = cases.iter().map(|case| ways(case.stream) * paths).sum();
                kinds.div_ceil(at_once.max(1))
            }
            Work::Any(_) => self.waits,
        }
    }

    /// Tells whether any relay can be put through it.
    pub(crate) const fn is_for_any(&self) -> bool {
        matches!(self.work, Work::Good | Work::Cases(_) | Work::Any(_))
    }
}

/// The work of a row.
pub(crate) enum Work {
    /// Good requests and nothing else, round after round.
    Good,
    /// Requests, the cases taking turns.
    Cases(&'static [Case]),
    /// Something else, at any target.
    Any(Act),
    /// Something that only a relay of the drill's own making can be put through.
    Own(Act),
    /// Nothing, for this reason.
    Skip(&'static str),
}

/// A piece of work; an error is a reason why nothing can be told, and [`NotHere`] one to skip.
///
/// [`NotHere`]: crate::system::NotHere
pub(crate) type Act = for<'a> fn(&'a Bench) -> BoxFuture<'a, anyhow::Result<Tally>>;
