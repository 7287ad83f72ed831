//! The words of the observers, by language. One place, so that another language can come: it needs a file beside `en`
//! with the same functions, and an arm in [`Language`].
//!
//! Text for people goes through the functions here, which speak the current language. The `text` of JSON and NDJSON is
//! English whatever the language: whoever writes it calls [`en`] itself.

pub(crate) mod en;

use vitals::trend::{Metric, Trend};
use vitals::{Judgement, Reason, Sample, Thresholds, Verdict};

use crate::diagnosis::Place;
use crate::finding::{
    About, Advice, Changed, Column, Finding, Growth, Loads, Note, Odd, Statistics, Subject, Tale, Untold,
    Well,
};

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
    /// What is wrong with a line of a recording.
    odd(odd: &Odd) -> String;
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
