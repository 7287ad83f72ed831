//! `compare` of more than two: which day changed. Recordings of some hours a day at 30 s, from a generator that always
//! gives the same.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::{compared, finished, run, watertight};

/// What a day is like: its level, and its growth an hour.
type Day = (f64, f64);

const ROWS: u32 = 720;
const HEADER: &str = "ts,elapsed_s,ok,goroutines,alloc_bytes,in_flight,explained\n";

/// Numbers that look random (splitmix64), from -1 to 1.
fn noise(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// The rows of one day of November, from six o'clock.
fn rows(date: u32, (level, growth): Day, rows: u32) -> String {
    let (mut state, mut own) = (u64::from(date), 0.0);
    let mut text = String::new();
    for i in 0..rows {
        own = 0.8 * own + 15.0 * noise(&mut state);
        let load = 50.0 + (noise(&mut state) * 10.0).round();
        let s = i * 30;
        let count = level + own + growth * f64::from(s) / 3600.0 + 2.0 * load;
        let (h, m, elapsed) = (6 + s / 3600, s / 60 % 60, date * 86_400 + s);
        let _ = writeln!(
            text,
            "2026-11-{date:02}T{h:02}:{m:02}:{:02}.000Z,{elapsed}.000,1,{count:.0},209715200,{load:.0},{:.0}",
            s % 60,
            2.0 * load,
        );
    }
    text
}

/// One recording of days that begin on the 16th.
fn week(dir: &Path, name: &str, days: &[Day]) -> String {
    let all: String = (16..).zip(days).map(|(date, day)| rows(date, *day, ROWS)).collect();
    save(dir, name, &format!("{HEADER}{all}"))
}

fn save(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn changes(json: &Value) -> Vec<&str> {
    json["days"].as_array().unwrap().iter().map(|day| day["change"].as_str().unwrap()).collect()
}

const CALM: Day = (800.0, 0.0);
const HIGH: Day = (1100.0, 0.0);
const LEAK: Day = (800.0, 90.0);

#[test]
fn a_step_on_the_third_day() {
    let dir = tempfile::tempdir().unwrap();
    let path = week(dir.path(), "week.csv", &[CALM, CALM, HIGH, HIGH, HIGH]);
    let (exit, json, text) = compared(&[&path, "--days"]);
    assert_eq!((exit, &json["verdict"]), (Some(2), &"regression".into()), "{text}");
    assert_eq!(changes(&json), ["first", "same", "higher", "same", "same"], "{text}");
    assert_eq!((&json["changed"], &json["series"]), (&serde_json::json!(["2026-11-18"]), &"days".into()));
    assert_eq!(json["days"][2]["against"], serde_json::json!(["2026-11-16", "2026-11-17"]));
    assert_eq!(json["days"][4]["against"], serde_json::json!(["2026-11-18", "2026-11-19"]));
    let beyond = &json["days"][2]["metrics"][1];
    assert_eq!((&beyond["name"], &beyond["n"]), (&"unexplained".into(), &ROWS.into()));
    for key in ["median", "p95", "max", "slope_per_h", "shift", "p_adjusted"] {
        assert!(beyond[key].is_number(), "{key}: {beyond}");
    }
    let shift = beyond["shift"].as_f64().unwrap();
    assert!((285.0..315.0).contains(&shift), "{shift}");
    assert!(text.starts_with("DANGER 5 days, 2026-11-16 to 2026-11-20: 2026-11-18 is higher "), "{text}");
    assert!(text.contains("above that of 2026-11-16 to 2026-11-17, +3"), "{text}");
    assert_eq!(compared(&[&path, "--days", "--fail-on", "never"]).0, Some(0));
}

#[test]
fn a_leak_on_the_second_day_and_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = week(dir.path(), "leak.csv", &[CALM, LEAK, CALM, CALM]);
    let (exit, json, text) = compared(&[&path, "--days"]);
    assert_eq!((exit, &json["verdict"]), (Some(2), &"leak".into()), "{text}");
    assert_eq!(changes(&json), ["first", "growing", "same", "same"], "{text}");
    assert_eq!(json["days"][2]["against"], serde_json::json!(["2026-11-16"]), "a leak is no reference");
    let slope = json["days"][1]["metrics"][1]["slope_per_h"].as_f64().unwrap();
    assert!((80.0..100.0).contains(&slope), "{slope}");
    assert!(text.contains("danger: leak: goroutines beyond the explained ones grow by "), "{text}");
    assert_eq!(json["reasons"][0]["day"], "2026-11-17");

    let calm = week(dir.path(), "calm.csv", &[CALM; 5]);
    let (exit, json, text) = compared(&[&calm, "--days", "--max-growth", "20%", "--max-peak", "3000"]);
    assert_eq!((exit, &json["verdict"], &json["changed"]), (Some(0), &"ok".into(), &serde_json::json!([])));
    assert!(text.contains("none changed") && text.contains("every gate holds for every day"), "{text}");
    // 5 peaks, 5 last fifths, 4 levels.
    assert_eq!(json["gates"].as_array().unwrap().len(), 14);
    let (exit, json, _) = compared(&[&calm, "--days", "--max-peak", "500"]);
    assert_eq!((exit, json["reasons"].as_array().unwrap().len()), (Some(2), 5));
}

#[test]
fn each_file_is_a_column_in_order_of_time() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<String> = [(16, CALM), (17, CALM), (18, HIGH)]
        .map(|(date, day)| {
            save(dir.path(), &format!("d{date}.csv"), &format!("{HEADER}{}", rows(date, day, ROWS)))
        })
        .into();
    let three = compared(&[&files[2], &files[0], &files[1]]);
    let glob = dir.path().join("d*.csv");
    let globbed = compared(&[glob.to_str().unwrap(), "--each"]);
    for (exit, json, text) in [three, globbed] {
        assert_eq!((exit, changes(&json)), (Some(2), vec!["first", "same", "higher"]), "{text}");
        assert_eq!((&json["series"], &json["changed"][0]), (&"recordings".into(), &"d18.csv".into()));
    }
    // Two are a comparison of two as ever, and as columns if that is asked for.
    assert!(compared(&[&files[0], &files[1]]).1["baseline"].is_object());
    assert_eq!(changes(&compared(&["--each", &files[0], &files[1]]).1), ["first", "same"]);
    // All files together, cut at midnight, and compressed.
    for file in &files {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&fs::read(file).unwrap()).unwrap();
        fs::write(format!("{file}.gz"), encoder.finish().unwrap()).unwrap();
    }
    let packed = format!("{}.gz", glob.to_str().unwrap());
    let (exit, json, text) = compared(&[&packed, "--days"]);
    assert_eq!((exit, changes(&json)), (Some(2), vec!["first", "same", "higher"]), "{text}");
    let whole = fs::read(format!("{}.gz", files[1])).unwrap();
    fs::write(format!("{}.gz", files[1]), &whole[..whole.len() / 2]).unwrap();
    let (exit, out, err) = run(&["compare", &files[0], &format!("{}.gz", files[1])]);
    assert_eq!((exit, out.as_str()), (Some(64), ""));
    assert!(err.contains("d17.csv.gz: its gzip data breaks off"), "{err}");
    let page = dir.path().join("page.html");
    let report = |file: &str| run(&["report", file, "-o", page.to_str().unwrap()]);
    assert_eq!(report(&format!("{}.gz", files[0])).0, Some(0));
    let (exit, _, err) = report(&format!("{}.gz", files[1]));
    assert_eq!((exit, err.contains("its gzip data breaks off")), (Some(64), true), "{err}");
}

