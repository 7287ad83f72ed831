//! One run's share of a recording: opened safely, with its notes beside it, one row a poll, and a new file when the
//! old one is full. `record` and `watch` write through it.

pub(crate) mod csv;
mod file;
mod joint;
mod lines;
pub(crate) mod ndjson;
mod openmetrics;
mod sole;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use vitals::{Processes, Sample};

use super::form::{Form, INSTANCE, Place, Row, names};
use super::retention::{self, Rotation};
use super::{Notes, beside, reader};
use crate::finding::{NotOurs, Unopened};
use crate::moment::timestamp;
use crate::output::{self, Failure};
use crate::reading::{Outcome, Reading};
use crate::words;
pub(crate) use file::Mode;
use file::Sink;
pub(crate) use joint::Joint;
use ndjson::Ending;

/// A recording as the command line asks for it.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The file; `-` is standard output. With a rotation it is what the files' names are made from.
    pub(crate) path: &'a Path,
    /// The fate of a file that exists.
    pub(crate) mode: Mode,
    /// Time between polls.
    pub(crate) interval: Duration,
    /// The operator's own notes.
    pub(crate) labels: &'a [(String, String)],
    /// How rows are written.
    pub(crate) form: Form,
    /// A file for Prometheus is written from each that ends.
    pub(crate) open_metrics: bool,
    /// When new files begin.
    pub(crate) rotation: Option<Rotation>,
    /// Rows of several instances come into it.
    pub(crate) instances: bool,
}

/// A recording that is being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    sink: Sink,
    form: Form,
    interval: Duration,
    /// The file that is being written; `None` for standard output.
    path: Option<PathBuf>,
    rotating: Option<Rotating>,
    /// The labels of a file for Prometheus, where there is one.
    open_metrics: Option<BTreeMap<String, String>>,
    ending: Option<Ending>,
    /// Whoever answered, in this run.
    processes: Processes,
    /// The notes beside the file, and the source that they name.
    notes: Option<(PathBuf, String)>,
    first_seq: u64,
    /// The time between the recording's first row and this run's start.
    before: Duration,
    rows: u64,
}

/// The place of the file that is being written among the others.
#[derive(Debug)]
struct Rotating {
    base: PathBuf,
    rotation: Rotation,
    /// The time in its name.
    from: Timestamp,
}

impl Recorder {
    /// Opens the file and writes its notes: of a target, which a source of that name answers for. It is `now` by the
    /// wall clock.
    ///
    /// # Errors
    /// The file exists, is no recording, is in use, or cannot be written: in words, and it is as it was.
    pub(crate) fn open(plan: &Plan<'_>, target: &str, source: &str, now: Timestamp) -> Result<Self, Failure> {
        let to_stdout = plan.path.as_os_str() == "-";
        let Opened { sink, place, path, rotating } = if to_stdout {
            let sink = Sink::stdout(plan.form).map_err(|error| Failure::stdout(&error))?;
            Opened { sink, place: None, path: None, rotating: None }
        } else {
            let opened = opened(plan, now).and_then(|opened| opened.fit_for(plan));
            opened.map_err(|error| refused(&error))?
        };
        let notes = sink.is_regular().then(|| (beside(plan.path), source.to_owned()));
        if notes.is_some() {
            take_notes(plan, [target, source], now, place.is_some())?;
        }
        let mut ending = (plan.form == Form::Ndjson).then(|| Ending::new(target, source));
        if let (Some(path), Some(ending), Some(_)) = (&path, &mut ending, place) {
            reader::again(path, |place, outcome, of| ending.add(place.at, place.elapsed, outcome, of))
                .map_err(|error| Failure::output(words::cannot_read(path, &error)))?;
        }
        let named = [("target".to_owned(), target.to_owned())];
        Ok(Self {
            sink,
            form: plan.form,
            interval: plan.interval,
            path,
            rotating,
            open_metrics: plan.open_metrics.then(|| plan.labels.iter().cloned().chain(named).collect()),
            ending,
            notes,
            first_seq: place.map_or(0, |place| place.seq + 1),
            before: place.map_or(Duration::ZERO, |place| elapsed_until(&place, now)),
            rows: 0,
            processes: Processes::default(),
        })
    }

