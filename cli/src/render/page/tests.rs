use super::*;
use crate::recording::Input;
use crate::reporting::{Tracks, at_one_load};

const HEADER: &str = "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,num_gc,explained\n";

/// Half an hour, with a restart, a gap and failed polls.
fn eventful(base: u64) -> String {
    let mut text = HEADER.to_owned();
    for n in (0..360_u64).filter(|n| !(100..160).contains(n)) {
        let at = Timestamp::from_second(1_795_000_000 + n as i64 * 5).unwrap();
        if n % 50 == 7 {
            text += &format!("{at},{},{n},0,timeout,,,,,,\n", n * 5);
            continue;
        }
        let (count, gc) = if n < 250 { (base + n * 3, 100 + n) } else { (base, n - 249) };
        let peak = if n == 200 { 1500 } else { 0 };
        text += &format!("{at},{},{n},1,,1.5,ok,{},{},{gc},\n", n * 5, count + peak, (200 + n % 40) << 20);
    }
    text
}

fn track(name: &str, rows: &str) -> Track {
    let mut tracking = Tracks::new(Thresholds::default(), 960);
    let input = Input::from_bytes(name.to_owned(), rows.as_bytes().to_vec());
    tracking.read(&[input], "FILE").unwrap();
    tracking.end().remove(0)
}

fn report(tracks: &[Track]) -> Report<'_> {
    let at = Timestamp::from_second(1_795_100_000).unwrap();
    Report { title: None, tracks, one_load: None, thresholds: Thresholds::default(), at }
}

/// A page without its styles and its paths, which say nothing to a reader of tests.
fn shown(page: &str) -> String {
    let style = page.find("<style>").unwrap()..page.find("</style>").unwrap();
    let mut text = page.to_owned();
    text.replace_range(style, "<style>");
    let mut parts = text.split(" d=\"");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| part.split_once('"').unwrap().1);
    rest.fold(first, |text, part| format!("{text} d=\"…\"{part}"))
        .replace("><", ">\n<")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn an_eventful_recording() {
    let tracks = [track("day1.csv", &eventful(700))];
    insta::assert_snapshot!(shown(&page(&report(&tracks))));
}

#[test]
fn what_the_verdict_rests_on_comes_first() {
    let row = |n: i64| {
        let at = Timestamp::from_second(1_795_000_000 + n * 5).unwrap();
        format!("{at},{},{n},1,,1.5,ok,{},200000000,{n},{}\n", n * 5, 700 + n, 500)
    };
    let rows: String = (0..720).map(row).collect();
    let text = page(&report(&[track("leak.csv", &format!("{HEADER}{rows}"))]));
    let (_, said) = text.split_once("<ul><li>").unwrap();
    assert!(text.contains("<b>■ DANGER</b>") && said.starts_with("Goroutines beyond"), "{said}");
    assert!(said.find("everything is below").unwrap() > said.find("Live memory").unwrap(), "{said}");
    assert!(text.contains("A table that is cut scrolls to the right."), "{text}");
}

/// What an earlier process was above is told, and says nothing of the one that runs now.
#[test]
fn not_all_is_below_where_the_end_is_above() {
    let text = page(&report(&[track("day1.csv", &eventful(2100))]));
    assert!(text.contains("2100 goroutines, above 2000") && text.contains("before this restart"), "{text}");
    assert!(!text.contains("everything is below"), "{text}");
}

#[test]
fn the_paths_of_a_short_recording() {
    let rows = "ts,ok,goroutines\n\
                2026-11-18T11:00:00Z,1,100\n\
                2026-11-18T11:00:05Z,1,50\n\
                2026-11-18T11:00:10Z,0,\n\
                2026-11-18T11:00:15Z,1,100\n\
                2026-11-18T11:00:20Z,1,100\n";
    let tracks = [track("a.csv", rows)];
    let svg = picture(&report(&tracks), "goroutines").unwrap();
    assert!(svg.contains("<path class=\"line s0\" d=\"M0 0l250 500M750 0l250 0\"/>"), "{svg}");
    assert_eq!(picture(&report(&tracks), "open_fds"), None, "it was not reported");
}

#[test]
fn two_recordings_share_a_chart_and_five_do_not() {
    let two = [track("baseline.csv", &eventful(700)), track("current.csv", &eventful(900))];
    let text = page(&report(&two));
    assert_eq!(text.matches("<figure>").count(), 3, "goroutines, memory, latency");
    assert!(
        text.contains("class=\"line s1\"") && text.contains(">+10m<") && text.contains(">current.csv</text>")
    );
    let five: Vec<Track> = (0..5).map(|n| track(&format!("{n}.csv"), &eventful(700))).collect();
    let text = page(&report(&five));
    assert_eq!(text.matches("<figure>").count(), 15);
    let mut ids: Vec<&str> =
        text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), all), (30, 30), "two ids a chart, each of them once");
}

