//! What pipelines and monitors see of `quick-check`: exit codes by policy, expectations, medians, formats.

use std::process::Stdio;

use super::endpoint::{health, with};
use super::{finished, run, watertight};

fn check(url: &str, flags: &[&str]) -> (Option<i32>, String, String) {
    run(&[&["quick-check", "--api-url", url][..], flags].concat())
}

#[test]
fn what_fails_is_a_choice() {
    for (goroutines, fail_on, code) in [
        (2500, "warning", 2),
        (2500, "danger", 0),
        (2500, "never", 0),
        (5500, "danger", 2),
        (5500, "never", 0),
        (10, "warning", 0),
    ] {
        with(&health(goroutines), |url| {
            assert_eq!(check(url, &["--fail-on", fail_on]).0, Some(code), "{goroutines} {fail_on}");
        });
    }
    assert_eq!(check("127.0.0.1:1", &["--unreachable", "danger"]).0, Some(2));
    assert_eq!(check("127.0.0.1:1", &["--fail-on", "danger"]).0, Some(3));
    assert_eq!(check("127.0.0.1:1", &["--fail-on", "never"]).0, Some(0));
}

#[test]
fn expectations() {
    with(&health(1234), |url| {
        let met =
            ["--expect", "goroutines<2000", "--expect", "alloc_bytes<=256MiB", "--expect", "latency_ms<60s"];
        let (exit, out, _) = check(url, &met);
        assert_eq!((exit, out.contains("goroutines<2000: it is 1234")), (Some(0), true), "{out}");
        let (exit, out, _) = check(url, &["--expect", "goroutines<2000", "--expect", "alloc_bytes<256MiB"]);
        assert_eq!((exit, out.contains("danger: expected alloc_bytes<256MiB")), (Some(2), true), "{out}");
        let (exit, out, _) = check(url, &["--expect", "open_fds<100"]);
        assert_eq!((exit, out.contains("does not report open_fds")), (Some(3), true), "{out}");
        let both = ["--expect", "open_fds<100", "--expect", "goroutines>5000"];
        assert_eq!(check(url, &both).0, Some(2), "what is known to be wrong is not unknown");
        let (exit, out, err) = check(url, &["--expect", "gorutines<1"]);
        assert_eq!(
            (exit, out.as_str(), err.contains("no metric `gorutines`")),
            (Some(64), "", true),
            "{err}"
        );
    });
}

#[test]
fn the_median_of_several_polls() {
    with(&health(1234), |url| {
        let (exit, out, _) = check(url, &["--samples", "2"]);
        assert_eq!((exit, out.contains("median of 2 polls")), (Some(0), true), "{out}");
    });
    let (exit, out, _) = check("127.0.0.1:1", &["--samples", "2"]);
    assert_eq!((exit, out.contains("2 of 2 polls failed")), (Some(3), true), "{out}");
    assert_eq!(check("127.0.0.1:1", &["--samples", "0"]).0, Some(64));
}

#[test]
fn nagios_gets_one_line_and_its_own_codes() {
    with(&health(2310), |url| {
        let (exit, out, err) = check(url, &["--format", "nagios"]);
        assert_eq!((exit, err.as_str(), out.lines().count()), (Some(1), "", 1), "{out}");
        let (words, data) = out.trim_end().split_once(" | ").unwrap();
        assert_eq!(words, format!("WATERTIGHT WARNING - {url}: 2310 goroutines, above 2000"));
        assert!(data.starts_with("goroutines=2310;2000;5000;0 alloc=268435456B;;;0 latency=0."), "{data}");
    });
    for wrong in [&["--bogus"][..], &["--api-url", "ftp://h"], &["--warning", "9", "--danger", "5"]] {
        let (exit, out, err) = run(&[&["quick-check", "--format", "nagios"][..], wrong].concat());
        assert_eq!((exit, err.as_str(), out.lines().count()), (Some(3), "", 1), "{out}");
        assert!(out.starts_with("WATERTIGHT UNKNOWN - "), "{out}");
    }
}

#[test]
fn junit_and_prometheus() {
    with(&health(5001), |url| {
        let (exit, out, _) = check(url, &["--format", "junit"]);
        assert_eq!(exit, Some(2));
        assert!(
            out.contains("failures=\"1\" errors=\"0\"") && out.contains("<failure type=\"danger\""),
            "{out}"
        );
        let (_, out, _) = check(url, &["--format", "prometheus"]);
        assert!(out.contains(&format!("watertight_check_tasks{{target=\"{url}\"}} 5001\n")), "{out}");
    });
    let (exit, out, _) = check("127.0.0.1:1", &["--format", "junit"]);
    assert_eq!((exit, out.contains("failures=\"0\" errors=\"1\"")), (Some(3), true), "{out}");
    let (_, out, _) = check("127.0.0.1:1", &["--format", "prometheus"]);
    assert!(out.contains("watertight_check_up{target=\"http://127.0.0.1:1\"} 0\n"), "{out}");
}

#[test]
fn github_gets_annotations_and_a_summary_that_grows() {
    let dir = tempfile::tempdir().unwrap();
    let summary = dir.path().join("summary.md");
    with(&health(2500), |url| {
        for _ in 0..2 {
            let mut command = watertight(&["quick-check", "--api-url", url, "--format", "github"]);
            let (exit, out, err) = finished(command.env("GITHUB_STEP_SUMMARY", &summary).output().unwrap());
            assert_eq!((exit, err.as_str()), (Some(1), ""));
            assert!(out.starts_with("::warning title=watertight quick-check%3A goroutines::"), "{out}");
        }
        let text = std::fs::read_to_string(&summary).unwrap();
        assert_eq!(text.matches("### WARNING: quick-check of").count(), 2, "{text}");
        let mut command = watertight(&["quick-check", "--api-url", url, "--format", "github"]);
        command.env("GITHUB_STEP_SUMMARY", dir.path()).stderr(Stdio::piped());
        let (exit, _, err) = finished(command.output().unwrap());
        assert_eq!((exit, err.contains("GITHUB_STEP_SUMMARY")), (Some(74), true), "{err}");
    });
}
