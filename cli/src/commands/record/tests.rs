use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use vitals::Sample;

use super::*;
use crate::args::{self, Command};
use crate::source::{ErrorKind, PollError, Reading};

/// Time that passes only when somebody waits for it, or when a poll takes some.
struct Simulated {
    start: Instant,
    passed: Cell<Duration>,
    wall: Cell<Timestamp>,
}

impl Simulated {
    fn new(start: Instant) -> Self {
        let wall = "2026-11-18T23:59:00Z".parse().unwrap();
        Self { start, passed: Cell::default(), wall: Cell::new(wall) }
    }

    fn pass(&self, time: Duration) {
        self.passed.set(self.passed.get() + time);
        self.wall.set(self.wall.get() + time);
    }
}

impl Clock for &Simulated {
    fn now(&self) -> Instant {
        self.start + self.passed.get()
    }

    fn wall(&self) -> Timestamp {
        self.wall.get()
    }

    fn wait_until(&self, deadline: Instant) -> bool {
        self.pass(deadline.saturating_duration_since(self.now()));
        false
    }
}

/// Answers what it is told for each poll, after the time that it is told.
struct Scripted<'a, F> {
    clock: &'a Simulated,
    answer: F,
    polls: u64,
}

impl<F: FnMut(u64, &Simulated) -> Option<u64>> Source for Scripted<'_, F> {
    fn name(&self) -> &'static str {
        "script"
    }

    fn target(&self) -> &str {
        "http://script"
    }

    fn poll(&mut self, _timeout: Duration) -> Result<Reading, PollError> {
        let answer = (self.answer)(self.polls, self.clock);
        self.polls += 1;
        let sample = Sample { goroutines: answer, ..Sample::default() };
        match answer {
            Some(_) => Ok(Reading::of(sample, Duration::from_millis(1))),
            None => Err(PollError::new(ErrorKind::Dns, "what", "cure")),
        }
    }
}

fn arguments(path: &Path, more: &str) -> RecordArgs {
    let line = format!("watertight record --csv {} {more}", path.display());
    match args::parse(line.split_whitespace().map(Into::into)).unwrap().command {
        Command::Record(args) => args,
        other => panic!("{other:?}"),
    }
}

/// Records in simulated time; `answer` gets the poll's number and may let time pass.
fn record(
    path: &Path,
    more: &str,
    answer: impl FnMut(u64, &Simulated) -> Option<u64>,
) -> (Result<(), Failure>, Summary) {
    let args = arguments(path, more);
    let start = Instant::now();
    let clock = Simulated::new(start);
    let source = Scripted { clock: &clock, answer, polls: 0 };
    let recorder =
        Recorder::open(&settings::recorded(&args, path), source.target(), source.name(), clock.wall.get())
            .unwrap();
    let recorder = &Joint::new(recorder, 1);
    let mut run = Run {
        source,
        instance: None,
        recorder,
        told: BTreeSet::new(),
        summary: Summary::default(),
        progress: Progress::new(None),
    };
    let ended = run.poll(&args, start, &&clock);
    (ended, run.summary)
}

/// Why a recording does not begin.
fn refused(path: &Path, more: &str) -> String {
    let args = arguments(path, more);
    let clock = Simulated::new(Instant::now());
    let source = Scripted { clock: &clock, answer: |_, _: &Simulated| None, polls: 0 };
    let opened =
        Recorder::open(&settings::recorded(&args, path), source.target(), source.name(), clock.wall.get());
    opened.unwrap_err().text().to_owned()
}

fn columns(path: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

fn elapsed(path: &Path) -> Vec<f64> {
    columns(path, "elapsed_s").iter().map(|cell| cell.parse().unwrap()).collect()
}

/// Every file of a folder but the notes, by name.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| !path.to_string_lossy().ends_with(".meta.json")).collect();
    files.sort();
    files
}

#[test]
fn three_days_without_drift() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    // Each poll takes another time, some of them longer than the interval.
    let (ended, summary) = record(&path, "-i 5s --duration 3d", |n, clock| {
        clock.pass(Duration::from_millis(n * 7919 % 4990));
        if n % 1000 == 999 {
            clock.pass(Duration::from_secs(11));
        }
        Some(n)
    });
    ended.unwrap();
    let at = elapsed(&path);
    assert_eq!(at.len() as u64, summary.polls());
    assert!(at.iter().all(|seconds| seconds % 5.0 == 0.0), "every row is on a multiple of the interval");
    assert!(at.windows(2).all(|pair| pair[1] > pair[0]));
    assert_eq!((at[0], at[at.len() - 1]), (0.0, 259_200.0));
    // 51,841 polls were due; each of the long ones hid two or three.
    let missed = 51_841 - at.len();
    assert!((2 * 51..=3 * 52).contains(&missed), "{missed}");
}

