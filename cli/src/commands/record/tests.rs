use std::fs;
use std::path::Path;
use std::time::Duration;

use vitals::Sample;

use super::*;
use crate::args::{self, Command};
use crate::source::{ErrorKind, PollError, Reading};

/// Answers what it is told, in turn, and asks to stop after the last one.
struct Scripted {
    answers: Vec<Option<u64>>,
    stop: Stop,
}

impl Source for Scripted {
    fn name(&self) -> &'static str {
        "script"
    }

    fn target(&self) -> &str {
        "http://script"
    }

    fn poll(&mut self, _timeout: Duration) -> Result<Reading, PollError> {
        let answer = self.answers.remove(0);
        if self.answers.is_empty() {
            self.stop.set();
        }
        let sample = Sample { goroutines: answer, ..Sample::default() };
        match answer {
            Some(_) => Ok(Reading { sample, status: None, program: None, latency: Duration::from_millis(1) }),
            None => Err(PollError::new(ErrorKind::Dns, "what", "cure")),
        }
    }
}

fn arguments(path: &Path, more: &str) -> RecordArgs {
    let line = format!("watertight record -i 100ms --csv {} {more}", path.display());
    match args::parse(line.split_whitespace().map(Into::into)).unwrap().command {
        Command::Record(args) => args,
        other => panic!("{other:?}"),
    }
}

fn record(path: &Path, more: &str, answers: &[Option<u64>]) -> (Result<(), Failure>, Summary) {
    let args = arguments(path, more);
    let stop = Stop::default();
    let mut source = Scripted { answers: answers.to_vec(), stop: stop.clone() };
    let recorder = Recorder::open(&plan(&args), &source).unwrap();
    let mut run = Run { recorder, summary: Summary::default(), stop, progress: Progress::new(None) };
    let ended = run.poll(&mut source, &args, Instant::now());
    (ended, run.summary)
}

fn columns(path: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

#[test]
fn a_failed_poll_is_a_row_and_a_resumed_recording_is_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let (ended, summary) = record(&path, "", &[Some(5), None, Some(7)]);
    ended.unwrap();
    assert_eq!((summary.polls(), summary.good_polls()), (3, 2));
    // As a kill would leave it.
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    record(&path, "--append", &[Some(8), Some(9)]).0.unwrap();
    assert_eq!(columns(&path, "seq"), ["0", "1", "2", "3"]);
    assert_eq!(columns(&path, "goroutines"), ["5", "", "8", "9"]);
    assert_eq!(columns(&path, "error"), ["", "dns", "", ""]);
    let elapsed: Vec<f64> = columns(&path, "elapsed_s").iter().map(|s| s.parse().unwrap()).collect();
    assert!(elapsed.is_sorted() && elapsed[1] >= 0.1, "{elapsed:?}");
}

#[test]
fn stops_at_the_count_and_at_the_end_of_the_time() {
    let dir = tempfile::tempdir().unwrap();
    let many = [Some(1); 50];
    let (_, summary) = record(&dir.path().join("a.csv"), "-n 2", &many);
    assert_eq!(summary.polls(), 2);
    let (_, summary) = record(&dir.path().join("b.csv"), "--duration 200ms", &many);
    assert!((2..=3).contains(&summary.polls()), "a slow machine may skip one: {summary:?}");
}

#[test]
fn the_number_of_polls() {
    let polls = |more: &str| polls(&arguments(Path::new("a"), more));
    assert_eq!(polls(""), None);
    assert_eq!(polls("-n 7"), Some(7));
    assert_eq!(polls("--duration 1s"), Some(11));
    assert_eq!(polls("--duration 1s -n 7"), Some(7));
}
