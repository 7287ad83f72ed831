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

    /// The longest start of a file, so that no other file is taken for a recording.
    pub(super) fn start(self) -> Vec<u8> {
        match self {
            Self::Csv => csv::header(),
            Self::Ndjson => b"{\"type\":\"s".to_vec(),
        }
    }

    /// The header of a file that starts like this, with its line feed, and how many columns it names; `None` if it is
    /// no recording of this version or of an earlier one.
    pub(super) fn header_of(self, start: &[u8]) -> Option<(u64, usize)> {
        match self {
            Self::Csv => {
                let end = memchr::memchr(b'\n', start)? + 1;
                Some((end as u64, csv::columns_of(&start[..end])?))
            }
            Self::Ndjson => (start == self.start()).then_some((0, usize::MAX)),
        }
    }

    /// A row with its line feed, ready for one write: so many columns of it.
    pub(super) fn line(self, row: &Row<'_>, columns: usize) -> Vec<u8> {
        match self {
            Self::Csv => row.to_columns(columns),
            Self::Ndjson => ndjson::line(&ndjson::Line::of(row)).into_bytes(),
        }
    }
}
