//! What a comparison says around its numbers.

use std::path::Path;
use std::time::Duration;

use vitals::trend::{Change, CompareVerdict, Course, Trend};
use vitals::units::{format_duration, format_size};
use vitals::{FIELDS, Field, Unit};

use super::sides::{flawed, kinds, name, reference};
use super::statistics::{self, amount, step};
use super::{Slopes, counted, held, trend_name};
use crate::finding::{
    About, Changed, Column, Finding, LeftOut, Loads, Names, Note, Odd, Subject, Untold, Why,
};
use crate::moment::Moment;

/// `5 days, 2026-11-18 to 2026-11-22`, or `today.csv against yesterday.csv`
pub(crate) fn subject(subject: &Subject<'_>) -> String {
    match subject {
        Subject::Two([current, baseline]) => {
            format!("{} against {}", side_name(current), side_name(baseline))
        }
        Subject::Many { of, count, ends, missing } => {
            let number = counted(*count as u64, column(*of), &format!("{}s", column(*of)));
            let missing = if *missing > 0 { format!(", {missing} missing") } else { String::new() };
            match ends {
                None => number,
                Some([only, _]) if *count == 1 => format!("{number}, {only}"),
                Some([first, last]) => format!("{number}, {first} to {last}{missing}"),
            }
        }
    }
}

pub(super) const fn column(of: Column) -> &'static str {
    match of {
        Column::Day => "day",
        Column::Recording => "recording",
    }
}

/// A side's name: its file, or its first file and how many more.
pub(crate) fn side_name(names: &[String]) -> String {
    let first = names.first().map(|name| file_name(name)).unwrap_or_default();
    match names.len() {
        0 | 1 => first,
        n => format!("{first} and {} more", n - 1),
    }
}

/// A file without its folders; an address as it is.
pub(in crate::words) fn file_name(name: &str) -> String {
    match name.contains("://") {
        true => name.to_owned(),
        false => {
            Path::new(name).file_name().map_or_else(|| name.to_owned(), |n| n.to_string_lossy().into_owned())
        }
    }
}

/// A side's recordings, time and polls.
pub(crate) fn about(side: &About<'_>) -> String {
    let mut parts = vec![side.names.join(", ")];
    parts.extend(side.from.map(|from| format!("from {}", from.long())));
    let length = side.length.filter(|length| !length.is_zero());
    parts.extend(length.map(|length| format!("for {}", format_duration(length))));
    parts.push(counted(side.polls, "poll", "polls"));
    let failed: u64 = side.failed.values().sum();
    if failed > 0 {
        parts.push(format!("{failed} of which failed ({})", kinds(side.failed.iter())));
    }
    parts.join(", ")
}

/// How the loads of two sides differ, so that a busier hour is not taken for a leak.
pub(crate) fn loads(loads: &Loads) -> String {
    let count = |n: f64| format!("{n:.1}/s");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate of bytes, for display"
    )]
    let size = |n: f64| format!("{}/s", format_size(n as u64));
    let rate = match (loads.requests, loads.allocated) {
        (Some(requests), _) => Some(moved("requests", requests, count)),
        // Counted in whole MiB, a short or idle recording shows no allocation at all.
        (None, Some(allocated)) if allocated.iter().any(|rate| *rate > 0.0) => Some(format!(
            "{} (stands in for requests, which are not reported)",
            moved("allocation", allocated, size)
        )),
        _ => None,
    };
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let busy = loads.in_flight.map(|ends| moved("in flight", ends.map(|n| n as f64), |n| format!("{n}")));
    let known: Vec<String> = [rate, busy].into_iter().flatten().collect();
    if known.is_empty() {
        return "unknown: it takes requests, requests in flight or allocations on both sides. Here a busier hour \
                looks like a leak"
            .to_owned();
    }
    known.join("; ")
}

fn moved(what: &str, [before, now]: [f64; 2], show: impl Fn(f64) -> String) -> String {
    let percent =
        if before > 0.0 { format!(" ({:+.0} %)", (now - before) / before * 100.0) } else { String::new() };
    format!("{what} {}, then {}{percent}", show(before), show(now))
}

/// Which columns changed for the worse or the better, and how, and what drifts; in one sentence.
pub(crate) fn changes(changes: &[Changed<'_>]) -> String {
    let said = |change: &Changed<'_>| match change {
        Changed::Column(name, change, since) => {
            let word = match change {
                Change::Higher => "is higher",
                Change::Lower => "is lower",
                Change::Growing => "grows",
                Change::First | Change::Same | Change::Unknown => "",
            };
            let since = since.map(|(at, day)| format!(" since about {}", at.minute(day.as_ref())));
            format!("{name} {word}{}", since.unwrap_or_default())
        }
        Changed::Untold(which) => format!("{} cannot be told", names(which)),
        Changed::Drift(metric, slope) => {
            let by = amount(*metric, *slope, true);
            format!("{} drift{} by {by} a day", trend_name(*metric), held::third(*metric))
        }
    };
    match changes {
        [] => "none changed".to_owned(),
        changes => changes.iter().map(said).collect::<Vec<_>>().join(", "),
    }
}

