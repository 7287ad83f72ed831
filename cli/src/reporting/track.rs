//! One recording: what its polls came to, the picture of it, and what happened on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use vitals::trend::{Course, Life, Metric, Rules, Series, Trend, Why, lives, trend};
use vitals::{Process, Sample, Spread, Thresholds, Verdict};

use super::cost::cost;
use super::{Grid, SHOWN, untold};
use crate::comparison::{UNEXPLAINED, values};
use crate::finding::LeftOut;
use crate::moment::Moment;
use crate::output::Failure;
use crate::reading::{ErrorKind, Fault};
use crate::recording::{Input, Line, Notes, Poll, Recordings, beside};
use crate::watching::{Conclusion, Seen, Watching, growing};

/// Restarts and gaps that are shown; the others are only counted.
const NAMED: usize = 50;
/// Time between rows is normal up to so many times what it usually is.
const GAP: u64 = 3;
/// Rows that tell what is usual.
const USUAL: usize = 31;

/// A time in which there are no rows, in milliseconds since the recording's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The last row before it.
    pub(crate) from: u64,
    /// The first one after it.
    pub(crate) to: u64,
}

/// One metric's numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// How they are spread.
    pub(crate) spread: Spread,
    /// When they were highest, the first time, in milliseconds since the recording's first row.
    pub(crate) max_at: u64,
    /// The last one.
    pub(crate) last: u64,
}

/// One recording.
#[derive(Debug)]
pub(crate) struct Track {
    /// Its file, or the first and the number of them.
    pub(crate) name: String,
    /// The notes beside it.
    pub(crate) notes: Option<Notes>,
    /// When its first row was, in milliseconds since 1970; in the unknown local time of a machine unless `utc`.
    pub(crate) from: i64,
    pub(crate) utc: bool,
    /// From the first row to the last, in milliseconds.
    pub(crate) length: u64,
    /// The usual time between rows, in milliseconds.
    pub(crate) interval: Option<u64>,
    /// The numbers of each metric.
    pub(crate) numbers: [Numbers; SHOWN],
    /// What a request in flight costs, where that can be told.
    pub(super) cost: Option<f64>,
    /// The picture.
    pub(crate) grid: Grid<SHOWN>,
    /// When the target restarted.
    pub(crate) restarts: Vec<u64>,
    /// When there were no rows.
    pub(crate) gaps: Vec<Span>,
    /// How many gaps there are in all.
    pub(crate) gap_count: u64,
    /// Lines that are no rows.
    pub(crate) foreign: u64,
    /// The polls as a watch would have judged them.
    pub(crate) watching: Watching,
    /// The verdict on levels and peaks, and what it rests on.
    pub(crate) conclusion: Conclusion,
    /// Of each metric, in their order.
    pub(crate) trends: [Trend; Metric::ALL.len()],
}

impl Track {
    /// The verdict on everything. What cannot be told of a trend changes nothing.
    pub(crate) fn verdict(&self) -> Verdict {
        let growing = self.trends.iter().filter(|trend| trend.course == Course::Growing);
        growing.fold(self.conclusion.verdict, |worst, trend| worst.max(trend.verdict))
    }

    /// The trends that say something: beside a count, a resource that does not grow says nothing.
    pub(crate) fn told(&self) -> impl Iterator<Item = &Trend> {
        let has_values = |trend: &&Trend| trend.reasons.first() != Some(&Why::NoValues);
        let is_counted = self.watching.summary.judged.spread.n() > 0;
        self.trends.iter().filter(has_values).filter(move |trend| {
            !is_counted || !trend.metric.is_resource() || trend.course == Course::Growing
        })
    }

    /// The rows have values of this metric, which are not only drawn.
    pub(crate) fn has(&self, metric: usize) -> bool {
        let only_drawn = metric == UNEXPLAINED && self.cost.is_some();
        self.numbers[metric].spread.n() > 0 && !only_drawn
    }

    /// The longest time between rows over which a line is drawn.
    pub(crate) fn reach(&self) -> u64 {
        (GAP * self.interval.unwrap_or(0)).max(2 * self.grid.width())
    }
}

