//! `watch`: polls on a schedule, shows every poll, and ends with a summary and its verdict.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::{Verdict, exit};

use crate::args::{Color, WatchArgs, WatchFormat};
use crate::finding::Before;
use crate::live::{self, Board, Setting};
use crate::output::{self, Failure};
use crate::recording::{Form, Mode, Plan, Recorder, Schedule};
use crate::render::{self, Lines, Styles, Watched};
use crate::settings;
use crate::source::{API_URL, Observed, PollError, Probe, Reading, Source, Targets};
use crate::stop::Stop;
use crate::watching::{Asked, Ending, Polled, Stacks, Watching};
use crate::webhook::{Bell, Closing, Webhook};
use crate::words;

/// Lines that go into a file or a pipe have room for every column.
const NO_TERMINAL: usize = 100;

pub(crate) fn run(args: &WatchArgs, color: Color) -> Result<u8, Failure> {
    settings::check_watch(args)?;
    let thresholds = settings::thresholds(args.thresholds)?;
    let access = settings::plan(args.target.api_url.as_deref(), API_URL, &args.target.source)?;
    let mut source = Observed::new(&access)?;
    let plan = args.record.as_deref().map(|path| Plan {
        path,
        mode: Mode::of(args.append, args.force),
        interval: args.interval,
        labels: &args.labels,
        form: Form::Csv,
        open_metrics: false,
        rotation: None,
    });
    let webhook = args.webhook.as_deref().map(|url| Webhook::new(url, args.webhook_format));
    let webhook = webhook.transpose().map_err(|why| Failure::usage(words::no_webhook(&why)))?;
    let recorder = plan
        .map(|plan| Recorder::open(&plan, source.target(), source.name(), Timestamp::now()))
        .transpose()?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    output::hint(&render::opening(source.target(), args.interval, args.duration, args.count, width()));
    let colored = render::use_color(color);
    let screen = Screen::new(args.format, Styles::new(colored), thresholds);
    let gate = args.gate.gate();
    let watching = Watching::new(thresholds, args.max_peak, gate.unreachable()).with_trends(Asked {
        steady_load: args.steady_load,
        required: args.require_trend,
        block: Some(args.block),
    });
    let watching = watching.with_max_restarts(args.max_restarts);
    let stacks = stacks(&access);
    let mut watch = Watch { watching, recorder, webhook, stacks, stop, screen };
    let (start, started) = (Instant::now(), Timestamp::now());
    let ended = match is_live(args) {
        true => watch.live(&mut source, args, start, colored),
        false => watch.lines(&mut source, args, start),
    };
    if matches!(ended, Err(Failure::ReaderLeft)) {
        return Ok(exit::OK);
    }
    let Watch { mut watching, stacks, stop, screen, .. } = watch;
    watching.finish();
    let conclusion = watching.conclusion();
    let nothing =
        stop.is_set() && watching.summary.good_polls() == 0 && conclusion.verdict == Verdict::Unknown;
    // A summary of failed polls alone would say at length what the error says; its line is a contract with programs.
    if watching.summary.polls() > 0 && (!nothing || args.format == WatchFormat::Ndjson) {
        let (ended, took) = (Timestamp::now(), start.elapsed());
        let growing = stacks.map(|stacks| stacks.places()).unwrap_or_default();
        let (target, watching, conclusion, growing) = (source.target(), &watching, &conclusion, &*growing);
        let source = source.name();
        screen.end(&Watched { target, source, started, ended, took, watching, conclusion, growing })?;
    }
    ended?;
    if nothing {
        return Err(Failure::interrupted(Before::Sample));
    }
    Ok(gate.exit_code(conclusion.verdict))
}

/// Asks for the target's stacks; a recording has none.
fn stacks(plan: &crate::source::Plan) -> Option<Stacks> {
    if plan.address.as_ref().is_some_and(|address| std::path::Path::new(address).is_file()) {
        return None;
    }
    let targets = Targets::of(plan).ok()?;
    let (target, main) = targets.profiles().zip(targets.main())?;
    Some(Stacks::new(Probe::new(target, main, &plan.access).ok()?, plan.pprof.is_some()))
}

struct Watch {
    watching: Watching,
    recorder: Option<Recorder>,
    webhook: Option<Webhook>,
    stacks: Option<Stacks>,
    stop: Stop,
    screen: Screen,
}

impl Watch {
    /// A line a poll.
    fn lines(&mut self, source: &mut dyn Source, args: &WatchArgs, start: Instant) -> Result<(), Failure> {
        let Self { watching, recorder, webhook, stacks, stop, screen } = self;
        let (webhook, stacks) = (webhook.as_ref(), stacks.as_ref());
        let mut bell = Bell::new(webhook, args.webhook_cooldown, source.target());
        std::thread::scope(|scope| {
            let _closing = Closing(webhook);
            webhook.map(|webhook| scope.spawn(|| webhook.run(|text| output::hint(&text))));
            let _ending = Ending(stacks);
            let timeout = args.target.timeout;
            stacks.map(|stacks| scope.spawn(move || stacks.run(timeout, |text| output::hint(&text), |_| {})));
            let mut polls = Polls { source, args, start, stop, recorder };
            let show = |at, elapsed, outcome: &_| {
                let polled = watching.add(at, elapsed, outcome);
                bell.hear(&polled);
                stacks.into_iter().for_each(|stacks| stacks.hear(&polled));
                screen.show(&polled)
            };
            polls.run(show, |_| {})
        })
    }

