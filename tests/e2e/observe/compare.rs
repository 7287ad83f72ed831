//! `compare`: what its gates let through, what it reads, and what it says about what it cannot read.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::endpoint::{health, with};
use super::{finished, run, watertight};

/// A recording of these counts, one a minute.
fn write(dir: &Path, name: &str, counts: impl IntoIterator<Item = u64>) -> String {
    let mut text = "ts,elapsed_s,ok,goroutines,alloc_bytes\n".to_owned();
    for (i, count) in counts.into_iter().enumerate() {
        let _ = writeln!(text, "2026-11-18T{:02}:{:02}:00Z,{},1,{count},1048576", i / 60, i % 60, i * 60);
    }
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn compare(args: &[&str]) -> (Option<i32>, String, String) {
    run(&[&["compare"][..], args].concat())
}

/// The text on one line, so that no line break stands in the way of a search.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn recorded_twice_and_compared() {
    let dir = tempfile::tempdir().unwrap();
    let paths = [("a.csv", 900), ("b.csv", 1200)].map(|(name, count)| {
        let path = dir.path().join(name).to_str().unwrap().to_owned();
        with(&health(count), |url| {
            let (exit, _, err) =
                run(&["record", "--api-url", url, "--csv", &path, "-i", "100ms", "-n", "12"]);
            assert_eq!(exit, Some(0), "{err}");
        });
        path
    });
    let [a, b] = [paths[0].as_str(), paths[1].as_str()];
    let (exit, out, err) = compare(&[a, a, "--max-growth", "20%", "--max-peak", "3000"]);
    assert_eq!((exit, err.as_str()), (Some(0), ""), "{out}");
    assert!(words(&out).contains("every gate holds"), "{out}");
    let (exit, out, _) = compare(&[a, b, "--max-growth", "20%"]);
    assert_eq!(exit, Some(2), "{out}");
    assert!(words(&out).contains("900 to 1200 goroutines (+33.3 %), more than the allowed 20 %"), "{out}");
    assert_eq!(compare(&[a, b, "--max-growth", "34%"]).0, Some(0));
    assert_eq!(compare(&[a, b, "--max-peak", "1200"]).0, Some(2));
    assert_eq!(compare(&[a, b, "--max-peak", "1201"]).0, Some(0));
    assert_eq!(compare(&[a, b, "--max-peak", "1200", "--fail-on", "never"]).0, Some(0));
    assert_eq!(compare(&[a, b, "--warning", "1000"]).0, Some(1));
    assert_eq!(compare(&[a, b, "--warning", "1000", "--fail-on", "warning"]).0, Some(2));
}

#[test]
fn a_time_for_polling_needs_an_address() {
    let dir = tempfile::tempdir().unwrap();
    let flat = write(dir.path(), "flat.csv", [1000; 100]);
    for (args, flag) in [
        (&[flat.as_str(), &flat, "--duration", "5m"][..], "--duration says how long"),
        (&[&flat, &flat, "-n", "5"], "-n says how long"),
        (&[&flat, "--days", "--duration", "5m"], "--duration says how long"),
    ] {
        let (exit, _, err) = compare(args);
        assert!(exit == Some(64) && err.contains(flag), "{args:?}: {err}");
    }
}

#[test]
fn a_leak_fails_although_its_middle_is_the_baselines() {
    let dir = tempfile::tempdir().unwrap();
    let flat = write(dir.path(), "flat.csv", [1000; 100]);
    let leak = write(dir.path(), "leak.csv", (0..100).map(|i| 500 + i * 10));
    let (exit, out, _) = compare(&[&flat, &leak, "--max-growth", "20%", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &json["verdict"], &json["exit_code"]), (Some(2), &"danger".into(), &2.into()));
    let checks: Vec<_> = json["reasons"].as_array().unwrap().iter().map(|r| r["check"].clone()).collect();
    assert_eq!(checks, ["max-growth within current", "statistics of goroutines"]);
    assert_eq!(json["metrics"][0]["current"]["median"], 990);
    let metric = &json["metrics"][0];
    assert_eq!(
        (&metric["current"]["trend"], &metric["baseline"]["trend"]),
        (&"growing".into(), &"stable".into())
    );
    assert_eq!(compare(&[&flat, &leak]).0, Some(1), "gates are options, and nothing is known of the load");
}

