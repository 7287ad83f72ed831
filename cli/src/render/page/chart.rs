//! One chart. The outer picture has no scale of its own, so that its text keeps its size on every screen; only the
//! plot inside is stretched. Labels stand at what they name, so that nothing hangs on colour.

use std::fmt::Write;

use report::html::escape;
use vitals::Thresholds;

use super::line::{Line, SIDE};
use super::markup::shortened;
use super::scale::{self, Scale};
use crate::comparison::METRICS;
use crate::reporting::{Extent, Track};
use crate::words::{self, Term, term};

/// Room above the plot, for labels, and below it, for times.
const ABOVE: f64 = 22.0;
const BELOW: f64 = 24.0;
/// Labels at lines are at least so far from one another.
const LINE_HEIGHT: f64 = 14.0;

/// A metric of some recordings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chart<'a> {
    /// Its place in [`METRICS`].
    pub(super) metric: usize,
    /// Stands above it, and is read to those who cannot see it.
    pub(super) title: &'a str,
    /// The recordings, at most as many as there are line styles.
    pub(super) tracks: &'a [&'a Track],
    /// Pixels.
    pub(super) height: f64,
    /// Bands above these many tasks.
    pub(super) bands: Option<&'a Thresholds>,
    /// Polls that failed are marked.
    pub(super) failures: bool,
    /// Makes its ids unlike those of other charts on the page.
    pub(super) id: usize,
}

/// A label at a place: per cent from the left, pixels from above.
struct Label {
    x: f64,
    y: f64,
    class: String,
    text: String,
}

