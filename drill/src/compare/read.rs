//! Reads what a drill has written as JSON.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::Grade;
use crate::written;

/// The result of one drill.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drilled {
    /// Short, and no other file's.
    pub(super) name: String,
    pub(super) file: String,
    pub(super) target: String,
    pub(super) size: Size,
    /// It was not ended before all of its rows were done.
    pub(super) complete: bool,
    pub(super) rows: Vec<Row>,
}

/// What a verdict may hang on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) requests: u64,
    pub(super) at_once: u64,
    pub(super) patience_s: f64,
}

/// One row of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: u8,
    pub(super) name: String,
    pub(super) grade: Grade,
    /// Why it is not a pass.
    pub(super) text: String,
}

impl Row {
    /// It is this row of another drill.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && self.name == other.name
    }
}

/// Reads all files, each with a name of its own.
///
/// # Errors
/// A sentence that names the file that is no result of a drill.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<Drilled>, String> {
    let mut drills: Vec<Drilled> = paths.iter().map(|path| file(path)).collect::<Result<_, _>>()?;
    let short: BTreeSet<&str> = drills.iter().map(|drill| drill.name.as_str()).collect();
    if short.len() < drills.len() {
        for (n, drill) in drills.iter_mut().enumerate() {
            drill.name = format!("{} {}", n + 1, drill.name);
        }
    }
    Ok(drills)
}

fn file(path: &Path) -> Result<Drilled, String> {
    let shown = path.display().to_string();
    let name = path.file_stem().map_or_else(|| shown.clone(), |stem| stem.to_string_lossy().into_owned());
    let drilled = written::file(path).and_then(|value| drilled(&value, name, shown.clone()));
    drilled.map_err(|why| {
        format!("{shown} is no result of a drill: {why}; `watertight drill --format json > FILE` writes one")
    })
}

/// Takes what it needs of a result that was checked.
pub(super) fn drilled(value: &Value, name: String, file: String) -> Result<Drilled, String> {
    let size = Size {
        requests: value["requests"].as_u64().unwrap_or(0),
        at_once: value["concurrency"].as_u64().unwrap_or(0),
        patience_s: value["patience_s"].as_f64().unwrap_or(0.0),
    };
    let target = plain(&value["target"]);
    // Older drills did not say so.
    let complete = value["complete"].as_bool().unwrap_or(true);
    let rows = value["faults"].as_array().into_iter().flatten().map(row).collect::<Option<_>>();
    Ok(Drilled { name, file, target, size, complete, rows: rows.ok_or("a row has no name or verdict")? })
}

fn row(value: &Value) -> Option<Row> {
    let id = value["id"].as_u64().and_then(|id| u8::try_from(id).ok())?;
    let grade = value["verdict"].as_str().and_then(Grade::read)?;
    Some(Row { id, name: plain(&value["name"]), grade, text: plain(&value["text"]) })
}

fn plain(value: &Value) -> String {
    written::plain(value.as_str().unwrap_or_default())
}
