//! `watch`: polls on a schedule, shows every poll, and ends with a summary and its verdict.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::{Thresholds, Verdict, exit};

use crate::action::Actions;
use crate::args::{Color, WatchArgs, WatchFormat};
use crate::finding::Before;
use crate::output::{self, Failure};
use crate::recording::{Joint, Plan, Recorder, Schedule};
use crate::render::{self, Lines, Styles, Watched};
use crate::settings::{self, Aim};
use crate::source::{self, Observed, PollError, Probe, Reading, Source, Targets};
use crate::stop::Stop;
use crate::watching::{Ending, Holdings, Polled, Stacks, Watching};
use crate::words::{self, usage};

mod live;
mod several;
mod tellers;
mod within;

use tellers::{Tellers, acted};
pub(crate) use within::within;

/// Lines that go into a file or a pipe have room for every column.
const NO_TERMINAL: usize = 100;

pub(crate) fn run(args: &WatchArgs, color: Color) -> Result<u8, Failure> {
    settings::check_watch(args)?;
    let thresholds = settings::thresholds(args.thresholds)?;
    let mut aims = Aim::of(&args.target)?;
    if aims.len() > 1 {
        return several::run(args, color, thresholds, aims);
    }
    let webhook = settings::webhook(args)?;
    let recorders = recorders(args, &aims)?;
    let aim = aims.pop().ok_or_else(|| Failure::usage(usage::no_target()))?;
    let Aim { plan, mut source, instance, .. } = aim;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    output::hint(&render::opening(source.target(), args.interval, args.duration, args.count, width()));
    let (colored, actions) = (render::use_color(color), Actions::of(&args.on, &stop));
    let tellers = Tellers { webhook: webhook.as_ref(), actions: actions.as_ref() };
    let screen = Screen::new(args.format, Styles::new(colored), thresholds, instance.clone());
    let into = (recorders.first(), instance.as_deref());
    let mut watch = Watch::new(args, thresholds, &plan, into, (&stop, screen));
    let (start, started) = (Instant::now(), Timestamp::now());
    let ended = match is_live(args) {
        true => watch.live(&mut source, start, tellers, colored),
        false => std::thread::scope(|scope| {
            let _over = tellers.begin(scope, |text| output::hint(&text), acted(args.format, false));
            watch.lines(&mut source, start, tellers)
        }),
    };
    if matches!(ended, Err(Failure::ReaderLeft)) {
        return Ok(exit::OK);
    }
    let verdict = watch.end(&source, started, start.elapsed())?;
    ended?;
    let verdict = verdict.ok_or_else(|| Failure::interrupted(Before::Sample))?;
    Ok(args.gate.gate().exit_code(verdict))
}

/// The recordings that are asked for: one a target, and one for all addresses of a name.
fn recorders(args: &WatchArgs, aims: &[Aim]) -> Result<Vec<Joint>, Failure> {
    let Some(path) = &args.record else { return Ok(Vec::new()) };
    let groups: Vec<&[Aim]> = aims.chunk_by(Aim::is_beside).collect();
    let named: Vec<&str> = groups.iter().filter_map(|group| group.first()).map(|aim| &*aim.named).collect();
    let files = settings::files("--record", path, "csv", &named)?;
    let opened = groups.iter().zip(&files).map(|(group, path)| {
        let instances = group.iter().any(|aim| aim.instance.is_some());
        let plan = Plan { instances, ..settings::watched(args, path) };
        let (target, source) = group.first().map_or(("", ""), |aim| (&*aim.named, aim.source.name()));
        Ok(Joint::new(Recorder::open(&plan, target, source, Timestamp::now())?, group.len()))
    });
    opened.collect()
}

/// Asks for the target's stacks; a recording has none.
fn stacks(plan: &source::Plan) -> Option<Stacks> {
    if plan.address.as_ref().is_some_and(|address| std::path::Path::new(address).is_file()) {
        return None;
    }
    let targets = Targets::of(plan).ok()?;
    let (target, main) = targets.profiles().zip(targets.main())?;
    Some(Stacks::new(Probe::new(target, main, &plan.access).ok()?, plan.pprof.is_some()))
}