/// `2026-11-16, 2026-11-18 to 2026-11-22`
pub(crate) fn names(names: &Names) -> String {
    let row = |(first, last): &(String, Option<String>)| match last {
        Some(last) => format!("{first} to {last}"),
        None => first.clone(),
    };
    names.iter().map(row).collect::<Vec<_>>().join(", ")
}

pub(crate) fn note(note: &Note) -> String {
    match note {
        Note::Same => "both sides are the same recording: there can be no difference".to_owned(),
        Note::Against(of @ Column::Recording) => {
            format!("a change is against all {}s since the level last changed", column(*of))
        }
        Note::Against(of @ Column::Day) => format!(
            "a change is against all {}s since the level last changed; days begin at midnight UTC, or at that of an \
             old log's clock",
            column(*of)
        ),
        Note::Flaw(who, flaw) => flawed(&name(who), *flaw),
        Note::Restarted { who, times, at, mixed } => restarted(&name(who), *times, at.as_ref(), *mixed),
        Note::Lives { who, ended, since } => super::lives::told(&name(who), ended, since.as_deref()),
        Note::Instance(who, instance) => super::lives::side(&name(who), instance),
        Note::Failed { who, failed, polls } => {
            format!("{}: {} of {polls} failed", name(who), counted(*failed, "poll", "polls"))
        }
        Note::LeftOut(who, count, first) => format!("{}: {}", name(who), left_out(*count, first)),
        Note::Overlap(who, [a, b]) => {
            format!("{}: {a} and {b} cover the same time; are they of one target?", name(who))
        }
        Note::PartlyExplained => {
            "only one side says which goroutines its load explains, so whole counts are compared".to_owned()
        }
        Note::Carried(finding) | Note::Idle(finding) => super::finding(finding),
        Note::BothRise(said) => statistics::both_rise(said),
        Note::ShortForGate(more) => {
            let more = statistics::length(*more);
            format!(
                "current is too short to tell whether it grows, record about {more} more: only the gates decided"
            )
        }
        Note::Step(said) => {
            let Some(at) = &said.found.step else { return String::new() };
            let since = match at.since.as_ref().map(|since| since.verdict) {
                Some(CompareVerdict::Ok) => "; since then, it is not above the baseline by what matters",
                _ => "",
            };
            format!("{}{since}", step(said, at))
        }
        Note::Growth => "goroutines grew by more than 20 %: --max-growth 20% makes a gate of that".to_owned(),
        Note::Silence { column, from, to } => silence(column.as_deref(), *from, *to),
        Note::OtherSilences(more) => {
            let more = counted(*more as u64, "other hole", "other holes");
            format!("{more} of an hour or more; --format json has them all")
        }
        Note::Untold(untold) => self::untold(untold),
        Note::Moved(moved) => held::moved(moved),
    }
}

fn restarted(who: &str, times: u64, at: Option<&(Vec<Moment>, Option<Moment>)>, mixed: bool) -> String {
    let often = counted(times, "time", "times");
    let Some((at, day)) = at else { return format!("{who}: the target restarted {often}") };
    let more = if times > at.len() as u64 { ", …" } else { "" };
    let at: Vec<_> = at.iter().map(|at| at.short(day.as_ref())).collect();
    let mixed = if mixed { ": its start and its end are of different processes" } else { "" };
    format!("{who}'s target restarted {often}, at {}{more}{mixed}", at.join(", "))
}

fn silence(column: Option<&str>, from: Moment, to: Moment) -> String {
    let name = column.map(|name| format!("{name}: ")).unwrap_or_default();
    // To the minute.
    let length = to.since(&from).unwrap_or_default().as_secs() / 60 * 60;
    let length = format_duration(Duration::from_secs(length));
    let (from, to) = (from.minute(None), to.minute(Some(&from)));
    format!("{name}nothing was recorded from {from} to {to} ({length})")
}

pub(crate) fn untold(Untold { names: which, first, why }: &Untold) -> String {
    let why = match why {
        Why::Finding(finding) => super::finding(finding),
        Why::Against(columns) => format!("cannot be told from {}", reference(columns)),
    };
    match which.as_slice() {
        [(only, None)] => format!("{only}: {why}"),
        which => format!("{}, for a like reason; {first}: {why}", names(&which.to_vec())),
    }
}

fn left_out(count: u64, LeftOut { name, line, why }: &LeftOut) -> String {
    let why = odd(why);
    match count {
        1 => format!("1 line could not be read and was left out, line {line} of {name}: {why}"),
        n => format!(
            "{n} lines could not be read and were left out, the first is line {line} of {name}: {why}"
        ),
    }
}

