//! One picture: a pure function of what was seen, what the keys chose, and the room there is.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};
use report::text::columns;
use vitals::trend::Metric as Trending;
use vitals::units::format_duration;
use vitals::{Measure, Verdict};

use super::board::{Picture, Told};
use super::fit::{beside, cut, either, folded};
use super::ink::Ink;
use super::{Setting, View, chart};
use crate::words::{self, Term, term};

/// Lines that one thing may take, as far as there is room. The longest verdict needs the most of them on a screen of
/// 40 columns.
const ROOMS: [usize; 3] = [8, 3, 1];
/// Rows of a chart that can be read.
const COURSE: u16 = 5;
/// Rows from which there is room for more than the stack that grows most.
const TALL: u16 = 30;
const STACKS: usize = 3;
/// The numbers below the chart.
const GAUGES: [Measure; 8] = [
    Measure::AllocBytes,
    Measure::InFlight,
    Measure::Overdue,
    Measure::OpenFds,
    Measure::Latency,
    Measure::RssBytes,
    Measure::Streams,
    Measure::NumGc,
];

/// Draws it into any room; what does not fit is left out, the most important stays.
pub(super) fn draw(frame: &mut Frame<'_>, shown: &(Picture, Duration), view: &View, setting: &Setting<'_>) {
    let (picture, elapsed) = shown;
    let area = frame.area();
    if view.help {
        frame.render_widget(help(setting), area);
        return;
    }
    let ink = Ink { color: setting.color };
    let room = |lines| Room { width: usize::from(area.width), lines };
    let below =
        |room| [gauges(picture, ink, room), polls(picture, ink, room), foot(view, ink, room)].concat();
    let head = head(picture, *elapsed, setting, ink, room(1));
    let rows = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    // All words where they leave enough for the chart, else those that matter most.
    for lines in ROOMS {
        let above =
            [vec![head.clone()], above(picture, setting, ink, room(lines), area.height >= TALL)].concat();
        let below = below(room(lines.min(2)));
        if rows(&above) + rows(&below) + COURSE > area.height {
            continue;
        }
        let [top, middle, bottom] = Layout::vertical([
            Constraint::Length(rows(&above)),
            Constraint::Min(3),
            Constraint::Length(rows(&below)),
        ])
        .areas(area);
        frame.render_widget(Paragraph::new(above), top);
        course(frame, middle, picture, view, ink);
        frame.render_widget(Paragraph::new(below), bottom);
        return;
    }
    frame.render_widget(Paragraph::new(tiny(picture, view, setting, ink, area)), area);
}

