use std::fs;

use super::*;
use crate::finding::LeftOut;
use crate::moment::Moment;
use crate::recording::{Line, Recordings, no_rows};

const CSV: &str = "ts,goroutines\n2026-11-18T11:00:00Z,5\n2026-11-18T11:00:01Z,7\n";

/// What came of a recording.
#[derive(Debug, Default)]
struct Seen {
    good: u64,
    max: Option<u64>,
    foreign: u64,
    first_foreign: Option<LeftOut>,
    from: Option<Moment>,
}

fn seen(inputs: &[Input]) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let names: Vec<String> = inputs.iter().map(|input| input.name().to_owned()).collect();
    Recordings::sound(inputs, "BASELINE")?.read(&mut |time, line| match line {
        Line::Good(poll, _) => {
            seen.good += 1;
            seen.max = seen.max.max(poll.sample.goroutines);
            seen.from = seen.from.or(Moment::read(time));
        }
        Line::Failed(..) => {}
        Line::Foreign(foreign) => {
            seen.foreign += 1;
            seen.first_foreign.get_or_insert_with(|| foreign.left_out(&names[0]));
        }
    })?;
    match &seen.first_foreign {
        Some(first) if seen.foreign > seen.good => Err(no_rows("BASELINE", first)),
        _ => Ok(seen),
    }
}

fn read(name: &str, bytes: &[u8]) -> Result<Seen, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    let text = path.to_str().unwrap();
    Input::find(text, "BASELINE").and_then(|inputs| seen(&inputs)).map_err(|failure| {
        assert_eq!(failure.code(), vitals::exit::USAGE);
        failure.text().replace(text, name)
    })
}

fn counts(seen: &Seen) -> (u64, Option<u64>) {
    (seen.good, seen.max)
}

#[test]
fn a_part_of_a_last_line_is_left_out() {
    assert_eq!(counts(&read("a.csv", CSV.as_bytes()).unwrap()), (2, Some(7)));
    let cut = format!("{CSV}2026-11-18T11:00:02Z,90");
    let side = read("a.csv", cut.as_bytes()).unwrap();
    assert_eq!((counts(&side), side.foreign), ((2, Some(7)), 0), "90 may be the start of 900");
    assert_eq!(counts(&read("a.csv", b"ts,goroutines\n").unwrap()), (0, None));
}

#[test]
fn logs_of_the_old_scripts_in_every_encoding() {
    let english = "[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB\r\n";
    for text in
        [english, "[2025/10/27 10:30:00] 协程: 856, 内存: 256MB\r\n", "[10/27/2025 10:30:00] 协程数：856\r\n"]
    {
        for mark in ["\u{feff}", ""] {
            let text = format!("{mark}{text}");
            for bytes in [
                text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                text.as_bytes().to_vec(),
            ] {
                let side = read("old.log", &bytes).unwrap();
                let from = side.from.unwrap().long();
                assert_eq!((counts(&side), from.as_str()), ((1, Some(856)), "2025-10-27 10:30:00"), "{text}");
            }
        }
    }
    let gbk =
        b"[2025\xc4\xea10\xd4\xc227\xc8\xd5 10:30:00] \xd0\xad\xb3\xcc: 856, \xc4\xda\xb4\xe6: 256MB\r\n";
    let side = read("old.log", gbk).unwrap();
    assert_eq!(
        (counts(&side), side.from.unwrap().long()),
        ((1, Some(856)), "2025-10-27 10:30:00".to_owned())
    );
}

