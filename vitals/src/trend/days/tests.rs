use super::*;
use crate::trend::{Reading, compare};

/// Numbers that look random (splitmix64), between 0 and 1.
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    real(usize::try_from((z ^ (z >> 31)) >> 40).unwrap()) / 16_777_216.0
}

/// An hour at 5 s: a level with noise, growing by so many an hour, its load known and the same.
fn hour(day: u64, level: f64, growth: f64) -> Series {
    let mut series = Series::default();
    let (mut seed, mut noise) = (day + 1, 0.0);
    for i in 0..720_u32 {
        let around = uniform(&mut seed) * 2.0 - 1.0;
        noise = 0.6 * noise + 15.0 * around;
        let s = f64::from(i) * 5.0;
        let tasks = level + noise + growth * s / 3600.0;
        let t = real(usize::try_from(day).unwrap()) * 86_400.0 + s;
        let in_flight = Some(50.0 + (around * 5.0).round());
        series.push(Reading { t, tasks: Some(tasks), in_flight, ..Reading::default() });
    }
    series
}

fn run(levels: &[(f64, f64)]) -> Vec<Day> {
    let runs: Vec<Series> =
        levels.iter().zip(0..).map(|((level, growth), day)| hour(day, *level, *growth)).collect();
    days(&runs, &Rules::default()).days
}

fn changes(days: &[Day]) -> Vec<Change> {
    days.iter().map(|day| day.change).collect()
}

use Change::{First, Growing, Higher, Lower, Same};

#[test]
fn a_step_is_the_day_of_the_step_and_not_the_days_after_it() {
    let found = run(&[(800.0, 0.0), (800.0, 0.0), (1100.0, 0.0), (1100.0, 0.0), (1100.0, 0.0)]);
    assert_eq!(changes(&found), [First, Same, Higher, Same, Same]);
    let references: Vec<&[usize]> = found.iter().map(|day| day.reference.as_slice()).collect();
    assert_eq!(references, [&[][..], &[0], &[0, 1], &[2], &[2, 3]]);
    let verdicts: Vec<_> = found[1..].iter().map(|d| d.comparison.as_ref().unwrap().verdict).collect();
    assert_eq!(verdicts[1], CompareVerdict::Regression);
    assert!(verdicts.iter().enumerate().all(|(i, v)| i == 1 || *v == CompareVerdict::Ok), "{verdicts:?}");
}

#[test]
fn a_leak_is_no_reference() {
    let found = run(&[(800.0, 0.0), (800.0, 400.0), (800.0, 0.0)]);
    assert_eq!(changes(&found), [First, Growing, Same]);
    assert_eq!(found[2].reference, [0]);
    assert_eq!(found[1].comparison.as_ref().unwrap().verdict, CompareVerdict::Leak);
    let found = run(&[(800.0, 400.0), (800.0, 0.0), (800.0, 0.0)]);
    assert_eq!(changes(&found), [Growing, First, Same], "not even the first one");
}

#[test]
fn a_fall_is_a_change_and_no_complaint() {
    let found = run(&[(1100.0, 0.0), (800.0, 0.0), (800.0, 0.0)]);
    assert_eq!(changes(&found), [First, Lower, Same]);
    assert_eq!(found[1].comparison.as_ref().unwrap().verdict, CompareVerdict::Ok);
}

#[test]
fn a_drift_that_is_slight_from_day_to_day_adds_up() {
    let levels: Vec<(f64, f64)> = (0..6).map(|day| (1000.0 + 50.0 * f64::from(day), 0.0)).collect();
    let found = run(&levels);
    assert_eq!(changes(&found)[..3], [First, Same, Same]);
    assert!(changes(&found).contains(&Higher), "{:?}", changes(&found));
    let neighbours = compare(&hour(3, 1150.0, 0.0), &hour(4, 1200.0, 0.0), &Rules::default());
    assert_eq!(neighbours.verdict, CompareVerdict::Ok, "no two neighbours differ by what matters");
}

