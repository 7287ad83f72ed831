use super::*;
use crate::args::{self, Command};

const HEADER: &str = "ts,ok,error,goroutines,in_flight,start_time\n";

/// A row every ten seconds, and another process every so many rows.
fn recording(name: &str, rows: u32, life: u32) -> Input {
    let row = |n: u32| {
        let at = Timestamp::from_second(1_795_000_000 + i64::from(n) * 10).unwrap();
        format!("{at},1,,{},50,{}\n", 300 + n * 7919 % 31, 1_795_000_000 + n / life * life * 10)
    };
    Input::from_bytes(name.to_owned(), format!("{HEADER}{}", (0..rows).map(row).collect::<String>()).into())
}

/// The text and the JSON of a comparison with an hour of one process.
fn said(flags: &str, current: Input) -> (String, serde_json::Value) {
    let line = format!("watertight compare a.csv b.csv {flags}");
    let Command::Compare(args) = args::parse(line.split_whitespace().map(Into::into)).unwrap().command else {
        panic!("{line}")
    };
    let baseline = [recording("a.csv", 360, 360)];
    let baselines = comparison::sides(&baseline, BASELINE, Use::Baseline).unwrap();
    let currents = comparison::sides(&[current], CURRENT, Use::Current).unwrap();
    let pair = pairs(baselines, currents).remove(0);
    let at = (Timestamp::from_second(1_795_000_000).unwrap(), Instant::now());
    let compared = compared(&args, rules(&args).unwrap(), pair, at);
    let sheet = compared.sheet();
    (text(&sheet, &Styles::default(), 400), serde_json::from_str(&json(&sheet)).unwrap())
}

#[test]
fn nobody_is_asked_to_record_a_crash_loop_for_longer() {
    for flags in ["", "--max-growth 20%", "--max-restarts 1"] {
        let (text, json) = said(flags, recording("b.csv", 45, 10));
        assert!(text.starts_with("DANGER") && text.contains("danger: crash loop: 4 restarts"), "{text}");
        assert!(!text.contains(" more") && !text.contains("too short to tell"), "{flags}: {text}");
        assert_eq!(json["exit_code"], 2, "{json}");
    }
}

#[test]
fn lives_that_were_judged_are_not_mixed() {
    let (text, json) = said("", recording("b.csv", 360, 180));
    assert!(text.contains("current's target restarted 1 time, at 11:36:40\n"), "{text}");
    assert!(!text.contains("different processes"), "{text}");
    let lives = &json["current"]["lives"];
    let first = serde_json::json!({
        "from": "2026-11-18T11:06:40.000Z", "to": "2026-11-18T11:36:30.000Z", "judged": true, "verdict": "ok",
        "metric": "goroutines", "trend": "stable", "slope_per_h": lives[0]["slope_per_h"],
        "alloc_trend": null, "alloc_slope_per_h": null,
    });
    assert_eq!((&lives[0], lives.as_array().unwrap().len()), (&first, 2), "{json}");
    assert!(lives[0]["slope_per_h"].is_number());
    let none = serde_json::json!([]);
    assert_eq!([&json["current"]["instances"], &json["baseline"]["lives"]], [&none; 2]);
    let (text, _) = said("", recording("b.csv", 100, 40));
    assert!(text.contains("its start and its end are of different processes"), "no life is long: {text}");
}

#[test]
fn a_gate_of_restarts_holds_or_fails() {
    let (text, json) = said("--max-restarts 1", recording("b.csv", 360, 180));
    assert!(text.contains("the target restarted 1 time, and --max-restarts allows 1"), "{text}");
    assert!(!text.contains("no gate was asked for"), "{text}");
    assert_eq!((&json["exit_code"], &json["gates"][0]["check"]), (&0.into(), &"max-restarts".into()));
    let (text, json) = said("--max-restarts 0", recording("b.csv", 360, 180));
    assert!(text.contains("danger: the target restarted 1 time, and --max-restarts 0 allows none"), "{text}");
    assert_eq!(json["exit_code"], 2);
}
