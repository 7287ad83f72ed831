//! What a process holds: the nouns, what is told of resources that nobody complains of, and the next steps.

use std::time::Duration;

use vitals::Measure;
use vitals::trend::Metric;
use vitals::units::format_duration;

use super::counted;
use super::stack::a_minute;
use crate::finding::{Kept, Moved, Thing};

/// A metric in a sentence.
pub(super) const fn noun(metric: Metric) -> &'static str {
    match metric {
        Metric::Tasks => "goroutines",
        Metric::Heap => "live memory",
        Metric::Resident => "resident memory",
        Metric::Descriptors => "open descriptors",
        Metric::Threads => "threads",
        Metric::Connections => "upstream connections",
    }
}

/// Goroutines grow, memory grows.
pub(super) const fn third(metric: Metric) -> &'static str {
    if metric.is_bytes() { "s" } else { "" }
}

/// Goroutines are, memory is.
pub(super) const fn be(metric: Metric) -> &'static str {
    if metric.is_bytes() { "is" } else { "are" }
}

/// The thing that growth runs into.
pub(super) const fn end(metric: Metric) -> &'static str {
    if metric.is_resource() { "the limit" } else { "danger" }
}

/// `also higher: descriptors 17 to 46, threads 8 to 14`
pub(super) fn moved(moved: &[Moved]) -> String {
    let one = |Moved { measure, from, to }: &Moved| {
        let [from, to] = [from, to].map(|value| measure.unit().show(*value));
        format!("{} {from} to {to}", measure.label())
    };
    format!("also higher: {}", moved.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// So many kinds are told.
const KINDS: usize = 5;

/// `452, 12 before: 440 more. 452 x logs/oneapi-….log (12 before)`
pub(crate) fn holding(kept: &Kept) -> String {
    let Kept { before, now, kinds, grew, .. } = kept;
    let more = if *grew { format!("{} more", now - before) } else { "not more".to_owned() };
    format!("{now}, {before} before: {more}. {}", process::told(kinds, KINDS))
}

/// `1 kind within 10s: 452 x logs/oneapi-….log, 12 before (+2640 a minute)`; none where nothing grew.
pub(crate) fn kinds_growing(kept: &Kept) -> Option<String> {
    let all = &kept.growing;
    let one = |change: &process::Change| {
        let rate = a_minute(kept.per_minute(change));
        format!("{} x {}, {} before ({rate})", change.now, change.kind, change.before)
    };
    let mut list: Vec<String> = all.iter().take(KINDS).map(one).collect();
    let more = all.len().checked_sub(KINDS).filter(|more| *more > 0);
    list.extend(more.map(|more| counted(more as u64, "other kind", "other kinds")));
    let apart = format_duration(Duration::from_secs_f64(kept.apart.as_secs_f64().round().max(1.0)));
    let of = format!("{} of {}", counted(all.len() as u64, "kind", "kinds"), thing(kept.thing));
    (!all.is_empty()).then(|| format!("{of} within {apart}: {}", list.join("; ")))
}

/// The next step about the kind that grew most.
pub(crate) fn who_keeps(kept: &Kept) -> Option<String> {
    let kind = &kept.growing.first()?.kind;
    Some(match kept.thing {
        Thing::Descriptors => format!(
            "find what opens {kind} and does not close it. A load that rises opens more, too: look again while it is steady"
        ),
        Thing::Threads => format!(
            "find what starts the {kind} and does not end them. A pool may still fill: look again while the load \
             is steady"
        ),
    })
}

/// The label of one.
pub(crate) const fn thing(thing: Thing) -> &'static str {
    match thing {
        Thing::Descriptors => "descriptors",
        Thing::Threads => "threads",
    }
}

/// The medians of a target that reports no count.
pub(crate) fn held_medians(measure: Measure, ends: Option<[u64; 3]>) -> String {
    let Some([before, now, peak]) = ends.map(|ends| ends.map(|value| measure.unit().show(value))) else {
        return "no counts".to_owned();
    };
    format!("median {now} {}, baseline {before}; peak {peak}", name(measure))
}

const fn name(measure: Measure) -> &'static str {
    match measure {
        Measure::RssBytes => "of resident memory",
        Measure::OpenFds => "open descriptors",
        _ => "threads",
    }
}

