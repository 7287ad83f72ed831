//! `quick-check --format json`: its keys are a contract.

use serde::Serialize;
use vitals::{Reason, Thresholds, Verdict};

use super::{Checked, timestamp};
use crate::source::{ErrorKind, PollError};

#[derive(Serialize)]
struct QuickCheck<'a> {
    schema: u32,
    verdict: Verdict,
    reasons: &'a [Reason],
    metrics: Metrics,
    thresholds: Thresholds,
    target: &'a str,
    source: &'static str,
    ts: String,
    error: Option<Problem>,
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

#[derive(Serialize)]
struct Problem {
    kind: ErrorKind,
    text: String,
}

impl From<&PollError> for Problem {
    fn from(error: &PollError) -> Self {
        Self { kind: error.kind, text: error.to_string() }
    }
}

/// One line of JSON.
pub(crate) fn quick_check(checked: &Checked<'_>) -> String {
    let (metrics, reasons) = match &checked.outcome {
        Err(_) => (Metrics::default(), [].as_slice()),
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
            (metrics, judgement.reasons.as_slice())
        }
    };
    let whole = QuickCheck {
        schema: 1,
        verdict: checked.verdict(),
        reasons,
        metrics,
        thresholds: checked.thresholds,
        target: checked.target,
        source: checked.source,
        ts: timestamp(checked.at),
        error: checked.outcome.as_ref().err().map(Problem::from),
    };
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(&whole).unwrap_or_default();
    text.push('\n');
    text
}
