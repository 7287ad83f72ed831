//! `record`: polls on a schedule until it is over or somebody asks to stop, one row per poll.

use std::time::Instant;

use jiff::Timestamp;
use vitals::exit;
use vitals::units::format_duration;

use crate::args::RecordArgs;
use crate::output::{self, Failure};
use crate::recording::{Mode, Plan, Progress, Recorder, Schedule};
use crate::source::Source;
use crate::stop::Stop;
use crate::summary::{Summary, rounded};

/// Runs it.
pub(crate) fn run(args: &RecordArgs) -> Result<u8, Failure> {
    let mut source = super::source(&args.target)?;
    let recorder = Recorder::open(&plan(args), &source)?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    let mut run = Run { recorder, summary: Summary::default(), stop, progress: Progress::new(polls(args)) };
    let start = Instant::now();
    let ended = run.poll(&mut source, args, start);
    run.progress.finish();
    ended?;
    let Run { summary, stop, .. } = run;
    if summary.polls() == 0 && stop.is_set() {
        return Err(Failure { code: exit::INTERRUPTED, text: "interrupted before the first row".to_owned() });
    }
    let to_stdout = args.csv.as_os_str() == "-";
    let place = if to_stdout { String::new() } else { format!(" into {}", args.csv.display()) };
    output::hint(&summary.recorded(&format!("{place} in {}", format_duration(rounded(start.elapsed())))));
    match summary.last_error() {
        Some(error) if summary.good_polls() == 0 => {
            Err(Failure { code: exit::UNKNOWN, text: format!("no poll succeeded: {error}") })
        }
        _ => Ok(exit::OK),
    }
}

struct Run {
    recorder: Recorder,
    summary: Summary,
    stop: Stop,
    progress: Progress,
}

impl Run {
    fn poll(&mut self, source: &mut dyn Source, args: &RecordArgs, start: Instant) -> Result<(), Failure> {
        let mut schedule = Schedule::new(start, args.interval, args.duration);
        while args.count.is_none_or(|count| self.summary.polls() < count) {
            let Some(due) = schedule.next(Instant::now()) else { break };
            if self.stop.wait_until(due) {
                break;
            }
            let (at, elapsed) = (Timestamp::now(), start.elapsed());
            let outcome = source.poll(args.target.timeout);
            self.recorder.write(at, elapsed, &outcome)?;
            self.summary.add(at, &outcome);
            self.progress.add(&outcome);
        }
        self.recorder.sync()
    }
}

fn plan(args: &RecordArgs) -> Plan<'_> {
    let mode = Mode::of(args.append, args.force);
    Plan { path: &args.csv, mode, interval: args.interval, labels: &args.labels }
}

/// How many polls there will be, if that is known.
fn polls(args: &RecordArgs) -> Option<u64> {
    let scheduled = args.duration.map(|d| d.as_nanos() / args.interval.as_nanos().max(1) + 1);
    let scheduled = scheduled.and_then(|n| u64::try_from(n).ok());
    [scheduled, args.count].into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
