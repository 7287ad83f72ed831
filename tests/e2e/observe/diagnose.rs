//! `diagnose`: the way to a target step by step, and what grows in this program's own relay.

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use harness::{Relay, Upstream};
use serde_json::Value;

use super::endpoint::{answering, health, ok, serving, with};
use super::{finished, run, watertight};

fn diagnosis(args: &[&str]) -> (Option<i32>, Value) {
    let (exit, out, err) = run(&[&["diagnose", "--format", "json", "--apart", "100ms"], args].concat());
    (exit, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// What was seen at a step; empty without it.
fn seen<'a>(json: &'a Value, step: &str) -> (&'a str, &'a str) {
    let found = json["steps"].as_array().unwrap().iter().find(|s| s["step"] == step);
    found.map_or(("", ""), |s| (s["outcome"].as_str().unwrap(), s["seen"].as_str().unwrap()))
}

#[test]
fn a_port_on_which_nobody_listens() {
    let (exit, json) = diagnosis(&["--api-url", "127.0.0.1:1"]);
    assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()));
    assert_eq!(seen(&json, "name"), ("ok", "127.0.0.1 is 127.0.0.1"));
    let (outcome, what) = seen(&json, "connection");
    assert!(outcome == "failed" && what.contains("connection refused"), "{json}");
    if cfg!(target_os = "linux") {
        assert!(seen(&json, "listeners").1.contains("nobody listens on port 1"), "{json}");
    }
    let (exit, json) = diagnosis(&["--api-url", "no-such-host.invalid"]);
    assert_eq!((exit, seen(&json, "name").0), (Some(3), "failed"), "{json}");
}

#[test]
fn an_answer_that_is_none_names_who_gave_it() {
    serving("HTTP/1.1 200 OK\r\ncontent-length: 37\r\n\r\n<html><title>Welcome</title></html>  ", |url| {
        let (exit, json) = diagnosis(&["--api-url", url]);
        assert_eq!(exit, Some(3));
        assert_eq!((seen(&json, "connection").0, seen(&json, "http").0), ("ok", "ok"));
        assert!(seen(&json, "content").1.contains("HTML page came instead of JSON"), "{json}");
        if cfg!(target_os = "linux") {
            assert!(seen(&json, "listeners").1.contains(&format!("({})", std::process::id())), "{json}");
        }
    });
}

#[test]
fn a_relay_without_profiles_is_told_how_to_have_them() {
    with(&health(7), |url| {
        let (exit, out, err) = run(&["diagnose", "--api-url", url, "--apart", "100ms"]);
        assert_eq!(exit, Some(0), "{out}{err}");
        assert!(out.contains("ok: health in") && out.contains("7 goroutines"), "{out}");
        assert!(out.contains("not a goroutine profile"), "{out}");
    });
}

#[cfg(unix)]
#[test]
fn the_container_that_publishes_the_port() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let docker = dir.path().join("docker");
    let script = "#!/bin/sh\ncase $1 in\n\
        ps) printf '4711\\trelay-1\\texited\\tExited (137) 5 minutes ago\\n' ;;\n\
        logs) echo 'out of memory'; echo 'killed' >&2 ;;\nesac\n";
    std::fs::write(&docker, script).unwrap();
    std::fs::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = watertight(&["diagnose", "--api-url", "127.0.0.1:1", "--format", "json"]);
    let (exit, out, _) = finished(command.env("PATH", dir.path()).output().unwrap());
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(exit, Some(3));
    let (outcome, what) = seen(&json, "container");
    assert_eq!(outcome, "note", "{json}");
    assert!(what.contains("relay-1 publishes port 1; it is Exited (137)"), "{json}");
    assert!(what.contains("its log ends: out of memory | killed"), "{json}");
}

#[test]
fn the_exchanges_of_this_programs_own_relay() {
    let upstream = Upstream::start(super::super::PROGRAM);
    let relay = Relay::of(super::super::PROGRAM).upstream(&upstream).start();
    let (exit, json) = diagnosis(&["--api-url", &relay.address().to_string(), "--timeout", "20s"]);
    assert_eq!((exit, &json["exchanges"]), (Some(0), &Value::Array(Vec::new())), "{json}");
    assert!(seen(&json, "answer").1.contains("health from watertight"), "{json}");
}

/// A wandering number of requests in flight, each of which costs 5 goroutines; the same every time.
fn in_flight(n: u64) -> u64 {
    20 + n * 7919 % 101
}

