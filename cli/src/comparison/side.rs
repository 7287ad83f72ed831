//! One side of a comparison: everything that is known of its rows, in bounded memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vitals::trend::{Life, Series};
use vitals::{CrashLoop, Processes, Sample, Sight, Spread, Traffic};

use super::METRICS;
use super::flaw::Clock;
use super::metric::{DESCRIPTORS, GOROUTINES, IN_FLIGHT, MEMORY, RESIDENT, THREADS, UNEXPLAINED, values};
use crate::finding::LeftOut;
use crate::finding::{About, Ended, Flaw, Instance, Note, When, Who};
use crate::moment::Moment;
use crate::output::Failure;
use crate::recording::{Input, Line, Poll, Recordings, no_rows};
use crate::summary::rounded;

/// Restarts that are named; the others are only counted.
pub(super) const NAMED: usize = 3;
/// Kinds of failures that are told apart.
const KINDS: usize = 16;

/// One metric of one side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    pub(crate) all: Spread,
    /// Those of the first fifth of the rows.
    pub(crate) first: Spread,
    /// Those of the last fifth.
    pub(crate) last: Spread,
    /// When it was highest, the first time.
    pub(crate) peak_at: Option<Moment>,
}

/// A counter's growth, over the time in which it could be seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    grown: u64,
    seconds: f64,
    /// The stretch of time being added up, and the highest rate of those that are complete.
    stretch: (u64, f64),
    most: Option<f64>,
    /// Those of all complete stretches, a thousand times as high.
    stretches: Spread,
}

/// A highest rate is that of at least this many seconds: a counter may be in whole MiB.
const STRETCH_S: f64 = 30.0;

impl Rate {
    /// Per second; `None` if nothing was seen.
    pub(crate) fn per_second(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
        (self.seconds > 0.0).then(|| self.grown as f64 / self.seconds)
    }

    /// The highest rate of half a minute; `None` if there was none.
    pub(super) const fn most(&self) -> Option<f64> {
        self.most
    }

    /// The median rate of half a minute; that of the whole time where it is shorter.
    pub(super) fn usual(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
        let median = self.stretches.median().map(|rate| rate as f64 / 1000.0);
        median.or_else(|| self.per_second())
    }

    fn add(&mut self, before: Option<u64>, now: Option<u64>, seconds: f64) {
        if let Some(grown) = before.zip(now).and_then(|(before, now)| now.checked_sub(before)) {
            self.grown = self.grown.saturating_add(grown);
            self.seconds += seconds;
            self.stretch = (self.stretch.0.saturating_add(grown), self.stretch.1 + seconds);
            if self.stretch.1 >= STRETCH_S {
                let (grown, seconds) = std::mem::take(&mut self.stretch);
                #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
                let rate = grown as f64 / seconds;
                self.most = Some(self.most.map_or(rate, |most| most.max(rate)));
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
                self.stretches.add((rate * 1000.0) as u64);
            }
        }
    }
}

/// One side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    /// Its recordings, in order of time, or its address.
    pub(crate) names: Vec<String>,
    /// Polls that succeeded.
    pub(crate) good: u64,
    /// Polls that failed, by kind.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Lines that are no rows, and the first of them.
    pub(crate) foreign: u64,
    /// The first of them.
    pub(crate) first_foreign: Option<LeftOut>,
    /// How its rows' times follow each other.
    pub(super) clock: Clock,
    /// How often the target restarted.
    pub(crate) restarts: u64,
    /// When, the first few times.
    pub(crate) restarted_at: Vec<Moment>,
    /// Whoever answered.
    pub(crate) processes: Processes,
    /// From the first row to the last, in hours, with those that do not count.
    pub(crate) hours: f64,
    pub(crate) looped: Option<CrashLoop>,
    /// Every life, judged by itself; none where nothing restarted.
    pub(crate) lives: Vec<Life>,
    /// The lives that a restart ended.
    pub(crate) ended: Vec<Ended>,
    /// One of several,
    pub(crate) instance: Option<Instance>,
    /// and all of them.
    pub(crate) instances: Vec<Instance>,
    /// The first row's time.
    pub(crate) from: Option<Moment>,
    /// The last row's time.
    pub(crate) to: Option<Moment>,
    /// Two recordings that cover the same time.
    pub(crate) overlap: Option<(String, String)>,
    /// One for each of [`METRICS`].
    pub(crate) columns: [Column; METRICS.len()],
    /// Requests.
    pub(crate) requests: Rate,
    /// Requests that ended, and how.
    pub(crate) traffic: Traffic,
    /// Bytes allocated: stands for the load where requests are not counted.
    pub(crate) allocated: Rate,
    /// The highest number of overdue exchanges.
    pub(crate) overdue: Option<u64>,
    /// Of descriptors and of memory, as its target said last.
    limits: [Option<u64>; 2],
    /// For statistics: all recordings on one clock, that of their rows' times.
    pub(crate) series: Series,
}

