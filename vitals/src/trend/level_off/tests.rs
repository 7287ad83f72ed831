use super::super::series::{Reading, Series};
use super::super::{CompareVerdict, Live, Rise, compare, trend};
use super::*;

const MIB: f64 = 1_048_576.0;

/// Half an hour (or so many minutes) at 5 s of a count that is `at` so many minutes after the start, with noise of
/// about 20 that no sample remembers, and a heap of as many MiB under a saw.
fn run(minutes: u32, at: impl Fn(f64) -> f64) -> Series {
    let mut series = Series::default();
    readings(minutes, at).for_each(|reading| series.push(reading));
    series
}

fn readings(minutes: u32, at: impl Fn(f64) -> f64) -> impl Iterator<Item = Reading> {
    (0..=minutes * 12).map(move |i| {
        let noise = f64::from((i.wrapping_mul(2_654_435_761) >> 16) & 0xff) / 4.0 - 32.0;
        let value = at(f64::from(i) / 12.0) + noise;
        Reading {
            t: 1e6 + 5.0 * f64::from(i),
            tasks: Some(value.round()),
            heap: Some(value * MIB * (1.0 + f64::from(i % 3) / 4.0)),
            in_flight: Some(50.0),
            ..Reading::default()
        }
    })
}

fn saturating(from: f64, to: f64, constant: f64) -> impl Fn(f64) -> f64 {
    move |minutes| to - (to - from) * (-minutes / constant).exp()
}

fn filling(from: f64, to: f64, minutes: f64) -> impl Fn(f64) -> f64 {
    move |t| from + (to - from) * (t / minutes).min(1.0)
}

fn tasks(series: &Series) -> Trend {
    trend(series, Metric::Tasks, &Rules::default())
}

/// Whether a watch of it ever says that it leaks, and after how many minutes.
fn alarm(minutes: u32, at: impl Fn(f64) -> f64) -> Option<f64> {
    let mut live = Live::new(Rules::default());
    let grows = |live: &Live| live.trend(Metric::Tasks).is_some_and(|trend| trend.verdict == Verdict::Danger);
    for reading in readings(minutes, at) {
        if live.push(reading) && grows(&live) {
            return Some((reading.t - 1e6) / 60.0);
        }
    }
    (live.finish() && grows(&live)).then(|| f64::from(minutes))
}

#[test]
fn a_warm_up_is_no_leak() {
    let level = run(30, |_| 800.0);
    for (from, minutes, fills) in [
        (450.0, 4.0, false),
        (450.0, 8.0, false),
        (320.0, 1.0, false),
        (450.0, 10.0, true),
        (320.0, 4.0, true),
    ] {
        let name = format!("{from}, {minutes}, {fills}");
        let rise = |t: f64| match fills {
            true => filling(from, 800.0, minutes)(t),
            false => saturating(from, 800.0, minutes)(t),
        };
        let warm = run(30, rise);
        let found = tasks(&warm);
        assert_ne!(found.course, Course::Growing, "{name}: {found:?}");
        let compared = compare(&level, &warm, &Rules::default());
        assert_eq!(compared.verdict, CompareVerdict::Ok, "{name}: {:?}", compared.metrics[0]);
        assert_eq!(alarm(30, rise), None, "{name}");
    }
}

#[test]
fn a_rise_that_is_over_says_until_when() {
    let found = tasks(&run(30, saturating(450.0, 800.0, 4.0)));
    assert_eq!((found.course, &*found.reasons), (Course::Stable, &[Why::Levelled][..]), "{found:?}");
    let Rise { from, to, until, after_s } = found.rise.unwrap();
    assert!((450.0..640.0).contains(&from) && (760.0..830.0).contains(&to), "{from} {to}");
    assert!((600.0..960.0).contains(&after_s) && (until - 1e6 - after_s).abs() < 1.0, "{after_s}");
    // The slope is that of what came behind it.
    assert!(found.slope_per_h.unwrap().abs() < 100.0, "{found:?}");
}

#[test]
fn a_leak_behind_a_warm_up_is_found() {
    for (from, constant) in [(640.0, 1.0), (640.0, 4.0), (320.0, 4.0)] {
        let rise = saturating(from, 800.0, constant);
        let leaks = |minutes: f64| rise(minutes) + 2000.0 * (minutes - 3.0 * constant).max(0.0) / 60.0;
        let found = tasks(&run(30, leaks));
        assert_eq!(
            (found.course, found.verdict),
            (Course::Growing, Verdict::Danger),
            "{constant}: {found:?}"
        );
        assert!(alarm(30, leaks).is_some(), "{from} {constant}");
    }
}