#[test]
fn too_little_is_exit_3() {
    let dir = tempfile::tempdir().unwrap();
    let enough = write(dir.path(), "enough.csv", [5; 30]);
    let few = write(dir.path(), "few.csv", [5; 9]);
    assert_eq!(compare(&[&enough, &enough]).0, Some(0));
    for args in [[&enough, &few], [&few, &enough]] {
        let (exit, out, _) = compare(&[args[0], args[1]]);
        assert_eq!((exit, words(&out).contains("9 good polls, and 10 are needed")), (Some(3), true), "{out}");
    }
    let header = dir.path().join("header.csv");
    fs::write(&header, "ts,goroutines\n").unwrap();
    assert_eq!(compare(&[&enough, header.to_str().unwrap()]).0, Some(3));
    let (exit, out, _) = compare(&[&enough, "http://127.0.0.1:1", "-n", "2", "-i", "100ms"]);
    assert_eq!((exit, words(&out).contains("no good poll, 2 failed (2 refused)")), (Some(3), true), "{out}");
    let (exit, out, err) = compare(&[&enough, "http://127.0.0.1:1", "--duration", "1h", "-i", "100ms"]);
    assert!(err.contains("refused 5 times from the start on: given up"), "{err}");
    assert_eq!((exit, words(&out).contains("no good poll, 5 failed (5 refused)")), (Some(3), true), "{out}");
    let outage = compare(&[&enough, "http://127.0.0.1:1", "-n", "1", "--unreachable", "danger"]);
    assert_eq!(outage.0, Some(2), "{}", outage.1);
}

#[test]
fn an_address_is_polled_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let baseline = write(dir.path(), "a.csv", [1000; 20]);
    with(&health(1234), |url| {
        let polling = [baseline.as_str(), url, "-i", "100ms", "-n", "11", "--max-growth", "20%"];
        let (exit, out, err) = compare(&polling);
        assert_eq!(
            (exit, err.starts_with(&format!("polling {url} every 100ms"))),
            (Some(2), true),
            "{out}{err}"
        );
        assert!(words(&out).contains("1000 to 1234 goroutines (+23.4 %)"), "{out}");
        let (exit, _, err) = compare(&[url, &baseline]);
        assert_eq!((exit, err.contains("BASELINE must be a recording")), (Some(64), true), "{err}");
    });
}

