use vitals::{FailOn, Gate};

use super::*;
use crate::comparison::{findings, findings_of, side, statistics};
use crate::recording::Input;
use crate::render::Styles;
use crate::render::compare::{json, markdown, report, text};
use crate::render::report as formats;

/// A recording of our own relay: counts around a level, in half an hour, every 30 s.
fn relay(name: &str, day: u32, level: u64, load: u64) -> Side {
    let mut text =
        "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,total_alloc_bytes,rss_bytes,\
                    threads,open_fds,in_flight,requests_total,overdue,start_time,explained\n"
            .to_owned();
    for i in 0..61_u64 {
        let wobble = i * 7 % 11;
        let (explained, goroutines) = (load * 2, level + load * 2 + wobble);
        let (s, requests) = (i * 30, i * 30 * load / 4);
        let at = format!("2026-11-{day}T10:{:02}:{:02}.000Z", s / 60, s % 60);
        if i == 20 {
            text.push_str(&format!("{at},{s}.000,{i},0,timeout,,,,,,,,,,,,,\n"));
            continue;
        }
        text.push_str(&format!(
            "{at},{s}.000,{i},1,,1.{wobble},ok,{goroutines},{},{},{},4,{},{load},{requests},0,1795000000,{explained}\n",
            (18 + wobble) << 20,
            (100 + i * load) << 20,
            (42 << 20) + wobble * 4096,
            50 + load,
        ));
    }
    read(name, &text)
}

/// A log of the old scripts: a climb with a restart's memory, and nothing else.
fn old(name: &str, from: u64, step: u64) -> Side {
    let line = |i: u64| {
        format!("[2025-10-27 10:{i:02}:00] Goroutines: {}, Memory: {}MB\n", from + i * step, 200 + i)
    };
    read(name, &(0..60).map(line).collect::<String>())
}

fn read(name: &str, text: &str) -> Side {
    side(&[Input::from_bytes(name.to_owned(), text.as_bytes().to_vec())], "BASELINE").unwrap()
}

fn compared(baseline: Side, current: Side, max_growth: Option<f64>, max_peak: Option<u64>) -> Compared {
    let rules = Rules { max_growth, max_peak, ..Rules::default() };
    let statistics = statistics(&baseline, &current, &rules);
    let mut findings = findings(&baseline, &current, &rules);
    findings.extend(findings_of(&statistics, &baseline, &current, &rules, &findings));
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    Compared { baseline, current, rules, statistics, findings, at, took: Duration::from_millis(250) }
}

fn alike() -> Compared {
    compared(relay("rec/day1.csv", 18, 12, 40), relay("rec/day2.csv", 19, 13, 42), Some(20.0), Some(3000))
}

fn leaking() -> Compared {
    compared(old("day1.log", 800, 0), old("leak.log", 800, 60), Some(20.0), Some(3000))
}

fn busier() -> Compared {
    compared(relay("day1.csv", 18, 800, 40), relay("day2.csv", 19, 1100, 80), Some(20.0), None)
}

fn too_short() -> Compared {
    let short = read(
        "short.csv",
        "ts,ok,error,goroutines\n2026-11-18T10:00:00Z,1,,5\n2026-11-18T10:00:01Z,0,refused,\n",
    );
    compared(relay("day1.csv", 18, 12, 40), short, None, None)
}

fn silent() -> Compared {
    let silent = read("http://127.0.0.1:1", "ts,ok,error,goroutines\n2026-11-18T10:00:00Z,0,refused,\n");
    compared(relay("day1.csv", 18, 12, 40), silent, None, Some(3000))
}

fn plain(compared: &Compared, width: usize) -> String {
    let text = text(&compared.sheet(), &Styles::default(), width);
    for line in text.lines() {
        assert_eq!(line.trim_end(), line, "no spaces at the end of lines");
    }
    text
}

#[test]
fn two_days_alike() {
    insta::assert_snapshot!(plain(&alike(), 100));
}

#[test]
fn at_80_columns() {
    insta::assert_snapshot!(plain(&alike(), 80));
}

#[test]
fn narrow() {
    insta::assert_snapshot!(plain(&alike(), 60));
    insta::assert_snapshot!(plain(&alike(), 44));
}

#[test]
fn a_leak_by_the_origins_gates() {
    insta::assert_snapshot!(plain(&leaking(), 80));
}

#[test]
fn a_busier_hour() {
    insta::assert_snapshot!(plain(&busier(), 80));
}

#[test]
fn nothing_to_tell_by() {
    insta::assert_snapshot!(plain(&too_short(), 80));
    insta::assert_snapshot!(plain(&silent(), 80));
}

#[test]
fn a_table_without_rows_has_no_head() {
    let empty = || read("a.csv", "ts,ok,error,goroutines\n");
    let compared = compared(empty(), empty(), None, None);
    let (text, marked) = (plain(&compared, 80), markdown(&compared.sheet()));
    assert!(!text.contains("median") && !text.contains("\n\n\n"), "{text}");
    assert!(!marked.contains("|---") && !marked.contains("\n\n\n"), "{marked}");
    assert!(text.contains("both sides are the same recording"), "{text}");
}

#[test]
fn growth_without_a_gate_is_mentioned() {
    let grown = compared(old("a.log", 800, 0), old("b.log", 1200, 0), None, None);
    let notes = grown.notes().iter().map(words::note).collect::<Vec<_>>().join(" ");
    assert!(
        plain(&grown, 80).starts_with("WARNING  ") && notes.contains("--max-growth 20% makes a gate of that"),
        "{notes}"
    );
}

