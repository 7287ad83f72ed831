//! The last whole line of a file, by which a recording is gone on with.

use std::time::Duration;

use super::rows;
use crate::recording::form::{Form, Last, Place};

/// In a file of so many columns.
pub(in crate::recording) fn last(form: Form, line: &[u8], columns: usize) -> Last {
    match form {
        Form::Csv => place(line, columns).map_or(Last::Foreign, Last::Row),
        Form::Ndjson => rows::last(line),
    }
}

/// Reads the place from a whole row; `None` when it is not a row of ours.
fn place(line: &[u8], columns: usize) -> Option<Place> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
    let record = reader.records().next()?.ok()?;
    if record.len() != columns {
        return None;
    }
    let elapsed: f64 = record[1].parse().ok()?;
    Some(Place {
        at: record[0].parse().ok()?,
        elapsed: Duration::try_from_secs_f64(elapsed).ok()?,
        seq: record[2].parse().ok()?,
    })
}
