//! One picture: a pure function of what was seen, what the keys chose, and the room there is.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};
use vitals::units::format_duration;
use vitals::{TaskBand, Verdict};

use super::board::Picture;
use super::{Metric, Setting, View, chart};
use crate::render::{latency, memory};
use crate::words;

/// Rows below which there is no chart.
const CHART: u16 = 12;
/// Rows from which there is room for more than the stack that grows most.
const TALL: u16 = 30;
const STACKS: usize = 3;

/// Draws it into any room; what does not fit is left out, the most important stays.
pub(super) fn draw(frame: &mut Frame<'_>, shown: &(Picture, Duration), view: &View, setting: &Setting<'_>) {
    let (picture, elapsed) = shown;
    let area = frame.area();
    if view.help {
        frame.render_widget(help(setting), area);
        return;
    }
    let ink = Ink { color: setting.color };
    let mut above = vec![head(picture, *elapsed, setting, ink), verdict(picture, ink)];
    above.extend(failing(picture, ink));
    above.push(level(picture, ink));
    above.extend(trends(picture, ink));
    let stacks = if area.height < TALL { 1 } else { STACKS };
    above.extend(picture.stacks.iter().take(stacks).map(|stack| Line::raw(format!("stack {stack}"))));
    above.extend(spread(picture, setting, ink));
    let below = vec![gauges(picture, ink), polls(picture, ink), foot(view, ink)];
    if area.height < CHART {
        // The verdict, the number, then whatever has room.
        let mut lines = above.split_off(1);
        lines.extend(below);
        lines.truncate(usize::from(area.height));
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    let rows = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Length(rows(&above)),
        Constraint::Min(3),
        Constraint::Length(rows(&below)),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(above), top);
    course(frame, middle, picture, view, ink);
    frame.render_widget(Paragraph::new(below), bottom);
}

/// What means what; without colour, words alone.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    color: bool,
}

impl Ink {
    fn of(self, color: Color) -> Style {
        if self.color { Style::new().fg(color).add_modifier(Modifier::BOLD) } else { Style::new() }
    }

    fn verdict(self, verdict: Verdict) -> Style {
        self.of(match verdict {
            Verdict::Ok => Color::Green,
            Verdict::Warning | Verdict::Unknown => Color::Yellow,
            Verdict::Danger => Color::Red,
        })
    }

    fn band(self, band: TaskBand) -> Style {
        self.of(match band {
            TaskBand::Normal => Color::Green,
            TaskBand::Warning => Color::Yellow,
            TaskBand::Danger | TaskBand::Severe => Color::Red,
        })
    }

    fn faint(self) -> Style {
        if self.color { Style::new().add_modifier(Modifier::DIM) } else { Style::new() }
    }

    /// The colour of a limit or the course; the terminal's own where there is none.
    pub(super) fn line(self, color: Color) -> Color {
        if self.color { color } else { Color::Reset }
    }
}

fn head<'a>(picture: &Picture, elapsed: Duration, setting: &Setting<'a>, ink: Ink) -> Line<'a> {
    let seconds = Duration::from_secs(elapsed.as_secs());
    let mut text = format!("  {}", format_duration(seconds));
    if let Some(duration) = setting.duration {
        text.push_str(&format!(" of {}", format_duration(duration)));
    }
    text.push_str(&match picture.next {
        Some(next) => format!(", next in {}", format_duration(Duration::from_secs(next.as_secs() + 1))),
        None => ", polling".to_owned(),
    });
    Line::from(vec![
        Span::styled(setting.target, Style::new().add_modifier(Modifier::BOLD)),
        Span::styled(text, ink.faint()),
        Span::styled(
            picture.program.as_ref().map(|program| format!("  {program}")).unwrap_or_default(),
            ink.faint(),
        ),
    ])
}

fn verdict(picture: &Picture, ink: Ink) -> Line<'static> {
    let why = picture.why.clone().unwrap_or_else(|| match picture.polls.0 {
        0 => "waiting for the first sample".to_owned(),
        _ => words::verdict_in_words(picture.verdict).to_owned(),
    });
    let label = if picture.polls.0 == 0 { "…" } else { words::verdict(picture.verdict) };
    Line::from(vec![Span::styled(label, ink.verdict(picture.verdict)), Span::raw(format!("  {why}"))])
}

/// The newest poll's failure, as far as the verdict's reason does not tell it.
fn failing(picture: &Picture, ink: Ink) -> Vec<Line<'static>> {
    let Some((error, times)) = &picture.error else { return Vec::new() };
    let times = if *times > 1 { format!(" {times} times in a row") } else { String::new() };
    if picture.why.as_ref().is_some_and(|why| why.contains(&error.what)) {
        return (!times.is_empty()).then(|| Line::raw(format!("failed{times}"))).into_iter().collect();
    }
    vec![
        Line::styled(format!("failed{times}: {}", error.what), ink.verdict(Verdict::Unknown)),
        Line::styled(format!("check: {}", error.cure), ink.faint()),
    ]
}

