//! `--list`: the rows that would run.

use std::fmt::Write;

use crate::rows::{Row, Work};

/// One line a row: its number, its name, and what it needs.
pub(crate) fn list(rows: &[&'static Row]) -> String {
    let mut text = format!("{:>3}  {:<32} WHERE\n", "ROW", "NAME");
    for row in rows {
        let where_ = match row.work {
            Work::Cases(_) | Work::Any(_) => "any relay",
            Work::Own(_) => "a relay that the drill starts",
            Work::Skip(reason) => reason,
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:>3}  {:<32} {where_}", row.id, row.name);
    }
    text
}
