//! `watch`: polls on a schedule, shows every poll, and ends with a summary and its verdict.

use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::{Verdict, exit};

use crate::args::{Color, WatchArgs, WatchFormat};
use crate::output::{self, Failure};
use crate::recording::{Form, Mode, Plan, Recorder, Schedule};
use crate::render::{self, Lines, Styles, Watched};
use crate::source::Source;
use crate::stop::Stop;
use crate::summary::rounded;
use crate::watching::{Polled, Watching};

/// Lines that go into a file or a pipe have room for every column.
const NO_TERMINAL: usize = 100;

/// Runs it.
pub(crate) fn run(args: &WatchArgs, color: Color) -> Result<u8, Failure> {
    let thresholds = super::thresholds(args.thresholds.warning, args.thresholds.danger)?;
    let mut source = super::source(&args.target)?;
    let plan = args.record.as_deref().map(|path| Plan {
        path,
        mode: Mode::of(args.append, args.force),
        interval: args.interval,
        labels: &args.labels,
        form: Form::Csv,
        open_metrics: false,
        rotation: None,
    });
    let recorder = plan.map(|plan| Recorder::open(&plan, &source, Timestamp::now())).transpose()?;
    let stop = Stop::on_signal().map_err(Failure::output)?;
    output::hint(&render::opening(source.target(), args.interval, args.duration, args.count, width()));
    let screen = Screen::new(args.format, Styles::new(render::use_color(color)), thresholds);
    let gate = args.gate.gate();
    let watching = Watching::new(thresholds, args.max_peak, gate.unreachable());
    let mut watch = Watch { watching, recorder, stop, screen };
    let (start, started) = (Instant::now(), Timestamp::now());
    let ended = watch.poll(&mut source, args, start);
    if let Err(failure) = &ended
        && failure.text.is_empty()
    {
        // The reader has left.
        return Ok(failure.code);
    }
    let Watch { watching, stop, screen, .. } = watch;
    let conclusion = watching.conclusion();
    if watching.summary.polls() > 0 {
        let (ended, took) = (Timestamp::now(), rounded(start.elapsed()));
        let (target, watching, conclusion) = (source.target(), &watching, &conclusion);
        let source = source.name();
        screen.end(&Watched { target, source, started, ended, took, watching, conclusion })?;
    }
    ended?;
    if stop.is_set() && watching.summary.good_polls() == 0 && conclusion.verdict == Verdict::Unknown {
        return Err(Failure {
            code: exit::INTERRUPTED,
            text: "interrupted before the first sample".to_owned(),
        });
    }
    Ok(gate.exit_code(conclusion.verdict))
}

struct Watch {
    watching: Watching,
    recorder: Option<Recorder>,
    stop: Stop,
    screen: Screen,
}

impl Watch {
    fn poll(&mut self, source: &mut dyn Source, args: &WatchArgs, start: Instant) -> Result<(), Failure> {
        let mut schedule = Schedule::new(start, args.interval, args.duration);
        while args.count.is_none_or(|count| self.watching.summary.polls() < count) {
            let Some(due) = schedule.next(Instant::now()) else { break };
            if self.stop.wait_until(due) {
                break;
            }
            let (at, elapsed) = (Timestamp::now(), start.elapsed());
            let outcome = source.poll(args.target.timeout);
            if let Some(recorder) = &mut self.recorder {
                recorder.write(at, elapsed, &outcome)?;
            }
            self.screen.show(&self.watching.add(at, elapsed, &outcome))?;
        }
        self.recorder.as_mut().map_or(Ok(()), Recorder::finish)
    }
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
