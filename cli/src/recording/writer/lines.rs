//! What is written of each form.

use super::{csv, ndjson};
use crate::recording::form::{Form, Row};

impl Form {
    /// The start of a new file.
    pub(super) fn header(self) -> Vec<u8> {
        match self {
            Self::Csv => csv::header(),
            Self::Ndjson => Vec::new(),
        }
    }

    /// The start of every file, so that no other file is taken for a recording.
    pub(super) fn start(self) -> Vec<u8> {
        match self {
            Self::Csv => csv::header(),
            Self::Ndjson => b"{\"type\":\"s".to_vec(),
        }
    }

    /// A row with its line feed, ready for one write.
    pub(super) fn line(self, row: &Row<'_>) -> Vec<u8> {
        match self {
            Self::Csv => row.to_line(),
            Self::Ndjson => ndjson::line(&ndjson::Line::of(row)).into_bytes(),
        }
    }
}
