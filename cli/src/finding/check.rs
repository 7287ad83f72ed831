//! The checks that there are, each with the name that JSON, `JUnit` and Nagios print.

use vitals::trend::Metric;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// Enough polls to judge by.
    Samples(Role),
    /// The level of tasks against the thresholds.
    Level,
    Memory,
    Descriptors,
    /// Resident memory against the limit of memory.
    Resident,
    Overdue,
    /// Requests that ended badly.
    Errors,
    /// How long answers to polls take.
    Latency,
    /// The highest count against the threshold of danger, or the default of a watch.
    Peak,
    /// The highest count against the operator's `--max-peak`.
    MaxPeak,
    /// `--max-growth`
    MaxGrowth(Over),
    /// Two levels, beside chance and load.
    Statistics(Metric),
    /// Levels that rise from day to day.
    Drift(Metric),
    /// Growth within a watch.
    Growth(Metric),
    /// A stack that leaks, or holds a crowd that does not leave.
    Stack,
    /// `--require-trend`
    Told,
    MissingDays,
    /// The current side worked.
    Idle,
    /// There was something to compare with.
    Comparison,
    /// The target answered.
    Reach,
    /// The target is not about to stop.
    Draining,
    Restarts,
    /// `--max-restarts`
    MaxRestarts,
    CrashLoop,
    /// Those that answer can be told apart.
    Instances,
}

/// Whose samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Baseline,
    Current,
    /// One of many.
    Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Baseline,
    /// The first fifth of the current side.
    Start,
    /// The first of many days.
    First,
    /// The first fifth of the same day.
    Within,
}

impl Check {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Samples(Role::Baseline) => "samples of baseline",
            Self::Samples(Role::Current) => "samples of current",
            Self::Samples(Role::Day) => "samples",
            Self::Level => "level",
            Self::Memory => "memory",
            Self::Descriptors => "descriptors",
            Self::Resident => "resident memory",
            Self::Overdue => "overdue",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Peak => "peak",
            Self::MaxPeak => "max-peak",
            Self::MaxGrowth(Over::Baseline) => "max-growth over baseline",
            Self::MaxGrowth(Over::Start) => "max-growth within current",
            Self::MaxGrowth(Over::First) => "max-growth over the first",
            Self::MaxGrowth(Over::Within) => "max-growth within",
            Self::Statistics(metric) => STATISTICS[metric as usize],
            Self::Drift(metric) => DRIFT[metric as usize],
            Self::Growth(metric) => GROWTH[metric as usize],
            Self::Stack => "leaking stack",
            Self::Told => "require-trend",
            Self::MissingDays => "missing days",
            Self::Idle => "idle",
            Self::Comparison => "comparison",
            Self::Draining => "status",
            Self::Reach => "reach",
            Self::Restarts => "restarts",
            Self::MaxRestarts => "max-restarts",
            Self::CrashLoop => "crash loop",
            Self::Instances => "instances",
        }
    }
}

/// By the metric, in the order of [`Metric::ALL`].
type Names = [&'static str; Metric::ALL.len()];

const STATISTICS: Names = [
    "statistics of goroutines",
    "statistics of memory",
    "statistics of resident memory",
    "statistics of descriptors",
    "statistics of threads",
    "statistics of connections",
];
const DRIFT: Names = [
    "drift of goroutines",
    "drift of memory",
    "drift of resident memory",
    "drift of descriptors",
    "drift of threads",
    "drift of connections",
];
const GROWTH: Names = [
    "growth of goroutines",
    "growth of memory",
    "growth of resident memory",
    "growth of descriptors",
    "growth of threads",
    "growth of connections",
];
