use std::path::PathBuf;

use serde_json::{Value, json};

use super::read::{Drilled, drilled};
use super::*;
use crate::written;

/// A drill of these rows: number, name, verdict, explanation.
fn result(rows: &[(u8, &str, &str, &str)], requests: u64) -> String {
    let fault = |&(id, name, verdict, text): &(u8, &str, &str, &str)| json!({"id": id, "name": name, "verdict": verdict, "text": text});
    let faults: Vec<Value> = rows.iter().map(fault).collect();
    json!({"schema": 1, "target": "http://127.0.0.1:3000", "requests": requests, "concurrency": 10, "patience_s": 30.0, "faults": faults})
        .to_string()
}

fn read_one(name: &str, text: &str) -> Drilled {
    drilled(&written::result(text).unwrap(), name.to_owned(), format!("{name}.json")).unwrap()
}

fn three() -> [Drilled; 3] {
    let (stalls, gone) = ("error-body-stalls", "client-gone-mid-stream");
    let of = |name, rows: &[_], requests| read_one(name, &result(rows, requests));
    [
        of(
            "before",
            &[
                (8, gone, "leak", "tasks: 15 before, 40 after; late"),
                (3, stalls, "pass", ""),
                (36, "slow-heads", "hang", "no end after 30 s (3 times)"),
                (21, "panic", "skipped", "cannot be caused from outside"),
            ],
            25,
        ),
        of(
            "after <b>",
            &[
                (3, stalls, "lie", "a | broken *answer*"),
                (8, gone, "leak", "tasks: 15 before, 41 after"),
                (36, "slow-heads", "pass", ""),
            ],
            25,
        ),
        of(
            "own",
            &[
                (3, stalls, "pass", ""),
                (8, gone, "pass", ""),
                (9, "new-row", "wrong", "status 500 instead of 502"),
            ],
            100,
        ),
    ]
}

fn shown(drills: &[Drilled], gate: bool, format: Format) -> String {
    let options = Options { files: Vec::new(), format, gate, color: false, width: 100 };
    render(&Sheet::of(drills, gate), &options)
}

#[test]
fn three_relays_side_by_side() {
    insta::assert_snapshot!("text", shown(&three(), false, Format::Text));
    insta::assert_snapshot!("markdown", shown(&three(), false, Format::Markdown));
    let json: Value = serde_json::from_str(&shown(&three(), false, Format::Json)).unwrap();
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&json).unwrap());
    let html = shown(&three(), false, Format::Html);
    insta::assert_snapshot!("html", &html[html.find("<main>").unwrap()..]);
}

#[test]
fn a_gate_names_what_is_worse_and_what_is_better() {
    let drills = three();
    insta::assert_snapshot!("gate", shown(&drills[..2], true, Format::Text));
    let code = |drills: &[Drilled]| Sheet::of(drills, true).gate.unwrap().code();
    assert_eq!(code(&drills[..2]), 2);
    let own = std::slice::from_ref(&drills[2]);
    assert_eq!(
        code(&[&drills[..1], own].concat()),
        0,
        "only the last two count, and both of the rows are better"
    );
    let other = read_one("other", &result(&[(9, "another", "leak", "")], 25));
    assert_eq!(code(&[drills[2].clone(), other]), 3);
    // A row that was skipped was not done.
    let skipped =
        read_one("skipped", &result(&[(8, "client-gone-mid-stream", "skipped", "interrupted")], 25));
    assert_eq!(code(&[drills[2].clone(), skipped]), 3);
}

