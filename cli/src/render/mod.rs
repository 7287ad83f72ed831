//! Results as text, JSON and the formats of pipelines and monitors: pure functions of data, styles and width.

pub(crate) mod compare;
mod diagnose;
mod instance;
mod json;
mod kept;
mod ndjson;
mod page;
mod prometheus;
mod quick_check;
pub(crate) mod report;
pub(crate) mod rollout;
mod several;
mod stacks;
mod style;
mod watch;

pub(crate) use crate::moment::timestamp;
pub(crate) use diagnose::{Diagnosed, jsons as diagnoses_json, texts as diagnoses};
pub(crate) use ndjson::{acted as ndjson_acted, sample as ndjson_sample, summary as ndjson_summary};
pub(crate) use page::{Report, page, picture};
pub(crate) use prometheus::prometheus;
pub(crate) use quick_check::{check_markdown, check_object, checks, checks_report};
pub(crate) use several::{Whole, labels};
pub(crate) use style::{terminal_width, use_color, width};
pub(crate) use watch::{Lines, Watched, opening, summary as watch_summary};

use std::time::Duration;

use ::report::layout::paragraph;
pub(crate) use ::report::{Styles, layout, markdown};
use jiff::Timestamp;
use serde_json::Number;
use vitals::{Expectation, Gate, Judgement, Reason, Thresholds, Traffic, Verdict};

use crate::finding::{Finding, Instance, Rose};
use crate::source::{PollError, Reading};

/// All that a quick check found out.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    /// The target, without credentials.
    pub(crate) target: &'a str,
    /// The name of the source.
    pub(crate) source: &'a str,
    /// When it was asked.
    pub(crate) at: Timestamp,
    pub(crate) thresholds: Thresholds,
    /// With its judgement; the median when there were several polls.
    pub(crate) outcome: Result<(Reading, Judgement), PollError>,
    /// Empty when no answer came.
    pub(crate) expectations: Vec<Expected<'a>>,
    pub(crate) gate: Gate,
    /// How often it was asked.
    pub(crate) polls: Polls,
    /// Of several polls.
    pub(crate) restarts: Option<u64>,
    /// The one whose numbers are shown, of several.
    pub(crate) instance: Option<Instance>,
    /// All of them, where there are several.
    pub(crate) instances: Vec<ToldInstance>,
    /// Restarts, and what other instances have to complain of.
    pub(crate) findings: Vec<Finding>,
    /// The requests between the polls; of one poll, those since the target's start.
    pub(crate) requests: Option<Traffic>,
    /// What rises from poll to poll.
    pub(crate) rises: Vec<Rose>,
    /// How long that took.
    pub(crate) took: Duration,
}

/// One of several that answer behind one address.
#[derive(Clone, Debug)]
pub(crate) struct ToldInstance {
    pub(crate) instance: Instance,
    pub(crate) verdict: Verdict,
    pub(crate) goroutines: Option<u64>,
}

/// An expectation and what was found.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) expectation: &'a Expectation,
    /// The measurement, if it was reported.
    pub(crate) value: Option<f64>,
    pub(crate) verdict: Verdict,
}

/// How the polls went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Polls {
    /// How many there were.
    pub(crate) asked: u32,
    /// How many of them failed.
    pub(crate) failed: u32,
}

impl Checked<'_> {
    /// The verdict: the worst of the judgement, the expectations, restarts and all instances; a target that drains is a
    /// warning.
    pub(crate) fn verdict(&self) -> Verdict {
        let own = match &self.outcome {
            Ok((reading, judgement)) => Self::verdict_of(reading, judgement, &self.expectations),
            Err(_) => self.gate.unreachable(),
        };
        self.findings.iter().fold(own, |worst, finding| worst.max(finding.verdict))
    }

    /// That of one instance.
    pub(crate) fn verdict_of(
        reading: &Reading,
        judgement: &Judgement,
        expectations: &[Expected<'_>],
    ) -> Verdict {
        let least = if reading.drains() { Verdict::Warning } else { Verdict::Ok };
        expectations.iter().fold(judgement.verdict.max(least), |worst, expected| worst.max(expected.verdict))
    }

    /// What is above a limit, in words; of the instance that it is about, where there are several.
    pub(crate) fn said(&self, reason: &Reason) -> Finding {
        let finding = Finding::from(*reason);
        match &self.instance {
            Some(instance) => finding.of_instance(instance.clone()),
            None => finding,
        }
    }

    /// It is about to stop, and says so itself.
    pub(crate) fn drains(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|(reading, _)| reading.drains())
    }
}

/// To a thousandth, and to a millionth below 1: a slope of months is small an hour.
pub(crate) fn rounded(value: f64) -> f64 {
    let digits = if value.abs() < 1.0 { 1e6 } else { 1e3 };
    (value * digits).round() / digits
}

/// Whole numbers without a decimal point.
pub(crate) fn number(value: f64) -> Option<Number> {
    // Display gives the shortest form; a number that JSON lacks becomes none.
    value.to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn small_numbers_keep_more_digits() {
        let all = [812.345_67, -1.000_4, 0.004_216_7, -0.25, 0.0, 4e-7].map(super::rounded);
        assert_eq!(all, [812.346, -1.0, 0.004_217, -0.25, 0.0, 0.0]);
    }
}
