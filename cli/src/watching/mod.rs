//! A watch as data: what the polls came to, what was above its threshold and when, and the verdict.

mod stacks;
mod trends;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vitals::{Judgement, Reason, TaskBand, Thresholds, Verdict, judge};

use crate::source::{PollError, Reading};
use crate::summary::{Step, Summary};
use crate::words;
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
    /// What came.
    pub(crate) outcome: &'a Result<Reading, PollError>,
    /// What it means beside the polls before it.
    pub(crate) step: Step,
    /// Its own judgement; `None` when it failed.
    pub(crate) judgement: Option<Judgement>,
    /// What the trends say by now.
    pub(crate) trend: Told,
}

/// Something that the verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What is wrong and how bad it is.
    pub(crate) reason: Reason,
    /// When it was at its worst.
    pub(crate) at: Timestamp,
}

/// What a watch ends with.
#[derive(Debug)]
pub(crate) struct Conclusion {
    /// The gravest of the findings: danger, unknown, warning, ok.
    pub(crate) verdict: Verdict,
    /// What it rests on, gravest first.
    pub(crate) findings: Vec<Finding>,
    /// Warnings that have passed, and growth that was taken back: they are mentioned and do not count.
    pub(crate) passed: Vec<Finding>,
}

/// A watch so far.
#[derive(Debug)]
pub(crate) struct Watching {
    /// What samples are judged by.
    pub(crate) thresholds: Thresholds,
    /// The operator's gate.
    pub(crate) max_peak: Option<u64>,
    /// What a target that cannot be asked counts as.
    unreachable: Verdict,
    /// What the polls came to.
    pub(crate) summary: Summary,
    /// How many samples were in which band.
    pub(crate) bands: BTreeMap<TaskBand, u64>,
    /// Whether anything grows.
    pub(crate) trends: Trends,
    /// Each metric that was above its threshold, at its worst.
    worst: BTreeMap<&'static str, Finding>,
    last: Option<Judgement>,
    /// When the last poll began.
    last_at: Option<Timestamp>,
    /// When a poll failed last, and why.
    last_failed: Option<(Timestamp, PollError)>,
    /// Whether that was the last poll of all.
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

    /// The same, with growth judged by these wishes.
    pub(crate) fn with_trends(self, asked: Asked) -> Self {
        Self { trends: Trends::new(&self.thresholds, asked), ..self }
    }

    /// The same, without trends: a whole recording is judged at one look, and not as it came.
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
                let seen = self.worst.get(reason.metric).map(|finding| finding.reason.value);
                if seen.is_none_or(|value| reason.value > value) {
                    self.worst.insert(reason.metric, Finding { reason: reason.clone(), at });
                }
            }
            self.last = Some(judgement.clone());
        }
        Polled { at, elapsed, seq, outcome, step, judgement, trend }
    }

    /// The verdict by now, and what it rests on.
    pub(crate) fn conclusion(&self) -> Conclusion {
        let at_the_end = |metric| self.last.iter().flat_map(|last| &last.reasons).any(|r| r.metric == metric);
        let counts = |finding: &&Finding| {
            finding.reason.verdict == Verdict::Danger || at_the_end(finding.reason.metric)
        };
        let (counted, passed): (Vec<_>, Vec<_>) =
            self.worst.values().cloned().partition(|finding| counts(&finding));
        let (growing, taken_back) = self.trends.findings();
        let untold = self.last_at.and_then(|at| self.trends.untold(at)).into_iter().collect();
        let mut findings = [counted, growing, self.gate(), self.reach(), untold, self.restarts()].concat();
        findings.sort_by_key(|finding| std::cmp::Reverse(gravity(finding.reason.verdict)));
        let mut verdict = findings.first().map_or(Verdict::Ok, |finding| finding.reason.verdict);
        let uncounted = self.summary.judged.spread.n() == 0;
        if uncounted && verdict != Verdict::Danger {
            verdict = Verdict::Unknown;
        }
        Conclusion { verdict, findings, passed: [passed, taken_back].concat() }
    }

    /// The peak's gate. A default gate says nothing where the threshold of danger has spoken.
    fn gate(&self) -> Vec<Finding> {
        let judged = &self.summary.judged;
        let reached = judged.spread.max().zip(judged.max_at).filter(|(peak, _)| *peak >= self.peak_limit());
        let Some((peak, at)) = reached else { return Vec::new() };
        let spoken = self.worst.get("goroutines").is_some_and(|f| f.reason.verdict == Verdict::Danger);
        if self.max_peak.is_none() && spoken {
            return Vec::new();
        }
        let verdict = if self.max_peak.is_some() { Verdict::Danger } else { Verdict::Warning };
        vec![finding(
            "goroutines",
            peak,
            self.peak_limit(),
            words::peak(peak, self.peak_limit()),
            verdict,
            at,
        )]
    }

    /// Whether the target could be asked.
    fn reach(&self) -> Vec<Finding> {
        let Some((at, error)) = &self.last_failed else { return Vec::new() };
        let (failed, good) = (self.summary.failed_polls(), self.summary.good_polls());
        let text = match self.failing {
            true => words::unreachable_at_the_end(error),
            false if failed > good => words::too_many_failed(good, failed + good),
            false => return Vec::new(),
        };
        vec![finding("ok", failed, 0, text, self.unreachable, *at)]
    }

    fn restarts(&self) -> Vec<Finding> {
        let Some(at) = self.summary.restarted_at else { return Vec::new() };
        let n = self.summary.restarts;
        vec![finding("start_time", n, 0, words::restarts(n), Verdict::Warning, at)]
    }
}

fn finding(
    metric: &'static str,
    value: u64,
    threshold: u64,
    text: String,
    verdict: Verdict,
    at: Timestamp,
) -> Finding {
    Finding { reason: Reason { metric, value, threshold, text, verdict }, at }
}

/// A known danger outweighs not knowing, and that outweighs a warning: as in the judgement of one sample.
const fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ok => 0,
        Verdict::Warning => 1,
        Verdict::Unknown => 2,
        Verdict::Danger => 3,
    }
}

#[cfg(test)]
mod tests;
