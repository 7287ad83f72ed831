//! A page for people who were not there: its trends in sentences, its captions and its method.

use std::time::Duration;

use vitals::Measure;
use vitals::trend::{Course, LoadBasis, Metric, TimeToDanger, Trend, Why};
use vitals::units::{format_duration, format_size};

use super::early::{flat, rising};
use super::{Slopes, counted, held};
use crate::finding::Event;

/// One trend in one or two sentences.
pub(crate) fn page_trend(trend: &Trend) -> String {
    let name = match trend.metric {
        Metric::Tasks if trend.load == LoadBasis::Explained => {
            "Goroutines beyond those that the load explains"
        }
        Metric::Tasks => "Goroutines",
        Metric::Heap => "Live memory",
        Metric::Resident => "Resident memory",
        Metric::Descriptors => "Open descriptors",
        Metric::Threads => "Threads",
        Metric::Connections => "Upstream connections",
    };
    match trend.course {
        Course::Growing => {
            format!("{name} grow{}{}.{}{}", third(trend), rate(trend), load(trend), danger(trend))
        }
        Course::Stable if trend.rise.is_some() => {
            format!("{name} {}.{}", super::trend::level_since(trend), unseen(trend))
        }
        Course::Stable => format!("{name} {} not growing{}.{}", be(trend), why(trend), unseen(trend)),
        Course::Step => {
            let from_to = trend.first.zip(trend.last).map(|(first, last)| {
                format!(", from {} to {}", amount(trend.metric, first), amount(trend.metric, last))
            });
            format!(
                "{name} changed once{}, and {} level otherwise: no leak.",
                from_to.unwrap_or_default(),
                be(trend)
            )
        }
        Course::Inconclusive if let Some(rising) = rising(name, trend) => format!("{rising}."),
        Course::Inconclusive if let Some(flat) = flat(trend) => format!("{name} are {flat}."),
        Course::Inconclusive => {
            format!("Whether {} grow{} cannot be told: {}.", lower(name), third(trend), unknown(trend))
        }
    }
}

/// The slope with its interval, for a table; empty where there is none.
pub(crate) fn page_slope(trend: &Trend) -> String {
    trend
        .slope_per_h
        .map(|slope| format!("{} ({})", typeset(&Slopes::of(trend).long(slope, true)), course(trend.course)))
        .unwrap_or_default()
}

const fn course(course: Course) -> &'static str {
    match course {
        Course::Stable => "stable",
        Course::Growing => "growing",
        Course::Step => "step",
        Course::Inconclusive => "cannot tell",
    }
}

fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Goroutines grow, memory grows.
fn third(trend: &Trend) -> &'static str {
    held::third(trend.metric)
}

fn be(trend: &Trend) -> &'static str {
    held::be(trend.metric)
}

pub(in crate::words) fn amount(metric: Metric, value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "made positive; a size has a unit"
    )]
    match metric.is_bytes() {
        false => format!("{value:.0}"),
        true => format_size(value.abs() as u64),
    }
}

/// With a minus that is as wide as a plus.
pub(in crate::words) fn typeset(slope: &str) -> String {
    slope.replace('-', "−")
}

fn rate(trend: &Trend) -> String {
    let Some(slope) = trend.slope_per_h else { return String::new() };
    let slopes = Slopes::of(trend);
    let interval = trend.slope_ci.map(|[low, high]| {
        format!(" (95 % interval {} to {})", slopes.bare(low, false), slopes.bare(high, false))
    });
    typeset(&format!(" by {}{}", slopes.long(slope, false), interval.unwrap_or_default()))
}

fn load(trend: &Trend) -> &'static str {
    match trend.load {
        LoadBasis::Explained | LoadBasis::Steady => "",
        LoadBasis::InFlight => " What requests in flight cost is taken off.",
        LoadBasis::Constant => " The load did not move.",
        LoadBasis::Requests => " The rate of requests did not move: it is not the load.",
        LoadBasis::Allocation | LoadBasis::Collections => {
            " The rate of allocation did not move: it is not the load."
        }
        LoadBasis::Outgrown => " The load, or what stands for it, rose by far less.",
        LoadBasis::Undetermined | LoadBasis::Unknown => {
            " Nothing is known of the load: this may be a busier hour. Compare with a recording of the same load."
        }
    }
}

