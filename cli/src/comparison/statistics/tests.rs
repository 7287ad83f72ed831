use vitals::Gate;

use super::*;
use crate::comparison::{findings, side, verdict};
use crate::recording::Input;
use crate::words;

/// A recording at 5 s: what the count and the load are at each row.
fn recorded(rows: u64, at: impl Fn(u64) -> (u64, Option<u64>)) -> Side {
    let mut text = "ts,elapsed_s,ok,goroutines,in_flight\n".to_owned();
    for i in 0..rows {
        let (count, load) = at(i);
        let (s, load) = (i * 5, load.map(|n| n.to_string()).unwrap_or_default());
        text.push_str(&format!(
            "2026-11-18T{:02}:{:02}:{:02}.000Z,{s},1,{count},{load}\n",
            s / 3600,
            s / 60 % 60,
            s % 60
        ));
    }
    side(&[Input::from_bytes("a.csv".to_owned(), text.into_bytes())], "CURRENT").unwrap()
}

fn wobble(i: u64) -> u64 {
    i * 7919 % 41
}

fn all(baseline: &Side, current: &Side, max_peak: Option<u64>) -> (Verdict, CompareVerdict, String) {
    let gate = Gate::default();
    let rules = Rules { max_peak, gate, ..Rules::default() };
    let statistics = statistics(baseline, current, &rules);
    let others = findings(baseline, current, &rules);
    let own = findings_of(&statistics, baseline, current, &rules, &others);
    let text = own.iter().map(words::finding).collect::<Vec<_>>().join("\n");
    (verdict(&[others, own].concat()), statistics.verdict, text)
}

#[test]
fn too_little_is_unknown_unless_a_gate_decides() {
    let [short, long] = [30, 360].map(|rows| recorded(rows, |i| (800 + wobble(i), None)));
    let (found, _, text) = all(&long, &short, None);
    assert_eq!(found, Verdict::Unknown, "{text}");
    assert!(
        text.contains("current has 1 of the 6 blocks needed, record about ")
            && !text.contains("baseline has"),
        "{text}"
    );
    assert_eq!(all(&long, &short, Some(3000)).0, Verdict::Ok);
    assert_eq!(all(&long, &long, None).0, Verdict::Ok);
    let warm_up = recorded(11, |_| (800, None));
    let (found, _, text) = all(&long, &warm_up, None);
    assert_eq!((found, text.contains("record about 9m more")), (Verdict::Unknown, true), "{text}");
}

#[test]
fn a_gate_that_holds_does_not_hide_a_leak_or_a_load_that_differs() {
    let flat = recorded(360, |i| (800 + wobble(i), Some(100)));
    let leak = recorded(360, |i| (800 + wobble(i) + i / 2, Some(100)));
    let (found, comparison, text) = all(&flat, &leak, Some(3000));
    assert_eq!((found, comparison), (Verdict::Danger, CompareVerdict::Leak), "{text}");
    assert!(text.starts_with("leak: goroutines grow by 3"), "{text}");
    let busier = recorded(360, |i| (1400 + wobble(i), Some(280)));
    let (found, _, text) = all(&flat, &busier, Some(3000));
    assert_eq!(found, Verdict::Unknown, "{text}");
    assert!(
        text.contains("the loads differ by 180 % and what a request costs cannot be determined"),
        "{text}"
    );
}

#[test]
fn higher_at_the_same_load_is_a_regression_and_without_a_load_a_warning() {
    let at = |level: u64, load: Option<u64>| recorded(360, move |i| (level + wobble(i), load));
    let (found, comparison, text) = all(&at(800, Some(100)), &at(1000, Some(100)), None);
    assert_eq!((found, comparison), (Verdict::Danger, CompareVerdict::Regression), "{text}");
    assert!(
        text.starts_with("regression: current's level of goroutines is +200 (") && text.contains("+24."),
        "{text}"
    );
    let (found, _, text) = all(&at(800, None), &at(1000, None), None);
    assert_eq!((found, text.contains("nothing is known of the load")), (Verdict::Warning, true), "{text}");
}