#[test]
fn after_a_suspend_polls_are_skipped_and_never_made_up_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    record(&path, "-i 5s -n 6", |n, clock| {
        if n == 2 {
            clock.pass(Duration::from_secs(8 * 3600 + 2));
        }
        Some(n)
    })
    .0
    .unwrap();
    assert_eq!(elapsed(&path), [0.0, 5.0, 10.0, 28_815.0, 28_820.0, 28_825.0]);
}

#[test]
fn a_failed_poll_is_a_row_and_a_resumed_recording_is_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let (ended, summary) = record(&path, "-n 3", |n, _| [Some(5), None, Some(7)][n as usize]);
    ended.unwrap();
    assert_eq!((summary.polls(), summary.good_polls()), (3, 2));
    // As a kill would leave it.
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    record(&path, "--append -n 2", |n, _| Some(8 + n)).0.unwrap();
    assert_eq!(columns(&path, "seq"), ["0", "1", "2", "3"]);
    assert_eq!(columns(&path, "goroutines"), ["5", "", "8", "9"]);
    assert_eq!(columns(&path, "error"), ["", "dns", "", ""]);
    assert!(elapsed(&path).is_sorted());
}

#[test]
fn rotated_by_the_day_no_row_is_lost_and_old_files_go() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("day.csv");
    let (ended, summary) = record(&base, "-i 30s --duration 3d --rotate 1d --keep 3", |n, _| Some(n));
    ended.unwrap();
    let files = files(dir.path());
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        ["day.20261119T000000000Z.csv", "day.20261120T000000000Z.csv", "day.20261121T000000000Z.csv"],
        "and not the one that began a minute before"
    );
    let seqs: Vec<u64> =
        files.iter().flat_map(|file| columns(file, "seq")).map(|cell| cell.parse().unwrap()).collect();
    assert_eq!(seqs, (summary.polls() - seqs.len() as u64..summary.polls()).collect::<Vec<_>>(), "{names:?}");
    assert!(seqs.len() > 5000, "{names:?}");
    for file in &files {
        let days: std::collections::BTreeSet<_> =
            columns(file, "ts").iter().map(|ts| ts[..10].to_owned()).collect();
        assert_eq!(days.len(), 1, "{days:?} in {names:?}");
    }
}

#[test]
fn rotated_by_size_and_resumed_into_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("a.csv");
    let rotate = "-i 1s --rotate-size 2KiB";
    record(&base, &format!("{rotate} -n 100"), |n, _| Some(n)).0.unwrap();
    let before = files(dir.path());
    assert!(before.len() > 3 && before.iter().all(|file| fs::metadata(file).unwrap().len() <= 2048));
    // As a kill right after the last file was begun would leave it.
    let newest = before.last().unwrap();
    let header = fs::read_to_string(newest).unwrap().lines().next().unwrap().to_owned();
    let lost = columns(newest, "seq").len() as u64;
    fs::write(newest, format!("{header}\n2026-1")).unwrap();
    record(&base, &format!("{rotate} -n 3 --append"), |n, _| Some(1000 + n)).0.unwrap();
    let all: Vec<String> = files(dir.path()).iter().flat_map(|file| columns(file, "seq")).collect();
    let expected: Vec<String> = (0..100 - lost + 3).map(|n| n.to_string()).collect();
    assert_eq!((files(dir.path()).len(), all), (before.len(), expected));
    assert!(refused(&base, rotate).contains("exists"));
    record(&base, &format!("{rotate} -n 1 --force"), |n, _| Some(n)).0.unwrap();
    assert_eq!(files(dir.path()).len(), 1, "--force begins anew");
}

