//! Reads the rows of one process after the other into a track.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use vitals::trend::{Course, Life, Metric, Rules, Series, Trend, lives, trend};
use vitals::{Process, Sample, Thresholds, Verdict};

use super::cost::cost;
use super::pace::Pace;
use super::{Grid, Numbers, SHOWN, Track, untold};
use crate::comparison::values;
use crate::finding::{Instance, LeftOut};
use crate::moment::Moment;
use crate::reading::{ErrorKind, Fault};
use crate::recording::{Line, Notes, Poll, Words};
use crate::watching::{Seen, Watching, growing};

/// Restarts that are shown; the others are only counted.
const NAMED: usize = 50;
/// Processes that are told apart, the newest ones.
const PROCESSES: usize = 64;

/// Of one process, or of one instance.
type Trends = [Trend; Metric::ALL.len()];

/// A track on its way.
#[derive(Debug)]
pub(super) struct Tracking {
    pace: Pace,
    numbers: [Numbers; SHOWN],
    grid: Grid<SHOWN>,
    restarts: Vec<u64>,
    pub(super) foreign: u64,
    /// The first line that is no row.
    pub(super) first_foreign: Option<LeftOut>,
    /// The first time that cannot be read.
    pub(super) first_odd_time: Option<String>,
    watching: Watching,
    /// Of the only process, or of all as one.
    series: Series,
    /// Of each process, once there are several.
    each: BTreeMap<u32, Series>,
}

impl Tracking {
    /// Nothing read yet; the picture will have up to so many columns.
    pub(super) fn new(thresholds: Thresholds, columns: u64) -> Self {
        Self {
            pace: Pace::default(),
            numbers: Default::default(),
            grid: Grid::new(columns),
            restarts: Vec::new(),
            foreign: 0,
            first_foreign: None,
            first_odd_time: None,
            watching: Watching::new(thresholds, None, Verdict::Unknown).without_trends(),
            series: Series::default(),
            each: BTreeMap::new(),
        }
    }

    /// A row of the recording of this name.
    pub(super) fn row(&mut self, recording: &str, time: &str, line: Line<'_>) {
        let outcome = match line {
            Line::Good(poll, _) => Ok(poll),
            Line::Failed(kind, _) => Err(kind),
            Line::Foreign(foreign) => {
                self.foreign += 1;
                self.first_foreign.get_or_insert_with(|| foreign.left_out(recording));
                return;
            }
        };
        let Some(moment) = Moment::read(time) else {
            self.foreign += 1;
            self.first_odd_time.get_or_insert_with(|| time.to_owned());
            return;
        };
        let at = moment.millis();
        let since = self.pace.row(at, moment.is_utc());
        self.take(at, since, outcome);
    }

    /// All rows have come. `None` if there were none.
    pub(super) fn end(mut self, name: String, notes: Option<Notes>) -> Option<Track> {
        self.pace.end();
        let (from, utc) = self.pace.first?;
        let rules = rules(&self.watching.thresholds);
        let judged = self.judged(&rules);
        let mut conclusion = self.watching.conclusion();
        if self.watching.summary.processes.is_several() {
            let end = from.saturating_add(i64::try_from(self.pace.last).unwrap_or(i64::MAX));
            conclusion.findings.splice(0..0, grown_of_each(self.watching.several(), &judged, end));
        } else {
            conclusion.passed.splice(0..0, grown_before(&self.series, &rules, from));
        }
        let trends = self.worst(judged, &rules);
        let Pace { last: length, interval, gaps, gap_count, .. } = self.pace;
        Some(Track {
            trends,
            name,
            notes,
            from,
            utc,
            length,
            interval,
            numbers: self.numbers,
            cost: cost(&self.series),
            grid: self.grid,
            restarts: if self.watching.summary.restarts > 0 { self.restarts } else { Vec::new() },
            gaps,
            gap_count,
            foreign: self.foreign,
            conclusion,
            watching: self.watching,
        })
    }

    /// The trends of the series, or of several instances each by itself; of the last life that is long.
    fn judged(&self, rules: &Rules) -> Vec<Trends> {
        let of = |series: &Series| Metric::ALL.map(|metric| trend(series, metric, rules));
        let processes = &self.watching.summary.processes;
        if !processes.is_several() {
            return vec![of(&self.series)];
        }
        let own = |lives: Vec<&Process>| {
            let mut all = Series::default();
            lives.iter().filter_map(|life| self.each.get(&life.id)).for_each(|series| all.append(series));
            of(&all)
        };
        processes.instances().into_iter().map(own).collect()
    }

