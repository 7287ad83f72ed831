use vitals::Measure;

use super::*;
use crate::comparison::{by_day, day_findings, each, looked_at};
use crate::finding::Quantity;
use crate::recording::Input;
use crate::render::Styles;
use crate::render::compare::{json, markdown, report, text};
use crate::render::report as formats;

/// An hour of a day of November, every 30 s, around a level; growing by so many an hour.
fn hour(date: u32, level: u64, growth: u64) -> String {
    let row = |i: u64| {
        let count = level + i * 7919 % 23 + growth * i / 120;
        format!("2026-11-{date}T10:{:02}:{:02}Z,1,{count},{},50\n", i / 2, i % 2 * 30, (200 + i % 3) << 20)
    };
    (0..120).map(row).collect()
}

const HEADER: &str = "ts,ok,goroutines,alloc_bytes,in_flight\n";

fn days(rows: &str, rules: Rules) -> Days {
    let input = Input::from_bytes("week.csv".to_owned(), format!("{HEADER}{rows}").into_bytes());
    whole(looked_at(by_day(&[input], "recording").unwrap(), true, &rules), rules)
}

fn whole(columns: Columns, rules: Rules) -> Days {
    let findings = day_findings(&columns, &rules);
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    Days { columns, rules, findings, at, took: Duration::from_millis(250) }
}

fn step() -> Days {
    let rows: String =
        [(16, 800), (17, 800), (18, 1100), (19, 1100)].map(|(day, n)| hour(day, n, 0)).concat();
    days(&rows, Rules { max_growth: Some(20.0), max_peak: Some(3000), ..Rules::default() })
}

fn leak() -> Days {
    let odd = "2026-11-18T11:00:00Z,0,,,\nx\n2026-11-19T10:00:00Z,1,800,,50\n";
    days(&[hour(16, 800, 0), hour(17, 800, 400), hour(18, 800, 0), odd.to_owned()].concat(), Rules::default())
}

fn plain(days: &Days, width: usize) -> String {
    let text = text(&days.sheet(), &Styles::default(), width);
    for line in text.lines() {
        assert_eq!(line.trim_end(), line, "no spaces at the end of lines");
    }
    text
}

#[test]
fn a_step() {
    insta::assert_snapshot!(plain(&step(), 100));
    insta::assert_snapshot!(plain(&step(), 60));
}

#[test]
fn a_leak_and_odd_rows() {
    insta::assert_snapshot!(plain(&leak(), 100));
}

#[test]
fn machines() {
    insta::assert_snapshot!(json(&leak().sheet()));
    insta::assert_snapshot!(markdown(&leak().sheet()));
    insta::assert_snapshot!(formats::junit(&report(&leak().sheet()), "2026-11-18T11:06:40.000Z", 0.25));
    insta::assert_snapshot!(formats::annotations(&report(&leak().sheet())));
    insta::assert_snapshot!(formats::nagios(&report(&step().sheet())));
}

#[test]
fn names_are_short_unless_two_are_alike() {
    let input =
        |name: &str, date| Input::from_bytes(name.to_owned(), format!("{HEADER}{}", hour(date, 8, 0)).into());
    let names = |inputs: &[Input]| -> Vec<String> {
        each(inputs, "recording").unwrap().0.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&[input("b/2.csv", 17), input("a/1.csv", 16)]), ["1.csv", "2.csv"]);
    assert_eq!(names(&[input("b/1.csv", 17), input("a/1.csv", 16)]), ["a/1.csv", "b/1.csv"]);
}

#[test]
fn names_in_a_row_and_holes_beyond_the_first_few() {
    let rows: String = (16..22).map(|day| hour(day, 800, 0)).collect();
    let days = days(&rows, Rules::default());
    for (which, said) in [
        (&[][..], ""),
        (&[1, 2], "2026-11-17, 2026-11-18"),
        (&[0, 2, 3, 4], "2026-11-16, 2026-11-18 to 2026-11-20"),
    ] {
        assert_eq!(words::en::sheet::names(&days.names(which)), said);
    }
    let notes: Vec<String> = days.notes().iter().map(words::note).collect();
    assert_eq!(notes.len(), 5, "{notes:?}");
    assert_eq!(notes[1], "nothing was recorded from 2026-11-16 10:59 to 2026-11-17 10:00 (23h)");
    assert_eq!(notes[4], "2 other holes of an hour or more; --format json has them all");
}

