use vitals::Sample;

use super::*;
use crate::words::en as words;

fn reading(sample: Sample) -> Result<Reading, PollError> {
    Ok(Reading::of(sample, Duration::from_micros(1500)))
}

fn count(goroutines: u64) -> Result<Reading, PollError> {
    reading(Sample { goroutines: Some(goroutines), ..Sample::default() })
}

fn failure(kind: ErrorKind) -> Result<Reading, PollError> {
    Err(PollError::new(kind, "what", "cure"))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn summary(polls: &[Result<Reading, PollError>]) -> (Summary, Vec<Step>) {
    let mut summary = Summary::default();
    let steps = (0..).zip(polls).map(|(i, poll)| summary.add(at(i), poll)).collect();
    (summary, steps)
}

#[test]
fn recorded() {
    assert_eq!(words::recorded(&summary(&[]).0, " in 0ms"), "recorded 0 rows in 0ms");
    assert_eq!(
        words::recorded(&summary(&[count(7)]).0, " into a"),
        "recorded 1 row into a; goroutines min 7, median 7, max 7"
    );
    let kinds = [ErrorKind::Timeout, ErrorKind::Refused, ErrorKind::Timeout].map(failure);
    let polls: Vec<_> = [9, 1, 5, 5].map(count).into_iter().chain(kinds).collect();
    assert_eq!(
        words::recorded(&summary(&polls).0, " into a"),
        "recorded 7 rows, of which 3 failed (1 refused, 2 timeout), into a; goroutines min 1, median 5, max 9"
    );
}

#[test]
fn steps_are_counted_over_failures() {
    let refused = || failure(ErrorKind::Refused);
    let (summary, steps) = summary(&[refused(), count(10), count(14), refused(), refused(), count(9)]);
    let step = |recovered, change, since_start| Step { recovered, change, since_start, ..Step::default() };
    let failing = |failing| Step { failing, ..Step::default() };
    assert_eq!(
        steps,
        [
            failing(1),
            step(1, None, None),
            step(0, Some(4), Some(4)),
            failing(1),
            failing(2),
            step(2, Some(-5), Some(-1))
        ]
    );
    assert_eq!((summary.polls(), summary.good_polls(), summary.failed_in_a_row), (6, 3, 0));
    assert_eq!((summary.goroutines.ends, summary.goroutines.max_at), (Some((10, 9)), Some(at(2))));
    assert_eq!(summary.latency.spread.median(), Some(1500));
}

#[test]
fn a_restart_begins_the_changes_anew() {
    let run = |start_time, goroutines| {
        reading(Sample { start_time: Some(start_time), goroutines: Some(goroutines), ..Sample::default() })
    };
    let (summary, steps) = summary(&[run(1, 900), run(1, 950), run(2, 20), run(2, 25)]);
    let restarted: Vec<_> = steps.iter().map(|step| step.restarted).collect();
    assert_eq!(restarted, [false, false, true, false]);
    let changes: Vec<_> = steps.iter().map(|step| (step.change, step.since_start)).collect();
    assert_eq!(changes, [(None, None), (Some(50), Some(50)), (None, None), (Some(5), Some(5))]);
    assert_eq!((summary.restarts, summary.restarted_at), (1, Some(at(2))));
    assert_eq!((summary.goroutines.ends, summary.goroutines.spread.max()), (Some((20, 25)), Some(950)));
}

/// Each instance goes on with its own count, and none of them has restarted.
#[test]
fn instances_that_take_turns_are_no_restarts() {
    let run = |start_time, goroutines| {
        reading(Sample { start_time: Some(start_time), goroutines: Some(goroutines), ..Sample::default() })
    };
    let (summary, steps) = summary(&[run(1, 900), run(2, 20), run(1, 910), run(2, 25), run(2, 27)]);
    assert_eq!((summary.restarts, summary.restarted_at), (0, None));
    let told: Vec<_> = steps.iter().map(|step| (step.process, step.restarted, step.instances)).collect();
    assert_eq!(
        told,
        [(0, false, None), (1, true, None), (0, false, Some(2)), (1, false, None), (1, false, None)]
    );
    let changes: Vec<_> = steps.iter().map(|step| (step.change, step.since_start)).collect();
    assert_eq!(changes[2..], [(Some(10), Some(10)), (Some(5), Some(5)), (Some(2), Some(7))]);
}

#[test]
fn what_load_explains_is_not_judged() {
    let load = |goroutines, explained| {
        reading(Sample { goroutines: Some(goroutines), explained: Some(explained), ..Sample::default() })
    };
    let (summary, steps) = summary(&[load(106, 100), load(9008, 9000)]);
    assert!(summary.explains);
    assert_eq!(steps[1].change, Some(2));
    assert_eq!((summary.goroutines.ends, summary.judged.ends), (Some((106, 9008)), Some((6, 8))));
    assert!(!self::summary(&[count(5)]).0.explains);
}

#[test]
fn whole_seconds_unless_that_is_nothing() {
    assert_eq!(rounded(Duration::from_millis(2400)), Duration::from_secs(2));
    assert_eq!(rounded(Duration::from_millis(300)), Duration::from_millis(300));
}
