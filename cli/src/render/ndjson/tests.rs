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
    Ok(Reading { sample, status: Some("warning".to_owned()), program: None, latency })
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
