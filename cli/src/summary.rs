//! What a run of polls came to, for `record` and `watch` alike. Its size does not grow with the run's length.

mod requests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vitals::{Processes, Sight, Spread};

use crate::reading::{ErrorKind, PollError, Reading};
pub(crate) use requests::Requests;

/// One measurement over a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// How it is spread.
    pub(crate) spread: Spread,
    /// When it was highest, the first time.
    pub(crate) max_at: Option<Timestamp>,
    /// The first and the last value since the last restart.
    pub(crate) ends: Option<(u64, u64)>,
}

impl Series {
    fn add(&mut self, at: Timestamp, value: Option<u64>) {
        let Some(value) = value else { return };
        if self.spread.max().is_none_or(|max| value > max) {
            self.max_at = Some(at);
        }
        self.spread.add(value);
        self.ends = Some((self.ends.map_or(value, |(first, _)| first), value));
    }
}

/// A poll beside the polls before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// How many polls in a row have failed, with this one; 0 for a good one.
    pub(crate) failing: u64,
    /// How many polls in a row had failed right before this good one.
    pub(crate) recovered: u64,
    /// The target restarted since the last good poll.
    pub(crate) restarted: bool,
    /// The number of the process that answered, see [`Processes`].
    pub(crate) process: u32,
    /// So many instances are known to answer, since this poll.
    pub(crate) instances: Option<usize>,
    /// How the judged count differs from that of the same process's last good poll; `None` after a restart.
    pub(crate) change: Option<i128>,
    /// How it differs from the first one's of this process.
    pub(crate) since_start: Option<i128>,
}

/// Counts, spreads, failures and restarts of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// All tasks.
    pub(crate) goroutines: Series,
    /// Tasks beyond the explained ones: what thresholds apply to. All tasks where nothing is explained.
    pub(crate) judged: Series,
    /// Bytes of live heap.
    pub(crate) memory: Series,
    /// Bytes of resident memory.
    pub(crate) resident: Series,
    pub(crate) descriptors: Series,
    pub(crate) threads: Series,
    /// Open connections to upstreams.
    pub(crate) connections: Series,
    /// Microseconds that polls took.
    pub(crate) latency: Series,
    /// Requests of the target.
    pub(crate) requests: Requests,
    /// Failed polls by kind.
    pub(crate) failed: BTreeMap<ErrorKind, u64>,
    /// Restarts of the target, and when the last one was noticed.
    pub(crate) restarts: u64,
    /// When the last restart was noticed.
    pub(crate) restarted_at: Option<Timestamp>,
    /// Polls that were due and did not begin.
    pub(crate) skipped: u64,
    /// Time between polls that were due, where some were skipped.
    pub(crate) interval: Option<Duration>,
    /// The target says which tasks its load explains.
    pub(crate) explains: bool,
    /// Whoever answered.
    pub(crate) processes: Processes,
    /// The first and the last judged count of the processes, by their numbers; of the newest ones.
    ends: BTreeMap<u32, (u64, u64)>,
    /// Instances, as far as they are known; 0 before there are several.
    instances: usize,
    good: u64,
    failed_in_a_row: u64,
    last_error: Option<PollError>,
}

/// Processes whose counts are remembered.
const REMEMBERED: usize = 64;

impl Summary {
    /// Counts one poll, which began at `at`.
    pub(crate) fn add(&mut self, at: Timestamp, outcome: &Result<Reading, PollError>) -> Step {
        match outcome {
            Ok(reading) => self.good(at, reading),
            Err(error) => {
                *self.failed.entry(error.kind).or_default() += 1;
                self.failed_in_a_row += 1;
                self.last_error = Some(error.clone());
                Step { failing: self.failed_in_a_row, ..Step::default() }
            }
        }
    }

