//! `compare` under three times the load: a healthy target is never accused of what its load explains, and whoever is
//! not explained by it still is. Slopes of weeks, and readings next to their threshold.

use std::fmt::Write as _;
use std::fs;

use super::endpoint::{answering, health, ok};
use super::statistics::{HEALTHY, Shape, write};
use super::{compared, run};

/// 1700 goroutines at the usual load, and 5300 at 3.4 times of it.
const USUAL: Shape = Shape { load: 250.0, ..HEALTHY };
const BUSY: Shape = Shape { seed: 2, load: 850.0, ..HEALTHY };
const OLD: Shape = Shape { tells_load: false, ..USUAL };
const OLD_BUSY: Shape = Shape { tells_load: false, ..BUSY };

#[test]
fn levels_above_a_threshold_in_proportion_to_a_known_load_are_fine() {
    let dir = tempfile::tempdir().unwrap();
    let usual = write(dir.path(), "usual.csv", USUAL);
    for (name, shape) in [
        ("below danger", Shape { load: 750.0, ..BUSY }),
        ("above danger", BUSY),
        ("above severe", Shape { load: 1700.0, ..BUSY }),
    ] {
        let (exit, json, text) = compared(&[&usual, &write(dir.path(), "busy.csv", shape)]);
        assert_eq!((exit, &json["verdict"]), (Some(0), &"ok".into()), "{name}: {text}");
        assert!(text.contains(" times the baseline's load: in proportion"), "{name}: {text}");
        assert!(text.contains("ok: what is above a threshold is in proportion to the load"), "{text}");
        assert!(text.contains("if this load is here to stay, set --warning and --danger"), "{text}");
        assert_eq!((&json["reasons"], &json["exit_code"]), (&serde_json::json!([]), &0.into()));
    }
    let busy = write(dir.path(), "busy.csv", BUSY);
    let (_, json, _) = compared(&[&usual, &busy]);
    let notes = json["notes"].to_string();
    assert!(
        notes.contains("goroutines, above danger 5000, at 3.6 times the baseline's load: in proportion"),
        "{notes}"
    );
    assert!(notes.contains("times the baseline's highest load: in proportion"), "{notes}");
    for (format, said) in [
        ("markdown", "- current's level: 5"),
        ("nagios", "WATERTIGHT OK - "),
        ("nagios", "above danger 5000, at 3.6 times"),
        ("junit", "failures=\"0\""),
    ] {
        let (exit, out, _) = run(&["compare", &usual, &busy, "--format", format]);
        assert!(exit == Some(0) && out.contains(said), "{format}: {out}");
    }
    let (exit, out, _) = run(&["compare", &usual, &busy, "--format", "github"]);
    assert!(exit == Some(0) && !out.contains("::error"), "{out}");
}

#[test]
fn what_the_load_explains_is_fine_however_much_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let [usual, busy] = [("usual.csv", USUAL), ("busy.csv", BUSY)]
        .map(|(name, shape)| write(dir.path(), name, Shape { explains: true, ..shape }));
    let (exit, json, text) = compared(&[&usual, &busy]);
    assert_eq!((exit, &json["verdict"]), (Some(0), &"ok".into()), "{text}");
    assert!(text.contains("current is below every threshold"), "{text}");
    // What it does not explain has no load in it.
    let unexplained = Shape { explains: true, step: (0, 5500.0), ..BUSY };
    let (exit, _, text) = compared(&[&usual, &write(dir.path(), "more.csv", unexplained)]);
    assert!(exit == Some(2) && text.contains("goroutines beyond the explained ones, above 5000"), "{text}");
}

