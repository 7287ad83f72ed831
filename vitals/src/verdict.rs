//! The judgement of one sample, and its reasons. The relay's own status, its self-check and every observer use it.

use serde::{Deserialize, Serialize};

use crate::{Measure, Sample, Thresholds, exit};

/// The result of a judgement, in the order in which one outweighs another: danger stands whatever else is unknown,
/// but the unknown may be worse than a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is above its threshold.
    Ok,
    /// Something needs attention.
    Warning,
    /// There is nothing to judge by.
    Unknown,
    /// Something is wrong.
    Danger,
}

impl Verdict {
    /// The word in text and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Danger => "danger",
            Self::Unknown => "unknown",
        }
    }

    /// The exit code of a command that ends with this verdict.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => exit::OK,
            Self::Warning => exit::WARNING,
            Self::Danger => exit::DANGER,
            Self::Unknown => exit::UNKNOWN,
        }
    }
}

/// Why a verdict is not `ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The limit that was passed.
    pub limit: Limit,
    /// The measured number, in the unit of its metric.
    pub value: u64,
    /// The limit that it is above.
    pub threshold: u64,
    /// How bad this one is.
    pub verdict: Verdict,
}

/// The limits that a sample can be above, with what a sentence about them needs beside the two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Of tasks.
    Tasks {
        /// The explained ones are taken off.
        beyond: bool,
        /// Only a restart helps.
        severe: bool,
    },
    /// Of bytes of live heap.
    Memory,
    /// Of descriptors.
    Descriptors {
        /// Per cent of what the system allows.
        percent: u64,
        /// The number that the system allows.
        of: u64,
    },
    /// Of resident memory.
    Resident {
        /// Per cent of what the process may use.
        percent: u64,
        /// The bytes that it may use.
        of: u64,
    },
    /// Of exchanges past their own deadline: none is allowed.
    Overdue,
    /// Of requests that ended badly.
    Errors {
        /// All that ended.
        of: u64,
        /// The share that is allowed, in millionths.
        ppm: u64,
    },
    /// Of the time that an answer to a poll takes, in milliseconds.
    Latency,
}

impl Limit {
    /// What it limits.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Tasks { .. } => Measure::Goroutines,
            Self::Memory => Measure::AllocBytes,
            Self::Descriptors { .. } => Measure::OpenFds,
            Self::Resident { .. } => Measure::RssBytes,
            Self::Overdue => Measure::Overdue,
            Self::Errors { .. } => Measure::ErrorsTotal,
            Self::Latency => Measure::Latency,
        }
    }
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The worst of the reasons, `Ok` without any, `Unknown` when the sample has neither a task count nor anything
    /// else to judge a process by.
    pub verdict: Verdict,
    /// Worst first.
    pub reasons: Vec<Reason>,
}

impl Judgement {
    /// With what is seen beside the sample: a warning where there was none, and no all-clear where there was none.
    #[must_use]
    pub fn and(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.reasons.extend(reasons);
        self.reasons.sort_by_key(|r| r.verdict != Verdict::Danger);
        if self.verdict == Verdict::Ok {
            self.verdict = self.reasons.first().map_or(Verdict::Ok, |reason| reason.verdict);
        }
        self
    }
}

/// Judges one sample: tasks beyond the explained ones, live heap, descriptors, resident memory, overdue exchanges.
#[must_use]
pub fn judge(sample: &Sample, thresholds: &Thresholds) -> Judgement {
    let mut reasons: Vec<Reason> = [
        tasks(sample, thresholds),
        memory(sample, thresholds),
        descriptors(sample, thresholds),
        resident(sample, thresholds),
        overdue(sample),
    ]
    .into_iter()
    .flatten()
    .collect();
    reasons.sort_by_key(|r| r.verdict != Verdict::Danger);
    let worst = reasons.first().map(|r| r.verdict);
    // A known danger stands even if the count is missing; "ok" and "warning" need the count, or what a process
    // without one is judged by.
    let verdict = match worst {
        Some(Verdict::Danger) => Verdict::Danger,
        _ if sample.goroutines.is_none() && !sample.has_resources() => Verdict::Unknown,
        worst => worst.unwrap_or(Verdict::Ok),
    };
    Judgement { verdict, reasons }
}

fn above(value: u64, warning: u64, danger: u64) -> Option<(Verdict, u64)> {
    if value > danger {
        Some((Verdict::Danger, danger))
    } else {
        (value > warning).then_some((Verdict::Warning, warning))
    }
}

fn tasks(sample: &Sample, thresholds: &Thresholds) -> Option<Reason> {
    let value = sample.unexplained()?;
    let (verdict, threshold) = above(value, thresholds.warning, thresholds.danger)?;
    let severe = value > thresholds.severe;
    let limit = Limit::Tasks { beyond: sample.explained.is_some(), severe };
    Some(Reason { limit, value, threshold: if severe { thresholds.severe } else { threshold }, verdict })
}

fn memory(sample: &Sample, thresholds: &Thresholds) -> Option<Reason> {
    let value = sample.alloc_bytes?;
    let (verdict, threshold) = above(value, thresholds.memory_warning, thresholds.memory_danger)?;
    Some(Reason { limit: Limit::Memory, value, threshold, verdict })
}

fn descriptors(sample: &Sample, thresholds: &Thresholds) -> Option<Reason> {
    let (value, of, percent) = (sample.open_fds?, sample.max_fds?, thresholds.fds_percent);
    let threshold = u64::try_from(u128::from(of) * u128::from(percent) / 100).unwrap_or(of);
    let limit = Limit::Descriptors { percent, of };
    (of > 0 && value > threshold).then_some(Reason { limit, value, threshold, verdict: Verdict::Warning })
}

