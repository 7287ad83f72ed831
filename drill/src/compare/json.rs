//! For programs. Keys are only ever added.

use serde_json::{Map, Value, json};

use super::read::Drilled;
use super::say;
use super::sheet::{Change, Gate, Line, Sheet};
use crate::run::Grade;

/// Schema 1.
pub(super) fn json(sheet: &Sheet<'_>) -> String {
    let value = json!({
        "schema": 1,
        "drills": sheet.drills.iter().map(drill).collect::<Vec<_>>(),
        "rows": sheet.lines.iter().map(|line| row(line, sheet)).collect::<Vec<_>>(),
        "sizes_differ": sheet.sizes_differ(),
        "gate": sheet.gate.as_ref().map(gate),
    });
    format!("{value}\n")
}

fn drill(drill: &Drilled) -> Value {
    let counts: Map<String, Value> = Grade::ALL
        .iter()
        .map(|grade| (grade.word().to_owned(), Sheet::count(drill, *grade).into()))
        .collect();
    json!({
        "name": drill.name,
        "file": drill.file,
        "target": drill.target,
        "requests": drill.size.requests,
        "concurrency": drill.size.at_once,
        "patience_s": drill.size.patience_s,
        "complete": drill.complete,
        "counts": counts,
    })
}

fn row(line: &Line<'_>, sheet: &Sheet<'_>) -> Value {
    let verdicts = line.cells.iter().map(|cell| cell.map(|row| row.grade.word()));
    let differs = sheet.differing().any(|other| std::ptr::eq(other, line));
    json!({
        "id": line.id,
        "name": line.name,
        "verdicts": verdicts.collect::<Vec<_>>(),
        "differs": differs,
        "text": differs.then(|| say::difference(line, sheet)),
    })
}

fn gate(gate: &Gate<'_>) -> Value {
    let changes = |changes: &[Change<'_>], text: fn(&Change<'_>) -> String| {
        let change = |change: &Change<'_>| {
            json!({
                "id": change.after.id,
                "name": change.after.name,
                "before": change.before.grade.word(),
                "after": change.after.grade.word(),
                "text": text(change),
            })
        };
        changes.iter().map(change).collect::<Vec<_>>()
    };
    json!({
        "verdict": gate.verdict(),
        "before": gate.before,
        "last": gate.last,
        "compared": gate.compared,
        "complete": gate.complete,
        "lacks": gate.lacks.iter().map(|row| json!({"id": row.id, "name": row.name})).collect::<Vec<_>>(),
        "worse": changes(&gate.worse, say::worse),
        "better": changes(&gate.better, say::better),
        "text": say::gate(gate),
    })
}
