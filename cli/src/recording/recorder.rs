//! One run's share of a recording: opened safely, with its notes beside it, one row a poll. `record` and `watch`
//! write through it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::{Mode, Notes, OpenError, Place, Row, Sink, beside};
use crate::output::{self, Failure};
use crate::render::timestamp;
use crate::source::{PollError, Reading, Source};
use crate::words::counted;

/// What the command line says about a recording.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The file; `-` is standard output.
    pub(crate) path: &'a Path,
    /// What to do with a file that exists.
    pub(crate) mode: Mode,
    /// Time between polls.
    pub(crate) interval: Duration,
    /// The operator's own notes.
    pub(crate) labels: &'a [(String, String)],
}

/// A recording that is being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    sink: Sink,
    /// `None` for standard output.
    path: Option<PathBuf>,
    first_seq: u64,
    /// The time between the recording's first row and this run's start.
    before: Duration,
    rows: u64,
}

impl Recorder {
    /// Opens the file and writes its notes.
    ///
    /// # Errors
    /// The file exists, is no recording, is in use, or cannot be written: in words, and it is as it was.
    pub(crate) fn open(plan: &Plan<'_>, source: &impl Source) -> Result<Self, Failure> {
        let to_stdout = plan.path.as_os_str() == "-";
        let (sink, place) = if to_stdout {
            (Sink::stdout().map_err(|error| Failure::stdout(&error))?, None)
        } else {
            Sink::open(plan.path, plan.mode).map_err(|error| refused(&error))?
        };
        if sink.is_regular() {
            take_notes(plan, source, place.is_some())?;
        }
        Ok(Self {
            sink,
            path: (!to_stdout).then(|| plan.path.to_owned()),
            first_seq: place.map_or(0, |place| place.seq + 1),
            before: place.map_or(Duration::ZERO, |place| elapsed_until(&place, Timestamp::now())),
            rows: 0,
        })
    }

    /// Writes one poll, which began at `at`, `elapsed` after this run's start.
    ///
    /// # Errors
    /// What the disk or the reader said, and how many rows are safe.
    pub(crate) fn write(
        &mut self,
        at: Timestamp,
        elapsed: Duration,
        outcome: &Result<Reading, PollError>,
    ) -> Result<(), Failure> {
        let row = Row { at, elapsed: self.before + elapsed, seq: self.first_seq + self.rows, outcome };
        self.sink.write(&row.to_line()).map_err(|error| self.unwritable(&error))?;
        self.rows += 1;
        Ok(())
    }

    /// Makes sure that all rows are on the disk.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) fn sync(&mut self) -> Result<(), Failure> {
        self.sink.sync().map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        match &self.path {
            None => Failure::stdout(error),
            Some(path) => unwritable(path, error, self.rows),
        }
    }
}

/// The time between the recording's first row and now. No monotonic clock outlives a process, so the gap is the
/// wall clock's; if that went back, time at least does not.
fn elapsed_until(place: &Place, now: Timestamp) -> Duration {
    let gap = Duration::try_from(now.duration_since(place.at)).unwrap_or_default();
    place.elapsed + gap.max(Duration::from_millis(1))
}

fn take_notes(plan: &Plan<'_>, source: &impl Source, resumed: bool) -> Result<(), Failure> {
    let path = beside(plan.path);
    let now = timestamp(Timestamp::now());
    let earlier = if resumed { Notes::read(&path) } else { None };
    let labels: BTreeMap<_, _> = plan.labels.iter().cloned().collect();
    let notes = match earlier {
        Some(mut notes) => {
            if notes.target != source.target() {
                output::hint(&format!(
                    "note: the earlier rows are of {}, not of {}",
                    notes.target,
                    source.target()
                ));
            }
            notes.resumed.push(now);
            notes.labels.extend(labels);
            notes
        }
        None => Notes {
            schema: 1,
            tool: concat!("watertight ", env!("CARGO_PKG_VERSION")).to_owned(),
            target: source.target().to_owned(),
            source: source.name().to_owned(),
            interval_s: plan.interval.as_secs_f64(),
            started: now,
            resumed: Vec::new(),
            host: host(),
            labels,
        },
    };
    notes.write(&path).map_err(|error| Failure::output(format!("cannot write {}: {error}", path.display())))
}

fn host() -> Option<String> {
    let system = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named =
        system.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn refused(error: &OpenError) -> Failure {
    match error {
        OpenError::Exists(_) | OpenError::Foreign { .. } => Failure::usage(error.to_string()),
        OpenError::Locked(_) | OpenError::Io { .. } => Failure::output(error.to_string()),
    }
}

fn unwritable(path: &Path, error: &io::Error, rows: u64) -> Failure {
    let cause = match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota is used up".to_owned(),
        io::ErrorKind::FileTooLarge => "the file may not become larger (ulimit -f)".to_owned(),
        _ => error.to_string(),
    };
    let rows = counted(rows, "row of this run is", "rows of this run are");
    Failure::output(format!(
        "cannot write {}: {cause}; {rows} safe in it: make room, then go on with --append",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_before_a_full_disk_are_counted() {
        let failure = unwritable(Path::new("a.csv"), &io::Error::from(io::ErrorKind::StorageFull), 3);
        assert_eq!(failure.code, vitals::exit::OUTPUT);
        assert_eq!(
            failure.text,
            "cannot write a.csv: the disk is full; 3 rows of this run are safe in it: make room, then go on with --append"
        );
    }

    #[test]
    fn elapsed_time_goes_on_and_never_back() {
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        let place = Place { at, elapsed: Duration::from_secs(10), seq: 2 };
        let later = |s: i64| elapsed_until(&place, Timestamp::from_second(1_795_000_000 + s).unwrap());
        assert_eq!(later(60), Duration::from_secs(70));
        assert_eq!(later(-60), Duration::from_millis(10_001));
    }
}
