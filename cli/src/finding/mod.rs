//! Findings as data: the check, the metric, the verdict, and the numbers of a sentence, but no sentence.
//!
//! Every observer makes them; `words` alone turns one into a language. Nobody asks a sentence for its meaning: `check`,
//! `verdict` and `said` tell it. A finding knows nothing of where it belongs: whoever needs a time or a day beside it
//! keeps both. A room with sentences of its own adds a file with their numbers beside `watch`, and one of words to
//! `words/en`.

mod acted;
pub(crate) mod check;
mod compare;
mod diagnosis;
mod kept;
mod lives;
mod odd;
mod quantity;
pub(crate) mod rollout;
mod sheet;
mod trouble;
mod watch;
mod webhook;

use vitals::{Limit, Reason, Verdict};

pub(crate) use acted::{Acted, Fate};
pub(crate) use check::{Check, Over, Role};
pub(crate) use compare::{
    Bound, Came, Compare, Fit, Flaw, Grown, Growth, Idle, Lack, Load, Missing, Peak, Reference, Short,
    Statistics, Weighed, When, Who,
};
pub(crate) use diagnosis::{Container, Crowd, Diagnosis, Outcome, Runtime, Step, Twice};
pub(crate) use kept::{Kept, Thing};
pub(crate) use lives::{Ended, Instance, Lives};
pub(crate) use odd::{LeftOut, Odd, SHOWN};
pub(crate) use quantity::Quantity;
pub(crate) use sheet::{
    About, Advice, Changed, Column, Event, Loads, Moved, Names, Note, Subject, Untold, Well, Why,
};
pub(crate) use trouble::{
    Contents, Misuse, NoAddresses, NoRecording, NoStream, NotOurs, STANDARD_INPUT, Unopened, Unread,
};
pub(crate) use watch::{Rose, Tale, Watch};
pub(crate) use webhook::{News, Undelivered};

/// One look at one metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    pub(crate) metric: Quantity,
    pub(crate) verdict: Verdict,
    /// In the unit of the metric; none where nothing could be measured.
    pub(crate) value: Option<f64>,
    /// The most that the value may be; none where nobody set a limit.
    pub(crate) threshold: Option<f64>,
    pub(crate) said: Said,
}

/// The numbers of a sentence, by the room that has something to say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// A sample is above a limit.
    Limit(Reason),
    Watch(Watch),
    Compare(Compare),
    Lives(Lives),
}

/// The thing that an interrupt came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Poll,
    Row,
    Answer,
    Sample,
    Look,
}

impl From<Reason> for Finding {
    fn from(reason: Reason) -> Self {
        let check = match reason.limit {
            Limit::Tasks { .. } => Check::Level,
            Limit::Memory => Check::Memory,
            Limit::Descriptors { .. } => Check::Descriptors,
            Limit::Resident { .. } => Check::Resident,
            Limit::Overdue => Check::Overdue,
            Limit::Errors { .. } => Check::Errors,
            Limit::Latency => Check::Latency,
        };
        Self {
            check,
            metric: Quantity::Of(reason.limit.measure()),
            verdict: reason.verdict,
            value: Some(real(reason.value)),
            threshold: Some(real(reason.threshold)),
            said: Said::Limit(reason),
        }
    }
}

/// A count or a number of bytes beside numbers that are not whole.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53: 8 PiB")]
pub(crate) const fn real(n: u64) -> f64 {
    n as f64
}
