//! `watch`: every poll a line, a summary and a verdict at the end, whatever happens to the target or the reader.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Child, PATIENCE, Signal, until};
use serde_json::Value;

use super::endpoint::{health, serving, with};
use super::{finished, run, watertight};
use crate::{servers, start};

/// A server that answers each poll with the next of these, and then with the last; an empty one is never sent.
pub(super) fn script(answers: Vec<String>) -> String {
    let asked = AtomicUsize::new(0);
    let address = servers::listen(move |mut stream| {
        let mut request = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(n @ 1..) = stream.read(&mut piece) {
            request.extend_from_slice(&piece[..n]);
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            request.clear();
            let at = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            if stream.write_all(answers[at].as_bytes()).is_err() {
                return;
            }
        }
    });
    format!("http://{address}")
}

pub(super) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub(super) fn counts(counts: &[u64]) -> String {
    script(counts.iter().map(|count| ok(&health(*count))).collect())
}

/// Watches every 100 ms; exit code, stdout, stderr.
fn watch(url: &str, more: &str) -> (Option<i32>, String, String) {
    let args = format!("watch --api-url {url} -i 100ms {more}");
    run(&args.split_whitespace().collect::<Vec<_>>())
}

fn json(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_exit_code_is_the_verdict() {
    for (polls, more, code, said) in [
        (&[300, 310][..], "-n 2", 0, "OK  http"),
        (&[2500, 300], "-n 2", 0, "at the end, everything is below"),
        (&[300, 2500], "-n 2", 1, "2500 goroutines, above 2000"),
        (&[3000, 300], "-n 2", 1, "3000 goroutines at the peak: it must stay below 3000"),
        (&[300, 800, 300], "-n 3 --max-peak 800", 2, "800 goroutines at the peak: it must stay below 800"),
        (&[300, 5001, 300], "-n 3", 2, "5001 goroutines, above 5000"),
        (&[300, 2500], "-n 2 --warning 3000", 0, "verdict      ok"),
        (&[300, 2500], "-n 2 --fail-on warning", 2, "WARNING  http"),
        (&[300, 9000], "-n 2 --fail-on never", 0, "DANGER  http"),
        (&[300, 2500], "-n 2 --danger 2000", 2, "2500 goroutines, above 2000"),
    ] {
        let (exit, out, err) = watch(&counts(polls), more);
        assert_eq!(exit, Some(code), "{polls:?} {more}: {out}{err}");
        assert!(out.contains(said), "{said}: {out}");
        assert_eq!(err.lines().count(), 1, "only the opening: {err}");
        assert!(err.starts_with("watching http://127.0.0.1:"), "{err}");
    }
}

#[test]
fn every_sample_is_a_line() {
    let (_, out, _) = watch(&counts(&[300, 344, 320]), "-n 3");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["time", "after", "goroutines", "band", "change", "net", "memory", "latency"]
    );
    let row = |line: &str| line.split_whitespace().skip(2).take(5).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(row(lines[1])[..4], ["300", "normal", "256", "MiB"]);
    assert_eq!(row(lines[2]), ["344", "normal", "+44", "+44", "256"]);
    assert_eq!(row(lines[3]), ["320", "normal", "-24", "+20", "256"]);
    assert!(out.contains("3 polls, none failed") && out.contains("300 to 320: +20 (+6.7 %)"), "{out}");
}

#[test]
fn help_says_what_the_verdict_rests_on() {
    let long = run(&["watch", "--help"]).1;
    assert!(long.contains("unknown: no poll succeeded") && long.contains("The verdict at the end"), "{long}");
    let short = run(&["watch", "-h"]).1;
    assert!(short.contains("the peak reached --max-peak"), "{short}");
}

#[test]
fn a_wrong_line_is_64() {
    for wrong in
        ["--warning 9 --danger 8", "--record -", "--append", "-i 1ms", "--api-url ftp://h", "--format csv"]
    {
        let args: Vec<&str> = ["watch", "-n", "1"].into_iter().chain(wrong.split(' ')).collect();
        let (exit, out, err) = run(&args);
        assert_eq!((exit, out.as_str()), (Some(64), ""), "{wrong}: {err}");
        assert!(err.contains("--") || err.contains("-i"), "{err}");
    }
}

