//! `--resume FILE`: what an earlier drill of the same target found, so that this one goes on behind it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use serde_json::Value;

use crate::run::{Found, Row, Work};
use crate::written;

/// What an earlier drill left behind.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) findings: Vec<Found>,
    /// Rows that are done because the file does not have them.
    pub(crate) missing: Vec<&'static Row>,
    /// What the machine had free when it had least, in thousandths, where that was looked at.
    pub(crate) least_free: Option<u64>,
}

/// The findings of the rows that an earlier drill did. It must have been asked for the same: `asked` is this one's wish. A
/// row that was skipped is done again, for whatever reason; one in which the target died is not, because it would die in it
/// again, and the rows behind it would never be reached. The row of good requests is done again, because the others are
/// judged by it.
///
/// # Errors
/// A sentence that names the file, what is wrong with it or differs, and the cure.
pub(crate) fn read(path: &Path, asked: &Value, rows: &[&'static Row]) -> anyhow::Result<Kept> {
    let named = || format!("`--resume {}`: the drill cannot go on from it", path.display());
    kept(written::file(path), asked, rows).with_context(named)
}

fn kept(read: Result<Value, String>, asked: &Value, rows: &[&'static Row]) -> anyhow::Result<Kept> {
    let value =
        read.map_err(|why| anyhow!("it is no result of `watertight drill --format json`: {why}: {ANEW}"))?;
    let (was, is) = (value["version"].as_str().unwrap_or("an older version"), env!("CARGO_PKG_VERSION"));
    ensure!(was == is, "it was written by {was}, and this is {is}: {ANEW}");
    let (Some(was), Some(now)) = (value["options"].as_object(), asked.as_object()) else {
        bail!("it does not say with which options it was made: {ANEW}");
    };
    let names: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    for name in names {
        let [was, now] = [was, now].map(|options| options.get(name).unwrap_or(&Value::Null));
        ensure!(
            is_same(was, now),
            "`--{name}` was {}, and is {}: say the same again, or {ANEW}",
            said(was),
            said(now)
        );
    }
    let faults = value["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is = |fault: &Value, row: &Row| fault["name"] == row.name && fault["id"] == row.id;
    for fault in faults {
        let known = rows.iter().any(|row| is(fault, row));
        ensure!(known, "this drill has no {}: {ANEW}", written::named(fault));
    }
    let mut kept = Kept { least_free: thousandths(&value["least_free"]), ..Kept::default() };
    for row in rows.iter().filter(|row| !matches!(row.work, Work::Good)) {
        let Some(fault) = faults.iter().find(|fault| is(fault, row)) else {
            kept.missing.push(row);
            continue;
        };
        let found = Found::again(row, fault);
        let found = found.map_err(|key| anyhow!("{}: `{key}` is missing: {ANEW}", written::named(fault)))?;
        kept.findings.extend(found);
    }
    Ok(kept)
}

const ANEW: &str = "leave `--resume` out to begin anew";

/// Other programs write numbers in another way.
fn is_same(was: &Value, now: &Value) -> bool {
    match (was.as_f64(), now.as_f64()) {
        (Some(was), Some(now)) => was.total_cmp(&now).is_eq(),
        _ => said(was) == said(now),
    }
}

/// An option as somebody gave it.
fn said(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => "not given".to_owned(),
        Value::Bool(true) => "given".to_owned(),
        Value::Array(all) if all.is_empty() => "not given".to_owned(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn thousandths(part: &Value) -> Option<u64> {
    let part = part.as_f64().filter(|part| (0.0..=1.0).contains(part))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
    Some((part * 1000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static ROWS: [Row; 2] = [Row::new(1, "first", Work::Skip("")), Row::new(2, "second", Work::Skip(""))];

    fn changed(change: impl Fn(&mut Value)) -> anyhow::Result<Kept> {
        let asked = json!({"target": "http://h", "requests": 25, "patience": 60.0});
        let done = json!({"id": 1, "name": "first", "requests": 25, "client": {}, "notes": [], "verdict": "pass", "text": ""});
        let not = json!({"id": 2, "name": "second", "verdict": "skipped", "text": "interrupted"});
        let version = env!("CARGO_PKG_VERSION");
        let mut value = json!({"schema": 1, "version": version, "target": "http://h", "options": asked, "faults": [done, not]});
        change(&mut value);
        kept(written::result(&value.to_string()), &asked, &ROWS.iter().collect::<Vec<_>>())
    }

    fn names(change: impl Fn(&mut Value)) -> Result<Vec<&'static str>, String> {
        let kept = changed(change).map_err(|error| format!("{error:#}"))?;
        Ok(kept.findings.iter().map(|found| found.name).collect())
    }

    /// Rows that are not there are done; anything that no drill writes is told, and nothing is left out without a word.
    #[test]
    fn a_row_that_is_not_there_is_done_and_one_that_is_damaged_is_told() {
        let cut = changed(|value| drop(value["faults"].as_array_mut().unwrap().pop())).unwrap();
        assert_eq!(cut.missing.iter().map(|row| row.name).collect::<Vec<_>>(), ["second"]);
        for (key, wrong, why) in [
            ("id", json!(200), "this drill has no row 200 second"),
            ("id", json!(999), "`id` is 999"),
            ("name", json!("first"), "this drill has no row 2 first"),
            ("verdict", json!("great"), "row 2 second: `verdict` is \"great\""),
            ("fds", json!("6"), "row 2 second: `fds` is \"6\""),
            ("verdict", json!("pass"), "row 2 second: `requests` is missing"),
        ] {
            let error = names(|value| value["faults"][1][key] = wrong.clone()).unwrap_err();
            assert!(error.contains(why) && error.contains(ANEW), "{error}");
        }
        let twice = names(|value| value["faults"][1] = value["faults"][0].clone()).unwrap_err();
        assert!(twice.contains("row 1 first is in it twice"), "nobody knows which of them holds: {twice}");
    }

    #[test]
    fn what_was_done_is_kept_and_what_differs_is_named() {
        assert_eq!(names(|_| ()), Ok(vec!["first"]), "an interrupted row is done again");
        let tool = |value: &mut Value| value["options"]["patience"] = json!(60);
        assert_eq!(names(tool), Ok(vec!["first"]), "other programs write numbers in another way");
        let deadly = |value: &mut Value| value["faults"][0]["verdict"] = json!("dead");
        assert_eq!(names(deadly), Ok(vec!["first"]), "a row that kills is not: it would kill again");
        let behind = |value: &mut Value| {
            value["faults"][0] =
                json!({"id": 1, "name": "first", "verdict": "skipped", "text": "dead since row 0"});
        };
        assert_eq!(names(behind), Ok(vec![]), "a row behind a death is");
        for (change, wanted) in [
            ((|value| value["schema"] = json!(2)) as fn(&mut Value), "its schema is 2"),
            (|value| value["version"] = json!("9.9.9"), "written by 9.9.9"),
            (|value| value["options"]["requests"] = json!(100), "`--requests` was 100, and is 25"),
            (
                |value| value["options"]["target"] = json!("http://other"),
                "`--target` was http://other, and is http://h",
            ),
            (
                |value| value["options"]["start"] = json!("a command"),
                "`--start` was a command, and is not given",
            ),
            (|value| drop(value.as_object_mut().unwrap().remove("options")), "with which options"),
            (|value| value["faults"] = Value::Null, "no list"),
        ] {
            let error = names(change).unwrap_err();
            assert!(error.contains(wanted) && error.contains(ANEW), "{error}");
        }
        assert!(kept(written::result("| no | json |"), &json!({}), &[]).is_err());
        assert_eq!(
            [json!(0.104), json!(0), json!(1.0), json!(7), Value::Null].map(|part| thousandths(&part)),
            [Some(104), Some(0), Some(1000), None, None]
        );
    }
}
