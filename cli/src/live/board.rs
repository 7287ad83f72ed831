//! What the sampler and the screen share: the watch so far and its courses. The screen takes a picture and draws it
//! without the lock, so that a slow terminal never delays a poll.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::trend::{Course, Metric as Trending, Trend};
use vitals::{Measure, TaskBand, Traffic, Verdict};

use super::CHARTED;
use super::history::{History, Point};
use crate::finding::{Finding, Tale};
use crate::profile::{Evidence, Place};
use crate::source::{PollError, Reading};
use crate::watching::{Conclusion, METRICS, Polled, Watching};
use crate::words;

/// The shared state of a live watch.
#[derive(Debug)]
pub(crate) struct Board(Mutex<State>);

#[derive(Debug)]
struct State {
    watching: Watching,
    courses: BTreeMap<Measure, History>,
    last: Option<Reading>,
    error: Option<(PollError, u64)>,
    /// When the next poll begins; in the past while one is under way.
    due: Option<Instant>,
    over: bool,
    program: Option<String>,
    restarts: Vec<Duration>,
    /// When the newest poll began.
    until: Duration,
    note: Option<String>,
    stacks: Vec<String>,
}

/// Restarts that the chart marks; the newest ones.
const MARKS: usize = 64;

/// All that one picture needs.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) metric: Measure,
    pub(crate) points: Vec<Point>,
    /// When the target restarted, since the start.
    pub(crate) restarts: Vec<Duration>,
    /// When the newest poll began, since the start.
    pub(crate) until: Duration,
    /// Above which it is a warning, and danger.
    pub(crate) limits: Option<[u64; 2]>,
    /// How its values are spread: lowest, median, 95th percentile, highest, and when that was.
    pub(crate) spread: Option<[u64; 4]>,
    /// When the highest was.
    pub(crate) max_at: Option<Timestamp>,
    /// The newest.
    pub(crate) last: Option<Reading>,
    /// The band of its goroutines.
    pub(crate) band: Option<TaskBand>,
    /// Why the newest poll failed, and how many in a row did.
    pub(crate) error: Option<(PollError, u64)>,
    pub(crate) verdict: Verdict,
    /// The gravest finding.
    pub(crate) why: Option<Finding>,
    /// The count rises without a pause, and it is too early for its trend.
    pub(crate) rising: Option<Box<Trend>>,
    pub(crate) trends: Vec<Told>,
    /// The stacks that grow, the most first.
    pub(crate) stacks: Vec<String>,
    /// Polls: all, failed, by kind.
    pub(crate) polls: (u64, u64, String),
    pub(crate) restarted: u64,
    /// Requests of the last minutes.
    pub(crate) requests: Traffic,
    /// Until the next poll; `None` while one is under way.
    pub(crate) next: Option<Duration>,
    pub(crate) program: Option<String>,
    pub(crate) note: Option<String>,
}

/// A trend that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) metric: Trending,
    pub(crate) verdict: Verdict,
    pub(crate) tale: Tale,
}

