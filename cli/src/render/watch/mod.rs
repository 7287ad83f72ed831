//! `watch` for people: one line per sample, aligned; a header now and then; what happened in between in words.

mod columns;
mod summary;

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use owo_colors::{OwoColorize, Style};
use report::text::wrap;
use vitals::{Measure, Sample, Thresholds};

use super::Styles;
use crate::source::{PollError, Reading};
use crate::watching::Polled;
use crate::words;
use columns::{Column, Layout};
pub(crate) use summary::{Watched, summary};

/// Samples between two headers.
const HEADER_EVERY: u32 = 20;

/// Output of a poll.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Lines for standard output.
    pub(crate) lines: String,
    /// The cure, when a poll failed in a new way.
    pub(crate) hint: Option<String>,
}

/// The lines of a watch; it remembers what the screen already says.
#[derive(Debug)]
pub(crate) struct Lines {
    styles: Styles,
    zone: TimeZone,
    thresholds: Thresholds,
    /// Fields that the target has reported: they decide which columns there are.
    reports: Sample,
    layout: Layout,
    since_header: u32,
    date: Option<Date>,
    error: Option<PollError>,
    /// The verdict of what profiles prove.
    proven: Option<vitals::Verdict>,
    /// The target was told to be about to stop.
    drains: bool,
}

impl Lines {
    /// Nothing on the screen yet.
    pub(crate) fn new(styles: Styles, zone: TimeZone, thresholds: Thresholds) -> Self {
        Self {
            styles,
            zone,
            thresholds,
            reports: Sample::default(),
            layout: Layout::default(),
            since_header: 0,
            date: None,
            error: None,
            proven: None,
            drains: false,
        }
    }

    /// The lines of one poll, at most `width` columns wide where its words allow that.
    pub(crate) fn poll(&mut self, polled: &Polled<'_>, width: usize) -> Shown {
        let mut shown = Shown::default();
        self.day(&mut shown.lines, polled.at);
        match polled.outcome {
            Ok(reading) => self.good(&mut shown.lines, polled, reading, width),
            Err(error) => {
                self.failed(&mut shown.lines, polled, error, width);
                if self.error.as_ref() != Some(error) {
                    shown.hint = Some(cure(error, width));
                }
                self.error = Some(error.clone());
            }
        }
        shown
    }

    /// Says when a new day has begun: the lines carry only the time.
    fn day(&mut self, text: &mut String, at: Timestamp) {
        let date = at.to_zoned(self.zone.clone()).date();
        if self.date.is_some_and(|before| before != date) {
            let _ = writeln!(text, "{}", format!("{date}").style(self.styles.faint));
        }
        self.date = Some(date);
    }

    fn good(&mut self, text: &mut String, polled: &Polled<'_>, reading: &Reading, width: usize) {
        self.error = None;
        for event in words::events(&polled.step) {
            let style = if polled.step.restarted { self.styles.warning } else { Style::new() };
            self.note(text, polled, &event, style, width);
        }
        remember(&mut self.reports, &reading.sample);
        let layout = Layout::new(&self.reports, width);
        if layout != self.layout || self.since_header == HEADER_EVERY {
            self.since_header = 0;
            self.layout = layout;
        }
        if self.since_header == 0 {
            let heading = self.layout.line(|column| (column.heading().to_owned(), self.styles.faint));
            let _ = writeln!(text, "{heading}");
        }
        self.since_header += 1;
        let line = self.layout.line(|column| self.cell(column, polled, reading));
        let _ = writeln!(text, "{line}");
        for trend in &polled.trend.turned {
            let style = match trend.rising {
                Some(_) => self.styles.rising,
                None => self.styles.verdict(trend.verdict),
            };
            self.note(text, polled, &words::turned(trend), style, width);
        }
        for kept in &polled.kept {
            let held = words::headed(words::thing(kept.thing), &words::holding(kept));
            self.note(text, polled, &held, self.styles.warning, width);
        }
        let proven = polled.proven.as_ref().map(|proven| proven.verdict);
        if let Some(finding) = polled.proven.as_ref().filter(|_| proven != self.proven) {
            let style = self.styles.verdict(finding.verdict);
            self.note(text, polled, &words::finding(finding), style, width);
        }
        self.proven = proven;
        if let Some(finding) = polled.draining.as_ref().filter(|_| !self.drains) {
            self.note(text, polled, &words::finding(finding), self.styles.warning, width);
        }
        self.drains = polled.draining.is_some();
    }