#[test]
fn the_count_at_one_load_is_drawn_where_the_cost_of_the_load_is_known() {
    let row = |n: u64, cost: u64| {
        let at = Timestamp::from_second(1_795_000_000 + n as i64 * 5).unwrap();
        let load = 20 + n * 7919 % 101;
        format!("{at},{n},1,{},{load}\n", 300 + cost * load)
    };
    let of = |cost| {
        let rows: String = (0..360).map(|n| row(n, cost)).collect();
        let mut tracks = [track("day1.csv", &format!("ts,elapsed_s,ok,goroutines,in_flight\n{rows}"))];
        let one_load = at_one_load(&mut tracks);
        page(&Report { one_load, ..report(&tracks) })
    };
    let text = of(5);
    assert!(
        text.contains("Goroutines at one load<span>, as if 70 requests were in flight all the time"),
        "{text}"
    );
    assert!(text.contains("day1.csv: from 650 to 650, median 650, last 650."), "{text}");
    assert!(!text.contains("<th>unexplained"), "it is no number of the recording: {text}");
    assert!(!of(0).contains("at one load"), "the load costs nothing");
}

#[test]
fn bands_are_drawn_where_they_are_near_and_named_where_they_are_not() {
    let flat = |count: u64| {
        let rows: String = (0..20).map(|n| format!("2026-11-18T11:00:{:02}Z,1,{count}\n", n * 3)).collect();
        page(&report(&[track("a.csv", &format!("ts,ok,goroutines\n{rows}"))]))
    };
    let (low, middle, high) = (flat(300), flat(900), flat(2500));
    assert!(low.contains("↑ warning above 2000, danger above 5000") && !low.contains("rect class=\"band"));
    assert!(middle.contains("band warning") && middle.contains("↑ danger above 5000"));
    assert!(high.contains("band warning") && high.contains("band danger") && !high.contains('↑'));
}

#[test]
fn where_the_load_explains_tasks_the_bands_are_at_those_beyond() {
    let rows: String = (0..20).map(|n| format!("2026-11-18T11:00:{:02}Z,1,9000,8900\n", n * 3)).collect();
    let tracks = [track("a.csv", &format!("ts,ok,goroutines,explained\n{rows}"))];
    let text = page(&report(&tracks));
    let (all, beyond) = text.split_once("Goroutines beyond those").unwrap();
    assert!(all.contains("<b>✓ OK</b>") && !all.contains("above 5000"), "{all}");
    assert!(beyond.contains("↑ warning above 2000"));
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let evil = "\"><img src=x onerror=alert(1)></title><script>alert(2)</script>";
    let mut track = track(&format!("{}.csv", evil.replace('/', "∕")), &eventful(700));
    let mut notes: crate::recording::Notes = serde_json::from_str(
        r#"{"schema":1,"tool":"","target":"","source":"","interval_s":1,"started":"","host":null}"#,
    )
    .unwrap();
    for text in [&mut notes.target, &mut notes.source, &mut notes.tool] {
        evil.clone_into(text);
    }
    notes.host = Some(evil.to_owned());
    notes.labels.insert(evil.to_owned(), evil.to_owned());
    track.notes = Some(notes);
    let tracks = [track];
    let report = Report { title: Some(evil), ..report(&tracks) };
    for text in [page(&report), picture(&report, "goroutines").unwrap()] {
        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
        assert!(!text.contains(evil), "{text}");
    }
    assert!(page(&report).contains("&lt;script&gt;alert(2)"), "it is shown, as text");
}

#[test]
fn a_month_fits_into_a_small_page_and_its_only_peak_is_on_it() {
    let mut tracking = Tracks::new(Thresholds::default(), 960);
    let mut rows = HEADER.to_owned();
    // As many rows as a month has are a matter of the grid's own test; what counts here is that every column is used
    // and every value differs.
    for n in 0..20_000_u64 {
        let at = Timestamp::from_second(1_795_000_000 + n as i64 * 130).unwrap();
        let noise = n.wrapping_mul(6_364_136_223_846_793_005) >> 54;
        let count = if n == 12_345 { 4999 } else { 500 + noise };
        rows += &format!("{at},{},{n},1,,{}.5,ok,{count},{},{n},\n", n * 130, noise % 90, noise << 20);
    }
    tracking.read(&[Input::from_bytes("month.csv".to_owned(), rows.into_bytes())], "FILE").unwrap();
    let text = page(&report(&[tracking.end().remove(0)]));
    assert!(text.len() < 150_000, "{} bytes for three charts", text.len());
    assert!(text.contains("max 4999"));
    // The area's upper edge reaches the peak: 4999 of 6000.
    let area = text.split("class=\"area s0\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut y = 0_i64;
    let mut highest = i64::MAX;
    for (n, number) in numbers(area).into_iter().enumerate() {
        if n == 1 {
            y = number;
        } else if n % 2 == 1 {
            y += number;
        }
        highest = highest.min(if n % 2 == 1 { y } else { i64::MAX });
    }
    assert_eq!(highest, 167);
}

/// Every number of a path that is one piece.
fn numbers(path: &str) -> Vec<i64> {
    let spaced: String = path
        .chars()
        .flat_map(|c| match c {
            '-' => vec![' ', '-'],
            c if c.is_ascii_digit() => vec![c],
            _ => vec![' '],
        })
        .collect();
    spaced.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn a_page_in_chinese() {
    let tracks = [track("a.csv", &eventful(300))];
    let page = vitals::Language::Zh.during(|| super::page(&report(&tracks)));
    assert!(page.starts_with("<!doctype html>\n<html lang=\"zh-CN\">"), "{}", &page[..80]);
    let text: String = page.split("<body>").nth(1).unwrap().split("<figure>").next().unwrap().to_owned();
    insta::assert_snapshot!(text);
}
