//! What a process holds: the nouns, what is told of resources that nobody complains of, and the next steps.

use vitals::Measure;
use vitals::trend::Metric;

use crate::finding::Moved;

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
            "see which descriptors stay open: ls -l /proc/PID/fd twice, a minute apart, and ss -tnp for sockets"
        }
        Metric::Threads => {
            "see which threads stay: two stack dumps, a minute apart (py-spy dump --pid PID for Python, jstack for Java)"
        }
        Metric::Connections => "see where the connections go: ss -tnp twice, a minute apart",
    }
}
