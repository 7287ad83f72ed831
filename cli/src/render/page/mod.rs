//! A report: recordings as one HTML page that needs nothing else, no script, no font, no network. It fits a telephone
//! and a sheet of paper.

mod chart;
mod line;
mod markup;
mod scale;
mod tables;

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use report::html::{self, escape};
use vitals::trend::{Course, Trend};
use vitals::units::format_duration;
use vitals::{Measure, Thresholds, Verdict};

use self::chart::Chart;
use crate::comparison::METRICS;
use crate::reporting::Track;
use crate::watching::Seen;
use crate::words::{self, Term, term};

/// All that a page shows.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// The operator's heading.
    pub(crate) title: Option<&'a str>,
    /// The recordings, in the order in which they were named.
    pub(crate) tracks: &'a [Track],
    /// The load in flight at which the count is drawn, too, where its cost is known.
    pub(crate) one_load: Option<u64>,
    pub(crate) thresholds: Thresholds,
    /// When the page is written.
    pub(crate) at: Timestamp,
}

/// As many recordings are drawn into one chart; more are shown one below another.
const TOGETHER: usize = 4;
/// Of the charts, in the order of the metrics: the tallest is what matters most.
const HEIGHTS: [f64; METRICS.len()] = [280.0, 280.0, 190.0, 170.0, 170.0, 150.0, 170.0, 190.0, 150.0];
const THREADS: usize = 5;
const CHART_STYLE: &str = include_str!("chart.css");

/// The page.
pub(crate) fn page(report: &Report<'_>) -> String {
    let mut out = String::new();
    for track in report.tracks {
        verdict(track, &mut out);
    }
    let tracks: Vec<&Track> = report.tracks.iter().collect();
    if tracks.len() <= TOGETHER {
        report.charts(&tracks, 0, &mut out);
    } else {
        for (n, track) in tracks.iter().enumerate() {
            let _ = writeln!(out, "<h2>{}</h2>", escape(&track.name));
            report.charts(&[track], n * METRICS.len(), &mut out);
        }
    }
    let heading = |of| format!("<h2>{}</h2>\n", term(of));
    out.push_str(&heading(Term::Numbers));
    tables::numbers(report.tracks, &mut out);
    out.push_str(&heading(Term::WhatHappened));
    report.tracks.iter().for_each(|track| tables::events(track, &mut out));
    out.push_str(&heading(Term::Recordings));
    report.tracks.iter().for_each(|track| tables::origin(track, &mut out));
    report.method(&mut out);
    html::page(&report.heading(), CHART_STYLE, &out)
}

/// One chart as a picture of its own; `None` if no recording has this metric.
pub(crate) fn picture(report: &Report<'_>, metric: &str) -> Option<String> {
    let place = METRICS.iter().position(|known| known.column() == metric)?;
    let tracks: Vec<&Track> = report.tracks.iter().take(TOGETHER).collect();
    let chart = report.chart(place, &tracks, 0);
    chart.has_values().then(|| chart.alone(CHART_STYLE))
}

impl Report<'_> {
    fn heading(&self) -> String {
        match (self.title, self.tracks) {
            (Some(title), _) => title.to_owned(),
            (None, [only]) => {
                let target = only.notes.as_ref().map(|notes| notes.target.as_str());
                words::page_heading(target, &only.name)
            }
            (None, several) if several.len() <= TOGETHER => {
                several.iter().map(|track| track.name.as_str()).collect::<Vec<_>>().join(", ")
            }
            (None, several) => words::recordings(several.len()),
        }
    }

    fn chart<'a>(&'a self, metric: usize, tracks: &'a [&'a Track], id: usize) -> Chart<'a> {
        let judged = if explained(tracks) { 1 } else { 0 };
        Chart {
            metric,
            title: words::chart_title(METRICS[metric], self.one_load.is_some()),
            tracks,
            height: HEIGHTS[metric],
            bands: (metric == judged).then_some(&self.thresholds),
            failures: METRICS[metric] == Measure::Latency,
            id: id + metric,
        }
    }

    fn charts(&self, tracks: &[&Track], id: usize, out: &mut String) {
        for (place, metric) in METRICS.into_iter().enumerate() {
            let chart = self.chart(place, tracks, id);
            let level = |track: &&Track| {
                let spread = &track.numbers[THREADS].spread;
                spread.min() == spread.max()
            };
            // Most programs have as many threads all the time: a number in the table says as much.
            if !chart.has_values() || (metric == Measure::Threads && tracks.iter().all(level)) {
                continue;
            }
            let _ = writeln!(
                out,
                "<figure><figcaption>{}<span>{}</span></figcaption>\n{}</figure>",
                escape(chart.title),
                escape(&caption(metric, tracks, self.one_load)),
                chart.svg()
            );
        }
    }

    fn method(&self, out: &mut String) {
        let Thresholds { warning, danger, .. } = self.thresholds;
        let method = words::method(warning, danger, &clock(self.at.as_millisecond(), true));
        let _ = write!(out, "<footer class=\"faint\">\n{method}</footer>\n");
    }
}

