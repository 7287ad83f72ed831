use std::time::Duration;

use vitals::Sample;
use vitals::trend::{Course, Metric};

use super::*;
use crate::finding::Tale;
use crate::source::ErrorKind;
use crate::words;

pub(super) type Poll = Result<Reading, PollError>;

pub(super) fn reading(sample: Sample) -> Poll {
    Ok(Reading::of(sample, Duration::from_millis(1)))
}

pub(super) fn count(goroutines: u64) -> Poll {
    reading(Sample { goroutines: Some(goroutines), ..Sample::default() })
}

fn refused() -> Poll {
    Err(PollError::new(ErrorKind::Refused, "nothing listens", "start it"))
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

pub(super) fn watched(max_peak: Option<u64>, polls: &[Poll]) -> Watching {
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
    (
        conclusion.verdict,
        conclusion.findings.iter().map(|seen| (seen.finding.metric.as_str(), second(seen.at))).collect(),
    )
}

#[test]
fn a_calm_watch_is_ok() {
    assert_eq!(concluded(None, &[count(300), count(2000), count(310)]), (Verdict::Ok, vec![]));
}

#[test]
fn a_warning_counts_only_when_it_stays() {
    assert_eq!(concluded(None, &[count(2500), count(300)]), (Verdict::Ok, vec![]));
    let passed = watched(None, &[count(2100), count(2500), count(300)]).conclusion().passed;
    assert_eq!(
        (passed.len(), passed[0].finding.value, passed[0].at),
        (1, Some(2500.0), at(1)),
        "at its worst"
    );
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
    assert_eq!((conclusion.verdict, conclusion.findings[0].finding.metric.as_str()), (Verdict::Danger, "ok"));
}

#[test]
fn the_first_restart_is_told_and_the_second_a_warning_and_a_crash_loop_danger() {
    let run = |start_time| {
        reading(Sample { goroutines: Some(9), start_time: Some(start_time), ..Sample::default() })
    };
    let restarts = |polls: &[Poll], max| {
        let mut watching =
            Watching::new(Thresholds::default(), None, Verdict::Unknown).with_max_restarts(max);
        for (i, poll) in (0..).zip(polls) {
            watching.add(at(i), Duration::from_secs(i.unsigned_abs()), poll);
        }
        let conclusion = watching.conclusion();
        (conclusion.verdict, conclusion.findings.first().map(|seen| seen.finding.check))
    };
    let (once, twice) = ([run(1), run(2), run(2)], [run(1), run(2), run(3)]);
    assert_eq!(restarts(&once, None), (Verdict::Ok, None));
    assert_eq!(restarts(&once, Some(0)), (Verdict::Danger, Some(Check::MaxRestarts)));
    assert_eq!(restarts(&twice, None), (Verdict::Warning, Some(Check::Restarts)));
    assert_eq!(restarts(&twice, Some(2)), (Verdict::Warning, Some(Check::Restarts)));
    let loops = [run(1), run(2), run(3), run(4)];
    assert_eq!(restarts(&loops, Some(9)), (Verdict::Danger, Some(Check::CrashLoop)));
    let instances = [run(1), run(2), run(1), run(2), run(1), run(2)];
    assert_eq!(restarts(&instances, Some(0)), (Verdict::Ok, None));
}

/// One process after another, half an hour each at 5 s, and each with its own count.
fn lives(counts: &[&dyn Fn(u32) -> f64]) -> Watching {
    let of = |n: u32| {
        let life = usize::try_from(n / 360).unwrap();
        let start_time = Some(1_795_000_000 + u64::from(n / 360) * 1800);
        Sample { start_time, ..tasks(counts[life](n % 360) + noise(n), Some(100)) }
    };
    trending(u32::try_from(counts.len()).unwrap() * 30, Asked::default(), of).0
}

#[test]
fn the_last_life_decides_and_the_earlier_ones_are_told() {
    let flat = |_| 300.0;
    let leak = |n| 300.0 + f64::from(n) * 25.0;
    let words =
        |seen: &[Seen]| -> Vec<String> { seen.iter().map(|seen| words::finding(&seen.finding)).collect() };

    let mended = lives(&[&leak, &flat]).conclusion();
    assert_eq!((mended.verdict, words(&mended.findings)), (Verdict::Ok, vec![]));
    let told = words(&mended.passed);
    assert!(told[0].starts_with("before this restart: leak: goroutines grow by 18,00"), "{told:?}");
    assert!(told[1].starts_with("before this restart: 9299 goroutines, above 5000"), "{told:?}");
    assert_eq!(mended.passed[0].at, at(1800));

    let broken = lives(&[&flat, &leak]).conclusion();
    assert_eq!(broken.verdict, Verdict::Danger);
    assert!(words(&broken.findings)[0].contains("grow by 18,0"), "{:?}", broken.findings);
    assert_eq!(broken.findings.iter().filter(|seen| seen.at < at(1800)).count(), 0);
}

/// Two minutes say nothing of what half an hour has shown.
#[test]
fn a_life_that_is_too_short_leaves_the_word_to_the_one_before_it() {
    let of = |n: u32| {
        let start_time = Some(if n < 360 { 1 } else { 2 });
        let count = if n < 360 { 300.0 + f64::from(n) * 5.0 } else { 300.0 };
        Sample { start_time, ..tasks(count + noise(n), Some(100)) }
    };
    let asked = Asked { required: true, ..Asked::default() };
    let (watching, _) = trending(32, asked, of);
    let conclusion = watching.conclusion();
    assert_eq!(conclusion.verdict, Verdict::Danger);
    let said: Vec<_> = conclusion.findings.iter().map(|seen| words::finding(&seen.finding)).collect();
    assert!(said[0].starts_with("before this restart: leak: goroutines grow by "), "{said:?}");
    assert!(!said.iter().any(|said| said.contains("cannot be told")), "{said:?}");
}

#[test]
fn the_gravest_comes_first() {
    let gc = |goroutines, num_gc| {
        reading(Sample { goroutines: Some(goroutines), num_gc: Some(num_gc), ..Sample::default() })
    };
    let (verdict, findings) = concluded(Some(4000), &[gc(4500, 9), gc(20, 1), refused()]);
    let metrics: Vec<_> = findings.iter().map(|(metric, _)| *metric).collect();
    assert_eq!((verdict, metrics), (Verdict::Danger, vec!["goroutines", "ok"]));
}

#[test]
fn bands_are_counted() {
    let watching =
        watched(None, &[count(1), count(2001), count(2002), count(5001), count(10_001), refused()]);
    let counts: Vec<_> = watching.bands.iter().map(|(band, n)| (band.as_str(), *n)).collect();
    assert_eq!(counts, [("normal", 1), ("warning", 2), ("danger", 1), ("severe", 1)]);
}

/// A watch of `minutes` at 5 s.
pub(super) fn trending(
    minutes: u32,
    asked: Asked,
    sample: impl Fn(u32) -> Sample,
) -> (Watching, Vec<(u32, String)>) {
    let mut watching = Watching::new(Thresholds::default(), None, Verdict::Unknown).with_trends(asked);
    let mut turned = Vec::new();
    for n in 0..minutes * 12 {
        let (poll, seconds) = (reading(sample(n)), n * 5);
        let polled = watching.add(at(seconds.into()), Duration::from_secs(seconds.into()), &poll);
        turned.extend(polled.trend.turned.iter().map(|trend| (seconds / 60, words::turned(trend))));
    }
    watching.finish();
    (watching, turned)
}

/// Noise that resembles itself for a while (phi 0.8), sd 30, the same each time.
pub(super) fn noise(n: u32) -> f64 {
    let shock = |n: u32| f64::from(n.wrapping_mul(2_654_435_761) >> 8) / f64::from(1_u32 << 24) - 0.5;
    (0..40).map(|back| 0.8_f64.powi(back) * shock(n + 40 - u32::try_from(back).unwrap())).sum::<f64>() * 62.0
}

pub(super) fn tasks(count: f64, in_flight: Option<u64>) -> Sample {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    Sample { goroutines: Some(count.round() as u64), in_flight, ..Sample::default() }
}

/// 240 an hour on a level of 800.
pub(super) fn leak(n: u32) -> f64 {
    800.0 + f64::from(n) / 3.0 + noise(n)
}

fn of(verdict: &Watching) -> (Verdict, Vec<(&'static str, Verdict)>) {
    let conclusion = verdict.conclusion();
    let findings =
        conclusion.findings.iter().map(|seen| (seen.finding.metric.as_str(), seen.finding.verdict)).collect();
    (conclusion.verdict, findings)
}

/// The trend of the count in words.
fn told(watching: &Watching) -> String {
    words::tale(&watching.trends.shown(Metric::Tasks).unwrap())
}

#[test]
fn a_higher_end_is_worth_a_recording() {
    for ends in [(300, 349), (300, 200), (1000, 1200), (0, 49), (5, 5)] {
        assert!(!is_higher(ends), "{ends:?}");
    }
    for ends in [(0, 50), (300, 361), (1000, 1201)] {
        assert!(is_higher(ends), "{ends:?}");
    }
}

#[test]
fn a_leak_is_found_within_half_an_hour() {
    let (watching, turned) = trending(30, Asked::default(), |n| tasks(leak(n), Some(100)));
    assert_eq!(of(&watching), (Verdict::Danger, vec![("goroutines_per_h", Verdict::Danger)]), "{turned:?}");
    let (minute, text) = turned.iter().find(|(_, text)| text.contains("growing by")).unwrap();
    assert!(*minute < 30 && text.starts_with("goroutines: growing by "), "{minute} {text}");
    let finding = &watching.conclusion().findings[0].finding;
    assert!(finding.value.is_some_and(|value| (150.0..400.0).contains(&value)), "{finding:?}");
    assert_eq!(finding.check, Check::Growth(Metric::Tasks));
    assert!(words::finding(finding).starts_with("leak: goroutines grow by "), "{finding:?}");
}

#[test]
fn without_a_load_growth_is_a_warning_unless_somebody_says_it_is_steady() {
    let (watching, _) = trending(30, Asked::default(), |n| tasks(leak(n), None));
    assert_eq!(of(&watching), (Verdict::Warning, vec![("goroutines_per_h", Verdict::Warning)]));
    let steady = Asked { steady_load: true, ..Asked::default() };
    let (watching, _) = trending(30, steady, |n| tasks(leak(n), None));
    assert_eq!(of(&watching), (Verdict::Danger, vec![("goroutines_per_h", Verdict::Danger)]));
}

#[test]
fn what_is_level_is_ok_and_so_is_one_step() {
    let (watching, turned) =
        trending(30, Asked { required: true, ..Asked::default() }, |n| tasks(800.0 + noise(n), Some(100)));
    assert_eq!(of(&watching), (Verdict::Ok, vec![]), "{turned:?}");
    assert_eq!(watching.trends.course(Metric::Tasks), Some(Course::Stable));
    assert!(turned.len() == 1 && turned[0].1.contains("not growing over "), "{turned:?}");
    let (watching, turned) = trending(40, Asked::default(), |n| {
        tasks(noise(n) / 2.0 + if n < 240 { 800.0 } else { 1400.0 }, Some(100))
    });
    assert_eq!(
        (of(&watching).0, watching.trends.course(Metric::Tasks)),
        (Verdict::Ok, Some(Course::Step)),
        "{turned:?}"
    );
}

#[test]
fn a_ramp_of_the_load_is_not_accused() {
    // The load triples; each request costs three tasks.
    let load = |n: u32| 200.0 + f64::from(n) * 400.0 / 360.0 + noise(n + 1000) / 2.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    let whole = |load: f64| load.round() as u64;
    let (watching, turned) = trending(30, Asked::default(), |n| {
        tasks(100.0 + 3.0 * load(n) + noise(n) / 3.0, Some(whole(load(n))))
    });
    assert_eq!(of(&watching), (Verdict::Ok, vec![]), "{turned:?}");
    let (watching, turned) = trending(30, Asked::default(), |n| {
        let explained = whole(3.0 * load(n));
        Sample { explained: Some(explained), ..tasks(f64::from(n % 7) + 3.0 * load(n) + 40.0, None) }
    });
    assert_eq!(
        (of(&watching), watching.trends.course(Metric::Tasks)),
        ((Verdict::Ok, vec![]), Some(Course::Stable))
    );
    assert!(turned.iter().all(|(_, text)| !text.contains("growing by")), "{turned:?}");
}

#[test]
fn a_restart_in_between_hides_no_leak_and_makes_none() {
    let lived = |n: u32| if n < 180 { (n, 1) } else { (n - 180, 2) };
    let run = |slope: f64| {
        trending(30, Asked::default(), move |n| {
            let (age, start) = lived(n);
            let level = 800.0 + slope * f64::from(age) + noise(n) / 3.0;
            Sample { start_time: Some(start), ..tasks(level, Some(100)) }
        })
    };
    let (watching, turned) = run(1.0);
    let grows = ("goroutines_per_h", Verdict::Danger);
    assert_eq!(of(&watching), (Verdict::Danger, vec![grows]), "{turned:?}");
    assert_eq!(of(&run(0.0).0), (Verdict::Ok, vec![]));
}

#[test]
fn what_is_too_short_changes_nothing_unless_a_trend_is_required() {
    let (watching, _) = trending(5, Asked::default(), |n| tasks(leak(n), Some(100)));
    assert_eq!(of(&watching), (Verdict::Ok, vec![]));
    assert!(told(&watching).starts_with("warming up "));
    let (watching, _) =
        trending(5, Asked { required: true, ..Asked::default() }, |n| tasks(leak(n), Some(100)));
    assert_eq!(of(&watching), (Verdict::Unknown, vec![("goroutines_per_h", Verdict::Unknown)]));
    let text = &words::finding(&watching.conclusion().findings[0].finding);
    assert!(text.contains("--require-trend") && text.contains("/8 blocks"), "{text}");
}

#[test]
fn too_few_samples_are_not_called_none() {
    let (watching, _) = trending(1, Asked::default(), |n| tasks(leak(n), Some(100)));
    let trends = &watching.trends;
    assert_eq!(told(&watching), "warming up 0/8 blocks: 8m more");
    assert_eq!((trends.tale(Metric::Heap), trends.shown(Metric::Heap)), (Tale::NotReported, None));
    assert!(trends.needs_s(Metric::Tasks).is_some_and(|needs| (480.0..486.0).contains(&needs)));
    assert_eq!(trends.needs_s(Metric::Heap), None);
}

/// A slow wave needs longer blocks than the operator was told of.
#[test]
fn samples_that_resemble_their_neighbours_take_longer_and_that_is_said() {
    let wave = |n: u32| 800.0 + 200.0 * (f64::from(n) / 60.0).sin();
    let (watching, _) = trending(12, Asked::default(), |n| tasks(wave(n), Some(100)));
    let text = told(&watching);
    assert!(text.starts_with("it takes longer, samples resemble those before them: "), "{text}");
    assert!(text.ends_with("m more") && text.contains("/8 blocks, "), "{text}");
}

#[test]
fn growth_that_levels_off_is_mentioned_and_does_not_count() {
    let (watching, turned) = trending(90, Asked::default(), |n| {
        let (up, down) = (f64::from(n.min(300)) * 2.0, f64::from(n.saturating_sub(300)));
        tasks(800.0 + up - down + noise(n) / 3.0, Some(100))
    });
    assert!(turned.iter().any(|(_, text)| text.contains("growing by")), "{turned:?}");
    let conclusion = watching.conclusion();
    assert_eq!((conclusion.verdict, conclusion.findings.len()), (Verdict::Ok, 0), "{turned:?}");
    assert_eq!(conclusion.passed[0].finding.metric.as_str(), "goroutines_per_h");
}

#[test]
fn a_target_that_drains_is_a_warning_until_another_one_answers() {
    let says =
        |status: &str| count(300).map(|reading| Reading { status: Some(status.to_owned()), ..reading });
    let polls = [says("ok"), says("draining"), says("draining")];
    let drains = watched(None, &polls).conclusion();
    let told: Vec<String> = drains.findings.iter().map(|seen| words::finding(&seen.finding)).collect();
    assert_eq!(drains.verdict, Verdict::Warning);
    assert_eq!(told, ["it is draining: it finishes what is under way and takes no new requests"]);
    assert_eq!(concluded(None, &[says("draining"), says("ok")]), (Verdict::Ok, vec![]));
    let mut watching = Watching::new(Thresholds::default(), None, Verdict::Unknown);
    let verdicts = polls.iter().map(|poll| watching.add(at(0), Duration::ZERO, poll).verdict());
    assert_eq!(
        verdicts.collect::<Vec<_>>(),
        [Some(Verdict::Ok), Some(Verdict::Warning), Some(Verdict::Warning)],
        "each of its polls, too: NDJSON and webhooks rest on it"
    );
}

mod instances_tests;
