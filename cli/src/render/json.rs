//! `quick-check --format json`: its keys are a contract.

use serde::{Serialize, Serializer};
use serde_json::Number;
use vitals::{Measure, Reason, Thresholds, Traffic, Verdict};

use super::{Checked, Expected, ToldInstance, instance, number, timestamp};
use crate::finding::{Check, Finding, Quantity, Rose};
use crate::reading::{PollError, Reading};
use crate::recording::ndjson::line;
use crate::words::en;

#[derive(Serialize)]
pub(super) struct QuickCheck<'a> {
    schema: u32,
    verdict: Verdict,
    reasons: Vec<Why>,
    metrics: Metrics<'a>,
    thresholds: Thresholds,
    target: &'a str,
    source: &'a str,
    ts: String,
    error: Option<&'a PollError>,
    samples: Samples,
    requests: Option<Requests>,
    expectations: Vec<Expectation>,
    exit_code: u8,
    /// Of several polls.
    restarts: Option<u64>,
    /// Those behind one address, where there are several.
    instances: Vec<Instance>,
    rising: Vec<Rising>,
}

/// One of several that answer.
#[derive(Serialize)]
struct Instance {
    #[serde(flatten)]
    who: instance::Object,
    verdict: Verdict,
    goroutines: Option<u64>,
    /// Its numbers are those of `metrics`.
    shown: bool,
}

/// A threshold that is broken, a target that drains, or an expectation that does not hold or cannot be told.
#[derive(Serialize)]
#[serde(untagged)]
enum Why {
    Threshold {
        metric: Measure,
        value: u64,
        threshold: u64,
        text: String,
    },
    /// Restarts, and what another instance has to complain of.
    Found {
        metric: Quantity,
        value: Option<Number>,
        threshold: Option<Number>,
        text: String,
    },
    /// What the target says of itself.
    Status {
        metric: Quantity,
        value: &'static str,
        threshold: (),
        text: String,
    },
    Expectation {
        metric: String,
        value: Option<Number>,
        threshold: Option<Number>,
        text: String,
    },
}

impl Why {
    fn of(reason: &Reason, checked: &Checked<'_>) -> Self {
        let Reason { limit, value, threshold, .. } = *reason;
        Self::Threshold {
            metric: limit.measure(),
            value,
            threshold,
            text: en::finding(&checked.said(reason)),
        }
    }
}

impl From<&Finding> for Why {
    fn from(finding: &Finding) -> Self {
        if finding.check == Check::Draining {
            let value = vitals::health::Status::Draining.as_str();
            return Self::Status { metric: finding.metric, value, threshold: (), text: en::finding(finding) };
        }
        Self::Found {
            metric: finding.metric,
            value: finding.value.and_then(number),
            threshold: finding.threshold.and_then(number),
            text: en::finding(finding),
        }
    }
}

/// What rose from poll to poll of `--samples`, without a pause.
#[derive(Serialize)]
struct Rising {
    metric: Measure,
    from: u64,
    to: u64,
    text: String,
}

/// Requests that ended, and since when.
#[derive(Serialize)]
struct Requests {
    /// `start` of the target, for one poll; or the `first_poll`.
    since: &'static str,
    #[serde(flatten)]
    traffic: Traffic,
}

#[derive(Serialize)]
struct Samples {
    asked: u32,
    failed: u32,
}

#[derive(Serialize)]
struct Expectation {
    expect: String,
    metric: String,
    value: Option<Number>,
    /// `null`: cannot tell.
    met: Option<bool>,
}

/// In the order of their keys.
const METRICS: [Measure; 8] = [
    Measure::Goroutines,
    Measure::AllocBytes,
    Measure::RssBytes,
    Measure::OpenFds,
    Measure::InFlight,
    Measure::Latency,
    Measure::Explained,
    Measure::Threads,
];

/// Null where nothing came.
struct Metrics<'a>(Option<&'a Reading>);

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(METRICS.map(|measure| {
            let value = self.0.and_then(|reading| measure.of(reading));
            (measure, if measure == Measure::Latency { value.map(|us| us / 1000) } else { value })
        }))
    }
}

/// One line of JSON.
pub(super) fn quick_check(checked: &Checked<'_>) -> String {
    line(&object(checked))
}

/// The answer about one target.
pub(super) fn object<'a>(checked: &'a Checked<'_>) -> QuickCheck<'a> {
    let reading = checked.outcome.as_ref().ok();
    let own = reading.iter().flat_map(|(_, judgement)| &judgement.reasons);
    let mut reasons: Vec<_> = own.map(|reason| Why::of(reason, checked)).collect();
    reasons.extend(checked.findings.iter().map(Why::from));
    reasons.extend(checked.expectations.iter().filter(|e| e.verdict != Verdict::Ok).map(why));
    QuickCheck {
        schema: 1,
        verdict: checked.verdict(),
        reasons,
        metrics: Metrics(reading.map(|(reading, _)| reading)),
        thresholds: checked.thresholds,
        target: checked.target,
        source: checked.source,
        ts: timestamp(checked.at),
        error: checked.outcome.as_ref().err(),
        samples: Samples { asked: checked.polls.asked, failed: checked.polls.failed },
        requests: checked.requests.map(|traffic| Requests {
            since: if checked.polls.asked == 1 { "start" } else { "first_poll" },
            traffic,
        }),
        expectations: checked.expectations.iter().map(expectation).collect(),
        exit_code: checked.gate.exit_code(checked.verdict()),
        restarts: checked.restarts,
        instances: checked.instances.iter().map(|told| one(told, checked)).collect(),
        rising: checked.rises.iter().map(rising).collect(),
    }
}

fn rising(rose: &Rose) -> Rising {
    Rising { metric: rose.measure, from: rose.from, to: rose.to, text: en::rose(rose) }
}

fn one(told: &ToldInstance, checked: &Checked<'_>) -> Instance {
    let ToldInstance { instance, verdict, goroutines } = told;
    Instance {
        who: instance.into(),
        verdict: *verdict,
        goroutines: *goroutines,
        shown: checked.instance.as_ref() == Some(instance),
    }
}

fn why(expected: &Expected<'_>) -> Why {
    Why::Expectation {
        metric: expected.expectation.metric(),
        value: expected.value.and_then(number),
        threshold: number(expected.expectation.limit()),
        text: en::expected(expected.expectation, expected.value),
    }
}

fn expectation(expected: &Expected<'_>) -> Expectation {
    Expectation {
        expect: expected.expectation.to_string(),
        metric: expected.expectation.metric(),
        value: expected.value.and_then(number),
        met: expected.value.map(|_| expected.verdict == Verdict::Ok),
    }
}