    /// Writes one poll, which began at `at`, `elapsed` after this run's start; of this instance, where several are
    /// recorded into one file.
    ///
    /// # Errors
    /// The disk's or the reader's, with how many rows are safe.
    pub(crate) fn write(
        &mut self,
        at: Timestamp,
        elapsed: Duration,
        outcome: &Outcome,
        instance: Option<&str>,
    ) -> Result<(), Failure> {
        let counted = self.counted(at, outcome, instance);
        let outcome = counted.as_ref().unwrap_or(outcome);
        let row =
            Row { at, elapsed: self.before + elapsed, seq: self.first_seq + self.rows, outcome, instance };
        let line = self.form.line(&row, self.sink.columns());
        if self.is_full(at, line.len() as u64) {
            self.next_file(at)?;
        }
        self.sink.write(&line).map_err(|error| self.unwritable(&error))?;
        if let Some(ending) = &mut self.ending {
            ending.add(at, row.elapsed, outcome, instance.unwrap_or_default());
        }
        self.rows += 1;
        // The next row may be an hour away, and this one must not wait for it.
        if self.interval >= file::SYNC_EVERY {
            self.sink.sync().map_err(|error| self.unwritable(&error))?;
        }
        Ok(())
    }

    /// An answer with the number of restarts that were seen, if it tells of any.
    fn counted(&mut self, at: Timestamp, outcome: &Outcome, instance: Option<&str>) -> Option<Outcome> {
        let reading = outcome.as_ref().ok()?;
        let tells = Processes::can_tell(&reading.sample);
        self.processes.see(at.as_duration().as_secs_f64(), instance, &reading.sample);
        let restarts = tells.then(|| self.processes.restarts_of(instance));
        Some(Ok(Reading { sample: Sample { restarts, ..reading.sample }, ..reading.clone() }))
    }

    /// Says which source has answered: it is known only then.
    ///
    /// # Errors
    /// The notes cannot be written.
    pub(crate) fn took(&mut self, source: &str) -> Result<(), Failure> {
        if let Some(ending) = &mut self.ending
            && ending.source != source
        {
            source.clone_into(&mut ending.source);
        }
        let Some((path, named)) = &mut self.notes else { return Ok(()) };
        if named == source {
            return Ok(());
        }
        source.clone_into(named);
        let Some(mut notes) = Notes::read(path) else { return Ok(()) };
        source.clone_into(&mut notes.source);
        notes.write(path).map_err(|error| Failure::output(words::cannot_write(path, &error)))
    }

    /// Writes what belongs at the end, and makes sure that all rows are on the disk.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let text = self.ending.as_mut().map(Ending::lines).unwrap_or_default();
        if !text.is_empty() {
            self.sink.write(text.as_bytes()).map_err(|error| self.unwritable(&error))?;
        }
        self.sink.sync().map_err(|error| self.unwritable(&error))?;
        if let (Some(labels), Some(path)) = (&self.open_metrics, &self.path) {
            openmetrics::write(path, labels).map_err(|error| {
                let error = words::cannot_write(&openmetrics::beside(path), &error);
                Failure::output(words::rows_are_safe(&error, Some(path)))
            })?;
        }
        Ok(())
    }

    fn is_full(&self, now: Timestamp, more: u64) -> bool {
        let lengths = self.rotating.as_ref().zip(self.sink.length());
        lengths.is_some_and(|(rotating, (length, header))| {
            rotating.rotation.is_due(rotating.from, now, length, header, more)
        })
    }

    /// Ends the file and begins the next one. What is written is on the disk before there is a new name.
    fn next_file(&mut self, at: Timestamp) -> Result<(), Failure> {
        self.finish()?;
        let Some(rotating) = &mut self.rotating else { return Ok(()) };
        let at = retention::after(rotating.from, at);
        let path = retention::name(&rotating.base, at);
        let (sink, _) = Sink::open(&path, Mode::New, self.form)
            .map_err(|error| Failure::output(words::rows_are_safe(&words::unopened(&error), None)))?;
        (self.sink, rotating.from) = (sink, at);
        self.path = Some(path);
        rotating.prune(self.open_metrics.is_some());
        Ok(())
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        match &self.path {
            None => Failure::stdout(error),
            Some(path) => Failure::output(words::unwritable(path, error, self.rows)),
        }
    }
}

impl Rotating {
    /// Removes what is too old. A file that stays is no reason to stop recording.
    fn prune(&self, open_metrics: bool) {
        let Ok(files) = retention::list(&self.base) else { return };
        for (_, path) in retention::too_many(&files, self.rotation.keep) {
            if let Err(error) = std::fs::remove_file(path) {
                output::hint(&words::cannot_remove(path, &error));
            }
            if open_metrics {
                let _ = std::fs::remove_file(openmetrics::beside(path));
            }
        }
    }
}

/// An opened recording.
struct Opened {
    sink: Sink,
    place: Option<Place>,
    path: Option<PathBuf>,
    rotating: Option<Rotating>,
}