#[test]
fn every_p_is_corrected_for_all_comparisons() {
    let found = run(&[(800.0, 0.0); 6]);
    assert_eq!(changes(&found), [First, Same, Same, Same, Same, Same]);
    let metrics = found.iter().filter_map(|day| day.comparison.as_ref()).flat_map(|c| &c.metrics);
    let (p, adjusted): (Vec<f64>, Vec<f64>) = metrics.map(|m| (m.p.unwrap(), m.p_adjusted.unwrap())).unzip();
    assert_eq!((p.len(), adjusted), (5, holm(&p)));
}

#[test]
fn what_is_too_short_is_unknown_and_no_reference() {
    let mut short = Series::default();
    for i in 0..60_u32 {
        short.push(Reading { t: f64::from(i) * 5.0, tasks: Some(800.0), ..Reading::default() });
    }
    let found =
        days(&[short.clone(), hour(1, 800.0, 0.0), short, hour(3, 800.0, 0.0)], &Rules::default()).days;
    assert_eq!(changes(&found), [Change::Unknown, First, Change::Unknown, Same]);
    assert_eq!(found[3].reference, [1]);
    assert_eq!(days(&[], &Rules::default()), Days::default());
}

#[test]
fn healthy_days_are_not_accused() {
    let mut accused = 0;
    for seed in 0..20_u64 {
        let runs: Vec<Series> = (0..7).map(|day| hour(seed * 7 + day, 800.0, 0.0)).collect();
        accused +=
            days(&runs, &Rules::default()).days.iter().filter(|d| !matches!(d.change, First | Same)).count();
    }
    assert_eq!(accused, 0);
}

/// A whole day at 5 s, as many readings as real recordings have, with a level of its own at every share of it.
fn whole_day(day: u32, level: impl Fn(f64) -> f64) -> Series {
    let mut series = Series::default();
    let (mut seed, mut noise) = (u64::from(day) + 100, 0.0);
    for i in 0..17_280_u32 {
        noise = 0.8 * noise + 18.0 * (uniform(&mut seed) * 2.0 - 1.0);
        let share = f64::from(i) / 17_280.0;
        let tasks = (level(share) + noise).round();
        let in_flight = Some(50.0 + (uniform(&mut seed) * 9.0).round());
        series.push(Reading {
            t: f64::from(day) * 86_400.0 + f64::from(i) * 5.0,
            tasks: Some(tasks),
            in_flight,
            ..Reading::default()
        });
    }
    series
}

fn whole_days(n: u32, level: impl Fn(f64) -> f64) -> Days {
    let runs: Vec<Series> = (0..n).map(|day| whole_day(day, |share| level(f64::from(day) + share))).collect();
    days(&runs, &Rules::default())
}

fn drifting(found: &Days) -> Vec<&Drift> {
    found.drifts.iter().filter(|drift| drift.trend.course == Course::Growing).collect()
}

#[test]
fn whole_days_in_a_pool_weigh_the_same() {
    // By the median of the pool: with the last days at full weight it would follow them, and see nothing.
    let found = whole_days(9, |at| 800.0 + 40.0 * at.floor());
    let baselines: Vec<f64> = found.days[1..5]
        .iter()
        .map(|day| day.comparison.as_ref().unwrap().metrics[0].baseline.level.unwrap())
        .collect();
    for (baseline, due) in baselines.iter().zip([800.0, 820.0, 840.0, 860.0]) {
        assert!((baseline - due).abs() < 12.0, "{baselines:?}");
    }
    let higher: Vec<usize> = (0..9).filter(|i| found.days[*i].change == Higher).collect();
    assert_eq!(higher, [4], "{:?}", changes(&found.days));
    assert!(found.days[4].gradual, "no step from the day before it");
}

#[test]
fn a_slow_drift_is_named() {
    let found = whole_days(8, |at| 800.0 + 16.0 * at);
    assert_eq!(changes(&found.days)[1..], [Same; 7], "2 % a day is too little for any pool of a week");
    let [drift] = drifting(&found)[..] else { panic!("{:?}", found.drifts) };
    assert_eq!((drift.trend.metric, drift.trend.verdict), (Metric::Tasks, crate::Verdict::Danger));
    assert_eq!(drift.days, (0..8).collect::<Vec<_>>());
    let slope = drift.trend.slope_per_h.unwrap() * 24.0;
    assert!((15.0..17.0).contains(&slope), "{slope}");
    let slow = whole_days(8, |at| 800.0 + 8.0 * at);
    assert_eq!(drifting(&slow), <[&Drift; 0]>::default(), "7 % in all do not matter");
    assert!(slow.drifts[0].trend.z.unwrap() > 2.58, "though it is no chance");
    assert_eq!(whole_days(5, |at| 800.0 + 32.0 * at).drifts, [], "too few to tell");
}