#[test]
fn beside_a_higher_baseline_only_what_is_straight_is_a_leak() {
    let high = run(30, |_| 1500.0);
    let found = |now: &Series| compare(&high, now, &Rules::default()).metrics[0].clone();
    let leak = found(&run(30, |minutes| 800.0 + 20.0 * minutes));
    assert_eq!(leak.verdict, CompareVerdict::Leak, "{leak:?}");
    let slows = found(&run(30, saturating(700.0, 1400.0, 15.0)));
    assert_eq!((slows.verdict, &*slows.reasons), (CompareVerdict::Ok, &[Why::Slowing][..]), "{slows:?}");
    let unclear = found(&run(12, |minutes| 800.0 + 20.0 * minutes));
    assert_eq!(unclear.verdict, CompareVerdict::Unknown, "{unclear:?}");
}

#[test]
fn a_watch_waits_until_the_shape_can_be_told_unless_no_start_does_that() {
    let leak = |minutes: f64| 800.0 + 16.0 * minutes;
    let after = alarm(30, leak).unwrap();
    assert!((13.5..30.0).contains(&after), "{after}");
    let early = tasks(&run(12, leak));
    assert_eq!((early.course, &*early.reasons), (Course::Inconclusive, &[Why::MayLevelOff][..]), "{early:?}");
    assert!((800.0..900.0).contains(&early.needs_s.unwrap()), "25 of 11 minutes: {early:?}");
    let many = alarm(30, |minutes| 40.0 + 90.0 * minutes).unwrap();
    assert!(many < 12.0, "{many}");
}

#[test]
fn of_a_young_process_what_may_be_its_start_is_not_yet_told() {
    // Minutes differ, too.
    let minute = |t: f64| (t.floor() * 2531.4).rem_euclid(64.0) - 32.0;
    let aged = |age: Option<f64>, at: &dyn Fn(f64) -> f64| {
        let mut series = Series::default();
        let readings = readings(30, |t| at(t) + minute(t));
        readings.for_each(|r| series.push(Reading { age_s: age.map(|age| age + r.t - 1e6), ..r }));
        tasks(&series)
    };
    // Under this noise, half an hour of it looks like a leak of as much.
    let slow = saturating(700.0, 800.0, 15.0);
    assert_eq!(*aged(None, &slow).reasons, [Why::MayLevelOff], "its age is not known: it may be young");
    assert_eq!(aged(Some(7200.0), &slow).course, Course::Growing, "no start takes two hours");
    let young = aged(Some(60.0), &slow);
    assert_eq!((young.course, &*young.reasons), (Course::Inconclusive, &[Why::MayLevelOff][..]));
    assert_eq!(
        young.needs_s,
        Some(812.5),
        "a start takes three quarters of an hour at most, by the middles of blocks"
    );
    assert_eq!(
        aged(Some(60.0), &|t| 600.0 + 20.0 * t).verdict,
        Verdict::Danger,
        "what is straight is a leak"
    );
    assert_eq!(
        aged(Some(60.0), &|t| 700.0 + t * t / 6.0).verdict,
        Verdict::Danger,
        "what gets faster is no start"
    );
    // A restart that was seen is a start, too.
    let mut series = run(30, |_| 700.0);
    readings(30, |t| slow(t) + minute(t))
        .for_each(|r| series.push(Reading { t: r.t + 1900.0, restarted: r.t == 1e6, ..r }));
    assert_eq!(*tasks(&series).reasons, [Why::MayLevelOff]);
}

#[test]
fn a_heap_that_fills_is_no_leak() {
    let found = trend(&run(30, saturating(240.0, 300.0, 4.0)), Metric::Heap, &Rules::default());
    assert_ne!(found.course, Course::Growing, "{found:?}");
    let leak = trend(&run(30, |minutes| 240.0 + 4.0 * minutes), Metric::Heap, &Rules::default());
    assert_eq!(leak.course, Course::Growing, "{leak:?}");
}

#[test]
fn too_few_blocks_have_no_shape() {
    assert!(Life::of(&[0.0, 60.0, 120.0, 180.0], &[1.0; 4], 60.0).is_none());
    assert!(Life::of(&[], &[], 60.0).is_none());
    assert!(Life::of(&[5.0; 12], &[1.0; 12], 60.0).is_none());
    assert!(curve(&[0.0; 20], &[1.0; 20], 60.0, 1.0).is_none());
}
