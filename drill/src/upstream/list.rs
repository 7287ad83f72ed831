//! `--list`: the table of faults for people and for programs.

use std::fmt::Write;

use report::text::{gap, padded};
use serde_json::{Value, json};

use super::connection_fault::CONNECTIONS;
use super::table::{Row, TABLE};
use crate::words::said;

fn argument(row: &Row) -> String {
    row.default.map_or_else(String::new, |default| default.to_string())
}

fn range(row: &Row) -> String {
    row.range().map_or_else(String::new, |range| format!("{}-{}", range.start(), range.end()))
}

/// One line per fault: its row in the fault matrix, its name, the default of its argument and what it may be, what it does.
pub(super) fn text() -> String {
    let heads = ["ROW", "NAME", "ARG", "RANGE", "WHAT (model `fault-NAME` or `fault-NAME-ARG`)"].map(said);
    let [row, name, argument, range, what] = &heads;
    let mut text = format!(
        "{}{row}  {} {}{argument}  {}  {what}\n",
        gap(row, 3),
        padded(name, 21),
        gap(argument, 4),
        padded(range, 12)
    );
    for row in TABLE {
        let id = if row.id == 0 { String::new() } else { row.id.to_string() };
        // Writing to a string does not fail.
        let (arg, range) = (self::argument(row), self::range(row));
        let _ = writeln!(text, "{id:>3}  {:<21} {arg:>4}  {range:<12}  {}", row.name, said(row.what));
    }
    text += &said("\nOf all connections, by `--connections NAME` or `NAME-ARG`:\n");
    for row in CONNECTIONS {
        let argument = row.default.map_or_else(String::new, |default| default.to_string());
        let _ = writeln!(text, "{:>3}  {:<21} {argument:>4}  {}", row.id, row.name, said(row.what));
    }
    text
}

/// The table as a JSON array.
pub(super) fn json() -> String {
    let requests = TABLE
        .iter()
        .map(|row| json!({"row": row.id, "name": row.name, "default": row.default, "range": row.range().map(|range| [*range.start(), *range.end()]), "what": row.what, "of": "request"}));
    let connections = CONNECTIONS.iter().map(
        |row| json!({"row": row.id, "name": row.name, "default": row.default, "what": row.what, "of": "connection"}),
    );
    let rows: Value = requests.chain(connections).collect();
    format!("{rows}\n")
}
