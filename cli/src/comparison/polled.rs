//! Polls an address for a while, into a recording in memory.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::output;
use crate::recording::{Input, Progress, Row, Schedule, header};
use crate::source::{ErrorKind, PollError, Reading, Source};
use crate::stop::Stop;
use crate::summary::Summary;
use crate::words;

/// So many refused connections at the very start mean that nothing is there to be polled.
const HOPELESS: u64 = 5;

/// How an address is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Polling {
    pub(crate) interval: Duration,
    /// `None`: until there are enough polls.
    pub(crate) length: Option<Duration>,
    /// At most so many.
    pub(crate) polls: u64,
    /// Of one poll.
    pub(crate) timeout: Duration,
}

/// Polls until the schedule is over, the target has refused from the start on, or somebody asks to stop.
pub(crate) fn poll(source: &mut dyn Source, polling: Polling, stop: &Stop) -> Input {
    let progress = Progress::new(Some(polling.polls));
    let mut bytes = header();
    let start = Instant::now();
    let mut schedule = Schedule::new(start, polling.interval, polling.length);
    let (mut summary, mut told) = (Summary::default(), BTreeSet::new());
    let mut refused = 0;
    for seq in 0..polling.polls {
        if refused == HOPELESS {
            break;
        }
        let Some(due) = schedule.next(Instant::now()) else { break };
        if stop.wait_until(due) {
            break;
        }
        let (at, elapsed) = (Timestamp::now(), start.elapsed());
        let outcome = source.poll(polling.timeout);
        progress.add(&outcome);
        source.unread().into_iter().filter(|unread| told.insert(unread.series)).for_each(|unread| {
            output::hint(&words::left_out(&unread));
        });
        summary.add(at, &outcome);
        refused = if seq == refused && is_refused(&outcome) { refused + 1 } else { refused };
        bytes.extend(Row { at, elapsed, seq, outcome: &outcome, instance: None }.to_line());
    }
    progress.finish();
    summary.skip(schedule.skipped(), polling.interval);
    words::skipped(&summary).iter().for_each(|told| output::hint(told));
    Input::from_bytes(source.target().to_owned(), bytes)
}

fn is_refused(outcome: &Result<Reading, PollError>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind == ErrorKind::Refused)
}
