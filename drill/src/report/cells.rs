//! What a row of the table says: one finding in nine short texts.

use std::time::Duration;

use vitals::units::format_size;

use crate::run::{Found, Grade, Percentiles};
use crate::words::said;

/// A number that a target does not tell.
const UNKNOWN: &str = "–";

/// The texts of one finding; all but the first and the last are empty for a row that was skipped.
pub(super) struct Cells {
    pub(super) fault: String,
    pub(super) requests: String,
    pub(super) saw: String,
    pub(super) open: String,
    pub(super) tasks: String,
    pub(super) fds: String,
    pub(super) memory: String,
    pub(super) quiet: String,
    /// The median latency and the one of 99 in 100.
    pub(super) latency: String,
    pub(super) verdict: &'static str,
}

/// The names of the columns, in the same order, in English.
pub(super) const HEADER: [&str; 10] =
    ["fault", "requests", "client saw", "open", "tasks", "fds", "memory", "quiet", "p50/p99", "verdict"];

impl Cells {
    pub(super) fn of(finding: &Found) -> Self {
        let (before, after) = (&finding.before, &finding.after);
        let (fault, verdict) = (format!("{:>2} {}", finding.id, finding.name), finding.grade.word());
        if finding.grade == Grade::Skipped {
            let [requests, saw, open, tasks, fds, memory, quiet, latency] = [const { String::new() }; 8];
            return Self { fault, requests, saw, open, tasks, fds, memory, quiet, latency, verdict };
        }
        Self {
            fault,
            requests: finding.tally.requests.to_string(),
            saw: said(&finding.tally.saw()),
            open: after.upstream_requests.to_string(),
            tasks: pair(before.tasks, after.tasks),
            fds: pair(before.descriptors, after.descriptors),
            memory: memory(before.resident.zip(after.resident)),
            quiet: finding.quiet_s.map_or_else(|| said("never"), |s| format!("{s:.1}s")),
            latency: Percentiles::of(&finding.tally.latencies)
                .map_or_else(String::new, |p| format!("{}/{}", short(p.p50), short(p.p99))),
            verdict,
        }
    }

    /// All of them, in the order of the header; the verdict as a person reads it.
    pub(super) fn list(self) -> [String; 10] {
        let Self { fault, requests, saw, open, tasks, fds, memory, quiet, latency, verdict } = self;
        [fault, requests, saw, open, tasks, fds, memory, quiet, latency, said(verdict)]
    }
}

fn pair(before: Option<u64>, after: Option<u64>) -> String {
    before.zip(after).map_or_else(|| UNKNOWN.to_owned(), |(before, after)| format!("{before}→{after}"))
}

/// In one unit, which is said once.
fn memory(pair: Option<(u64, u64)>) -> String {
    let Some((before, after)) = pair else { return UNKNOWN.to_owned() };
    let mib = |bytes: u64| (bytes + (1 << 19)) >> 20;
    if before.max(after) < 10_000 << 20 {
        return format!("{}→{}M", mib(before), mib(after));
    }
    [before, after].map(|bytes| format_size(bytes).replace(" GiB", "G")).join("→")
}

/// Three digits at most: `8ms`, `1.2s`, `45s`.
fn short(latency: Duration) -> String {
    match latency.as_millis() {
        ms @ ..1000 => format!("{ms}ms"),
        1000..10_000 => format!("{:.1}s", latency.as_secs_f64()),
        _ => format!("{:.0}s", latency.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let ms = |n| short(Duration::from_millis(n));
        assert_eq!([ms(0), ms(999), ms(1250), ms(45_400)], ["0ms", "999ms", "1.2s", "45s"]);
        assert_eq!(memory(Some((21 << 20, (22 << 20) + (700 << 10)))), "21→23M");
        assert_eq!(memory(Some((12_000 << 20, 12_000 << 20))), "11.7G→11.7G");
        assert_eq!((memory(None).as_str(), pair(Some(1), None).as_str()), ("–", "–"));
    }
}