#[test]
fn what_was_so_before_is_no_news() {
    let same = compared(old("a.log", 9014, 0), old("b.log", 9006, 0), None, None);
    let text = plain(&same, 400);
    assert!(
        text.contains("danger: current's level: 9006 goroutines, above 5000, as the baseline's was (9014)"),
        "{text}"
    );
    assert!(text.contains("above the danger threshold of 5000, as the baseline's was (9014)"), "{text}");
    assert!(
        text.contains("the baseline was as high: set --warning and --danger") && !text.contains("restart"),
        "{text}"
    );
    assert_eq!(same.sheet().verdict(), Verdict::Danger);
    let new = plain(&compared(old("a.log", 800, 0), old("b.log", 9006, 0), None, None), 400);
    assert!(new.contains("plan a restart") && !new.contains("as the baseline's was"), "{new}");
    let graver = plain(&compared(old("a.log", 9014, 0), old("b.log", 12000, 0), None, None), 400);
    assert!(graver.contains("plan a restart"), "twice as bad is news: {graver}");
}

#[test]
fn longer_is_no_cure_for_what_is_not_reported() {
    let uncounted = |name: &str| {
        let row = |i: u64| format!("2026-11-18T10:{i:02}:00Z,1,,5\n");
        read(name, &format!("ts,ok,goroutines,alloc_bytes\n{}", (0..60).map(row).collect::<String>()))
    };
    let text = plain(&compared(uncounted("a.csv"), uncounted("b.csv"), None, None), 400);
    assert!(text.contains("current has no goroutine counts: record a target that reports them"), "{text}");
    assert!(
        text.contains("advice       record a target that reports them") && !text.contains("more\n"),
        "{text}"
    );
    let backwards = |name: &str| {
        let row = |i: u64| format!("2026-11-18T10:{:02}:00Z,1,5,{}\n", 59 - i, 99 - i);
        read(name, &format!("ts,ok,goroutines,num_gc\n{}", (0..60).map(row).collect::<String>()))
    };
    let text = plain(&compared(backwards("a.csv"), backwards("b.csv"), None, None), 400);
    assert!(text.contains("baseline has rows whose times run backwards: sort its rows by ts"), "{text}");
    assert!(!text.contains("restarted"), "{text}");
}

#[test]
fn restarts_overlaps_and_odd_lines_are_named() {
    let restarted = "ts,ok,goroutines,num_gc\n2026-11-18T10:00:00Z,1,5,9\n2026-11-18T10:00:01Z,1,5,2\nx\n";
    let input = || Input::from_bytes("r.csv".to_owned(), restarted.as_bytes().to_vec());
    let twice = side(&[input(), input()], "BASELINE").unwrap();
    let compared = compared(relay("day1.csv", 18, 12, 40), twice, None, None);
    let notes = compared.notes().iter().map(words::note).collect::<Vec<_>>().join("\n");
    for said in [
        "current's target restarted 2 times, at 10:00:01, 10:00:01: its start and its end are of different processes",
        "current: 2 lines could not be read and were left out, the first is line 4 of r.csv: it has 1 cell, and the header 4",
        "current: r.csv and r.csv cover the same time",
        "only one side says which goroutines its load explains",
    ] {
        assert!(notes.contains(said), "{notes}");
    }
}

#[test]
fn json_of_a_regression_and_of_silence() {
    insta::assert_snapshot!(json(&leaking().sheet()));
    insta::assert_snapshot!(json(&silent().sheet()));
}

#[test]
fn markdown_for_a_pull_request() {
    insta::assert_snapshot!(markdown(&alike().sheet()));
    insta::assert_snapshot!(markdown(&leaking().sheet()));
}

#[test]
fn machines() {
    insta::assert_snapshot!(formats::junit(&report(&leaking().sheet()), "2026-11-18T11:06:40.000Z", 0.25));
    insta::assert_snapshot!(formats::junit(&report(&too_short().sheet()), "2026-11-18T11:06:40.000Z", 0.25));
    insta::assert_snapshot!(formats::annotations(&report(&leaking().sheet())));
    insta::assert_snapshot!(formats::nagios(&report(&alike().sheet())));
    insta::assert_snapshot!(formats::nagios(&report(&leaking().sheet())));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let colored = text(&leaking().sheet(), &Styles::new(true), 80);
    assert!(colored.contains("\u{1b}[31;1mDANGER"), "{colored:?}");
    let mut bare = String::new();
    for (i, part) in colored.split('\u{1b}').enumerate() {
        bare.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(bare, plain(&leaking(), 80));
}

#[test]
fn a_lenient_exit_code_is_explained() {
    let mut compared = leaking();
    compared.rules.gate = Gate { fail_on: Some(FailOn::Never), ..Gate::default() };
    assert!(plain(&compared, 80).ends_with("  exit code    0, because of --fail-on\n"));
}

#[test]
fn in_chinese() {
    let said = vitals::Language::Zh.during(|| [plain(&leaking(), 80), plain(&busier(), 80)].join("\n"));
    assert!(said.lines().all(|line| ::report::text::columns(line) <= 80), "{said}");
    insta::assert_snapshot!(said);
    insta::assert_snapshot!(vitals::Language::Zh.during(|| markdown(&leaking().sheet())));
    let json = || [leaking(), silent()].map(|compared| json(&compared.sheet()));
    assert_eq!(vitals::Language::Zh.during(json), json());
}
