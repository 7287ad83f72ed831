use jiff::Timestamp;
use vitals::{Expectation, FailOn, Gate, Measure, judge};

use std::time::Duration;

use super::*;
use crate::finding::{Finding, Instance, Rose};
use crate::render::json::quick_check as quick_check_json;
use crate::render::{Expected, Polls, ToldInstance, prometheus, report};
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
    let reading = Reading {
        sample,
        status: Some(status.to_owned()),
        program: program.map(str::to_owned),
        instance: None,
        latency,
    };
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    Checked {
        target: "http://localhost:3000",
        source: "health",
        at,
        thresholds,
        outcome: Ok((reading, judgement)),
        expectations: Vec::new(),
        gate: Gate::default(),
        polls: Polls { asked: 1, failed: 0 },
        restarts: None,
        instance: None,
        instances: Vec::new(),
        findings: (status == "draining").then(Finding::of_draining).into_iter().collect(),
        requests: None,
        rises: Vec::new(),
        took: Duration::from_millis(1250),
    }
}

fn failed() -> Checked<'static> {
    let error = PollError::new(
        ErrorKind::Refused,
        "nothing listens at 127.0.0.1:1 (connection refused)",
        "start the service, or check the port and --api-url",
    );
    let polls = Polls { asked: 1, failed: 1 };
    Checked { target: "http://127.0.0.1:1", outcome: Err(error), polls, ..checked(relay(), "ok", None) }
}

/// One that is well and one that does not answer.
pub(super) fn checked_all() -> Vec<Checked<'static>> {
    vec![checked(relay(), "ok", None), failed()]
}