#[test]
fn with_the_old_endpoint_alone_it_cannot_be_told() {
    let dir = tempfile::tempdir().unwrap();
    let usual = write(dir.path(), "usual.csv", OLD);
    for (name, shape) in [
        ("half an hour", OLD_BUSY),
        ("some minutes", Shape { rows: 40, ..OLD_BUSY }),
        ("memory, too", Shape { heap: 6e6, ..OLD_BUSY }),
    ] {
        let usual = match shape.heap > 0.0 {
            true => write(dir.path(), "usual_heap.csv", Shape { heap: 6e6, ..OLD }),
            false => usual.clone(),
        };
        let (exit, json, text) = compared(&[&usual, &write(dir.path(), "busy.csv", shape)]);
        assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()), "{name}: {text}");
        let said = "times the baseline's rate of allocation, which stands for the load: cannot tell load from a leak";
        assert!(text.contains("above danger 5000, at 3.") && text.contains(said), "{name}: {text}");
        assert_eq!(text.contains("of live memory, above danger 4.0 GiB"), shape.heap > 0.0, "{text}");
        assert!(text.contains("compare recordings of the same load"), "{text}");
    }
    // Ten times as many are more than three times the load makes.
    let grown = write(dir.path(), "grown.csv", Shape { step: (0, 12_000.0), ..OLD_BUSY });
    let (exit, _, text) = compared(&[&usual, &grown]);
    assert!(exit == Some(2) && text.contains("above 10000: restart"), "{text}");
    // The same load makes no excuse.
    let same = write(dir.path(), "same.csv", Shape { seed: 3, step: (0, 3800.0), ..OLD });
    let (exit, json, text) = compared(&[&usual, &same]);
    assert_eq!((exit, &json["verdict"]), (Some(2), &"regression".into()), "{text}");
    assert!(text.contains("goroutines, above 5000"), "{text}");
}

#[test]
fn memory_in_proportion_to_the_load_is_fine() {
    let dir = tempfile::tempdir().unwrap();
    let [usual, busy] = [("usual.csv", HEALTHY), ("busy.csv", Shape { seed: 2, load: 300.0, ..HEALTHY })]
        .map(|(name, shape)| write(dir.path(), name, Shape { heap: 15e6, ..shape }));
    let (exit, json, text) = compared(&[&usual, &busy]);
    assert_eq!((exit, &json["verdict"]), (Some(0), &"ok".into()), "{text}");
    let said = "of live memory, above danger 4.0 GiB, at 3.2 times the baseline's load: in proportion";
    assert!(text.contains(said), "{text}");
    // At the same load it is not.
    let full = write(dir.path(), "full.csv", Shape { seed: 3, heap: 45e6, ..HEALTHY });
    let (exit, _, text) = compared(&[&usual, &full]);
    assert!(exit == Some(2) && text.contains("GiB of live memory, above 4.0 GiB"), "{text}");
}

