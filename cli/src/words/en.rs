//! English.

pub(crate) mod compare;
mod judge;
mod page;
pub(crate) mod sheet;
mod slope;
mod stack;
mod statistics;
mod trend;
mod trouble;
mod watch;

pub(crate) use compare::percent;
pub(crate) use judge::{
    advice, fine, reason, unexpected, unreported, verdict, verdict_alone, verdict_in_words,
};
pub(crate) use page::{
    chart_caption, chart_line, chart_title, event, levels_and_peaks, local_times, method, no_notes,
    page_heading, page_slope, page_subtitle, page_trend, uneventful,
};
pub(crate) use sheet::{
    about, change_untold, changes, course, folded_notes, folded_sides, holds, lenient, loads, medians,
    medians_explained, next_step, note, side_name, subject, untold, well,
};
pub(crate) use slope::Slopes;
pub(crate) use stack::{a_minute, stack, stack_in_short};
pub(crate) use statistics::{amount, load, when};
pub(crate) use trend::{tale, tale_in_short, trend_name, turned};
pub(crate) use trouble::{
    cannot_read, cannot_remove, cannot_write, clock_jumped, given_up, kept, misuse, no_page, no_poll,
    no_recording, no_row, none_succeeded, other_target, polling, recorded_error, rows_are_safe, stale,
    unopened, unread, unwritable,
};
pub(crate) use watch::{grows, grows_perhaps, higher, passed, passed_alone, watch_advice};

use vitals::Measure;

use crate::finding::{Finding, Said};

/// The sentence of a finding.
pub(crate) fn finding(finding: &Finding) -> String {
    match &finding.said {
        Said::Limit(reason) => self::reason(reason),
        Said::Watch(said) => watch::finding(said),
        Said::Compare(said) => compare::finding(said),
    }
}

/// A number with its noun.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A metric's column as a label.
pub(crate) fn metric_label(column: &'static str) -> &'static str {
    Measure::named(column).map_or(column, Measure::label)
}
