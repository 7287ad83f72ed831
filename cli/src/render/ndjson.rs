//! `watch --format ndjson`: one object per sample, then one summary. Its keys are a contract: those of a recording's
//! columns, and more.

mod acted;
mod lives;
mod trends;

pub(crate) use acted::acted;

use std::collections::BTreeMap;

use serde::Serialize;
use vitals::trend::Course;
use vitals::{TaskBand, Thresholds, Traffic, Verdict};

use super::stacks::{self, Object};
use super::{Watched, instance, kept, number, rounded, timestamp};
use crate::finding::Quantity;
use crate::recording::Row;
use crate::recording::ndjson::{self, Metric, line, metrics, thousandths};
use crate::watching::{Polled, Seen};
use crate::words::en;

/// A recording's line, and the judgements of a watch.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    poll: ndjson::Line<'a>,
    verdict: Verdict,
    change: Option<i128>,
    net: Option<i128>,
    recovered: bool,
    restarted: bool,
    error_percent: Option<serde_json::Number>,
    trend: Option<Course>,
    alloc_trend: Option<Course>,
    rising: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept: Vec<kept::Object<'a>>,
}

/// One poll on one line; of this one, where several are watched.
pub(crate) fn sample(polled: &Polled<'_>, instance: Option<&str>) -> String {
    let [trend, alloc_trend] = polled.trend.courses;
    let Polled { at, elapsed, seq, outcome, .. } = *polled;
    line(&Line {
        poll: ndjson::Line::of(&Row { at, elapsed, seq, outcome, instance }),
        verdict: polled.verdict().unwrap_or(Verdict::Unknown),
        change: polled.step.change,
        net: polled.step.since_start,
        recovered: polled.step.recovered > 0,
        restarted: polled.step.restarted,
        error_percent: polled.recent.error_percent().map(rounded).and_then(number),
        trend,
        alloc_trend,
        rising: polled.trend.rising,
        kept: kept::objects(&polled.kept),
    })
}

#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    schema: u32,
    verdict: Verdict,
    reasons: Vec<Problematic>,
    passed: Vec<Problematic>,
    target: &'a str,
    source: &'a str,
    started: String,
    ended: String,
    elapsed_s: f64,
    polls: u64,
    failed: BTreeMap<&'static str, u64>,
    restarts: u64,
    skipped: u64,
    bands: BTreeMap<TaskBand, u64>,
    thresholds: Thresholds,
    max_peak: u64,
    metrics: BTreeMap<&'static str, Metric>,
    requests: Traffic,
    trends: BTreeMap<&'static str, trends::Object>,
    growing: Vec<Object<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept: Vec<kept::Object<'a>>,
    lives: Vec<lives::Object>,
    instances: Vec<instance::Object>,
}

#[derive(Serialize)]
struct Problematic {
    verdict: Verdict,
    metric: Quantity,
    value: Option<serde_json::Number>,
    threshold: Option<serde_json::Number>,
    text: String,
    ts: String,
}

impl From<&Seen> for Problematic {
    fn from(Seen { finding, at }: &Seen) -> Self {
        Self {
            verdict: finding.verdict,
            metric: finding.metric,
            value: finding.value.and_then(number),
            threshold: finding.threshold.and_then(number),
            text: en::finding(finding),
            ts: timestamp(*at),
        }
    }
}

/// The whole watch on one line.
pub(crate) fn summary(watched: &Watched<'_>) -> String {
    let (watching, conclusion) = (watched.watching, watched.conclusion);
    let seen = &watching.summary;
    line(&Summary {
        r#type: "summary",
        schema: 1,
        verdict: conclusion.verdict,
        reasons: conclusion.findings.iter().map(Into::into).collect(),
        passed: conclusion.passed.iter().map(Into::into).collect(),
        target: watched.target,
        source: watched.source,
        started: timestamp(watched.started),
        ended: timestamp(watched.ended),
        elapsed_s: thousandths(watched.took.as_secs_f64()),
        polls: seen.polls(),
        failed: seen.failed.iter().map(|(kind, n)| (kind.as_str(), *n)).collect(),
        restarts: seen.restarts,
        skipped: seen.skipped,
        bands: watching.bands.clone(),
        thresholds: watching.thresholds,
        max_peak: watching.peak_limit(),
        metrics: metrics(seen),
        requests: seen.requests.all,
        trends: trends::objects(&watching.trends),
        growing: stacks::objects(watched.growing),
        kept: kept::objects(watched.kept),
        lives: lives::objects(watching),
        instances: watching.several().iter().map(Into::into).collect(),
    })
}

#[cfg(test)]
mod tests;
