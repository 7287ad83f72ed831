use vitals::FailOn;

use super::*;
use crate::comparison::side;
use crate::recording::Input;
use crate::words;

/// A side with these counts, and, if given, with so many of them explained.
fn counts(counts: impl IntoIterator<Item = u64>, explained: Option<u64>) -> Side {
    let mut text = "ts,goroutines,explained,alloc_bytes\n".to_owned();
    for (i, count) in counts.into_iter().enumerate() {
        let explained = explained.map(|n| n.to_string()).unwrap_or_default();
        text.push_str(&format!("2026-11-18T11:{:02}:{:02}Z,{count},{explained},1000\n", i / 60, i % 60));
    }
    side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "CURRENT").unwrap()
}

fn flat(count: u64) -> Side {
    counts([count; 20], None)
}

fn rules(max_growth: Option<f64>, max_peak: Option<u64>) -> Rules {
    Rules { max_growth, max_peak, ..Rules::default() }
}

/// The verdict, and the checks that are not fine.
fn judged(baseline: &Side, current: &Side, rules: &Rules) -> (Verdict, Vec<&'static str>) {
    let findings = findings(baseline, current, rules);
    let complaints = findings.iter().filter(|f| f.verdict != Verdict::Ok).map(|f| f.check.as_str()).collect();
    (verdict(&findings), complaints)
}

#[test]
fn growth_over_the_baseline() {
    let gate = rules(Some(20.0), None);
    for (before, now, fails) in
        [(800, 960, false), (800, 961, true), (800, 400, false), (0, 50, false), (0, 51, true)]
    {
        let expected =
            if fails { (Verdict::Danger, vec!["max-growth over baseline"]) } else { (Verdict::Ok, vec![]) };
        assert_eq!(judged(&flat(before), &flat(now), &gate), expected, "{before} {now}");
    }
    assert_eq!(
        judged(&flat(800), &flat(1900), &rules(None, None)).0,
        Verdict::Ok,
        "only where it is asked for"
    );
}

#[test]
fn growth_within_the_current_side() {
    let gate = rules(Some(20.0), None);
    let climbing = counts((0..100).map(|i| 500 + i * 3), None);
    assert_eq!(judged(&flat(700), &climbing, &gate), (Verdict::Danger, vec!["max-growth within current"]));
    let falling = counts((0..100).map(|i| 800 - i * 3), None);
    assert_eq!(judged(&flat(700), &falling, &gate), (Verdict::Ok, vec![]));
    let burst = counts((0..100).map(|i| if (40..60).contains(&i) { 1900 } else { 700 }), None);
    assert_eq!(
        judged(&flat(700), &burst, &gate),
        (Verdict::Ok, vec![]),
        "a burst in the middle comes down again"
    );
}

#[test]
fn a_few_goroutines_are_noise_whatever_their_percentage() {
    let gate = rules(Some(20.0), None);
    let found = findings(&flat(20), &flat(70), &gate);
    assert_eq!(verdict(&found), Verdict::Ok);
    assert!(
        found
            .iter()
            .any(|f| words::finding(f).contains("20 to 70 goroutines (+250.0 %), more than 20 %, but")),
        "{found:?}"
    );
    assert_eq!(judged(&flat(20), &flat(71), &gate).0, Verdict::Danger);
}

#[test]
fn load_that_is_explained_is_no_growth() {
    let gate = rules(Some(20.0), Some(3000));
    let quiet = counts([110; 20], Some(100));
    let busy = counts([9010; 20], Some(9000));
    assert_eq!(judged(&quiet, &busy, &gate), (Verdict::Ok, vec![]));
    // An old baseline explains nothing, so that only the whole counts can be compared.
    assert_eq!(judged(&flat(110), &busy, &gate), (Verdict::Danger, vec!["max-growth over baseline"]));
}

#[test]
fn peaks() {
    let spike = |height| counts([vec![500; 30], vec![height]].concat(), None);
    let gate = rules(None, Some(3000));
    assert_eq!(judged(&flat(500), &spike(2999), &gate), (Verdict::Ok, vec![]));
    assert_eq!(judged(&flat(500), &spike(3000), &gate), (Verdict::Danger, vec!["max-peak"]));
    assert_eq!(judged(&flat(500), &spike(5000), &rules(None, None)), (Verdict::Ok, vec![]));
    assert_eq!(judged(&flat(500), &spike(5001), &rules(None, None)), (Verdict::Danger, vec!["peak"]));
    let found = findings(&flat(500), &spike(3001), &gate);
    assert!(
        found.iter().any(|f| words::finding(f).contains("3001 goroutines at 2026-11-18 11:00:30 UTC")),
        "{found:?}"
    );
}

