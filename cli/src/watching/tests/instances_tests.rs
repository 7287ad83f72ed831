use super::*;

#[test]
fn each_instance_is_judged_by_itself_and_the_worst_decides() {
    let of = |n: u32| {
        let leaks = if n.is_multiple_of(2) { 0.0 } else { f64::from(n) * 1.5 };
        let start_time = Some(1_794_000_000 + u64::from(n % 2) * 100);
        Sample { start_time, ..tasks(300.0 + f64::from(n % 2) * 500.0 + leaks + noise(n / 2), Some(100)) }
    };
    let (watching, turned) = trending(30, Asked::default(), of);
    let conclusion = watching.conclusion();
    assert_eq!((conclusion.verdict, watching.summary.restarts), (Verdict::Danger, 0), "{turned:?}");
    let said: Vec<_> = conclusion.findings.iter().map(|seen| words::finding(&seen.finding)).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    let start = "instance 2 of 2 (started 2026-11-06 21:21:40 UTC): leak: goroutines grow by 1,0";
    assert!(said[0].starts_with(start), "{said:?}");
}

#[test]
fn rows_that_name_their_instance_are_no_restarts() {
    let of = |name: &str, start: u64| {
        let sample = Sample { goroutines: Some(300), start_time: Some(start), ..Sample::default() };
        let reading = Reading::of(sample, Duration::ZERO);
        Ok(Reading { instance: Some(name.to_owned()), ..reading })
    };
    let seen = watched(None, &[of("a:80", 1), of("b:80", 2), of("a:80", 1), of("b:80", 2), of("b:80", 3)]);
    assert_eq!((seen.summary.restarts, seen.several().len()), (1, 2));
}
