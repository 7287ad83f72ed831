//! A watch as data: what the polls came to, what was above its threshold and when, and the verdict.

mod stacks;
mod trends;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vitals::{Judgement, TaskBand, Thresholds, Verdict, judge};

use crate::finding::{Check, Finding, Said, Watch, real};
use crate::source::{PollError, Reading};
use crate::summary::{Step, Summary};
pub(crate) use stacks::{Ending, Stacks};
pub(crate) use trends::{Asked, METRICS, Told, Trends};

/// The peak that the fix of a leak must stay below, unless the operator says otherwise.
pub(crate) const PEAK: u64 = 3000;

/// One poll with all that a line shows of it.
#[derive(Debug)]
pub(crate) struct Polled<'a> {
    /// When it began, by the wall clock.
    pub(crate) at: Timestamp,
    /// Since the start of the watch, by the monotonic clock.
    pub(crate) elapsed: std::time::Duration,
    /// Counts polls from 0.
    pub(crate) seq: u64,
    pub(crate) outcome: &'a Result<Reading, PollError>,
    pub(crate) step: Step,
    /// Its own judgement; `None` when it failed.
    pub(crate) judgement: Option<Judgement>,
    pub(crate) trend: Told,
}

/// A finding, and when it was at its worst.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) finding: Finding,
    pub(crate) at: Timestamp,
}

#[derive(Debug)]
pub(crate) struct Conclusion {
    /// The gravest of the findings: danger, unknown, warning, ok.
    pub(crate) verdict: Verdict,
    /// Gravest first.
    pub(crate) findings: Vec<Seen>,
    /// Warnings that have passed, and growth that was taken back: they are mentioned and do not count.
    pub(crate) passed: Vec<Seen>,
}

/// A watch so far.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) thresholds: Thresholds,
    /// The operator's gate.
    pub(crate) max_peak: Option<u64>,
    /// Of a target that cannot be asked.
    unreachable: Verdict,
    pub(crate) summary: Summary,
    /// How many samples were in which band.
    pub(crate) bands: BTreeMap<TaskBand, u64>,
    pub(crate) trends: Trends,
    /// Each metric that was above its threshold, at its worst.
    worst: BTreeMap<&'static str, Seen>,
    last: Option<Judgement>,
    /// When the last poll began.
    last_at: Option<Timestamp>,
    /// When a poll failed last, and why.
    last_failed: Option<(Timestamp, PollError)>,
    /// It was the last poll of all that failed.
    failing: bool,
}

impl Watching {
    /// Nothing seen yet.
    pub(crate) fn new(thresholds: Thresholds, max_peak: Option<u64>, unreachable: Verdict) -> Self {
        Self {
            thresholds,
            max_peak,
            unreachable,
            summary: Summary::default(),
            bands: BTreeMap::new(),
            trends: Trends::new(&thresholds, Asked::default()),
            worst: BTreeMap::new(),
            last: None,
            last_at: None,
            last_failed: None,
            failing: false,
        }
    }

    pub(crate) fn with_trends(self, asked: Asked) -> Self {
        Self { trends: Trends::new(&self.thresholds, asked), ..self }
    }

    /// For a whole recording, which is judged at one look, and not as it came.
    pub(crate) fn without_trends(mut self) -> Self {
        self.trends.turn_off();
        self
    }

    /// No more polls will come: the trends have their last look.
    pub(crate) fn finish(&mut self) {
        if let Some(at) = self.last_at {
            self.trends.finish(at);
        }
    }

    /// The peak's limit.
    pub(crate) fn peak_limit(&self) -> u64 {
        self.max_peak.unwrap_or(PEAK)
    }

