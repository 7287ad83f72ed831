//! What a comparison says: one sentence for each thing, the same in every form.

use super::read::{Drilled, Row};
use super::sheet::{Change, Gate, Line, Sheet};
use crate::count::counted;
use crate::run::{Grade, Kind};
use crate::words::{self, headed, listed, listing, said};

/// Of an explanation that is told beside others, in characters.
const LONGEST: usize = 160;

/// Who does what in a row, the worst first.
pub(super) fn difference(line: &Line<'_>, sheet: &Sheet<'_>) -> String {
    let clauses = line.groups().into_iter().map(|(places, row)| {
        let names: Vec<&str> = places.iter().map(|place| sheet.drills[*place].name.as_str()).collect();
        format!(
            "{} {}{}",
            words::together(&names),
            words::verb(row.grade.word(), names.len() == 1),
            because(row)
        )
    });
    let head = format!("{} {}", line.id, line.name);
    words::sentence(&headed(&head, &clauses.collect::<Vec<_>>().join(listing())))
}

/// The first reason, which is the worst.
fn reason(row: &Row) -> String {
    let text = said(&row.text);
    let first = text.split(listing()).next().unwrap_or_default();
    if first.chars().count() <= LONGEST {
        return first.to_owned();
    }
    let start: String = first.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}

fn because(row: &Row) -> String {
    let reason = reason(row);
    if reason.is_empty() { reason } else { words::aside(&reason) }
}

/// `new leak in row 8 client-gone-mid-stream: tasks: 7 before, 32 after`
pub(super) fn worse(change: &Change<'_>) -> String {
    let Change { before, after } = change;
    let was = match before.grade {
        Grade::Failed(_) => format!(" (was {})", before.grade.word()),
        _ => String::new(),
    };
    let noun = match after.grade {
        Grade::Failed(Kind::Wrong) => "wrong result",
        grade => grade.word(),
    };
    let head = said(&format!("new {noun} in row {} {}{was}", after.id, after.name));
    let reason = reason(after);
    if reason.is_empty() { head } else { headed(&head, &reason) }
}

/// `row 8 client-gone-mid-stream passes now (was leak)`
pub(super) fn better(change: &Change<'_>) -> String {
    let Change { before, after } = change;
    words::better(after.id, &after.name, after.grade.word(), before.grade.word())
}

/// What the gate says.
pub(super) fn gate(gate: &Gate<'_>) -> String {
    let Gate { before, last, compared, worse, .. } = gate;
    let verdict = gate.verdict();
    let open = if gate.complete { String::new() } else { format!("{last} is not complete; ") };
    let text = match (compared, worse.len()) {
        (0, _) => format!("{verdict}: {open}no row was done in both {before} and {last}"),
        (1, n) => format!("{verdict}: {open}{n} of 1 row is worse in {last} than in {before}"),
        (all, 1) => format!("{verdict}: {open}1 of {all} rows is worse in {last} than in {before}"),
        (all, n) => format!("{verdict}: {open}{n} of {all} rows are worse in {last} than in {before}"),
    };
    said(&text)
}

/// So many rows are named; a table stands above.
const NAMED: usize = 12;

/// `branch lacks 2 rows that main has: 8 client-gone-mid-stream, 14 stream-stalls.`
fn lacks(gate: &Gate<'_>) -> Option<String> {
    let Gate { before, last, lacks, .. } = gate;
    let mut names: Vec<String> =
        lacks.iter().take(NAMED).map(|row| format!("{} {}", row.id, row.name)).collect();
    names.extend(
        lacks.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| said(&format!("{more} more"))),
    );
    let rows = counted(lacks.len(), "row");
    let text = || said(&format!("{last} lacks {rows} that {before} has: {}.", listed(&names)));
    (!lacks.is_empty()).then(text)
}

/// A drill that was ended before all of its rows were done.
fn incomplete(drill: &Drilled) -> Option<String> {
    let done = drill.rows.iter().filter(|row| row.grade != Grade::Skipped).count();
    let text = || {
        said(&format!(
            "{} is not complete: {done} of its {} done. `--resume` goes on from it.",
            drill.name,
            counted(drill.rows.len(), "row")
        ))
    };
    (!drill.complete).then(text)
}

/// Without which the verdicts mislead.
fn cautions(sheet: &Sheet<'_>) -> Vec<String> {
    let open = sheet.drills.iter().filter_map(incomplete);
    let sizes = sheet.sizes_differ().then(|| said(SIZES));
    open.chain(sheet.gate.as_ref().and_then(lacks)).chain(sizes).collect()
}

/// How much differs.
fn summary(sheet: &Sheet<'_>) -> String {
    let (rows, differ) = (sheet.lines.len(), sheet.differing().count());
    said(&format!("{differ} of {} came out differently", counted(rows, "row")))
}

/// Where the drills were not of one size.
const SIZES: &str = "The drills were not of one size. Verdicts may differ for that alone.";

/// The lists below the table, in this order.
pub(super) fn sections(sheet: &Sheet<'_>) -> Vec<(String, Vec<String>)> {
    let changes = |of: &[Change<'_>], say: fn(&Change<'_>) -> String| of.iter().map(say).collect();
    let mut all = Vec::new();
    if let Some(gate) = &sheet.gate {
        all.push((said("Worse"), changes(&gate.worse, worse)));
        all.push((said("Better"), changes(&gate.better, better)));
    }
    all.push((said("What differs"), sheet.differing().map(|line| difference(line, sheet)).collect()));
    all.push((said("Mind"), cautions(sheet)));
    all.retain(|(_, items): &(_, Vec<String>)| !items.is_empty());
    all
}

/// The last line, or the first.
pub(super) fn last(sheet: &Sheet<'_>) -> String {
    sheet.gate.as_ref().map_or_else(|| summary(sheet), gate)
}

/// What was drilled: `http://127.0.0.1:3000, 25 requests of each fault, 10 at once, clients wait 30 s`.
pub(super) fn origin(drill: &Drilled) -> String {
    let size = drill.size;
    said(&format!(
        "{}, {} requests of each fault, {} at once, clients wait {} s",
        drill.target, size.requests, size.at_once, size.patience_s
    ))
}
