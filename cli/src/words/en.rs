//! English.

mod judge;
mod slope;
mod stack;
mod trend;
mod watch;

pub(crate) use judge::{
    advice, fine, reason, unexpected, unreported, verdict, verdict_alone, verdict_in_words,
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
    }
}

/// What to do where the loads of two sides differ and nobody can tell what that comes to; `known` where both report
/// requests in flight.
pub(crate) const fn same_load(known: bool) -> &'static str {
    match known {
        true => {
            "compare recordings of the same load, or of a load that changes: that shows what a request costs"
        }
        false => "compare recordings of the same load, or of a target that reports requests in flight",
    }
}

/// The next step about growth that two recordings show.
pub(crate) const fn leaks() -> &'static str {
    "find the stack that grows: watertight diagnose (for a Go program with --pprof-url); keep both recordings, and plan \
     a restart before it is danger: watertight watch says how long that is"
}

/// A number with its noun.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A metric's column as a label.
pub(crate) fn metric_label(column: &'static str) -> &'static str {
    Measure::named(column).map_or(column, Measure::label)
}
