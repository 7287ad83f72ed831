use super::*;
use crate::comparison::{findings, side, statistics};
use crate::recording::Input;
use crate::words;

/// Two minutes at 5 s of this many goroutines, with one sample of a burst, at so much load: in flight, as requests a
/// second, or as MiB allocated a second.
fn recorded(count: u64, burst: u64, [in_flight, requests, mib]: [Option<u64>; 3]) -> Side {
    let mut text = "ts,elapsed_s,ok,goroutines,in_flight,requests_total,total_alloc_bytes\n".to_owned();
    let cell = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    for i in 0..25_u64 {
        let (s, count) = (i * 5, if i == 12 { burst } else { count });
        let total = |rate: Option<u64>, unit: u64| cell(rate.map(|rate| (1 + rate * s) * unit));
        text.push_str(&format!(
            "2026-11-18T10:{:02}:{:02}Z,{s}.000,1,{count},{},{},{}\n",
            s / 60,
            s % 60,
            cell(in_flight),
            total(requests, 1),
            total(mib, 1 << 20),
        ));
    }
    side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "CURRENT").unwrap()
}

/// Level and peak: each verdict, and what is said.
fn weighed(baseline: &Side, current: &Side, own: Own) -> [(Verdict, String); 2] {
    let rules = Rules::default();
    let mut findings = findings(baseline, current, &rules);
    weigh(&mut findings, [baseline, current], &statistics(baseline, current, &rules), &rules, own);
    [Check::Level, Check::Peak].map(|check| {
        let found = findings.iter().find(|finding| finding.check == check).unwrap();
        assert_eq!(found.is_carried_by_load(), found.verdict == Verdict::Ok && found.value > found.threshold);
        (found.verdict, words::finding(found))
    })
}

const IN_FLIGHT: [Option<u64>; 3] = [Some(100), None, None];
const BUSIER: [Option<u64>; 3] = [Some(310), None, None];

fn verdicts(before: u64, loads: [[Option<u64>; 3]; 2], now: u64) -> [Verdict; 2] {
    let [usual, busier] = loads;
    let found = weighed(&recorded(before, before, usual), &recorded(now, now, busier), Own::default());
    found.map(|(verdict, _)| verdict)
}

#[test]
fn a_known_load_carries_what_is_in_proportion() {
    let both = |verdict| [verdict; 2];
    let known = [IN_FLIGHT, BUSIER];
    assert_eq!(verdicts(1700, known, 5200), both(Verdict::Ok));
    assert_eq!(verdicts(1700, known, 5900), [Verdict::Danger, Verdict::Unknown], "3.5 times as many");
    assert_eq!(verdicts(1700, known, 12_000), both(Verdict::Danger), "7 times as many");
    assert_eq!(verdicts(1700, [IN_FLIGHT; 2], 5200), both(Verdict::Danger), "the same load");
    assert_eq!(verdicts(1700, [BUSIER, IN_FLIGHT], 5200), both(Verdict::Danger), "less load");
    assert_eq!(verdicts(5100, known, 9000), both(Verdict::Danger), "above it before");
    assert_eq!(verdicts(2100, known, 5200), [Verdict::Warning, Verdict::Ok]);
    assert_eq!(verdicts(1500, known, 4000), both(Verdict::Ok), "above the warning threshold only");
}

#[test]
fn what_stands_for_the_load_leaves_it_open() {
    let both = |verdict| [verdict; 2];
    let requests = [10, 31].map(|n| [None, Some(n), Some(4)]);
    let allocation = [10, 31].map(|n| [None, None, Some(n)]);
    for loads in [requests, allocation] {
        assert_eq!(verdicts(1700, loads, 5200), both(Verdict::Unknown));
        // Requests may take longer under more load.
        assert_eq!(verdicts(1700, loads, 8000), both(Verdict::Unknown));
        assert_eq!(verdicts(1700, loads, 20_000), both(Verdict::Danger));
        assert_eq!(verdicts(1700, [loads[0]; 2], 5200), both(Verdict::Danger));
    }
    assert_eq!(verdicts(1700, [[None; 3]; 2], 5200), both(Verdict::Danger), "nothing is known");
    assert_eq!(verdicts(1700, [IN_FLIGHT, allocation[1]], 5200), both(Verdict::Danger), "not of both");
    let [(_, level), (_, peak)] =
        weighed(&recorded(1700, 1700, requests[0]), &recorded(5200, 5200, requests[1]), Own::default());
    let said = "rate of requests, which stands for the load: cannot tell load from a leak";
    assert_eq!(
        level,
        format!("current's level: 5200 goroutines, above danger 5000, at 3.1 times the baseline's {said}")
    );
    assert!(
        peak.contains("at 2026-11-18 10:00:00 UTC, above danger 5000, at 3.1 times the baseline's highest "),
        "{peak}"
    );
}

#[test]
fn a_burst_is_no_leak_and_no_all_clear() {
    let usual = recorded(1500, 1600, IN_FLIGHT);
    for (burst, verdict) in [(5400, Verdict::Ok), (9000, Verdict::Unknown), (30_000, Verdict::Danger)] {
        let [_, (found, text)] = weighed(&usual, &recorded(4000, burst, BUSIER), Own::default());
        assert_eq!(found, verdict, "{text}");
        assert_eq!(
            text.ends_with(": more than in proportion, as in a burst, or in a leak"),
            verdict == Verdict::Unknown
        );
    }
}

#[test]
fn the_operators_own_thresholds_stand() {
    let (usual, busier) = (recorded(1700, 1700, IN_FLIGHT), recorded(5200, 5200, BUSIER));
    let found = |own| weighed(&usual, &busier, own).map(|(verdict, _)| verdict);
    assert_eq!(found(Own { warning: false, danger: true }), [Verdict::Danger; 2]);
    assert_eq!(found(Own { warning: true, danger: false }), [Verdict::Warning, Verdict::Ok]);
    let [(_, text), _] = weighed(&usual, &busier, Own { warning: true, danger: false });
    assert!(text.ends_with("above danger 5000, at 3.1 times the baseline's load: in proportion, but above warning 2000 as well"), "{text}");
}
