//! A rollout as data: its steps, what became of each, and the numbers of what is said about them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use vitals::Verdict;
use vitals::encoding::NoText;

use crate::reading::{PollError, Wrong};

/// One of the things that a rollout does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Build,
    Baseline,
    Stop,
    Start,
    Ready,
    Check,
    Watch,
    Compare,
    /// Only on danger, or after a step that failed.
    Rollback,
}

impl Step {
    /// Without the roll-back.
    pub(crate) const FORWARD: [Self; 8] = [
        Self::Build,
        Self::Baseline,
        Self::Stop,
        Self::Start,
        Self::Ready,
        Self::Check,
        Self::Watch,
        Self::Compare,
    ];

    /// Its name in plans, files and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Baseline => "baseline",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Ready => "ready",
            Self::Check => "check",
            Self::Watch => "watch",
            Self::Compare => "compare",
            Self::Rollback => "rollback",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::FORWARD.into_iter().chain([Self::Rollback]).find(|step| step.as_str() == name)
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Done,
    Judged(Verdict),
    Failed,
    /// There was nothing to do.
    Skipped,
    Interrupted,
}

impl State {
    /// Its name in files and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Judged(verdict) => verdict.as_str(),
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        let judged = [Verdict::Ok, Verdict::Warning, Verdict::Danger, Verdict::Unknown].map(Self::Judged);
        let others = [Self::Done, Self::Failed, Self::Skipped, Self::Interrupted];
        judged.into_iter().chain(others).find(|state| state.as_str() == name)
    }
}

/// A sentence, for people and for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// In the language of whoever ran it.
    pub(crate) text: String,
    /// In English.
    pub(crate) english: String,
}

/// A step that is over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) step: Step,
    pub(crate) state: State,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    pub(crate) lines: Vec<Line>,
    /// The last lines of a command that failed.
    pub(crate) output: Vec<String>,
    /// Where the step looked at the relay.
    pub(crate) seen: Seen,
}

/// The numbers of the last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) goroutines: Option<u64>,
    /// Of live heap.
    pub(crate) alloc_bytes: Option<u64>,
}

/// A rollout so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rollout {
    /// Without credentials.
    pub(crate) target: String,
    pub(crate) began: Timestamp,
    pub(crate) records: Vec<Record>,
    /// A comparison that cannot tell counts.
    pub(crate) required: bool,
}

impl Rollout {
    pub(crate) fn record(&self, step: Step) -> Option<&Record> {
        self.records.iter().find(|record| record.step == step)
    }

    /// The gravest of check, watch and comparison; danger where a step has failed, unknown where nothing was judged.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.failed().is_some() {
            return Verdict::Danger;
        }
        let judged = self.records.iter().filter_map(|record| match record.state {
            State::Judged(Verdict::Unknown) if record.step == Step::Compare && !self.required => None,
            State::Judged(verdict) => Some(verdict),
            _ => None,
        });
        judged.max().unwrap_or(Verdict::Unknown)
    }

    /// The step that has failed, other than the roll-back itself.
    pub(crate) fn failed(&self) -> Option<&Record> {
        self.records.iter().find(|record| record.state == State::Failed && record.step != Step::Rollback)
    }

    /// A roll-back may be wanted: the relay that ran before has been touched.
    pub(crate) fn wants_rollback(&self) -> bool {
        match self.failed() {
            Some(record) => record.step >= Step::Stop,
            None => self.verdict() == Verdict::Danger,
        }
    }

    /// The newest numbers: of the watch, or of the check.
    pub(crate) fn seen(&self) -> Seen {
        let seen = self.records.iter().rev().map(|record| record.seen);
        seen.into_iter().find(|seen| *seen != Seen::default()).unwrap_or_default()
    }

    pub(crate) fn took(&self) -> Duration {
        self.records.iter().map(|record| record.took).sum()
    }
}

/// How a process has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    With(i32),
    BySignal,
    /// Another run of this program has started it.
    Somehow,
}

