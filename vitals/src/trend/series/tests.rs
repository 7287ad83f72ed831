use super::*;

fn at(t: f64, tasks: f64) -> Reading {
    Reading { t, tasks: Some(tasks), heap: Some(tasks), ..Reading::default() }
}

#[test]
fn memory_is_bounded_and_means_are_kept() {
    let mut series = Series::default();
    for i in 0..518_400_u32 {
        series.push(at(5.0 * f64::from(i), f64::from(i)));
    }
    assert!(series.cells.len() < CAPACITY && series.cells.len() >= CAPACITY / 2);
    assert_eq!((series.samples(), series.resolution(), series.forgotten()), (518_400, 128, 0));
    let first = series.cells[0];
    assert_eq!(first.tasks, 63.5, "the mean of tasks");
    // Of heap, one sample: any, and none more often than another.
    let places: Vec<f64> = (0_u32..).zip(&series.cells).map(|(i, c)| c.heap - 128.0 * f64::from(i)).collect();
    assert!(places.iter().all(|place| (0.0..128.0).contains(place) && place.fract() == 0.0));
    let below = |n: f64| places.iter().filter(|place| **place < n).count() * 100 / places.len();
    assert!([32.0, 64.0, 96.0].map(below).iter().zip([25, 50, 75]).all(|(n, share)| n.abs_diff(share) <= 3));
}

#[test]
fn a_target_that_restarts_all_the_time_is_bounded_too() {
    let mut series = Series::default();
    for i in 0..20_000_u32 {
        series.push(Reading { restarted: true, ..at(f64::from(i), 1.0) });
        assert!(series.cells.len() <= CAPACITY);
    }
    assert!(series.forgotten() > 0);
}

#[test]
fn clocks_that_repeat_or_go_back() {
    let mut series = Series::default();
    for t in [0.0, 5.0, 10.0, 10.0, 9.0, f64::NAN, 15.0, 20.0, 25.0] {
        series.push(at(t, 1.0));
    }
    assert_eq!((series.samples(), series.dropped(), series.gaps()), (6, 3, 0));
    series.push(at(-3600.0, 1.0));
    series.push(at(-3595.0, 1.0));
    assert_eq!((series.end(), series.gaps()), (Some(35.0), 1), "time goes on");
    series.push(at(-3000.0, 1.0));
    assert_eq!(series.gaps(), 2);
}

#[test]
fn littles_law() {
    let mut series = Series::default();
    for i in 0..10 {
        let t = 5.0 * f64::from(i);
        series.push(Reading { busy_s: Some(35.0 * t), ..at(t, 1.0) });
    }
    assert!(series.cells[0].load.is_nan());
    assert_eq!(series.cells[5].load, 35.0);
}

#[test]
fn samples_bring_their_restarts_and_what_they_explain() {
    let sample = |start, all, explained| Sample {
        goroutines: Some(all),
        explained,
        start_time: Some(start),
        ..Sample::default()
    };
    let mut series = Series::default();
    series.push_sample(0.0, &sample(1, 100, Some(90)));
    series.push_sample(5.0, &sample(2, 100, Some(120)));
    assert!(series.is_explained());
    assert_eq!((series.restarts(), series.cells[0].beyond, series.cells[1].beyond), (1, 10.0, 0.0));
    series.push_sample(10.0, &sample(2, 100, None));
    assert!(!series.is_explained());
}

#[test]
fn another_run_is_appended_as_a_life_of_its_own() {
    let run = |from: u32, n: u32| {
        let mut series = Series::default();
        (0..n).for_each(|i| series.push(at(f64::from(from) + 5.0 * f64::from(i), f64::from(i))));
        series
    };
    let mut both = Series::default();
    both.append(&Series::default());
    both.append(&run(0, 3));
    both.append(&run(100, 2));
    both.append(&run(7, 2));
    let cells: Vec<(f64, u32)> = both.all().map(|cell| (cell.t, cell.life)).collect();
    assert_eq!(
        cells,
        [(0.0, 0), (5.0, 0), (10.0, 0), (100.0, 1), (105.0, 1), (110.0, 2), (115.0, 2)],
        "what is not later is moved behind"
    );
    assert_eq!((both.samples(), both.restarts(), both.end()), (7, 2, Some(115.0)));
    let mut year = Series::default();
    for day in 0..100 {
        year.append(&run(day * 86_400, 17_280));
        assert!(year.cells.len() < CAPACITY);
    }
    assert_eq!((year.samples(), year.forgotten()), (1_728_000, 0));
}

#[test]
fn runs_of_any_length_weigh_the_same_per_sample() {
    let run = |from: u32, n: u32| {
        let mut series = Series::default();
        (0..n).for_each(|i| series.push(at(f64::from(from) + 5.0 * f64::from(i), f64::from(from / 86_400))));
        series
    };
    let mut pool = Series::default();
    for day in 0..30 {
        // Short ones among them, at a finer resolution of their own.
        pool.append(&run(day * 86_400, if day % 7 == 6 { 4000 } else { 17_280 }));
        let weight = |day: u32| pool.all().filter(|cell| cell.tasks == f64::from(day)).count();
        let resolution = usize::try_from(pool.resolution()).unwrap();
        for day in 0..=day {
            let samples: usize = if day % 7 == 6 { 4000 } else { 17_280 };
            let due = samples.div_ceil(resolution);
            assert!(weight(day).abs_diff(due) <= 1, "day {day}: {} instead of {due}", weight(day));
        }
    }
    assert!(pool.cells.len() < CAPACITY);
}

#[test]
fn a_run_is_split_at_a_time() {
    let mut series = Series::default();
    (0..100).for_each(|i| series.push(Reading { restarted: i == 60, ..at(5.0 * f64::from(i), 1.0) }));
    let [before, after] = series.split(400.0);
    assert_eq!((before.samples(), before.restarts(), before.end()), (80, 1, Some(395.0)));
    assert_eq!((after.samples(), after.restarts(), after.end()), (20, 0, Some(495.0)));
    let [all, none] = series.split(1e9);
    assert_eq!((all.samples(), none.samples()), (100, 0));
    let mut both = before;
    both.append(&after);
    assert_eq!((both.samples(), both.restarts()), (100, 2), "as lives of their own");
}

#[test]
fn the_start_is_known_by_the_age_or_by_two_dates() {
    let born = |now: f64, sample: &Sample| {
        let mut series = Series::default();
        series.push_dated(60.0, now, sample);
        series.all().last().map(|cell| cell.born).filter(|born| born.is_finite())
    };
    let dated = Sample { goroutines: Some(5), start_time: Some(1_700_000_000), ..Sample::default() };
    assert_eq!(born(1_700_000_090.0, &dated), Some(-30.0));
    assert_eq!(born(f64::NAN, &dated), None, "a clock that tells no date");
    let aged = Sample { goroutines: Some(5), uptime_s: Some(40), ..Sample::default() };
    assert_eq!(born(f64::NAN, &aged), Some(20.0), "its own word needs no clock");
}
