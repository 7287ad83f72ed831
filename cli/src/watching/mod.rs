//! A watch as data: what the polls came to, what was above its threshold and when, and the verdict.

mod holdings;
mod lives;
mod stacks;
mod trends;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vitals::trend::{Course, Metric, Trend};
use vitals::{Judgement, TaskBand, Thresholds, Traffic, Verdict, judge};

use crate::finding::{Check, Finding, Kept, Quantity, Said, Watch, real};
use crate::source::{PollError, Reading};
use crate::summary::{Step, Summary};
pub(crate) use holdings::Holdings;
use lives::Levels;
pub(crate) use lives::{Life, OneLife, is_outweighed};
pub(crate) use stacks::{Ending, Stacks};
pub(crate) use trends::{Asked, METRICS, Told, Trends, growing};

/// The peak that the fix of a leak must stay below, unless the operator says otherwise.
pub(crate) const PEAK: u64 = 3000;
/// So many things that have passed are told.
const PASSED: usize = 8;

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
    /// The requests of the last minutes.
    pub(crate) recent: Traffic,
    pub(crate) trend: Told,
    /// What restarts come to by now: more than one, more than are allowed, a crash loop.
    pub(crate) restarts: Option<Finding>,
    /// What profiles prove by now.
    pub(crate) proven: Option<Finding>,
    /// The target is about to stop.
    pub(crate) draining: Option<Finding>,
    /// What its process has more of, by kind, where that has just been seen to grow.
    pub(crate) kept: Vec<Kept>,
}

