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
    let found = days(&[short.clone(), hour(1, 800.0, 0.0), short, hour(3, 800.0, 0.0)], &Rules::default()).days;
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

#[test]
fn zz_debug() {
    for seed in 0..8_u64 {
        let mut state = seed * 1000 + 1;
        let mut noise = 0.0;
        let mut series = Series::default();
        let keep = (-5.0_f64 / 997.0).exp();
        for i in 0..17_280_u32 {
            let g: f64 = (0..12).map(|_| uniform(&mut state)).sum::<f64>() - 6.0;
            noise = keep * noise + (1.0 - keep * keep).sqrt() * g;
            let tasks = 800.0 + 30.0 * noise + if i >= 8640 { 300.0 } else { 0.0 };
            series.push(Reading { t: f64::from(i) * 5.0, tasks: Some(tasks.round()), in_flight: Some(50.0), ..Reading::default() });
        }
        let rules = Rules::default();
        let turn = turn::turn(&series, &rules);
        let halves = turn.map(|t| series.split(t.at).map(|h| { let t = look(&h, Metric::Tasks, &rules, 2.58); (t.blocks, t.tau) }));
        eprintln!("{turn:?} {halves:?}");
    }
}
