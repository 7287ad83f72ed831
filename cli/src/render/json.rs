//! `quick-check --format json`: its keys are a contract.

use serde::Serialize;
use serde_json::Number;
use vitals::{Reason, Thresholds, Verdict};

use super::{Checked, Expected, number, timestamp};
use crate::reading::PollError;
use crate::words::en;

#[derive(Serialize)]
struct QuickCheck<'a> {
    schema: u32,
    verdict: Verdict,
    reasons: Vec<Why>,
    metrics: Metrics,
    thresholds: Thresholds,
    target: &'a str,
    source: &'a str,
    ts: String,
    error: Option<&'a PollError>,
    samples: Samples,
    expectations: Vec<Expectation>,
    exit_code: u8,
}

/// A threshold that is broken, or an expectation that does not hold or cannot be told.
#[derive(Serialize)]
#[serde(untagged)]
enum Why {
    Threshold { metric: &'static str, value: u64, threshold: u64, text: String },
    Expectation { metric: &'static str, value: Option<Number>, threshold: Option<Number>, text: String },
}

impl From<&Reason> for Why {
    fn from(reason: &Reason) -> Self {
        let Reason { limit, value, threshold, .. } = *reason;
        Self::Threshold { metric: limit.metric(), value, threshold, text: en::reason(reason) }
    }
}

#[derive(Serialize)]
struct Samples {
    asked: u32,
    failed: u32,
}

#[derive(Serialize)]
struct Expectation {
    expect: String,
    metric: &'static str,
    value: Option<Number>,
    /// `null`: cannot tell.
    met: Option<bool>,
}

#[derive(Default, Serialize)]
struct Metrics {
    goroutines: Option<u64>,
    alloc_bytes: Option<u64>,
    rss_bytes: Option<u64>,
    open_fds: Option<u64>,
    in_flight: Option<u64>,
    latency_ms: Option<u64>,
    explained: Option<u64>,
}

/// One line of JSON.
pub(crate) fn quick_check(checked: &Checked<'_>) -> String {
    let (metrics, mut reasons) = match &checked.outcome {
        Err(_) => (Metrics::default(), Vec::new()),
        Ok((reading, judgement)) => {
            let sample = &reading.sample;
            let metrics = Metrics {
                goroutines: sample.goroutines,
                alloc_bytes: sample.alloc_bytes,
                rss_bytes: sample.rss_bytes,
                open_fds: sample.open_fds,
                in_flight: sample.in_flight,
                latency_ms: u64::try_from(reading.latency.as_millis()).ok(),
                explained: sample.explained,
            };
            (metrics, judgement.reasons.iter().map(Why::from).collect())
        }
    };
    reasons.extend(checked.expectations.iter().filter(|e| e.verdict != Verdict::Ok).map(why));
    let whole = QuickCheck {
        schema: 1,
        verdict: checked.verdict(),
        reasons,
        metrics,
        thresholds: checked.thresholds,
        target: checked.target,
        source: checked.source,
        ts: timestamp(checked.at),
        error: checked.outcome.as_ref().err(),
        samples: Samples { asked: checked.polls.asked, failed: checked.polls.failed },
        expectations: checked.expectations.iter().map(expectation).collect(),
        exit_code: checked.gate.exit_code(checked.verdict()),
    };
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(&whole).unwrap_or_default();
    text.push('\n');
    text
}

fn why(expected: &Expected<'_>) -> Why {
    Why::Expectation {
        metric: expected.expectation.metric(),
        value: expected.value.and_then(number),
        threshold: number(expected.expectation.limit()),
        text: format!("expected {}, {}", expected.expectation, expected.found()),
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
