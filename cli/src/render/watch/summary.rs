//! The end of a watch: spreads, ends, peak, bands, verdict.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use owo_colors::OwoColorize;
use report::text::{gap, padded, wrap};
use vitals::trend::{Course, Metric};
use vitals::{Measure, Verdict};

use super::signed;
use crate::finding::{Advice, Check, Kept, Said, Watch};
use crate::profile::Place;
use crate::render::{Styles, paragraph};
use crate::summary::Series;
use crate::summary::rounded;
use crate::watching::{Conclusion, METRICS, Seen, Watching};
use crate::words::{self, Term, term};

/// A watch that is over.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    /// The target, without credentials.
    pub(crate) target: &'a str,
    pub(crate) source: &'a str,
    pub(crate) started: Timestamp,
    pub(crate) ended: Timestamp,
    /// How long it took, by the monotonic clock.
    pub(crate) took: Duration,
    pub(crate) watching: &'a Watching,
    pub(crate) conclusion: &'a Conclusion,
    /// The stacks that grow, where they could be asked for; the most first.
    pub(crate) growing: &'a [Place],
    /// What grew in its process, by kind.
    pub(crate) kept: &'a [Kept],
}

const LABEL: usize = 11;
const VALUE: usize = 9;
/// So many stacks are told.
const STACKS: usize = 3;

/// The closing summary, at most `width` columns wide where its words allow that.
pub(crate) fn summary(watched: &Watched<'_>, styles: &Styles, zone: &TimeZone, width: usize) -> String {
    let verdict = watched.conclusion.verdict;
    let (state, style) = match watched.conclusion.rising {
        Some(_) => (words::rises(), styles.rising),
        None => (words::verdict(verdict), styles.verdict(verdict)),
    };
    let state = state.style(style);
    let mut text = format!("\n{state}  {}\n", watched.target.style(styles.strong));
    for line in wrap(&words::watched(&watched.watching.summary, rounded(watched.took)), width) {
        let _ = writeln!(text, "{}", line.style(styles.faint));
    }
    let clock = Clock { zone, dated: watched.took >= Duration::from_secs(86_400) };
    if watched.watching.summary.good_polls() > 0 {
        text.push('\n');
        spreads(&mut text, watched, styles, width, &clock);
        text.push('\n');
        ends(&mut text, watched, styles, width);
        levels(&mut text, watched, styles, width, &clock);
        if let Some(requests) = words::traffic(&watched.watching.summary.requests.all) {
            paragraph(&mut text, term(Term::Requests), &requests, styles, width);
        }
        let instances = watched.watching.several().len();
        if instances > 1 {
            paragraph(&mut text, term(Term::Instances), &words::instances(instances), styles, width);
        }
        trends(&mut text, watched, styles, width);
        stacks(&mut text, watched, styles, width);
        for kept in watched.kept {
            paragraph(&mut text, words::thing(kept.thing), &words::holding(kept), styles, width);
        }
    }
    text.push('\n');
    conclusion(&mut text, watched, styles, width, &clock);
    text
}

/// How times are written: with the date where a watch lasted longer than a day.
struct Clock<'a> {
    zone: &'a TimeZone,
    dated: bool,
}

impl Clock<'_> {
    fn text(&self, at: Timestamp) -> String {
        let format = if self.dated { "%m-%d %H:%M" } else { "%H:%M:%S" };
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }

    const fn width(&self) -> usize {
        if self.dated { 11 } else { 8 }
    }
}

fn spreads(text: &mut String, watched: &Watched<'_>, styles: &Styles, width: usize, clock: &Clock<'_>) {
    // Where there is no room for all columns, those go first that say least.
    let room = width.saturating_sub(2 + LABEL) / VALUE;
    let (p95, at) = (room >= 4, width >= 2 + LABEL + 4 * VALUE + 2 + clock.width());
    let shown = |n: usize| n != 2 || p95;
    let mut head = format!("  {:LABEL$}", "");
    let titles = [term(Term::Minimum), term(Term::Median), "p95", term(Term::Maximum)];
    for (_, word) in titles.iter().enumerate().filter(|(n, _)| shown(*n)) {
        let _ = write!(head, "{}{word}", gap(word, VALUE));
    }
    if at {
        let _ = write!(head, "  {}", term(Term::At));
    }
    let _ = writeln!(text, "{}", head.style(styles.faint));
    for (measure, series) in rows(watched) {
        let spread = &series.spread;
        let _ = write!(text, "  {}", padded(words::short_label(measure), LABEL).style(styles.faint));
        let values = [spread.min(), spread.median(), spread.p95(), spread.max()];
        for (_, value) in values.iter().enumerate().filter(|(n, _)| shown(*n)) {
            let _ = write!(text, "{:>VALUE$}", value.map(|n| measure.unit().brief(n)).unwrap_or_default());
        }
        let max_at = series.max_at.filter(|_| at).map(|at| format!("  {}", clock.text(at)));
        let _ = writeln!(text, "{}", max_at.unwrap_or_default());
    }
}