/// A step that would be done: a command or words, and for how long.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) step: Step,
    pub(crate) what: String,
    pub(crate) length: Option<Duration>,
}

/// A baseline that has been accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) baseline: PathBuf,
    /// Where the one before is kept.
    pub(crate) before: Option<PathBuf>,
    /// It was not the baseline already.
    pub(crate) changed: bool,
    /// Of the rollout that recorded it.
    pub(crate) verdict: Verdict,
}

/// What is said of a step.
#[derive(Debug)]
pub(crate) enum Told<'a> {
    /// A command ended with this status; `None`: by a signal.
    Exit(Option<i32>),
    /// A command did not end in time; that of `start` may be the relay itself.
    Late {
        limit: Duration,
        start: bool,
    },
    /// There is no shell, or no file for its output.
    NoCommand(&'a std::io::Error),
    /// The plan has no command for it.
    Unplanned,
    /// No process of an earlier start is there to be ended.
    NoneLeft,
    /// The process that the start began has ended.
    Died(Ended),
    NotReady {
        limit: Duration,
        missing: &'a [Missing],
    },
    /// Before the stop.
    NothingRuns(&'a PollError),
    HasBaseline(Timestamp),
    NoBaseline,
    /// The watch ended before its time: nothing could change its verdict.
    Decided,
    /// A watch went on with what was recorded before.
    Resumed(Duration),
    /// The numbers of a watch.
    Watched {
        polls: u64,
        median: Option<u64>,
        peak: Option<u64>,
    },
}

/// What was waited for in vain.
#[derive(Clone, Debug)]
pub(crate) enum Missing {
    Line(String),
    /// A URL, and the status that came.
    Status(String, u16),
    /// A URL that does not answer.
    Url(String, PollError),
    Health(PollError),
}

/// What is wrong with a plan.
#[derive(Debug)]
pub(crate) enum Flaw<'a> {
    /// Of the whole file.
    NoText(NoText),
    Syntax(&'a str),
    UnknownKey {
        name: String,
        near: Option<&'a str>,
        known: Vec<&'a str>,
    },
    /// A key, what it is, and what it should be.
    Kind {
        name: &'a str,
        found: &'a str,
        wanted: Wanted,
    },
    /// A key, and what is wrong with its value.
    Value {
        name: &'a str,
        why: &'a str,
    },
    /// A key without a value.
    Empty(&'a str),
    /// A key, and why nothing can be asked there.
    Address {
        name: &'a str,
        wrong: Wrong,
    },
    /// A key whose value is no whole URL.
    NoUrl(&'a str),
    /// A key, its time, and the one that it must not be shorter than.
    Shorter {
        names: [&'a str; 2],
        times: [Duration; 2],
    },
    /// A deadline of no time.
    AtOnce(&'a str),
    /// A key, its time, and how much a comparison takes.
    TooShort {
        name: &'a str,
        time: Duration,
        least: Duration,
    },
    /// A baseline, its blocks, and how many a comparison takes.
    ShortBaseline {
        file: &'a Path,
        blocks: usize,
        of: usize,
    },
    /// The comparison must tell, and cannot.
    NeverCompared,
    Missing(&'a str),
    /// Two keys that say the same.
    Both([&'a str; 2]),
}

/// The form that a key's value should have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    Text,
    Time,
    Switch,
    Texts,
    TextOrNumber,
    Address,
}

/// Why there is no rollout, or nothing to go on with.
#[derive(Debug)]
pub(crate) enum Refused {
    NothingToResume,
    AlreadyEnded,
    PlanChanged,
    InUse,
    NothingToAccept,
    NotRecorded,
    NeverRolledOut,
    /// The key of an address with credentials.
    Secret(String),
    PlanFromStdin,
    /// The journal is there and cannot be read.
    Unreadable(PathBuf),
    /// Behind this flag, a form that has none for it.
    NoForm(&'static str),
}
