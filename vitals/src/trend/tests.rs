use super::kendall::{mann_kendall, theil_sen};
use super::mann_whitney::{holm, p_value, shift};
use super::*;

/// Samples every 5 s, of values with the load beside them.
fn run(values: impl IntoIterator<Item = f64>) -> Series {
    let mut series = Series::default();
    let mut t = 0.0;
    for tasks in values {
        series.push(Reading { t, tasks: Some(tasks), in_flight: Some(50.0), ..Reading::default() });
        t += 5.0;
    }
    series
}

fn tasks(series: &Series) -> Trend {
    trend(series, Metric::Tasks, &Rules::default())
}

/// Each number for so many samples, with a little that goes up and down.
fn levels(numbers: &[f64], each: usize) -> Vec<f64> {
    numbers.iter().flat_map(|x| (0..each).map(move |i| x + [0.0, 1.0, 0.0, -1.0][i % 4])).collect()
}

fn close(found: f64, known: f64) {
    assert!((found - known).abs() < 1e-9 * known.abs().max(1.0), "{found}, not {known}");
}

/// pymannkendall 1.4.3 (original_test) and scipy 1.17.1 (theilslopes).
#[test]
fn mann_kendall_and_theil_sen_of_other_programs() {
    let x = [23.5, 21.0, 22.0, 26.0, 25.5, 24.0, 28.0, 27.2, 26.1, 29.0, 31.0, 30.2, 28.9, 33.0, 32.5];
    let test = mann_kendall(&[&x]);
    assert_eq!(test.s, 79.0);
    close(test.variance, 408.333_333_333_333_3);
    close(test.z, 3.859_998_942_582_069_3);
    close(2.0 * test.p, 0.000_113_387_515_728_424_76);
    let t: Vec<f64> = (0..15).map(f64::from).collect();
    let slope = theil_sen(&[(&t, &x)]).unwrap();
    close(slope.value, 0.718_181_818_181_818);
    close(slope.low.unwrap(), 0.590_909_090_909_090_9);
    close(slope.high.unwrap(), 1.0);

    let t = [0.0, 60.0, 130.0, 180.0, 260.0, 300.0, 420.0, 480.0, 500.0, 610.0, 700.0, 760.0];
    let tied = [5.0, 5.0, 6.0, 5.0, 7.0, 7.0, 8.0, 6.0, 9.0, 9.0, 9.0, 12.0];
    let test = mann_kendall(&[&tied]);
    close(test.variance, 203.333_333_333_333_34);
    close(test.z, 3.436_305_679_259_556_7);
    close(theil_sen(&[(&t, &tied)]).unwrap().value, 0.007_692_307_692_307_693);

    let mut step = vec![19.0; 12];
    step.extend([40.0; 12]);
    let test = mann_kendall(&[&step]);
    assert_eq!((test.s, test.variance), (144.0, 1200.0));
    close(test.z, 4.128_054_424_705_824);
}

/// scipy's kendalltau(method="exact", alternative="greater"), and all 40,320 orders counted.
#[test]
fn small_samples_are_counted_out() {
    close(mann_kendall(&[&[2.0, 1.0, 4.0, 3.0, 6.0, 8.0, 5.0, 9.0, 7.0]]).p, 0.006_332_671_957_671_958);
    close(mann_kendall(&[&[1.0, 1.0, 2.0, 3.0, 3.0, 2.0, 4.0, 4.0]]).p, 0.005_158_730_158_730_159);
}

/// Hollander and Wolfe 1999, example 4.1 (water transfer in placentas), with scipy's exact p; all choices of 6 of 13
/// counted; and scipy's approximation.
#[test]
fn mann_whitney_of_a_textbook_and_of_other_programs() {
    let term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let early = [1.15, 0.88, 0.9, 0.74, 1.21];
    let found = shift(&term, &early).unwrap();
    close(found.p, 0.254_412_254_412_254_4);
    close(found.value, -0.305);
    let (a, b) = ([1.0, 2.0, 2.0, 3.0, 5.0, 5.0, 6.0], [3.0, 5.0, 6.0, 7.0, 7.0, 8.0]);
    close(p_value(&a, &b), 0.037_296_037_296_037_296);
    let a = [10., 11., 9., 7., 9., 7., 10., 14., 9., 8., 11., 11., 10., 7., 10., 12., 6., 9.];
    let b = [6., 8., 6., 11., 8., 13., 12., 11., 4., 10., 12., 12., 7., 11., 9., 10., 15.];
    close(p_value(&a, &b), 0.594_381_674_732_785);
    close(shift(&a, &b).unwrap().value, 1.0);
    assert_eq!(shift(&[], &a), None);
    assert_eq!((p_value(&[5.0; 9], &[5.0; 9]), p_value(&[], &[1.0])), (1.0, 1.0));
}

