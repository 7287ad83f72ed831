//! What keeps a line from being a row, in words that name the column, the value and what belongs there. Only lines
//! that are left out are asked.

use std::fmt;

use vitals::{FIELDS, Field, Unit};

use crate::words::counted;

/// A value is shown up to this many characters.
const SHOWN: usize = 40;

/// A line that is no row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign<'a> {
    /// Its number in the file, from 1.
    pub(crate) line: u64,
    /// What is wrong with it.
    pub(crate) why: Odd<'a>,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Odd<'a> {
    /// It looks like nothing that a recording has.
    Other,
    /// It has fewer or more cells than the header.
    Cells {
        /// How many; one more than `expected` is one more or many.
        found: usize,
        /// As many as there are columns.
        expected: usize,
    },
    /// Its time is missing.
    NoTime,
    /// A measurement is no number.
    Cell {
        /// Its place in [`FIELDS`].
        field: usize,
        /// What stands there.
        value: &'a [u8],
    },
}

impl fmt::Display for Odd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("it looks like none"),
            Self::Cells { found, expected } if found > expected => {
                write!(f, "it has more than the {expected} cells of the header")
            }
            Self::Cells { found, expected } => {
                write!(f, "it has {}, and the header {expected}", counted(*found as u64, "cell", "cells"))
            }
            Self::NoTime => {
                f.write_str("its ts is missing: a time such as 2026-11-18T11:06:40.250Z belongs there")
            }
            Self::Cell { field, value } => {
                let Some(field) = FIELDS.get(*field) else { return f.write_str("it looks like none") };
                let text = String::from_utf8_lossy(value);
                let shown: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
                let (column, belongs) = (field.csv.unwrap_or_default(), belongs(field));
                write!(f, "its {column} is `{shown}`, where {belongs} belongs, or nothing")
            }
        }
    }
}

/// What a column holds.
fn belongs(field: &Field) -> &'static str {
    match field.unit {
        Unit::Count | Unit::Micros => "a whole number such as 312",
        Unit::Bytes => "a whole number of bytes such as 18874368",
        Unit::Seconds => "a whole number of seconds since 1970 such as 1795000000",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_named_with_what_belongs_there() {
        let said = |column: &str, value: &str| {
            let field = FIELDS.iter().position(|field| field.csv == Some(column)).unwrap();
            Odd::Cell { field, value: value.as_bytes() }.to_string()
        };
        assert_eq!(
            said("goroutines", "NaN"),
            "its goroutines is `NaN`, where a whole number such as 312 belongs, or nothing"
        );
        assert!(
            said("start_time", "2026-11-18T11:00:00Z")
                .contains("`2026-11-18T11:00:00Z`, where a whole number of seconds since 1970")
        );
        assert!(said("alloc_bytes", "\x1b[31m").contains("`[31m`, where a whole number of bytes"));
        assert!(said("threads", &"9".repeat(99)).contains(&format!("`{}`", "9".repeat(SHOWN))));
        assert_eq!(Odd::Cells { found: 1, expected: 2 }.to_string(), "it has 1 cell, and the header 2");
        assert_eq!(
            Odd::Cells { found: 3, expected: 2 }.to_string(),
            "it has more than the 2 cells of the header"
        );
    }
}