/// One target's watch, and where it is shown.
struct Watch<'a> {
    args: &'a WatchArgs,
    watching: Watching,
    recorder: Option<&'a Joint>,
    /// The address, where it is one of several of a name.
    instance: Option<&'a str>,
    stacks: Option<Stacks>,
    stop: Stop,
    screen: Screen,
    /// The time that another run of the same watch took.
    before: Duration,
}

impl<'a> Watch<'a> {
    fn new(
        args: &'a WatchArgs,
        thresholds: Thresholds,
        plan: &source::Plan,
        (recorder, instance): (Option<&'a Joint>, Option<&'a str>),
        (stop, screen): (&Stop, Screen),
    ) -> Self {
        let watching = Watching::new(thresholds, args.max_peak, args.gate.gate().unreachable());
        let watching = watching.with_trends(settings::asked(args));
        let watching = watching.with_max_restarts(args.max_restarts);
        let watching = watching.with_holdings(plan.pid.map(Holdings::of));
        let (stacks, before) = (stacks(plan), Duration::ZERO);
        Self { args, watching, recorder, instance, stacks, stop: stop.clone(), screen, before }
    }

    /// A line a poll.
    fn lines(
        &mut self,
        source: &mut (dyn Source + Send),
        start: Instant,
        tellers: Tellers<'_>,
    ) -> Result<(), Failure> {
        let Self { args, watching, recorder, instance, stacks, stop, screen, before } = self;
        let stacks = stacks.as_ref();
        let mut ears = tellers.ears(args, source.target());
        let (ended, skipped) = std::thread::scope(|scope| {
            let _ending = Ending(stacks);
            let timeout = args.target.timeout;
            stacks.map(|stacks| scope.spawn(move || stacks.run(timeout, |text| output::hint(&text), |_| {})));
            let mut polls = Polls {
                source,
                args,
                start,
                stop,
                recorder: *recorder,
                instance: *instance,
                stacks,
                told: BTreeSet::new(),
            };
            let show = |at, elapsed, outcome: &_| {
                watching.weigh(stacks.and_then(Stacks::evidence));
                let polled = watching.add(at, *before + elapsed, outcome);
                ears.hear(&polled);
                stacks.into_iter().for_each(|stacks| stacks.hear(&polled));
                screen.show(&polled)
            };
            polls.run(show, |_| {}, |text| output::hint(&text))
        });
        watching.summary.skip(skipped, args.interval);
        ended
    }

    /// The summary, and the verdict; `None` if somebody interrupted before there was one.
    fn end(
        mut self,
        source: &Observed,
        started: Timestamp,
        took: Duration,
    ) -> Result<Option<Verdict>, Failure> {
        self.watching.weigh(self.stacks.as_ref().and_then(Stacks::evidence));
        self.watching.finish();
        let Self { args, watching, stacks, stop, screen, .. } = self;
        let conclusion = watching.conclusion();
        let nothing =
            stop.is_set() && watching.summary.good_polls() == 0 && conclusion.verdict == Verdict::Unknown;
        // A summary of failed polls alone would say at length what the error says; its line is a contract with
        // programs.
        if watching.summary.polls() > 0 && (!nothing || args.format == WatchFormat::Ndjson) {
            let ended = Timestamp::now();
            let growing = stacks.map(|stacks| stacks.places()).unwrap_or_default();
            let kept = watching.kept();
            let (watching, conclusion, growing) = (&watching, &conclusion, &*growing);
            let (target, source) = (source.target(), source.name());
            screen.end(&Watched {
                target,
                source,
                started,
                ended,
                took,
                watching,
                conclusion,
                growing,
                kept,
            })?;
        }
        Ok((!nothing).then_some(conclusion.verdict))
    }
}

/// Polls on their schedule, recorded where that is asked for.
struct Polls<'a> {
    source: &'a mut (dyn Source + Send),
    args: &'a WatchArgs,
    start: Instant,
    stop: &'a Stop,
    recorder: Option<&'a Joint>,
    instance: Option<&'a str>,
    stacks: Option<&'a Stacks>,
    /// Series that were told to have no number.
    told: BTreeSet<&'static str>,
}

