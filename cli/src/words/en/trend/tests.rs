use vitals::Sample;
use vitals::trend::{Rules, Series, trend as judged};

use super::*;

/// The words for this many samples, 5 s apart.
fn told(samples: u32, metric: Metric, of: impl Fn(u32) -> Sample) -> String {
    let mut series = Series::default();
    (0..samples).for_each(|n| series.push_sample(f64::from(n) * 5.0, &of(n)));
    trend(&judged(&series, metric, &Rules::default()))
}

fn tasks(count: u32) -> Sample {
    Sample { goroutines: Some(count.into()), in_flight: Some(100), ..Sample::default() }
}

#[test]
fn a_line_for_every_course() {
    let growing = told(720, Metric::Tasks, |n| tasks(800 + n));
    assert_eq!(
        growing,
        "growing by 720 per hour (720 to 720) over 59m; danger in more than 3h56m at this rate; the load did not move"
    );
    let soon = told(720, Metric::Tasks, |n| tasks(4000 + n + n * 7919 % 31));
    assert!(soon.contains("; danger in ") && !soon.contains("more than"), "{soon}");
    let there = told(720, Metric::Tasks, |n| tasks(4500 + n + n * 7919 % 31));
    assert!(there.contains("; above danger already;"), "{there}");
    let nearly = told(720, Metric::Tasks, |n| tasks(4275 + n));
    assert!(nearly.contains("; danger within a minute at this rate;"), "{nearly}");
    let unknown = told(720, Metric::Tasks, |n| Sample { in_flight: None, ..tasks(800 + n) });
    assert!(unknown.ends_with("; the load may be the cause"), "{unknown}");
    let stable = told(720, Metric::Tasks, |n| tasks(800 + n * 7919 % 31));
    assert!(
        stable.starts_with("not growing over 59m; ")
            && stable.ends_with("/h is the smallest slope that this watch can show"),
        "{stable}"
    );
    let step = told(720, Metric::Tasks, |n| tasks(if n < 360 { 800 } else { 1400 }));
    assert_eq!(step, "one step from 800 to 1400, level before and after, over 59m: no leak");
    let short = told(60, Metric::Tasks, |_| tasks(800));
    assert_eq!(short, "warming up 4/8 blocks: 4m more");
    assert_eq!(told(720, Metric::Heap, |_| tasks(800)), "not reported");
}

#[test]
fn a_rise_that_is_over_says_until_when() {
    let of = |n: u32, leak: f64| {
        let minutes = f64::from(n) / 12.0;
        let level = 800.0 - 350.0 * (-minutes / 4.0).exp() + leak * minutes;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let level = level as u32;
        tasks(level + n * 7919 % 31)
    };
    let level = told(360, Metric::Tasks, |n| of(n, 0.0));
    assert!(
        level.starts_with("rose until 00:1")
            && level.contains(", level since; ")
            && level.contains("is the smallest slope"),
        "{level}"
    );
    let leaks = told(360, Metric::Tasks, |n| of(n, 12.0));
    assert!(leaks.starts_with("rose until 00:1") && leaks.contains(", growing by "), "{leaks}");
}

/// That something goes unseen is no comfort while the count rises, whether or not two looks agree yet.
#[test]
fn a_rise_that_does_not_count_yet_is_told_by_its_rate() {
    let mut live = vitals::trend::Live::new(Rules::default());
    let mut texts = Vec::new();
    // Few blocks of which some are out of order stand out by less than an early look asks for.
    for n in 0..360_u32 {
        let bump = if n % 24 < 12 { 40 } else { 0 };
        let count = tasks(800 + n * 2 + n * 7919 % 97 + bump);
        let of_a_day = Sample { uptime_s: Some(86_400 + 5 * u64::from(n)), ..count };
        if live.push_sample(f64::from(n) * 5.0, &of_a_day) {
            texts.extend(live.trend(Metric::Tasks).map(|trend| (super::trend(trend), trend_in_short(trend))));
        }
    }
    let told: Vec<_> = texts.iter().filter(|(text, _)| !text.starts_with("warming up")).collect();
    assert!(told.iter().all(|(text, _)| !text.contains("unseen")), "{told:?}");
    assert!(told[0].0.starts_with("rising by 1,4") && told[0].0.ends_with("chance so far"), "{told:?}");
    assert!(told[0].1.starts_with("rising 1,4") && told[0].1.ends_with("/h?"), "{told:?}");
    let early = told.iter().find(|(text, _)| text.contains("a leak from a warm-up: 1")).unwrap();
    assert!(early.0.starts_with("rising by 1,4") && early.1.ends_with("/h: leak or warm-up?"), "{told:?}");
    let last = told.last().unwrap();
    assert!(last.0.starts_with("growing by 1,4") && last.1.contains("/h; danger in "), "{told:?}");
}

#[test]
fn how_soon_there_must_be_a_restart() {
    let growing = |level: u32| {
        let mut series = Series::default();
        let noisy = |n: u32| tasks(level + n + n * 7919 % 31);
        (0..720).for_each(|n| series.push_sample(f64::from(n) * 5.0, &noisy(n)));
        judged(&series, Metric::Tasks, &Rules::default())
    };
    let soon = restart(Some(&growing(4000)));
    assert!(
        soon.starts_with("plan a restart within 2") && soon.ends_with("m, before it is danger"),
        "{soon}"
    );
    assert_eq!(restart(Some(&growing(6000))), "restart it as soon as you can: it is in danger");
    let far = [restart(Some(&growing(800))), restart(None)];
    assert_eq!(far, ["plan a restart before it is danger"; 2]);
}

#[test]
fn amounts_and_times() {
    assert_eq!((amount(Metric::Tasks, -0.2), amount(Metric::Heap, -3e6)), ("0".into(), "-2.9 MiB".into()));
    assert_eq!([0.0, 59.2, 61.0, 95.0, 5400.0].map(time), ["0ms", "1m", "1m", "2m", "1h30m"]);
}
