//! Rows as NDJSON, and the summary that ends such a recording. Its keys are a contract: those of a CSV's columns, and
//! more. `watch --format ndjson` writes the same, with what only a watch judges.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap};
use vitals::Sample;

use crate::moment::timestamp;
use crate::reading::{Outcome, PollError};
use crate::recording::form::{Column, Row, columns};
use crate::summary::{Series, Summary};

/// A poll as it is in both; what a watch judges follows it there.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    r#type: &'static str,
    ts: String,
    elapsed_s: f64,
    seq: u64,
    ok: bool,
    error: Option<&'a PollError>,
    latency_ms: Option<f64>,
    status: Option<&'a str>,
    #[serde(flatten)]
    measured: Measured<'a>,
    unexplained: Option<u64>,
}

/// The columns of a recording, null where nothing came.
struct Measured<'a>(Sample, Option<&'a str>);

impl Serialize for Measured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for column in columns() {
            match column {
                Column::Measured(field) => map.serialize_entry(column.name(), &(field.get)(&self.0))?,
                Column::Instance => map.serialize_entry(column.name(), &self.1)?,
            }
        }
        map.end()
    }
}

impl<'a> Line<'a> {
    pub(crate) fn of(row: &Row<'a>) -> Self {
        let reading = row.outcome.as_ref().ok();
        let sample = reading.map(|reading| reading.sample).unwrap_or_default();
        Self {
            r#type: "sample",
            ts: timestamp(row.at),
            elapsed_s: thousandths(row.elapsed.as_secs_f64()),
            seq: row.seq,
            ok: reading.is_some(),
            error: row.outcome.as_ref().err(),
            latency_ms: reading.map(|reading| thousandths(reading.latency.as_secs_f64() * 1000.0)),
            status: reading.and_then(|reading| reading.status.as_deref()),
            unexplained: sample.explained.and_then(|_| sample.unexplained()),
            measured: Measured(sample, row.instance),
        }
    }
}

/// The last line of a file, so far; one for each of several instances.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) target: String,
    pub(super) source: String,
    /// By the names of instances; empty where there is one alone.
    parts: BTreeMap<String, Part>,
}

#[derive(Debug)]
struct Part {
    summary: Summary,
    first: (Timestamp, Duration),
    last: (Timestamp, Duration),
}

impl Ending {
    pub(super) fn new(target: &str, source: &str) -> Self {
        Self { target: target.to_owned(), source: source.to_owned(), parts: BTreeMap::new() }
    }

    /// A row of an instance, whose poll began `at`, so long after the recording's first.
    pub(super) fn add(&mut self, at: Timestamp, elapsed: Duration, outcome: &Outcome, instance: &str) {
        let now = (at, elapsed);
        let new = || Part { summary: Summary::default(), first: now, last: now };
        let part = self.parts.entry(instance.to_owned()).or_insert_with(new);
        part.summary.add(at, outcome);
        part.last = now;
    }

    /// The whole file, a line for each instance, unless it has no row; a next file begins anew.
    pub(super) fn lines(&mut self) -> String {
        std::mem::take(&mut self.parts)
            .into_iter()
            .map(|(instance, part)| self.line(&instance, &part))
            .collect()
    }

    fn line(&self, instance: &str, part: &Part) -> String {
        let Part { summary: seen, first: (started, from), last: (ended, to) } = part;
        line(&Whole {
            r#type: "summary",
            schema: 1,
            target: &self.target,
            source: &self.source,
            instance: Some(instance).filter(|instance| !instance.is_empty()),
            started: timestamp(*started),
            ended: timestamp(*ended),
            elapsed_s: thousandths(to.saturating_sub(*from).as_secs_f64()),
            polls: seen.polls(),
            failed: seen.failed.iter().map(|(kind, n)| (kind.as_str(), *n)).collect(),
            restarts: seen.restarts,
            metrics: metrics(seen),
        })
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    r#type: &'static str,
    schema: u32,
    target: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    started: String,
    ended: String,
    elapsed_s: f64,
    polls: u64,
    failed: BTreeMap<&'static str, u64>,
    restarts: u64,
    metrics: BTreeMap<&'static str, Metric>,
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

/// One measurement over the run; `first` and `last` since the last restart.
#[derive(Serialize)]
pub(crate) struct Metric {
    n: u64,
    min: Option<Number>,
    median: Option<Number>,
    p95: Option<Number>,
    max: Option<Number>,
    max_ts: Option<String>,
    first: Option<Number>,
    last: Option<Number>,
}

pub(crate) fn metrics(seen: &Summary) -> BTreeMap<&'static str, Metric> {
    let mut metrics = BTreeMap::from([
        ("goroutines", metric(&seen.goroutines, Number::Whole)),
        ("alloc_bytes", metric(&seen.memory, Number::Whole)),
        ("latency_ms", metric(&seen.latency, milliseconds)),
    ]);
    let held = [
        ("rss_bytes", &seen.resident),
        ("open_fds", &seen.descriptors),
        ("threads", &seen.threads),
        ("upstream_open", &seen.connections),
    ];
    for (name, series) in held.into_iter().filter(|(_, series)| series.spread.n() > 0) {
        metrics.insert(name, metric(series, Number::Whole));
    }
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

pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A value on a line of its own, with its line feed.
pub(crate) fn line(value: &impl Serialize) -> String {
    // Plain structs of numbers and text always serialise.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}
