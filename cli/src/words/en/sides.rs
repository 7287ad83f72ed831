//! The sides of a comparison, by their names, flaws and metrics.

use vitals::trend::Metric;

use super::held;
use crate::finding::{Flaw, Reference, Who};

pub(super) fn name(who: &Who) -> String {
    match who {
        Who::Baseline => "baseline".to_owned(),
        Who::Current => "current".to_owned(),
        Who::Named(name) => name.clone(),
        Who::Before(columns) => reference(columns),
    }
}

/// With what belongs to it.
pub(super) fn owner(who: &Who) -> String {
    match who {
        Who::Before(columns) => format!("that of {}", reference(columns)),
        who => format!("{}'s", name(who)),
    }
}

/// The columns that one was compared with.
pub(crate) fn reference(Reference { ends, count, is_whole, own }: &Reference) -> String {
    let others = ends.as_ref().map(|[first, last]| match count {
        1 => first.clone(),
        _ if *is_whole => format!("{first} to {last}"),
        count => format!("{count} of {first} to {last}"),
    });
    match (own, others) {
        (true, None) => "the time before".to_owned(),
        (true, Some(others)) => format!("{others} and the time before"),
        (false, others) => others.unwrap_or_default(),
    }
}

/// Follows the name of what has it, and the cure of it.
pub(crate) const fn flaw(flaw: Flaw) -> [&'static str; 2] {
    match flaw {
        Flaw::NoRows => ["has no rows yet", "record into it with `watertight record`"],
        Flaw::OnlyFailures => [
            "has failed polls only",
            "see whether its target was up and its address right, and record it again",
        ],
        Flaw::NoCounts => ["has no goroutine counts", "record a target that reports them"],
        Flaw::TimesRunBackwards => {
            ["has rows whose times run backwards", "sort its rows by ts, the oldest first"]
        }
        Flaw::UnreadableTimes => ["has times that cannot be read", "write its times as 2025-10-27 10:30:00"],
        Flaw::TimeStandsStill => {
            ["has the same time in all of its rows", "record it again, with a clock that runs"]
        }
    }
}

pub(super) fn flawed(who: &str, flaw: Flaw) -> String {
    let [what, cure] = self::flaw(flaw);
    format!("{who} {what}: {cure}")
}

/// `1 refused, 2 timeout`
pub(super) fn kinds<'a>(kinds: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    kinds.map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
}

/// A judged metric in a sentence.
pub(super) const fn tasks(beyond: bool) -> &'static str {
    if beyond { "goroutines beyond the explained ones" } else { "goroutines" }
}

pub(super) const fn subject(metric: Metric, beyond: bool) -> &'static str {
    match metric {
        Metric::Tasks => tasks(beyond),
        Metric::Heap => "memory",
        _ => held::noun(metric),
    }
}
