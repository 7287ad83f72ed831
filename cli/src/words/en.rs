//! English.

pub(crate) mod compare;
mod judge;
pub(crate) mod sheet;
mod slope;
mod stack;
mod trend;
mod watch;

pub(crate) use compare::{amount, load, percent, when};
pub(crate) use judge::{
    advice, fine, reason, unexpected, unreported, verdict, verdict_alone, verdict_in_words,
};
pub(crate) use sheet::{
    about, change_untold, changes, course, folded_notes, folded_sides, holds, lenient, loads, medians,
    medians_explained, next_step, note, odd, side_name, subject, untold, well,
};
pub(crate) use slope::Slopes;
pub(crate) use stack::{a_minute, stack, stack_in_short};
pub(crate) use trend::{tale, tale_in_short, trend_name, turned};
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
