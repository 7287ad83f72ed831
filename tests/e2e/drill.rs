//! `watertight drill`: the relay of this very build holds every row, and the exit code says so.

use std::process::{Command, Output};

use serde_json::Value;

use crate::PROGRAM;

/// Rows that need what this relay does not have, or what cannot be done from outside.
const SKIPPED: &[u64] = &[21];

fn drill(args: &[&str]) -> Output {
    Command::new(PROGRAM).arg("drill").args(args).env_clear().output().unwrap()
}

fn faults(output: &Output) -> Vec<Value> {
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(json["schema"], 1);
    json["faults"].as_array().unwrap().clone()
}

/// Small numbers, so that every change can afford it.
#[test]
fn every_row_passes_or_says_why_it_is_skipped() {
    let output = drill(&["--requests", "12", "--concurrency", "6", "--format", "json"]);
    for fault in faults(&output) {
        let id = fault["id"].as_u64().unwrap();
        let wanted = if SKIPPED.contains(&id) { "skipped" } else { "pass" };
        assert_eq!(fault["verdict"], wanted, "{fault}");
        assert_eq!(fault["text"].as_str().unwrap().is_empty(), wanted == "pass", "{fault}");
        if wanted == "pass" {
            assert!(fault["requests"].as_u64().unwrap() > 0, "{fault}");
            assert_eq!(fault["upstream_open_after"], 0, "{fault}");
        }
    }
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn rows_are_chosen_and_what_is_wrong_is_named() {
    let chosen =
        faults(&drill(&["--only", "6,huge-events", "--skip", "19", "--requests", "4", "--format", "json"]));
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0]["name"], "error-as-first-event");
    for (args, wanted) in [
        (["--only", "99"], "`99`"),
        (["--only", "gone-mid"], "client-gone-mid-stream"),
        (["--target", "https://127.0.0.1"], "only http://"),
        (["--requests", "0"], "--requests"),
    ] {
        let output = drill(&args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{args:?}: {error}");
        assert!(error.contains(wanted) && output.stdout.is_empty(), "{args:?}: {error}");
    }
}

/// Nobody there: that is no verdict.
#[test]
fn a_target_that_does_not_answer_is_unknown() {
    let args = ["--target", "http://127.0.0.1:1", "--upstream-listen", "127.0.0.1:0", "--patience", "1s"];
    let output = drill(&args);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}
