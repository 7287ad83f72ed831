//! The judgement of one sample, and its reasons. The relay's own status, its self-check and every observer use it.

use serde::{Deserialize, Serialize};

use crate::units::format_sizes;
use crate::{Sample, Thresholds, exit};

/// What a judgement comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing is above its threshold.
    Ok,
    /// Something needs attention.
    Warning,
    /// Something is wrong.
    Danger,
    /// There is nothing to judge by.
    Unknown,
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

    /// The one that decides when two things were judged: danger stands whatever else is unknown, but what is
    /// unknown may be worse than a warning.
    #[must_use]
    pub const fn worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Unknown => 2,
            Self::Danger => 3,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The measurement, by the name of its CSV column.
    pub metric: &'static str,
    /// What was measured.
    pub value: u64,
    /// The limit that it is above.
    pub threshold: u64,
    /// The same for people.
    pub text: String,
    /// How bad this one is.
    #[serde(skip)]
    pub verdict: Verdict,
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The worst of the reasons, `Ok` without any, `Unknown` when the sample has no task count.
    pub verdict: Verdict,
    /// What is above its threshold, worst first.
    pub reasons: Vec<Reason>,
}

/// Judges one sample: tasks beyond the explained ones, live heap, descriptors, overdue exchanges.
#[must_use]
pub fn judge(sample: &Sample, thresholds: &Thresholds) -> Judgement {
    let mut reasons: Vec<Reason> = [
        tasks(sample, thresholds),
        memory(sample, thresholds),
        descriptors(sample, thresholds),
        overdue(sample),
    ]
    .into_iter()
    .flatten()
    .collect();
    reasons.sort_by_key(|r| r.verdict != Verdict::Danger);
    let worst = reasons.first().map(|r| r.verdict);
    // A known danger stands even if the count is missing; "ok" and "warning" need the count.
    let verdict = match (worst, sample.goroutines) {
        (Some(Verdict::Danger), _) => Verdict::Danger,
        (_, None) => Verdict::Unknown,
        (worst, Some(_)) => worst.unwrap_or(Verdict::Ok),
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
    let what = if sample.explained.is_some() { "goroutines beyond the explained ones" } else { "goroutines" };
    let (threshold, advice) = match value > thresholds.severe {
        true => (thresholds.severe, ": restart, then look for the leak"),
        false => (threshold, ""),
    };
    let text = format!("{value} {what}, above {threshold}{advice}");
    Some(Reason { metric: "goroutines", value, threshold, text, verdict })
}

fn memory(sample: &Sample, thresholds: &Thresholds) -> Option<Reason> {
    let value = sample.alloc_bytes?;
    let (verdict, threshold) = above(value, thresholds.memory_warning, thresholds.memory_danger)?;
    let [found, limit] = format_sizes(value, threshold);
    let text = format!("{found} of live memory, above {limit}");
    Some(Reason { metric: "alloc_bytes", value, threshold, text, verdict })
}

fn descriptors(sample: &Sample, thresholds: &Thresholds) -> Option<Reason> {
    let (value, limit) = (sample.open_fds?, sample.max_fds?);
    let threshold =
        u64::try_from(u128::from(limit) * u128::from(thresholds.fds_percent) / 100).unwrap_or(limit);
    let text =
        || format!("{value} open descriptors, above {} % of the limit of {limit}", thresholds.fds_percent);
    (limit > 0 && value > threshold).then(|| Reason {
        metric: "open_fds",
        value,
        threshold,
        text: text(),
        verdict: Verdict::Warning,
    })
}

fn overdue(sample: &Sample) -> Option<Reason> {
    let value = sample.overdue.filter(|n| *n > 0)?;
    let text = match value {
        1 => "1 exchange is older than its own deadline: a leak".to_owned(),
        _ => format!("{value} exchanges are older than their own deadline: a leak"),
    };
    Some(Reason { metric: "overdue", value, threshold: 0, text, verdict: Verdict::Danger })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(sample: Sample) -> (Verdict, Vec<&'static str>) {
        let j = judge(&sample, &Thresholds::default());
        (j.verdict, j.reasons.into_iter().map(|r| r.metric).collect())
    }

    fn tasks(goroutines: u64) -> Sample {
        Sample { goroutines: Some(goroutines), ..Sample::default() }
    }

    #[test]
    fn the_worse_verdict_decides() {
        let rising = [Verdict::Ok, Verdict::Warning, Verdict::Unknown, Verdict::Danger];
        for (i, a) in rising.into_iter().enumerate() {
            for (j, b) in rising.into_iter().enumerate() {
                assert_eq!(a.worse(b), rising[i.max(j)]);
            }
        }
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
    fn one_exchange_is_not_exchanges() {
        let text = |overdue| {
            let sample = Sample { overdue: Some(overdue), ..tasks(10) };
            judge(&sample, &Thresholds::default()).reasons.remove(0).text
        };
        assert_eq!(text(1), "1 exchange is older than its own deadline: a leak");
        assert_eq!(text(2), "2 exchanges are older than their own deadline: a leak");
    }

    #[test]
    fn memory_just_above_its_threshold_does_not_look_like_it() {
        let sample = Sample { alloc_bytes: Some((4 << 30) + (1 << 20)), ..tasks(10) };
        let said = judge(&sample, &Thresholds::default()).reasons[0].text.clone();
        assert_eq!(said, "4.001 GiB of live memory, above 4.000 GiB");
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
    }
}
