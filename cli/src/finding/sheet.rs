//! What a comparison says around its numbers: what was compared, notes, and next steps.

use std::collections::BTreeMap;
use std::time::Duration;

use vitals::Measure;
use vitals::trend::{Change, Metric, Trend};

use super::{Ended, Finding, Flaw, Instance, LeftOut, Reference, Statistics, Who};
use crate::moment::Moment;

/// The kind of many columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Day,
    Recording,
}

/// The subject of a comparison.
#[derive(Clone, Debug)]
pub(crate) enum Subject<'a> {
    /// The recordings of the current side and of the baseline.
    Two([&'a [String]; 2]),
    Many {
        of: Column,
        count: usize,
        /// The first and the last name.
        ends: Option<[&'a str; 2]>,
        /// Days without any row.
        missing: i64,
    },
}

/// One side, for its line above the table.
#[derive(Clone, Debug)]
pub(crate) struct About<'a> {
    pub(crate) names: &'a [String],
    pub(crate) from: Option<Moment>,
    pub(crate) length: Option<Duration>,
    pub(crate) polls: u64,
    /// By kind.
    pub(crate) failed: &'a BTreeMap<String, u64>,
}

/// The loads of two sides, as far as both tell of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loads {
    /// A second.
    pub(crate) requests: Option<[f64; 2]>,
    /// Bytes a second.
    pub(crate) allocated: Option<[f64; 2]>,
    pub(crate) in_flight: Option<[u64; 2]>,
}

/// Names of columns; those in a row by their ends.
pub(crate) type Names = Vec<(String, Option<String>)>;

/// Something that changed.
#[derive(Clone, Debug)]
pub(crate) enum Changed<'a> {
    /// The moment, and the first of the column's rows.
    Column(&'a str, Change, Option<(Moment, Option<Moment>)>),
    Untold(Names),
    /// So much a day.
    Drift(Metric, f64),
}

/// Something to know before believing the numbers.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    /// Both sides are one recording.
    Same,
    /// How changes of many columns are counted.
    Against(Column),
    Flaw(Who, Flaw),
    Restarted {
        who: Who,
        times: u64,
        /// The first few times, where they are to be told, and the first of the side's rows.
        at: Option<(Vec<Moment>, Option<Moment>)>,
        /// No life was long enough to be judged by itself: the numbers are those of all.
        mixed: bool,
    },
    /// What the earlier lives did, and what the last one does.
    Lives {
        who: Who,
        ended: Vec<Ended>,
        since: Option<Box<Trend>>,
    },
    /// One of several instances, which is the worst of them where it is the current side.
    Instance(Who, Instance),
    Failed {
        who: Who,
        failed: u64,
        polls: u64,
    },
    LeftOut(Who, u64, LeftOut),
    Overlap(Who, [String; 2]),
    /// Only one side says which goroutines its load explains.
    PartlyExplained,
    /// A threshold is passed in proportion to the load.
    Carried(Finding),
    /// A side idles, and may.
    Idle(Finding),
    /// Both sides rise alike.
    BothRise(Box<Statistics>),
    /// The gates decided, for the current side is too short for statistics; so many seconds are missing.
    ShortForGate(f64),
    /// A step that decided nothing.
    Step(Box<Statistics>),
    /// `--max-growth` would have something to say.
    Growth,
    Silence {
        column: Option<String>,
        from: Moment,
        to: Moment,
    },
    OtherSilences(usize),
    Untold(Untold),
    /// What is higher as well, and no finding.
    Moved(Vec<Moved>),
}

/// Two medians of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) measure: Measure,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// Columns of which nothing can be told for a like reason: that of the first one.
#[derive(Clone, Debug)]
pub(crate) struct Untold {
    pub(crate) names: Names,
    pub(crate) first: String,
    pub(crate) why: Why,
}

#[derive(Clone, Debug)]
pub(crate) enum Why {
    Finding(Finding),
    /// Whatever it is compared with.
    Against(Reference),
}

/// A next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    Nothing,
    SeeWhyUnreachable,
    LoadDiffers,
    RecordOn,
    PutLoadOn,
    /// Of one of many.
    SeeWhyIdle(Column),
    SeeErrors,
    SeeSlowness,
    Leak,
    /// The baseline was as high; by memory alone.
    Usual {
        memory: bool,
    },
    PlanRestart,
    /// Restarts, or a crash loop.
    SeeRestarts,
    /// Several instances cannot be told apart.
    PollEach,
    WatchPeak,
    NameOverdue,
    SeeWhatChanged,
    /// Each flaw's cure, and who has it; nobody where that goes without saying.
    Cures(Vec<(Flaw, Vec<String>)>),
    LoadIsHere,
    /// Both sides tell their load.
    SameLoad(bool),
    RecordBoth,
    RecordEach(Column),
    BusyOrLeaking,
    /// A resource that is higher, or grows.
    SeeWhoHolds(Metric),
    /// It rises, and there is too little to say more.
    Rising,
    NameMissing,
    BeforeGrowth(Column),
    SlowLeak,
    WhenRose,
    SeeReport,
}

/// A comparison without complaints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Well {
    /// Something above a threshold is in proportion to its load; gates were asked for.
    Two {
        carried: bool,
        gates: bool,
        /// Too short to tell whether it grows.
        short: bool,
    },
    Many(Column),
}

impl Why {
    /// They differ in numbers and names only.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Finding(one), Self::Finding(other)) => one.is_like(other),
            (Self::Against(one), Self::Against(other)) => one.is_like(other),
            _ => false,
        }
    }
}

/// Something that happened on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    Failed {
        failed: u64,
        polls: u64,
        kinds: &'a str,
    },
    Restarted(&'a str),
    /// For how long, from when, and until when there was no row.
    Gap([&'a str; 3]),
    MoreRestarts(u64),
    MoreGaps(u64),
    Foreign(u64),
    /// So many answer behind one address.
    Instances(usize),
}