#[test]
fn how_much_of_a_swing_the_load_explains_live() {
    let respond = |_: &str, n: u64| {
        let load = in_flight(n);
        let body = health(100 + 5 * load + n * 6007 % 11);
        ok(format!("{},\"relay\":{{\"in_flight\":{load}}}}}", &body[..body.len() - 1]).as_bytes())
    };
    answering(respond, |url, _| {
        let asked = ["diagnose", "--api-url", url, "--apart", "10s", "--timeout", "20s", "--format", "json"];
        let (exit, out, err) = run(&asked);
        assert_eq!(exit, Some(0), "{out}{err}");
        let json: Value = serde_json::from_str(&out).unwrap();
        let swing = &json["swing"];
        assert_eq!(swing["basis"], "in_flight", "{json}");
        assert!(swing["explained"].as_f64().unwrap() > 0.98, "{json}");
        assert!((swing["per_request"].as_f64().unwrap() - 5.0).abs() < 0.2, "{json}");
    });
    // The old endpoint says nothing of load, and nothing is said of it.
    with(&health(7), |url| {
        let (_, json) = diagnosis(&["--api-url", url]);
        assert_eq!((&json["swing"], seen(&json, "load").0), (&Value::Null, ""), "{json}");
    });
}

/// A recording of so many rows, a second apart.
fn recording(rows: u64, row: impl Fn(u64) -> (u64, String)) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::from("ts,elapsed_s,ok,goroutines,in_flight\n");
    for n in 0..rows {
        let (goroutines, load) = row(n);
        let (minute, second) = (n / 60, n % 60);
        writeln!(text, "2026-11-24T10:{minute:02}:{second:02}.000Z,{n},1,{goroutines},{load}").unwrap();
    }
    let file = dir.path().join("day.csv");
    std::fs::write(&file, text).unwrap();
    let name = file.to_str().unwrap().to_owned();
    (dir, name)
}

#[test]
fn how_much_of_a_swing_the_load_explains_in_a_recording() {
    let told = |file: &str| {
        let (exit, out, err) = run(&["diagnose", "--recording", file]);
        (exit, out.split_whitespace().collect::<Vec<_>>().join(" ") + &err)
    };
    let (_dir, file) = recording(300, |n| (100 + 5 * in_flight(n), in_flight(n).to_string()));
    let (exit, out) = told(&file);
    assert_eq!(exit, Some(0), "{out}");
    assert!(out.contains("load explains 100 % of the swing, 5.0 for a request in flight"), "{out}");
    let (_dir, file) = recording(300, |n| (100 + 5 * in_flight(n), "40".to_owned()));
    assert!(told(&file).1.contains("it explains none of the swing"));
    let (_dir, file) = recording(300, |n| (100 + 5 * in_flight(n), String::new()));
    assert!(told(&file).1.contains("nothing is known of the load"));
    let (_dir, file) = recording(19, |n| (100 + 5 * in_flight(n), "40".to_owned()));
    let (exit, out) = told(&file);
    assert!(exit == Some(64) && out.contains("19 good samples of goroutines are too few"), "{exit:?} {out}");
    let (exit, out) = told("no-such.csv");
    assert!(exit == Some(64) && out.contains("no-such.csv"), "{exit:?} {out}");
    let (exit, _, err) = run(&["diagnose", "--recording", &file, "--deep"]);
    assert!(exit == Some(64) && err.contains("--deep"), "{exit:?} {err}");
}

/// Recorded from the Go relay of tests/sources, which leaves bodies open: profiles two seconds apart, and its heap's.
const BODY: [&[u8]; 3] = [
    include_bytes!("../../../cli/src/profile/recorded/body.1.txt"),
    include_bytes!("../../../cli/src/profile/recorded/body.2.txt"),
    include_bytes!("../../../cli/src/profile/recorded/body.heap.pb.gz"),
];