fn danger(trend: &Trend) -> String {
    let Some(danger) = &trend.time_to_danger else { return String::new() };
    let TimeToDanger { s, soonest_s, latest_s, horizon_s } = danger;
    let end = if trend.metric.is_resource() { "at its limit" } else { "danger" };
    let time = |seconds: f64| {
        let minutes = Duration::try_from_secs_f64(seconds.max(60.0) / 60.0).unwrap_or_default().as_secs();
        format_duration(Duration::from_secs(minutes * 60))
    };
    match (soonest_s, latest_s, s) {
        _ if danger.is_past() && trend.metric.is_resource() => " It is above its limit already.".to_owned(),
        _ if danger.is_past() => " It is above the threshold for danger already.".to_owned(),
        (_, Some(latest), _) if *latest <= 60.0 => format!(" At this rate it is {end} within a minute."),
        (Some(soonest), Some(latest), _) if time(*soonest) == time(*latest) => {
            format!(" At this rate it is {end} in about {}.", time(*latest))
        }
        (Some(soonest), Some(latest), _) => {
            format!(" At this rate it is {end} in {} to {}.", time(*soonest), time(*latest))
        }
        (Some(soonest), None, _) => format!(" At this rate it is {end} in {} or later.", time(*soonest)),
        _ => format!(" At this rate it is {end} in more than {}.", time(*horizon_s)),
    }
}

fn why(trend: &Trend) -> &'static str {
    match trend.reasons.first() {
        Some(Why::Slight) => " by enough to matter",
        Some(Why::Levelled) => " any more, after an early rise",
        _ => "",
    }
}

fn unseen(trend: &Trend) -> String {
    let least = trend.min_detectable_slope_per_h.filter(|slope| slope.is_finite());
    let unseen = least.map(|slope| {
        format!(
            " {} is the smallest slope that this recording can show.",
            Slopes::of(trend).short(slope, false)
        )
    });
    unseen.unwrap_or_default()
}

fn unknown(trend: &Trend) -> String {
    let reason = trend.reasons.first();
    match reason {
        Some(Why::NoValues) => "no row reports it".to_owned(),
        Some(Why::TooShort) => {
            let more = trend.needs_s.and_then(|needs| Duration::try_from_secs_f64(needs.ceil()).ok());
            let more = more.map(|more| format!(", about {} more are needed", format_duration(more)));
            format!("the recording is too short{}", more.unwrap_or_default())
        }
        Some(Why::RisenLately) => {
            "it rose at the end, and that may be a step or the start of a leak: record on".to_owned()
        }
        Some(Why::Slowing) => "growth slows down, as after a start: record on".to_owned(),
        Some(Why::MayLevelOff) => {
            let more = trend.needs_s.and_then(|needs| Duration::try_from_secs_f64(needs.ceil()).ok());
            let more = more.map(|more| format!(": record about {} more", format_duration(more)));
            format!(
                "growth{} goes on, and it is too early to tell a leak from a warm-up{}",
                rate(trend),
                more.unwrap_or_default()
            )
        }
        Some(Why::LoadUndetermined) => "the load moved, and what it costs looks like a leak would".to_owned(),
        _ => "what was seen may be chance".to_owned(),
    }
}

/// Above a chart.
pub(crate) const fn chart_title(metric: Measure, one_load: bool) -> &'static str {
    match metric {
        Measure::Unexplained if one_load => "Goroutines at one load",
        Measure::Goroutines => "Goroutines",
        Measure::Unexplained => "Goroutines beyond those that the load explains",
        Measure::AllocBytes => "Live memory",
        Measure::RssBytes => "Resident memory",
        Measure::OpenFds => "Open descriptors",
        Measure::Threads => "Threads",
        Measure::InFlight => "Requests in flight",
        Measure::Latency => "Latency of the polls",
        Measure::UpstreamOpen => "Upstream connections",
        _ => "",
    }
}

/// Behind a chart's title: all goroutines, where there is a chart of the others; the failed polls of so many.
pub(crate) fn chart_caption(
    metric: Measure,
    explained: bool,
    one_load: Option<u64>,
    [failed, polls]: [u64; 2],
) -> String {
    match metric {
        Measure::Unexplained => one_load
            .map(|load| {
                format!(", as if {} were in flight all the time", counted(load, "request", "requests"))
            })
            .unwrap_or_default(),
        Measure::Goroutines if explained => ", all of them".to_owned(),
        Measure::Latency if failed > 0 => {
            format!(", and {failed} of {polls} polls that failed: marks at the lower edge")
        }
        Measure::Latency => ", none of which failed".to_owned(),
        _ => String::new(),
    }
}

/// For those who cannot see it: the lowest, the highest, the median and the last value.
pub(crate) fn chart_line(name: &str, numbers: Option<[String; 4]>) -> String {
    match numbers {
        Some([min, max, median, last]) => {
            format!("{name}: from {min} to {max}, median {median}, last {last}.")
        }
        None => format!("{name}: not reported."),
    }
}

pub(crate) fn page_heading(target: Option<&str>, name: &str) -> String {
    target.map_or_else(|| format!("Recording {name}"), |target| format!("Recording of {target}"))
}

pub(crate) fn levels_and_peaks(said: &str) -> String {
    format!("Levels and peaks: {said}.")
}

/// When it began, how long it took, and how often it was polled.
pub(crate) fn page_subtitle(from: &str, length: &str, polls: u64, every: Option<String>) -> String {
    let every = every.map(|every| format!(", one every {every}")).unwrap_or_default();
    format!("{from}, for {length}, {}{every}", counted(polls, "poll", "polls"))
}