#[test]
fn holm_corrects_for_looking_twice() {
    assert_eq!(holm(&[0.04, 0.01]), [0.04, 0.02]);
    assert_eq!(holm(&[0.03, 0.03]), [0.06, 0.06]);
    assert_eq!((holm(&[0.9]), holm(&[])), (vec![0.9], vec![]));
}

#[test]
fn the_known_answers_of_the_specification() {
    let mut spike = levels(&[19.0], 400);
    spike.push(40.0);
    assert_eq!(tasks(&run(spike)).course, Course::Stable);
    let step = tasks(&run(levels(&[19.0, 19.0, 19.0, 40.0, 40.0, 40.0], 48)));
    assert_eq!((step.course, step.verdict), (Course::Step, Verdict::Ok), "{step:?}");
}

#[test]
fn a_leak_is_danger_with_its_slope_and_its_time() {
    // 720 an hour: one every 5 s.
    let leak = tasks(&run((0..360).map(|i| 800.0 + f64::from(i) + [0.0, 9.0, -9.0][i as usize % 3])));
    assert_eq!((leak.course, leak.verdict), (Course::Growing, Verdict::Danger), "{leak:?}");
    assert_eq!((leak.load, leak.reasons), (LoadBasis::Constant, vec![Why::Rising]));
    assert!((leak.slope_per_h.unwrap() - 720.0).abs() < 10.0);
    let [low, high] = leak.slope_ci.unwrap();
    assert!(low <= 721.0 && high >= 719.0 && low > 600.0);
    let time = leak.time_to_danger.unwrap();
    assert_eq!(time.s, None, "5.8 h is beyond what half an hour can foretell");
    assert!((time.horizon_s - 4.0 * leak.span_s).abs() < 1.0);
    let falling = tasks(&run((0..360).map(|i| 1800.0 - f64::from(i))));
    assert_eq!((falling.course, falling.time_to_danger), (Course::Stable, None), "{falling:?}");
    assert!(falling.slope_per_h.unwrap() < -700.0);
}

#[test]
fn degenerate_runs() {
    assert_eq!(tasks(&Series::default()).reasons, [Why::NoValues]);
    assert_eq!(tasks(&run([f64::NAN; 300])).reasons, [Why::NoValues]);
    let one = tasks(&run([5.0]));
    assert_eq!((one.course, one.verdict), (Course::Inconclusive, Verdict::Unknown));
    let short = tasks(&run([5.0; 40]));
    assert_eq!(short.reasons, [Why::TooShort]);
    let needs = short.needs_s.unwrap();
    assert!((300.0..400.0).contains(&needs), "8 blocks of a minute less 140 s: {needs}");
    let constant = tasks(&run([5.0; 360]));
    assert_eq!((constant.course, constant.slope_per_h, constant.p), (Course::Stable, Some(0.0), Some(1.0)));
    let two = tasks(&run((0..360).map(|i| f64::from(i % 2) * 300.0)));
    assert_eq!(two.course, Course::Stable);
    let huge = tasks(&run((0..360).map(|i| 1e15 + 1e12 * f64::from(i))));
    assert_eq!(huge.course, Course::Growing);
    let text = serde_json::to_string(&huge).unwrap();
    assert!(text.contains("\"course\":\"growing\"") && !text.contains("NaN"), "{text}");
}

#[test]
fn what_a_rise_waits_for_is_known_and_does_not_run_away() {
    for n in (61..=105).step_by(4) {
        let rise = tasks(&run((0..n).map(|i| 15.0 + 7.0 * f64::from(i) + 10.0 * (f64::from(i) / 9.0).sin())));
        let Some(needs) = rise.needs_s else { continue };
        assert!(rise.rising.is_some() && rise.reasons == [Why::TooShort], "{n}: {rise:?}");
        let all = 5.0 * f64::from(n) + needs;
        assert!((540.0..=800.0).contains(&all), "{n}: {needs} more");
    }
}

