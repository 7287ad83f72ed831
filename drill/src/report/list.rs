//! `--list`: the rows that would run.

use report::text::{columns, gap, padded};

use crate::run::{Row, Work};
use crate::words::said;

/// One line a row: its number, its name, where it can be run, and the fault, by its number.
pub(crate) fn list(rows: &[&'static Row], fault: impl Fn(u8) -> &'static str) -> String {
    let [row, name, place, head] = ["ROW", "NAME", "WHERE", "FAULT"].map(said);
    let mut text = line(&row, &name, &place, &head);
    for row in rows {
        let (place, skipped) = match row.work {
            Work::Good | Work::Cases(_) | Work::Any(_) => ("any", String::new()),
            Work::Own(_) => ("own", String::new()),
            Work::Skip(reason) => ("-", said(&format!(" (skipped: {reason})"))),
        };
        text += &line(&row.id.to_string(), row.name, &said(place), &(said(fault(row.id)) + &skipped));
    }
    text +=
        &said("\nany: also with --target; own: needs a relay that the drill itself starts and configures\n");
    text
}

/// The widest word that says where a row can be run.
fn width() -> usize {
    ["WHERE", "any", "own"].into_iter().map(|word| columns(&said(word))).max().unwrap_or(0)
}

fn line(id: &str, name: &str, place: &str, fault: &str) -> String {
    format!("{}{id}  {}  {}  {fault}\n", gap(id, 3), padded(name, 28), padded(place, width()))
}