#[test]
fn who_asked_for_what_nobody_closed() {
    let profiles = AtomicU64::new(0);
    let respond = |target: &str, _: u64| match target {
        "/debug/pprof/heap" => ok(BODY[2]),
        "/debug/pprof/goroutine" => ok(BODY[profiles.fetch_add(1, Ordering::SeqCst).min(1) as usize]),
        "/debug/pprof/goroutine?debug=1" => ok(BODY[0]),
        other => panic!("nobody asked for {other}"),
    };
    answering(respond, |url, _| {
        let (exit, json) = diagnosis(&["--pprof-url", url, "--source", "pprof"]);
        assert_eq!(exit, Some(1), "{json}");
        let first = &json["growing"][0];
        assert_eq!(first["cause"], "body_not_closed", "{json}");
        let maker = &first["requested_by"][0];
        assert_eq!(
            (&maker["function"], &maker["line"]),
            (&"main.(*relay).ServeHTTP".into(), &73.into()),
            "{json}"
        );
    });
    // Without a heap profile the rest stays.
    profiles.store(0, Ordering::SeqCst);
    let without = |target: &str, n: u64| match target {
        "/debug/pprof/heap" => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
        _ => respond(target, n),
    };
    answering(without, |url, _| {
        let (exit, json) = diagnosis(&["--pprof-url", url, "--source", "pprof"]);
        assert_eq!((exit, &json["growing"][0]["cause"]), (Some(1), &"body_not_closed".into()), "{json}");
        assert_eq!(seen(&json, "heap").0, "note", "{json}");
    });
}

#[test]
fn every_goroutine_is_listed_once_and_only_when_asked() {
    let deep = AtomicU64::new(0);
    let reader = |head: &str| {
        format!(
            "goroutine 7 {head}:\nmain.read(0x1)\n\t/app/main.go:124 +0x1f0\n\
             created by main.serve in goroutine 6\n\t/app/main.go:83 +0x2a5\n"
        )
    };
    let list = [
        reader("[chan send, 5 minutes]"),
        reader("[IO wait, locked to thread] {\"model\": \"m\"}"),
        reader("[chan send (leaked)]"),
        reader("[runnable]"),
    ]
    .join("\n");
    let respond = |target: &str, _: u64| match target {
        "/debug/pprof/goroutine?debug=2" => {
            deep.fetch_add(1, Ordering::SeqCst);
            ok(list.as_bytes())
        }
        _ => ok(BODY[0]),
    };
    answering(respond, |url, _| {
        let asked = ["diagnose", "--pprof-url", url, "--source", "pprof", "--apart", "100ms"];
        let (exit, out, _) = run(&asked);
        assert!(exit == Some(0) && !out.contains("deep"), "{exit:?} {out}");
        assert_eq!(deep.load(Ordering::SeqCst), 0);
        let (exit, out, err) = run(&[&asked[..], &["--deep"]].concat());
        assert!(exit == Some(0) && err.contains("stands still"), "{exit:?} {err}");
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in [
            "deep 4 goroutines listed, the likeliest cause first; Go counts",
            "main.read /app/main.go:124",
            "1 goroutine: chan send; for 5 minutes",
            "1 goroutine: chan send (leaked)",
            "1 goroutine: IO wait; none for a minute yet",
            "1 goroutine: runnable started by",
            "started by main.serve (/app/main.go:83)",
        ] {
            assert!(out.contains(text), "{text}: {out}");
        }
        assert!(!out.contains("nobody receives"), "a single one is most often as it should be: {out}");
        assert_eq!(deep.load(Ordering::SeqCst), 1);
    });
}

/// What Go has proven to be leaked, it lists without its age: so the list comes first.
#[test]
fn the_list_comes_before_the_proof() {
    let order = Mutex::new(Vec::new());
    let list = "goroutine 7 [chan send, 5 minutes]:\nmain.read(0x1)\n\t/app/main.go:124 +0x1f0\n";
    let respond = |target: &str, _: u64| {
        let kind = match target {
            "/debug/pprof/goroutine?debug=2" => "list",
            "/debug/pprof/goroutineleak?debug=1" => "proof",
            _ => return ok(BODY[0]),
        };
        order.lock().unwrap().push(kind);
        if kind == "list" { ok(list.as_bytes()) } else { ok(b"goroutineleak profile: total 0\n") }
    };
    answering(respond, |url, _| {
        let asked = ["--pprof-url", url, "--source", "pprof", "--prove", "--deep"];
        let (exit, json) = diagnosis(&asked);
        assert_eq!((exit, order.lock().unwrap().clone()), (Some(0), vec!["list", "proof"]), "{json}");
        assert_eq!(
            (&json["deep"]["waiting"][0]["longest_min"], &json["proof"]["leaked"]),
            (&5.into(), &0.into())
        );
    });
}