#[test]
fn a_step_is_no_drift_and_does_not_hide_one() {
    let step = |at: f64| if at < 4.0 { 800.0 } else { 1100.0 };
    assert_eq!(drifting(&whole_days(10, step)), <[&Drift; 0]>::default());
    let two = |at: f64| step(at) + if at < 7.0 { 0.0 } else { 200.0 };
    assert_eq!(drifting(&whole_days(10, two)), <[&Drift; 0]>::default());
    let found = whole_days(14, |at| step(at) + 20.0 * at);
    let [drift] = drifting(&found)[..] else { panic!("{:?}", found.drifts) };
    assert_eq!((drift.days.first(), drift.days.last()), (Some(&4), Some(&13)));
    let back = |at: f64| 800.0 + 20.0 * (at.floor() % 3.0);
    assert_eq!(drifting(&whole_days(12, back)), <[&Drift; 0]>::default(), "up and down again");
}

#[test]
fn the_level_changes_in_the_middle_of_a_day() {
    for at in [0.4, 0.5, 0.75] {
        let found = whole_days(7, |t| if t < 3.0 + at { 800.0 } else { 1100.0 });
        assert_eq!(changes(&found.days), [First, Same, Same, Higher, Same, Same, Same], "{at}");
        let day = &found.days[3];
        assert_eq!(day.reference, [0, 1, 2, 3], "and what came before it on that day");
        let due = (3.0 + at) * 86_400.0;
        assert!((day.at.unwrap() - due).abs() < 120.0, "{at}: {:?}", day.at);
        let shift = day.comparison.as_ref().unwrap().metrics[0].shift.unwrap();
        assert!((290.0..310.0).contains(&shift), "{shift}");
        assert_eq!(found.days[5].reference, [3, 4]);
        let level = found.days[5].comparison.as_ref().unwrap().metrics[0].baseline.level.unwrap();
        assert!((1090.0..1110.0).contains(&level), "only what came after the change: {level}");
        assert_eq!(drifting(&found), <[&Drift; 0]>::default());
    }
    let first = whole_days(3, |t| if t < 0.5 { 800.0 } else { 1100.0 });
    assert_eq!(changes(&first.days), [Higher, Same, Same]);
    assert_eq!(first.days[0].reference, [0]);
    let fall = whole_days(4, |t| if t < 1.5 { 1100.0 } else { 800.0 });
    assert_eq!(changes(&fall.days), [First, Lower, Same, Same]);
}

#[test]
fn a_change_that_does_not_matter_leaves_the_pool_usable() {
    // Of one life, two levels would look like a slow swing, and no two blocks would be independent.
    let found = whole_days(6, |t| if t < 2.5 { 800.0 } else { 870.0 });
    assert_eq!(changes(&found.days), [First, Same, Same, Same, Same, Same]);
    assert!(found.days.iter().all(|day| day.at.is_none()));
}

#[test]
fn the_end_of_a_day_is_too_short_for_a_level_of_its_own() {
    let found = whole_days(5, |t| if t < 1.96 { 800.0 } else { 1100.0 });
    let named: Vec<usize> = (0..5).filter(|i| found.days[*i].change == Higher).collect();
    assert!(named == [1] || named == [2], "{:?}", changes(&found.days));
}

#[test]
fn forty_days_with_a_restart_each_night_can_be_told() {
    let runs: Vec<Series> = (0..40)
        .map(|day| {
            let whole = whole_day(day, |_| 800.0);
            let [mut night, rest] = whole.split(f64::from(day) * 86_400.0 + 10_800.0);
            night.append(&rest);
            night
        })
        .collect();
    let found = days(&runs, &Rules::default());
    assert_eq!(changes(&found.days)[1..], [Same; 39]);
    let last = found.days[39].comparison.as_ref().unwrap();
    assert!(last.metrics[0].baseline.blocks >= 39, "{}", last.metrics[0].baseline.blocks);
}

