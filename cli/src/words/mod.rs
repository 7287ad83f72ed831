//! The words of the observers, by language. One place, so that another language can come: it needs a file beside `en`
//! with the same functions, and an arm in [`Language`].
//!
//! Text for people goes through the functions here, which speak the current language. The `text` of JSON and NDJSON is
//! English whatever the language: whoever writes it calls [`en`] itself.

pub(crate) mod en;

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::trend::{Metric, Trend};
use vitals::{Judgement, Measure, Reason, Sample, Thresholds, Verdict};

use crate::diagnosis::Place;
use crate::finding::{
    About, Advice, Changed, Column, Event, Finding, Growth, Loads, Misuse, NoRecording, Note, Stale,
    Statistics, Subject, Tale, Unopened, Unread, Untold, Well,
};
use crate::reading::PollError;

pub(crate) use en::Slopes;

/// A language that there are words in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Language {
    #[default]
    En,
}

macro_rules! speak {
    ($($(#[$about:meta])* $name:ident($($given:ident: $kind:ty),*) -> $words:ty;)*) => {$(
        $(#[$about])*
        pub(crate) fn $name($($given: $kind),*) -> $words {
            match Language::default() {
                Language::En => en::$name($($given),*),
            }
        }
    )*};
}

speak! {
    /// The first word of an answer.
    verdict(verdict: Verdict) -> &'static str;
    /// A verdict that has no reasons.
    verdict_in_words(verdict: Verdict) -> &'static str;
    /// The same without the verdict itself.
    verdict_alone(verdict: Verdict) -> &'static str;
    finding(finding: &Finding) -> String;
    /// A sample above a limit.
    reason(reason: &Reason) -> String;
    /// The next steps after a quick check, most urgent first.
    advice(sample: &Sample, judgement: &Judgement, thresholds: &Thresholds) -> Vec<&'static str>;
    /// A count on the finer scale of the routine after a deployment, which judges nothing.
    fine(count: u64) -> Option<&'static str>;
    /// After a watch whose warnings have passed: the verdict and its reason.
    passed() -> &'static str;
    /// The same without the verdict itself.
    passed_alone() -> &'static str;
    /// The next step about something that grows: who is to blame, and when there must be a restart.
    grows(trend: Option<&Trend>, named: bool) -> String;
    /// The next step about growth of which it cannot be said that the load did not cause it.
    grows_perhaps() -> &'static str;
    /// The next step when the last sample is well above the first, and nobody knows yet whether that is a trend.
    higher(trend: Option<&Trend>, needs_s: Option<f64>) -> String;
    /// The next step after a watch in which nothing grows.
    watch_advice(verdict: Verdict) -> &'static str;
    /// The next step when every threshold holds and an expectation does not.
    unexpected() -> &'static str;
    /// The next step when the target does not report what is expected of it.
    unreported() -> &'static str;
    /// The next step after a comparison.
    next_step(advice: &Advice) -> String;
    /// What a comparison is about.
    subject(subject: &Subject<'_>) -> String;
    side_name(names: &[String]) -> String;
    about(side: &About<'_>) -> String;
    loads(loads: &Loads) -> String;
    changes(changes: &[Changed<'_>]) -> String;
    note(note: &Note) -> String;
    /// Columns of which nothing can be told.
    untold(untold: &Untold) -> String;
    well(well: Well) -> String;
    holds(of: Column) -> String;
    course(trend: &Trend) -> String;
    /// Two medians and a peak.
    medians(ends: Option<[u64; 3]>, beyond: bool, carried: Option<&Finding>) -> String;
    medians_explained() -> &'static str;
    folded_sides() -> &'static str;
    folded_notes() -> &'static str;
    change_untold() -> &'static str;
    lenient(code: u8) -> String;
    /// How the load was taken into account.
    load(said: &Statistics) -> String;
    /// `+20.8 %`
    percent(growth: Growth) -> Option<String>;
    /// A number of goroutines, or of bytes, with its sign if wanted.
    amount(metric: Metric, value: f64, signed: bool) -> String;
    unread(role: &str, name: &str, why: &Unread<'_>) -> String;
    no_recording(why: &NoRecording) -> String;
    unopened(why: &Unopened) -> String;
    unwritable(path: &Path, error: &io::Error, rows: u64) -> String;
    cannot_read(path: &Path, error: &dyn Display) -> String;
    cannot_write(path: &Path, error: &dyn Display) -> String;
    cannot_remove(path: &Path, error: &io::Error) -> String;
    rows_are_safe(error: &str, csv: Option<&Path>) -> String;
    other_target(earlier: &str, now: &str) -> String;
    kept(keep: Option<u32>) -> String;
    clock_jumped(back: bool, by: Duration, at: &str) -> String;
    no_row() -> &'static str;
    no_poll() -> &'static str;
    none_succeeded(error: &PollError) -> String;
    polling(target: &str, every: Duration, polls: u64) -> String;
    given_up(polls: u64) -> String;
    recorded_error() -> &'static str;
    no_page() -> &'static str;
    stale(path: &Path, why: &Stale<'_>) -> [String; 2];
    misuse(misuse: &Misuse<'_>) -> String;
    chart_title(metric: Measure) -> &'static str;
    chart_caption(metric: Measure, explained: bool, failed: u64, polls: u64) -> String;
    chart_line(name: &str, numbers: Option<[String; 4]>) -> String;
    page_heading(target: Option<&str>, name: &str) -> String;
    page_subtitle(from: &str, length: &str, polls: u64, every: Option<String>) -> String;
    /// A trend in one or two sentences.
    page_trend(trend: &Trend) -> String;
    page_slope(trend: &Trend) -> String;
    levels_and_peaks(said: &str) -> String;
    event(event: Event<'_>) -> String;
    uneventful() -> &'static str;
    local_times() -> &'static str;
    no_notes() -> &'static str;
    method(warning: u64, danger: u64, at: &str) -> String;
    /// A number with its noun.
    counted(n: u64, one: &str, many: &str) -> String;
    /// A stack that grows, in one line.
    stack(place: &Place) -> String;
    /// The same without the folders; of what nobody closed, who asked for it.
    stack_in_short(place: &Place) -> String;
    /// `+1205 a minute`, and `+0.2 a minute`: less than one is not none.
    a_minute(more: f64) -> String;
    /// A metric's column as a label.
    metric_label(column: &'static str) -> &'static str;
    trend_name(metric: Metric) -> &'static str;
    /// A trend in one line: `growing by 241 per hour (220 to 262) over 28m; the load did not move; …`.
    tale(tale: &Tale) -> String;
    /// The same where there is little room: the rate, and how long it is until danger.
    tale_in_short(tale: &Tale) -> String;
    /// A course that has just changed.
    turned(trend: &Trend) -> String;
}