#[test]
fn parts_of_days_at_the_edges_are_excused_and_others_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let days = |lengths: [u32; 4]| -> String {
        (16..).zip(lengths).map(|(date, length)| rows(date, CALM, length)).collect()
    };
    let edges = save(dir.path(), "edges.csv", &format!("{HEADER}{}", days([5, ROWS, ROWS, 12])));
    let (exit, json, text) = compared(&[&edges, "--days"]);
    assert_eq!((exit, changes(&json)), (Some(0), vec!["unknown", "first", "same", "unknown"]), "{text}");
    assert!(text.contains("2026-11-16, 2026-11-19, for a like reason; 2026-11-16: too little for"), "{text}");
    let hole = save(dir.path(), "hole.csv", &format!("{HEADER}{}", days([ROWS, ROWS, 12, ROWS])));
    let (exit, json, text) = compared(&[&hole, "--days"]);
    assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()), "{text}");
    assert_eq!(compared(&[&hole, "--days", "--max-peak", "3000"]).0, Some(0), "a gate decides");
    let one = save(dir.path(), "one.csv", &format!("{HEADER}{}", rows(16, CALM, ROWS)));
    let (exit, _, text) = compared(&[&one, "--days"]);
    assert_eq!((exit, text.contains("there is only one day")), (Some(3), true), "{text}");
    // A peak is a peak, however short the day is.
    let late = rows(18, (6000.0, 0.0), 12);
    let peak = save(dir.path(), "peak.csv", &format!("{HEADER}{}{late}", days([ROWS, ROWS, 0, 0])));
    assert_eq!(compared(&[&peak, "--days"]).0, Some(2));
}

