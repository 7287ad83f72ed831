//! The forms in which rows are written one at a time, and what the last line of such a file means.

use super::reader;
use super::writer::{csv, ndjson};
use super::{Place, Row};

/// How a row is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// The columns of contracts.md, one header.
    #[default]
    Csv,
    /// An object a row, and a summary as the last line.
    Ndjson,
}

/// What a whole last line is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Last {
    /// A poll: the recording stands there.
    Row(Place),
    /// The end of a finished recording.
    Summary,
    /// Neither.
    Foreign,
}

impl Form {
    /// What a file begins with.
    pub(super) fn header(self) -> Vec<u8> {
        match self {
            Self::Csv => csv::header(),
            Self::Ndjson => Vec::new(),
        }
    }

    /// What every file begins with, so that no other file is taken for a recording.
    pub(super) fn start(self) -> Vec<u8> {
        match self {
            Self::Csv => csv::header(),
            Self::Ndjson => br#"{"type":"s"#.to_vec(),
        }
    }

    /// A row with its line feed, ready for one write.
    pub(super) fn line(self, row: &Row<'_>) -> Vec<u8> {
        match self {
            Self::Csv => row.to_line(),
            Self::Ndjson => ndjson::line(&ndjson::Line::of(row)).into_bytes(),
        }
    }

    /// Reads a whole last line.
    pub(super) fn last(self, line: &[u8]) -> Last {
        match self {
            Self::Csv => csv::place(line).map_or(Last::Foreign, Last::Row),
            Self::Ndjson => reader::last(line),
        }
    }
}