#[test]
fn what_is_wrong_is_named_with_its_cure() {
    for (bytes, why) in [
        (&b""[..], "BASELINE a.csv: it is empty: record into it"),
        (b"ts,goroutines", "it is empty"),
        (b"hello\nworld\n", "BASELINE a.csv is not a recording: its line 1 is `hello`"),
        (b"ts,count\nT,5\n", "has no column `goroutines`; line 1 names `ts,count`: call its columns `ts`, "),
        (b"\xca\xb1\xbc\xe4,\xd0\xad\xb3\xcc\xca\xfd\nT,5\n", "line 1 names `时间,协程数`: call its columns"),
        (b"[ok]\n[fine]\n", "a.csv is not a recording: its line 1 is no row: it looks like none"),
        (
            b"ts,goroutines\nT,x\n",
            "its line 2 is no row: its goroutines is `x`, where a whole number such as 312 belongs",
        ),
        (b"ts,goroutines\nT,-5\n", "its line 2 is no row: its goroutines is `-5`"),
        (b"ts,goroutines\nT,1e300\n", "its line 2 is no row: its goroutines is `1e300`"),
        (
            b"ts,start_time,goroutines\nT,2026-11-18,5\n",
            "its line 2 is no row: its start_time is `2026-11-18`, where a whole number of seconds since 1970",
        ),
        (b"ts,goroutines\nT,\"x\"\n", "its line 2 is no row: its goroutines is `x`"),
        (b"ts,goroutines\nT\n", "its line 2 is no row: it has 1 cell, and the header 2"),
        (b"ts,goroutines\n,5\n", "its line 2 is no row: its ts is missing"),
        (b"\0\x01\x02\n", "is not a recording"),
    ] {
        let error = read("a.csv", bytes).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn files_that_are_not_there() {
    let error = |text: &str| Input::find(text, "CURRENT").unwrap_err().text().to_owned();
    assert_eq!(error("/nowhere/a.csv"), "CURRENT /nowhere/a.csv: there is no such file");
    assert_eq!(error("/nowhere/*.csv"), "CURRENT /nowhere/*.csv: no file matches it");
    assert!(error("localhost:3000").contains("an address starts with http://"));
    assert!(error("/").contains("it is a folder"));
    assert!(is_url("http://h") && !is_url("a.csv"));
}

#[test]
fn globs_take_recordings_and_leave_their_notes() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["day1.csv", "day1.meta.json", "day2.csv", "other.csv"] {
        fs::write(dir.path().join(name), CSV).unwrap();
    }
    let found = Input::find(dir.path().join("day*").to_str().unwrap(), "BASELINE").unwrap();
    let names: Vec<_> = found.iter().map(|input| input.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["day1.csv", "day2.csv"]);
    // A name that looks like a pattern is a name first.
    fs::write(dir.path().join("[a].csv"), CSV).unwrap();
    assert_eq!(Input::find(dir.path().join("[a].csv").to_str().unwrap(), "BASELINE").unwrap().len(), 1);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_recordings_go_by_their_content() {
    for name in ["a.csv.gz", "a.csv"] {
        assert_eq!(counts(&read(name, &gzip(CSV)).unwrap()), (2, Some(7)), "{name}");
    }
    assert_eq!(counts(&read("a.csv.gz", CSV.as_bytes()).unwrap()), (2, Some(7)), "a name alone is no gzip");
    let members = [gzip(CSV), gzip("2026-11-18T11:00:02Z,9\n2026-11-18T11:00:0")].concat();
    assert_eq!(counts(&read("a.csv.gz", &members).unwrap()), (3, Some(9)), "members are one file");
    let log = gzip("[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB\n");
    assert_eq!(counts(&read("old.log.gz", &log).unwrap()), (1, Some(856)));
    let piped = Input::piped("standard input", gzip(CSV).as_slice(), "BASELINE").unwrap();
    assert_eq!(counts(&seen(&[piped]).unwrap()), (2, Some(7)));
    // Many blocks: as long as it is compressed, it is no longer than a few of them.
    let row = |i: u64| format!("2026-11-18T11:{:02}:{:02}Z,{}\n", i / 60 % 60, i % 60, i % 9);
    let long = format!("ts,goroutines\n{}", (0..100_000).map(row).collect::<String>());
    assert_eq!(counts(&read("a.csv.gz", &gzip(&long)).unwrap()), (100_000, Some(8)));
}

#[test]
fn compressed_recordings_that_were_cut_or_damaged_are_named() {
    let row = |i: u64| format!("2026-11-18T11:{:02}:{:02}Z,{}\n", i / 60 % 60, i % 60, i * 7919 % 4001);
    let whole = gzip(&format!("ts,goroutines\n{}", (0..9000).map(row).collect::<String>()));
    for cut in [2, 5, 100, whole.len() / 2, whole.len() - 1] {
        let error = read("a.csv.gz", &whole[..cut]).unwrap_err();
        assert!(error.starts_with("BASELINE a.csv.gz: its gzip data breaks off"), "{cut}: {error}");
        assert!(error.contains("zcat a.csv.gz > FILE"), "{error}");
    }
    let mut damaged = whole.clone();
    let end = damaged.len() - 6;
    damaged[end] ^= 1;
    let error = read("a.csv.gz", &damaged).unwrap_err();
    assert!(error.starts_with("BASELINE a.csv.gz: its gzip data is damaged"), "{error}");
    // Shorter than a head, as long as one, longer; zeros as a tape has them; behind two members.
    for rest in [&b"x"[..], b"garbage", b"2026-11-18T11:00:00Z,7\n", &[0; 512], &[0x1f, 0x00, 0x00]] {
        for whole in [whole.clone(), [&whole[..], &gzip("2026-11-18T12:00:00Z,1\n")].concat()] {
            let error = read("a.csv.gz", &[&whole[..], rest].concat()).unwrap_err();
            let said = "BASELINE a.csv.gz: its gzip data is whole, and behind it lie bytes that are not gzip";
            assert!(error.starts_with(said) && error.contains("zcat a.csv.gz > FILE"), "{rest:?}: {error}");
        }
    }
    for rest in [&GZIP[..1], &GZIP, &[0x1f, 0x8b, 8, 0]] {
        let error = read("a.csv.gz", &[&whole[..], rest].concat()).unwrap_err();
        assert!(error.contains("its gzip data breaks off"), "{rest:?}: {error}");
    }
    let both = [&damaged[..], b"garbage"].concat();
    assert!(read("a.csv.gz", &both).unwrap_err().contains("is damaged"), "the graver comes first");
    let no_rows = read("a.csv.gz", &gzip("")).unwrap_err();
    assert!(no_rows.contains("it is empty"), "{no_rows}");
}
