//! A report: recordings as one HTML page that needs nothing else, no script, no font, no network. It fits a telephone
//! and a sheet of paper.

mod chart;
mod line;
mod markup;
mod scale;
mod tables;
mod trends;

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::trend::Why;
use vitals::units::format_duration;
use vitals::{Thresholds, Verdict};

use self::chart::Chart;
use self::markup::escape;
use crate::comparison::METRICS;
use crate::reporting::Track;
use crate::watching::Seen;
use crate::words::{self, counted};

/// All that a page shows.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// The operator's heading.
    pub(crate) title: Option<&'a str>,
    /// The recordings, in the order in which they were named.
    pub(crate) tracks: &'a [Track],
    /// What they are judged by.
    pub(crate) thresholds: Thresholds,
    /// When the page is written.
    pub(crate) at: Timestamp,
}

/// As many recordings are drawn into one chart; more are shown one below another.
const TOGETHER: usize = 4;
/// The charts, each by its metric, in their order: the tallest is what matters most.
const CHARTS: [(usize, &str, f64); 8] = [
    (0, "Goroutines", 280.0),
    (1, "Goroutines beyond those that the load explains", 280.0),
    (2, "Live memory", 190.0),
    (3, "Resident memory", 170.0),
    (4, "Open descriptors", 170.0),
    (5, "Threads", 150.0),
    (6, "Requests in flight", 170.0),
    (7, "Latency of the polls", 190.0),
];
const THREADS: usize = 5;
const LATENCY: usize = 7;
const PAGE_STYLE: &str = include_str!("page.css");
const CHART_STYLE: &str = include_str!("chart.css");

/// The page.
pub(crate) fn page(report: &Report<'_>) -> String {
    let heading = escape(&report.heading());
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{heading}</title>\n<style>\n{PAGE_STYLE}{CHART_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{heading}</h1>\n"
    );
    for track in report.tracks {
        verdict(track, &mut out);
    }
    let tracks: Vec<&Track> = report.tracks.iter().collect();
    if tracks.len() <= TOGETHER {
        report.charts(&tracks, 0, &mut out);
    } else {
        for (n, track) in tracks.iter().enumerate() {
            let _ = writeln!(out, "<h2>{}</h2>", escape(&track.name));
            report.charts(&[track], n * CHARTS.len(), &mut out);
        }
    }
    out.push_str("<h2>Numbers</h2>\n");
    tables::numbers(report.tracks, &mut out);
    out.push_str("<h2>What happened</h2>\n");
    report.tracks.iter().for_each(|track| tables::events(track, &mut out));
    out.push_str("<h2>Recordings</h2>\n");
    report.tracks.iter().for_each(|track| tables::origin(track, &mut out));
    report.method(&mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// One chart as a picture of its own; `None` if no recording has this metric.
pub(crate) fn picture(report: &Report<'_>, metric: &str) -> Option<String> {
    let place = METRICS.iter().position(|known| known.column() == metric)?;
    let tracks: Vec<&Track> = report.tracks.iter().take(TOGETHER).collect();
    let chart = report.chart(CHARTS[place], &tracks, 0);
    chart.has_values().then(|| chart.alone(CHART_STYLE))
}

impl Report<'_> {
    fn heading(&self) -> String {
        match (self.title, self.tracks) {
            (Some(title), _) => title.to_owned(),
            (None, [only]) => match &only.notes {
                Some(notes) => format!("Recording of {}", notes.target),
                None => format!("Recording {}", only.name),
            },
            (None, several) if several.len() <= TOGETHER => {
                several.iter().map(|track| track.name.as_str()).collect::<Vec<_>>().join(", ")
            }
            (None, several) => counted(several.len() as u64, "recording", "recordings"),
        }
    }

    fn chart<'a>(
        &'a self,
        (metric, title, height): (usize, &'a str, f64),
        tracks: &'a [&'a Track],
        id: usize,
    ) -> Chart<'a> {
        let judged = if explained(tracks) { 1 } else { 0 };
        Chart {
            metric,
            title,
            tracks,
            height,
            bands: (metric == judged).then_some(&self.thresholds),
            failures: metric == LATENCY,
            id: id + metric,
        }
    }

    fn charts(&self, tracks: &[&Track], id: usize, out: &mut String) {
        for form in CHARTS {
            let chart = self.chart(form, tracks, id);
            let level = |track: &&Track| {
                let spread = &track.numbers[THREADS].spread;
                spread.min() == spread.max()
            };
            // Most programs have as many threads all the time: a number in the table says as much.
            if !chart.has_values() || (form.0 == THREADS && tracks.iter().all(level)) {
                continue;
            }
            let _ = writeln!(
                out,
                "<figure><figcaption>{}<span>{}</span></figcaption>\n{}</figure>",
                escape(form.1),
                escape(&caption(form.0, tracks)),
                chart.svg()
            );
        }
    }

    fn method(&self, out: &mut String) {
        let Thresholds { warning, danger, .. } = self.thresholds;
        let _ = write!(
            out,
            "<footer class=\"faint\">\n<p><b>Method.</b> A line is the mean of the polls in a column of the picture; \
             the area around it reaches from the lowest to the highest, so that no peak is lost. It breaks where a \
             poll failed, and where more than three of the usual intervals passed without a row. Bands (warning above \
             {warning}, danger above {danger}) apply to the goroutines beyond those that the target’s own load \
             explains, where it reports them, otherwise to all. Numbers are over all rows that have them; the median \
             and p95 are values that came.</p>\n<p>The verdict is what <code>watertight watch</code> would have \
             said of levels and peaks: danger if any sample was above a threshold for danger, a warning if the last \
             one was above one for warnings, if the target restarted, or if the peak reached 3000. Growth makes it \
             graver; where growth cannot be told, it changes nothing.</p>\n<p>Growth is looked for in blocks of a \
             minute or more, after the first minute, in what is left when the load is taken off: a Mann-Kendall test \
             on the blocks, a Theil-Sen slope, and no growth that is less than a tenth of the level and 50 \
             goroutines. Restarts and gaps begin anew, and one step is no growth.</p>\n<p>Written by watertight {} on \
             {}.</p>\n</footer>\n",
            env!("CARGO_PKG_VERSION"),
            clock(self.at.as_millisecond(), true)
        );
    }
}

