use super::super::{CompareVerdict, Reading, compare, trend};
use super::*;

const MIB: f64 = 1_048_576.0;

fn wave(i: u32) -> f64 {
    f64::from(i * 7919 % 31)
}

/// Half an hour, a sample every 5 s.
fn held(of: impl Fn(u32) -> Reading) -> Series {
    let mut series = Series::default();
    (0..360).for_each(|i| series.push(Reading { t: 5.0 * f64::from(i), ..of(i) }));
    series
}

fn descriptors(per_sample: f64, limit: Option<f64>) -> Series {
    held(|i| Reading {
        descriptors: Some((200.0 + per_sample * f64::from(i) + wave(i)).round()),
        descriptor_limit: limit,
        ..Reading::default()
    })
}

#[test]
fn every_resource_is_judged_and_growth_is_a_warning() {
    let rules = Rules::default();
    for metric in Metric::RESOURCES {
        let unit = if metric.is_bytes() { MIB } else { 1.0 };
        let of = |per_sample: f64| {
            held(|i| {
                let value = Some((400.0 + per_sample * f64::from(i) + wave(i)) * unit);
                let mut reading = Reading::default();
                match metric {
                    Metric::Resident => reading.resident = value,
                    Metric::Descriptors => reading.descriptors = value,
                    Metric::Threads => reading.threads = value,
                    _ => reading.connections = value,
                }
                reading
            })
        };
        let found = trend(&of(0.5), metric, &rules);
        assert_eq!((found.course, found.verdict), (Course::Growing, Verdict::Warning), "{found:?}");
        let slope = found.slope_per_h.unwrap() / unit;
        assert!((330.0..390.0).contains(&slope), "{slope}");
        assert!(found.time_to_danger.is_none(), "no limit is known");
        let flat = trend(&of(0.0), metric, &rules);
        assert_eq!((flat.course, flat.verdict), (Course::Stable, Verdict::Ok), "{flat:?}");
        assert_eq!(trend(&of(0.5), Metric::Tasks, &rules).reasons, [Why::NoValues]);
    }
}

#[test]
fn a_limit_that_is_near_is_danger() {
    // 360 an hour: the limit of 600 is half an hour away, that of 1,000 an hour and 40 minutes.
    let near = trend(&descriptors(0.5, Some(600.0)), Metric::Descriptors, &Rules::default());
    assert_eq!((near.course, near.verdict), (Course::Growing, Verdict::Danger), "{near:?}");
    let left = near.time_to_danger.unwrap();
    assert!(left.s.is_some_and(|s| (1800.0..2300.0).contains(&s)), "{left:?}");
    let far = trend(&descriptors(0.5, Some(1000.0)), Metric::Descriptors, &Rules::default());
    assert_eq!(far.verdict, Verdict::Warning, "nothing is known of the load: {far:?}");
    let steady = Rules { steady_load: true, ..Rules::default() };
    assert_eq!(
        trend(&descriptors(0.5, Some(1000.0)), Metric::Descriptors, &steady).verdict,
        Verdict::Danger,
        "within four times what was looked at"
    );
    let own = Rules { descriptor_limit: Some(1e6), ..Rules::default() };
    assert_eq!(trend(&descriptors(0.5, Some(600.0)), Metric::Descriptors, &own).verdict, Verdict::Warning);
}

#[test]
fn resident_memory_that_is_kept_is_no_growth() {
    let of = |value: &dyn Fn(f64) -> f64| {
        held(|i| Reading {
            resident: Some((value(f64::from(i) / 359.0) + wave(i) / 20.0) * MIB),
            ..Reading::default()
        })
    };
    let told = |series: &Series| trend(series, Metric::Resident, &Rules::default());
    for (name, value) in [
        ("fills and stays", (&|share: f64| 400.0 + 400.0 * (share * 2.5).min(1.0)) as &dyn Fn(f64) -> f64),
        ("levels off", &|share: f64| 700.0 - 300.0 * (-share * 8.0).exp()),
        ("two stairs", &|share: f64| 400.0 + 80.0 * f64::from(u8::from(share > 0.3) + u8::from(share > 0.6))),
    ] {
        let found = told(&of(value));
        assert_ne!(found.course, Course::Growing, "{name}: {found:?}");
    }
    assert_eq!(told(&of(&|share| 400.0 + 200.0 * share)).course, Course::Growing);
}

#[test]
fn a_target_without_a_count_is_compared_by_what_it_holds() {
    let of = |mib: f64, fds: f64| {
        held(|i| Reading {
            resident: Some((mib + wave(i)) * MIB),
            descriptors: Some(fds + wave(i) / 10.0),
            ..Reading::default()
        })
    };
    let told = |before: &Series, now: &Series| {
        let found = compare(before, now, &Rules::default());
        (found.verdict, found.metrics.into_iter().map(|m| (m.metric, m.verdict)).collect::<Vec<_>>())
    };
    let (verdict, metrics) = told(&of(387.0, 17.0), &of(619.0, 46.0));
    assert_eq!(verdict, CompareVerdict::Warning);
    assert_eq!(
        metrics,
        [(Metric::Resident, CompareVerdict::Warning), (Metric::Descriptors, CompareVerdict::Ok)],
        "29 descriptors more are told, and no finding"
    );
    assert_eq!(told(&of(387.0, 17.0), &of(430.0, 17.0)).0, CompareVerdict::Ok, "a peak that is kept");
    assert_eq!(told(&of(387.0, 17.0), &of(387.0, 170.0)).0, CompareVerdict::Warning);
    let counted = held(|i| Reading { tasks: Some(100.0 + wave(i)), ..Reading::default() });
    assert_eq!(told(&counted, &of(387.0, 17.0)).0, CompareVerdict::Unknown, "only one side has a count");
}
