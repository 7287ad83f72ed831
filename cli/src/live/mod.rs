//! The live view of a watch: a chart with its limits, the verdict and why, the numbers. Sampling runs beside it and
//! never waits for it.

mod board;
mod chart;
mod draw;
mod fit;
mod history;
mod ink;
mod snapshot;

use std::io;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use vitals::Measure;

pub(crate) use board::Board;
use board::Picture;

use crate::stop::Stop;
use crate::terminal::{self, Screen};

/// Between two looks at keys and signals.
const GLANCE: Duration = Duration::from_millis(100);
/// Between two pictures while nothing is pressed: the countdown shows seconds.
const REFRESH: Duration = Duration::from_millis(500);
/// Charts, by the keys 1 to 5.
const CHARTED: [Measure; 5] =
    [Measure::Goroutines, Measure::AllocBytes, Measure::OpenFds, Measure::InFlight, Measure::Latency];

/// Settings that stand while a watch runs.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    /// The target, without credentials.
    pub(crate) target: &'a str,
    /// Between two polls.
    pub(crate) interval: Duration,
    /// How long it runs; `None`: until it is ended.
    pub(crate) duration: Option<Duration>,
    pub(crate) color: bool,
    /// For times.
    pub(crate) zone: TimeZone,
}

/// Choices made by keys.
#[derive(Clone, Debug)]
struct View {
    metric: Measure,
    log: bool,
    help: bool,
    /// The picture that stands still.
    paused: Option<Box<(Picture, Duration)>>,
    /// The next picture goes into a file, too.
    snapshot: bool,
    /// A word about the last key.
    note: Option<String>,
}

impl Default for View {
    fn default() -> Self {
        let metric = Measure::Goroutines;
        Self { metric, log: false, help: false, paused: None, snapshot: false, note: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    Redraw,
    Quit,
    Suspend,
}

/// Shows the board until the sampling is over or somebody asks to stop; asks the sampling to stop on `q`.
///
/// # Errors
/// The terminal's error. The terminal is given back in any case.
pub(crate) fn show(board: &Board, setting: &Setting<'_>, stop: &Stop) -> io::Result<()> {
    let mut screen = Screen::take()?;
    let suspended = suspension()?;
    let start = Instant::now();
    let (mut view, mut drawn) = (View::default(), None::<Instant>);
    while !stop.is_set() && !board.is_over() {
        if drawn.is_none_or(|at| at.elapsed() >= REFRESH) {
            let picture = view.picture(board, start);
            let shown = screen.terminal.draw(|frame| draw::draw(frame, &picture, &view, setting))?;
            if std::mem::take(&mut view.snapshot) {
                view.note = Some(snapshot::save(shown.buffer));
            } else {
                drawn = Some(Instant::now());
            }
        }
        let mut asked = Asked::Nothing;
        if !terminal::wait(GLANCE)? {
            // Nobody can see it or end it any more.
            stop.set();
            break;
        }
        if event::poll(Duration::ZERO)? {
            asked = match event::read()? {
                Event::Key(key) => view.press(key, |view| view.picture(board, start)),
                _ => Asked::Redraw,
            };
        }
        if suspended.swap(false, std::sync::atomic::Ordering::SeqCst) {
            asked = Asked::Suspend;
        }
        match asked {
            Asked::Nothing => continue,
            Asked::Quit => stop.set(),
            #[cfg(unix)]
            Asked::Suspend => screen.suspend()?,
            _ => {}
        }
        drawn = None;
    }
    Ok(())
}

/// Set when somebody else asks this process to stop for a while (`kill -TSTP`); in raw mode Ctrl-Z is a key.
fn suspension() -> io::Result<std::sync::Arc<std::sync::atomic::AtomicBool>> {
    let flag = std::sync::Arc::default();
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGTSTP, std::sync::Arc::clone(&flag))?;
    Ok(flag)
}

impl View {
    /// The picture that stands still, or the newest one.
    fn picture(&self, board: &Board, start: Instant) -> (Picture, Duration) {
        match &self.paused {
            Some(still) => (**still).clone(),
            None => (board.picture(self.metric), start.elapsed()),
        }
    }

    fn press(&mut self, key: KeyEvent, picture: impl FnOnce(&Self) -> (Picture, Duration)) -> Asked {
        if key.kind == KeyEventKind::Release {
            return Asked::Nothing;
        }
        self.note = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if control => return Asked::Quit,
            KeyCode::Char('z') if control => return Asked::Suspend,
            // Whatever people press to leave a page of help.
            _ if self.help => self.help = false,
            KeyCode::Char('q') => return Asked::Quit,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char('l') => self.log = !self.log,
            KeyCode::Char('s') => self.snapshot = true,
            KeyCode::Char('p' | ' ') if self.paused.is_some() => self.paused = None,
            KeyCode::Char('p' | ' ') => self.paused = Some(Box::new(picture(self))),
            KeyCode::Char(digit @ '1'..='5') => {
                let index = usize::from(digit as u8 - b'1');
                self.metric = CHARTED[index];
                self.paused = None;
            }
            _ => return Asked::Nothing,
        }
        Asked::Redraw
    }
}

#[cfg(test)]
mod tests;