/// All of these recordings say which goroutines their load explains.
fn explained(tracks: &[&Track]) -> bool {
    tracks.iter().all(|track| track.watching.summary.explains)
}

fn caption(metric: Measure, tracks: &[&Track], one_load: Option<u64>) -> String {
    let failed = tracks.iter().map(|track| track.watching.summary.failed_polls()).sum();
    let polls = tracks.iter().map(|track| track.watching.summary.polls()).sum();
    words::chart_caption(metric, explained(tracks), one_load, [failed, polls])
}

fn verdict(track: &Track, out: &mut String) {
    let conclusion = &track.conclusion;
    let rises = track.verdict() == Verdict::Ok && track.trends.iter().any(|trend| trend.rising.is_some());
    let (class, symbol) = match track.verdict() {
        Verdict::Ok if rises => ("rising", "↗"),
        Verdict::Ok => ("ok", "✓"),
        Verdict::Warning => ("warning", "▲"),
        Verdict::Danger => ("danger", "■"),
        Verdict::Unknown => ("unknown", "?"),
    };
    let _ = write!(
        out,
        "<section class=\"verdict {class}\"><h2><b>{symbol} {}</b> {}</h2><p class=\"faint\">{}</p>",
        if rises { words::rises() } else { words::verdict(track.verdict()) },
        escape(&track.name),
        escape(&subtitle(track))
    );
    let found = |Seen { finding, at }: &Seen| {
        let at = clock(at.as_millisecond(), track.utc);
        format!("<li>{} <span class=\"faint\">({at})</span></li>", escape(&words::finding(finding)))
    };
    let (decides, others): (Vec<_>, Vec<_>) = track.told().partition(|trend| trend.course == Course::Growing);
    let told = |trends: Vec<&Trend>| -> String {
        trends.into_iter().map(|trend| format!("<li>{}</li>", escape(&words::page_trend(trend)))).collect()
    };
    // What the verdict rests on comes first, and what is well comes last.
    let mut items = told(decides);
    items.extend(conclusion.findings.iter().map(found));
    items.extend(conclusion.passed.iter().map(found));
    if conclusion.findings.is_empty() && !conclusion.passed.is_empty() {
        let _ = write!(items, "<li>{}</li>", escape(words::passed_alone()));
    }
    items += &told(others);
    if conclusion.findings.is_empty() && conclusion.passed.is_empty() {
        let levels = words::levels_and_peaks(words::verdict_alone(conclusion.verdict));
        let _ = write!(items, "<li>{}</li>", escape(&levels));
    }
    if !items.is_empty() {
        let _ = write!(out, "<ul>{items}</ul>");
    }
    out.push_str("</section>\n");
}

fn subtitle(track: &Track) -> String {
    let (from, length) = (clock(track.from, track.utc), time(track.length));
    words::page_subtitle(&from, &length, track.watching.summary.polls(), track.interval.map(time))
}

/// A span for people: nobody wants to know the milliseconds of an hour.
fn time(millis: u64) -> String {
    let unit = match millis {
        0..1000 => 1,
        1000..10_000 => 100,
        _ => 1000,
    };
    format_duration(Duration::from_millis((millis + unit / 2) / unit * unit))
}

/// `Nov 18 11:06:40`
fn short(millis: i64) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(TimeZone::UTC);
    at.strftime(&format!("{} %H:%M:%S", words::day_form())).to_string()
}

/// `2026-11-18 11:06:40 UTC`; without the zone where nobody knows it.
fn clock(millis: i64, utc: bool) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(TimeZone::UTC);
    format!("{}{}", at.strftime("%Y-%m-%d %H:%M:%S"), if utc { " UTC" } else { "" })
}

#[cfg(test)]
mod tests;