#[test]
fn what_is_known_of_the_load_decides_between_warning_and_danger() {
    let grown = |allocated: Option<f64>, steady_load: bool| {
        let mut series = Series::default();
        for i in 0..360 {
            let t = 5.0 * f64::from(i);
            let allocated = allocated.map(|bend| 4e6 * t * (1.0 + bend * t));
            series.push(Reading { t, tasks: Some(800.0 + f64::from(i)), allocated, ..Reading::default() });
        }
        let trend = trend(&series, Metric::Tasks, &Rules { steady_load, ..Rules::default() });
        assert_eq!(trend.course, Course::Growing);
        (trend.load, trend.verdict)
    };
    assert_eq!(grown(None, false), (LoadBasis::Unknown, Verdict::Warning));
    assert_eq!(grown(None, true), (LoadBasis::Steady, Verdict::Danger));
    assert_eq!(grown(Some(0.0), false), (LoadBasis::Allocation, Verdict::Danger));
    assert_eq!(grown(Some(0.001), false), (LoadBasis::Unknown, Verdict::Warning), "allocates more and more");
}

#[test]
fn a_smooth_ramp_of_load_cannot_be_told_from_a_leak_unless_it_is_outgrown() {
    let ramp = |cost: f64| {
        let mut series = Series::default();
        for i in 0..360 {
            let load = 100.0 + f64::from(i) / 3.6;
            let tasks = Some(200.0 + cost * load);
            series.push(Reading {
                t: 5.0 * f64::from(i),
                tasks,
                in_flight: Some(load),
                ..Reading::default()
            });
        }
        tasks(&series)
    };
    let healthy = ramp(6.0);
    assert_eq!((healthy.verdict, healthy.load), (Verdict::Unknown, LoadBasis::Undetermined), "{healthy:?}");
    let mut series = Series::default();
    for i in 0..360 {
        let load = 100.0 + f64::from(i) / 3.6;
        let tasks = Some(800.0 + 10.0 * f64::from(i));
        series.push(Reading { t: 5.0 * f64::from(i), tasks, in_flight: Some(load), ..Reading::default() });
    }
    assert_eq!(tasks(&series).load, LoadBasis::Outgrown);
    assert_eq!(tasks(&series).verdict, Verdict::Danger);
}

#[test]
fn a_restart_divides_and_a_gap_does_not_deceive() {
    let mut series = Series::default();
    for i in 0..720 {
        let t = 5.0 * f64::from(i) + if i > 500 { 900.0 } else { 0.0 };
        let restarted = i == 360;
        let leaked = (t - if i < 360 { 0.0 } else { 1800.0 }) / 5.0 + [0.0, 9.0, -9.0][i as usize % 3];
        series.push(Reading {
            t,
            tasks: Some(800.0 + leaked),
            in_flight: Some(9.0),
            restarted,
            ..Reading::default()
        });
    }
    let trend = tasks(&series);
    assert_eq!((trend.restarts, trend.gaps, trend.course), (1, 1, Course::Growing), "{trend:?}");
}

#[test]
fn a_watch_needs_two_looks() {
    let mut live = Live::new(Rules::default());
    let mut alarms = Vec::new();
    for i in 0..360 {
        let tasks = Some(800.0 + 2.0 * f64::from(i));
        let looked =
            live.push(Reading { t: 5.0 * f64::from(i), tasks, in_flight: Some(9.0), ..Reading::default() });
        if looked {
            alarms.push(live.trend(Metric::Tasks).unwrap().reasons[0]);
        }
    }
    let first = alarms.iter().position(|why| *why == Why::Rising).unwrap();
    assert!(matches!(alarms[first - 1], Why::Unconfirmed | Why::Slight | Why::MayLevelOff), "{alarms:?}");
    assert!(live.has_alarmed(Metric::Tasks) && !live.has_alarmed(Metric::Heap));
    assert!(live.finish() != live.finish(), "there is one last look, not two");
}