pub(crate) fn event(event: Event<'_>) -> String {
    match event {
        Event::Failed { failed, polls, kinds } => format!("{failed} of {polls} polls failed: {kinds}"),
        Event::Restarted(at) => format!("the target restarted: noticed at {at}"),
        Event::Gap([time, from, to]) => format!("no rows for {time}: from {from} to {to}"),
        Event::MoreRestarts(more) => format!("and {} more", counted(more, "restart", "restarts")),
        Event::Instances(count) => super::instances(count),
        Event::MoreGaps(more) => format!("and {} more", counted(more, "gap", "gaps")),
        Event::Foreign(lines) => format!("{} of the file are no rows", counted(lines, "line", "lines")),
    }
}

/// Above a table on a narrow screen.
pub(crate) const fn scrolls() -> &'static str {
    "A table that is cut scrolls to the right."
}

pub(crate) const fn uneventful() -> &'static str {
    "No poll failed, no row is missing, nothing restarted."
}

pub(crate) const fn local_times() -> &'static str {
    "local times of the machine that wrote them"
}

pub(crate) const fn no_notes() -> &'static str {
    "there are none beside it"
}

/// How the page was made, in paragraphs of HTML.
pub(crate) fn method(warning: u64, danger: u64, at: &str) -> String {
    format!(
        "<p><b>Method.</b> A line is the mean of the polls in a column of the picture; the area around it reaches from the \
         lowest to the highest, so that no peak is lost. It breaks where a poll failed, and where more than three of the \
         usual intervals passed without a row. Bands (warning above {warning}, danger above {danger}) apply to the \
         goroutines beyond those that the target’s own load explains, where it reports them, otherwise to all. Numbers are \
         over all rows that have them; the median and p95 are values that came.</p>\n<p>The verdict is what \
         <code>watertight watch</code> would have said of levels and peaks: danger if any sample was above a threshold for \
         danger, a warning if the last one was above one for warnings, if the target restarted more than once, or if the peak reached \
         3000. Growth makes it graver; where growth cannot be told, it changes nothing.</p>\n<p>Growth is looked for in \
         blocks of a minute or more, after the first minute, in what is left when the load is taken off: a Mann-Kendall \
         test on the blocks, a Theil-Sen slope, and no growth that is less than a tenth of the level and 50 goroutines. \
         Restarts and gaps begin anew, and one step is no growth.</p>\n<p>Written by watertight {} on {at}.</p>\n",
        env!("CARGO_PKG_VERSION"),
    )
}

pub(crate) const fn day_form() -> &'static str {
    "%b %-d"
}

#[cfg(test)]
mod tests {
    use vitals::Sample;
    use vitals::trend::{Rules, Series, trend};

    use super::*;

    /// An hour of samples every 5 s.
    fn told(metric: Metric, sample: impl Fn(u32) -> Sample) -> String {
        let mut series = Series::default();
        (0..720).for_each(|n| series.push_sample(f64::from(n) * 5.0, &sample(n)));
        page_trend(&trend(&series, metric, &Rules::default()))
    }

    fn tasks(count: u32) -> Sample {
        Sample { goroutines: Some(count.into()), in_flight: Some(100), ..Sample::default() }
    }

    #[test]
    fn sentences() {
        let growing = told(Metric::Tasks, |n| tasks(800 + n + n % 7));
        assert!(growing.starts_with("Goroutines grow by 720 per hour (95 % interval 7"), "{growing}");
        assert!(
            growing.contains("The load did not move.") && growing.contains("it is danger in "),
            "{growing}"
        );
        let stable = told(Metric::Tasks, |n| tasks(800 + n * 7919 % 31));
        assert!(stable.starts_with("Goroutines are not growing. "), "{stable}");
        let slight = Trend {
            course: Course::Stable,
            reasons: vec![Why::Slight],
            ..trend(&Series::default(), Metric::Heap, &Rules::default())
        };
        assert_eq!(page_trend(&slight), "Live memory is not growing by enough to matter.");
        let step = Trend {
            course: Course::Step,
            first: Some(800.0),
            last: Some(1400.0),
            ..trend(&Series::default(), Metric::Tasks, &Rules::default())
        };
        let step = page_trend(&step);
        assert_eq!(step, "Goroutines changed once, from 800 to 1400, and are level otherwise: no leak.");
        let heap = told(Metric::Heap, |n| tasks(800 + n));
        assert_eq!(heap, "Whether live memory grows cannot be told: no row reports it.");
    }

    #[test]
    fn too_short() {
        let mut series = Series::default();
        (0..20).for_each(|n| series.push_sample(f64::from(n) * 5.0, &tasks(800)));
        let text = page_trend(&trend(&series, Metric::Tasks, &Rules::default()));
        assert!(
            text.starts_with("Whether goroutines grow cannot be told: the recording is too short, about "),
            "{text}"
        );
    }
}