/// Without a chart: the verdict, the number, then whatever has room; and what a key has just done.
fn tiny(picture: &Picture, view: &View, setting: &Setting<'_>, ink: Ink, area: Rect) -> Vec<Line<'static>> {
    let height = usize::from(area.height);
    let of = |lines| {
        let room = Room { width: usize::from(area.width), lines };
        let below = [gauges(picture, ink, room), polls(picture, ink, room), foot(view, ink, room)];
        [above(picture, setting, ink, room, false), below.concat()].concat()
    };
    let fits = ROOMS.into_iter().map(of).find(|lines| lines.len() <= height);
    let mut lines = fits.unwrap_or_else(|| of(1));
    lines.truncate(height);
    if view.paused.is_some() || view.note.is_some() {
        lines.pop();
        lines.extend(foot(view, ink, Room { width: usize::from(area.width), lines: 1 }));
    }
    lines
}

/// The room for one thing.
#[derive(Clone, Copy)]
struct Room {
    width: usize,
    /// Lines that it may take.
    lines: usize,
}

impl Room {
    /// There may be too little for all words.
    fn is_little(self) -> bool {
        self.lines < ROOMS[0]
    }

    /// The text with a word before it, in as many lines as it may take.
    fn lines(self, label: Span<'static>, text: &str, style: Style) -> Vec<Line<'static>> {
        let indent = label.width();
        let width = self.width.saturating_sub(indent);
        let folded = folded(text, width, self.lines);
        let mut label = Some(label);
        let mut line = |text| {
            let start = label.take().unwrap_or_else(|| Span::raw(" ".repeat(indent)));
            Line::from(vec![start, Span::styled(text, style)])
        };
        folded.into_iter().map(&mut line).collect()
    }

    /// Without a word before it.
    fn plain(self, text: &str, style: Style) -> Vec<Line<'static>> {
        self.lines(Span::raw(""), text, style)
    }
}

/// All that stands above the chart, without the first line.
fn above(picture: &Picture, setting: &Setting<'_>, ink: Ink, room: Room, tall: bool) -> Vec<Line<'static>> {
    let mut above = verdict(picture, ink, room);
    above.extend(failing(picture, ink, room));
    above.extend(level(picture, ink, room));
    above.extend(trends(picture, ink, room));
    let stacks = picture.stacks.iter().take(if tall { STACKS } else { 1 });
    above.extend(
        stacks
            .flat_map(|stack| room.lines(Span::raw(format!("{} ", term(Term::Stack))), stack, Style::new())),
    );
    above.extend(spread(picture, setting, ink, room));
    above
}

fn head(picture: &Picture, elapsed: Duration, setting: &Setting<'_>, ink: Ink, room: Room) -> Line<'static> {
    let target = cut(setting.target, room.width);
    let whole = |time: Duration| format_duration(Duration::from_secs(time.as_secs()));
    let duration = setting.duration.map(|duration| words::of_length(&format_duration(duration)));
    let next = picture.next.map(|next| whole(next + Duration::from_secs(1)));
    let next = words::next_poll(next.as_deref());
    let since = format!("{}{}", whole(elapsed), duration.unwrap_or_default());
    let parts = [Some(since), Some(next), picture.program.clone()].into_iter().flatten();
    let left = room.width.saturating_sub(columns(&target));
    let rest = beside(&[vec![String::new()], parts.collect()].concat(), "  ", left);
    Line::from(vec![
        Span::styled(target, Style::new().add_modifier(Modifier::BOLD)),
        Span::styled(rest, ink.faint()),
    ])
}

fn verdict(picture: &Picture, ink: Ink, room: Room) -> Vec<Line<'static>> {
    let none = || match picture.polls.0 {
        0 => words::waiting(),
        _ => words::verdict_alone(picture.verdict),
    };
    if let Some(trend) = &picture.rising {
        let label = Span::styled(format!("{}  ", words::rises()), ink.rising());
        return room.lines(label, &words::rising_alone(trend), Style::new());
    }
    let why = picture.why.as_ref().map_or_else(|| none().to_owned(), words::finding);
    let label = if picture.polls.0 == 0 { "…" } else { words::verdict(picture.verdict) };
    room.lines(Span::styled(format!("{label}  "), ink.verdict(picture.verdict)), &why, Style::new())
}

/// The newest poll's failure, as far as the verdict's reason does not tell it.
fn failing(picture: &Picture, ink: Ink, room: Room) -> Vec<Line<'static>> {
    let Some((error, times)) = &picture.error else { return Vec::new() };
    if picture.why.as_ref().is_some_and(|why| why.tells_of(error)) {
        return words::failing(*times, None).map(Line::raw).into_iter().collect();
    }
    let what = words::failing(*times, Some(&words::error_seen(error))).unwrap_or_default();
    let what = room.plain(&what, ink.verdict(Verdict::Unknown));
    [what, room.lines(Span::raw("-> "), &words::error_cure(error), ink.faint())].concat()
}

/// The count that is judged.
fn level(picture: &Picture, ink: Ink, room: Room) -> Option<Line<'static>> {
    let sample = &picture.last.as_ref()?.sample;
    let label = format!("{} ", words::label(Measure::Goroutines));
    let count = sample.goroutines.map_or_else(String::new, |n| n.to_string());
    let band = picture.band.map(|band| format!("  {}", words::band(band))).unwrap_or_default();
    let bare = columns(&label) + columns(&count);
    let band = Some(band).filter(|band| bare + columns(band) <= room.width).unwrap_or_default();
    let left = room.width.saturating_sub(bare + columns(&band));
    let beyond = sample.unexplained().filter(|_| sample.explained.is_some());
    let beyond = beyond.map(|beyond| either(&words::beyond_forms(beyond), left));
    Some(Line::from(vec![
        Span::raw(label),
        Span::styled(count, Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(beyond.unwrap_or_default()),
        Span::styled(band, picture.band.map(|band| ink.band(band)).unwrap_or_default()),
    ]))
}

/// Trends, except the one that the verdict's reason tells.
fn trends(picture: &Picture, ink: Ink, room: Room) -> Vec<Line<'static>> {
    let is_little = room.is_little();
    let rises = |told: &Told| picture.rising.is_some() && told.metric == Trending::Tasks;
    let is_told = |told: &Told| {
        rises(told) || !is_little && picture.why.as_ref().is_some_and(|why| why.tells(&told.tale))
    };
    let shown = picture.trends.iter().filter(|told| picture.last.is_some() && !is_told(told));
    let lines = |told: &Told| {
        let style = if told.verdict == Verdict::Ok { ink.faint() } else { ink.verdict(told.verdict) };
        // Where there is little room, the time until danger is still worth another line.
        let (text, lines) = match is_little {
            true => (words::tale_in_short(&told.tale), 3),
            false => (words::tale(&told.tale), room.lines),
        };
        let name = match told.metric {
            Trending::Tasks => String::new(),
            _ => format!("{} ", term(Term::Memory)),
        };
        // A narrow screen has no room for an indent either.
        let word = format!("{} ", term(Term::Trend));
        match room.width < 40 {
            true => Room { lines, ..room }.plain(&format!("{word}{name}{text}"), style),
            false => Room { lines, ..room }.lines(Span::raw(word), &format!("{name}{text}"), style),
        }
    };
    shown.flat_map(lines).collect()
}