    /// Those whose growth is the gravest, with what is missing said as of a page.
    fn worst(&self, judged: Vec<Trends>, rules: &Rules) -> Trends {
        let gravity = |trends: &Trends| {
            let growing = trends.iter().filter(|trend| trend.course == Course::Growing);
            growing.map(|trend| trend.verdict).max()
        };
        let none = || Metric::ALL.map(|metric| trend(&self.series, metric, rules));
        let mut trends = judged.into_iter().max_by_key(gravity).unwrap_or_else(none);
        let (summary, length_s) = (&self.watching.summary, self.pace.last as f64 / 1000.0);
        trends.iter_mut().for_each(|trend| untold::mend(trend, summary, length_s, rules));
        trends
    }

    /// Keeps each process's samples by themselves.
    fn keep(&mut self, process: u32, at: f64, wall: Timestamp, sample: &Sample) {
        // Times without a zone tell no age: the start is told in seconds since 1970.
        let utc = self.pace.first.is_some_and(|(_, utc)| utc);
        let now = if utc { wall.as_duration().as_secs_f64() } else { f64::NAN };
        if process > 0 && self.each.is_empty() {
            self.each.insert(0, self.series.clone());
        }
        if process > 0 || !self.each.is_empty() {
            self.each.entry(process).or_default().push_dated(at, now, sample);
            if self.each.len() > PROCESSES {
                self.each.pop_first();
            }
        }
        self.series.push_dated(at, now, sample);
    }

    fn take(&mut self, at: i64, since: u64, outcome: Result<&Poll, &str>) {
        let shown = outcome.ok().map(values);
        let sample = outcome.ok().map(|poll| poll.sample);
        self.grid.add(since, shown);
        for (numbers, value) in self.numbers.iter_mut().zip(shown.into_iter().flatten()) {
            let Some(value) = value else { continue };
            if numbers.spread.max().is_none_or(|max| value > max) {
                numbers.max_at = since;
            }
            numbers.spread.add(value);
            numbers.last = value;
        }
        let outcome = match outcome {
            // Of one instance by now: it needs no name.
            Ok(poll) => Ok(poll.reading(Words::default())),
            Err(kind) => {
                let kind = ErrorKind::from_word(kind).unwrap_or(ErrorKind::Content);
                Err(Fault::Recorded(kind).into())
            }
        };
        let wall = Timestamp::from_millisecond(at).unwrap_or_default();
        let polled = self.watching.add(wall, Duration::from_millis(since), &outcome);
        let process = polled.step.process;
        if polled.step.restarted && self.restarts.len() < NAMED {
            self.restarts.push(since);
        }
        if let Some(sample) = sample {
            self.keep(process, Duration::from_millis(since).as_secs_f64(), wall, &sample);
        }
    }
}

/// The growth of each of several instances, by its name.
fn grown_of_each(instances: Vec<Instance>, judged: &[Trends], end: i64) -> Vec<Seen> {
    let at = Timestamp::from_millisecond(end).unwrap_or_default();
    let each = instances.into_iter().zip(judged);
    let grown = each.flat_map(|(instance, trends)| {
        let found = trends.iter().filter_map(growing);
        found.map(move |finding| Seen { finding: finding.of_instance(instance.clone()), at })
    });
    grown.collect()
}

/// The growth of earlier lives than the one that decides, with the time of the restart that ended it.
fn grown_before(series: &Series, rules: &Rules, from: i64) -> Vec<Seen> {
    let lives = lives(series, rules);
    let deciding = lives.iter().rposition(|life| life.is_long).unwrap_or(0);
    let of = |pair: &[Life]| {
        let restart = Duration::try_from_secs_f64(pair[1].from).unwrap_or_default();
        let at = from.saturating_add(i64::try_from(restart.as_millis()).unwrap_or(i64::MAX));
        let at = Timestamp::from_millisecond(at).unwrap_or_default();
        let found = pair[0].trends.iter().filter_map(growing);
        found.map(|finding| Seen { finding: finding.before_restart(), at }).collect::<Vec<_>>()
    };
    lives.windows(2).take(deciding).flat_map(of).collect()
}

/// The defaults, with the page's own thresholds for the time until danger.
#[expect(clippy::cast_precision_loss, reason = "thresholds are small")]
fn rules(thresholds: &Thresholds) -> Rules {
    let (danger, heap) = (thresholds.danger as f64, thresholds.memory_danger as f64);
    let memory_limit = thresholds.memory_limit.map(|limit| limit as f64);
    Rules { danger: Some(danger), heap_danger: Some(heap), memory_limit, ..Rules::default() }
}