impl Polled<'_> {
    /// Its own judgement, and what the target says of itself; `None` when it failed.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let own = self.judgement.as_ref()?.verdict;
        Some(self.draining.iter().fold(own, |worst, finding| worst.max(finding.verdict)))
    }
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
    /// Nothing is to be complained about, but the count rises without a pause, and it is too early for its trend.
    pub(crate) rising: Option<Box<Trend>>,
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
    /// Those of the process that answered last.
    pub(crate) trends: Trends,
    /// What that process was above.
    levels: Levels,
    /// The processes that answered before it.
    parked: Vec<Life>,
    /// What its process held at the beginning, where it is one of this machine.
    holdings: Option<Holdings>,
    /// What it held more of when the watch ended.
    kept: Vec<Kept>,
    /// The operator's gate.
    max_restarts: Option<u64>,
    /// When the last poll began.
    last_at: Option<Timestamp>,
    /// When a poll failed last, and why.
    last_failed: Option<(Timestamp, PollError)>,
    /// It was the last poll of all that failed.
    failing: bool,
    /// The last answer said that the target is about to stop.
    draining: bool,
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
            levels: Levels::default(),
            parked: Vec::new(),
            holdings: None,
            kept: Vec::new(),
            max_restarts: None,
            last_at: None,
            last_failed: None,
            failing: false,
            draining: false,
        }
    }

    pub(crate) fn with_trends(self, asked: Asked) -> Self {
        Self { trends: Trends::new(&self.thresholds, asked), ..self }
    }

    /// With the operator's gate for restarts.
    pub(crate) fn with_max_restarts(self, max_restarts: Option<u64>) -> Self {
        Self { max_restarts, ..self }
    }

    /// Of a process of this machine.
    pub(crate) fn with_holdings(self, holdings: Option<Holdings>) -> Self {
        Self { holdings, ..self }
    }

    /// What the process had more of at the end than at the beginning, by kind.
    pub(crate) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// Kinds that grow, where the trend of the whole is not known, and none that is says more.
    fn kinds(&self) -> impl Iterator<Item = Seen> {
        let is_open = |kept: &&Kept| {
            let course = self.trends.course(holdings::metric(kept.thing));
            !kept.growing.is_empty() && course.is_none_or(|course| course == Course::Inconclusive)
        };
        let open = self.kept.iter().filter(is_open).zip(self.last_at.into_iter().cycle());
        open.map(|(kept, at)| Seen { finding: Finding::of_kept(kept.clone()), at })
    }

    /// Nobody where it is another process by now.
    fn holdings(&self) -> Option<&Holdings> {
        self.holdings.as_ref().filter(|_| self.summary.restarts == 0)
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
            self.parked.iter_mut().for_each(|life| life.trends.finish(at));
        }
        let judged: Vec<Metric> = self.trends.counted().map(|(trend, _)| trend.metric).collect();
        self.kept = self.holdings().map(|holdings| holdings.grown(&judged)).unwrap_or_default();
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
        let beside = self.summary.requests.reasons(&self.thresholds);
        let judgement =
            outcome.as_ref().ok().map(|reading| judge(&reading.sample, &self.thresholds).and(beside));
        self.failing = outcome.is_err();
        self.draining = outcome.as_ref().is_ok_and(Reading::drains);
        self.last_at = Some(at);
        let trend = match outcome {
            Ok(reading) => {
                self.turn_to(step.process);
                self.trends.endless = self.summary.processes.crash_loop().is_some();
                self.trends.add(at, elapsed, &reading.sample)
            }
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
        if let Some((judgement, reading)) = judgement.as_ref().zip(outcome.as_ref().ok()) {
            self.levels.add(at, judgement, reading.sample.unexplained());
        }
        let restarts = self.restarts().map(|seen| seen.finding);
        let proven = self.proven().map(|seen| seen.finding.clone());
        let recent = self.summary.requests.recent;
        let draining = self.draining.then(Finding::of_draining);
        let grows = trend.turned.iter().filter(|trend| trend.course == Course::Growing);
        let grows: Vec<Metric> = grows.map(|trend| trend.metric).collect();
        let kept = self.holdings().map(|holdings| holdings.turned(&grows)).unwrap_or_default();
        self.holdings.iter_mut().filter(|_| outcome.is_ok()).for_each(Holdings::polled);
        Polled { at, elapsed, seq, outcome, step, judgement, recent, trend, restarts, proven, draining, kept }
    }

    /// The verdict by now, and what it rests on: of each instance its last life that is long enough, and what came
    /// after that; what was before it is told and does not count.
    pub(crate) fn conclusion(&self) -> Conclusion {
        let (mut findings, mut passed) = self.of_lives();
        findings.extend(self.reach());
        findings.extend(self.restarts());
        findings.extend(self.unclear());
        findings.extend(self.kinds());
        let drains = self.last_at.filter(|_| self.draining);
        findings.extend(drains.map(|at| Seen { finding: Finding::of_draining(), at }));
        findings.sort_by_key(|seen| std::cmp::Reverse(seen.finding.verdict));
        passed.truncate(PASSED);
        let mut verdict = findings.first().map_or(Verdict::Ok, |seen| seen.finding.verdict);
        let uncounted =
            self.summary.judged.spread.n() == 0 && (!self.summary.holds() || self.max_peak.is_some());
        if uncounted && verdict != Verdict::Danger {
            verdict = Verdict::Unknown;
        }
        let rising = self.trends.rising().filter(|_| verdict == Verdict::Ok);
        Conclusion { verdict, findings, passed, rising }
    }

    fn reach(&self) -> Vec<Seen> {
        let Some((at, error)) = &self.last_failed else { return Vec::new() };
        let (failed, good) = (self.summary.failed_polls(), self.summary.good_polls());
        let said = match self.failing {
            true => Watch::Unreachable(error.clone()),
            false if failed > good => Watch::MostlyFailed { good, polls: failed + good },
            false => return Vec::new(),
        };
        vec![seen(Check::Reach, Quantity::Answers, [failed, 0], self.unreachable, said, *at)]
    }

    fn restarts(&self) -> Option<Seen> {
        let (times, looped) = (self.summary.restarts, self.summary.processes.crash_loop());
        let finding = Finding::of_restarts(times, looped, None, self.max_restarts)?;
        Some(Seen { finding, at: self.summary.restarted_at.or(self.last_at)? })
    }

    /// Several instances answer, and nothing tells them apart.
    fn unclear(&self) -> Option<Seen> {
        let is_unclear = self.summary.processes.is_unclear();
        is_unclear.then(Finding::of_mixture).zip(self.last_at).map(|(finding, at)| Seen { finding, at })
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
    metric: Quantity,
    [value, threshold]: [u64; 2],
    verdict: Verdict,
    said: Watch,
    at: Timestamp,
) -> Seen {
    let (value, threshold) = (Some(real(value)), Some(real(threshold)));
    Seen { finding: Finding { check, metric, verdict, value, threshold, said: Said::Watch(said) }, at }
}

#[cfg(test)]
mod proven_tests;
#[cfg(test)]
mod replayed_tests;
#[cfg(test)]
mod tests;