/// The first so many rows of a day at one level, the others at another.
fn turned(date: u32, at: usize, before: Day, after: Day) -> String {
    let [before, after] = [before, after].map(|day| rows(date, day, ROWS));
    before.lines().take(at).chain(after.lines().skip(at)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_level_changes_in_the_middle_of_the_fourth_day() {
    let dir = tempfile::tempdir().unwrap();
    for (at, time) in [(288, "08:2"), (360, "09:0"), (540, "10:3")] {
        let days = [
            rows(16, CALM, ROWS),
            rows(17, CALM, ROWS),
            rows(18, CALM, ROWS),
            turned(19, at, CALM, HIGH),
            rows(20, HIGH, ROWS),
            rows(21, HIGH, ROWS),
        ];
        let path = save(dir.path(), "noon.csv", &format!("{HEADER}{}", days.concat()));
        let (exit, json, text) = compared(&[&path, "--days"]);
        assert_eq!((exit, &json["verdict"]), (Some(2), &"regression".into()), "{text}");
        assert_eq!(changes(&json), ["first", "same", "same", "higher", "same", "same"], "{text}");
        let changed_at = json["days"][3]["changed_at"].as_str().unwrap();
        assert!(changed_at.starts_with(&format!("2026-11-19T{time}")), "{changed_at}");
        assert_eq!(json["days"][5]["against"], serde_json::json!(["2026-11-19", "2026-11-20"]));
        let said = format!("2026-11-19 is higher since about {time}");
        assert!(text.contains(&said) && text.contains("2026-11-18 and the time before, "), "{text}");
        assert_eq!(json["reasons"].as_array().unwrap().len(), 1, "no other day: {text}");
    }
}

#[test]
fn a_drift_of_two_per_cent_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let levels: Vec<Day> = (0..8).map(|day| (800.0 + 16.0 * f64::from(day), 0.0)).collect();
    let path = week(dir.path(), "drift.csv", &levels);
    let (exit, json, text) = compared(&[&path, "--days"]);
    assert_eq!((exit, &json["verdict"]), (Some(2), &"regression".into()), "{text}");
    assert_eq!(json["changed"], serde_json::json!([]), "no day by itself");
    let drift = &json["drift"][0];
    assert_eq!((&drift["name"], &drift["course"]), (&"unexplained".into(), &"growing".into()), "{drift}");
    assert_eq!((&drift["from"], &drift["to"]), (&"2026-11-16".into(), &"2026-11-23".into()));
    assert_eq!((&drift["n"], &drift["verdict"]), (&8.into(), &"danger".into()));
    let slope = drift["slope_per_day"].as_f64().unwrap();
    assert!((14.5..17.5).contains(&slope), "{slope}");
    assert_eq!(json["drift"][1]["course"], "stable", "memory");
    assert!(text.starts_with("DANGER 8 days, 2026-11-16 to 2026-11-23: goroutines drift by +1"), "{text}");
    assert!(
        text.contains("beyond the explained ones rise bit by bit from 2026-11-16 to 2026-11-23"),
        "{text}"
    );
    let format = |format: &str| run(&["compare", &path, "--days", "--format", format]);
    let (exit, junit, _) = format("junit");
    assert_eq!((exit, junit.matches("<failure ").count()), (Some(2), 1), "{junit}");
    assert!(junit.contains("name=\"drift of goroutines\" time=\"0\"><failure "), "{junit}");
    let (_, markdown, _) = format("markdown");
    assert!(
        markdown.contains("- **danger**: drift: goroutines beyond the explained ones rise"),
        "{markdown}"
    );
    assert!(format("github").1.starts_with("::error title=watertight compare%3A drift of goroutines::"));

    // With nothing known of the load, it may only be busier from day to day.
    let unknown: String = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| line.rsplitn(3, ',').last().unwrap().to_owned() + "\n")
        .collect();
    let unknown = save(dir.path(), "unknown.csv", &unknown);
    let (exit, json, text) = compared(&[&unknown, "--days"]);
    assert_eq!((exit, &json["verdict"]), (Some(1), &"warning".into()), "{text}");
    assert!(text.contains("warning: drift: goroutines rise bit by bit") && text.contains("only be busier"));
    // A step, or days that go up and down, are none.
    for (levels, exit) in [([0, 0, 0, 0, 300, 300, 300, 300], 2), ([0, 60, 0, 60, 60, 0, 60, 0], 0)] {
        let levels = levels.map(|more| (800.0 + f64::from(more), 0.0));
        let found = compared(&[&week(dir.path(), "other.csv", &levels), "--days"]);
        assert_eq!(
            (found.0, &found.1["drift"][0]["course"] == "growing"),
            (Some(exit), false),
            "{}",
            found.2
        );
    }
}