fn rows<'a>(watched: &Watched<'a>) -> Vec<(Measure, &'a Series)> {
    let summary = &watched.watching.summary;
    let mut rows = vec![
        (Measure::Goroutines, &summary.goroutines),
        (Measure::Unexplained, &summary.judged),
        (Measure::AllocBytes, &summary.memory),
        (Measure::RssBytes, &summary.resident),
        (Measure::OpenFds, &summary.descriptors),
        (Measure::Threads, &summary.threads),
        (Measure::Latency, &summary.latency),
    ];
    // Beside a count, what else a process holds is told of when it grows.
    let is_counted = summary.judged.spread.n() > 0;
    let trends = &watched.watching.trends;
    let grown = |measure: &Measure| trends.counted().any(|(trend, _)| trend.metric.measure() == *measure);
    let is_held = |measure: &Measure| Metric::RESOURCES.iter().any(|held| held.measure() == *measure);
    rows.retain(|(measure, series)| {
        (!is_counted || !is_held(measure) || grown(measure))
            && series.spread.n() > 0
            && (*measure != Measure::Unexplained || summary.explains)
    });
    rows
}

/// The first and the last sample: two numbers, no trend.
fn ends(text: &mut String, watched: &Watched<'_>, styles: &Styles, width: usize) {
    let mut label = words::start_to_end();
    if watched.watching.summary.restarts > 0 {
        paragraph(text, std::mem::take(&mut label), words::since_restart(), styles, width);
    }
    for (measure, series) in rows(watched).into_iter().filter(|(measure, _)| *measure != Measure::Latency) {
        let Some((first, last)) = series.ends else { continue };
        let (name, format) = (words::short_label(measure), |value| measure.unit().brief(value));
        let change = i128::from(last) - i128::from(first);
        let size = match measure {
            Measure::AllocBytes | Measure::RssBytes if change != 0 => {
                let sign = if change < 0 { '-' } else { '+' };
                format!("{sign}{}", format(last.abs_diff(first)))
            }
            _ => signed(change),
        };
        let percent = percent(first, last).filter(|_| change != 0);
        let percent = percent.map(|percent| format!(" ({percent:+.1} %)")).unwrap_or_default();
        let line = words::end_to_end(name, &format(first), &format(last), &format!("{size}{percent}"));
        paragraph(text, std::mem::take(&mut label), &line, styles, width);
    }
}

/// The change in per cent of the first value; `None` where that is zero.
#[expect(clippy::cast_precision_loss, reason = "one decimal is printed")]
pub(super) fn percent(first: u64, last: u64) -> Option<f64> {
    (first > 0).then(|| (last as f64 - first as f64) / first as f64 * 100.0)
}

fn levels(text: &mut String, watched: &Watched<'_>, styles: &Styles, width: usize, clock: &Clock<'_>) {
    let watching = watched.watching;
    let judged = &watching.summary.judged;
    if let (Some(peak), Some(at)) = (judged.spread.max(), judged.max_at) {
        let limit = watching.peak_limit();
        let line = words::peak(peak, watching.summary.explains, &clock.text(at), limit);
        paragraph(text, term(Term::Peak), &line, styles, width);
    }
    let bands: Vec<_> =
        watching.bands.iter().map(|(band, n)| words::times_in(words::band(*band), *n)).collect();
    if !bands.is_empty() {
        paragraph(
            text,
            term(Term::Bands),
            &words::headed(term(Term::Samples), &words::listed(&bands)),
            styles,
            width,
        );
    }
}

/// Trends, or how long it takes until they can be told.
fn trends(text: &mut String, watched: &Watched<'_>, styles: &Styles, width: usize) {
    let trends = &watched.watching.trends;
    let lines = METRICS.into_iter().filter_map(|metric| {
        Some(words::headed(words::trend_name(metric), &words::tale(&trends.shown(metric)?)))
    });
    for (i, line) in lines.enumerate() {
        paragraph(text, if i == 0 { term(Term::Trend) } else { "" }, &line, styles, width);
    }
}

