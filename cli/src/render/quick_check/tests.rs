use jiff::Timestamp;
use vitals::judge;

use super::*;
use crate::render::quick_check_json;
use crate::source::ErrorKind;

fn relay() -> Sample {
    Sample {
        goroutines: Some(312),
        explained: Some(300),
        alloc_bytes: Some(18 << 20),
        sys_bytes: Some(31 << 20),
        rss_bytes: Some(42_000_000),
        num_gc: Some(0),
        open_fds: Some(50),
        max_fds: Some(1024),
        in_flight: Some(11),
        streams: Some(7),
        oldest_s: Some(61),
        upstream_open: Some(9),
        upstream_idle: Some(4),
        overdue: Some(0),
        uptime_s: Some(93),
        ..Sample::default()
    }
}

fn checked(sample: Sample, status: &str, program: Option<&str>) -> Checked<'static> {
    let thresholds = Thresholds::default();
    let judgement = judge(&sample, &thresholds);
    let latency = Duration::from_millis(3);
    let reading =
        Reading { sample, status: Some(status.to_owned()), program: program.map(str::to_owned), latency };
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    Checked {
        target: "http://localhost:3000",
        source: "health",
        at,
        thresholds,
        outcome: Ok((reading, judgement)),
    }
}

fn failed() -> Checked<'static> {
    let error = PollError::new(
        ErrorKind::Refused,
        "nothing listens at 127.0.0.1:1 (connection refused)",
        "start the service, or check the port and --api-url",
    );
    Checked { target: "http://127.0.0.1:1", outcome: Err(error), ..checked(relay(), "ok", None) }
}

fn plain(checked: &Checked<'_>) -> String {
    quick_check(checked, &Styles::default(), 80)
}

#[test]
fn a_healthy_relay() {
    insta::assert_snapshot!(plain(&checked(relay(), "ok", Some("watertight 0.1.0"))));
}

#[test]
fn a_busy_relay_that_drains() {
    let busy = Sample { goroutines: Some(9012), explained: Some(9000), ..relay() };
    insta::assert_snapshot!(plain(&checked(busy, "draining", Some("watertight 0.1.0"))));
}

#[test]
fn everything_at_once() {
    let bad = Sample {
        goroutines: Some(169_000),
        alloc_bytes: Some(5 << 30),
        open_fds: Some(1000),
        overdue: Some(3),
        ..relay()
    };
    insta::assert_snapshot!(plain(&checked(bad, "danger", Some("watertight 0.1.0"))));
}

#[test]
fn an_old_endpoint() {
    let old = Sample {
        goroutines: Some(3456),
        alloc_bytes: Some(256 << 20),
        sys_bytes: Some(512 << 20),
        num_gc: Some(45),
        ..Sample::default()
    };
    insta::assert_snapshot!(plain(&checked(old, "ok", None)));
}

#[test]
fn unreachable() {
    insta::assert_snapshot!(plain(&failed()));
}

#[test]
fn narrow() {
    insta::assert_snapshot!(quick_check(
        &checked(relay(), "ok", Some("watertight 0.1.0")),
        &Styles::default(),
        60
    ));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let sample = Sample { goroutines: Some(2500), ..relay() };
    let checked = checked(sample, "warning", None);
    let colored = quick_check(&checked, &Styles::new(true), 80);
    assert!(colored.contains("\u{1b}[33;1mWARNING"), "{colored:?}");
    let mut bare = String::new();
    for (i, part) in colored.split('\u{1b}').enumerate() {
        bare.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(bare, plain(&checked));
}

#[test]
fn json() {
    insta::assert_snapshot!(quick_check_json(&checked(
        Sample { goroutines: Some(5400), ..relay() },
        "ok",
        None
    )));
    insta::assert_snapshot!(quick_check_json(&failed()));
}