/// How to find out what holds it.
pub(super) const fn who_holds(metric: Metric) -> &'static str {
    match metric {
        Metric::Tasks => "find the stack that grows: watertight diagnose (for a Go program with --pprof-url)",
        Metric::Heap => {
            "see what holds the memory: for a Go program, compare two heap profiles (go tool pprof -diff_base)"
        }
        Metric::Resident => {
            "see what holds the memory: two snapshots of its heap, some minutes apart (tracemalloc or memray for \
             Python, --heapsnapshot-signal for Node, go tool pprof -diff_base for Go)"
        }
        Metric::Descriptors => {
            "see which descriptors stay open: watertight diagnose --pid PID names the kind that grows (on Linux)"
        }
        Metric::Threads => {
            "see which threads stay: watertight diagnose --pid PID names them (on Linux), and two stack dumps, a minute \
             apart, show where they stand (py-spy dump --pid PID for Python, jstack for Java)"
        }
        Metric::Connections => {
            "see where the connections go: watertight diagnose --pid PID names their peers (on Linux)"
        }
    }
}

/// The same where it was seen by kind.
pub(super) fn who_grew(metric: Metric, kept: &[Kept]) -> String {
    let thing = match metric {
        Metric::Descriptors => Some(Thing::Descriptors),
        Metric::Threads => Some(Thing::Threads),
        _ => None,
    };
    let named = kept
        .iter()
        .find(|kept| Some(kept.thing) == thing)
        .and_then(|kept| Some((kept.thing, kept.growing.first()?)));
    match named {
        Some((Thing::Descriptors, change)) => {
            format!("find what opens {} and does not close it", change.kind)
        }
        Some((Thing::Threads, change)) => {
            format!("find what starts the {} and does not end them", change.kind)
        }
        None => who_holds(metric).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_told_by_kind() {
        let look = |logs: usize| process::Look {
            descriptors: std::iter::repeat_n(process::Kind::Named("logs/oneapi-….log".to_owned()), logs)
                .chain([process::Kind::Pipes])
                .collect(),
            ..process::Look::default()
        };
        let apart = Duration::from_secs(10);
        let between = |before, now| Kept::between(&look(before), &look(now), apart);
        let told = |before, now| between(before, now).iter().map(holding).collect::<Vec<_>>();
        assert_eq!(told(12, 452), ["453, 13 before: 440 more. 452 x logs/oneapi-….log (12 before)"]);
        let level = "13, 13 before: not more. 12 x logs/oneapi-….log (12 before), 1 x pipes (1 before)";
        assert_eq!(told(12, 12), [level]);
        // Nobody may look at its threads.
        assert!(Kept::between(&process::Look::default(), &look(3), apart).is_empty());
        // Growth is told with its kind, its count and its rate; four more are chance.
        let grown = between(12, 452);
        assert_eq!(
            kinds_growing(&grown[0]).unwrap(),
            "1 kind of descriptors within 10s: 452 x logs/oneapi-….log, 12 before (+2640 a minute)"
        );
        assert!(
            who_keeps(&grown[0])
                .unwrap()
                .starts_with("find what opens logs/oneapi-….log and does not close it")
        );
        assert!(kinds_growing(&between(12, 17)[0]).is_some() && kinds_growing(&between(12, 16)[0]).is_none());
        assert_eq!(
            who_grew(Metric::Descriptors, &grown),
            "find what opens logs/oneapi-….log and does not close it"
        );
        assert!(who_grew(Metric::Threads, &grown).contains("watertight diagnose --pid PID"));
    }
}
