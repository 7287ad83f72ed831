//! `watertight drill`: the relay of this very build holds every row, and the exit code says so.

use std::process::{Command, Output};

use serde_json::Value;

use crate::PROGRAM;

/// Rows that cannot be caused from outside, that need what this relay does not have, that are a benchmark; and the one
/// that needs a library which not every machine has.
const SKIPPED: &[u64] = &[21, 39, 47, 50];
const MAY_BE_SKIPPED: u64 = 41;

fn drill(args: &[&str]) -> Output {
    Command::new(PROGRAM).arg("drill").args(args).env_clear().output().unwrap()
}

fn faults(output: &Output) -> Vec<Value> {
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(json["schema"], 1);
    json["faults"].as_array().unwrap().clone()
}

/// Small numbers, so that every change can afford it. A row is a matter of deadlines of a second or two, and beside it
/// run all other tests: one that does not pass is asked again, alone and three times, and must pass each time.
#[test]
fn every_row_passes_or_says_why_it_is_skipped() {
    let size = ["--requests", "20", "--concurrency", "10", "--format", "json"];
    let output = drill(&size);
    let first: Vec<String> = faults(&output).iter().filter_map(amiss).collect();
    assert_eq!(output.status.code(), Some(if first.is_empty() { 0 } else { 2 }), "{first:#?}");
    let ids: Vec<&str> = first.iter().filter_map(|text| text.split(' ').next()).collect();
    let again = if ids.is_empty() { 0 } else { 3 };
    for _ in 0..again {
        let output = drill(&[&size[..], &["--only", &ids.join(",")]].concat());
        let left: Vec<String> = faults(&output).iter().filter_map(amiss).collect();
        assert!(left.is_empty() && output.status.success(), "first {first:#?}, then alone {left:#?}");
    }
}

/// What a row is not as it must be, after its number.
fn amiss(fault: &Value) -> Option<String> {
    let (id, text) = (fault["id"].as_u64().unwrap(), fault["text"].as_str().unwrap());
    let no_clock = id == MAY_BE_SKIPPED && text.contains("libfaketime");
    let skipped = SKIPPED.contains(&id) || no_clock;
    let right = match fault["verdict"].as_str().unwrap() {
        "skipped" => skipped && !text.is_empty(),
        "pass" => {
            let asked = fault["requests"].as_u64().unwrap() > 0 && fault["upstream_open_after"] == 0;
            !skipped && text.is_empty() && asked
        }
        _ => false,
    };
    (!right).then(|| format!("{id} {}: {text}", fault["verdict"]))
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

/// What an earlier drill did stands in the result as it was, and only the rest is done. Nothing goes on from another one.
#[test]
fn a_drill_goes_on_from_an_interrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.json");
    let file = path.to_str().unwrap();
    let args = ["--only", "6,19", "--requests", "4", "--format", "json"];
    let mut first: Value = serde_json::from_slice(&drill(&args).stdout).unwrap();
    first["faults"][0]["took_s"] = 1234.5.into();
    first["faults"][1]["verdict"] = "skipped".into();
    first["faults"][1]["text"] = "interrupted".into();
    std::fs::write(&path, first.to_string()).unwrap();
    let output = drill(&[&args[..], &["--resume", file]].concat());
    let whole = faults(&output);
    assert_eq!(output.status.code(), Some(0), "{whole:#?}");
    assert_eq!(whole[0], first["faults"][0]);
    assert_eq!((&whole[1]["id"], &whole[1]["verdict"]), (&19.into(), &"pass".into()));
    for (changed, wanted) in [("5", "`--requests` was 4, and is 5"), ("4", "no result of")] {
        let output = drill(&["--only", "6,19", "--requests", changed, "--resume", file]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{error}");
        assert!(error.contains(wanted) && error.contains("leave `--resume` out"), "{error}");
        std::fs::write(&path, "{\"schema\":").unwrap();
    }
}

/// Nobody there: that is no verdict.
#[test]
fn a_target_that_does_not_answer_is_unknown() {
    let args = ["--target", "http://127.0.0.1:1", "--upstream-listen", "127.0.0.1:0", "--patience", "1s"];
    let output = drill(&args);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Interrupted before the end: what was found is printed, no relay is left, and the exit code says that there is no
/// verdict.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_drill_prints_what_it_has_and_leaves_no_relay() {
    use harness::{Child, PATIENCE, Signal, until};

    let children = |pid: u32| {
        let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
        let all = std::fs::read_dir("/proc").unwrap().flatten().filter_map(stat);
        let of =
            |stat: &String| stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        all.filter(|stat| of(stat) == Some(pid)).collect::<Vec<_>>()
    };
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let rows = "client-gone-mid-stream,client-gone-while-silent,client-gone-before-headers";
        let args = ["--only", rows, "--requests", "100000", "--concurrency", "10", "--format", "json"];
        let mut drill = Child::start(Command::new(PROGRAM).arg("drill").args(args).env("LC_ALL", "C"));
        let relays = until(PATIENCE, || match children(drill.pid()) {
            relays if relays.len() == 3 => Ok(relays),
            relays => Err(format!("{relays:?}")),
        });
        drill.signal(signal);
        assert_eq!(drill.exit_code(), code);
        // Their numbers may be given to others: the name is theirs, too.
        until(PATIENCE, || {
            let left = relays.iter().filter(|stat| {
                let (pid, rest) = stat.split_once(' ').unwrap();
                let name = rest.split(' ').next().unwrap();
                let now = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                now.contains(name) && !now.contains(") Z ")
            });
            match left.count() {
                0 => Ok(()),
                n => Err(format!("{n} relays outlive the drill")),
            }
        });
        if code.is_some() {
            until(PATIENCE, || {
                let output = drill.output();
                let json = output.lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
                let json = json.ok_or_else(|| format!("no result: {output}"))?;
                assert_eq!(json["verdict"], "interrupted");
                assert!(json["faults"].as_array().unwrap().iter().all(|fault| fault["verdict"] == "skipped"));
                Ok(())
            });
        }
    }
}
