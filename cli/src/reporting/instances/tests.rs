use jiff::Timestamp;
use vitals::Verdict;
use vitals::trend::Course;

use super::*;
use crate::reporting::Span;

fn track(rows: &str) -> Track {
    let [track] = <[Track; 1]>::try_from(tracks(rows)).unwrap();
    track
}

fn tracks(rows: &str) -> Vec<Track> {
    let mut tracks = Tracks::new(Thresholds::default(), 100);
    let inputs = [Input::from_bytes("a/day1.csv".to_owned(), rows.as_bytes().to_vec())];
    tracks.read(&inputs, "FILE").unwrap();
    tracks.end()
}

fn row(second: i64, goroutines: u64, start: u64) -> String {
    let at = Timestamp::from_second(1_795_000_000 + second).unwrap();
    format!("{at},1,,{goroutines},{start}\n")
}

const HEADER: &str = "ts,ok,error,goroutines,start_time\n";

#[test]
fn gaps_restarts_and_failures_have_their_places() {
    let mut text = HEADER.to_owned();
    (0..5).for_each(|n| text += &row(n * 5, 100, 1));
    text += &row(200, 90, 1);
    (41..80).for_each(|n| text += &row(n * 5, 110, 2));
    text += &row(1000, 120, 2);
    text += "2026-11-18T11:23:25Z,0,refused,,\nhello\n";
    let track = track(&text);
    assert_eq!((track.name.as_str(), track.interval, track.utc), ("day1.csv", Some(5000), true));
    assert_eq!(
        track.gaps,
        [Span { from: 20_000, to: 200_000 }, Span { from: 395_000, to: 1_000_000 }],
        "the first one is among the rows that tell what is usual"
    );
    assert_eq!((track.restarts.as_slice(), track.foreign), (&[205_000][..], 1));
    assert_eq!(track.grid.cells().map(|cell| cell.failed).sum::<u64>(), 1);
    assert_eq!((track.numbers[0].spread.max(), track.numbers[0].max_at), (Some(120), 1_000_000));
}

/// Half an hour of a leak, and half an hour without: what was mended is told, and is no finding.
#[test]
fn the_last_life_decides_and_each_instance_has_its_own() {
    let mut text = HEADER.to_owned();
    let whole = |n: i64| n.unsigned_abs();
    let noise = |n: i64| whole(n) * 7919 % 31;
    (0..360).for_each(|n| text += &row(n * 5, 300 + whole(n) * 5 + noise(n), 1));
    (360..720).for_each(|n| text += &row(n * 5, 300 + noise(n), 2));
    let mended = track(&text);
    assert_eq!((mended.verdict(), mended.restarts.len()), (Verdict::Ok, 1));
    let told = crate::words::finding(&mended.conclusion.passed[0].finding);
    assert!(told.starts_with("before this restart: ") && told.contains("goroutines grow by 3,6"), "{told}");
    let mut text = HEADER.to_owned();
    (0..720).for_each(|n| {
        let leak = if n % 2 == 1 { whole(n) * 3 } else { 500 };
        text += &row(n * 5, 300 + leak + noise(n), 1 + whole(n) % 2);
    });
    let mixed = track(&text);
    assert_eq!((mended.trends[0].course, mixed.trends[0].course), (Course::Stable, Course::Growing));
    assert!(mixed.restarts.is_empty() && mixed.watching.summary.processes.is_several());
}

#[test]
fn growth_of_each_instance_is_told_by_its_name() {
    let mut text = HEADER.to_owned();
    (0..720_u64).for_each(|n| {
        let leak = if n % 2 == 1 { n * 2 } else { n * 3 };
        text += &row(n.cast_signed() * 5, 300 + leak + n * 7919 % 31, 1 + n % 2);
    });
    let mixed = track(&text);
    let findings: Vec<_> =
        mixed.conclusion.findings.iter().map(|seen| crate::words::finding(&seen.finding)).collect();
    for (instance, slope) in [("instance 1 of 2", "grow by 2,15"), ("instance 2 of 2", "grow by 1,4")] {
        let told = |text: &&String| text.starts_with(instance) && text.contains(slope);
        assert_eq!(findings.iter().filter(told).count(), 1, "{findings:?}");
    }
    assert!(mixed.told().all(|trend| trend.course != Course::Growing), "it is told above, by its name");
}

