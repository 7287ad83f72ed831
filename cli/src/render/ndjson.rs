//! `watch --format ndjson`: one object per sample, then one summary. Its keys are a contract: those of a recording's
//! columns, and more.

mod recorded;
mod trends;

pub(crate) use recorded::{Recorded, row, whole};

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};
use vitals::trend::Course;
use vitals::{FIELDS, Sample, TaskBand, Thresholds, Verdict};

use super::{Watched, number, timestamp};
use crate::diagnosis::Place;
use crate::recording::Row;
use crate::summary::Series;
use crate::watching::{Polled, Seen};
use crate::words::en;

/// What a watch's line says beyond a recording's.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    poll: recorded::Line<'a>,
    verdict: Verdict,
    change: Option<i128>,
    net: Option<i128>,
    recovered: bool,
    restarted: bool,
    trend: Option<Course>,
    alloc_trend: Option<Course>,
}

/// The columns of a recording, null where nothing came.
struct Measured(Sample);

impl Serialize for Measured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = FIELDS.iter().filter_map(|field| Some((field.csv?, (field.get)(&self.0))));
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in columns {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

/// One poll on one line.
pub(crate) fn sample(polled: &Polled<'_>) -> String {
    let [trend, alloc_trend] = polled.trend.courses;
    let Polled { at, elapsed, seq, outcome, .. } = *polled;
    line(&Line {
        poll: recorded::Line::of(&Row { at, elapsed, seq, outcome }),
        verdict: polled.judgement.as_ref().map_or(Verdict::Unknown, |judgement| judgement.verdict),
        change: polled.step.change,
        net: polled.step.since_start,
        recovered: polled.step.recovered > 0,
        restarted: polled.step.restarted,
        trend,
        alloc_trend,
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
    bands: BTreeMap<TaskBand, u64>,
    thresholds: Thresholds,
    max_peak: u64,
    metrics: BTreeMap<&'static str, Metric>,
    trends: BTreeMap<&'static str, trends::Object>,
    growing: &'a [Place],
}

#[derive(Serialize)]
struct Problematic {
    verdict: Verdict,
    metric: &'static str,
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

/// Counts and bytes stay whole.
#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Whole(u64),
    Fraction(f64),
}

/// Microseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "three decimals are kept")]
fn milliseconds(micros: u64) -> Number {
    Number::Fraction(thousandths(micros as f64 / 1000.0))
}

/// One measurement over the watch; `first` and `last` since the last restart.
#[derive(Serialize)]
struct Metric {
    n: u64,
    min: Option<Number>,
    median: Option<Number>,
    p95: Option<Number>,
    max: Option<Number>,
    max_ts: Option<String>,
    first: Option<Number>,
    last: Option<Number>,
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
        bands: watching.bands.clone(),
        thresholds: watching.thresholds,
        max_peak: watching.peak_limit(),
        metrics: metrics(seen),
        trends: trends::objects(&watching.trends),
        growing: watched.growing,
    })
}

fn metrics(seen: &crate::summary::Summary) -> BTreeMap<&'static str, Metric> {
    let mut metrics = BTreeMap::from([
        ("goroutines", metric(&seen.goroutines, Number::Whole)),
        ("alloc_bytes", metric(&seen.memory, Number::Whole)),
        ("latency_ms", metric(&seen.latency, milliseconds)),
    ]);
    if seen.explains {
        metrics.insert("unexplained", metric(&seen.judged, Number::Whole));
    }
    metrics
}

fn metric(series: &Series, number: fn(u64) -> Number) -> Metric {
    let spread = &series.spread;
    Metric {
        n: spread.n(),
        min: spread.min().map(number),
        median: spread.median().map(number),
        p95: spread.p95().map(number),
        max: spread.max().map(number),
        max_ts: series.max_at.map(timestamp),
        first: series.ends.map(|(first, _)| number(first)),
        last: series.ends.map(|(_, last)| number(last)),
    }
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn line(value: &impl Serialize) -> String {
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