/// Where the goroutines come from, and what that means where it is known.
fn stacks(text: &mut String, watched: &Watched<'_>, styles: &Styles, width: usize) {
    for (i, place) in watched.growing.iter().take(STACKS).enumerate() {
        paragraph(text, if i == 0 { term(Term::Stacks) } else { "" }, &words::stack(place), styles, width);
        let is_told = watched.growing.iter().take(i).any(|before| before.cause == place.cause);
        if let Some(cause) = place.cause.filter(|_| !is_told) {
            paragraph(text, "", words::meaning(cause), styles, width);
        }
    }
}

/// The next step: about growth first, for that does not pass.
fn advice(watched: &Watched<'_>) -> String {
    let (watching, conclusion) = (watched.watching, watched.conclusion);
    let trends = &watching.trends;
    let requests = conclusion.findings.first().and_then(|seen| words::requests_advice(seen.finding.check));
    if let Some(advice) = requests {
        return advice.to_owned();
    }
    if conclusion.findings.first().is_some_and(|seen| seen.finding.check == Check::Draining) {
        return words::after_draining().to_owned();
    }
    if let Some(Said::Watch(Watch::Kept(kept))) = conclusion.findings.first().map(|seen| &seen.finding.said) {
        return words::who_keeps(kept).unwrap_or_default();
    }
    // A target that ends before it can grow asks for its log.
    let is_ended =
        |seen: &Seen| matches!(seen.finding.check, Check::CrashLoop | Check::MaxRestarts | Check::Restarts);
    if conclusion.findings.first().is_some_and(is_ended) {
        return words::next_step(&Advice::SeeRestarts);
    }
    // What profiles prove names its own stack.
    let proven = conclusion.findings.iter().find_map(|seen| seen.finding.evidence());
    let named = proven
        .map(|evidence| &evidence.place)
        .or_else(|| watched.growing.first().filter(|place| may_leak(place)));
    let grows = trends.counted().max_by_key(|(_, verdict)| *verdict == Verdict::Danger);
    let (main, up) = (trends.main(), watching.is_up());
    // Where the trend is known, the two ends add nothing.
    let known = trends.course(main).is_some_and(|course| course != Course::Inconclusive);
    match grows {
        // A stack that is proven to leak is the cause of what else grows.
        Some((trend, _)) if proven.is_some() && trend.metric != Metric::Tasks => words::stands(named),
        // What grows without a known load, and is in danger already, is not asked to go on.
        Some((trend, verdict)) if Verdict::Danger == verdict.max(conclusion.verdict) => {
            words::grows(Some(trend), named, watched.kept)
        }
        Some((trend, _)) if conclusion.verdict == Verdict::Warning && trend.metric.is_resource() => {
            words::grows(Some(trend), None, watched.kept)
        }
        Some(_) if conclusion.verdict == Verdict::Warning && proven.is_none() => words::grows_perhaps(named),
        _ if proven.is_some() => words::stands(named),
        _ if conclusion.rising.is_some() => words::rising_advice(named),
        _ if conclusion.verdict == Verdict::Ok && !known && watching.is_higher() => {
            words::higher(trends.of(main), trends.needs_s(main))
        }
        _ => words::watch_advice(conclusion.verdict, up).to_owned(),
    }
}

/// Open connections are no leak by themselves.
fn may_leak(place: &Place) -> bool {
    place.cause.is_none_or(|cause| cause.distance() < 2)
}

fn conclusion(text: &mut String, watched: &Watched<'_>, styles: &Styles, width: usize, clock: &Clock<'_>) {
    let Conclusion { verdict, findings, passed, rising } = watched.conclusion;
    if findings.is_empty() {
        let words = if passed.is_empty() { words::verdict_in_words(*verdict) } else { words::passed() };
        let rising =
            rising.as_ref().map(|trend| words::headed(term(Term::Rising), &words::rising_alone(trend)));
        paragraph(text, term(Term::Verdict), rising.as_deref().unwrap_or(words), styles, width);
    }
    for (i, Seen { finding, at }) in findings.iter().enumerate() {
        let said = words::headed(words::state(finding.verdict), &words::finding(finding));
        let line = words::ends_at(&said, &clock.text(*at));
        paragraph(text, if i == 0 { term(Term::Verdict) } else { "" }, &line, styles, width);
    }
    for (i, Seen { finding, at }) in passed.iter().enumerate() {
        let line = words::ends_at(&words::finding(finding), &clock.text(*at));
        paragraph(text, if i == 0 { term(Term::Earlier) } else { "" }, &line, styles, width);
    }
    // What is unknown says itself what to do; what is in danger needs more than that.
    let unknown = findings.iter().any(|seen| seen.finding.verdict == Verdict::Unknown);
    if !unknown || *verdict == Verdict::Danger {
        paragraph(text, term(Term::Advice), &advice(watched), styles, width);
    }
}
