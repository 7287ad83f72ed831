//! Polls an address for a while, into a recording in memory.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::args::{MAX_POLLS, PollingArgs};
use crate::output::Failure;
use crate::recording::{Input, Progress, Row, Schedule, header};
use crate::source::{ErrorKind, PollError, Reading, Source};
use crate::stop::Stop;

/// How long an address is polled when nobody says.
const MINUTE: Duration = Duration::from_secs(60);

/// So many refused connections at the very start mean that nothing is there to be polled.
const HOPELESS: u64 = 5;

/// How many polls there will be.
///
/// # Errors
/// They would be too many to keep.
pub(crate) fn polls(args: &PollingArgs) -> Result<u64, Failure> {
    let by_time = length(args).map(|length| length.as_nanos() / args.interval.as_nanos().max(1) + 1);
    let by_time = by_time.map(|polls| u64::try_from(polls).unwrap_or(u64::MAX));
    let polls = [by_time, args.count].into_iter().flatten().min().unwrap_or(1);
    if polls > MAX_POLLS {
        return Err(Failure::usage(format!(
            "--duration and --interval come to {polls} polls, and {MAX_POLLS} are kept: use `watertight record`, \
             and compare its file"
        )));
    }
    Ok(polls)
}

/// Polls until the schedule is over, the target has refused from the start on, or somebody asks to stop.
pub(crate) fn poll(source: &mut dyn Source, args: &PollingArgs, polls: u64, stop: &Stop) -> Input {
    let progress = Progress::new(Some(polls));
    let mut bytes = header();
    let start = Instant::now();
    let mut schedule = Schedule::new(start, args.interval, length(args));
    let mut refused = 0;
    for seq in 0..polls {
        if refused == HOPELESS {
            break;
        }
        let Some(due) = schedule.next(Instant::now()) else { break };
        if stop.wait_until(due) {
            break;
        }
        let (at, elapsed) = (Timestamp::now(), start.elapsed());
        let outcome = source.poll(args.timeout);
        progress.add(&outcome);
        refused = if seq == refused && is_refused(&outcome) { refused + 1 } else { refused };
        bytes.extend(Row { at, elapsed, seq, outcome: &outcome }.to_line());
    }
    progress.finish();
    Input::from_bytes(source.target().to_owned(), bytes)
}

fn is_refused(outcome: &Result<Reading, PollError>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Refused)
}

fn length(args: &PollingArgs) -> Option<Duration> {
    args.duration.or_else(|| args.count.is_none().then_some(MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(interval: u64, duration: Option<u64>, count: Option<u64>) -> PollingArgs {
        PollingArgs {
            interval: Duration::from_secs(interval),
            duration: duration.map(Duration::from_secs),
            count,
            timeout: Duration::from_secs(1),
            source: crate::args::SourceArgs::default(),
        }
    }

    #[test]
    fn a_minute_unless_somebody_says_otherwise() {
        for (args, expected) in [
            (args(1, None, None), 61),
            (args(5, Some(30), None), 7),
            (args(5, Some(30), Some(3)), 3),
            (args(5, None, Some(300)), 300),
        ] {
            assert_eq!(polls(&args).unwrap(), expected, "{args:?}");
        }
        assert!(polls(&args(1, Some(200_000), None)).unwrap_err().text.contains("watertight record"));
    }
}