#[test]
fn reasons_that_differ_in_numbers_only_are_alike() {
    let short = |seconds: u32| {
        let row = |i: u32| format!("2026-11-16T10:{:02}:{:02}Z,1,800,1,50\n", i / 60, i % 60);
        days(&(0..seconds).step_by(5).map(row).collect::<String>(), Rules::default()).findings
    };
    let (few, more) = (short(120), short(400));
    let told =
        |findings: &[DayFinding]| findings.iter().find(|f| f.finding.is_untold()).unwrap().finding.clone();
    assert_ne!(words::finding(&told(&few)), words::finding(&told(&more)));
    assert!(told(&few).is_like(&told(&more)));
    let memory = few.iter().rfind(|f| f.finding.is_untold()).unwrap();
    assert!(!told(&few).is_like(&memory.finding), "of another metric");
    let beyond = crate::finding::Finding { metric: Quantity::Of(Measure::Unexplained), ..told(&few) };
    assert!(!told(&few).is_like(&beyond), "of goroutines beyond the explained ones");
}

/// An hour of a day, every 30 s, with another process every so many rows.
fn restarting(name: &str, date: u32, life: u32) -> Input {
    let row = |i: u32| {
        let count = 300 + i * 7919 % 23;
        format!("2026-11-{date}T10:{:02}:{:02}Z,1,{count},50,{}\n", i / 2, i % 2 * 30, date * 1000 + i / life)
    };
    let rows: String = (0..120).map(row).collect();
    Input::from_bytes(name.to_owned(), format!("ts,ok,goroutines,in_flight,start_time\n{rows}").into())
}

#[test]
fn restarts_of_each_are_findings() {
    let of = |lives: [u32; 3], max_restarts| {
        let inputs: Vec<_> =
            (16..).zip(lives).map(|(date, life)| restarting(&format!("{date}.csv"), date, life)).collect();
        let rules = Rules { max_restarts, ..Rules::default() };
        let days = whole(looked_at(each(&inputs, "recording").unwrap(), false, &rules), rules);
        (plain(&days, 200), serde_json::from_str::<serde_json::Value>(&json(&days.sheet())).unwrap())
    };
    let (text, json) = of([120, 120, 4], None);
    assert!(text.starts_with("DANGER") && text.contains("danger: 18.csv: crash loop: "), "{text}");
    assert!(text.contains("read the log of its last minutes") && !text.contains("record about"), "{text}");
    assert_eq!((&json["exit_code"], &json["reasons"][0]["day"]), (&2.into(), &"18.csv".into()));
    let (text, _) = of([120, 120, 60], None);
    assert!(text.starts_with("OK"), "the first one is a deployment: {text}");
    let (text, json) = of([120, 120, 60], Some(0));
    assert!(text.contains("danger: 18.csv: the target restarted 1 time, and --max-restarts 0 allows none"));
    assert_eq!(json["days"][2]["lives"].as_array().unwrap().len(), 2);
    let (text, _) = of([120, 60, 60], Some(1));
    assert!(text.starts_with("OK") && text.contains("every gate holds for every recording"), "{text}");
    let (text, _) = of([120, 60, 40], None);
    assert!(text.contains("warning: 18.csv: the target restarted 2 times: 2"), "{text}");
}

/// An hour of each day, every 30 s, with so many requests a minute.
fn requested(each: &[u32], allow_idle: bool) -> (String, serde_json::Value) {
    let rows = |(date, a_minute): (u32, &u32)| {
        let row = |i: u32| {
            let count = 300 + i * 7919 % 23;
            format!("2026-11-{date}T10:{:02}:{:02}Z,1,{count},,{}\n", i / 2, i % 2 * 30, i * a_minute / 2)
        };
        (0..120).map(row).collect::<String>()
    };
    let rows: String = (16..).zip(each).map(rows).collect();
    let text = format!("ts,ok,goroutines,alloc_bytes,requests_total\n{rows}");
    let input = Input::from_bytes("week.csv".to_owned(), text.into_bytes());
    let rules = Rules { max_growth: Some(20.0), max_peak: Some(3000), allow_idle, ..Rules::default() };
    let days = whole(looked_at(by_day(&[input], "recording").unwrap(), true, &rules), rules);
    (plain(&days, 200), serde_json::from_str(&json(&days.sheet())).unwrap())
}

#[test]
fn an_idle_day_passes_no_gate_unless_it_may() {
    let (text, json) = requested(&[600, 620, 600, 12], false);
    let said = "unknown: 2026-11-19 idles: 0.2 requests a second, in the median, where 2026-11-18 had 10.0";
    assert!(text.starts_with("UNKNOWN") && text.contains(said), "{text}");
    assert!(text.contains("--allow-idle lets an idle day pass"), "{text}");
    assert_eq!((&json["exit_code"], &json["reasons"][0]["check"]), (&3.into(), &"idle".into()), "{json}");
    let (text, json) = requested(&[600, 620, 600, 12], true);
    assert!(text.contains("2026-11-18 had 10.0: --allow-idle lets that pass"), "{text}");
    assert_eq!(json["exit_code"], 0);
    let (text, _) = requested(&[600, 12, 12, 600], false);
    assert!(text.contains("2026-11-18 idles") && !text.contains("2026-11-19 idles"), "{text}");
    let (text, json) = requested(&[12, 600, 620], false);
    assert_eq!(json["exit_code"], 0, "more load is no idling: {text}");
}

