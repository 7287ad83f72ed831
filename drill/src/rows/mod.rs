//! The rows of the fault matrix: what is done, and what must be true.

mod about;
mod channels;
mod clients;
mod crowd;
mod ends;
mod expect;
mod http;
mod inbound;
mod life;
mod machine;
mod mixed;
mod names;
mod select;
mod streams;
mod table;
mod transport;
mod uploads;

use futures_util::future::BoxFuture;

pub(crate) use about::fault;
pub(crate) use ends::{Ended, judge as judge_ends};
pub(crate) use expect::{ANTHROPIC, Expect, OPENAI, key};
pub(crate) use select::select;
pub(crate) use table::ROWS;

use crate::{
    relay::{Plan, config::Setting},
    run::{Bench, Tally},
};

/// One row.
pub(crate) struct Row {
    /// Its number in the fault matrix.
    pub(crate) id: u8,
    pub(crate) name: &'static str,
    /// What the relay's configuration must say for it; none of it applies to another target.
    pub(crate) settings: &'static [Setting],
    /// It needs the machine for itself.
    pub(crate) alone: bool,
    /// What else is laid out before the drill's own relay starts.
    pub(crate) prepare: Option<Prepare>,
    pub(crate) work: Work,
}

/// What is done.
pub(crate) enum Work {
    /// Requests, the cases taking turns.
    Cases(&'static [Case]),
    /// Something else, at any target.
    Any(Act),
    /// Something that only a relay of the drill's own making can be put through.
    Own(Act),
    /// Nothing, for this reason.
    Skip(&'static str),
}

/// Completes what a relay is started with; an error is a reason why nothing can be told, and [`NotHere`] one to skip.
///
/// [`NotHere`]: crate::system::NotHere
pub(crate) type Prepare = fn(&mut Plan) -> anyhow::Result<()>;

/// A piece of work; an error is a reason why nothing can be told, as above.
pub(crate) type Act = for<'a> fn(&'a Bench) -> BoxFuture<'a, anyhow::Result<Tally>>;

/// One kind of request and what must become of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// The fault, as `drill upstream --list` names it; empty for a good answer.
    pub(crate) fault: &'static str,
    /// With and without a stream: `None` is both, in turn.
    pub(crate) stream: Option<bool>,
    pub(crate) expect: Expect,
}