#[cfg(unix)]
#[test]
fn an_interrupt_compares_what_there_is() {
    use std::sync::atomic::Ordering;

    use harness::{PATIENCE, Signal, until};

    use crate::observe::endpoint::counting;

    let dir = tempfile::tempdir().unwrap();
    let baseline = write(dir.path(), "a.csv", [1000; 20]);
    let body = health(1000);
    let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    counting(&response, |url, answered| {
        let mut command = watertight(&[
            "compare",
            &baseline,
            url,
            "-i",
            "100ms",
            "--duration",
            "1h",
            "--format",
            "json",
            "--max-peak",
            "3000",
        ]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The last answer may still be under way; the ten before it are enough.
        until(PATIENCE, || match answered.load(Ordering::SeqCst) {
            11.. => Ok(()),
            few => Err(format!("{few} polls were answered")),
        });
        super::record::signal(&child, Signal::INT);
        let (exit, out, err) = finished(child.wait_with_output().unwrap());
        let json: serde_json::Value =
            serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{err}"));
        assert_eq!((exit, json["current"]["polls"].as_u64() >= Some(10)), (Some(0), true), "{out}");
    });
}

#[test]
fn globs_logs_and_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "day-1.csv", [100; 10]);
    write(dir.path(), "day-2.csv", [100; 10]);
    let log = dir.path().join("goroutine_log.txt");
    let lines: String =
        (0..20).map(|i| format!("[2025-10-27 10:{i:02}:00] Goroutines: 110, Memory: 1MB\r\n")).collect();
    fs::write(&log, format!("\u{feff}{lines}")).unwrap();
    let glob = dir.path().join("day-*.csv");
    let (exit, out, _) = compare(&[glob.to_str().unwrap(), log.to_str().unwrap(), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, json["baseline"]["recordings"].as_array().unwrap().len()), (Some(0), 2), "{out}");
    assert_eq!(
        (&json["metrics"][0]["baseline"]["n"], &json["metrics"][0]["current"]["n"]),
        (&20.into(), &20.into())
    );
    let mut child = watertight(&["compare", glob.to_str().unwrap(), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let (exit, out, err) = finished(child.wait_with_output().unwrap());
    assert_eq!(
        (exit, out.starts_with("OK  standard input against day-1.csv and 1 more")),
        (Some(0), true),
        "{out}{err}"
    );
}

#[test]
fn what_cannot_be_read_is_named_and_is_a_usage_error() {
    let dir = tempfile::tempdir().unwrap();
    let good = write(dir.path(), "a.csv", [5; 10]);
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (bad, said) in [
        ("/nonexistent.csv".to_owned(), "CURRENT /nonexistent.csv: there is no such file"),
        (file("empty.csv", ""), "it is empty"),
        (
            file("nan.csv", "ts,goroutines\n2026-11-18T10:00:00Z,NaN\n"),
            "its line 2 is no row: its goroutines is `NaN`, where a whole number",
        ),
        (file("text.csv", "hello\nworld\n"), "is not a recording: its line 1 is `hello`"),
        (file("other.csv", "ts,count\n1,2\n"), "has no column `goroutines`"),
    ] {
        let (exit, out, err) = compare(&[&good, &bad]);
        assert_eq!((exit, out.as_str(), err.contains(said)), (Some(64), "", true), "{err}");
        let (exit, out, err) = compare(&[&good, &bad, "--format", "nagios"]);
        assert_eq!((exit, err.as_str(), out.lines().count()), (Some(3), "", 1), "{out}");
    }
    assert_eq!(compare(&[&good, &good, "--max-growth", "x"]).0, Some(64));
    assert_eq!(compare(&[&good]).0, Some(64));
}

#[test]
fn formats_for_machines() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = [("a.csv", 100), ("b.csv", 6000)].map(|(name, count)| write(dir.path(), name, [count; 20]));
    let (exit, out, _) = compare(&[&a, &b, "--format", "junit"]);
    assert_eq!((exit, out.contains("failures=\"3\" errors=\"0\"")), (Some(2), true), "{out}");
    let (exit, out, _) = compare(&[&a, &b, "--format", "nagios"]);
    assert_eq!(
        (exit, out.starts_with("WATERTIGHT CRITICAL - b.csv against a.csv: ")),
        (Some(2), true),
        "{out}"
    );
    let (_, out, _) = compare(&[&a, &b, "--format", "markdown"]);
    assert!(out.starts_with("### DANGER: `b.csv` against `a.csv`\n"), "{out}");
    let summary = dir.path().join("summary.md");
    let mut command = watertight(&["compare", &a, &b, "--format", "github"]);
    let (_, github, _) = finished(command.env("GITHUB_STEP_SUMMARY", &summary).output().unwrap());
    assert!(
        github.starts_with("::error title=watertight compare%3A level::b.csv against a.csv: "),
        "{github}"
    );
    assert_eq!(fs::read_to_string(&summary).unwrap(), format!("{out}\n"));
    assert!(!compare(&[&a, &b]).1.contains('\u{1b}'));
    assert!(compare(&[&a, &b, "--color", "always"]).1.contains('\u{1b}'));
}

/// The script for pipelines: a baseline the first time, a verdict from then on.
#[cfg(unix)]
#[test]
fn the_gate_script() {
    let dir = tempfile::tempdir().unwrap();
    let gate = |url: &str| {
        let mut command = std::process::Command::new("sh");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/ci/gate.sh")).args([url, "baseline.csv"]);
        command
            .env("WATERTIGHT", env!("CARGO_BIN_EXE_watertight"))
            .env_remove("GITHUB_ACTIONS")
            .env("LC_ALL", "C");
        command.env("INTERVAL", "100ms").env("DURATION", "1200ms").current_dir(dir.path());
        finished(command.output().unwrap())
    };
    let (exit, _, err) = with(&health(900), gate);
    assert_eq!((exit, err.contains("commit baseline.csv")), (Some(0), true), "{err}");
    let (exit, out, err) = with(&health(900), gate);
    assert_eq!((exit, words(&out).contains("every gate holds")), (Some(0), true), "{out}{err}");
    let (exit, out, err) = with(&health(1200), gate);
    assert_eq!(
        (exit, out.contains("DANGER  current.csv against baseline.csv")),
        (Some(2), true),
        "{out}{err}"
    );
    for report in ["current.csv", "compare.xml", "compare.md"] {
        assert!(dir.path().join("gate-reports").join(report).exists(), "{report}");
    }
}