#[test]
fn what_was_not_recorded_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let day = |date| rows(date, CALM, ROWS);
    let days = [16, 17, 20, 21].map(day).concat();
    let path = save(dir.path(), "gone.csv", &format!("{HEADER}{days}"));
    let (exit, json, text) = compared(&[&path, "--days"]);
    assert_eq!((exit, &json["verdict"]), (Some(3), &"unknown".into()), "{text}");
    let gone = json["missing"].as_array().unwrap().iter().find(|hole| hole["days"][0].is_string()).unwrap();
    assert_eq!(gone["days"], serde_json::json!(["2026-11-18", "2026-11-19"]));
    assert_eq!(
        (&gone["from"], &gone["to"]),
        (&"2026-11-17T11:59:30.000Z".into(), &"2026-11-20T06:00:00.000Z".into())
    );
    assert!(text.starts_with("UNKNOWN 4 days, 2026-11-16 to 2026-11-21, 2 missing: none changed"), "{text}");
    assert!(
        text.contains("unknown: 2026-11-18 and 2026-11-19 are missing: there is no row between "),
        "{text}"
    );
    let (_, markdown, _) = run(&["compare", &path, "--days", "--format", "markdown"]);
    assert!(markdown.contains("- **unknown**: 2026-11-18 and 2026-11-19 are missing"), "{markdown}");
    let (_, junit, _) = run(&["compare", &path, "--days", "--format", "junit"]);
    assert!(junit.contains("name=\"missing days\" time=\"0\"><skipped "), "{junit}");
    let (exit, _, text) = compared(&[&path, "--days", "--max-peak", "3000"]);
    assert_eq!(exit, Some(0), "a gate decides: {text}");
    assert!(text.contains("nothing was recorded from 2026-11-17 11:59 to 2026-11-20 06:00"), "{text}");
    // Files may be named in any order.
    let parts = [(0, [16, 17]), (1, [20, 21]), (2, [18, 19])].map(|(n, dates)| {
        save(dir.path(), &format!("p{n}.csv"), &format!("{HEADER}{}", dates.map(day).concat()))
    });
    let (exit, _, text) = compared(&["--days", &parts[0], &parts[1], &parts[2]]);
    assert_eq!((exit, text.contains("missing")), (Some(0), false), "{text}");

    // Hours without a row are said, and the day is judged by what there is.
    let hole: String = day(17)
        .lines()
        .enumerate()
        .filter(|(i, _)| !(240..480).contains(i))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    let hole = save(dir.path(), "hole.csv", &format!("{HEADER}{}{hole}{}", day(16), day(18)));
    let (exit, json, text) = compared(&[&hole, "--days"]);
    assert_eq!((exit, changes(&json)), (Some(0), vec!["first", "same", "same"]), "{text}");
    assert!(text.contains("nothing was recorded from 2026-11-17 07:59 to 10:00 (2h)"), "{text}");
    assert_eq!(
        (&json["missing"][1]["days"], &json["missing"][1]["recording"]),
        (&serde_json::json!([]), &Value::Null)
    );
    let (_, json, text) = compared(&["--each", &hole, &parts[1]]);
    assert_eq!(json["missing"][1]["recording"], "hole.csv", "{text}");
    assert!(text.contains("hole.csv: nothing was recorded from 2026-11-17 07:59 to 10:00"), "{text}");
}