impl Side {
    /// All polls.
    pub(crate) fn polls(&self) -> u64 {
        self.good + self.failed_polls()
    }

    /// Polls that failed.
    pub(crate) fn failed_polls(&self) -> u64 {
        self.failed.values().sum()
    }

    /// The requests in flight.
    pub(crate) const fn in_flight(&self) -> &Column {
        &self.columns[IN_FLIGHT]
    }

    /// The live memory.
    pub(crate) const fn memory(&self) -> &Column {
        &self.columns[MEMORY]
    }

    /// It reports requests in flight.
    pub(crate) fn tells_load(&self) -> bool {
        self.in_flight().all.n() > 0
    }

    /// From the first row to the last.
    pub(crate) fn length(&self) -> Option<Duration> {
        self.to?.since(&self.from?)
    }

    /// How often the target restarted an hour; of a recording of less, in all.
    pub(crate) fn restarts_an_hour(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a number of restarts")]
        let restarts = self.restarts as f64;
        if self.hours > 0.0 { restarts / self.hours } else { restarts }
    }

    /// When something was by the clock of [`Self::series`].
    pub(crate) fn when(&self, series_s: f64) -> When {
        let moment = self.from.and_then(|from| Moment::at(series_s, from.is_utc()));
        moment.map_or_else(
            || When::After(Duration::from_secs_f64(series_s.clamp(0.0, 1e9).round())),
            |moment| When::At(moment, self.from),
        )
    }

    /// Its recordings, time and polls.
    pub(crate) fn about(&self) -> About<'_> {
        let (from, length) = (self.from, self.length().map(rounded));
        About { names: &self.names, from, length, polls: self.polls(), failed: &self.failed }
    }

    /// Lines that were left out, and recordings that overlap.
    pub(crate) fn oddities(&self, who: &Who) -> impl Iterator<Item = Note> {
        let left_out = |first: &LeftOut| Note::LeftOut(who.clone(), self.foreign, first.clone());
        let overlap = |(a, b): &(String, String)| Note::Overlap(who.clone(), [a.clone(), b.clone()]);
        let left_out = self.first_foreign.as_ref().map(left_out);
        left_out.into_iter().chain(self.overlap.as_ref().map(overlap))
    }

    /// The flaw that no longer recording would mend.
    pub(crate) fn flaw(&self) -> Option<Flaw> {
        match () {
            () if self.polls() == 0 => Some(Flaw::NoRows),
            () if self.good == 0 => Some(Flaw::OnlyFailures),
            () if self.counted() == 0 => Some(Flaw::NoCounts),
            () => self.clock_flaw(),
        }
    }

    /// Polls with a count; of a target that reports none, those that say what it holds.
    pub(crate) fn counted(&self) -> u64 {
        match self.columns[judged(&[self])].all.n() {
            0 => self.held().map_or(0, |place| self.columns[place].all.n()),
            counted => counted,
        }
    }

    /// The place of what a target without a count is judged by first.
    pub(crate) fn held(&self) -> Option<usize> {
        let is_uncounted = self.columns[judged(&[self])].all.n() == 0;
        let mut places = [RESIDENT, DESCRIPTORS, THREADS].into_iter();
        places.find(|place| self.columns[*place].all.n() > 0).filter(|_| is_uncounted)
    }

    /// The flaw of its times.
    pub(crate) const fn clock_flaw(&self) -> Option<Flaw> {
        self.clock.flaw(self.good)
    }

    /// A sample of medians, with the tasks adding up and the highest number of overdue exchanges: what thresholds
    /// judge as the level.
    pub(crate) fn level(&self) -> Sample {
        let median = |metric: usize| self.columns[metric].all.median();
        let (goroutines, beyond) = (median(0), median(1).filter(|_| judged(&[self]) == 1));
        Sample {
            goroutines,
            explained: goroutines.zip(beyond).map(|(all, beyond)| all.saturating_sub(beyond)),
            alloc_bytes: median(2),
            rss_bytes: median(RESIDENT),
            open_fds: median(DESCRIPTORS),
            max_fds: self.limits[0],
            memory_limit: self.limits[1],
            overdue: self.overdue,
            ..Sample::default()
        }
    }
}

/// The metric by which these sides are judged: goroutines beyond the explained ones where all report them.
pub(crate) fn judged(sides: &[&Side]) -> usize {
    let reported = |side: &&Side| {
        let [all, beyond] = [GOROUTINES, UNEXPLAINED].map(|metric| side.columns[metric].all.n());
        beyond > 0 && beyond == all
    };
    if sides.iter().all(reported) { UNEXPLAINED } else { GOROUTINES }
}

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

#[cfg(test)]
mod tests;
