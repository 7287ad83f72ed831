//! What a process holds, and targets that report no count: Python, Node, anything with a process id.

use std::fmt::Write as _;

use super::endpoint::with;
use super::{compared, run};

fn recording(name: &str) -> String {
    format!("{}/tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Half an hour, a poll every five seconds.
fn recorded(header: &str, row: impl Fn(u32) -> String) -> tempfile::NamedTempFile {
    let mut text = format!("ts,ok,error,{header}\n");
    for i in 0..360 {
        let (minute, second) = (i * 5 / 60, i * 5 % 60);
        let _ = writeln!(text, "2026-11-18T11:{minute:02}:{second:02}Z,1,,{}", row(i));
    }
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn litellm_is_compared_by_what_it_holds() {
    let files = ["litellm-healthy-8m.csv", "litellm-clients-leave-10m.csv"].map(recording);
    let (exit, json, text) = compared(&[&files[0], &files[1]]);
    assert_eq!((exit, &json["verdict"]), (Some(1), &"warning".into()), "{text}");
    let reasons = json["reasons"].as_array().unwrap();
    let metrics: Vec<_> = reasons.iter().map(|reason| reason["metric"].as_str().unwrap()).collect();
    assert_eq!(metrics, ["rss_bytes"], "{text}");
    for told in [
        "warning: current's level of resident memory is +233.2 MiB",
        "387.1 MiB",
        "619.0 MiB",
        "also higher: descriptors 17 to 46, threads 8 to 14",
        "advice see what holds the memory",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("goroutine"), "{text}");
    let (exit, json, text) = compared(&[&files[0], &files[0]]);
    assert_eq!((exit, &json["verdict"]), (Some(0), &"ok".into()), "{text}");
    let (exit, _, text) = compared(&[&files[0], &files[1], "--max-peak", "3000"]);
    assert!(exit == Some(3) && text.contains("current has no goroutine counts"), "a gate of counts: {text}");
    let (exit, _, text) = compared(&[&files[0], &files[1], "--memory-limit", "640MiB"]);
    assert!(exit == Some(1) && text.contains("of resident memory, above 90 % of the limit of 640"), "{text}");
}

#[test]
fn descriptors_that_grow_are_a_warning_beside_a_count() {
    let of = |per: u32| {
        recorded("goroutines,requests_total,open_fds", move |i| {
            format!("{},{},{}", 800 + i * 7919 % 31, i * 50, 200 + per * i / 10 + i * 7919 % 7)
        })
    };
    let (before, now) = (of(0), of(20));
    let (exit, json, text) = compared(&[path(&before), path(&now)]);
    assert_eq!((exit, &json["reasons"][0]["metric"]), (Some(1), &"open_fds".into()), "{text}");
    assert!(
        text.contains("warning: open descriptors grow by 1,440/h")
            && text.contains("watertight diagnose --pid PID"),
        "{text}"
    );
    assert_eq!(compared(&[path(&before), path(&before)]).0, Some(0));
    let page = tempfile::Builder::new().suffix(".html").tempfile().unwrap();
    let (_, out, err) = run(&["report", path(&now), "-o", path(&page)]);
    let html = std::fs::read_to_string(page.path()).unwrap();
    assert!(html.contains("Open descriptors grow by 1,440 per hour"), "{out}{err}");
}

#[test]
fn resident_memory_has_its_limit_and_the_time_until_then() {
    let of = |per_mib: u64| {
        recorded("goroutines,rss_bytes,threads", move |i| {
            format!(
                ",{},9",
                (400 << 20) + (per_mib << 20) * u64::from(i) / 10 + u64::from(i * 7919 % 31) * 9000
            )
        })
    };
    let (before, now) = (of(0), of(5));
    let (exit, _, text) = compared(&[path(&before), path(&now)]);
    assert!(exit == Some(1) && text.contains("resident memory grows by 359.9 MiB/h"), "{text}");
    let (exit, json, text) = compared(&[path(&before), path(&now), "--memory-limit", "900MiB"]);
    assert!(exit == Some(2) && json["verdict"] == "leak", "{text}");
    assert!(text.contains("the limit in about") || text.contains("the limit in 5"), "{text}");
    for wrong in ["0", "-1", "much", ""] {
        let (exit, _, err) = run(&["compare", "a", "b", "--memory-limit", wrong]);
        assert!(exit == Some(64) && err.contains("--memory-limit"), "{wrong}: {err}");
    }
}

#[test]
fn a_python_target_is_judged_by_its_process() {
    let python = "python_info{implementation=\"CPython\",version=\"3.12.4\"} 1\nprocess_resident_memory_bytes 4e8\n\
                  process_open_fds 17\nprocess_max_fds 1024\nprocess_start_time_seconds 1.79e9\n";
    with(python, |url| {
        let at = format!("{url}/metrics");
        let (exit, out, err) = run(&["quick-check", "--api-url", &at]);
        let words = one_line(&out);
        assert_eq!(exit, Some(0), "{out}{err}");
        for told in ["resident 381.5 MiB", "descriptors 17 of at most 1024", "ok: it reports no goroutines"] {
            assert!(words.contains(told), "{told}: {out}");
        }
        let (exit, out, _) = run(&["quick-check", "--api-url", &at, "--memory-limit", "400MiB"]);
        assert!(exit == Some(1) && out.contains("above 90 %"), "{out}");
        let (exit, out, err) = run(&["watch", "--api-url", &at, "--plain", "-n", "3", "-i", "100ms"]);
        let words = one_line(&out);
        assert_eq!(exit, Some(0), "{out}{err}");
        assert!(words.contains("resident fds latency") && !out.contains("goroutines"), "{out}");
        assert!(!words.contains("check that the service is up"), "{out}");
        let (exit, out, _) =
            run(&["watch", "--api-url", &at, "--plain", "-n", "2", "-i", "100ms", "--require-trend"]);
        assert!(
            exit == Some(3) && one_line(&out).contains("nobody can tell yet whether resident memory grows"),
            "{out}"
        );
        let (exit, ..) =
            run(&["watch", "--api-url", &at, "--plain", "-n", "2", "-i", "100ms", "--max-peak", "9"]);
        assert_eq!(exit, Some(3), "a gate of counts cannot hold without one");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_shows_what_the_help_of_pid_promises() {
    // Not this process: beside this test, others start threads and open files in it.
    let quiet = harness::Child::start(std::process::Command::new("sleep").arg("600"));
    let pid = quiet.pid().to_string();
    let (exit, out, err) = run(&["quick-check", "--pid", &pid]);
    assert_eq!(exit, Some(0), "{out}{err}");
    for told in ["resident", "threads", "descriptors"] {
        assert!(out.contains(told), "{told}: {out}");
    }
    let (_, json, _) = run(&["quick-check", "--pid", &pid, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["metrics"]["rss_bytes"].is_u64() && json["metrics"]["threads"].is_u64(), "{json}");
    let (exit, out, _) = run(&["watch", "--pid", &pid, "--format", "ndjson", "-n", "2", "-i", "100ms"]);
    let summary: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((exit, &summary["verdict"]), (Some(0), &"ok".into()), "{summary}");
    assert!(summary["metrics"]["rss_bytes"].is_object(), "{summary}");
}

/// A process that opens a file again and again.
#[cfg(target_os = "linux")]
struct Opens {
    process: std::process::Child,
    _folder: tempfile::TempDir,
}

#[cfg(target_os = "linux")]
impl Opens {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = "for i in {1..900}; do exec {fd}>>opened.log; read -rt 0.01 <> <(:); done; sleep 60";
        let mut command = std::process::Command::new("bash");
        let process = command.args(["-c", script]).current_dir(folder.path()).spawn().unwrap();
        Self { process, _folder: folder }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Opens {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_that_grow_are_diagnosed_by_kind() {
    let opens = Opens::begin();
    let pid = opens.process.id().to_string();
    let diagnose = ["diagnose", "--pid", &pid, "--apart", "2s", "--format", "json"];
    let (exit, out, err) = run(&diagnose);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &json["verdict"]), (Some(1), &"warning".into()), "{out}{err}");
    assert!(json["apart_s"].as_f64().unwrap() >= 2.0, "{out}");
    let kept = &json["kept"][0];
    let grown = &kept["growing"][0];
    assert_eq!((&kept["what"], &grown["kind"]), (&"descriptors".into(), &"opened.log".into()), "{out}");
    assert!(grown["per_minute"].as_f64().unwrap() > 100.0, "{out}");
    assert!(
        kept["next"].as_str().unwrap().starts_with("find what opens opened.log and does not close it"),
        "{out}"
    );
}