#[test]
fn recordings_are_not_called_days_and_a_reason_is_given_once() {
    let dir = tempfile::tempdir().unwrap();
    // What a request costs cannot be told from a load that never moves.
    let smooth = |date: u32, load: u32| -> String {
        let line = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            format!("{},{load},\n", fields[..5].join(","))
        };
        rows(date, (f64::from(600 + 4 * load), 0.0), ROWS).lines().map(line).collect()
    };
    let files: Vec<String> = [(16, 50), (17, 50), (18, 180), (19, 190), (20, 200)]
        .map(|(date, load)| {
            save(dir.path(), &format!("v{date}.csv"), &format!("{HEADER}{}", smooth(date, load)))
        })
        .into();
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let (exit, json, text) = compared(&[&["--each"][..], &names].concat());
    assert_eq!(
        (exit, changes(&json)),
        (Some(3), vec!["first", "same", "unknown", "unknown", "unknown"]),
        "{text}"
    );
    assert!(text.contains("v18.csv to v20.csv cannot be told"), "{text}");
    assert_eq!(text.matches("cannot tell of goroutines").count(), 1, "{text}");
    assert!(text.contains("v18.csv to v20.csv, for a like reason; v18.csv: cannot tell of goroutines: the loads differ by 260 %"), "{text}");
    assert!(
        !text.contains(" day")
            && text.contains("advice compare recordings of the same load, or of a load that changes"),
        "{text}"
    );
    assert_eq!(json["reasons"].as_array().unwrap().len(), 3, "programs get all of them");
    let (exit, _, text) = compared(&["--each", names[0], names[1]]);
    assert_eq!((exit, text.contains("ok: no recording is above a threshold")), (Some(0), true), "{text}");
}