impl Chart<'_> {
    /// There is something to draw.
    pub(super) fn has_values(&self) -> bool {
        self.tracks.iter().any(|track| track.numbers[self.metric].spread.n() > 0)
            || (self.failures && self.tracks.iter().any(|track| track.watching.summary.failed_polls() > 0))
    }

    /// The picture. Labels of the vertical axis stand left of it, where there must be room.
    pub(super) fn svg(&self) -> String {
        let Self { height, id, .. } = self;
        let scale = self.scale();
        let mut out = format!(
            "<svg class=\"chart\" role=\"img\" width=\"100%\" height=\"{height}\" aria-labelledby=\"t{id} d{id}\">\
             <title id=\"t{id}\">{}</title><desc id=\"d{id}\">{}</desc>",
            escape(self.title),
            escape(&self.in_words()),
        );
        self.axes(&scale, &mut out);
        self.bands(&scale, &mut out);
        self.events(&mut out);
        self.plot(&scale, &mut out);
        self.event_words(&mut out);
        self.labels(&scale, &mut out);
        out.push_str("</svg>");
        out
    }

    /// The picture as a file of its own.
    pub(super) fn alone(&self, style: &str) -> String {
        let height = self.height + 28.0;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"960\" height=\"{height}\"><style>{style}\
             </style><rect class=\"paper\" width=\"100%\" height=\"100%\"/><text class=\"name\" x=\"12\" y=\"20\">{}\
             </text><svg x=\"72\" y=\"28\" width=\"872\" height=\"{}\" overflow=\"visible\">{}</svg></svg>\n",
            escape(self.title),
            self.height,
            self.svg()
        )
    }

    fn length(&self) -> u64 {
        self.tracks.iter().map(|track| track.length).max().unwrap_or(0).max(1)
    }

    fn plot_height(&self) -> f64 {
        self.height - ABOVE - BELOW
    }

    /// Per cent from the left.
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn x(&self, at: u64) -> f64 {
        at as f64 / self.length() as f64 * 100.0
    }

    /// Pixels from above.
    fn y(&self, value: f64, scale: &Scale) -> f64 {
        ABOVE + self.plot_height() * (1.0 - value / scale.top)
    }

    /// High enough for every value, and for a threshold that is near.
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn scale(&self) -> Scale {
        let max = self.tracks.iter().filter_map(|track| track.numbers[self.metric].spread.max()).max();
        let max = max.unwrap_or(0) as f64;
        let thresholds = self.bands.iter().flat_map(|bands| [bands.warning, bands.danger]);
        let near = thresholds.map(|limit| limit as f64).filter(|limit| max >= limit * 0.4);
        let top = near.map(|limit| limit * 1.1).fold(max, f64::max);
        Scale::new(top, METRICS[self.metric].unit())
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn bands(&self, scale: &Scale, out: &mut String) {
        let Some(bands) = self.bands else { return };
        let (warning, danger) = (bands.warning as f64, bands.danger as f64);
        let mut beyond = Vec::new();
        for (class, word, from, to) in [
            ("warning", term(Term::Warning), warning, danger),
            ("danger", term(Term::Danger), danger, f64::MAX),
        ] {
            if from >= scale.top {
                beyond.push(words::above(word, from));
                continue;
            }
            let (y, bottom) = (self.y(to.min(scale.top), scale), self.y(from, scale));
            let _ = write!(
                out,
                "<rect class=\"band {class}\" y=\"{y:.1}\" width=\"100%\" height=\"{:.1}\"/><line class=\"limit {class}\" \
                 x2=\"100%\" y1=\"{bottom:.1}\" y2=\"{bottom:.1}\"/><text class=\"limit {class}\" x=\"50%\" y=\"{:.1}\" \
                 text-anchor=\"middle\">{}</text>",
                bottom - y,
                bottom - 4.0,
                words::above(word, from),
            );
        }
        if !beyond.is_empty() {
            let _ = write!(
                out,
                "<text class=\"beyond\" x=\"50%\" y=\"12\" text-anchor=\"middle\">↑ {}</text>",
                words::listed(&beyond)
            );
        }
    }

    fn axes(&self, scale: &Scale, out: &mut String) {
        for (value, label) in &scale.ticks {
            let y = self.y(*value, scale);
            let class = if *value == 0.0 { "base" } else { "grid" };
            let _ = write!(
                out,
                "<line class=\"{class}\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text class=\"tick\" x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                y + 4.0
            );
        }
        let ticks = match self.tracks {
            [only] => scale::clock(only.from, only.length),
            _ => scale::since_start(self.length()),
        };
        let (base, below) = (self.height - BELOW, self.height - 7.0);
        for (at, label) in ticks {
            let x = self.x(at);
            let _ = write!(
                out,
                "<line class=\"base\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"{base}\" y2=\"{}\"/>\
                 <text class=\"tick\" x=\"{x:.2}%\" y=\"{below}\" text-anchor=\"{}\">{label}</text>",
                base + 5.0,
                anchor(x),
            );
        }
    }

    /// Gaps and restarts.
    fn events(&self, out: &mut String) {
        let (top, height) = (ABOVE, self.plot_height());
        for track in self.tracks {
            for gap in &track.gaps {
                let (x, width) = (self.x(gap.from), self.x(gap.to) - self.x(gap.from));
                let _ = write!(
                    out,
                    "<rect class=\"gap\" x=\"{x:.2}%\" y=\"{top}\" width=\"{:.2}%\" height=\"{height}\"/>",
                    width.max(0.1)
                );
            }
            for at in &track.restarts {
                let x = self.x(*at);
                let _ = write!(
                    out,
                    "<line class=\"restart\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"{top}\" y2=\"{:.1}\"/>",
                    top + height
                );
            }
        }
    }

    /// What gaps and restarts are: over the lines, which would strike through a word that is wider than its gap.
    fn event_words(&self, out: &mut String) {
        let (top, height) = (ABOVE, self.plot_height());
        for track in self.tracks {
            for gap in &track.gaps {
                let (x, width) = (self.x(gap.from), self.x(gap.to) - self.x(gap.from));
                if width > 6.0 {
                    let _ = write!(
                        out,
                        "<text class=\"event\" x=\"{:.2}%\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                        x + width / 2.0,
                        top + height / 2.0,
                        term(Term::NoRows)
                    );
                }
            }
            for (n, at) in track.restarts.iter().enumerate() {
                let x = self.x(*at);
                let crowded = n > 0 && x - self.x(track.restarts[n - 1]) < 20.0;
                if !crowded {
                    let _ = write!(
                        out,
                        "<text class=\"event\" x=\"{x:.2}%\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
                        top + height - 5.0,
                        anchor(x),
                        term(Term::Restart)
                    );
                }
            }
        }
    }

    fn plot(&self, scale: &Scale, out: &mut String) {
        let _ = write!(
            out,
            "<svg class=\"plot\" y=\"{ABOVE}\" width=\"100%\" height=\"{}\" viewBox=\"0 0 {SIDE} {SIDE}\" \
             preserveAspectRatio=\"none\">",
            self.plot_height()
        );
        for (n, line) in self.lines(scale).enumerate() {
            let (means, area) = line.paths();
            if !area.is_empty() {
                let _ = write!(out, "<path class=\"area s{n}\" d=\"{area}\"/>");
            }
            if !means.is_empty() {
                let _ = write!(out, "<path class=\"line s{n}\" d=\"{means}\"/>");
            }
            let failures = if self.failures { line.failures() } else { String::new() };
            if !failures.is_empty() {
                let _ = write!(out, "<path class=\"failed\" d=\"{failures}\"/>");
            }
        }
        out.push_str("</svg>");
    }

    fn lines<'s>(&'s self, scale: &Scale) -> impl Iterator<Item = Line<'s>> + use<'s> {
        let (length, top, metric) = (self.length(), scale.top, self.metric);
        self.tracks.iter().map(move |track| Line { track, metric, length, top })
    }

    /// One recording: its peak and its end. Several: the name of each at its end.
    fn labels(&self, scale: &Scale, out: &mut String) {
        let mut labels = match self.tracks {
            [only] => self.own_labels(only, scale),
            _ => self.names(scale),
        };
        labels.sort_by(|a, b| a.y.total_cmp(&b.y));
        let mut lowest = f64::MIN;
        for label in &mut labels {
            if self.tracks.len() > 1 {
                label.y = label.y.max(lowest + LINE_HEIGHT);
                lowest = label.y;
            }
            let _ = write!(
                out,
                "<text class=\"{}\" x=\"{:.2}%\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
                label.class,
                label.x,
                label.y,
                anchor(label.x),
                escape(&label.text)
            );
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn own_labels(&self, track: &Track, scale: &Scale) -> Vec<Label> {
        let (numbers, quantity) = (&track.numbers[self.metric], METRICS[self.metric].unit());
        let Some(max) = numbers.spread.max() else { return Vec::new() };
        let label = |at: u64, value: u64, text: String| Label {
            x: self.x(at),
            y: (self.y(value as f64, scale) - 6.0).max(12.0),
            class: "value".to_owned(),
            text,
        };
        let peak = label(numbers.max_at, max, format!("{} {}", term(Term::Max), quantity.show(max)));
        let end = label(track.length, numbers.last, quantity.show(numbers.last));
        if (peak.x - end.x).abs() < 25.0 { vec![peak] } else { vec![peak, end] }
    }

    /// The upper ones above their ends, the lower ones below them.
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    fn names(&self, scale: &Scale) -> Vec<Label> {
        let mut labels = Vec::new();
        for (n, track) in self.tracks.iter().enumerate() {
            let near = |at: u64| self.x(track.length) - self.x(at) < 18.0;
            let cells = track.grid.cells().filter_map(|cell| Some((cell.at, cell.extents[self.metric]?)));
            let end: Vec<Extent> = cells.filter(|(at, _)| near(*at)).map(|(_, extent)| extent).collect();
            let (Some(last), Some(high), Some(low)) = (
                end.last(),
                end.iter().map(|extent| extent.max).max(),
                end.iter().map(|extent| extent.min).min(),
            ) else {
                continue;
            };
            let label = Label {
                x: self.x(track.length),
                y: 0.0,
                class: format!("name s{n}"),
                text: shortened(&track.name, 28),
            };
            let [above, below] = [high, low].map(|value| self.y(value as f64, scale));
            labels.push((
                last.mean(),
                (above - 6.0).max(12.0),
                (below + 14.0).min(self.height - BELOW - 4.0),
                label,
            ));
        }
        labels.sort_by(|a, b| b.0.total_cmp(&a.0));
        let upper = labels.len().div_ceil(2);
        let place =
            |(n, (_, above, below, label))| Label { y: if n < upper { above } else { below }, ..label };
        labels.into_iter().enumerate().map(place).collect()
    }

    /// For those who cannot see it.
    fn in_words(&self) -> String {
        let quantity = METRICS[self.metric].unit();
        let line = |track: &&Track| {
            let numbers = &track.numbers[self.metric];
            let spread = &numbers.spread;
            let numbers = spread.min().zip(spread.max()).zip(spread.median()).map(|((min, max), median)| {
                [min, max, median, numbers.last].map(|value| quantity.show(value))
            });
            words::chart_line(&track.name, numbers)
        };
        self.tracks.iter().map(line).collect::<Vec<_>>().join(" ")
    }
}

/// Text at an edge must not run over it.
fn anchor(x: f64) -> &'static str {
    match x {
        x if x < 8.0 => "start",
        x if x > 92.0 => "end",
        _ => "middle",
    }
}
