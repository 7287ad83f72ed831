//! A watch as a part of something else: it shows a line a minute, goes on with what an earlier run recorded, and ends early
//! once nothing can change its verdict.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::{Thresholds, Verdict};

use super::{NO_TERMINAL, Screen, Tellers, Watch, recorders, width};
use crate::args::WatchArgs;
use crate::finding::rollout::Seen;
use crate::moment::Moment;
use crate::output::{self, Failure};
use crate::reading::{Fault, PollError, Reading, Recording as Trouble};
use crate::recording::{Input, Line, Recordings};
use crate::render::{Lines, Styles};
use crate::settings::{self, Aim};
use crate::stop::Stop;
use crate::summary::Series;
use crate::watching::{Conclusion, Polled, Stacks, Watching};
use crate::words::usage;

/// A line a minute, and one for every event.
const SPARSE: Duration = Duration::from_secs(60);
/// So many polls in a row that fail mean that nobody is there any more.
const GONE: u32 = 6;
/// What errors call the recording.
const ROLE: &str = "recording";

/// What a watch came to.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) conclusion: Conclusion,
    pub(crate) polls: u64,
    /// Median and peak of the goroutines.
    pub(crate) level: Option<[u64; 2]>,
    pub(crate) seen: Seen,
    /// It ended before its time.
    pub(crate) decided: bool,
    /// What an earlier run of it took.
    pub(crate) before: Duration,
}

/// What it shows.
pub(super) struct Sparse {
    lines: Box<Lines>,
    max_peak: Option<u64>,
    /// When the next line is due.
    next: Duration,
    failed: u32,
    decided: bool,
}

impl Sparse {
    fn new(args: &WatchArgs, thresholds: Thresholds) -> Self {
        let lines = Box::new(Lines::new(Styles::new(false), TimeZone::system(), thresholds));
        Self { lines, max_peak: args.max_peak, next: Duration::ZERO, failed: 0, decided: false }
    }

    /// # Errors
    /// The watch is decided: its polls end as if nobody read them any more.
    pub(super) fn show(&mut self, polled: &Polled<'_>) -> Result<(), Failure> {
        let shown = self.lines.poll(polled, width().min(NO_TERMINAL));
        if polled.elapsed >= self.next || polled.outcome.is_err() && self.failed == 0 {
            self.next = polled.elapsed + SPARSE;
            output::hint(shown.lines.trim_end());
        }
        self.failed = if polled.outcome.is_err() { self.failed + 1 } else { 0 };
        self.decided = self.failed >= GONE || self.is_danger(polled);
        if self.decided { Err(Failure::ReaderLeft) } else { Ok(()) }
    }

    /// A sample above a limit is danger for good; growth may yet level off.
    fn is_danger(&self, polled: &Polled<'_>) -> bool {
        let above = polled.judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::Danger);
        let count = polled.outcome.as_ref().ok().and_then(|reading| reading.sample.unexplained());
        let peak = self.max_peak.zip(count).is_some_and(|(limit, count)| count >= limit);
        let restarts = polled.restarts.as_ref().is_some_and(|finding| finding.verdict == Verdict::Danger);
        above || peak || restarts
    }
}

/// Watches one target; `again`: with what its recording holds already, for the time that is left. `None`: somebody
/// interrupted.
///
/// # Errors
/// The recording cannot be read or written.
pub(crate) fn within(mut args: WatchArgs, stop: &Stop, again: bool) -> Result<Option<Came>, Failure> {
    settings::check_watch(&args)?;
    let thresholds = settings::thresholds(args.thresholds)?;
    let rows = if again { recorded(&args)? } else { Vec::new() };
    let watched = args.interval * u32::try_from(rows.len()).unwrap_or(u32::MAX);
    args.duration = args.duration.map(|length| length.saturating_sub(watched));
    let mut aims = Aim::of(&args.target)?;
    let recorders = recorders(&args, &aims)?;
    let Aim { plan, mut source, .. } = aims.pop().ok_or_else(|| Failure::usage(usage::no_target()))?;
    let screen = Screen::Within(Sparse::new(&args, thresholds));
    let mut watch = Watch::new(&args, thresholds, &plan, (recorders.first(), None), (stop, screen));
    watch.before = replay(&mut watch.watching, &rows);
    let ended = watch.lines(&mut source, Instant::now(), Tellers { webhook: None, actions: None });
    let decided = matches!(&watch.screen, Screen::Within(sparse) if sparse.decided);
    if !decided {
        ended?;
        if stop.is_set() {
            return Ok(None);
        }
    }
    watch.watching.weigh(watch.stacks.as_ref().and_then(Stacks::evidence));
    watch.watching.finish();
    let summary = &watch.watching.summary;
    let spread = &summary.judged.spread;
    let level = spread.median().zip(spread.max()).map(|(median, peak)| [median, peak]);
    let last = |series: &Series| series.ends.map(|(_, last)| last);
    let seen = Seen { goroutines: last(&summary.goroutines), alloc_bytes: last(&summary.memory) };
    let conclusion = watch.watching.conclusion();
    Ok(Some(Came { conclusion, polls: summary.polls(), level, seen, decided, before: watched }))
}

/// A poll of an earlier run.
type Row = (Timestamp, Result<Reading, PollError>);

fn recorded(args: &WatchArgs) -> Result<Vec<Row>, Failure> {
    let Some(path) = args.record.as_deref().filter(|path| path.exists()) else { return Ok(Vec::new()) };
    let inputs = Input::find(&path.to_string_lossy(), ROLE)?;
    let mut rows = Vec::new();
    let mut take = |time: &str, line: Line<'_>| {
        let Some(at) = Moment::read(time) else { return };
        let outcome = match line {
            Line::Good(poll, words) => Ok(poll.reading(words)),
            Line::Failed(kind, _) => {
                let trouble = Trouble::Failed { kind: kind.to_owned() };
                Err(Fault::Recording { path: path.to_owned(), trouble }.into())
            }
            Line::Foreign(_) => return,
        };
        rows.push((at.timestamp(), outcome));
    };
    // One that has no whole row yet is no more than a beginning.
    if let Ok(recordings) = Recordings::sound(&inputs, ROLE) {
        recordings.read(&mut take)?;
    }
    Ok(rows)
}

/// Watches it again; returns how long ago it began.
fn replay(watching: &mut Watching, rows: &[Row]) -> Duration {
    let Some((start, _)) = rows.first() else { return Duration::ZERO };
    let since = |at: Timestamp| Duration::try_from(at.duration_since(*start)).unwrap_or_default();
    for (at, outcome) in rows {
        watching.add(*at, since(*at), outcome);
    }
    since(Timestamp::now())
}
