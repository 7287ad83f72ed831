//! `--list`: the rows that would run.

use std::fmt::Write;

use crate::run::{Row, Work};

/// One line a row: its number, its name, where it can be run, and the fault, by its number.
pub(crate) fn list(rows: &[&'static Row], fault: impl Fn(u8) -> &'static str) -> String {
    let mut text = format!("{:>3}  {:<28}  {:<5}  FAULT\n", "ROW", "NAME", "WHERE");
    for row in rows {
        let (place, skipped) = match row.work {
            Work::Good | Work::Cases(_) | Work::Any(_) => ("any", String::new()),
            Work::Own(_) => ("own", String::new()),
            Work::Skip(reason) => ("-", format!(" (skipped: {reason})")),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:>3}  {:<28}  {place:<5}  {}{skipped}", row.id, row.name, fault(row.id));
    }
    text.push_str(
        "\nany: also with --target; own: needs a relay that the drill itself starts and configures\n",
    );
    text
}
