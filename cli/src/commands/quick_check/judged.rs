//! One of those that answered a quick check, judged by its own polls.

use vitals::traffic::slow;
use vitals::{Expectation, Judgement, Measured as _, Reason, Thresholds, Traffic, Verdict, judge};

use super::polled::Answered;
use crate::args::QuickCheckArgs;
use crate::finding::{Finding, Instance, Rose};
use crate::render::{Checked, Expected, ToldInstance};
use crate::source::{Reading, median, rises};

/// Fewer do not tell whether answers are slow.
const FEW_POLLS: u32 = 3;

/// An instance, most often the only one.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) instance: Option<Instance>,
    /// The median of its polls.
    pub(super) reading: Reading,
    pub(super) judgement: Judgement,
    pub(super) expectations: Vec<Expected<'a>>,
    /// Between the polls; of one poll, those since the start.
    pub(super) requests: Option<Traffic>,
    /// From poll to poll.
    pub(super) rises: Vec<Rose>,
}

impl<'a> Judged<'a> {
    /// `polls`: of all instances. `None` without an answer.
    pub(super) fn of(
        one: Answered,
        args: &'a QuickCheckArgs,
        polls: u32,
        thresholds: &Thresholds,
    ) -> Option<Self> {
        let Answered { instance, readings, between, over } = one;
        let reading = median(&readings)?;
        let beside = beside(&reading, args, polls, between.as_ref(), thresholds);
        let judgement = judge(&reading.sample, thresholds).and(beside);
        let requests = if args.samples == 1 { Traffic::whole(&reading.sample) } else { between };
        let expectations = expected(args, &reading);
        let rises = rises(&readings, over);
        Some(Self { instance, reading, judgement, expectations, requests, rises })
    }

    fn verdict(&self) -> Verdict {
        Checked::verdict_of(&self.reading, &self.judgement, &self.expectations)
    }

    /// By the verdict, then by what it holds.
    pub(super) fn gravity(&self) -> (Verdict, Option<u64>, Option<u64>) {
        (self.verdict(), self.reading.sample.unexplained(), self.reading.sample.rss_bytes)
    }

    /// For the list of instances.
    pub(super) fn told(&self) -> Option<ToldInstance> {
        let instance = self.instance.clone()?;
        Some(ToldInstance { instance, verdict: self.verdict(), goroutines: self.reading.sample.goroutines })
    }

    /// What is above a limit, of one of several.
    pub(super) fn complaints(&self) -> Vec<Finding> {
        let Some(instance) = &self.instance else { return Vec::new() };
        let above = self.judgement.reasons.iter().copied().map(Finding::from);
        let drains = self.reading.drains().then(Finding::of_draining);
        above.chain(drains).map(|finding| finding.of_instance(instance.clone())).collect()
    }
}

/// What is above its limit beside the sample: requests that ended badly between the polls, and answers that take long.
fn beside(
    reading: &Reading,
    args: &QuickCheckArgs,
    polls: u32,
    between: Option<&Traffic>,
    thresholds: &Thresholds,
) -> Vec<Reason> {
    let is_told = args.thresholds.max_latency.is_some() || polls >= FEW_POLLS;
    let latency = reading.latency_us().filter(|_| is_told);
    let late = latency.and_then(|latency| slow(latency, thresholds));
    between.and_then(|between| between.errors(thresholds)).into_iter().chain(late).collect()
}

fn expected<'a>(args: &'a QuickCheckArgs, reading: &Reading) -> Vec<Expected<'a>> {
    let latency_ms = reading.latency.as_secs_f64() * 1000.0;
    let found = |expectation: &'a Expectation| {
        let value = expectation.value(&reading.sample, latency_ms);
        Expected { expectation, value, verdict: expectation.judge(value) }
    };
    args.expectations.iter().map(found).collect()
}