impl Board {
    /// Nothing seen yet.
    pub(crate) fn new(watching: Watching) -> Self {
        Self(Mutex::new(State {
            watching,
            courses: BTreeMap::new(),
            last: None,
            error: None,
            due: None,
            over: false,
            program: None,
            restarts: Vec::new(),
            until: Duration::ZERO,
            note: None,
            stacks: Vec::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in one poll; `hear` is told what it means, and must not wait.
    pub(crate) fn add(
        &self,
        at: Timestamp,
        elapsed: Duration,
        outcome: &Result<Reading, PollError>,
        hear: impl FnOnce(&Polled<'_>),
    ) {
        let mut state = self.state();
        let polled = state.watching.add(at, elapsed, outcome);
        hear(&polled);
        let (failing, restarted) = (polled.step.failing, polled.step.restarted);
        state.until = elapsed;
        for metric in CHARTED {
            let value = outcome.as_ref().ok().and_then(|reading| metric.judged(reading));
            let course = state.courses.entry(metric).or_default();
            match value {
                Some(value) => course.add(elapsed, value),
                None => course.miss(),
            }
        }
        match outcome {
            Ok(reading) => {
                if restarted {
                    if state.restarts.len() == MARKS {
                        state.restarts.remove(0);
                    }
                    state.restarts.push(elapsed);
                }
                state.program.clone_from(&reading.program);
                state.last = Some(reading.clone());
                state.error = None;
            }
            Err(error) => state.error = Some((error.clone(), failing)),
        }
    }

    /// What profiles prove by now.
    pub(crate) fn weigh(&self, evidence: Option<Evidence>) {
        self.state().watching.weigh(evidence);
    }

    /// When the next poll begins; `None`: now.
    pub(crate) fn next_poll(&self, due: Option<Instant>) {
        self.state().due = due;
    }

    /// A word for the person at the screen, until the next one.
    pub(crate) fn note(&self, text: String) {
        self.state().note = Some(text);
    }

    /// The stacks that grow, the most first.
    pub(crate) fn grows(&self, places: &[Place]) {
        self.state().stacks = places.iter().map(words::stack_in_short).collect();
    }

    /// The sampling has ended.
    pub(crate) fn close(&self) {
        self.state().over = true;
    }

    /// True once the sampling has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.state().over
    }

    /// The watch, once it is over.
    pub(crate) fn into_watching(self) -> Watching {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).watching
    }

    /// How it looks now.
    pub(crate) fn picture(&self, metric: Measure) -> Picture {
        let state = self.state();
        let watching = &state.watching;
        let summary = &watching.summary;
        let Conclusion { verdict, findings, rising, .. } = watching.conclusion();
        let series = match metric {
            Measure::Goroutines => Some(&summary.judged),
            Measure::AllocBytes => Some(&summary.memory),
            Measure::OpenFds => Some(&summary.descriptors),
            Measure::Latency => Some(&summary.latency),
            _ => None,
        };
        let spread = series.and_then(|series| {
            let spread = &series.spread;
            Some([spread.min()?, spread.median()?, spread.p95()?, spread.max()?])
        });
        let judged = state.last.as_ref().and_then(|reading| reading.sample.unexplained());
        Picture {
            metric,
            points: state.courses.get(&metric).map(|course| course.points().to_vec()).unwrap_or_default(),
            restarts: state.restarts.clone(),
            until: state.until,
            limits: metric.limits(&watching.thresholds),
            spread,
            max_at: series.and_then(|series| series.max_at),
            band: judged.map(|count| watching.thresholds.tasks(count)),
            last: state.last.clone(),
            error: state.error.clone(),
            verdict,
            why: findings.into_iter().next().map(|seen| seen.finding),
            rising,
            trends: trends(watching, metric),
            stacks: state.stacks.clone(),
            polls: (summary.polls(), summary.failed_polls(), summary.kinds()),
            restarted: summary.restarts,
            requests: summary.requests.recent,
            next: state.due.map(|due| due.saturating_duration_since(Instant::now())),
            program: state.program.clone(),
            note: state.note.clone(),
        }
    }
}

/// The trend of the count; that of the memory where it is charted or grows.
fn trends(watching: &Watching, charted: Measure) -> Vec<Told> {
    let trends = &watching.trends;
    let is_shown = |of| {
        of == trends.main()
            || of == Trending::Heap && charted == Measure::AllocBytes
            || of == Trending::Descriptors && charted == Measure::OpenFds
            || trends.course(of) == Some(Course::Growing)
    };
    let shown = METRICS.into_iter().filter(|of| is_shown(*of)).filter_map(|of| {
        let verdict = trends.course(of).and(trends.of(of)).map_or(Verdict::Ok, |trend| trend.verdict);
        Some(Told { metric: of, verdict, tale: trends.shown(of)? })
    });
    shown.collect()
}