    fn good(&mut self, at: Timestamp, reading: &Reading) -> Step {
        let sample = reading.sample;
        let (process, sight) =
            self.processes.see(at.as_duration().as_secs_f64(), reading.instance.as_deref(), &sample);
        let restarted = sight == Sight::Started;
        let instances = self.met(sight);
        if restarted {
            for series in self.each() {
                series.ends = None;
            }
        }
        self.good += 1;
        self.requests.add(at, reading, process);
        self.explains |= sample.explained.is_some();
        self.goroutines.add(at, sample.goroutines);
        self.judged.add(at, sample.unexplained());
        self.memory.add(at, sample.alloc_bytes);
        self.resident.add(at, sample.rss_bytes);
        self.descriptors.add(at, sample.open_fds);
        self.threads.add(at, sample.threads);
        self.connections.add(at, sample.upstream_open);
        self.latency.add(at, u64::try_from(reading.latency.as_micros()).ok());
        let before = self.ends.get(&process).copied();
        if let Some(now) = sample.unexplained() {
            self.ends.insert(process, (before.map_or(now, |(first, _)| first), now));
            if self.ends.len() > REMEMBERED {
                self.ends.pop_first();
            }
        }
        let difference = |from: u64| Some(i128::from(sample.unexplained()?) - i128::from(from));
        Step {
            failing: 0,
            recovered: std::mem::take(&mut self.failed_in_a_row),
            restarted,
            process,
            instances,
            change: before.and_then(|(_, last)| difference(last)),
            since_start: before.and_then(|(first, _)| difference(first)),
        }
    }

    const fn each(&mut self) -> [&mut Series; 8] {
        [
            &mut self.goroutines,
            &mut self.judged,
            &mut self.memory,
            &mut self.resident,
            &mut self.descriptors,
            &mut self.threads,
            &mut self.connections,
            &mut self.latency,
        ]
    }

    /// The target says what its process holds.
    pub(crate) fn holds(&self) -> bool {
        [&self.resident, &self.descriptors, &self.threads].iter().any(|series| series.spread.n() > 0)
    }

    /// Counts restarts and instances anew; how many of the latter there are, if that has changed.
    fn met(&mut self, sight: Sight) -> Option<usize> {
        if matches!(sight, Sight::Same | Sight::First) {
            return None;
        }
        self.restarts = self.processes.restarts();
        let last = self.processes.restarted_at().last().copied();
        self.restarted_at =
            last.and_then(|t| Timestamp::from_duration(SignedDuration::from_secs_f64(t)).ok());
        let instances = if self.processes.is_several() { self.processes.instances().len() } else { 0 };
        (std::mem::replace(&mut self.instances, instances) != instances && instances > 1).then_some(instances)
    }

    /// So many polls were due by now, one every `interval`, and did not begin.
    pub(crate) fn skip(&mut self, skipped: u32, interval: Duration) {
        (self.skipped, self.interval) = (u64::from(skipped), Some(interval));
    }

    /// How long answers take, where that is longer than the time between polls.
    pub(crate) fn slow(&self) -> Option<Duration> {
        let median = Duration::from_micros(self.latency.spread.median()?);
        Some(median).filter(|median| self.interval.is_some_and(|interval| *median > interval))
    }

    /// All polls.
    pub(crate) fn polls(&self) -> u64 {
        self.good + self.failed_polls()
    }

    /// Polls that succeeded.
    pub(crate) fn good_polls(&self) -> u64 {
        self.good
    }

    /// Polls that failed.
    pub(crate) fn failed_polls(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Why the last failed poll failed.
    pub(crate) fn last_error(&self) -> Option<&PollError> {
        self.last_error.as_ref()
    }

    /// The failed polls by kind: `1 refused, 2 timeout`.
    pub(crate) fn kinds(&self) -> String {
        let kinds: Vec<_> = self.failed.iter().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
        kinds.join(", ")
    }
}

/// How long a run took: whole seconds, unless that is nothing.
pub(crate) fn rounded(took: Duration) -> Duration {
    let seconds = took.as_secs_f64().round();
    if seconds < 1.0 { took } else { Duration::from_secs_f64(seconds) }
}

#[cfg(test)]
mod tests;
