//! A drill's result in JSON, read back: whole, or not at all. Who compares it or goes on behind it hangs verdicts on it, so
//! everything that a drill writes is checked for its form, also what the reader does not need. Keys are only ever added:
//! what this program does not know is no fault, and what an older one did not write is none.

mod form;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use form::{Form, Key, check};

/// A whole drill is some hundred kilobytes.
const CAP: u64 = 16 << 20;
/// What this program writes.
const SCHEMA: u64 = 1;

const RESULT: &[Key] = &[
    Key::must("target", Form::Text),
    Key::may("version", Form::Text),
    Key::may("options", Form::Object),
    Key::may("complete", Form::Flag),
    Key::may("verdict", Form::Word(&["pass", "fail", "interrupted", "unfinished"])),
    Key::may("requests", Form::Count),
    Key::may("concurrency", Form::Count),
    Key::or_null("rate", Form::Number),
    Key::may("patience_s", Form::Number),
    Key::may("full", Form::Flag),
    Key::or_null("least_free", Form::Part),
];

/// What names a row, and then all that is told of it.
const NAME: &[Key] = &[Key::must("id", Form::Id), Key::must("name", Form::Name)];
const ROW: &[Key] = &[
    Key::must("verdict", Form::Grade),
    Key::may("text", Form::Text),
    Key::may("requests", Form::Count),
    Key::may("client", Form::Counts),
    Key::or_null("ended", Form::Counts),
    Key::may("upstream_open_after", Form::Count),
    Key::or_null("tasks", Form::Pair),
    Key::or_null("fds", Form::Pair),
    Key::or_null("rss", Form::Pair),
    Key::may("left", Form::Each(&[LABEL, BEFORE, AFTER])),
    Key::or_null("stays", Form::Of(STAYS)),
    Key::or_null("expected", Form::Counts),
    Key::or_null("rates", Form::Numbers),
    Key::or_null("death", Form::Of(DEATH)),
    Key::or_null("quiet_s", Form::Number),
    Key::may("took_s", Form::Number),
    Key::or_null("latency_ms", Form::Numbers),
    Key::may("notes", Form::Texts),
];
const LABEL: Key = Key::must("name", Form::Text);
const BEFORE: Key = Key::must("before", Form::Count);
const AFTER: Key = Key::must("after", Form::Count);
const KINDS: Form = Form::Each(&[Key::must("kind", Form::Text), BEFORE, AFTER]);
const STACK: &[Key] = &[
    Key::must("place", Form::Text),
    BEFORE,
    AFTER,
    Key::or_null("meaning", Form::Text),
    Key::or_null("cure", Form::Text),
];
const STAYS: &[Key] =
    &[Key::may("descriptors", KINDS), Key::may("threads", KINDS), Key::may("stacks", Form::Each(STACK))];
const DEATH: &[Key] =
    &[Key::must("how", Form::Text), Key::or_null("memory", Form::Count), Key::or_null("output", Form::Text)];

/// Reads a file.
///
/// # Errors
/// Why it cannot be read, or how it is no result of a drill: a fragment that does not name the file.
pub(crate) fn file(path: &Path) -> Result<Value, String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(CAP + 1).read_to_string(&mut text));
    read.map_err(|error| format!("it cannot be read: {error}"))?;
    if text.len() as u64 > CAP {
        return Err(format!("it has more than {} MiB", CAP >> 20));
    }
    result(&text)
}

/// Reads a result. Its list `faults` has at least one row, and no row twice.
///
/// # Errors
/// A fragment that names what is wrong, and in which row.
pub(crate) fn result(text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match &value["schema"] {
        Value::Null => return Err("it has no `schema`".to_owned()),
        schema if *schema == SCHEMA => {}
        other => {
            return Err(format!("its schema is {}, and this program knows {SCHEMA}", form::short(other)));
        }
    }
    let faults = value["faults"].as_array().ok_or("it has no list `faults`")?;
    if faults.is_empty() {
        return Err("its list `faults` is empty: no row was drilled".to_owned());
    }
    check(&value, RESULT)?;
    let mut known = BTreeSet::new();
    for (at, row) in faults.iter().enumerate() {
        check(row, NAME).map_err(|why| format!("row {} of its list `faults`: {why}", at + 1))?;
        if !known.insert((row["id"].as_u64(), row["name"].as_str())) {
            return Err(format!("{} is in it twice", named(row)));
        }
        check(row, ROW).map_err(|why| format!("{}: {why}", named(row)))?;
    }
    Ok(value)
}

/// `row 8 client-gone-mid-stream`, safe for a terminal.
pub(crate) fn named(row: &Value) -> String {
    format!("row {} {}", row["id"], plain(row["name"].as_str().unwrap_or_default()))
}