impl Opened {
    /// A file of an earlier version has no place for what tells instances apart.
    fn fit_for(self, plan: &Plan<'_>) -> Result<Self, Unopened> {
        let path = self.path.clone().filter(|_| plan.instances && !has_instances(self.sink.columns()));
        path.map_or(Ok(self), |path| Err(Unopened::Foreign(path, NotOurs::NoInstances)))
    }
}

/// A file of so many columns has that of instances.
fn has_instances(columns: usize) -> bool {
    names().take(columns).any(|name| name == INSTANCE)
}

fn opened(plan: &Plan<'_>, now: Timestamp) -> Result<Opened, Unopened> {
    let Some(rotation) = plan.rotation else {
        let (sink, place) = Sink::open(plan.path, plan.mode, plan.form)?;
        return Ok(Opened { sink, place, path: Some(plan.path.to_owned()), rotating: None });
    };
    let io = |error| Unopened::Io { path: plan.path.to_owned(), error };
    let files = retention::list(plan.path).map_err(io)?;
    if let (Some((_, first)), Mode::New) = (files.first(), plan.mode) {
        return Err(Unopened::Exists(first.clone()));
    }
    let (last, mode) = match (files.last(), plan.mode) {
        (Some((from, path)), Mode::Append) => (Some((*from, path.clone())), Mode::Append),
        _ => (None, Mode::New),
    };
    let (from, path) = last.unwrap_or_else(|| {
        let newest = files.last().map(|(from, _)| *from);
        let at = newest.map_or(now, |newest| retention::after(newest, now));
        (at, retention::name(plan.path, at))
    });
    let (sink, mut place) = Sink::open(&path, mode, plan.form)?;
    if mode == Mode::Append {
        // Whoever had it until now may just have gone on to the next file.
        let newest = retention::list(plan.path).map_err(io)?.pop();
        if newest.is_some_and(|(_, newest)| newest != path) {
            return Err(Unopened::Locked(path));
        }
        // Killed right after it was begun: the file before says where the recording stands.
        let mut earlier = files.iter().rev().skip(1);
        while let (None, Some((_, before))) = (place, earlier.next()) {
            place = file::place_of(before, plan.form).map_err(io)?;
        }
    } else {
        for (_, old) in &files {
            std::fs::remove_file(old).map_err(|error| Unopened::Io { path: old.clone(), error })?;
        }
    }
    let rotating = Rotating { base: plan.path.to_owned(), rotation, from };
    rotating.prune(plan.open_metrics);
    Ok(Opened { sink, place, path: Some(path), rotating: Some(rotating) })
}

/// The time between the recording's first row and now. No monotonic clock outlives a process, so the gap is the
/// wall clock's; if that went back, time at least does not.
fn elapsed_until(place: &Place, now: Timestamp) -> Duration {
    let gap = Duration::try_from(now.duration_since(place.at)).unwrap_or_default();
    place.elapsed + gap.max(Duration::from_millis(1))
}

fn take_notes(
    plan: &Plan<'_>,
    [target, source]: [&str; 2],
    now: Timestamp,
    resumed: bool,
) -> Result<(), Failure> {
    let path = beside(plan.path);
    let now = timestamp(now);
    let earlier = if resumed { Notes::read(&path) } else { None };
    let labels: BTreeMap<_, _> = plan.labels.iter().cloned().collect();
    let notes = match earlier {
        Some(mut notes) => {
            if notes.target != target {
                output::hint(&words::other_target(&notes.target, target));
            }
            notes.resumed.push(now);
            notes.labels.extend(labels);
            notes
        }
        None => Notes {
            schema: 1,
            tool: concat!("watertight ", env!("CARGO_PKG_VERSION")).to_owned(),
            target: target.to_owned(),
            source: source.to_owned(),
            interval_s: plan.interval.as_secs_f64(),
            started: now,
            resumed: Vec::new(),
            host: host(),
            labels,
        },
    };
    notes.write(&path).map_err(|error| Failure::output(words::cannot_write(&path, &error)))
}

fn host() -> Option<String> {
    let system = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named =
        system.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn refused(error: &Unopened) -> Failure {
    let text = words::unopened(error);
    match error {
        Unopened::Exists(_) | Unopened::Foreign(..) => Failure::usage(text),
        Unopened::Locked(_) | Unopened::Io { .. } => Failure::output(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_goes_on_and_never_back() {
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        let place = Place { at, elapsed: Duration::from_secs(10), seq: 2 };
        let later = |s: i64| elapsed_until(&place, Timestamp::from_second(1_795_000_000 + s).unwrap());
        assert_eq!(later(60), Duration::from_secs(70));
        assert_eq!(later(-60), Duration::from_millis(10_001));
    }
}
