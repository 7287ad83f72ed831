//! What profiles prove counts beside what a watch has seen.

use std::time::Duration;

use vitals::Sample;

use super::tests::{at, count, leak, noise, reading, tasks, trending, watched};
use super::*;
use crate::profile::{Cause, Evidence, Place, Proof};
use crate::words;

/// What profiles prove of a reader.
fn evidence(proof: Proof, count: u64, grown: u64) -> Evidence {
    let place = Place {
        function: Some("main.readStream".to_owned()),
        file: "/app/main.go".to_owned(),
        line: 124,
        cause: Some(Cause::ReaderNobodyReceives),
        ..Place::default()
    };
    Evidence { proof, place, count, total: count + 68, grown, per_minute: 88.0 }
}

/// The verdict and the sentences of a watch of half an hour that leaks, or is level, of an unknown load.
fn weighed(leaks: bool, evidence: Evidence) -> (Verdict, Vec<String>) {
    let count = |n| if leaks { leak(n) } else { 800.0 + noise(n) };
    let (mut watching, _) = trending(30, Asked::default(), |n| tasks(count(n), None));
    watching.weigh(Some(evidence));
    let conclusion = watching.conclusion();
    (conclusion.verdict, conclusion.findings.iter().map(|seen| words::finding(&seen.finding)).collect())
}

#[test]
fn a_stack_that_leaks_says_that_growth_is_no_load() {
    let said = "leak: 1010 of 1078 goroutines stand in main.readStream (/app/main.go:124), +88 a minute";
    let leaks = |leaks, grown| weighed(leaks, evidence(Proof::Leak, 1010, grown));
    assert_eq!(leaks(true, 176), (Verdict::Danger, vec![said.to_owned()]));
    // Of few the trend must say that the count grows.
    assert_eq!(leaks(true, 12), (Verdict::Danger, vec![said.to_owned()]));
    assert_eq!(leaks(false, 176), (Verdict::Danger, vec![said.to_owned()]));
    assert_eq!(leaks(false, 12), (Verdict::Ok, vec![]));
}

#[test]
fn a_crowd_that_stands_still_is_a_warning_until_it_leaves() {
    let said = "660 of 728 goroutines stand in main.readStream (/app/main.go:124) and do not leave";
    let crowd = || evidence(Proof::Crowd, 660, 0);
    assert_eq!(weighed(false, crowd()), (Verdict::Warning, vec![said.to_owned()]));
    let mut watching = watched(None, &[count(728), count(728)]);
    watching.weigh(Some(crowd()));
    assert_eq!(watching.conclusion().verdict, Verdict::Warning);
    watching.weigh(None);
    let conclusion = watching.conclusion();
    assert_eq!((conclusion.verdict, conclusion.passed[0].finding.check), (Verdict::Ok, Check::Stack));
}

#[test]
fn what_profiles_prove_is_of_the_process_that_answered() {
    let run = |start_time| {
        reading(Sample { goroutines: Some(9), start_time: Some(start_time), ..Sample::default() })
    };
    let mut watching = watched(None, &[run(1)]);
    watching.weigh(Some(evidence(Proof::Crowd, 660, 0)));
    watching.add(at(1), Duration::from_secs(1), &run(2));
    let conclusion = watching.conclusion();
    let told = words::finding(&conclusion.passed[0].finding);
    assert!(told.starts_with("before this restart: 660 of 728 goroutines stand in "), "{told}");
    assert_eq!((conclusion.verdict, conclusion.findings.len()), (Verdict::Ok, 0));
}
