//! `record --format ndjson`: a row is what a watch's sample is, without what only a watch judges.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Measured, Metric, line, metrics, thousandths};
use crate::recording::Row;
use crate::render::json::Problem;
use crate::render::timestamp;
use crate::summary::Summary;

/// A poll as it is in both; what a watch judges follows it there.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    r#type: &'static str,
    ts: String,
    elapsed_s: f64,
    seq: u64,
    ok: bool,
    error: Option<Problem>,
    latency_ms: Option<f64>,
    status: Option<&'a str>,
    #[serde(flatten)]
    measured: Measured,
    unexplained: Option<u64>,
}

impl<'a> Line<'a> {
    pub(super) fn of(row: &Row<'a>) -> Self {
        let reading = row.outcome.as_ref().ok();
        let sample = reading.map(|reading| reading.sample).unwrap_or_default();
        Self {
            r#type: "sample",
            ts: timestamp(row.at),
            elapsed_s: thousandths(row.elapsed.as_secs_f64()),
            seq: row.seq,
            ok: reading.is_some(),
            error: row.outcome.as_ref().err().map(Problem::from),
            latency_ms: reading.map(|reading| thousandths(reading.latency.as_secs_f64() * 1000.0)),
            status: reading.and_then(|reading| reading.status.as_deref()),
            unexplained: sample.explained.and_then(|_| sample.unexplained()),
            measured: Measured(sample),
        }
    }
}

/// One poll on one line.
pub(crate) fn row(row: &Row<'_>) -> String {
    line(&Line::of(row))
}

/// A recording that ends.
#[derive(Debug)]
pub(crate) struct Recorded<'a> {
    /// The target, without credentials.
    pub(crate) target: &'a str,
    /// The name of the source.
    pub(crate) source: &'a str,
    /// When the file's first row was asked for.
    pub(crate) started: jiff::Timestamp,
    /// When its last one was.
    pub(crate) ended: jiff::Timestamp,
    /// Between the two, by the monotonic clock.
    pub(crate) took: std::time::Duration,
    /// What the rows came to.
    pub(crate) summary: &'a Summary,
}

#[derive(Serialize)]
struct Whole<'a> {
    r#type: &'static str,
    schema: u32,
    target: &'a str,
    source: &'a str,
    started: String,
    ended: String,
    elapsed_s: f64,
    polls: u64,
    failed: BTreeMap<&'static str, u64>,
    restarts: u64,
    metrics: BTreeMap<&'static str, Metric>,
}

/// The whole file on one line.
pub(crate) fn whole(recorded: &Recorded<'_>) -> String {
    let seen = recorded.summary;
    line(&Whole {
        r#type: "summary",
        schema: 1,
        target: recorded.target,
        source: recorded.source,
        started: timestamp(recorded.started),
        ended: timestamp(recorded.ended),
        elapsed_s: thousandths(recorded.took.as_secs_f64()),
        polls: seen.polls(),
        failed: seen.failed.iter().map(|(kind, n)| (kind.as_str(), *n)).collect(),
        restarts: seen.restarts,
        metrics: metrics(seen),
    })
}
