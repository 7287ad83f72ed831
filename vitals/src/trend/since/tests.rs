use super::super::{Reading, Series, compare};
use super::*;

/// What a target reports of its load.
#[derive(Clone, Copy)]
enum Told {
    InFlight,
    Allocation,
    Nothing,
}

/// Half an hour at 5 s of so many tasks at each sample, and of so much load.
fn run(told: Told, tasks: impl Fn(u32) -> f64, load: impl Fn(u32) -> f64) -> Series {
    let mut series = Series::default();
    let mut allocated = 1e9;
    for i in 0..361_u32 {
        // Numbers that look random, the same ones every time.
        let noise = f64::from((i.wrapping_mul(2_654_435_761) >> 16) & 0xff) / 12.0;
        allocated += 5e6 * load(i);
        series.push(Reading {
            t: 5.0 * f64::from(i),
            tasks: Some(tasks(i) + noise),
            in_flight: matches!(told, Told::InFlight).then(|| load(i)),
            allocated: matches!(told, Told::Allocation).then_some(allocated),
            ..Reading::default()
        });
    }
    series
}

fn steady(_: u32) -> f64 {
    100.0
}

/// 1000, and from this sample on so many more.
fn step(at: u32, by: f64) -> impl Fn(u32) -> f64 {
    move |i| if i < at { 1000.0 } else { 1000.0 + by }
}

fn found(before: &Series, now: &Series) -> MetricComparison {
    compare(before, now, &Rules::default()).metrics.swap_remove(0)
}

#[test]
fn what_follows_a_step_is_a_regression_at_the_same_load() {
    for (told, verdict) in [
        (Told::InFlight, CompareVerdict::Regression),
        (Told::Allocation, CompareVerdict::Regression),
        (Told::Nothing, CompareVerdict::Warning),
    ] {
        let before = run(told, |_| 1000.0, steady);
        let now = run(told, step(216, 210.0), steady);
        let found = found(&before, &now);
        assert_eq!((found.verdict, found.reasons.as_slice()), (verdict, &[Why::SteppedUp][..]), "{found:?}");
        let step = found.step.unwrap();
        assert_eq!(step.at, 215.0 * 5.0);
        assert!((0.19..0.23).contains(&step.share().unwrap()), "{step:?}");
        assert!((200.0..220.0).contains(&step.since.unwrap().shift.unwrap()));
    }
}

#[test]
fn a_step_to_the_level_of_the_baseline_is_none() {
    let before = run(Told::InFlight, |_| 1210.0, steady);
    let found = found(&before, &run(Told::InFlight, step(216, 210.0), steady));
    assert_eq!(found.verdict, CompareVerdict::Ok, "{found:?}");
    assert_eq!(found.step.unwrap().since.unwrap().verdict, CompareVerdict::Ok);
}

#[test]
fn small_steps_and_steps_down_are_not_named() {
    let before = run(Told::InFlight, |_| 1000.0, steady);
    for by in [80.0, -210.0, 0.0] {
        let found = found(&before, &run(Told::InFlight, step(216, by), steady));
        assert_eq!((found.verdict, found.step), (CompareVerdict::Ok, None), "{by}");
    }
}

#[test]
fn too_little_after_a_step_cannot_be_told() {
    let before = run(Told::InFlight, |_| 1000.0, steady);
    let found = found(&before, &run(Told::InFlight, step(310, 210.0), steady));
    assert_eq!((found.verdict, found.reasons.as_slice()), (CompareVerdict::Unknown, &[Why::SteppedUp][..]));
    assert!(found.step.unwrap().since.unwrap().current.blocks < BLOCKS);
}

#[test]
fn a_step_that_came_with_load_cannot_be_told_from_it() {
    let before = run(Told::Allocation, |_| 1000.0, steady);
    // From 60 % on, 30 % more of both; on average the loads are within a fifth of each other.
    let now = run(Told::Allocation, step(216, 300.0), |i| if i < 216 { 100.0 } else { 130.0 });
    let found = found(&before, &now);
    assert_eq!((found.verdict, found.reasons.as_slice()), (CompareVerdict::Unknown, &[Why::SteppedUp][..]));
    assert_eq!(found.step.unwrap().since.unwrap().reasons, [Why::LoadsDiffer]);
}

/// Each 15 % more: what only stands for the load, or a cost that cannot be told, accuses nobody.
#[test]
fn a_level_in_proportion_to_a_load_that_hardly_moved_is_not_accused() {
    for told in [Told::Allocation, Told::InFlight] {
        let found = found(&run(told, |_| 1000.0, steady), &run(told, |_| 1150.0, |_| 115.0));
        assert_eq!(found.verdict, CompareVerdict::Unknown, "{found:?}");
        assert_eq!(found.reasons, [Why::LoadsDiffer]);
        let more = self::found(&run(told, |_| 1000.0, steady), &run(told, |_| 1400.0, |_| 115.0));
        assert_eq!(more.verdict, CompareVerdict::Regression, "{more:?}");
    }
}

#[test]
fn what_follows_a_step_is_as_likely_chance_as_there_are_places_for_it() {
    let mut found =
        found(&run(Told::InFlight, |_| 1000.0, steady), &run(Told::InFlight, step(216, 210.0), steady));
    found.current.blocks = 10;
    let mut adjusted = |p, tests| {
        found.step.as_mut().unwrap().since.as_mut().unwrap().p = Some(p);
        follow(&mut found, tests, &Rules::default());
        found.step.as_ref().unwrap().since.as_ref().unwrap().p_adjusted.unwrap()
    };
    assert!((adjusted(0.001, 2) - 0.02).abs() < 1e-12, "ten blocks, two metrics");
    assert!((adjusted(0.001, 1) - 0.01).abs() < 1e-12);
    assert_eq!(adjusted(0.2, 2), 1.0);
}

#[test]
fn a_step_stands_out_by_its_standard_errors() {
    let step = |noise: f64, rise: f64| {
        let mut blocks = Points::default();
        for (i, off) in [0.0, noise, -noise, 0.0].into_iter().cycle().take(8).enumerate() {
            blocks.push(60.0 * real(i), 1000.0 + off + if i < 4 { 0.0 } else { rise }, f64::NAN, 0, 0);
        }
        step_at(180.0, &blocks, Metric::Tasks, &Rules::default())
    };
    // 4 n squared in 6 degrees of freedom, and four blocks a side: a standard error of n by the root of 3.
    let found = step(76.0, 200.0).unwrap();
    assert_eq!((found.at, found.from, found.to), (180.0, 1000.0, 1200.0));
    assert_eq!(step(78.0, 200.0), None, "200 is less than 4.5 of 45");
    assert_eq!(step(1.0, 99.0), None, "no tenth of the level");
}