    fn failed(&self, text: &mut String, polled: &Polled<'_>, error: &PollError, width: usize) {
        let kind = error.kind.as_str();
        let words = match &self.error {
            Some(before) if before == error => words::failed_again(kind, polled.step.failing),
            _ => words::failed(kind, &words::error_seen(error)),
        };
        self.note(text, polled, &words, self.styles.warning, width);
    }

    /// Words in the place of numbers.
    fn note(&self, text: &mut String, polled: &Polled<'_>, words: &str, style: Style, width: usize) {
        let (time, after) = (self.time(polled.at), after(polled.elapsed));
        let indent = Column::Time.width() + 2 + Column::After.width() + 2;
        let lines = wrap(words, width.saturating_sub(indent));
        for (i, line) in lines.iter().enumerate() {
            let (time, after) = if i == 0 { (time.as_str(), after.as_str()) } else { ("", "") };
            let start =
                format!("{time:>t$}  {after:>a$}", t = Column::Time.width(), a = Column::After.width());
            let _ = writeln!(text, "{start}  {}", line.style(style));
        }
    }

    fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }

    fn cell(&self, column: Column, polled: &Polled<'_>, reading: &Reading) -> (String, Style) {
        let (sample, plain) = (&reading.sample, Style::new());
        let signed = |value: Option<i128>| value.map(signed).unwrap_or_default();
        match column {
            Column::Time => (self.time(polled.at), self.styles.faint),
            Column::After => (after(polled.elapsed), self.styles.faint),
            Column::Band => sample.unexplained().map_or((String::new(), plain), |count| {
                let band = self.thresholds.tasks(count);
                (words::band(band).to_owned(), self.styles.tasks(band))
            }),
            Column::Change => (signed(polled.step.change), plain),
            Column::Net => (signed(polled.step.since_start), plain),
            Column::Errors => (
                polled.recent.error_percent().map(|percent| format!("{percent:.1}%")).unwrap_or_default(),
                match polled.recent.errors(&self.thresholds) {
                    Some(_) => self.styles.warning,
                    None => plain,
                },
            ),
            Column::Of(measure) => measure.of(reading).map_or((String::new(), plain), |value| {
                (measure.unit().brief(value), self.style(measure, value))
            }),
        }
    }

    fn style(&self, measure: Measure, value: u64) -> Style {
        let band = self.thresholds.memory(value);
        match measure {
            Measure::Goroutines | Measure::Unexplained => self.styles.strong,
            Measure::AllocBytes if band > vitals::MemoryBand::Good => self.styles.memory(band),
            _ => Style::new(),
        }
    }
}

/// A field that was reported once keeps its column: columns do not come and go with a number.
fn remember(reports: &mut Sample, sample: &Sample) {
    for field in vitals::FIELDS {
        if let Some(value) = (field.get)(sample) {
            (field.set)(reports, Some(value));
        }
    }
}

fn cure(error: &PollError, width: usize) -> String {
    let lines = wrap(&format!("-> {}", words::error_cure(error)), width.saturating_sub(18));
    lines.iter().map(|line| format!("{:18}{line}\n", "")).collect()
}

/// The time since the start, in six columns: `5s`, `12m05s`, `3h07m`, `6d04h`.
fn after(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A difference with its sign.
fn signed(change: i128) -> String {
    if change == 0 { "0".to_owned() } else { format!("{change:+}") }
}

/// `watching http://localhost:3000 every 5s for 30m; Ctrl-C ends it`
pub(crate) fn opening(
    target: &str,
    interval: Duration,
    duration: Option<Duration>,
    count: Option<u64>,
    width: usize,
) -> String {
    wrap(&words::opening(target, interval, duration, count), width).join("\n")
}

#[cfg(test)]
mod tests;