/// An hour of each day of a process that counts no tasks, every 30 s: its MiB at first, and how many come in an hour.
fn uncounted(each: &[(u64, u64)], max_growth: Option<f64>) -> (String, serde_json::Value) {
    let rows = |(date, (mib, grown)): (u32, &(u64, u64))| {
        let row = |i: u64| {
            let rss = ((mib + i * 7919 % 3) << 20) + (grown << 20) * i / 120;
            format!("2026-11-{date}T10:{:02}:{:02}Z,1,,{rss},{},8\n", i / 2, i % 2 * 30, 20 + i % 2)
        };
        (0..120).map(row).collect::<String>()
    };
    let rows: String = (16..).zip(each).map(rows).collect();
    let text = format!("ts,ok,goroutines,rss_bytes,open_fds,threads\n{rows}");
    let input = Input::from_bytes("week.csv".to_owned(), text.into_bytes());
    let rules = Rules { max_growth, ..Rules::default() };
    let days = whole(looked_at(by_day(&[input], "recording").unwrap(), true, &rules), rules);
    (plain(&days, 200), serde_json::from_str(&json(&days.sheet())).unwrap())
}

#[test]
fn without_a_count_days_are_judged_by_what_the_process_holds() {
    let (text, json) = uncounted(&[(400, 0), (401, 0), (400, 0)], None);
    assert!(text.starts_with("OK") && json["exit_code"] == 0, "{text}");
    let (text, json) = uncounted(&[(400, 0), (401, 0), (400, 300)], None);
    assert!(text.starts_with("WARNING") && json["exit_code"] == 1, "{text}");
    assert!(text.contains("2026-11-18 grows") && text.contains("resident memory grows by"), "{text}");
    let (text, json) = uncounted(&[(400, 300)], None);
    assert!(text.contains("resident memory grows by") && json["exit_code"] == 1, "{text}");
    let (text, json) = uncounted(&[(400, 0), (600, 0)], None);
    assert!(text.contains("2026-11-17 is higher") && json["exit_code"] == 1, "{text}");
    let (text, json) = uncounted(&[(400, 0), (401, 0)], Some(20.0));
    assert!(json["exit_code"] == 3, "a gate of goroutines that nobody counts: {text}");
}

#[test]
fn recordings_of_a_python_program_have_a_verdict_as_two_of_them_have() {
    let read = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings").join(name);
        Input::from_bytes(name.to_owned(), std::fs::read(path).unwrap())
    };
    let inputs = ["litellm-healthy-8m.csv", "litellm-clients-leave-10m.csv"].map(read);
    let rules = Rules::default();
    let days = whole(looked_at(each(&inputs, "recording").unwrap(), false, &rules), rules);
    let text = plain(&days, 400);
    assert!(
        text.starts_with("WARNING") && text.contains("litellm-clients-leave-10m.csv is higher"),
        "{text}"
    );
    assert!(!text.contains("cannot be told"), "{text}");
}

#[test]
fn what_a_process_holds_is_judged_beside_the_count() {
    let hour = |date: u32, descriptors: u64, per_h: u64| -> String {
        let row = |i: u64| {
            let held = descriptors + i * 7919 % 5 + per_h * i / 120;
            format!("2026-11-{date}T10:{:02}:{:02}Z,1,{},{held},50\n", i / 2, i % 2 * 30, 800 + i * 7919 % 23)
        };
        (0..120).map(row).collect()
    };
    let of = |hours: [String; 3]| {
        let rows = format!("ts,ok,goroutines,open_fds,in_flight\n{}", hours.concat());
        let input = Input::from_bytes("week.csv".to_owned(), rows.into_bytes());
        whole(looked_at(by_day(&[input], "recording").unwrap(), true, &Rules::default()), Rules::default())
    };
    let level = of([hour(16, 100, 0), hour(17, 100, 0), hour(18, 100, 0)]);
    assert_eq!(verdict(level.findings.iter().map(|f| &f.finding)), Verdict::Ok);
    let leak = of([hour(16, 100, 0), hour(17, 100, 0), hour(18, 100, 600)]);
    assert_eq!(verdict(leak.findings.iter().map(|f| &f.finding)), Verdict::Warning);
    let text = plain(&leak, 100);
    assert!(text.contains("descriptors grow by 6") && text.contains("2026-11-18 grows"), "{text}");
}