/// Whether all of these recordings say which goroutines their load explains.
fn explained(tracks: &[&Track]) -> bool {
    tracks.iter().all(|track| track.watching.summary.explains)
}

fn caption(metric: usize, tracks: &[&Track]) -> String {
    let failed: u64 = tracks.iter().map(|track| track.watching.summary.failed_polls()).sum();
    let polls: u64 = tracks.iter().map(|track| track.watching.summary.polls()).sum();
    match metric {
        0 if explained(tracks) => ", all of them".to_owned(),
        LATENCY if failed > 0 => {
            format!(", and {failed} of {polls} polls that failed: marks at the lower edge")
        }
        LATENCY => ", none of which failed".to_owned(),
        _ => String::new(),
    }
}

fn verdict(track: &Track, out: &mut String) {
    let conclusion = &track.conclusion;
    let (class, symbol) = match track.verdict() {
        Verdict::Ok => ("ok", "✓"),
        Verdict::Warning => ("warning", "▲"),
        Verdict::Danger => ("danger", "■"),
        Verdict::Unknown => ("unknown", "?"),
    };
    let _ = write!(
        out,
        "<section class=\"verdict {class}\"><h2><b>{symbol} {}</b> {}</h2><p class=\"faint\">{}</p>",
        words::verdict(track.verdict()),
        escape(&track.name),
        escape(&subtitle(track))
    );
    let found = |Seen { finding, at }: &Seen| {
        let at = clock(at.as_millisecond(), track.utc);
        format!("<li>{} <span class=\"faint\">({at})</span></li>", escape(&words::finding(finding)))
    };
    let mut items: String = conclusion.findings.iter().map(found).collect();
    if !conclusion.passed.is_empty() {
        items.extend(conclusion.passed.iter().map(found));
        let _ = write!(items, "<li>{}</li>", escape(words::passed_alone()));
    }
    for trend in &track.trends {
        // Many targets report no memory, and nobody needs to read that they do not.
        if trend.reasons.first() != Some(&Why::NoValues) {
            let _ = write!(items, "<li>{}</li>", escape(&trends::in_words(trend)));
        }
    }
    if conclusion.findings.is_empty() && conclusion.passed.is_empty() {
        let _ = write!(out, "<p>Levels and peaks: {}.</p>", escape(words::verdict_alone(conclusion.verdict)));
    }
    if !items.is_empty() {
        let _ = write!(out, "<ul>{items}</ul>");
    }
    out.push_str("</section>\n");
}

/// From when, how long, how many.
fn subtitle(track: &Track) -> String {
    let summary = &track.watching.summary;
    let interval =
        track.interval.map(|interval| format!(", one every {}", time(interval))).unwrap_or_default();
    format!(
        "{}, for {}, {}{interval}",
        clock(track.from, track.utc),
        time(track.length),
        counted(summary.polls(), "poll", "polls"),
    )
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
    at.strftime("%b %-d %H:%M:%S").to_string()
}

/// `2026-11-18 11:06:40 UTC`; without the zone where nobody knows it.
fn clock(millis: i64, utc: bool) -> String {
    let at = Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(TimeZone::UTC);
    format!("{}{}", at.strftime("%Y-%m-%d %H:%M:%S"), if utc { " UTC" } else { "" })
}

#[cfg(test)]
mod tests;
