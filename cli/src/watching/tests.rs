use std::time::Duration;

use vitals::Sample;

use super::*;
use crate::source::ErrorKind;

type Poll = Result<Reading, PollError>;

fn reading(sample: Sample) -> Poll {
    Ok(Reading { sample, status: None, program: None, latency: Duration::from_millis(1) })
}

fn count(goroutines: u64) -> Poll {
    reading(Sample { goroutines: Some(goroutines), ..Sample::default() })
}

fn refused() -> Poll {
    Err(PollError::new(ErrorKind::Refused, "nothing listens", "start it"))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn watched(max_peak: Option<u64>, polls: &[Poll]) -> Watching {
    let mut watching = Watching::new(Thresholds::default(), max_peak, Verdict::Unknown);
    for (i, poll) in (0..).zip(polls) {
        watching.add(at(i), Duration::from_secs(i.unsigned_abs()), poll);
    }
    watching
}

/// The verdict, and the metric and time of each finding.
fn concluded(max_peak: Option<u64>, polls: &[Poll]) -> (Verdict, Vec<(&'static str, i64)>) {
    let conclusion = watched(max_peak, polls).conclusion();
    let second = |at: Timestamp| at.as_second() - 1_795_000_000;
    (conclusion.verdict, conclusion.findings.iter().map(|f| (f.reason.metric, second(f.at))).collect())
}

#[test]
fn a_calm_watch_is_ok() {
    assert_eq!(concluded(None, &[count(300), count(2000), count(310)]), (Verdict::Ok, vec![]));
}

#[test]
fn a_warning_counts_only_when_it_stays() {
    assert_eq!(concluded(None, &[count(2500), count(300)]), (Verdict::Ok, vec![]));
    let passed = watched(None, &[count(2100), count(2500), count(300)]).conclusion().passed;
    assert_eq!((passed.len(), passed[0].reason.value, passed[0].at), (1, 2500, at(1)), "at its worst");
    assert_eq!(concluded(None, &[count(300), count(2500)]), (Verdict::Warning, vec![("goroutines", 1)]));
}

#[test]
fn danger_counts_whenever_it_was() {
    let polls = [count(300), count(5001), count(9000), count(300)];
    assert_eq!(concluded(None, &polls), (Verdict::Danger, vec![("goroutines", 2)]));
    let overdue = |n| reading(Sample { goroutines: Some(9), overdue: Some(n), ..Sample::default() });
    assert_eq!(concluded(None, &[overdue(1), overdue(0)]), (Verdict::Danger, vec![("overdue", 0)]));
}

#[test]
fn the_peak_is_a_warning_by_default_and_a_gate_when_asked() {
    assert_eq!(concluded(None, &[count(2999), count(10)]), (Verdict::Ok, vec![]));
    assert_eq!(concluded(None, &[count(3000), count(10)]), (Verdict::Warning, vec![("goroutines", 0)]));
    assert_eq!(concluded(Some(500), &[count(499)]), (Verdict::Ok, vec![]));
    assert_eq!(concluded(Some(500), &[count(1), count(500)]), (Verdict::Danger, vec![("goroutines", 1)]));
    assert_eq!(concluded(Some(9000), &[count(4000), count(10)]), (Verdict::Ok, vec![]));
}

#[test]
fn load_that_is_explained_is_neither_danger_nor_peak() {
    let busy = reading(Sample { goroutines: Some(9012), explained: Some(9000), ..Sample::default() });
    assert_eq!(concluded(Some(500), &[busy]), (Verdict::Ok, vec![]));
}

#[test]
fn a_target_that_cannot_be_asked_is_unknown_unless_it_was_in_danger() {
    assert_eq!(concluded(None, &[refused(), refused()]), (Verdict::Unknown, vec![("ok", 1)]));
    assert_eq!(concluded(None, &[count(300), refused()]), (Verdict::Unknown, vec![("ok", 1)]));
    assert_eq!(concluded(None, &[count(300), refused(), count(300)]), (Verdict::Ok, vec![]));
    let mostly = [refused(), refused(), refused(), count(300), count(300)];
    assert_eq!(concluded(None, &mostly), (Verdict::Unknown, vec![("ok", 2)]));
    assert_eq!(concluded(None, &mostly[1..]).0, Verdict::Ok, "half of them is enough");
    let (verdict, findings) = concluded(None, &[count(9000), refused()]);
    assert_eq!((verdict, findings), (Verdict::Danger, vec![("goroutines", 0), ("ok", 1)]));
    assert_eq!(concluded(None, &[]).0, Verdict::Unknown);
}

#[test]
fn an_outage_can_be_danger() {
    let mut watching = Watching::new(Thresholds::default(), None, Verdict::Danger);
    watching.add(at(0), Duration::ZERO, &refused());
    let conclusion = watching.conclusion();
    assert_eq!((conclusion.verdict, conclusion.findings[0].reason.metric), (Verdict::Danger, "ok"));
}

#[test]
fn a_restart_is_a_warning() {
    let run = |start_time| {
        reading(Sample { goroutines: Some(9), start_time: Some(start_time), ..Sample::default() })
    };
    assert_eq!(concluded(None, &[run(1), run(2), run(2)]), (Verdict::Warning, vec![("start_time", 1)]));
    let watching = watched(None, &[run(1), run(2), run(3)]);
    assert!(watching.conclusion().findings[0].reason.text.contains("2 times"));
}

#[test]
fn the_gravest_comes_first() {
    let gc = |goroutines, num_gc| {
        reading(Sample { goroutines: Some(goroutines), num_gc: Some(num_gc), ..Sample::default() })
    };
    let (verdict, findings) = concluded(Some(4000), &[gc(4500, 9), gc(20, 1), refused()]);
    let metrics: Vec<_> = findings.iter().map(|(metric, _)| *metric).collect();
    assert_eq!((verdict, metrics), (Verdict::Danger, vec!["goroutines", "ok", "start_time"]));
}

#[test]
fn bands_are_counted() {
    let watching =
        watched(None, &[count(1), count(2001), count(2002), count(5001), count(10_001), refused()]);
    let counts: Vec<_> = watching.bands.iter().map(|(band, n)| (band.as_str(), *n)).collect();
    assert_eq!(counts, [("normal", 1), ("warning", 2), ("danger", 1), ("severe", 1)]);
}
