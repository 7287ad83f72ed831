//! `diagnose`: the way to a target step by step, and what grows in this program's own relay.

use std::net::TcpListener;

use harness::{Relay, Upstream};
use serde_json::Value;

use super::endpoint::{health, serving, with};
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
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (exit, json) = diagnosis(&["--api-url", &format!("127.0.0.1:{port}")]);
    assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()));
    assert_eq!(seen(&json, "name"), ("ok", "127.0.0.1 is 127.0.0.1"));
    let (outcome, what) = seen(&json, "connection");
    assert!(outcome == "failed" && what.contains("connection refused"), "{json}");
    if cfg!(target_os = "linux") {
        assert!(seen(&json, "listeners").1.contains(&format!("nobody listens on port {port}")), "{json}");
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
