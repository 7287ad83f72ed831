//! One side of a comparison: everything that is known of its rows, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use vitals::trend::{Life, Series};
use vitals::{CrashLoop, Processes, Sample, Spread, Traffic};

use super::METRICS;
use super::flaw::Clock;
use super::metric::{DESCRIPTORS, GOROUTINES, IN_FLIGHT, MEMORY, RESIDENT, THREADS, UNEXPLAINED};
use super::rate::Rate;
use crate::finding::{About, Ended, Flaw, Instance, LeftOut, Note, When, Who};
use crate::moment::Moment;
use crate::summary::rounded;

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
    pub(super) limits: [Option<u64>; 2],
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

#[cfg(test)]
mod tests;