#[test]
fn comparing_says_leak_regression_or_why_not() {
    let rules = Rules::default();
    let level = |x: f64, load: f64| {
        let mut series = Series::default();
        for i in 0..360 {
            let tasks = Some(x + [0.0, 3.0, -3.0, 1.0][i as usize % 4]);
            let in_flight = Some(load);
            series.push(Reading { t: 5.0 * f64::from(i), tasks, in_flight, ..Reading::default() });
        }
        series
    };
    let compared = |a: &Series, b: &Series| {
        let found = compare(a, b, &rules);
        (found.verdict, found.metrics[0].reasons.clone())
    };
    let base = level(800.0, 50.0);
    assert_eq!(compared(&base, &base), (CompareVerdict::Ok, vec![Why::Chance]));
    assert_eq!(compared(&base, &level(1000.0, 50.0)), (CompareVerdict::Regression, vec![Why::Higher]));
    assert_eq!(compared(&base, &level(860.0, 50.0)), (CompareVerdict::Ok, vec![Why::Slight]), "7 %");
    assert_eq!(compared(&base, &level(2000.0, 150.0)), (CompareVerdict::Unknown, vec![Why::LoadsDiffer]));
    let leak = run((0..360).map(|i| 800.0 + f64::from(i)));
    assert_eq!(compared(&base, &leak), (CompareVerdict::Leak, vec![Why::Rising]));
    assert_eq!(compared(&base, &run([5.0; 9])).0, CompareVerdict::Unknown);
    assert_eq!(compare(&Series::default(), &base, &rules).verdict, CompareVerdict::Unknown);
}

/// A watch ten times as fast, in blocks a tenth as long, sees the same; a heap's blocks stay a minute.
#[test]
fn shorter_blocks_see_the_same_in_less_time() {
    let watched = |rules: Rules, interval: f64| {
        let mut live = Live::new(rules);
        let looks: Vec<u32> = (0..240_u32)
            .filter(|n| {
                let value = 800.0 + f64::from(*n) + f64::from(n * 7919 % 31);
                let t = f64::from(*n) * interval;
                let heap = Some(value * 1e5);
                live.push(Reading {
                    t,
                    tasks: Some(value),
                    heap,
                    in_flight: Some(50.0),
                    ..Reading::default()
                })
            })
            .collect();
        let tasks = live.trend(Metric::Tasks).unwrap().clone();
        (looks, tasks, live.trend(Metric::Heap).unwrap().clone())
    };
    let (looks, slow, heap) = watched(Rules::default(), 5.0);
    let short = Rules::with_blocks(std::time::Duration::from_secs(6));
    let (fast_looks, fast, fast_heap) = watched(short, 0.5);
    assert_eq!((looks, slow.course, slow.z), (fast_looks, Course::Growing, fast.z));
    assert_eq!((fast.course, fast.blocks, fast.verdict), (slow.course, slow.blocks, Verdict::Danger));
    close(fast.slope_per_h.unwrap(), slow.slope_per_h.unwrap() * 10.0);
    assert_eq!((heap.course, fast_heap.course), (Course::Growing, Course::Inconclusive));
    assert_eq!(fast_heap.reasons, [Why::TooShort]);
}

/// Goroutines that linger after their request, and a heap that is collected late: a ramp of load is no leak of theirs.
#[test]
fn what_follows_a_ramp_of_load_late_is_no_leak() {
    for (metric, cost) in [(Metric::Tasks, 12.0), (Metric::Heap, 2e6)] {
        let (mut series, mut late) = (Series::default(), 40.0);
        for i in 0..361_u32 {
            let noise = f64::from((i.wrapping_mul(2_654_435_761) >> 16) & 0xff) / 10.0 - 12.7;
            let load = 40.0 + f64::from(i) / 4.5 + noise;
            late += (load - late) / 6.0;
            series.push(Reading {
                t: 5.0 * f64::from(i),
                tasks: Some(100.0 + 12.0 * late),
                heap: Some(cost * late),
                in_flight: Some(load),
                ..Reading::default()
            });
        }
        let found = trend(&series, metric, &Rules::default());
        assert_ne!(found.course, Course::Growing, "{found:?}");
        // The same ramp, paid at once, is adjusted for.
        if metric == Metric::Tasks {
            assert_eq!((found.course, found.load), (Course::Inconclusive, LoadBasis::Undetermined));
        }
    }
}

