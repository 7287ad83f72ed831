//! The chart: a course of low and high values over time, its limits as lines, restarts as marks.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use ratatui::widgets::canvas::{Canvas, Context, Line as Stroke};
use report::text::gap;
use vitals::units::format_duration;

use super::board::Picture;
use super::ink::Ink;
use crate::words::{Term, term};

/// Columns for the values at the side.
const SIDE: u16 = 9;

/// Draws it; nothing where there is no room.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, picture: &Picture, log: bool, ink: Ink) {
    if area.width < SIDE + 8 || area.height < 3 {
        return;
    }
    let [upper, times] = Layout::vertical([Constraint::Min(2), Constraint::Length(1)]).areas(area);
    let [side, field] = Layout::horizontal([Constraint::Length(SIDE), Constraint::Min(8)]).areas(upper);
    let scale = Scale::new(picture, log);
    frame.render_widget(Paragraph::new(scale.labels(picture, side.height)), side);
    frame.render_widget(Paragraph::new(span(picture, field.width)), indent(times, SIDE));
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, scale.seconds])
        .y_bounds([scale.low, scale.high])
        .paint(|context| paint(context, picture, &scale, ink));
    frame.render_widget(canvas, field);
}

fn indent(area: Rect, by: u16) -> Rect {
    Rect { x: area.x + by, width: area.width.saturating_sub(by), ..area }
}

fn paint(context: &mut Context<'_>, picture: &Picture, scale: &Scale, ink: Ink) {
    for (value, color) in picture.limits.into_iter().flatten().zip([Color::Yellow, Color::Red]) {
        let y = scale.y(value);
        if y <= scale.high {
            context.draw(&Stroke::new(0.0, y, scale.seconds, y, ink.line(color)));
        }
    }
    for at in &picture.restarts {
        let x = at.as_secs_f64();
        context.draw(&Stroke::new(x, scale.low, x, scale.high, ink.line(Color::Magenta)));
    }
    context.layer();
    let color = ink.line(Color::Cyan);
    let mut before: Option<(f64, f64)> = None;
    for point in &picture.points {
        let (x, min, max) = (point.at.as_secs_f64(), scale.y(point.min), scale.y(point.max));
        // Of what was there while polls failed, nothing is known.
        if let Some((x0, y0)) = before.filter(|_| !point.after_gap) {
            context.draw(&Stroke::new(x0, y0, x, min, color));
        }
        context.draw(&Stroke::new(x, min, x, max, color));
        before = Some((x, max));
    }
}

/// From values to places.
struct Scale {
    seconds: f64,
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// From zero to a little above the highest value, and to a limit that is near.
    fn new(picture: &Picture, log: bool) -> Self {
        let highest = picture.points.iter().map(|point| point.max).max().unwrap_or(0).max(1);
        let near = picture.limits.into_iter().flatten();
        let top = near.filter(|limit| *limit <= highest.saturating_mul(2)).fold(highest, u64::max);
        let seconds = picture.until.as_secs_f64().max(1.0);
        let mut scale = Self { seconds, low: 0.0, high: 0.0, log };
        scale.high = scale.y(top.saturating_add(top.div_ceil(10)));
        scale
    }

    #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
    fn y(&self, value: u64) -> f64 {
        if self.log { (value as f64).max(1.0).log10() } else { value as f64 }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a label, not below zero")]
    fn value(&self, y: f64) -> u64 {
        if self.log { 10_f64.powf(y).round() as u64 } else { y.round().max(0.0) as u64 }
    }

    /// Values at the side: the top, the middle, the bottom, and the words of limits in sight.
    fn labels(&self, picture: &Picture, rows: u16) -> Vec<Line<'static>> {
        let rows = usize::from(rows);
        let mut labels = vec![String::new(); rows];
        let width = usize::from(SIDE) - 1;
        for row in [0, rows / 2, rows - 1] {
            #[expect(clippy::cast_precision_loss, reason = "a screen has few rows")]
            let part = 1.0 - row as f64 / (rows - 1).max(1) as f64;
            let text = picture.metric.unit().brief(self.value(self.low + (self.high - self.low) * part));
            labels[row] = format!("{text:>width$}");
        }
        for (limit, word) in
            picture.limits.into_iter().flatten().zip([term(Term::Warning), term(Term::Danger)])
        {
            let y = self.y(limit);
            if y > self.high {
                continue;
            }
            let part = 1.0 - (y - self.low) / (self.high - self.low);
            #[expect(clippy::cast_precision_loss, reason = "a screen has few rows")]
            let row = (part * (rows - 1) as f64).round();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the rows")]
            let row = (row.max(0.0) as usize).min(rows - 1);
            labels[row] = format!("{}{word}", gap(word, width));
        }
        labels.into_iter().map(Line::raw).collect()
    }
}

/// `0` at the left, how long it has been at the right.
fn span(picture: &Picture, width: u16) -> Line<'static> {
    let end = format_duration(Duration::from_secs(picture.until.as_secs()));
    Line::raw(format!("0{end:>width$}", width = usize::from(width).saturating_sub(1)))
}