    /// Takes in one poll, which began at `at`; returns what its line shows.
    pub(crate) fn add<'a>(
        &mut self,
        at: Timestamp,
        elapsed: std::time::Duration,
        outcome: &'a Result<Reading, PollError>,
    ) -> Polled<'a> {
        let seq = self.summary.polls();
        let step = self.summary.add(at, outcome);
        let judgement = outcome.as_ref().ok().map(|reading| judge(&reading.sample, &self.thresholds));
        self.failing = outcome.is_err();
        self.last_at = Some(at);
        let trend = match outcome {
            Ok(reading) => self.trends.add(at, elapsed, &reading.sample),
            Err(_) => self.trends.told(Vec::new()),
        };
        if let Err(error) = outcome {
            self.last_failed = Some((at, error.clone()));
        }
        if let Ok(reading) = outcome
            && let Some(count) = reading.sample.unexplained()
        {
            *self.bands.entry(self.thresholds.tasks(count)).or_default() += 1;
        }
        if let Some(judgement) = &judgement {
            for reason in &judgement.reasons {
                let finding = Finding::from(*reason);
                if self.worst.get(finding.metric).is_none_or(|seen| finding.value > seen.finding.value) {
                    self.worst.insert(finding.metric, Seen { finding, at });
                }
            }
            self.last = Some(judgement.clone());
        }
        Polled { at, elapsed, seq, outcome, step, judgement, trend }
    }

    /// The verdict by now, and what it rests on.
    pub(crate) fn conclusion(&self) -> Conclusion {
        let at_the_end = |metric| {
            self.last.iter().flat_map(|last| &last.reasons).any(|reason| reason.limit.metric() == metric)
        };
        let counts = |finding: &Finding| finding.verdict == Verdict::Danger || at_the_end(finding.metric);
        let (counted, passed): (Vec<_>, Vec<_>) =
            self.worst.values().cloned().partition(|seen| counts(&seen.finding));
        let (growing, taken_back) = self.trends.findings();
        let untold = self.last_at.and_then(|at| self.trends.untold(at)).into_iter().collect();
        let mut findings = [counted, growing, self.gate(), self.reach(), untold, self.restarts()].concat();
        findings.sort_by_key(|seen| std::cmp::Reverse(seen.finding.verdict));
        let mut verdict = findings.first().map_or(Verdict::Ok, |seen| seen.finding.verdict);
        let uncounted =
            self.summary.judged.spread.n() == 0 && (!self.summary.holds() || self.max_peak.is_some());
        if uncounted && verdict != Verdict::Danger {
            verdict = Verdict::Unknown;
        }
        Conclusion { verdict, findings, passed: [passed, taken_back].concat() }
    }

    /// The peak's gate. A default gate says nothing where the threshold of danger has spoken.
    fn gate(&self) -> Vec<Seen> {
        let judged = &self.summary.judged;
        let limit = self.peak_limit();
        let reached = judged.spread.max().zip(judged.max_at).filter(|(peak, _)| *peak >= limit);
        let Some((peak, at)) = reached else { return Vec::new() };
        let spoken = self.worst.get("goroutines").is_some_and(|seen| seen.finding.verdict == Verdict::Danger);
        let (check, verdict) = match self.max_peak {
            None if spoken => return Vec::new(),
            None => (Check::Peak, Verdict::Warning),
            Some(_) => (Check::MaxPeak, Verdict::Danger),
        };
        vec![seen(check, "goroutines", [peak, limit], verdict, Watch::Peak { peak, limit }, at)]
    }

    fn reach(&self) -> Vec<Seen> {
        let Some((at, error)) = &self.last_failed else { return Vec::new() };
        let (failed, good) = (self.summary.failed_polls(), self.summary.good_polls());
        let said = match self.failing {
            true => Watch::Unreachable(error.clone()),
            false if failed > good => Watch::MostlyFailed { good, polls: failed + good },
            false => return Vec::new(),
        };
        vec![seen(Check::Reach, "ok", [failed, 0], self.unreachable, said, *at)]
    }

    fn restarts(&self) -> Vec<Seen> {
        let Some(at) = self.summary.restarted_at else { return Vec::new() };
        let times = self.summary.restarts;
        vec![seen(
            Check::Restarts,
            "start_time",
            [times, 0],
            Verdict::Warning,
            Watch::Restarted { times },
            at,
        )]
    }

    /// The last poll of all succeeded.
    pub(crate) fn is_up(&self) -> bool {
        self.summary.good_polls() > 0 && !self.failing
    }

    /// The last judged count is so far above the first that somebody should look again.
    pub(crate) fn is_higher(&self) -> bool {
        self.summary.judged.ends.is_some_and(is_higher)
    }
}

const fn is_higher((first, last): (u64, u64)) -> bool {
    last >= first + 50 && last > first + first / 5
}

fn seen(
    check: Check,
    metric: &'static str,
    [value, threshold]: [u64; 2],
    verdict: Verdict,
    said: Watch,
    at: Timestamp,
) -> Seen {
    let (value, threshold) = (Some(real(value)), Some(real(threshold)));
    Seen { finding: Finding { check, metric, verdict, value, threshold, said: Said::Watch(said) }, at }
}

#[cfg(test)]
mod tests;