#[test]
fn a_last_that_is_not_complete_does_not_pass() {
    let rows = |grades: [&'static str; 3]| {
        let names = ["first", "second", "third"];
        let rows = (1u8..).zip(names).zip(grades).map(|((id, name), grade)| (id, name, grade, ""));
        rows.filter(|row| !row.2.is_empty()).collect::<Vec<_>>()
    };
    let of = |name, grades, complete: bool| {
        let text = result(&rows(grades), 25);
        read_one(name, &text.replacen('{', &format!("{{\"complete\":{complete},"), 1))
    };
    let whole = of("whole", ["pass"; 3], true);
    let told = |before: &Drilled, last: Drilled| {
        let drills = [before.clone(), last];
        let code = Sheet::of(&drills, true).gate.unwrap().code();
        (code, shown(&drills, true, Format::Text).split_whitespace().collect::<Vec<_>>().join(" "))
    };
    // Whether the rows are told as skipped or are not there at all.
    for missing in ["skipped", ""] {
        let (code, text) = told(&whole, of("cut", ["pass", missing, missing], false));
        assert_eq!(code, 3, "{text}");
        assert!(text.contains("cut lacks 2 rows that whole has: 2 second, 3 third."), "{text}");
        assert!(
            text.ends_with("unknown: cut is not complete; 0 of 1 row is worse in cut than in whole"),
            "{text}"
        );
    }
    // It is not over, and may become worse: but nothing is as bad as what is worse already.
    assert_eq!(told(&whole, of("cut", ["pass"; 3], false)).0, 3);
    assert_eq!(told(&whole, of("cut", ["leak", "skipped", "skipped"], false)).0, 2);
    // Fewer rows on purpose are no interruption, and neither is the one before.
    let (code, text) = told(&whole, of("few", ["pass", "", ""], true));
    assert!(code == 0 && text.contains("few lacks 2 rows that whole has"), "{text}");
    let (code, text) = told(&of("cut", ["pass", "skipped", ""], false), whole.clone());
    assert!(code == 0 && text.contains("cut is not complete: 1 of its 2 rows done."), "{text}");
    let json: Value =
        serde_json::from_str(&shown(&[whole, of("cut", ["pass"; 3], false)], true, Format::Json)).unwrap();
    assert_eq!((&json["gate"]["verdict"], &json["gate"]["complete"]), (&json!("unknown"), &json!(false)));
}

#[test]
fn from_bad_to_worse_is_worse() {
    let row = |verdict| read_one(verdict, &result(&[(8, "row", verdict, "why")], 25));
    let words = ["pass", "wrong", "hang", "lie", "leak", "dead"];
    for pair in words.windows(2) {
        let gate = |a, b| Sheet::of(&[row(a), row(b)], true).gate.unwrap().code();
        assert_eq!((gate(pair[0], pair[1]), gate(pair[1], pair[0])), (2, 0), "{pair:?}");
    }
    let drills = [row("hang"), row("leak")];
    assert!(shown(&drills, true, Format::Text).contains("new leak in row 8 row (was hang): why"));
}

#[test]
fn names_that_leave_no_room_stand_above_the_table() {
    let long = |n| read_one(&format!("{n}-{}", "x".repeat(60)), &result(&[(8, "row", "pass", "")], 25));
    let text = shown(&[long(1), long(2)], false, Format::Text);
    assert!(text.contains("\nrow     [1]      [2]\n 8 row  pass     pass\n"), "{text}");
    assert!(text.contains("[2] 2-xxx") && text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn a_file_that_is_no_result_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let good = write("good.json", &result(&[(8, "row", "pass", "")], 25));
    for (text, why) in [
        ("| not | json |", "notes.json is no result of a drill: expected"),
        ("{\"verdict\":\"ok\"}", "it has no `schema`"),
        ("{\"schema\":2,\"faults\":[]}", "its schema is 2"),
        ("{\"schema\":1,\"metrics\":[]}", "no list `faults`"),
        (&result(&[(8, "row", "splendid", "")], 25), "row 8 row: `verdict` is \"splendid\""),
        (&result(&[(8, "row", "pass", ""), (8, "row", "leak", "")], 25), "row 8 row is in it twice"),
        (&result(&[], 25), "its list `faults` is empty"),
    ] {
        let wrong = read::files(&[good.clone(), write("notes.json", text)]).unwrap_err();
        assert!(wrong.contains(why) && wrong.contains("notes.json"), "{wrong}");
    }
    assert!(read::files(&[good.clone(), folder.path().join("none.json")]).unwrap_err().contains("none.json"));
    // The same name twice is told apart.
    let names = read::files(&[good.clone(), good]).unwrap();
    assert_eq!((names[0].name.as_str(), names[1].name.as_str()), ("1 good", "2 good"));
}

/// Also of results that were written in English.
#[test]
fn drills_side_by_side_in_chinese() {
    let drills = three();
    let chinese = |gate, format| vitals::Language::Zh.during(|| shown(&drills, gate, format));
    insta::assert_snapshot!("zh_text", chinese(false, Format::Text));
    insta::assert_snapshot!("zh_gate", chinese(true, Format::Text));
    insta::assert_snapshot!("zh_markdown", chinese(true, Format::Markdown));
    assert_eq!(chinese(true, Format::Json), shown(&drills, true, Format::Json));
    let page = chinese(true, Format::Html);
    assert!(page.contains("lang=\"zh-CN\"") && page.contains("变差"), "{page}");
}
