//! `record`: polls on a schedule until it is over or somebody asks to stop, one row per poll.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::exit;
use vitals::units::format_duration;

use crate::args::RecordArgs;
use crate::output::{self, Failure};
use crate::recording::{
    Mode, Notes, OpenError, Place, Progress, Row, Schedule, Sink, Summary, beside, counted,
};
use crate::render::timestamp;
use crate::source::Source;
use crate::stop::Stop;

/// Runs it.
pub(crate) fn run(args: &RecordArgs) -> Result<u8, Failure> {
    let mut source = super::source(&args.target)?;
    let to_stdout = args.csv.as_os_str() == "-";
    let (sink, place) = if to_stdout {
        (Sink::stdout().map_err(|error| Failure::stdout(&error))?, None)
    } else {
        Sink::open(&args.csv, mode(args)).map_err(|error| refused(&error))?
    };
    if sink.is_regular() {
        take_notes(args, &source, place.is_some())?;
    }
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let mut recorder =
        Recorder { sink, summary: Summary::default(), place, stop, progress: Progress::new(polls(args)) };
    let start = Instant::now();
    let ended = recorder.run(&mut source, args, start);
    recorder.progress.finish();
    let Recorder { sink: _, summary, stop, .. } = recorder;
    if let Err(error) = ended {
        return Err(if to_stdout {
            Failure::stdout(&error)
        } else {
            unwritable(&args.csv, &error, summary.rows())
        });
    }
    if summary.rows() == 0 && stop.is_set() {
        return Err(Failure { code: exit::INTERRUPTED, text: "interrupted before the first row".to_owned() });
    }
    let place = if to_stdout { String::new() } else { format!(" into {}", args.csv.display()) };
    output::hint(&summary.text(&format!("{place} in {}", format_duration(rounded(start.elapsed())))));
    match summary.last_error() {
        Some(error) if summary.good() == 0 => {
            Err(Failure { code: exit::UNKNOWN, text: format!("no poll succeeded: {error}") })
        }
        _ => Ok(exit::OK),
    }
}

struct Recorder {
    sink: Sink,
    summary: Summary,
    /// The last row of what is gone on with.
    place: Option<Place>,
    stop: Stop,
    progress: Progress,
}

impl Recorder {
    fn run(&mut self, source: &mut dyn Source, args: &RecordArgs, start: Instant) -> io::Result<()> {
        let first_seq = self.place.map_or(0, |place| place.seq + 1);
        let before = self.place.map_or(Duration::ZERO, |place| elapsed_until(&place, Timestamp::now()));
        let mut schedule = Schedule::new(start, args.interval, args.duration);
        while args.count.is_none_or(|count| self.summary.rows() < count) {
            let Some(due) = schedule.next(Instant::now()) else { break };
            if self.stop.wait_until(due) {
                break;
            }
            let (at, elapsed) = (Timestamp::now(), before + start.elapsed());
            let outcome = source.poll(args.target.timeout);
            let row = Row { at, elapsed, seq: first_seq + self.summary.rows(), outcome: &outcome };
            self.sink.write(&row.to_line())?;
            self.summary.add(&outcome);
            self.progress.add(&outcome);
        }
        self.sink.sync()
    }
}

/// The time between the recording's first row and now. No monotonic clock outlives a process, so the gap is the
/// wall clock's; if that went back, time at least does not.
fn elapsed_until(place: &Place, now: Timestamp) -> Duration {
    let gap = Duration::try_from(now.duration_since(place.at)).unwrap_or_default();
    place.elapsed + gap.max(Duration::from_millis(1))
}

fn mode(args: &RecordArgs) -> Mode {
    match (args.append, args.force) {
        (true, _) => Mode::Append,
        (_, true) => Mode::Force,
        _ => Mode::New,
    }
}

/// Whole seconds, unless that is nothing.
fn rounded(took: Duration) -> Duration {
    let seconds = took.as_secs_f64().round();
    if seconds < 1.0 { took } else { Duration::from_secs_f64(seconds) }
}

/// How many polls there will be, if that is known.
fn polls(args: &RecordArgs) -> Option<u64> {
    let scheduled = args.duration.map(|d| d.as_nanos() / args.interval.as_nanos().max(1) + 1);
    let scheduled = scheduled.and_then(|n| u64::try_from(n).ok());
    [scheduled, args.count].into_iter().flatten().min()
}

fn take_notes(args: &RecordArgs, source: &impl Source, resumed: bool) -> Result<(), Failure> {
    let path = beside(&args.csv);
    let now = timestamp(Timestamp::now());
    let earlier = if resumed { Notes::read(&path) } else { None };
    let labels: BTreeMap<_, _> = args.labels.iter().cloned().collect();
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
            interval_s: args.interval.as_secs_f64(),
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
mod tests;