#[test]
fn levels() {
    assert_eq!(judged(&flat(500), &flat(2001), &rules(None, None)), (Verdict::Warning, vec!["level"]));
    assert_eq!(judged(&flat(500), &flat(5001), &rules(None, None)), (Verdict::Danger, vec!["level", "peak"]));
}

#[test]
fn too_few_polls_cannot_tell_but_a_peak_is_a_fact() {
    let few = counts([500; 9], None);
    assert_eq!(judged(&few, &flat(500), &rules(None, None)), (Verdict::Unknown, vec!["samples of baseline"]));
    assert_eq!(judged(&flat(500), &few, &rules(None, None)), (Verdict::Unknown, vec!["samples of current"]));
    let high = counts([6000; 3], None);
    assert_eq!(judged(&flat(500), &high, &rules(None, None)).0, Verdict::Danger);
}

#[test]
fn a_silent_target_is_unknown_or_what_was_asked_for() {
    let text = "ts,ok,error,goroutines\nT,0,refused,\nT,0,timeout,\n".to_owned();
    let silent = side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "CURRENT").unwrap();
    let mut rules = rules(None, None);
    let found = findings(&flat(500), &silent, &rules);
    assert_eq!(verdict(&found), Verdict::Unknown);
    assert_eq!(words::finding(&found[1]), "current has no good poll, 2 failed (1 refused, 1 timeout)");
    rules.gate = Gate { fail_on: Some(FailOn::Danger), unreachable_is_danger: true };
    assert_eq!(judged(&flat(500), &silent, &rules).0, Verdict::Danger);
    assert_eq!(judged(&silent, &flat(500), &rules).0, Verdict::Unknown, "a silent baseline is no outage");
}

#[test]
fn percentages() {
    let words = |from, to| words::percent(Growth { from, to });
    assert_eq!(words(800, 1000).unwrap(), "+25.0 %");
    assert_eq!(words(1000, 800).unwrap(), "-20.0 %");
    assert_eq!(words(100_000, 99_999).unwrap(), "0.0 %");
    assert_eq!(words(0, 5), None);
}

#[test]
fn bad_ends_and_slow_answers_of_the_current_side_are_warnings() {
    let recorded = |badly: u32, latency: &str| {
        let mut text = "ts,elapsed_s,ok,error,latency_ms,goroutines,requests_total,errors_total\n".to_owned();
        for i in 0..60 {
            let at = format!("2026-11-18T11:{:02}:{:02}Z,{}.0", i / 12, i % 12 * 5, i * 5);
            text += &format!("{at},1,,{latency},15,{},{}\n", i * 50, i * badly);
        }
        side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "BASELINE").unwrap()
    };
    let said = |baseline: &Side, current: &Side| -> Vec<String> {
        let found = findings(baseline, current, &rules(None, None));
        let found = found.iter().filter(|f| matches!(f.check, Check::Errors | Check::Latency));
        found.map(|f| format!("{}: {}", f.verdict.as_str(), crate::words::en::finding(f))).collect()
    };
    let healthy = recorded(1, "3.0");
    assert!(said(&recorded(9, "9000"), &healthy).is_empty(), "the baseline is not judged");
    let errors =
        "warning: current: 12.0 % of the requests ended badly (354 of 2950), above 5 % (baseline: 2.0 %)";
    assert_eq!(said(&healthy, &recorded(6, "3.0")), [errors]);
    assert_eq!(
        said(&healthy, &recorded(1, "2500.0")),
        ["warning: current: answers to polls take 2500 ms, above 2000 ms"]
    );
}

#[test]
fn descriptors_and_resident_memory_are_held_to_the_limits_that_a_recording_tells() {
    let held = |fds: u64, mib: u64| {
        let mut text = "ts,goroutines,open_fds,rss_bytes,max_fds,memory_limit_bytes\n".to_owned();
        for i in 0..20 {
            text += &format!("2026-11-18T11:00:{i:02}Z,15,{fds},{},1024,{}\n", mib << 20, 512 << 20);
        }
        side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "CURRENT").unwrap()
    };
    let of = |fds, mib| judged(&held(20, 200), &held(fds, mib), &rules(None, None));
    assert_eq!(of(800, 400), (Verdict::Ok, vec![]));
    assert_eq!(of(900, 400), (Verdict::Warning, vec!["descriptors"]));
    assert_eq!(of(20, 500), (Verdict::Warning, vec!["resident memory"]));
}