/// The count that is judged.
fn level(picture: &Picture, ink: Ink) -> Line<'static> {
    let Some(sample) = picture.last.as_ref().map(|reading| &reading.sample) else { return Line::default() };
    let count = sample.goroutines.map_or_else(String::new, |n| n.to_string());
    let mut spans =
        vec![Span::raw("goroutines "), Span::styled(count, Style::new().add_modifier(Modifier::BOLD))];
    if sample.explained.is_some()
        && let Some(beyond) = sample.unexplained()
    {
        spans.push(Span::raw(format!(", {beyond} beyond the explained ones")));
    }
    if let Some(band) = picture.band {
        spans.push(Span::raw("  "));
        spans.push(Span::styled(band.as_str(), ink.band(band)));
    }
    Line::from(spans)
}

/// Whether anything grows.
fn trends(picture: &Picture, ink: Ink) -> Vec<Line<'static>> {
    let line = |(verdict, words): &(Verdict, String)| {
        let style = if *verdict == Verdict::Ok { ink.faint() } else { ink.verdict(*verdict) };
        Line::from(vec![Span::raw("trend "), Span::styled(words.clone(), style)])
    };
    picture.trends.iter().filter(|_| picture.last.is_some()).map(line).collect()
}

/// How what is charted is spread.
fn spread(picture: &Picture, setting: &Setting<'_>, ink: Ink) -> Option<Line<'static>> {
    let [min, median, p95, max] = picture.spread?.map(|value| picture.metric.text(value));
    let at = picture.max_at?.to_zoned(setting.zone.clone()).strftime("%H:%M:%S").to_string();
    let text = format!("minimum {min}  median {median}  p95 {p95}  maximum {max} at {at}");
    Some(Line::styled(text, ink.faint()))
}

/// What else the target reports.
fn gauges(picture: &Picture, ink: Ink) -> Line<'static> {
    let Some(reading) = &picture.last else { return Line::default() };
    let sample = &reading.sample;
    let number = |name: &str, value: Option<u64>| value.map(|n| format!("{name} {n}"));
    let bytes = |name: &str, value: Option<u64>| value.map(|n| format!("{name} {}", memory(n)));
    let parts: Vec<String> = [
        bytes("memory", sample.alloc_bytes),
        number("in flight", sample.in_flight),
        number("overdue", sample.overdue),
        number("descriptors", sample.open_fds),
        Some(format!("latency {}", latency(reading.latency))),
        bytes("resident", sample.rss_bytes),
        number("streams", sample.streams),
        number("collections", sample.num_gc.filter(|n| *n > 0)),
    ]
    .into_iter()
    .flatten()
    .collect();
    Line::styled(parts.join("  "), ink.faint())
}

fn polls(picture: &Picture, ink: Ink) -> Line<'static> {
    let (all, failed, kinds) = &picture.polls;
    let mut text = words::counted(*all, "poll", "polls");
    if *failed > 0 {
        text.push_str(&format!(", {failed} failed ({kinds})"));
    }
    if picture.restarted > 0 {
        text.push_str(&format!(", {}", words::counted(picture.restarted, "restart", "restarts")));
    }
    if let Some(note) = &picture.note {
        text.push_str(&format!("; {note}"));
    }
    Line::styled(text, ink.faint())
}

fn foot(view: &View, ink: Ink) -> Line<'static> {
    let state = if view.paused.is_some() { "the picture stands still, polling goes on: p  " } else { "" };
    let keys = "q quit  p pause  s save  l log  1-5 chart  ? help";
    let note = view.note.as_ref().map(|note| format!("{note}  ")).unwrap_or_default();
    Line::from(vec![Span::raw(note), Span::raw(state), Span::styled(keys, ink.faint())])
}

fn course(frame: &mut Frame<'_>, area: Rect, picture: &Picture, view: &View, ink: Ink) {
    let scale = if view.log { ", log scale" } else { "" };
    let what = match picture.metric {
        Metric::Goroutines if picture.last.as_ref().is_some_and(|last| last.sample.explained.is_some()) => {
            "goroutines beyond the explained ones"
        }
        metric => metric.label(),
    };
    let block =
        Block::new().borders(Borders::TOP).border_style(ink.faint()).title(format!(" {what}{scale} "));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if picture.points.is_empty() {
        let text = if picture.polls.0 == 0 { "" } else { "the target does not report this" };
        frame.render_widget(Paragraph::new(Line::styled(text, ink.faint())), inner);
        return;
    }
    chart::draw(frame, inner, picture, view.log, ink);
}

fn help(setting: &Setting<'_>) -> Paragraph<'static> {
    let lines = [
        format!("watching {} every {}", setting.target, format_duration(setting.interval)),
        String::new(),
        "q, Ctrl-C   end the watch: its summary and verdict follow".to_owned(),
        "p, space    hold the picture; polling goes on".to_owned(),
        "s           save the screen as text in this folder".to_owned(),
        "l           logarithmic scale".to_owned(),
        "1-5         chart goroutines, memory, descriptors, requests in flight, latency".to_owned(),
        "Ctrl-Z      suspend; polling goes on after `fg`".to_owned(),
        "?           this page".to_owned(),
    ];
    Paragraph::new(lines.map(Line::raw).to_vec()).wrap(Wrap { trim: false })
}