/// Half an hour of a process that counts no tasks: resident MiB, and more of them an hour; descriptors.
fn held(day: u64, mib: f64, growth: f64, fds: u64) -> Series {
    let mut series = Series::default();
    let mut seed = day + 7;
    for i in 0..360_u32 {
        let s = f64::from(i) * 5.0;
        let noise = uniform(&mut seed) * 4.0;
        let rss = (mib + noise + growth * s / 3600.0) * 1_048_576.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes")]
        let sample = crate::Sample {
            rss_bytes: Some(rss as u64),
            open_fds: Some(fds + u64::from(i % 3)),
            ..crate::Sample::default()
        };
        series.push_sample(real(usize::try_from(day).unwrap()) * 86_400.0 + s, &sample);
    }
    series
}

#[test]
fn without_a_count_runs_are_judged_by_what_the_process_holds() {
    let of = |levels: &[(f64, f64, u64)]| {
        let each = levels.iter().zip(0..).map(|((mib, growth, fds), day)| held(day, *mib, *growth, *fds));
        days(&each.collect::<Vec<_>>(), &Rules::default()).days
    };
    let well = of(&[(400.0, 0.0, 20), (402.0, 0.0, 20), (399.0, 0.0, 20)]);
    assert_eq!(changes(&well), [First, Same, Same]);
    assert_eq!(well[2].comparison.as_ref().unwrap().verdict, CompareVerdict::Ok);
    let leak = of(&[(400.0, 0.0, 20), (400.0, 0.0, 20), (400.0, 400.0, 20)]);
    assert_eq!(changes(&leak), [First, Same, Growing]);
    assert_eq!(leak[2].comparison.as_ref().unwrap().verdict, CompareVerdict::Warning, "no limit is known");
    let more = of(&[(400.0, 0.0, 20), (400.0, 0.0, 20), (400.0, 0.0, 220)]);
    assert_eq!((changes(&more), more[2].trends[0].metric), (vec![First, Same, Higher], Metric::Resident));
}

#[test]
fn what_a_process_holds_is_judged_beside_the_count_and_changes_nothing_of_it() {
    let both = |day: u64, level: f64, fds: f64, per_h: f64| {
        let mut series = Series::default();
        let mut seed = day + 31;
        for i in 0..720_u32 {
            let s = f64::from(i) * 5.0;
            series.push(Reading {
                t: real(usize::try_from(day).unwrap()) * 86_400.0 + s,
                tasks: Some((level + uniform(&mut seed) * 30.0).round()),
                descriptors: Some((fds + uniform(&mut seed) * 6.0 + per_h * s / 3600.0).round()),
                in_flight: Some(50.0),
                ..Reading::default()
            });
        }
        series
    };
    let of = |runs: &[(f64, f64, f64)]| {
        let each = runs.iter().zip(0..).map(|((level, fds, per_h), day)| both(day, *level, *fds, *per_h));
        days(&each.collect::<Vec<_>>(), &Rules::default())
    };
    let found = of(&[(800.0, 100.0, 0.0), (800.0, 100.0, 600.0), (1100.0, 100.0, 0.0), (1100.0, 300.0, 0.0)]);
    assert_eq!(changes(&found.days), [First, Same, Higher, Same]);
    assert_eq!(changes(&found.held), [First, Growing, Same, Higher]);
    let verdicts: Vec<_> = found.held[1..].iter().map(|d| d.comparison.as_ref().unwrap().verdict).collect();
    assert_eq!(verdicts, [CompareVerdict::Warning, CompareVerdict::Ok, CompareVerdict::Warning]);
    assert_eq!(found.held[3].reference, [0, 2], "a run that grows is no reference, by what it holds");
    assert_eq!(
        found.days[1].trends.iter().map(|t| t.metric).collect::<Vec<_>>(),
        [Metric::Tasks, Metric::Heap]
    );
}
