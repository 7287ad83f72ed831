//! A quick check.

use std::time::Duration;

use vitals::units::{format_duration, format_size, format_sizes};
use vitals::{Expectation, Sample, TaskBand, Thresholds, Unit, Verdict};

use super::counted;
use super::judge::fine;
use crate::reading::Reading;

/// Where the exit code is not the verdict's own.
pub(crate) fn exit_code(code: u8) -> String {
    format!("{code}, because of --fail-on")
}

/// `3 targets: 1 danger, 2 ok`
pub(crate) fn whole(counts: &[(Verdict, usize)]) -> String {
    let all = counts.iter().map(|(_, n)| n).sum::<usize>();
    let each: Vec<_> = counts.iter().map(|(verdict, n)| format!("{n} {}", verdict.as_str())).collect();
    format!("{}: {}", counted(all as u64, "target", "targets"), each.join(", "))
}

/// The label of an error's cure.
pub(crate) const fn what_to_do() -> &'static str {
    "what to do"
}

/// `answered in 3 ms`; `from` another source than the usual one.
pub(crate) fn answered(from: Option<&str>, latency: Duration) -> String {
    let from = from.map(|from| format!(" from {from}")).unwrap_or_default();
    format!("answered{from} in {} ms", latency.as_millis())
}

/// How long the target is up.
pub(crate) fn up(seconds: u64) -> String {
    format!("up {}", format_duration(Duration::from_secs(seconds)))
}

/// A target whose own word is another one.
pub(crate) fn calls_itself(status: &str) -> String {
    format!("calls itself {status}")
}

/// The polls that numbers rest on, when it is more than one.
pub(crate) fn polls(asked: u32, failed: u32) -> Option<String> {
    let failed = match failed {
        0 => String::new(),
        failed => format!(", {failed} of which failed"),
    };
    (asked > 1).then(|| format!("median of {asked} polls{failed}"))
}

/// Beside the count: a finer word for it, what explains it, and the next limit.
pub(crate) fn tasks_notes(sample: &Sample, judged: u64, thresholds: &Thresholds) -> Vec<String> {
    // Who sets other thresholds has another scale.
    let usual = Thresholds::default();
    let is_usual = (thresholds.warning, thresholds.danger) == (usual.warning, usual.danger);
    let fine = fine(judged).filter(|_| is_usual).map(str::to_owned);
    let beyond = sample.explained.map(|explained| format!("{judged} beyond the {explained} explained"));
    let next = match thresholds.tasks(judged) {
        TaskBand::Normal => Some(("warning", thresholds.warning)),
        TaskBand::Warning => Some(("danger", thresholds.danger)),
        TaskBand::Danger => Some(("severe", thresholds.severe)),
        TaskBand::Severe => None,
    };
    let next = next.map(|(word, limit)| format!("{word} above {limit}"));
    [fine, beyond, next].into_iter().flatten().collect()
}

/// Beside the live heap.
pub(crate) fn memory_notes(sample: &Sample) -> Vec<String> {
    let from_system = sample.sys_bytes.map(|bytes| format!("{} from the system", format_size(bytes)));
    let resident = sample.rss_bytes.map(|bytes| format!("{} resident", format_size(bytes)));
    let collections = sample.num_gc.filter(|n| *n > 0).map(|n| counted(n, "collection", "collections"));
    [from_system, resident, collections].into_iter().flatten().collect()
}

/// Beside the requests in flight.
pub(crate) fn load_notes(sample: &Sample) -> Vec<String> {
    let oldest = sample
        .oldest_s
        .filter(|s| *s > 0)
        .map(|s| format!("oldest {}", format_duration(Duration::from_secs(s))));
    let upstream = sample.upstream_open.map(|open| match sample.upstream_idle {
        Some(idle) => format!("{open} upstream ({idle} idle)"),
        None => format!("{open} upstream"),
    });
    let streams = sample.streams.map(|n| counted(n, "stream", "streams"));
    [streams, oldest, upstream].into_iter().flatten().collect()
}

/// Beside the descriptors.
pub(crate) fn descriptor_notes(sample: &Sample) -> Vec<String> {
    sample.max_fds.map(|limit| format!("of at most {limit}")).into_iter().collect()
}

/// Beside the resident memory.
pub(crate) fn resident_notes(limit: Option<u64>) -> Vec<String> {
    limit.map(|limit| format!("of at most {}", format_size(limit))).into_iter().collect()
}

/// A target without a count that is fine.
pub(crate) const fn uncounted() -> &'static str {
    "ok: it reports no goroutines; what it holds is below its limits, and watertight watch says whether that grows"
}

/// All of it in one line, without the verdict.
pub(crate) fn check_summary(reading: &Reading, asked: u32, failed: u32) -> String {
    let sample = &reading.sample;
    let count = sample.goroutines.map(|all| match sample.explained {
        Some(explained) => format!("{all} goroutines, {explained} of them explained"),
        None => format!("{all} goroutines"),
    });
    let memory = sample.alloc_bytes.map(|bytes| format!("{} of live memory", live(bytes)));
    let latency = Some(answered(None, reading.latency));
    let uncounted = sample.goroutines.is_none();
    let resident = sample.rss_bytes.filter(|_| uncounted).map(|n| format!("{} resident", format_size(n)));
    let held = |n: Option<u64>, one, many| n.filter(|_| uncounted).map(|n| counted(n, one, many));
    let descriptors = held(sample.open_fds, "descriptor", "descriptors");
    let threads = held(sample.threads, "thread", "threads");
    let parts = [count, memory, resident, descriptors, threads, latency, polls(asked, failed)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Live memory, which the JSON counts in whole MiB.
pub(crate) fn live(bytes: u64) -> String {
    if bytes == 0 { "<1 MiB".to_owned() } else { format_size(bytes) }
}

/// The label of tasks beyond the explained ones.
pub(crate) const fn beyond_the_explained() -> &'static str {
    "beyond the explained"
}

/// An expectation, and the measurement.
pub(crate) fn expected(expectation: &Expectation, value: Option<f64>) -> String {
    format!("expected {expectation}, {}", found(expectation, value))
}

/// The measurement beside an expectation: `it is 2310`.
pub(crate) fn found(expectation: &Expectation, value: Option<f64>) -> String {
    let limit = expectation.limit();
    let Some(value) = value else {
        return format!("cannot tell, because the target does not report {}", expectation.metric());
    };
    match expectation.unit() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it came from a u64")]
        Unit::Bytes => {
            let [found, _] = format_sizes(value as u64, limit as u64);
            format!("it is {found}")
        }
        // A value that rounds to its own limit would look like it.
        Unit::Micros if (value - limit).abs() < 0.1 => format!("it is {value} ms"),
        Unit::Micros => format!("it is {value:.1} ms"),
        _ => format!("it is {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found() {
        let sample = Sample { goroutines: Some(312), alloc_bytes: Some(64 << 20), ..Sample::default() };
        let found = |text: &str| {
            let expectation = Expectation::parse(text).unwrap();
            found(&expectation, expectation.value(&sample, 1.25))
        };
        assert_eq!(found("goroutines<1"), "it is 312");
        assert_eq!(found("alloc_bytes<1"), "it is 64.0 MiB");
        assert_eq!(found("latency_ms<1"), "it is 1.2 ms");
        assert_eq!(found("latency_ms<1.2"), "it is 1.25 ms");
        assert_eq!(found("alloc_bytes<67108863"), "it is 64.000000 MiB");
        assert_eq!(found("unexplained<9"), "cannot tell, because the target does not report unexplained");
    }
}