#[test]
fn ndjson_ends_with_a_summary_of_the_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.ndjson");
    let lines = || -> Vec<serde_json::Value> {
        fs::read_to_string(&path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    record(&path, "--format ndjson -n 3", |n, _| [Some(5), None, Some(7)][n as usize]).0.unwrap();
    let first = lines();
    assert_eq!(first.len(), 4);
    assert_eq!((&first[1]["error"]["kind"], &first[2]["goroutines"]), (&"dns".into(), &7.into()));
    record(&path, "--format ndjson -n 2 --append", |n, _| Some(8 + n)).0.unwrap();
    let second = lines();
    assert_eq!((second.len(), &second[..3]), (6, &first[..3]), "the old summary is gone, the rows are not");
    let summary = &second[5];
    assert_eq!((&summary["type"], &summary["polls"]), (&"summary".into(), &5.into()));
    assert_eq!((&summary["failed"]["dns"], &summary["metrics"]["goroutines"]["max"]), (&1.into(), &9.into()));
    assert_eq!(second[4]["seq"], 4);
    // Something else is never taken for a recording.
    for foreign in ["hello", "{\"type\":\"sample\"}\n", "{}\n"] {
        fs::write(&path, foreign).unwrap();
        let why = refused(&path, "--format ndjson --append");
        assert!(why.contains("not a row"), "{why}");
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign);
    }
}

#[test]
fn openmetrics_lies_beside_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    record(&path, "--format openmetrics -n 3 --label build=7", |n, _| Some(n)).0.unwrap();
    let text = fs::read_to_string(dir.path().join("a.om")).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let series = "watertight_tasks{build=\"7\",target=\"http://script\"}";
    assert_eq!(text.matches(series).count(), 3, "{text}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_vanishes_is_noticed_at_the_next_row() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mounted");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("a.csv");
    let (ended, summary) = record(&path, "-n 9", |n, _| {
        if n == 3 {
            fs::remove_dir_all(&folder).unwrap();
        }
        Some(n)
    });
    let failure = ended.unwrap_err();
    assert_eq!((failure.code(), summary.polls()), (exit::OUTPUT, 3));
    assert!(failure.text().contains("was moved or removed"), "{}", failure.text());
}

#[test]
fn no_target_waits_for_another() {
    // The first one ends only after the second one has: side by side, or never.
    let (send, receive) = sync_channel::<()>(1);
    let receive = std::sync::Mutex::new(receive);
    let ended = abreast(vec![0, 1], |run| {
        if *run == 1 {
            send.send(()).unwrap();
            return true;
        }
        receive.lock().unwrap().recv_timeout(Duration::from_secs(60)).is_ok()
    });
    assert_eq!(ended, [(0, true), (1, true)]);
}

#[test]
fn the_gravest_end_decides() {
    let failure = |code| Err(Failure::Said { code, text: "why".to_owned() });
    assert_eq!(all(vec![Ok(0), Ok(0)]).unwrap(), 0);
    for (told, code) in [
        (vec![failure(exit::UNKNOWN), Ok(0)], exit::UNKNOWN),
        (vec![failure(exit::OUTPUT), failure(exit::UNKNOWN)], exit::OUTPUT),
        (vec![Ok(0), failure(exit::INTERRUPTED)], exit::INTERRUPTED),
    ] {
        assert_eq!(all(told).unwrap_err().code(), code);
    }
}

#[test]
fn clocks_that_part_are_mentioned() {
    let at = |seconds: i64| Timestamp::from_second(1_795_000_000 + seconds).unwrap();
    let after = Duration::from_secs;
    assert_eq!(jump((at(0), after(0)), (at(6), after(5))), None);
    let forward = jump((at(0), after(5)), (at(3605), after(10))).unwrap();
    assert!(forward.contains("forward by 1h before 2026-11-18T12:06:45"), "{forward}");
    assert!(jump((at(0), after(0)), (at(-55), after(5))).unwrap().contains("back by 1m"));
}

#[test]
fn the_number_of_polls() {
    let polls = |more: &str| settings::polls(&arguments(Path::new("a"), &format!("-i 100ms {more}")));
    assert_eq!(polls(""), None);
    assert_eq!(polls("-n 7"), Some(7));
    assert_eq!(polls("--duration 1s"), Some(11));
    assert_eq!(polls("--duration 1s -n 7"), Some(7));
}

#[test]
fn answers_that_are_slower_than_the_interval_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let slow = |_, clock: &Simulated| {
        clock.pass(Duration::from_millis(12_000));
        Some(5)
    };
    let (_, mut summary) = record(&path, "-i 5s --duration 45s", slow);
    assert!(
        words::recorded(&summary, "")
            .ends_with("; of 10 polls due 6 were skipped: one took long, or the machine slept")
    );
    summary.latency.spread = vitals::Spread::default();
    summary.latency.spread.add(12_000_000);
    assert!(words::recorded(&summary, "").ends_with("; answers take 12.0 s: of 10 polls due 6 were skipped"));
    let (_, summary) = record(&dir.path().join("b.csv"), "-i 5s --duration 45s", |n, _| Some(n));
    assert!(!words::recorded(&summary, "").contains("skipped"));
}

mod instances_tests;