/// Reads a recording into a track.
#[derive(Debug)]
pub(crate) struct Tracking {
    names: Vec<String>,
    first: Option<(i64, bool)>,
    /// The time of the last row, since 1970, and since the first row without steps back.
    last: (i64, u64),
    /// How far the rows' times are ahead of time itself, after a clock went back.
    ahead: i64,
    early: Vec<u64>,
    interval: Option<u64>,
    numbers: [Numbers; SHOWN],
    grid: Grid<SHOWN>,
    restarts: Vec<u64>,
    gaps: Vec<Span>,
    gap_count: u64,
    foreign: u64,
    /// The first line that is no row.
    pub(crate) first_foreign: Option<LeftOut>,
    /// The first time that cannot be read.
    pub(crate) first_odd_time: Option<String>,
    watching: Watching,
    /// Of the only process, or of all as one.
    series: Series,
    /// Of each process, once there are several.
    each: BTreeMap<u32, Series>,
}

/// Processes that are told apart, the newest ones.
const PROCESSES: usize = 64;

impl Tracking {
    /// Nothing read yet; the picture will have up to so many columns.
    pub(crate) fn new(thresholds: Thresholds, columns: u64) -> Self {
        Self {
            names: Vec::new(),
            first: None,
            last: (0, 0),
            ahead: 0,
            early: Vec::new(),
            interval: None,
            numbers: Default::default(),
            grid: Grid::new(columns),
            restarts: Vec::new(),
            gaps: Vec::new(),
            gap_count: 0,
            foreign: 0,
            first_foreign: None,
            first_odd_time: None,
            watching: Watching::new(thresholds, None, Verdict::Unknown).without_trends(),
            series: Series::default(),
            each: BTreeMap::new(),
        }
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// One of them cannot be read, or is no recording.
    pub(crate) fn read(&mut self, inputs: &[Input], role: &str) -> Result<(), Failure> {
        for recording in Recordings::sound(inputs, role)?.each() {
            self.names.push(recording.name().to_owned());
            recording.read(&mut |time, line| self.row(time, line))?;
        }
        Ok(())
    }

    fn row(&mut self, time: &str, line: Line<'_>) {
        let outcome = match line {
            Line::Good(poll, _) => Ok(poll),
            Line::Failed(kind, _) => Err(kind),
            Line::Foreign(foreign) => {
                self.foreign += 1;
                let names = &self.names;
                self.first_foreign
                    .get_or_insert_with(|| foreign.left_out(names.last().map_or("", String::as_str)));
                return;
            }
        };
        let Some(moment) = Moment::read(time) else {
            self.foreign += 1;
            self.first_odd_time.get_or_insert_with(|| time.to_owned());
            return;
        };
        let at = moment.millis();
        let begun = self.first.is_some();
        let since = self.place(at, moment.is_utc());
        if begun {
            self.step(since);
        }
        self.take(at, since, outcome);
        self.last = (at, since);
    }

    /// All rows have come. `None` if there were none.
    pub(crate) fn end(mut self) -> Option<Track> {
        let (from, utc) = self.first?;
        if self.interval.is_none() {
            self.usual();
        }
        let notes = self.names.first().and_then(|name| notes_of(Path::new(name)));
        let name = match self.names.as_slice() {
            [only] => file_name(only),
            [first, rest @ ..] => format!("{} and {} more", file_name(first), rest.len()),
            [] => String::new(),
        };
        let rules = rules(&self.watching.thresholds);
        let trends = self.trends(&rules);
        let mut conclusion = self.watching.conclusion();
        if !self.watching.summary.processes.is_several() {
            conclusion.passed.splice(0..0, grown_before(&self.series, &rules, from));
        }
        Some(Track {
            trends,
            name,
            notes,
            from,
            utc,
            length: self.last.1,
            interval: self.interval,
            numbers: self.numbers,
            cost: cost(&self.series),
            grid: self.grid,
            restarts: if self.watching.summary.restarts > 0 { self.restarts } else { Vec::new() },
            gaps: self.gaps,
            gap_count: self.gap_count,
            foreign: self.foreign,
            conclusion,
            watching: self.watching,
        })
    }

    /// Those of the series, or, of several instances, those of the worst; each is that of its last life that is long.
    fn trends(&self, rules: &Rules) -> [Trend; Metric::ALL.len()] {
        let of = |series: &Series| Metric::ALL.map(|metric| trend(series, metric, rules));
        let processes = &self.watching.summary.processes;
        let own = |lives: Vec<&Process>| {
            let mut all = Series::default();
            lives.iter().filter_map(|life| self.each.get(&life.id)).for_each(|series| all.append(series));
            of(&all)
        };
        let several = if processes.is_several() { processes.instances() } else { Vec::new() };
        let gravity = |trends: &[Trend; Metric::ALL.len()]| {
            let growing = trends.iter().filter(|trend| trend.course == Course::Growing);
            growing.map(|trend| trend.verdict).max()
        };
        let mut trends = several.into_iter().map(own).max_by_key(gravity).unwrap_or_else(|| of(&self.series));
        let (summary, length_s) = (&self.watching.summary, self.last.1 as f64 / 1000.0);
        trends.iter_mut().for_each(|trend| untold::mend(trend, summary, length_s, rules));
        trends
    }

    /// Keeps each process's samples by themselves.
    fn keep(&mut self, process: u32, at: f64, wall: Timestamp, sample: &Sample) {
        // Times without a zone tell no age: the start is told in seconds since 1970.
        let utc = self.first.is_some_and(|(_, utc)| utc);
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

    /// The time since the first row. It never goes back: where the clock did, a usual interval has passed.
    fn place(&mut self, at: i64, utc: bool) -> u64 {
        let (first, _) = *self.first.get_or_insert((at, utc));
        let since = at - first + self.ahead;
        let before = i64::try_from(self.last.1).unwrap_or(i64::MAX);
        let since = if since < before {
            let usual = i64::try_from(self.interval.unwrap_or(0)).unwrap_or(0);
            self.ahead += before + usual - since;
            before + usual
        } else {
            since
        };
        u64::try_from(since).unwrap_or(0)
    }

    /// Looks for a gap between the last row and this one.
    fn step(&mut self, to: u64) {
        let from = self.last.1;
        let step = to - from;
        match self.interval {
            Some(usual) if step > GAP * usual => self.gap(Span { from, to }),
            Some(_) => {}
            None => {
                self.early.push(step);
                if self.early.len() == USUAL {
                    self.usual();
                }
            }
        }
    }

    fn gap(&mut self, span: Span) {
        self.gap_count += 1;
        if self.gaps.len() < NAMED {
            self.gaps.push(span);
        }
    }

    /// Takes the middle of the first steps as the usual one, and looks for gaps among these steps.
    fn usual(&mut self) {
        let steps = std::mem::take(&mut self.early);
        let mut sorted = steps.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().filter(|usual| *usual > 0);
        self.interval = usual;
        let mut from = 0;
        for step in steps {
            let to = from + step;
            if usual.is_some_and(|usual| step > GAP * usual) {
                self.gap(Span { from, to });
            }
            from = to;
        }
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
            Ok(poll) => Ok(poll.reading()),
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

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The notes beside a file, or, for one of several, beside their common name.
fn notes_of(path: &Path) -> Option<Notes> {
    let common = || {
        let stem = Path::new(path.file_stem()?);
        let name = stem.file_stem().filter(|_| stem.extension().is_some())?;
        Some(path.with_file_name(name).with_extension(path.extension()?))
    };
    Notes::read(&beside(path)).or_else(|| Notes::read(&beside(&common()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(rows: &str) -> Track {
        let mut tracking = Tracking::new(Thresholds::default(), 100);
        let inputs = [Input::from_bytes("a/day1.csv".to_owned(), rows.as_bytes().to_vec())];
        tracking.read(&inputs, "FILE").unwrap();
        tracking.end().unwrap()
    }

    fn row(second: i64, goroutines: u64, start: u64) -> String {
        let at = Timestamp::from_second(1_795_000_000 + second).unwrap();
        format!("{at},1,,{goroutines},{start}\n")
    }

    const HEADER: &str = "ts,ok,error,goroutines,start_time\n";

    #[test]
    fn gaps_restarts_and_failures_have_their_places() {
        let mut text = HEADER.to_owned();
        (0..5).for_each(|n| text += &row(n * 5, 100, 1));
        text += &row(200, 90, 1);
        (41..80).for_each(|n| text += &row(n * 5, 110, 2));
        text += &row(1000, 120, 2);
        text += "2026-11-18T11:23:25Z,0,refused,,\nhello\n";
        let track = track(&text);
        assert_eq!((track.name.as_str(), track.interval, track.utc), ("day1.csv", Some(5000), true));
        assert_eq!(
            track.gaps,
            [Span { from: 20_000, to: 200_000 }, Span { from: 395_000, to: 1_000_000 }],
            "the first one is among the rows that tell what is usual"
        );
        assert_eq!((track.restarts.as_slice(), track.foreign), (&[205_000][..], 1));
        assert_eq!(track.grid.cells().map(|cell| cell.failed).sum::<u64>(), 1);
        assert_eq!((track.numbers[0].spread.max(), track.numbers[0].max_at), (Some(120), 1_000_000));
    }

    /// Half an hour of a leak, and half an hour without: what was mended is told, and is no finding.
    #[test]
    fn the_last_life_decides_and_each_instance_has_its_own() {
        let mut text = HEADER.to_owned();
        let whole = |n: i64| n.unsigned_abs();
        let noise = |n: i64| whole(n) * 7919 % 31;
        (0..360).for_each(|n| text += &row(n * 5, 300 + whole(n) * 5 + noise(n), 1));
        (360..720).for_each(|n| text += &row(n * 5, 300 + noise(n), 2));
        let mended = track(&text);
        assert_eq!((mended.verdict(), mended.restarts.len()), (Verdict::Ok, 1));
        let told = crate::words::finding(&mended.conclusion.passed[0].finding);
        assert!(
            told.starts_with("before this restart: ") && told.contains("goroutines grow by 3,6"),
            "{told}"
        );
        let mut text = HEADER.to_owned();
        (0..720).for_each(|n| {
            let leak = if n % 2 == 1 { whole(n) * 3 } else { 500 };
            text += &row(n * 5, 300 + leak + noise(n), 1 + whole(n) % 2);
        });
        let mixed = track(&text);
        assert_eq!((mended.trends[0].course, mixed.trends[0].course), (Course::Stable, Course::Growing));
        assert!(mixed.restarts.is_empty() && mixed.watching.summary.processes.is_several());
    }

    /// A small rise in much noise: of a process that has just started it may be the warm-up.
    #[test]
    fn a_row_that_tells_the_start_tells_how_young_the_process_is() {
        let judged = |age: u64| {
            let mut text = "ts,ok,error,goroutines,in_flight,start_time\n".to_owned();
            for n in 0..=360_u32 {
                let noise = f64::from((n.wrapping_mul(2_654_435_761) >> 16) & 0xff) - 128.0;
                let count = 800.0 - 160.0 * (-f64::from(n) / 180.0).exp() + noise;
                let at = Timestamp::from_second(1_795_000_000 + i64::from(n) * 5).unwrap();
                text += &format!("{at},1,,{count:.0},50,{}\n", 1_795_000_000 - age);
            }
            track(&text).trends[0].course
        };
        assert_eq!((judged(86_400), judged(0)), (Course::Growing, Course::Inconclusive));
    }

    #[test]
    fn nobody_is_asked_to_record_a_crash_loop_for_longer() {
        let mut text = HEADER.to_owned();
        (0..60).for_each(|n| text += &row(n * 5, 300, 1 + n.unsigned_abs() / 12));
        let track = track(&text);
        assert_eq!(track.verdict(), Verdict::Danger);
        let said = crate::words::page_trend(&track.trends[0]);
        assert!(said.contains("too short") && !said.contains("more"), "{said}");
        let short = self::track(&(HEADER.to_owned() + &row(0, 300, 1) + &row(30, 301, 1)));
        let said = crate::words::page_trend(&short.trends[0]);
        assert!(said.contains("too short, about 8m30s more are needed"), "rows within the warm-up: {said}");
    }

    #[test]
    fn a_clock_that_goes_back_does_not_turn_the_line_back() {
        let mut text = HEADER.to_owned();
        (0..40).for_each(|n| text += &row(n * 5, 100, 1));
        (0..40).for_each(|n| text += &row(n * 5 - 3600, 100, 1));
        let track = track(&text);
        assert_eq!((track.length, track.gap_count), (79 * 5000, 0));
        assert!(track.grid.cells().map(|cell| cell.at).is_sorted());
    }

    #[test]
    fn old_logs_are_in_local_time() {
        let track = track("[2025-10-27 10:30:00] Goroutines: 856, Memory: 256MB\n");
        assert_eq!((track.utc, track.length, track.interval), (false, 0, None));
        assert_eq!(track.numbers[2].spread.max(), Some(256 << 20));
    }

    #[test]
    fn the_notes_of_one_of_several_files() {
        let dir = tempfile::tempdir().unwrap();
        let notes =
            r#"{"schema":1,"tool":"t","target":"x","source":"s","interval_s":1,"started":"","host":null}"#;
        std::fs::write(dir.path().join("day.meta.json"), notes).unwrap();
        for name in ["day.csv", "day.20261118T110640250Z.csv"] {
            assert_eq!(notes_of(&dir.path().join(name)).unwrap().target, "x", "{name}");
        }
        assert_eq!(notes_of(&dir.path().join("other.csv")), None);
    }
}
