//! NDJSON recordings, read: by whoever compares or shows them, and when they are gone on with, because the summary at
//! the end is of the whole file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use vitals::{FIELDS, Sample};

use super::form::Last;
use super::row::Place;
use crate::source::{ErrorKind, PollError, Reading};
use crate::summary::Summary;

/// One line of a recording, or of `watch --format ndjson`.
#[derive(Deserialize)]
pub(crate) struct Line {
    r#type: String,
    ts: Option<String>,
    elapsed_s: Option<f64>,
    seq: Option<u64>,
    ok: Option<bool>,
    error: Option<Failed>,
    latency_ms: Option<f64>,
    #[serde(flatten)]
    measured: Map<String, Value>,
}

#[derive(Deserialize)]
struct Failed {
    kind: String,
}

impl Line {
    /// Reads one; `None` when it is none.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// Whether it is the summary at the end.
    pub(crate) fn is_summary(&self) -> bool {
        self.r#type == "summary"
    }

    /// When the poll began.
    pub(crate) fn time(&self) -> &str {
        self.ts.as_deref().unwrap_or_default()
    }

    /// Since the start, by the monotonic clock.
    pub(crate) fn elapsed_s(&self) -> Option<f64> {
        self.elapsed_s.filter(|seconds| seconds.is_finite())
    }

    fn place(&self) -> Option<Place> {
        let elapsed = Duration::try_from_secs_f64(self.elapsed_s?).ok()?;
        Some(Place { at: self.ts.as_deref()?.parse().ok()?, elapsed, seq: self.seq? })
    }

    /// What came.
    pub(crate) fn outcome(&self) -> Result<Reading, PollError> {
        if self.ok != Some(true) {
            let kind = self.error.as_ref().and_then(|error| ErrorKind::from_word(&error.kind));
            return Err(PollError::new(kind.unwrap_or(ErrorKind::Content), "", ""));
        }
        let mut sample = Sample::default();
        for field in FIELDS {
            let value = field.csv.and_then(|name| self.measured.get(name)).and_then(Value::as_u64);
            (field.set)(&mut sample, value);
        }
        let latency = Duration::try_from_secs_f64(self.latency_ms.unwrap_or_default() / 1000.0);
        Ok(Reading { sample, status: None, program: None, latency: latency.unwrap_or_default() })
    }
}

/// What the last line of a file is.
pub(super) fn last(line: &[u8]) -> Last {
    match Line::read(line) {
        Some(line) if line.is_summary() => Last::Summary,
        Some(line) if line.r#type == "sample" => line.place().map_or(Last::Foreign, Last::Row),
        _ => Last::Foreign,
    }
}

/// What the rows of a file came to, when the first of them was asked for, and how much of the recording's time had
/// passed by then.
pub(super) fn summed_up(path: &Path) -> io::Result<(Summary, Option<(Timestamp, Duration)>)> {
    let (mut summary, mut first) = (Summary::default(), None);
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let Some(line) = Line::read(&line?) else { continue };
        let Some(place) = line.place() else { continue };
        first.get_or_insert((place.at, place.elapsed));
        summary.add(place.at, &line.outcome());
    }
    Ok((summary, first))
}
