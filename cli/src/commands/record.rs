//! `record`: polls on a schedule until it is over or somebody asks to stop, one row per poll. Each target has a file
//! and a thread of its own, so that none waits for another.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use vitals::exit;
use vitals::units::format_duration;

use crate::args::{RecordArgs, RecordFormat};
use crate::finding::Before;
use crate::moment::timestamp;
use crate::output::{self, Failure};
use crate::recording::{Clock, Form, Mode, Plan, Progress, Recorder, Rotation, Schedule};
use crate::settings;
use crate::source::Source;
use crate::stop::Stop;
use crate::summary::{Summary, rounded};
use crate::words;

pub(crate) fn run(args: &RecordArgs) -> Result<u8, Failure> {
    let mut sources = Vec::new();
    for target in args.targets.each() {
        sources.push(settings::source(&target)?);
    }
    let names: Vec<&str> = sources.iter().map(Source::target).collect();
    let places = settings::places(args, &names)?;
    let progress = Progress::several(polls(args), &names);
    let mut runs = Vec::new();
    for ((source, place), progress) in sources.into_iter().zip(&places).zip(progress) {
        let recorder =
            Recorder::open(&plan(args, &place.file), source.target(), source.name(), Timestamp::now())?;
        runs.push(Run { source, recorder, summary: Summary::default(), progress });
    }
    if let Some(rotation) = rotation(args) {
        output::hint(&words::kept(rotation.keep));
    }
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let start = Instant::now();
    let ended = side_by_side(runs, |run| {
        let ended = run.poll(args, start, &stop);
        run.progress.finish();
        ended
    });
    let took = format_duration(rounded(start.elapsed()));
    let several = places.len() > 1;
    let told = ended.into_iter().zip(&places).map(|((run, ended), place)| {
        let told = conclusion(&run.summary, ended, &stop, &format!("{} in {took}", place.in_words()));
        told.map_err(|failure| if several { failure.of(run.source.target()) } else { failure })
    });
    all(told.collect())
}

/// The end of one target's run.
fn conclusion(
    summary: &Summary,
    ended: Result<(), Failure>,
    stop: &Stop,
    where_to: &str,
) -> Result<u8, Failure> {
    ended?;
    if summary.polls() == 0 && stop.is_set() {
        return Err(Failure::interrupted(Before::Row));
    }
    output::hint(&words::recorded(summary, where_to));
    match summary.last_error() {
        Some(error) if summary.good_polls() == 0 => Err(Failure::unknown(words::none_succeeded(error))),
        _ => Ok(exit::OK),
    }
}

/// One end for all: the gravest, after what the others had to say.
fn all(mut told: Vec<Result<u8, Failure>>) -> Result<u8, Failure> {
    let gravity = |one: &Result<u8, Failure>| match one {
        Ok(_) => 0,
        Err(Failure::ReaderLeft) => 1,
        Err(failure) => match failure.code() {
            exit::INTERRUPTED => 2,
            exit::UNKNOWN => 3,
            _ => 4,
        },
    };
    told.sort_by_key(gravity);
    let worst = told.pop().unwrap_or(Ok(exit::OK));
    told.iter().filter_map(|one| one.as_ref().err()).for_each(Failure::tell);
    worst
}

struct Run<S> {
    source: S,
    recorder: Recorder,
    summary: Summary,
    progress: Progress,
}

impl<S: Source> Run<S> {
    fn poll(&mut self, args: &RecordArgs, start: Instant, clock: &impl Clock) -> Result<(), Failure> {
        let mut schedule = Schedule::new(start, args.interval, args.duration);
        let mut clocks = None;
        while args.count.is_none_or(|count| self.summary.polls() < count) {
            let Some(due) = schedule.next(clock.now()) else { break };
            if clock.wait_until(due) {
                break;
            }
            let (at, elapsed) = (clock.wall(), clock.now().saturating_duration_since(start));
            if let Some(text) = clocks.replace((at, elapsed)).and_then(|before| jump(before, (at, elapsed))) {
                output::hint(&text);
            }
            let outcome = self.source.poll(args.targets.shared.timeout);
            self.recorder.write(at, elapsed, &outcome, None)?;
            if outcome.is_ok() {
                self.recorder.took(self.source.name())?;
            }
            self.summary.add(at, &outcome);
            self.progress.add(&outcome);
        }
        self.recorder.finish()
    }
}

/// A hint when the two clocks part between polls: the wall clock was set, or the machine slept.
fn jump(
    (from, before): (Timestamp, std::time::Duration),
    (to, now): (Timestamp, std::time::Duration),
) -> Option<String> {
    let monotonic = SignedDuration::try_from(now.saturating_sub(before)).ok()?;
    let off = to.duration_since(from).checked_sub(monotonic)?;
    (off.abs() > SignedDuration::from_secs(2)).then(|| {
        let by = std::time::Duration::from_secs(off.unsigned_abs().as_secs());
        words::clock_jumped(off.is_negative(), by, &timestamp(to))
    })
}

/// Does the same with each, all at once, and gives them back in their order.
fn side_by_side<R: Send, T: Send>(runs: Vec<R>, body: impl Fn(&mut R) -> T + Sync) -> Vec<(R, T)> {
    let body = &body;
    let one = move |mut run: R| {
        let ended = body(&mut run);
        (run, ended)
    };
    // These threads cannot outlive their scope, which is their owner.
    std::thread::scope(|scope| {
        let threads: Vec<_> = runs.into_iter().map(|run| scope.spawn(move || one(run))).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn plan<'a>(args: &'a RecordArgs, path: &'a std::path::Path) -> Plan<'a> {
    Plan {
        path,
        mode: Mode::of(args.append, args.force),
        interval: args.interval,
        labels: &args.labels,
        form: if args.format == RecordFormat::Ndjson { Form::Ndjson } else { Form::Csv },
        open_metrics: args.format == RecordFormat::Openmetrics,
        rotation: rotation(args),
    }
}

fn rotation(args: &RecordArgs) -> Option<Rotation> {
    let rotation = Rotation { every: args.rotate, size: args.rotate_size, keep: args.keep };
    (rotation.every.is_some() || rotation.size.is_some()).then_some(rotation)
}

/// How many polls there will be, if that is known.
fn polls(args: &RecordArgs) -> Option<u64> {
    let scheduled = args.duration.map(|d| d.as_nanos() / args.interval.as_nanos().max(1) + 1);
    let scheduled = scheduled.and_then(|n| u64::try_from(n).ok());
    [scheduled, args.count].into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