fn resident(sample: &Sample, thresholds: &Thresholds) -> Option<Reason> {
    let (value, percent) = (sample.rss_bytes?, thresholds.resident_percent);
    let of = thresholds.memory_limit.or(sample.memory_limit)?;
    let threshold = u64::try_from(u128::from(of) * u128::from(percent) / 100).unwrap_or(of);
    let limit = Limit::Resident { percent, of };
    (of > 0 && value > threshold).then_some(Reason { limit, value, threshold, verdict: Verdict::Warning })
}

fn overdue(sample: &Sample) -> Option<Reason> {
    let value = sample.overdue.filter(|n| *n > 0)?;
    Some(Reason { limit: Limit::Overdue, value, threshold: 0, verdict: Verdict::Danger })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(sample: Sample) -> (Verdict, Vec<&'static str>) {
        let j = judge(&sample, &Thresholds::default());
        (j.verdict, j.reasons.into_iter().map(|r| r.limit.measure().column()).collect())
    }

    fn tasks(goroutines: u64) -> Sample {
        Sample { goroutines: Some(goroutines), ..Sample::default() }
    }

    #[test]
    fn the_graver_verdict_is_the_greater() {
        assert!(Verdict::Ok < Verdict::Warning && Verdict::Warning < Verdict::Unknown);
        assert_eq!(Verdict::Danger.max(Verdict::Unknown), Verdict::Danger);
    }

    #[test]
    fn levels() {
        assert_eq!(judged(tasks(2000)), (Verdict::Ok, vec![]));
        assert_eq!(judged(tasks(2001)), (Verdict::Warning, vec!["goroutines"]));
        assert_eq!(judged(tasks(5001)), (Verdict::Danger, vec!["goroutines"]));
    }

    #[test]
    fn a_busy_relay_is_healthy() {
        let busy = Sample { explained: Some(9000), ..tasks(9012) };
        assert_eq!(judged(busy), (Verdict::Ok, vec![]));
        assert_eq!(judged(Sample { explained: Some(100), ..tasks(9012) }).0, Verdict::Danger);
    }

    #[test]
    fn worst_reason_comes_first_and_decides() {
        let sample = Sample { overdue: Some(1), open_fds: Some(900), max_fds: Some(1000), ..tasks(2500) };
        assert_eq!(judged(sample), (Verdict::Danger, vec!["overdue", "goroutines", "open_fds"]));
        let sample = Sample { alloc_bytes: Some(5 << 30), ..tasks(10) };
        assert_eq!(judged(sample), (Verdict::Danger, vec!["alloc_bytes"]));
    }

    #[test]
    fn a_reason_has_the_numbers_of_its_sentence() {
        let reason = |sample| judge(&sample, &Thresholds::default()).reasons[0];
        let (limit, verdict) = (Limit::Tasks { beyond: true, severe: true }, Verdict::Danger);
        let busy = Sample { explained: Some(1), ..tasks(10_002) };
        assert_eq!(reason(busy), Reason { limit, value: 10_001, threshold: 10_000, verdict });
        let (limit, verdict) = (Limit::Descriptors { percent: 80, of: 1000 }, Verdict::Warning);
        let full = Sample { open_fds: Some(900), max_fds: Some(1000), ..tasks(10) };
        assert_eq!(reason(full), Reason { limit, value: 900, threshold: 800, verdict });
    }

    #[test]
    fn descriptors_need_a_limit_and_80_per_cent_is_fine() {
        let sample = |open, max| Sample { open_fds: Some(open), max_fds: max, ..tasks(10) };
        assert_eq!(judged(sample(800, Some(1000))).0, Verdict::Ok);
        assert_eq!(judged(sample(801, Some(1000))).0, Verdict::Warning);
        assert_eq!(judged(sample(801, None)).0, Verdict::Ok);
        assert_eq!(judged(sample(5, Some(0))).0, Verdict::Ok);
        assert_eq!(judged(sample(5, Some(u64::MAX))).0, Verdict::Ok);
    }

    #[test]
    fn without_a_count_there_is_no_all_clear() {
        assert_eq!(judged(Sample::default()).0, Verdict::Unknown);
        assert_eq!(judged(Sample { overdue: Some(1), ..Sample::default() }).0, Verdict::Danger);
        let heap = Sample { alloc_bytes: Some(1 << 20), num_gc: Some(3), ..Sample::default() };
        assert_eq!(judged(heap).0, Verdict::Unknown, "of a heap alone it is known that a count is missing");
    }

    #[test]
    fn a_process_without_a_count_is_judged_by_what_it_holds() {
        let python = Sample {
            rss_bytes: Some(450 << 20),
            open_fds: Some(17),
            max_fds: Some(1024),
            threads: Some(8),
            ..Sample::default()
        };
        assert_eq!(judged(python), (Verdict::Ok, vec![]));
        assert_eq!(judged(Sample { open_fds: Some(900), ..python }), (Verdict::Warning, vec!["open_fds"]));
        let limited = Sample { memory_limit: Some(500 << 20), ..python };
        assert_eq!(judged(limited), (Verdict::Ok, vec![]), "90 per cent is fine");
        let near = Sample { rss_bytes: Some(451 << 20), ..limited };
        assert_eq!(judged(near), (Verdict::Warning, vec!["rss_bytes"]));
        let by_word = Thresholds { memory_limit: Some(1 << 30), ..Thresholds::default() };
        assert_eq!(judge(&near, &by_word).verdict, Verdict::Ok, "the operator's word goes first");
    }
}