/// A heap that the load doubles and the collector saws: what it costs is what its lower edge costs, however high the saw
/// is. With the saw's mean, half the load would leave a rise.
#[test]
fn a_heap_under_a_falling_load_is_no_leak() {
    let mut series = Series::default();
    for i in 0..361_u32 {
        let noise = f64::from((i.wrapping_mul(2_654_435_761) >> 16) & 0xff) / 3.0 - 42.0;
        let load = 200.0 - f64::from(i) / 3.6 + noise;
        let saw = 1.0 + 0.4 * f64::from(i % 6) / 6.0;
        series.push(Reading {
            t: 5.0 * f64::from(i),
            tasks: Some(6.0 * load),
            heap: Some(4e6 * load * saw),
            in_flight: Some(load),
            ..Reading::default()
        });
    }
    let found = trend(&series, Metric::Heap, &Rules::default());
    assert_ne!(found.course, Course::Growing, "{found:?}");
}

/// Twenty leaks a second, at random: the more they are, the more the count is a walk around its line, whose samples
/// resemble each other for as long as it has lasted. Without its own test it was never told.
#[test]
fn a_leak_that_comes_with_requests_at_random_is_told() {
    let of = |leaks: f64, forgets: f64| {
        let (mut series, mut walk) = (Series::default(), 0.0);
        for i in 0..361_u32 {
            // Twelve uniform numbers, less six, are nearly normal.
            let twelve = (0..12_u32).map(|j| {
                let bits = u64::from(12 * i + j).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                f64::from((bits >> 40) as u32) / f64::from(1_u32 << 24)
            });
            walk = walk * forgets + 10.0 * (twelve.sum::<f64>() - 6.0);
            let tasks = Some(800.0 + f64::from(i) * leaks + walk);
            series.push(Reading { t: 5.0 * f64::from(i), tasks, ..Reading::default() });
        }
        trend(&series, Metric::Tasks, &Rules { steady_load: true, ..Rules::default() })
    };
    let leak = of(100.0, 1.0);
    assert_eq!((leak.course, leak.verdict), (Course::Growing, Verdict::Danger), "{leak:?}");
    let slope = leak.slope_per_h.unwrap();
    assert!((slope / 72_000.0 - 1.0).abs() < 0.1 && leak.blocks >= BLOCKS, "{leak:?}");
    let [low, high] = leak.slope_ci.unwrap();
    assert!(low < 72_000.0 && high > 72_000.0 && low > 0.8 * slope, "{leak:?}");
    // The same noise without a leak says nothing, whether it forgets or not.
    for forgets in [1.0, 0.98] {
        assert_eq!(of(0.0, forgets).course, Course::Inconclusive, "{forgets}");
    }
}

/// A leak that begins while it is watched, and one that speeds up: around a straight line, either was noise that never
/// forgets, and the larger it was, the less it was told.
#[test]
fn a_leak_that_is_no_straight_line_is_told() {
    let of = |leaked: &dyn Fn(f64) -> f64| {
        let mut series = Series::default();
        for i in 0..361_u32 {
            let noise = f64::from((i.wrapping_mul(2_654_435_761) >> 16) & 0xff) / 5.0 - 25.0;
            let tasks = Some(800.0 + noise + leaked(f64::from(i) / 360.0));
            series.push(Reading { t: 5.0 * f64::from(i), tasks, ..Reading::default() });
        }
        trend(&series, Metric::Tasks, &Rules { steady_load: true, ..Rules::default() })
    };
    for (from, most) in [(0.2, 200.0), (0.2, 4000.0), (0.5, 1000.0), (0.5, 8000.0)] {
        let late = of(&|share| most * ((share - from) / (1.0 - from)).max(0.0));
        assert_eq!((late.course, late.verdict), (Course::Growing, Verdict::Danger), "{from} {most} {late:?}");
    }
    for (power, most) in [(2, 2000.0), (4, 1000.0), (4, 8000.0)] {
        let faster = of(&|share| most * share.powi(power));
        assert_eq!(faster.course, Course::Growing, "{power} {most} {faster:?}");
    }
    // What came and went is none.
    let bump = of(&|share| 1000.0 * (1.0 - (share - 0.5).abs() * 6.0).max(0.0));
    assert_ne!(bump.course, Course::Growing, "{bump:?}");
}