pub(super) fn plain_all(all: &[Checked<'_>]) -> String {
    super::several::text(all, &Styles::default(), 80)
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

/// A check with a danger, a warning and one expectation of each outcome.
fn gated(expectations: &[Expectation]) -> Checked<'_> {
    let sample = Sample { goroutines: Some(5400), open_fds: Some(900), ..relay() };
    let expected = |expectation| {
        let value = Expectation::value(expectation, &sample, 3.0);
        Expected { expectation, value, verdict: expectation.judge(value) }
    };
    Checked {
        expectations: expectations.iter().map(expected).collect(),
        polls: Polls { asked: 5, failed: 1 },
        ..checked(sample, "danger", Some("watertight 0.1.0"))
    }
}

fn expectations() -> Vec<Expectation> {
    ["alloc_bytes<512MiB", "unexplained<1000", "threads<50"]
        .map(|text| Expectation::parse(text).unwrap())
        .into()
}

#[test]
fn expectations_and_samples() {
    let expectations = expectations();
    insta::assert_snapshot!(plain(&gated(&expectations)));
    insta::assert_snapshot!(quick_check_json(&gated(&expectations)));
}

#[test]
fn an_exit_code_that_is_not_the_verdict_is_explained() {
    let gate = Gate { fail_on: Some(FailOn::Never), ..Gate::default() };
    let text = plain(&Checked { gate, ..failed() });
    assert!(text.ends_with("  exit code    0, because of --fail-on\n"), "{text}");
    let gate = Gate { unreachable_is_danger: true, ..Gate::default() };
    assert!(plain(&Checked { gate, ..failed() }).starts_with("DANGER  http://127.0.0.1:1\n"));
}

#[test]
fn nagios() {
    let expectations = expectations();
    insta::assert_snapshot!(report::nagios(&check_report(&gated(&expectations))));
    insta::assert_snapshot!(report::nagios(&check_report(&checked(relay(), "ok", None))));
    insta::assert_snapshot!(report::nagios(&check_report(&failed())));
}

#[test]
fn junit() {
    let expectations = expectations();
    let junit =
        |checked: &Checked<'_>| report::junit(&check_report(checked), "2026-11-18T11:06:40.000Z", 1.25);
    insta::assert_snapshot!(junit(&gated(&expectations)));
    insta::assert_snapshot!(junit(&failed()));
    let gate = Gate { unreachable_is_danger: true, ..Gate::default() };
    assert!(junit(&Checked { gate, ..failed() }).contains("failures=\"1\" errors=\"0\""));
}

#[test]
fn github() {
    let expectations = expectations();
    insta::assert_snapshot!(report::annotations(&check_report(&gated(&expectations))));
    insta::assert_snapshot!(check_markdown(&gated(&expectations)));
    insta::assert_snapshot!(check_markdown(&checked(relay(), "ok", None)));
    insta::assert_snapshot!(check_markdown(&failed()));
}

#[test]
fn prometheus_text() {
    // Repeated: a series must not be.
    let expectations = [expectations(), expectations()].concat();
    insta::assert_snapshot!(prometheus(&[gated(&expectations)]));
    insta::assert_snapshot!(prometheus(&[failed()]));
}

#[test]
fn what_is_not_as_expected_is_something_to_do() {
    let expectation = Expectation::parse("goroutines<100").unwrap();
    let check = checked(relay(), "ok", None);
    let expected = Expected { expectation: &expectation, value: Some(312.0), verdict: Verdict::Danger };
    let text = plain(&Checked { expectations: vec![expected], ..check });
    assert!(text.starts_with("DANGER") && !text.contains("nothing to do"), "{text}");
    let check = checked(Sample { open_fds: None, ..relay() }, "ok", None);
    let expected = Expected { expectation: &expectation, value: None, verdict: Verdict::Unknown };
    let text = plain(&Checked { expectations: vec![expected], ..check });
    assert!(text.contains("expect something of a metric that the target reports"), "{text}");
    assert!(!text.contains("mend the expectation"), "{text}");
}

#[test]
fn restarts_count_whatever_the_numbers_are() {
    let looped = vitals::CrashLoop { times: 3, seconds: 9.0, short_lives: false, at: 0.0 };
    let findings = || Finding::of_restarts(3, Some(looped), None, None).into_iter().collect();
    let polls = Polls { asked: 10, failed: 0 };
    let check = Checked { polls, restarts: Some(3), findings: findings(), ..checked(relay(), "ok", None) };
    let text = plain(&check);
    assert!(text.starts_with("DANGER") && text.contains("median of 10 polls, 3 restarts\n"), "{text}");
    assert!(text.contains("danger: crash loop: 3 restarts within 9s"), "{text}");
    assert!(text.contains("read the log of its last minutes") && !text.contains("nothing to do"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&quick_check_json(&check)).unwrap();
    let told = [&json["restarts"], &json["exit_code"], &json["reasons"][0]["value"]];
    assert_eq!(told, [3, 2, 3]);
    assert!(report::nagios(&check_report(&check)).starts_with("WATERTIGHT CRITICAL - "));
    let silent = Checked { findings: findings(), ..failed() };
    let text = plain(&silent);
    assert!(text.starts_with("DANGER") && text.contains("danger: crash loop"), "{text}");
    assert!(report::nagios(&check_report(&silent)).contains("crash loop"));
    let once = Checked { polls, restarts: Some(1), ..checked(relay(), "ok", None) };
    let text = plain(&once);
    assert!(text.starts_with("OK") && text.contains(", 1 restart\n"), "{text}");
}

#[test]
fn instances_are_told_and_the_gravest_is_shown() {
    let instance = |number| Instance { number, of: 2, name: None, started: None };
    let told = |number, verdict, n| ToldInstance { instance: instance(number), verdict, goroutines: Some(n) };
    let other = judge(&Sample { goroutines: Some(2100), ..Sample::default() }, &Thresholds::default());
    let check = Checked {
        polls: Polls { asked: 10, failed: 0 },
        restarts: Some(0),
        instance: Some(instance(2)),
        instances: vec![told(1, Verdict::Warning, 2100), told(2, Verdict::Danger, 5700)],
        findings: other.reasons.iter().map(|r| Finding::from(*r).of_instance(instance(1))).collect(),
        ..checked(Sample { goroutines: Some(5700), ..Sample::default() }, "ok", None)
    };
    let text = plain(&check);
    assert!(text.contains("2 instances answer behind this address"), "{text}");
    assert!(text.contains("the numbers are those of instance 2 of 2\n"), "{text}");
    assert!(text.contains("danger: instance 2 of 2: 5700 goroutines, above 5000\n"), "{text}");
    assert!(text.contains("warning: instance 1 of 2: 2100 goroutines, above 2000\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&quick_check_json(&check)).unwrap();
    let first = serde_json::json!({
        "number": 1, "name": null, "started": null, "verdict": "warning", "goroutines": 2100, "shown": false
    });
    assert_eq!((&json["instances"][0], &json["instances"][1]["shown"]), (&first, &true.into()));
}

#[test]
fn what_rises_from_poll_to_poll_is_told() {
    let rose = Rose { measure: Measure::OpenFds, from: 100, to: 700, over: Duration::from_secs(4) };
    let check = Checked { rises: vec![rose], ..checked(relay(), "ok", None) };
    let text = plain(&check);
    let said = "rising: open descriptors rose from 100 to 700 in 4s without a";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("watertight watch says whether that goes on") && !text.contains("nothing to do"));
    let json: serde_json::Value = serde_json::from_str(&quick_check_json(&check)).unwrap();
    assert_eq!((&json["rising"][0]["metric"], &json["rising"][0]["to"]), (&"open_fds".into(), &700.into()));
    assert_eq!(json["exit_code"], 0);
}

/// At most 80 columns, of which a Chinese character takes two.
fn chinese(say: impl FnOnce() -> String) -> String {
    let text = vitals::Language::Zh.during(say);
    for line in text.lines() {
        assert!(columns(line) <= 80 && line == line.trim_end(), "{line:?}");
    }
    text
}

#[test]
fn in_chinese() {
    let expectations = expectations();
    let checks = [checked(relay(), "ok", Some("watertight 0.1.0")), gated(&expectations), failed()];
    insta::assert_snapshot!(chinese(|| plain_all(&checks)));
    insta::assert_snapshot!(vitals::Language::Zh.during(|| super::check_markdown(&gated(&expectations))));
}

#[test]
fn what_machines_read_is_the_same_in_every_language() {
    let expectations = expectations();
    let said = || {
        let all = [gated(&expectations), failed(), checked(relay(), "draining", None)];
        let reported = super::checks_report(&all).unwrap();
        [
            super::check_object(&all),
            prometheus(&all),
            report::nagios(&reported),
            report::docker(&reported).0,
            report::annotations(&reported),
            report::junit(&reported, "2026-11-18T11:06:40.000Z", 1.25),
        ]
    };
    assert_eq!(vitals::Language::Zh.during(said), said());
}
