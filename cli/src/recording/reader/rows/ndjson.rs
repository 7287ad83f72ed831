//! Rows as NDJSON: one object a line, and a summary at the end.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use vitals::FIELDS;

use super::columns::micros;
use super::{Poll, Words};
use crate::reading::{ErrorKind, Fault, Outcome};
use crate::recording::form::{INSTANCE, Last, Place};

/// One line of a recording, or of `watch --format ndjson`.
#[derive(Deserialize)]
pub(super) struct Object {
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

impl Object {
    /// Reads one; `None` when it is none.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    pub(super) fn is_summary(&self) -> bool {
        self.r#type == "summary"
    }

    /// When the poll began.
    pub(super) fn time(&self) -> &str {
        self.ts.as_deref().unwrap_or_default()
    }

    /// Since the start, by the monotonic clock.
    pub(super) fn elapsed_s(&self) -> Option<f64> {
        self.elapsed_s.filter(|seconds| seconds.is_finite())
    }

    /// Where the recording stood then.
    pub(super) fn place(&self) -> Option<Place> {
        let elapsed = Duration::try_from_secs_f64(self.elapsed_s?).ok()?;
        Some(Place { at: self.ts.as_deref()?.parse().ok()?, elapsed, seq: self.seq? })
    }

    /// The measurements; the kind of the error where the poll failed.
    pub(super) fn poll(&self) -> Result<Poll, ErrorKind> {
        if self.ok != Some(true) {
            let kind = self.error.as_ref().and_then(|error| ErrorKind::from_word(&error.kind));
            return Err(kind.unwrap_or(ErrorKind::Content));
        }
        let mut poll = Poll { elapsed_s: self.elapsed_s(), ..Poll::default() };
        for field in FIELDS {
            let value = field.csv.and_then(|name| self.measured.get(name)).and_then(Value::as_u64);
            (field.set)(&mut poll.sample, value);
        }
        poll.latency_us = micros(self.latency_ms.unwrap_or_default());
        Ok(poll)
    }

    pub(super) fn words(&self) -> Words<'_> {
        let text = |key| self.measured.get(key).and_then(Value::as_str).unwrap_or_default().as_bytes();
        Words { status: text("status"), instance: text(INSTANCE) }
    }
}

/// The kind of a file's last line.
pub(in crate::recording) fn last(line: &[u8]) -> Last {
    match Object::read(line) {
        Some(line) if line.is_summary() => Last::Summary,
        Some(line) if line.r#type == "sample" => line.place().map_or(Last::Foreign, Last::Row),
        _ => Last::Foreign,
    }
}

/// Gives the polls of a recording that is gone on with, because the summary at its end is of the whole file.
///
/// # Errors
/// It cannot be read.
pub(in crate::recording) fn again(
    path: &Path,
    mut take: impl FnMut(Place, &Outcome, &str),
) -> io::Result<()> {
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let line = Object::read(&line?);
        let Some((object, place)) = line.as_ref().and_then(|line| Some((line, line.place()?))) else {
            continue;
        };
        let outcome = object.poll().map(|poll| poll.reading(object.words()));
        let outcome = outcome.map_err(|kind| Fault::Recorded(kind).into());
        take(place, &outcome, &String::from_utf8_lossy(object.words().instance));
    }
    Ok(())
}
