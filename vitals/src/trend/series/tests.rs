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
    assert_eq!((first.tasks, first.heap), (63.5, 0.0), "mean of tasks, lowest heap");
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