impl Polls<'_> {
    /// Runs until the schedule is over or somebody asks to stop, and says how many polls were due and skipped. `due`
    /// hears when the next poll begins, and of its beginning.
    fn run(
        &mut self,
        mut show: impl FnMut(Timestamp, Duration, &Result<Reading, PollError>) -> Result<(), Failure>,
        due: impl Fn(Option<Instant>),
        say: impl Fn(String),
    ) -> (Result<(), Failure>, u32) {
        let mut schedule = Schedule::new(self.start, self.args.interval, self.args.duration);
        let mut polls = 0;
        let mut ended = Ok(());
        while ended.is_ok() && self.args.count.is_none_or(|count| polls < count) {
            let Some(next) = schedule.next(Instant::now()) else { break };
            due(Some(next));
            if self.stop.wait_until(next) {
                break;
            }
            due(None);
            ended = self.poll(&mut show);
            let unread = self.source.unread().into_iter().filter(|unread| self.told.insert(unread.series));
            unread.for_each(|unread| say(words::left_out(&unread)));
            polls += 1;
        }
        let finished = self.recorder.map_or(Ok(()), Joint::finish);
        (ended.and(finished), schedule.skipped())
    }

    fn poll(
        &mut self,
        show: &mut impl FnMut(Timestamp, Duration, &Result<Reading, PollError>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (at, elapsed) = (Timestamp::now(), self.start.elapsed());
        let outcome = self.source.poll(self.args.target.timeout);
        if let Some(recorder) = self.recorder {
            recorder.write(at, elapsed, &outcome, [Some(self.source.name()), self.instance])?;
        }
        self.stacks.filter(|_| self.source.has_profiles()).into_iter().for_each(Stacks::find);
        show(at, elapsed, &outcome)
    }
}

/// True if there is a person at a terminal that can show the live view.
fn is_live(args: &WatchArgs) -> bool {
    use std::io::IsTerminal as _;
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    args.format == WatchFormat::Text
        && !args.plain
        && std::io::stdout().is_terminal()
        && std::io::stdin().is_terminal()
        && env("TERM").is_none_or(|term| term != "dumb")
        && env("CI").is_none()
}

/// Where polls and the summary go, in the form that was asked for.
enum Screen {
    Text {
        lines: Box<Lines>,
        styles: Styles,
        zone: TimeZone,
        /// Stands before each line, where several are watched.
        name: Option<String>,
    },
    /// As it is called in each object, where several are watched.
    Ndjson { name: Option<String> },
    /// A part of something else, which has a screen of its own.
    Within(within::Sparse),
}

impl Screen {
    fn new(format: WatchFormat, styles: Styles, thresholds: Thresholds, name: Option<String>) -> Self {
        match format {
            WatchFormat::Text => {
                let zone = TimeZone::system();
                let lines = Box::new(Lines::new(styles, zone.clone(), thresholds));
                Self::Text { lines, styles, zone, name }
            }
            WatchFormat::Ndjson => Self::Ndjson { name },
        }
    }

    fn show(&mut self, polled: &Polled<'_>) -> Result<(), Failure> {
        match self {
            Self::Text { lines, name, .. } => {
                let before = name.as_ref().map(|name| format!("{name}  ")).unwrap_or_default();
                let shown = lines.poll(polled, width().saturating_sub(before.chars().count()));
                output::result(&behind(&before, &shown.lines))?;
                if let Some(hint) = shown.hint {
                    output::hint(&behind(&before, &hint));
                }
                Ok(())
            }
            Self::Ndjson { name } => output::result(&render::ndjson_sample(polled, name.as_deref())),
            Self::Within(sparse) => sparse.show(polled),
        }
    }

    fn end(&self, watched: &Watched<'_>) -> Result<(), Failure> {
        output::result(&match self {
            Self::Text { styles, zone, .. } => render::watch_summary(watched, styles, zone, width()),
            Self::Ndjson { .. } => render::ndjson_summary(watched),
            Self::Within(_) => return Ok(()),
        })
    }
}

/// Every line behind the same words.
fn behind(before: &str, lines: &str) -> String {
    lines.lines().map(|line| format!("{before}{line}\n")).collect()
}

/// Asked anew for every line: a window may change.
fn width() -> usize {
    render::terminal_width().unwrap_or(NO_TERMINAL)
}

#[cfg(test)]
mod tests;