    /// The live view; polling goes on beside it, and ends when it ends.
    fn live(
        &mut self,
        source: &mut (dyn Source + Send),
        args: &WatchArgs,
        start: Instant,
        color: bool,
    ) -> Result<(), Failure> {
        let target = source.target().to_owned();
        let zone = TimeZone::system();
        let setting =
            Setting { target: &target, interval: args.interval, duration: args.duration, color, zone };
        let empty = Watching::new(self.watching.thresholds, None, Verdict::Unknown);
        let shared = Board::new(std::mem::replace(&mut self.watching, empty));
        let Self { recorder, webhook, stacks, stop, .. } = self;
        let (webhook, stacks, stop, board) = (webhook.as_ref(), stacks.as_ref(), &*stop, &shared);
        let mut bell = Bell::new(webhook, args.webhook_cooldown, &target);
        let (polled, shown) = std::thread::scope(|scope| {
            let _closing = Closing(webhook);
            webhook.map(|webhook| scope.spawn(|| webhook.run(|text| board.note(text))));
            let _ending = Ending(stacks);
            let timeout = args.target.timeout;
            stacks.map(|stacks| {
                scope
                    .spawn(move || stacks.run(timeout, |text| board.note(text), |places| board.grows(places)))
            });
            let polling = scope.spawn(|| {
                let _over = Over(board);
                let mut polls = Polls { source, args, start, stop, recorder };
                let add = |at, elapsed, outcome: &_| {
                    board.add(at, elapsed, outcome, |polled| {
                        bell.hear(polled);
                        stacks.into_iter().for_each(|stacks| stacks.hear(polled));
                    });
                    Ok(())
                };
                polls.run(add, |due| board.next_poll(due))
            });
            let shown = live::show(board, &setting, stop);
            if shown.is_err() {
                // Without a screen nobody could end it.
                stop.set();
            }
            (polling.join(), shown)
        });
        self.watching = shared.into_watching();
        match polled {
            Ok(polled) => polled?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        shown.map_err(|error| Failure::output(words::no_terminal(&error)))
    }
}

/// The board is closed when polling ends, by whatever ends it.
struct Over<'a>(&'a Board);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Polls on their schedule, recorded where that is asked for.
struct Polls<'a> {
    source: &'a mut dyn Source,
    args: &'a WatchArgs,
    start: Instant,
    stop: &'a Stop,
    recorder: &'a mut Option<Recorder>,
}

impl Polls<'_> {
    /// Runs until the schedule is over or somebody asks to stop. `due` hears when the next poll begins, and of its
    /// beginning.
    fn run(
        &mut self,
        mut show: impl FnMut(Timestamp, Duration, &Result<Reading, PollError>) -> Result<(), Failure>,
        due: impl Fn(Option<Instant>),
    ) -> Result<(), Failure> {
        let mut schedule = Schedule::new(self.start, self.args.interval, self.args.duration);
        let mut polls = 0;
        while self.args.count.is_none_or(|count| polls < count) {
            let Some(next) = schedule.next(Instant::now()) else { break };
            due(Some(next));
            if self.stop.wait_until(next) {
                break;
            }
            due(None);
            let (at, elapsed) = (Timestamp::now(), self.start.elapsed());
            let outcome = self.source.poll(self.args.target.timeout);
            if let Some(recorder) = &mut self.recorder {
                recorder.write(at, elapsed, &outcome, None)?;
                if outcome.is_ok() {
                    recorder.took(self.source.name())?;
                }
            }
            show(at, elapsed, &outcome)?;
            polls += 1;
        }
        self.recorder.as_mut().map_or(Ok(()), Recorder::finish)
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
    Text { lines: Box<Lines>, styles: Styles, zone: TimeZone },
    Ndjson,
}

impl Screen {
    fn new(format: WatchFormat, styles: Styles, thresholds: vitals::Thresholds) -> Self {
        match format {
            WatchFormat::Text => {
                let zone = TimeZone::system();
                let lines = Box::new(Lines::new(styles, zone.clone(), thresholds));
                Self::Text { lines, styles, zone }
            }
            WatchFormat::Ndjson => Self::Ndjson,
        }
    }

    fn show(&mut self, polled: &Polled<'_>) -> Result<(), Failure> {
        match self {
            Self::Text { lines, .. } => {
                let shown = lines.poll(polled, width());
                output::result(&shown.lines)?;
                if let Some(hint) = shown.hint {
                    output::hint(&hint);
                }
                Ok(())
            }
            Self::Ndjson => output::result(&render::ndjson_sample(polled)),
        }
    }

    fn end(&self, watched: &Watched<'_>) -> Result<(), Failure> {
        output::result(&match self {
            Self::Text { styles, zone, .. } => render::watch_summary(watched, styles, zone, width()),
            Self::Ndjson => render::ndjson_summary(watched),
        })
    }
}

/// Asked anew for every line: a window may change.
fn width() -> usize {
    render::terminal_width().unwrap_or(NO_TERMINAL)
}

#[cfg(test)]
mod tests;
