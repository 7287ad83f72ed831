//! Several targets, or each address of a name, in one command: each is told, and the gravest counts.

use std::fs;

use serde_json::Value;

use super::endpoint::{health, with};
use super::run;

/// A relay that is well, one in danger, and one that does not answer.
fn three(body: impl FnOnce([&str; 6])) {
    with(&health(1234), |good| {
        with(&health(5001), |bad| body(["--api-url", good, "--api-url", bad, "--api-url", "127.0.0.1:1"]));
    });
}

#[test]
fn a_quick_check_tells_each_and_ends_with_the_gravest() {
    three(|targets| {
        let check = |more: &[&str]| run(&[&["quick-check"], &targets[..], more].concat());
        let (exit, out, err) = check(&["--samples", "2"]);
        assert_eq!((exit, err.as_str()), (Some(2), ""), "{out}");
        let heads: Vec<_> = out.lines().filter(|line| line.contains("  http://")).collect();
        let expected = [("OK", targets[1]), ("DANGER", targets[3]), ("UNKNOWN", "http://127.0.0.1:1")];
        assert_eq!(heads, expected.map(|(word, url)| format!("{word}  {url}")));
        assert!(out.ends_with("\n\nDANGER  3 targets: 1 danger, 1 unknown, 1 ok\n"), "{out}");
        assert_eq!(run(&[&["quick-check"], &targets[..2], &targets[4..]].concat()).0, Some(3));
        let (exit, out, _) = check(&["--format", "json"]);
        let json: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((exit, &json["verdict"], &json["exit_code"]), (Some(2), &"danger".into(), &2.into()));
        assert_eq!(json["targets"][1]["metrics"]["goroutines"], 5001, "{out}");
        assert_eq!(check(&["--pid", "1"]).0, Some(64));
    });
}

#[test]
fn a_watch_tells_each_and_records_a_file_each() {
    let dir = tempfile::tempdir().unwrap();
    let csv = |name: &str| dir.path().join(name).display().to_string();
    three(|targets| {
        let watch = |more: &[&str]| run(&[&["watch", "-n", "2", "-i", "100ms"], &targets[..], more].concat());
        let (exit, _, err) = watch(&["--record", &csv("day.csv")]);
        assert_eq!((exit, err.contains("put {host} into the name")), (Some(64), true), "{err}");
        let (exit, out, err) = watch(&["--record", &csv("{host}.csv")]);
        assert_eq!(exit, Some(2), "{out}{err}");
        let [good, bad] = [targets[1], targets[3]].map(|url| url.trim_start_matches("http://").to_owned());
        let lines = |of: &str| out.lines().filter(|line| line.starts_with(of)).count();
        assert!(lines(&good) >= 2 && lines(&bad) >= 2 && lines("127.0.0.1:1 ") >= 2, "{out}");
        assert!(out.ends_with("\n\nDANGER  3 targets: 1 danger, 1 unknown, 1 ok\n"), "{out}");
        let rows = |of: &str| fs::read_to_string(csv(&format!("{}.csv", of.replace(':', "-")))).unwrap();
        assert_eq!(
            (rows(&bad).matches(",5001,").count(), rows("127.0.0.1:1").matches(",refused,").count()),
            (2, 2)
        );
        let (exit, out, _) = watch(&["--format", "ndjson"]);
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_bad = lines.iter().filter(|line| line["instance"] == targets[3]).count();
        assert_eq!((exit, of_bad, lines.len()), (Some(2), 2, 10), "{out}");
        assert_eq!((&lines[9]["type"], &lines[9]["targets"]["danger"]), (&"summary".into(), &1.into()));
    });
}

#[test]
fn a_diagnosis_tells_each() {
    three(|targets| {
        let (exit, out, err) = run(&[&["diagnose", "--apart", "10ms"], &targets[..]].concat());
        assert_eq!(exit, Some(3), "{out}{err}");
        assert!(
            out.contains(&format!("\n\nOK  {}\n", targets[3]))
                && out.contains("UNKNOWN  http://127.0.0.1:1\n"),
            "{out}"
        );
        assert!(out.ends_with("UNKNOWN  3 targets: 1 unknown, 2 ok\n"), "{out}");
    });
}

#[test]
fn each_address_of_a_name_is_an_instance_in_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("all.csv").display().to_string();
    with(&health(7), |url| {
        let port = url.rsplit(':').next().unwrap();
        let name = format!("localhost:{port}");
        let each = ["--each-address", "--api-url", &name];
        let record = ["record", "-n", "2", "-i", "100ms", "-o", &path];
        let (_, _, err) = run(&[&record[..], &each].concat());
        let instance = format!("127.0.0.1:{port}");
        assert!(err.contains(&format!("{instance}: recorded 2 rows into {path}")), "{err}");
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(&format!(",{instance},")).count(), 2, "{text}");
        let (_, out, _) = run(&[&["quick-check"][..], &each].concat());
        assert!(out.contains(&format!("OK  http://{instance}\n")), "{out}");
    });
    let (exit, _, err) = run(&["record", "-o", "-", "--each-address", "--pid", "1"]);
    assert_eq!((exit, err.contains("a process has none: leave out --pid")), (Some(64), true), "{err}");
}