#[test]
fn what_the_operator_set_stands_whatever_the_load_is() {
    let dir = tempfile::tempdir().unwrap();
    let [usual, busy] =
        [("usual.csv", USUAL), ("busy.csv", BUSY)].map(|(n, shape)| write(dir.path(), n, shape));
    for (gate, exit) in [
        (&["--danger", "5000"][..], 2),
        (&["--danger", "5000", "--warning", "2000"], 2),
        (&["--warning", "2000"], 1),
        (&["--max-peak", "3000"], 2),
        (&["--max-growth", "20%"], 2),
        (&["--danger", "8000", "--max-peak", "9000"], 0),
    ] {
        let (found, _, text) = compared(&[&[usual.as_str(), busy.as_str()], gate].concat());
        assert_eq!(found, Some(exit), "{gate:?}: {text}");
    }
    // By the environment is by the operator.
    let out =
        super::watertight(&["compare", &usual, &busy]).env("WATERTIGHT_DANGER", "5000").output().unwrap();
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn what_was_above_before_or_is_out_of_proportion_stays_danger() {
    let dir = tempfile::tempdir().unwrap();
    let usual = write(dir.path(), "usual.csv", USUAL);
    let busy = write(dir.path(), "busy.csv", BUSY);
    let busier = write(dir.path(), "busier.csv", Shape { seed: 5, load: 2500.0, ..HEALTHY });
    let (exit, _, text) = compared(&[&busy, &busier]);
    assert!(exit == Some(2) && text.contains("above 10000: restart"), "{text}");
    // Above the warning threshold before, and above that of danger now.
    let warned = write(dir.path(), "warned.csv", Shape { load: 400.0, ..USUAL });
    let (exit, _, text) = compared(&[&warned, &busy]);
    assert!(exit == Some(1) && text.contains(": in proportion, but above warning 2000 as well"), "{text}");
    for (name, shape) in [
        ("12000 more", Shape { step: (0, 12_000.0), ..BUSY }),
        ("a leak", Shape { leak: 3000.0, ..BUSY }),
        ("as much load", Shape { seed: 4, step: (0, 3800.0), ..USUAL }),
        ("less load", Shape { seed: 4, load: 100.0, step: (0, 5000.0), ..USUAL }),
    ] {
        let (exit, _, text) = compared(&[&usual, &write(dir.path(), "more.csv", shape)]);
        assert_eq!(exit, Some(2), "{name}: {text}");
        assert!(text.contains("danger: current's level:"), "{name}: {text}");
    }
}

/// Too short for statistics, which says so; the thresholds accuse nobody.
#[test]
fn an_address_under_more_load_is_not_accused() {
    let dir = tempfile::tempdir().unwrap();
    let usual = write(dir.path(), "usual.csv", USUAL);
    let at = |goroutines: u64, load: u64, said: &str, expected: i32| {
        let body = health(goroutines);
        let body = format!("{},\"relay\":{{\"in_flight\":{load}}}}}", &body[..body.len() - 1]);
        answering(
            |_, _| ok(body.as_bytes()),
            |url, _| {
                let (exit, out, err) = run(&["compare", &usual, url, "-i", "100ms", "-n", "12"]);
                let text = out.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(exit == Some(expected) && text.contains(said), "{exit:?} {text} {err}");
            },
        );
    };
    at(5300, 850, "5300 goroutines, above danger 5000, at 3.6 times the baseline's load: in proportion", 3);
    at(5300, 250, "danger: current's level: 5300 goroutines, above 5000", 2);
    at(9300, 500, "danger: current's level: 9300 goroutines, above 5000", 2);
}

/// A row an hour for 25 days.
fn weeks(seed: u64, per_day: f64) -> String {
    let mut text = "ts,ok,goroutines,in_flight\n".to_owned();
    for hour in 0..600_u64 {
        let noise = (hour + seed).wrapping_mul(2_654_435_761) >> 16 & 7;
        let count = 800.0 + per_day * hour as f64 / 24.0 + noise as f64;
        let _ = writeln!(text, "2026-11-{:02}T{:02}:00:00Z,1,{count:.0},100", hour / 24 + 1, hour % 24);
    }
    text
}

#[test]
fn a_leak_of_weeks_is_told_by_the_day_and_never_as_0() {
    let dir = tempfile::tempdir().unwrap();
    let paths = [("flat.csv", 1, 0.0), ("slow.csv", 2, 10.0)].map(|(name, seed, per_day)| {
        let path = dir.path().join(name);
        fs::write(&path, weeks(seed, per_day)).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let [flat, slow] = [paths[0].as_str(), paths[1].as_str()];
    let (exit, json, text) = compared(&[flat, slow]);
    assert_eq!((exit, &json["verdict"]), (Some(2), &"leak".into()), "{text}");
    assert!(text.contains("goroutines grow by 10/day, "), "{text}");
    let slope = json["metrics"][0]["current"]["slope_per_h"].as_f64().unwrap();
    assert!((0.40..0.44).contains(&slope) && (slope * 1e3).fract() != 0.0, "{slope}");
    let least = json["metrics"][0]["min_detectable_slope_per_h"].as_f64().unwrap();
    assert!(least > 0.0 && !text.contains(" 0/h") && !text.contains("+0/"), "{least}: {text}");
    for format in ["markdown", "junit", "github", "nagios"] {
        let (_, out, _) = run(&["compare", flat, slow, "--format", format]);
        assert!(out.contains("grow by 10/day"), "{format}: {out}");
    }
    let (_, page, err) = run(&["report", slow, "-o", "-"]);
    assert!(page.contains("grow by 10 per day"), "{err}");
    let (_, days, _) = run(&["compare", flat, slow, "--each"]);
    assert!(days.contains("+10/day"), "{days}");
}

#[test]
fn memory_next_to_its_threshold_shows_that_it_is_above() {
    let body = health(10).replace("\"alloc_mb\":256", "\"alloc_mb\":4097");
    answering(
        |_, _| ok(body.as_bytes()),
        |url, _| {
            let (exit, out, _) = run(&["quick-check", "--api-url", url]);
            assert_eq!(exit, Some(2), "{out}");
            assert!(out.contains("4.001 GiB of live memory, above 4.000 GiB"), "{out}");
            let (_, out, _) = run(&["quick-check", "--api-url", url, "--expect", "alloc_bytes<4GiB"]);
            let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("expected alloc_bytes<4GiB, it is 4.001 GiB"), "{out}");
        },
    );
}
