use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::*;
use crate::relay::config;
use crate::relay::plan::{Plan, Setting};
use crate::run::Work;

/// Where the table begins and ends in the page.
const MARKS: [&str; 2] = ["<!-- faults: begin -->\n", "<!-- faults: end -->"];

/// The first row of each fault, and all of its rows.
fn faults() -> impl Iterator<Item = (&'static Row, &'static [&'static Row])> {
    ROWS.chunk_by(|a, b| a.id == b.id).map(|rows| (rows[0], rows))
}

#[test]
fn every_fault_is_said_once_and_names_are_unique() {
    let ids: Vec<u8> = faults().map(|(first, _)| first.id).collect();
    assert_eq!(ids, (0..=62).chain(70..=73).chain(77..=80).chain(83..=88).collect::<Vec<u8>>());
    for (first, rows) in faults() {
        assert!([first.fault, first.why, first.good].iter().all(|words| !words.is_empty()), "{}", first.name);
        assert!(rows[1..].iter().all(|row| row.fault.is_empty()), "{} is said twice", first.name);
    }
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), ROWS.len());
}

#[test]
fn every_case_s_fault_exists() {
    let of = |row: &&'static Row| if let Work::Cases(cases) = row.work { cases } else { &[] };
    let cases: Vec<_> = ROWS.iter().flat_map(of).chain(http::ODD_HTTP).chain(http::SURPLUS).collect();
    assert!(cases.len() > 90, "{}", cases.len());
    for case in cases.iter().filter(|case| !case.fault.is_empty()) {
        assert!(crate::upstream::knows(case.fault), "{}", case.fault);
    }
}

/// A row without any is one whose clients send no whole request.
#[test]
fn every_row_that_is_done_says_how_its_requests_end() {
    let silent = ROWS.iter().filter(|row| row.ends.is_empty() && !matches!(row.work, Work::Skip(_)));
    let silent: Vec<&str> = silent.map(|row| row.name).collect();
    assert_eq!(
        silent,
        [
            "tls-from-clients",
            "thousands-of-connections",
            "slow-heads",
            "idle-clients",
            "stopped-and-killed",
            "byte-budget",
            "announced-bodies",
            "reload-that-hangs",
            "drain-is-visible"
        ]
    );
}

/// A section that is not written would silently be another test.
#[test]
fn every_setting_of_a_row_is_written() {
    for row in ROWS.iter() {
        let text = config::text(&Plan::new(([127, 0, 0, 1], 9).into(), row.settings), false);
        for Setting { key, toml, .. } in row.settings {
            assert!(text.contains(&format!("{key} = ")) && text.contains(toml), "{}: {text}", row.name);
        }
    }
}

/// All faults as a table of Markdown, with the names of their rows.
fn markdown() -> String {
    let mut text =
        String::from("| | row | fault | why it happens | what a good relay does |\n|---|---|---|---|---|\n");
    for (Row { id, fault, why, good, .. }, rows) in faults() {
        let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {id} | {} | {fault} | {why} | {good} |", names.join(", "));
    }
    text
}

/// `WATERTIGHT_UPDATE=1 cargo test -p drill` writes the table anew.
#[test]
fn the_page_has_not_drifted() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/drill.md");
    let page = fs::read_to_string(&file).unwrap();
    let begin = page.find(MARKS[0]).unwrap() + MARKS[0].len();
    let end = page.find(MARKS[1]).unwrap();
    let fresh = format!("{}{}{}", &page[..begin], markdown(), &page[end..]);
    if std::env::var_os("WATERTIGHT_UPDATE").is_some() {
        fs::write(&file, &fresh).unwrap();
    }
    let page = fs::read_to_string(&file).unwrap();
    assert!(page == fresh, "docs/drill.md has drifted: WATERTIGHT_UPDATE=1 cargo test -p drill");
}