#[test]
fn formats_for_machines() {
    let dir = tempfile::tempdir().unwrap();
    for (name, date, day) in [("a&<b>,c:d|e%.csv", 16, CALM), ("f.csv", 17, CALM), ("g|h_*.csv", 18, HIGH)] {
        save(dir.path(), name, &format!("{HEADER}{}", rows(date, day, ROWS)));
    }
    let glob = dir.path().join("*.csv");
    let format = |format: &str| {
        let summary = dir.path().join("summary.md");
        let _ = fs::remove_file(&summary);
        let mut command = watertight(&["compare", "--each", glob.to_str().unwrap(), "--format", format]);
        let (exit, out, err) = finished(command.env("GITHUB_STEP_SUMMARY", &summary).output().unwrap());
        assert_eq!((exit, err.as_str()), (Some(2), ""), "{out}");
        (out, fs::read_to_string(&summary).unwrap_or_default())
    };
    let (junit, _) = format("junit");
    assert!(
        junit.contains("errors=\"0\" skipped=\"0\"") && junit.matches("<failure ").count() == 1,
        "{junit}"
    );
    assert!(junit.contains("name=\"a&amp;&lt;b&gt;,c:d|e%.csv: samples\""), "{junit}");
    assert!(junit.contains("name=\"g|h_*.csv: statistics of goroutines\" time=\"0\"><failure "), "{junit}");
    let (nagios, _) = format("nagios");
    assert_eq!((nagios.lines().count(), nagios.matches('|').count()), (1, 1), "{nagios}");
    assert!(
        nagios.starts_with("WATERTIGHT CRITICAL - 3 recordings, a&<b>,c:d/e%.csv to g/h_*.csv: regression: ")
    );
    assert!(nagios.ends_with(" changed_days=1;;;0\n"), "{nagios}");
    let (github, summary) = format("github");
    let title = "::error title=watertight compare%3A g|h_*.csv%3A statistics of goroutines::3 recordings, a&<b>,c:d|e%25.csv to ";
    assert!(github.starts_with(title) && github.lines().count() == 1, "{github}");
    let (markdown, nothing) = format("markdown");
    assert_eq!((summary, nothing.as_str()), (format!("{markdown}\n"), ""));
    let first = markdown.lines().next().unwrap();
    assert!(
        first.ends_with("a&\\<b\\>,c:d\\|e%.csv to g\\|h\\_\\*.csv: g\\|h\\_\\*.csv is higher"),
        "{first}"
    );
    let row = markdown.lines().find(|line| line.ends_with("| **higher** |")).unwrap();
    assert!(row.starts_with("|  | `g\\|h_*.csv` | 1") && row.contains(" | +3"), "{row}");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let table: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    assert!(table.len() > 10 && table.iter().all(|line| cells(line) == 9), "{markdown}");
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    let dir = tempfile::tempdir().unwrap();
    let a = week(dir.path(), "a.csv", &[CALM]);
    let many: String =
        (0..101).map(|i| format!("2026-{:02}-{:02}T00:00:00Z,5\n", i / 28 + 1, i % 28 + 1)).collect();
    let many = save(dir.path(), "many.csv", &format!("ts,goroutines\n{many}"));
    for (args, said) in [
        (vec![a.as_str()], "<CURRENT>"),
        (vec![&a, "--each"], "--each has only one recording"),
        (vec![&a, "--each", "--days"], "cannot be used with"),
        (vec![&a, &a, "http://127.0.0.1:1"], "an address can only be the second of two"),
        (vec![&a, "-", "-"], "only one recording can come from standard input"),
        (vec![&a, &a, "/nowhere.csv"], "recording /nowhere.csv: there is no such file"),
        (vec![&many, "--days"], "more than 100 days"),
    ] {
        let (exit, out, err) = run(&[&["compare"][..], &args].concat());
        assert_eq!((exit, out.as_str(), err.contains(said)), (Some(64), "", true), "{args:?}: {err}");
    }
    // A hundred are taken.
    let text = fs::read_to_string(&many).unwrap();
    let fewer = text.lines().take(101).map(|line| format!("{line}\n")).collect::<String>();
    let fewer = save(dir.path(), "fewer.csv", &fewer);
    assert_eq!(run(&["compare", &fewer, "--days"]).0, Some(3));
}
