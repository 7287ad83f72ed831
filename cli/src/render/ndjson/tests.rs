use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use vitals::{FIELDS, Sample};

use super::*;
use crate::source::{ErrorKind, PollError, Reading};
use crate::watching::Watching;

fn good() -> Result<Reading, PollError> {
    let sample = Sample {
        goroutines: Some(2312),
        explained: Some(300),
        alloc_bytes: Some(18 << 20),
        in_flight: Some(150),
        ..Sample::default()
    };
    let latency = Duration::from_micros(1234);
    Ok(Reading { status: Some("warning".to_owned()), ..Reading::of(sample, latency) })
}

/// The lines of a watch of a good and a failed poll, and its summary.
fn lines() -> [String; 3] {
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    let (good, failed) = (good(), Err(PollError::new(ErrorKind::Timeout, "what", "cure")));
    let mut watching = Watching::new(Thresholds::default(), None, vitals::Verdict::Unknown);
    let first = sample(&watching.add(at, Duration::ZERO, &good), None);
    let second = sample(&watching.add(at, Duration::from_millis(5003), &failed), Some("10.0.0.7:80"));
    let conclusion = watching.conclusion();
    let watched = Watched {
        target: "http://localhost:3000",
        source: "health",
        started: at,
        ended: at + Duration::from_secs(5),
        took: Duration::from_millis(5250),
        watching: &watching,
        conclusion: &conclusion,
        growing: &[],
        kept: &[],
    };
    [first, second, summary(&watched)]
}

#[test]
fn the_keys_are_a_contract() {
    insta::assert_snapshot!(lines().concat());
}

#[test]
fn what_is_not_told_is_null() {
    let said = |explained: Option<u64>| {
        let mut reading = good().unwrap();
        reading.sample.explained = explained;
        let mut watching = Watching::new(Thresholds::default(), None, vitals::Verdict::Unknown);
        let line = sample(&watching.add(Timestamp::UNIX_EPOCH, Duration::ZERO, &Ok(reading)), None);
        serde_json::from_str::<Value>(&line).unwrap()["unexplained"].clone()
    };
    assert!(said(None).is_null());
    assert!(said(Some(0)).is_u64());
}

#[test]
fn every_line_is_one_object_and_has_the_columns_of_a_recording() {
    for (line, kind) in lines().iter().zip(["sample", "sample", "summary"]) {
        assert_eq!(line.matches('\n').count(), 1);
        let json: Value = serde_json::from_str(line).unwrap();
        assert_eq!(json["type"], kind);
        if kind == "sample" {
            let own = ["ts", "elapsed_s", "seq", "ok", "error", "latency_ms", "status"];
            for column in own.into_iter().chain(FIELDS.iter().filter_map(|field| field.csv)) {
                assert!(json.get(column).is_some(), "{column} is missing: {line}");
            }
        }
    }
}

/// Half an hour of polls every ten seconds; the process is the one that `of` says, and so is its count.
fn watched_json(of: impl Fn(u32) -> (u64, u64)) -> Value {
    let start = Timestamp::from_second(1_795_000_000).unwrap();
    let mut watching = Watching::new(Thresholds::default(), None, vitals::Verdict::Unknown);
    for n in 0..360_u32 {
        let (start_time, goroutines) = of(n);
        let sample = Sample {
            goroutines: Some(goroutines + u64::from(n * 7919 % 31)),
            in_flight: Some(50),
            start_time: Some(start_time),
            ..Sample::default()
        };
        let poll = Ok(Reading::of(sample, Duration::ZERO));
        let elapsed = Duration::from_secs(u64::from(n) * 10);
        watching.add(start + elapsed, elapsed, &poll);
    }
    watching.finish();
    let conclusion = watching.conclusion();
    let watched = Watched {
        target: "http://localhost:3000",
        source: "health",
        started: start,
        ended: start + Duration::from_secs(3600),
        took: Duration::from_secs(3600),
        watching: &watching,
        conclusion: &conclusion,
        growing: &[],
        kept: &[],
    };
    serde_json::from_str(&summary(&watched)).unwrap()
}

#[test]
fn each_life_is_told() {
    let one = watched_json(|_| (1, 300));
    assert_eq!([&one["lives"], &one["instances"]], [&Value::Array(Vec::new()); 2]);
    let mended = watched_json(|n| if n < 180 { (1, 300 + 50 * u64::from(n)) } else { (2, 300) });
    let told = |life: &Value| {
        let course = life["trend"].as_str().unwrap().to_owned();
        (life["to"].clone(), life["judged"].clone(), life["verdict"].clone(), course)
    };
    let lives: Vec<_> = mended["lives"].as_array().unwrap().iter().map(told).collect();
    let life =
        |to: &str, verdict: &str, course: &str| (to.into(), true.into(), verdict.into(), course.to_owned());
    let first = life("2026-11-18T11:36:30.000Z", "danger", "growing");
    assert_eq!(lives, [first, life("2026-11-18T12:06:30.000Z", "ok", "stable")]);
    let slope = mended["lives"][0]["slope_per_h"].as_f64().unwrap();
    assert!((slope - 18_000.0).abs() < 100.0, "{slope}");
    assert_eq!((&mended["verdict"], &mended["instances"]), (&"ok".into(), &Value::Array(Vec::new())));
}

#[test]
fn each_instance_is_told() {
    let both = watched_json(|n| if n % 2 == 0 { (1, 300) } else { (2, 300 + 50 * u64::from(n)) });
    let instance = serde_json::json!({"number": 2, "name": null, "started": "1970-01-01T00:00:02.000Z"});
    assert_eq!((&both["instances"][1], &both["restarts"]), (&instance, &0.into()), "{both}");
    let lives: Vec<_> = both["lives"].as_array().unwrap().iter().collect();
    let told: Vec<_> = lives.iter().map(|life| (&life["instance"], &life["verdict"])).collect();
    assert_eq!(told, [(&1.into(), &"ok".into()), (&2.into(), &"danger".into())]);
}

#[test]
fn lines_are_the_same_in_every_language() {
    assert_eq!(vitals::Language::Zh.during(lines), lines());
    let leak = || watched_json(|n| (312 + u64::from(n) * 2, 300)).to_string();
    assert_eq!(vitals::Language::Zh.during(leak), leak());
}