/// Foreign text, safe for a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> Value {
        json!({
            "id": 8, "name": "client-gone-mid-stream", "requests": 25, "client": {"left": 25}, "ended": null,
            "upstream_open_after": 3, "tasks": [7, 32], "fds": null, "rss": [1, 2], "verdict": "leak", "text": "tasks",
            "left": [{"name": "tasks", "before": 7, "after": 32}], "expected": {"tasks": 1}, "rates": {"tasks": 0.5},
            "stays": {"descriptors": [], "threads": [{"kind": "a", "before": 0, "after": 1}], "stacks": []},
            "death": {"how": "it ended", "memory": null, "output": "bye"}, "quiet_s": null, "took_s": 6.5,
            "latency_ms": {"p50": 1.0}, "notes": ["a tenth"],
        })
    }

    /// What is said of a result of two rows after this change.
    fn said(change: impl Fn(&mut Value)) -> Result<(), String> {
        let other = json!({"id": 9, "name": "other", "verdict": "pass", "text": "", "new": ["key"]});
        let mut value = json!({
            "schema": 1, "version": "1", "options": {}, "complete": true, "target": "http://h", "verdict": "fail",
            "requests": 25, "concurrency": 5, "rate": null, "patience_s": 30.0, "full": false, "least_free": 0.5,
            "faults": [row(), other],
        });
        change(&mut value);
        result(&value.to_string()).map(drop)
    }

    #[test]
    fn what_a_drill_writes_is_read() {
        assert_eq!(said(|_| ()), Ok(()));
        let older = |value: &mut Value| value["faults"][0] = json!({"id": 1, "name": "a", "verdict": "pass"});
        assert_eq!(said(older), Ok(()), "keys are only ever added");
    }

    #[test]
    fn what_no_drill_writes_is_named() {
        for (key, wrong, why) in [
            ("schema", json!(2), "its schema is 2, and this program knows 1"),
            ("schema", Value::Null, "it has no `schema`"),
            ("faults", json!([]), "its list `faults` is empty: no row was drilled"),
            ("faults", json!({}), "it has no list `faults`"),
            ("target", json!(5), "`target` is 5, and must be a text"),
            ("target", Value::Null, "`target` is null, and must be a text"),
            ("complete", json!("yes"), "`complete` is \"yes\", and must be true or false"),
            ("complete", Value::Null, "`complete` is null, and must be true or false"),
            (
                "verdict",
                json!("great"),
                "`verdict` is \"great\", and must be one of pass, fail, interrupted, unfinished",
            ),
            ("requests", json!(-25), "`requests` is -25, and must be a whole number, 0 or more"),
            ("least_free", json!(7), "`least_free` is 7, and must be a number from 0 to 1"),
        ] {
            assert_eq!(said(|value| value[key] = wrong.clone()), Err(why.to_owned()));
        }
        assert_eq!(
            said(|value| drop(value.as_object_mut().unwrap().remove("target"))),
            Err("`target` is missing, and must be a text".to_owned())
        );
    }

    #[test]
    fn a_row_that_no_drill_writes_is_named() {
        let entry = "row 1 of its list `faults`: ";
        let named = "row 8 client-gone-mid-stream: ";
        for (key, wrong, at, why) in [
            ("id", json!(999), entry, "`id` is 999, and must be a whole number from 0 to 255"),
            ("id", json!("8"), entry, "`id` is \"8\", and must be a whole number from 0 to 255"),
            ("name", json!(""), entry, "`name` is \"\", and must be a text that is not empty"),
            (
                "verdict",
                json!("splendid"),
                named,
                "`verdict` is \"splendid\", and must be one of pass, wrong, hang, lie, leak, dead, skipped",
            ),
            ("fds", json!("6"), named, "`fds` is \"6\", and must be a list of two whole numbers"),
            ("tasks", json!([7, -1]), named, "`tasks` is [7,-1], and must be a list of two whole numbers"),
            ("requests", json!(-1), named, "`requests` is -1, and must be a whole number, 0 or more"),
            (
                "client",
                json!({"ok": "x"}),
                named,
                "`client` is {\"ok\":\"x\"}, and must be whole numbers by name",
            ),
            (
                "left",
                json!([{"name": "tasks"}]),
                named,
                "`left[0].before` is missing, and must be a whole number, 0 or more",
            ),
            (
                "stays",
                json!({"stacks": [{}]}),
                named,
                "`stays.stacks[0].place` is missing, and must be a text",
            ),
            ("quiet_s", json!(-0.5), named, "`quiet_s` is -0.5, and must be a number, 0 or more"),
            ("notes", json!([1]), named, "`notes` is [1], and must be a list of texts"),
            ("text", json!(["x"]), named, "`text` is [\"x\"], and must be a text"),
        ] {
            assert_eq!(said(|value| value["faults"][0][key] = wrong.clone()), Err(format!("{at}{why}")));
        }
        assert_eq!(said(|value| value["faults"][0] = json!(8)), Err(format!("{entry}8 is no object")));
        let twice = said(|value| value["faults"][1] = row());
        assert_eq!(twice, Err("row 8 client-gone-mid-stream is in it twice".to_owned()));
    }
}
