//! From rows to a side.

use std::collections::BTreeSet;

use vitals::{Processes, Sight, Traffic};

use super::Side;
use super::metric::values;
use crate::moment::Moment;
use crate::output::Failure;
use crate::recording::{Input, Line, Poll, Recordings, no_rows};

/// Restarts that are named; the others are only counted.
pub(super) const NAMED: usize = 3;
/// Kinds of failures that are told apart.
const KINDS: usize = 16;

/// Reads all recordings of a side, in order of time.
///
/// # Errors
/// One of them cannot be read, is empty, or is no recording.
pub(crate) fn side(inputs: &[Input], role: &str) -> Result<Side, Failure> {
    let recordings = Recordings::sound(inputs, role)?;
    let mut filling = Filling::new(recordings.rows());
    for recording in recordings.each() {
        filling.start(recording.name());
        recording.read(&mut |time, line| filling.add(time, line))?;
    }
    filling.side(role)
}

/// Fills a side, row by row.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) side: Side,
    /// Rows before this one are the first fifth.
    first_until: u64,
    /// Rows from this one on are the last fifth.
    last_from: u64,
    row: u64,
    /// With its time in seconds.
    last: Option<(Option<f64>, Poll)>,
    last_time: String,
    file_started: bool,
    /// The rows of these processes count; of all, if there are none.
    pub(super) keep: Option<BTreeSet<u32>>,
    processes: Processes,
    /// The process that answered last.
    process: u32,
}

impl Filling {
    /// A side that will have about this many rows.
    pub(super) fn new(rows: u64) -> Self {
        let fifth = (rows / 5).max(1);
        Self {
            side: Side::default(),
            first_until: fifth,
            last_from: rows.saturating_sub(fifth),
            row: 0,
            last: None,
            last_time: String::new(),
            file_started: false,
            keep: None,
            processes: Processes::default(),
            process: 0,
        }
    }

    /// The rows that follow are of this recording.
    pub(super) fn start(&mut self, name: &str) {
        self.end();
        self.side.names.push(name.to_owned());
        self.file_started = true;
        if let Some((at, last)) = &mut self.last {
            (*at, last.elapsed_s) = (None, None);
        }
    }

    /// The whole side.
    ///
    /// # Errors
    /// Its lines are no rows for the most part.
    pub(super) fn side(mut self, role: &str) -> Result<Side, Failure> {
        self.end();
        self.side.hours = self.side.length().unwrap_or_default().as_secs_f64() / 3600.0;
        self.side.restarts = self.processes.restarts();
        self.side.looped = self.processes.crash_loop();
        self.side.processes = self.processes;
        match &self.side.first_foreign {
            Some(first) if self.side.foreign > self.side.polls() => Err(no_rows(role, first)),
            _ => Ok(self.side),
        }
    }

    /// All rows of the recording have come.
    fn end(&mut self) {
        if let Some(at) = Moment::read(&self.last_time) {
            self.side.to = Some(self.side.to.map_or(at, |to| to.max(at)));
        }
    }

    /// One row.
    pub(super) fn add(&mut self, time: &str, row: Line<'_>) {
        let sight = self.see(time, &row);
        if self.keep.as_ref().is_some_and(|keep| !keep.contains(&self.process)) {
            return;
        }
        if !time.is_empty() && !matches!(row, Line::Foreign(_)) {
            if std::mem::take(&mut self.file_started) {
                self.first_time(time);
            }
            self.last_time.clear();
            self.last_time.push_str(time);
        }
        match row {
            Line::Good(poll, _) => self.good(time, poll, sight),
            Line::Failed(kind, _) => {
                let kind = if kind.is_empty() { "unknown" } else { kind };
                let known = self.side.failed.len() < KINDS || self.side.failed.contains_key(kind);
                let kind =
                    if known && kind.bytes().all(|b| b.is_ascii_alphanumeric()) { kind } else { "other" };
                *self.side.failed.entry(kind.to_owned()).or_default() += 1;
            }
            Line::Foreign(foreign) => {
                self.side.foreign += 1;
                let names = &self.side.names;
                self.side
                    .first_foreign
                    .get_or_insert_with(|| foreign.left_out(names.last().map_or("", String::as_str)));
            }
        }
        self.row += 1;
    }

    /// Who answered; a poll that failed is counted with the one before.
    fn see(&mut self, time: &str, row: &Line<'_>) -> Sight {
        let Line::Good(poll, words) = row else { return Sight::Same };
        let at = Moment::read(time).map(|moment| moment.seconds()).or(poll.elapsed_s);
        let (process, sight) = self.processes.see(at.unwrap_or_default(), words.instance(), &poll.sample);
        self.process = process;
        sight
    }

    fn first_time(&mut self, time: &str) {
        let Some(at) = Moment::read(time) else { return };
        if self.side.to.is_some_and(|to| to > at)
            && let [.., before, this] = self.side.names.as_slice()
        {
            self.side.overlap.get_or_insert((before.clone(), this.clone()));
        }
        self.side.from.get_or_insert(at);
    }

    fn good(&mut self, time: &str, poll: &Poll, sight: Sight) {
        let side = &mut self.side;
        side.good += 1;
        side.overdue = side.overdue.max(poll.sample.overdue);
        side.limits = [poll.sample.max_fds.or(side.limits[0]), poll.sample.memory_limit.or(side.limits[1])];
        let moment = Moment::read(time);
        let at = moment.map(|moment| moment.seconds()).or(poll.elapsed_s);
        side.clock.tick(at);
        if let Some(at) = at {
            side.series.push_sample(at, &poll.sample);
        }
        let restarted = sight == Sight::Started;
        for (value, column) in values(poll).into_iter().zip(&mut side.columns) {
            let Some(value) = value else { continue };
            if column.all.max().is_none_or(|max| value > max) {
                column.peak_at = moment;
            }
            column.all.add(value);
            if self.row < self.first_until {
                column.first.add(value);
            }
            if self.row >= self.last_from {
                column.last.add(value);
            }
        }
        if let Some((earlier, before)) = &self.last {
            if restarted {
                if side.restarted_at.len() < NAMED {
                    side.restarted_at.extend(moment);
                }
            } else if let Some(seconds) = before
                .elapsed_s
                .zip(poll.elapsed_s)
                .or_else(|| earlier.zip(at))
                .map(|(before, now)| now - before)
                && seconds > 0.0
            {
                let (before, now) = (&before.sample, &poll.sample);
                if let Some(traffic) = Traffic::between(before, now, seconds) {
                    side.traffic.add(&traffic);
                }
                side.requests.add(before.requests_total, now.requests_total, seconds);
                side.allocated.add(before.total_alloc_bytes, now.total_alloc_bytes, seconds);
            }
        }
        self.last = Some((at, *poll));
    }
}