#[test]
fn a_target_that_dies_and_comes_back() {
    let url = script(vec![
        ok(&health(300)),
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_owned(),
        ok(&health(20).replace("\"num_gc\":45", "\"num_gc\":1")),
    ]);
    let (exit, out, err) = watch(&url, "-n 5");
    assert_eq!(exit, Some(0), "{out}{err}");
    for said in [
        "failed (http): http://127.0.0.1:",
        "failed again (http), 2 in a row",
        "answers again, after 2 failed polls",
        "restarted: changes count from here",
        "5 polls, 2 failed (2 http), 1 restart",
        "ok: everything is below its threshold",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let checks = err.lines().filter(|line| line.contains("-> a proxy answers")).count();
    assert_eq!(checks, 1, "the same failure is explained once: {err}");
}

/// The real relay: its load is explained, and a real restart on the same port is seen.
#[test]
fn the_real_relay_is_load_aware_and_its_end_is_noticed() {
    let (_upstream, relay) = start(|setup| setup);
    let url = format!("http://{}", relay.address());
    let (exit, out, err) = watch(&url, "-n 3 --format ndjson");
    assert_eq!(exit, Some(0), "{out}{err}");
    let lines = json(&out);
    assert!(lines[0]["explained"].is_u64() && lines[0]["in_flight"] == 0, "{}", lines[0]);
    assert!(lines[3]["metrics"]["unexplained"]["max"].is_u64(), "{}", lines[3]);
    let (_, out, _) = watch(&url, "-n 1");
    assert!(out.contains("beyond") && out.contains("inflight"), "{out}");

    let watch = spawn(&url, "");
    wait_for(&watch, "normal");
    drop(relay);
    wait_for(&watch, "failed (refused): nothing listens");
    watch.signal(Signal::INT);
    let (exit, out) = end(watch, "verdict");
    assert_eq!(exit, Some(3), "{out}");
    assert!(out.contains("the last poll failed"), "{out}");
}

/// The same port, another process: its start time is a second, so that one must have passed.
#[test]
fn a_restart_of_the_real_relay_is_seen() {
    let serve = |listen: &str| Child::start(&mut watertight(&["serve", "--demo", "--listen", listen]));
    let address = harness::address().to_string();
    let first = serve(&address);
    let watch = spawn(&address, "");
    wait_for(&watch, "normal");
    drop(first);
    wait_for(&watch, "failed (refused)");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let mut second = serve(&address);
    assert_eq!(second.address().to_string(), address);
    wait_for(&watch, "restarted: changes count from here");
    watch.signal(Signal::INT);
    let (_, out) = end(watch, "1 restart");
    assert!(out.contains(", 1 restart") && !out.contains("restarts"), "{out}");
}

#[test]
fn nothing_but_failures_is_3() {
    let (exit, out, err) = watch("127.0.0.1:1", "-n 2");
    assert_eq!(exit, Some(3), "{out}{err}");
    assert!(out.contains("UNKNOWN  http://127.0.0.1:1") && out.contains("2 failed (2 refused)"), "{out}");
    assert!(err.contains("-> start the service"), "{err}");
    assert_eq!(watch("127.0.0.1:1", "-n 1 --unreachable danger").0, Some(2));
    let (exit, out, _) = watch("127.0.0.1:1", "-n 2 --format ndjson");
    let lines = json(&out);
    assert_eq!((exit, lines[0]["error"]["kind"].as_str()), (Some(3), Some("refused")));
    assert_eq!((&lines[2]["verdict"], &lines[2]["failed"]["refused"]), (&"unknown".into(), &2.into()));
}

#[test]
fn lines_for_programs() {
    let (exit, out, _) = watch(&counts(&[300, 5400]), "-n 2 --format ndjson");
    let lines = json(&out);
    assert_eq!((exit, lines.len()), (Some(2), 3));
    assert_eq!(
        (&lines[1]["type"], &lines[1]["goroutines"], &lines[1]["change"]),
        (&"sample".into(), &5400.into(), &5100.into())
    );
    let end = &lines[2];
    assert_eq!(
        (&end["type"], &end["verdict"], &end["polls"]),
        (&"summary".into(), &"danger".into(), &2.into())
    );
    assert_eq!(
        (&end["reasons"][0]["metric"], &end["reasons"][0]["value"]),
        (&"goroutines".into(), &5400.into())
    );
    assert_eq!(
        (&end["metrics"]["goroutines"]["first"], &end["metrics"]["goroutines"]["last"]),
        (&300.into(), &5400.into())
    );
    // Too few samples are not the same as none.
    let (exit, out, _) = watch(&counts(&[300, 305, 310]), "-n 3 --format ndjson");
    let end: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let trend = &end["trends"]["goroutines"];
    assert_eq!((exit, &trend["text"]), (Some(0), &"warming up 0/8 blocks: 9m more".into()), "{out}");
    assert!(trend["needs_s"].as_f64().is_some_and(|needs| (500.0..540.0).contains(&needs)), "{out}");
}

#[test]
fn what_is_recorded_is_a_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day1.csv");
    let csv = path.to_str().unwrap();
    let url = counts(&[300, 310]);
    let (exit, out, err) = watch(&url, &format!("-n 2 --record {csv} --label build=7"));
    assert_eq!(exit, Some(0), "{out}{err}");
    let before = fs::read_to_string(&path).unwrap();
    assert!(before.starts_with("ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,"), "{before}");
    assert_eq!(before.lines().count(), 3);
    let notes = fs::read_to_string(dir.path().join("day1.meta.json")).unwrap();
    assert!(notes.contains("\"build\": \"7\"") && notes.contains(&url), "{notes}");

    let (exit, out, err) = watch(&url, &format!("-n 1 --record {csv}"));
    assert_eq!((exit, out.as_str(), err.contains("--append")), (Some(64), "", true), "{err}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(run(&["record", "--api-url", &url, "--csv", csv, "-n", "1", "--append"]).0, Some(0));
    assert_eq!(watch(&url, &format!("-n 1 --record {csv} --append")).0, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 5, "one file for both commands");
    assert_eq!(watch(&url, &format!("-n 1 --record {csv} --force")).0, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_recording_or_an_output_that_cannot_be_written_is_74() {
    with(&health(5), |url| {
        let (exit, out, err) = watch(url, "-n 1 --record /dev/full");
        assert_eq!(
            (exit, out.as_str(), err.contains("cannot write /dev/full")),
            (Some(74), "", true),
            "{err}"
        );
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = watertight(&["watch", "--api-url", url, "-n", "1"]);
        let (exit, _, err) = finished(command.stdout(full).stderr(Stdio::piped()).output().unwrap());
        assert_eq!((exit, err.contains("cannot write to standard output")), (Some(74), true), "{err}");
    });
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    with(&health(9000), |url| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = watertight(&["watch", "--api-url", url, "-i", "100ms"]);
        let (exit, _, err) = finished(command.stdout(writer).stderr(Stdio::piped()).output().unwrap());
        assert_eq!((exit, err.lines().count()), (Some(0), 1), "only the opening: {err}");
    });
}

#[test]
fn ctrl_c_ends_with_the_verdict_and_a_second_one_leaves() {
    with(&health(9000), |url| {
        let watch = spawn(url, "");
        wait_for(&watch, "danger");
        watch.signal(Signal::INT);
        let (exit, out) = end(watch, "advice");
        assert_eq!(exit, Some(2), "{out}");
        assert!(out.contains("DANGER  http") && out.contains("9000 goroutines, above 5000"), "{out}");
    });
    // A target that never answers: there is no verdict, and the second signal does not wait for the poll.
    serving("", |url| {
        let watch = spawn(url, "--timeout 300ms");
        wait_for(&watch, "failed (timeout)");
        watch.signal(Signal::INT);
        let (exit, out) = end(watch, "interrupted before the first sample");
        assert_eq!(exit, Some(130), "{out}");
        assert!(!out.contains("UNKNOWN"), "one end is enough: {out}");
        let mut watch = spawn(url, "--timeout 1h");
        wait_for(&watch, "watching");
        std::thread::sleep(std::time::Duration::from_millis(300));
        watch.signal(Signal::INT);
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(watch.runs(), "the first one finishes the poll");
        watch.signal(Signal::INT);
        assert_eq!(watch.exit_code(), Some(130));
    });
}

#[test]
fn local_time_and_colour() {
    with(&health(2500), |url| {
        let clock = |zone: &str| {
            let mut command = watertight(&["watch", "--api-url", url, "-n", "1", "--color", "always"]);
            let (exit, out, err) = finished(command.env("TZ", zone).output().unwrap());
            assert_eq!(exit, Some(1), "{out}{err}");
            assert!(out.contains("\u{1b}[33;1mwarning"), "{out:?}");
            let line = out.lines().find(|line| line.contains("2500")).unwrap();
            line[line.find(':').unwrap() - 2..][..2].parse::<i32>().unwrap()
        };
        // Two zones nine hours apart; the hour may turn between the two runs.
        let apart = (clock("EAST-9") - clock("UTC0")).rem_euclid(24);
        assert!([8, 9].contains(&apart), "{apart}");
    });
}

/// A watch that runs, with its output collected.
fn spawn(url: &str, more: &str) -> Child {
    let line = format!("watch --api-url {url} -i 100ms {more}");
    Child::start(&mut watertight(&line.split_whitespace().collect::<Vec<_>>()))
}

fn wait_for(child: &Child, said: &str) {
    until(PATIENCE, || {
        let output = child.output();
        if output.contains(said) { Ok(()) } else { Err(format!("`{said}` is not in {output}")) }
    });
}

/// Waits for its end: exit code, and everything that it wrote, once `said` has arrived.
fn end(mut child: Child, said: &str) -> (Option<i32>, String) {
    let exit = child.exit_code();
    wait_for(&child, said);
    (exit, child.output())
}
