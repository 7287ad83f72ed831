use jiff::Timestamp;
use vitals::trend::CompareVerdict;

use super::*;
use crate::comparison::{Rules as Gates, statistics};
use crate::finding::Check;
use crate::words;

const HEADER: &str = "ts,ok,error,goroutines,in_flight,start_time\n";

/// A row every ten seconds: its count, and when its process started.
fn recording(rows: u32, of: impl Fn(u32) -> (f64, u64)) -> Vec<Input> {
    let row = |n: u32| {
        let at = Timestamp::from_second(1_795_000_000 + i64::from(n) * 10).unwrap();
        let (count, start) = of(n);
        format!("{at},1,,{:.0},50,{start}\n", count + f64::from(n * 7919 % 31))
    };
    let text: String = (0..rows).map(row).collect();
    vec![Input::from_bytes("r.csv".to_owned(), format!("{HEADER}{text}").into_bytes())]
}

fn sided(rows: u32, of_side: Use, of: impl Fn(u32) -> (f64, u64)) -> Vec<Side> {
    sides(&recording(rows, of), "CURRENT", of_side).unwrap()
}

fn verdict(current: &Side) -> CompareVerdict {
    let baseline = sided(360, Use::Baseline, |_| (300.0, 1));
    statistics(&baseline[0], current, &Gates::default()).verdict
}

/// Half an hour each, with 18,000 more an hour in one of them: what the other one does decides only where it is the
/// last.
#[test]
fn leak_then_flat_is_well_and_flat_then_leak_is_not() {
    let leak = |n: u32| 300.0 + 50.0 * f64::from(n);
    let mended = sided(360, Use::Current, |n| if n < 180 { (leak(n), 1) } else { (300.0, 2) });
    let [mended] = mended.as_slice() else { panic!("{}", mended.len()) };
    assert_eq!((verdict(mended), mended.restarts), (CompareVerdict::Ok, 1));
    assert!(mended.columns[0].all.max() < Some(400), "the peak is that of the life that decides");
    let since = &statistics(mended, mended, &Gates::default()).metrics[0].current.trend;
    assert_eq!(
        words::note(&crate::finding::Note::Lives {
            who: crate::finding::Who::Current,
            ended: mended.ended.clone(),
            since: Some(Box::new(since.clone())),
        }),
        "current: until the restart at 11:36:40 goroutines grew by 18,008/h; since then they do not grow"
    );
    let broken = sided(360, Use::Current, |n| if n < 180 { (300.0, 1) } else { (leak(n - 180), 2) });
    assert_eq!(verdict(&broken[0]), CompareVerdict::Leak);
    let short = sided(190, Use::Current, |n| if n < 180 { (leak(n), 1) } else { (300.0, 2) });
    assert_eq!(verdict(&short[0]), CompareVerdict::Leak, "two minutes leave the word to half an hour");
}

/// A leak in the baseline makes none of its levels usual.
#[test]
fn a_baseline_is_its_lives_that_do_not_grow() {
    let leak = |n: u32| 300.0 + 50.0 * f64::from(n);
    let of = |n: u32| if n < 180 { (leak(n), 1) } else { (300.0, 2) };
    let baseline = sided(360, Use::Baseline, of);
    assert!(baseline[0].columns[0].all.max() < Some(400));
}

#[test]
fn each_instance_is_a_side() {
    let of = |n: u32| match n % 2 {
        0 => (300.0, 1),
        _ => (800.0 + f64::from(n), 2),
    };
    let currents = sided(360, Use::Current, of);
    let verdicts: Vec<_> = currents.iter().map(verdict).collect();
    assert_eq!(verdicts, [CompareVerdict::Ok, CompareVerdict::Leak]);
    let told: Vec<_> = currents.iter().map(|side| (side.good, side.restarts)).collect();
    assert_eq!(told, [(180, 0); 2]);
    let names: Vec<_> =
        currents.iter().flat_map(|side| &side.instance).map(|of| (of.number, of.of)).collect();
    assert_eq!(names, [(1, 2), (2, 2)]);
    assert_eq!(currents[0].instances.iter().map(|of| of.number).collect::<Vec<_>>(), [1, 2]);
    let baselines = sided(360, Use::Baseline, |n| (if n % 2 == 0 { 820.0 } else { 310.0 }, u64::from(n % 2)));
    let levels: Vec<_> = pairs(baselines, currents)
        .iter()
        .map(|(before, now)| [before, now].map(|side| side.columns[0].all.min().unwrap() / 100))
        .collect();
    assert_eq!(levels, [[3, 3], [8, 8]], "by their levels");
}

#[test]
fn more_restarts_an_hour_than_the_baselines_are_a_warning() {
    let every = |rows: u32| move |n: u32| (300.0, u64::from(n / rows));
    let found = |before: u32, now: u32, max| {
        let [before, now] = [(Use::Baseline, before), (Use::Current, now)]
            .map(|(of, rows)| sided(720, of, every(rows)).remove(0));
        restarts(&before, &now, &Gates { max_restarts: max, ..Gates::default() })
            .first()
            .map(|finding| finding.check)
    };
    assert_eq!(found(720, 360, None), None, "the first one");
    assert_eq!(found(720, 360, Some(0)), Some(Check::MaxRestarts));
    assert_eq!(found(720, 240, None), Some(Check::Restarts));
    assert_eq!(found(240, 240, None), None, "as many as before");
    assert_eq!(found(20, 20, None), Some(Check::CrashLoop), "whatever was before");
    let crashing = sided(720, Use::Current, every(20)).remove(0);
    assert_eq!((crashing.restarts, crashing.restarted_at.len()), (35, 3), "the first few are named");
}