/// How what is charted is spread.
fn spread(picture: &Picture, setting: &Setting<'_>, ink: Ink, room: Room) -> Option<Line<'static>> {
    let values = picture.spread?.map(|value| picture.metric.unit().brief(value));
    let at = picture.max_at?.to_zoned(setting.zone.clone()).strftime("%H:%M:%S").to_string();
    Some(Line::styled(either(&words::spread_forms(&values, &at), room.width), ink.faint()))
}

/// Other numbers of the target.
fn gauges(picture: &Picture, ink: Ink, room: Room) -> Vec<Line<'static>> {
    let Some(reading) = &picture.last else { return Vec::new() };
    let shown = |measure: Measure| {
        let value = measure.of(reading).filter(|n| measure != Measure::NumGc || *n > 0)?;
        Some(format!("{} {}", words::label(measure), measure.unit().brief(value)))
    };
    let mut parts: Vec<String> = GAUGES.into_iter().filter_map(shown).collect();
    let errors = picture.requests.error_percent().map(words::error_percent);
    let errors = errors.map(|share| format!("{} {share}", words::label(Measure::ErrorsTotal)));
    // Beside memory and load.
    errors.into_iter().for_each(|errors| parts.insert(parts.len().min(2), errors));
    vec![Line::styled(beside(&parts, "  ", room.width), ink.faint())]
}

fn polls(picture: &Picture, ink: Ink, room: Room) -> Vec<Line<'static>> {
    let (all, failed, kinds) = &picture.polls;
    let mut text = words::polls_so_far(*all, *failed, kinds, picture.restarted);
    if let Some(note) = &picture.note {
        text.push_str(&format!("; {note}"));
    }
    room.plain(&text, ink.faint())
}

/// The effect of the last key, and the keys that have room.
fn foot(view: &View, ink: Ink, room: Room) -> Vec<Line<'static>> {
    let keys = words::key_hints(view.paused.is_some()).map(str::to_owned);
    let mut said: Vec<String> = view.note.iter().cloned().collect();
    if view.paused.is_some() {
        said.push(either(&words::paused_forms(), room.width.saturating_sub(11)));
    }
    let said = cut(&said.join("  "), room.width);
    let gap = if said.is_empty() { "" } else { "  " };
    let left = room.width.saturating_sub(columns(&said) + columns(gap));
    let keys = if left < columns(&keys[0]) { String::new() } else { beside(&keys, "  ", left) };
    vec![Line::from(vec![
        Span::styled(said, ink.verdict(Verdict::Warning)),
        Span::raw(gap),
        Span::styled(keys, ink.faint()),
    ])]
}

fn course(frame: &mut Frame<'_>, area: Rect, picture: &Picture, view: &View, ink: Ink) {
    let what = match picture.metric {
        Measure::Goroutines if picture.last.as_ref().is_some_and(|last| last.sample.explained.is_some()) => {
            words::beyond_explained()
        }
        metric => words::label(metric),
    };
    let scale = view.log.then(|| term(Term::LogScale).to_owned());
    let title = words::listed(&[Some(what.to_owned()), scale].into_iter().flatten().collect::<Vec<_>>());
    let block = Block::new().borders(Borders::TOP).border_style(ink.faint()).title(format!(" {title} "));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if picture.points.is_empty() {
        let text = if picture.last.is_none() { "" } else { words::no_chart() };
        frame.render_widget(Paragraph::new(Line::styled(text, ink.faint())), inner);
        return;
    }
    chart::draw(frame, inner, picture, view.log, ink);
}

fn help(setting: &Setting<'_>) -> Paragraph<'static> {
    let lines = words::keys(setting.target, setting.interval).into_iter().map(Line::raw).collect::<Vec<_>>();
    Paragraph::new(lines).wrap(Wrap { trim: false })
}
