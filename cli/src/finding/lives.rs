//! What restarts come to, and which of several instances or lives a finding is about.

use jiff::Timestamp;
use vitals::trend::Trend;
use vitals::{CrashLoop, Measure, Process, Verdict};

use super::{Check, Finding, Quantity, Said, real};
use crate::moment::Moment;

/// Restarts of a target, or something about one of its lives or instances.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lives {
    /// How often; an hour, beside the baseline's, where there is one.
    Restarted {
        times: u64,
        hourly: Option<[f64; 2]>,
    },
    CrashLoop(CrashLoop),
    /// More than the operator allows.
    TooOften {
        times: u64,
        limit: u64,
    },
    /// No more than the operator allows.
    AsAllowed {
        times: u64,
        limit: u64,
    },
    /// Of one of many columns, by its name.
    In(String, Box<Finding>),
    /// Several instances answer that cannot be told apart.
    Mixture,
    /// Before a restart, of an earlier process.
    Before(Box<Finding>),
    /// Of one of several instances.
    Of(Instance, Box<Finding>),
}

/// One of several that answer behind one address.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    /// Counts from 1.
    pub(crate) number: usize,
    /// Of so many.
    pub(crate) of: usize,
    /// By its name, where whoever asked knows it.
    pub(crate) name: Option<String>,
    /// When it started, where it tells that.
    pub(crate) started: Option<Timestamp>,
}

/// A life that a restart ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    /// The restart.
    pub(crate) until: Moment,
    /// The side's first row tells which date is not worth saying.
    pub(crate) day: Option<Moment>,
    /// It was long enough to be judged.
    pub(crate) is_long: bool,
    /// Tasks, then heap.
    pub(crate) trends: Vec<Trend>,
}

impl Instance {
    /// By its last process.
    pub(crate) fn of(number: usize, of: usize, last: &Process) -> Self {
        let started = last.start_time.and_then(|start| i64::try_from(start).ok());
        let started = started.and_then(|start| Timestamp::from_second(start).ok());
        Self { number, of, name: last.name.clone(), started }
    }
}

impl Finding {
    /// Restarts as a finding: a gate that they break, a crash loop, or more of them than is usual. The first one is a
    /// deployment. `hourly`: how many there are an hour, and how many are usual.
    pub(crate) fn of_restarts(
        times: u64,
        looped: Option<CrashLoop>,
        hourly: Option<[f64; 2]>,
        max: Option<u64>,
    ) -> Option<Self> {
        let said = match (max, looped) {
            (_, Some(looped)) => Lives::CrashLoop(looped),
            (Some(limit), None) if times > limit => Lives::TooOften { times, limit },
            _ if times > 1 && hourly.is_none_or(|[now, usual]| now > usual) => {
                Lives::Restarted { times, hourly }
            }
            _ => return None,
        };
        let (check, verdict) = match said {
            Lives::CrashLoop(_) => (Check::CrashLoop, Verdict::Danger),
            Lives::TooOften { .. } => (Check::MaxRestarts, Verdict::Danger),
            _ => (Check::Restarts, Verdict::Warning),
        };
        let threshold = Some(real(max.unwrap_or(1)));
        let value = Some(real(times));
        Some(Self {
            check,
            metric: Quantity::Of(Measure::StartTime),
            verdict,
            value,
            threshold,
            said: Said::Lives(said),
        })
    }

    /// That the operator's gate holds, if it does.
    pub(crate) fn of_few_restarts(times: u64, limit: u64) -> Option<Self> {
        (times <= limit).then(|| Self {
            check: Check::MaxRestarts,
            metric: Quantity::Of(Measure::StartTime),
            verdict: Verdict::Ok,
            value: Some(real(times)),
            threshold: Some(real(limit)),
            said: Said::Lives(Lives::AsAllowed { times, limit }),
        })
    }

    /// No recording shows whether it grows, however long: no process lives for long, or they cannot be told apart.
    pub(crate) const fn is_endless(&self) -> bool {
        matches!(self.check, Check::CrashLoop | Check::Instances)
    }

    /// That nothing can be told, for several instances answer as if they were one.
    pub(crate) fn of_mixture() -> Self {
        Self {
            check: Check::Instances,
            metric: Quantity::Instance,
            verdict: Verdict::Unknown,
            value: None,
            threshold: None,
            said: Said::Lives(Lives::Mixture),
        }
    }

    /// The same, of a process that ended with a restart.
    pub(crate) fn before_restart(self) -> Self {
        Self { said: Said::Lives(Lives::Before(Box::new(self.clone()))), ..self }
    }

    /// The same, of one of many columns.
    pub(crate) fn of_column(self, name: &str) -> Self {
        Self { said: Said::Lives(Lives::In(name.to_owned(), Box::new(self.clone()))), ..self }
    }

    /// The same, of one of several instances.
    pub(crate) fn of_instance(self, instance: Instance) -> Self {
        Self { said: Said::Lives(Lives::Of(instance, Box::new(self.clone()))), ..self }
    }

    /// Without the life and the instance that it is about.
    pub(crate) fn core(&self) -> &Self {
        match &self.said {
            Said::Lives(Lives::Before(inner) | Lives::Of(_, inner) | Lives::In(_, inner)) => inner.core(),
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_restart_is_none_and_the_second_a_warning() {
        let found = |times, hourly, max| {
            Finding::of_restarts(times, None, hourly, max).map(|finding| (finding.check, finding.verdict))
        };
        let warning = Some((Check::Restarts, Verdict::Warning));
        let gate = Some((Check::MaxRestarts, Verdict::Danger));
        assert_eq!([0, 1, 2].map(|times| found(times, None, None)), [None, None, warning]);
        assert_eq!([[2.0, 2.0], [3.0, 2.0]].map(|hourly| found(2, Some(hourly), None)), [None, warning]);
        assert_eq!([0, 1].map(|times| found(times, None, Some(0))), [None, gate]);
        assert_eq!([2, 3].map(|times| found(times, Some([9.0, 9.0]), Some(2))), [None, gate]);
        let looped = CrashLoop { times: 3, seconds: 9.0, short_lives: false, at: 0.0 };
        let danger = Finding::of_restarts(3, Some(looped), Some([9.0, 9.0]), Some(9)).unwrap();
        assert_eq!((danger.check, danger.verdict), (Check::CrashLoop, Verdict::Danger));
    }
}