/// The flaw of a recording's line.
pub(crate) fn odd(odd: &Odd) -> String {
    match odd {
        Odd::Other => "it looks like none".to_owned(),
        Odd::Cells { found, expected } if found > expected => {
            format!("it has more than the {expected} cells of the header")
        }
        Odd::Cells { found, expected } => {
            format!("it has {}, and the header {expected}", counted(*found as u64, "cell", "cells"))
        }
        Odd::NoTime => "its ts is missing: a time such as 2026-11-18T11:06:40.250Z belongs there".to_owned(),
        Odd::Cell(field, shown) => match FIELDS.get(*field) {
            None => "it looks like none".to_owned(),
            Some(field) => {
                let (column, belongs) = (field.csv.unwrap_or_default(), belongs(field));
                format!("its {column} is `{shown}`, where {belongs} belongs, or nothing")
            }
        },
    }
}

/// A value that belongs into a column.
fn belongs(field: &Field) -> &'static str {
    match field.unit {
        Unit::Count | Unit::Micros => "a whole number such as 312",
        Unit::Bytes => "a whole number of bytes such as 18874368",
        Unit::Seconds => "a whole number of seconds since 1970 such as 1795000000",
    }
}

/// One side's course.
pub(crate) fn course(trend: &Trend) -> String {
    let word = match trend.course {
        Course::Stable if trend.rise.is_some() => super::trend::level_since(trend),
        Course::Stable => "stable".to_owned(),
        Course::Growing => "growing".to_owned(),
        Course::Step => "a step".to_owned(),
        Course::Inconclusive => "inconclusive".to_owned(),
    };
    let slopes = Slopes::of(trend);
    let slope = trend.slope_per_h.map(|slope| format!(", {}", slopes.short(slope, true))).unwrap_or_default();
    let ends = trend
        .slope_ci
        .map(|[low, high]| format!(" ({} to {})", slopes.bare(low, true), slopes.bare(high, true)));
    let unseen = trend.min_detectable_slope_per_h.filter(|_| trend.course == Course::Stable);
    let unseen = unseen
        .map(|slope| format!("; {} is the smallest slope that it can show", slopes.short(slope, false)));
    format!("{word}{slope}{}{}", ends.unwrap_or_default(), unseen.unwrap_or_default())
}

/// Two medians and a peak in one sentence; none where a count is missing. The rest is what is carried by its load.
pub(crate) fn medians(ends: Option<[u64; 3]>, beyond: bool, carried: Option<&Finding>) -> String {
    let name = if beyond { "unexplained goroutines" } else { "goroutines" };
    let Some([before, now, peak]) = ends else { return "no counts".to_owned() };
    let carried = carried.map(|finding| format!("; {}", super::finding(finding))).unwrap_or_default();
    format!("median {now} {name}, baseline {before}; peak {peak}{carried}")
}

/// Below a table of medians.
pub(crate) const fn medians_explained() -> &'static str {
    "Medians with the spread of their middle half; 95th percentile, peak, and last fifth against first fifth are \
     current's."
}

/// The title of the lines that are folded away, of two sides.
pub(crate) const fn folded_sides() -> &'static str {
    "Load, recordings and notes"
}

/// Of many columns.
pub(crate) const fn folded_notes() -> &'static str {
    "Notes"
}

/// A change that is too short to be told.
pub(crate) const fn change_untold() -> &'static str {
    "~ (too short)"
}

/// An exit code that is not the verdict's own.
pub(crate) fn lenient(code: u8) -> String {
    format!("{code}, because of --fail-on")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::SHOWN;

    #[test]
    fn a_cell_is_named_with_what_belongs_there() {
        let said = |column: &str, value: &str| {
            let field = FIELDS.iter().position(|field| field.csv == Some(column)).unwrap();
            odd(&Odd::cell(field, value.as_bytes()))
        };
        assert_eq!(
            said("goroutines", "NaN"),
            "its goroutines is `NaN`, where a whole number such as 312 belongs, or nothing"
        );
        assert!(
            said("start_time", "2026-11-18T11:00:00Z")
                .contains("`2026-11-18T11:00:00Z`, where a whole number of seconds since 1970")
        );
        assert!(said("alloc_bytes", "\x1b[31m").contains("`[31m`, where a whole number of bytes"));
        assert!(said("threads", &"9".repeat(99)).contains(&format!("`{}`", "9".repeat(SHOWN))));
        assert_eq!(odd(&Odd::Cells { found: 1, expected: 2 }), "it has 1 cell, and the header 2");
        assert_eq!(odd(&Odd::Cells { found: 3, expected: 2 }), "it has more than the 2 cells of the header");
    }
}