/// A small rise in much noise: of a process that has just started it may be the warm-up.
#[test]
fn a_row_that_tells_the_start_tells_how_young_the_process_is() {
    let judged = |age: u64| {
        let mut text = "ts,ok,error,goroutines,in_flight,start_time\n".to_owned();
        for n in 0..=360_u32 {
            let noise = f64::from((n.wrapping_mul(2_654_435_761) >> 16) & 0xff) - 128.0;
            let count = 800.0 - 160.0 * (-f64::from(n) / 180.0).exp() + noise;
            let at = Timestamp::from_second(1_795_000_000 + i64::from(n) * 5).unwrap();
            text += &format!("{at},1,,{count:.0},50,{}\n", 1_795_000_000 - age);
        }
        track(&text).trends[0].course
    };
    assert_eq!((judged(86_400), judged(0)), (Course::Growing, Course::Inconclusive));
}

#[test]
fn nobody_is_asked_to_record_a_crash_loop_for_longer() {
    let mut text = HEADER.to_owned();
    (0..60).for_each(|n| text += &row(n * 5, 300, 1 + n.unsigned_abs() / 12));
    let track = track(&text);
    assert_eq!(track.verdict(), Verdict::Danger);
    let said = crate::words::page_trend(&track.trends[0]);
    assert!(said.contains("too short") && !said.contains("more"), "{said}");
    let short = self::track(&(HEADER.to_owned() + &row(0, 300, 1) + &row(30, 301, 1)));
    let said = crate::words::page_trend(&short.trends[0]);
    assert!(said.contains("too short, about 8m30s more are needed"), "rows within the warm-up: {said}");
}

#[test]
fn a_clock_that_goes_back_does_not_turn_the_line_back() {
    let mut text = HEADER.to_owned();
    (0..40).for_each(|n| text += &row(n * 5, 100, 1));
    (0..40).for_each(|n| text += &row(n * 5 - 3600, 100, 1));
    let track = track(&text);
    assert_eq!((track.length, track.gap_count), (79 * 5000, 0));
    assert!(track.grid.cells().map(|cell| cell.at).is_sorted());
}

#[test]
fn old_logs_are_in_local_time() {
    let track = track("[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB\n");
    assert_eq!((track.utc, track.length, track.interval), (false, 0, None));
    assert_eq!(track.numbers[2].spread.max(), Some(256 << 20));
}

#[test]
fn the_notes_of_one_of_several_files() {
    let dir = tempfile::tempdir().unwrap();
    let notes =
        r#"{"schema":1,"tool":"t","target":"x","source":"s","interval_s":1,"started":"","host":null}"#;
    std::fs::write(dir.path().join("day.meta.json"), notes).unwrap();
    for name in ["day.csv", "day.20261118T110640250Z.csv"] {
        assert_eq!(notes_of(&dir.path().join(name)).unwrap().target, "x", "{name}");
    }
    assert_eq!(notes_of(&dir.path().join("other.csv")), None);
}

/// Two addresses of one name, a poll of each every five seconds, the later one's time a little before the other's: one
/// leaks.
#[test]
fn each_instance_that_rows_name_is_a_track_of_its_own() {
    let mut text = "ts,ok,error,goroutines,instance\n".to_owned();
    for n in 0..480_u64 {
        let at = |ms: u64| Timestamp::from_millisecond(1_795_000_000_000 + (n * 5000 + ms) as i64).unwrap();
        let noise = n * 7919 % 31;
        text += &format!("{},1,,{},10.0.0.8:80\n", at(3), 500 + noise);
        text += &format!("{},1,,{},10.0.0.7:80\n", at(0), 300 + n * 3 + noise);
    }
    text += "2026-11-18T11:46:45Z,0,refused,,10.0.0.8:80\nhello\n";
    let both = tracks(&text);
    let names: Vec<&str> = both.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["day1.csv (10.0.0.7:80)", "day1.csv (10.0.0.8:80)"]);
    let courses: Vec<Course> = both.iter().map(|track| track.trends[0].course).collect();
    assert_eq!(courses, [Course::Growing, Course::Stable]);
    let failed: Vec<u64> = both.iter().map(|track| track.watching.summary.failed_polls()).collect();
    assert_eq!((failed, both[0].foreign, both[1].foreign), (vec![0, 1], 1, 0));
    assert_eq!(both.iter().map(|track| track.interval).collect::<Vec<_>>(), [Some(5000); 2]);
    assert!(both.iter().all(|track| track.restarts.is_empty() && track.gap_count == 0));
}
