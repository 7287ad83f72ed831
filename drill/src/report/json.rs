//! For programs. Keys are only ever added.

use serde_json::{Map, Value, json};
use vitals::EndReason;

use super::whole::Report;
use crate::run::{Death, Found, Percentiles, Stays};

/// Schema 1.
pub(super) fn json(report: &Report<'_>) -> String {
    let value = json!({
        "schema": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "options": report.asked,
        "complete": report.is_complete(),
        "target": report.subject,
        "verdict": report.verdict(),
        "requests": report.size.requests,
        "concurrency": report.size.at_once,
        "rate": report.size.rate,
        "patience_s": report.size.patience.as_secs_f64(),
        "full": report.size.full,
        "least_free": report.least_free,
        "faults": report.findings.iter().map(fault).collect::<Vec<_>>(),
    });
    format!("{value}\n")
}

fn fault(finding: &Found) -> Value {
    if let Some(kept) = &finding.kept {
        return kept.clone();
    }
    let (before, after) = (&finding.before, &finding.after);
    let pair = |before: Option<u64>, after: Option<u64>| before.zip(after).map(|(b, a)| json!([b, a]));
    let left: Vec<Value> = finding
        .left
        .iter()
        .map(|left| json!({"name": left.name, "before": left.before, "after": left.after}))
        .collect();
    let ended = finding.ended.map(|ended| {
        let counts = EndReason::ALL.iter().zip(ended).filter(|(_, count)| *count > 0);
        counts.map(|(reason, count)| (reason.to_string(), count.into())).collect::<Map<String, Value>>()
    });
    json!({
        "id": finding.id,
        "name": finding.name,
        "requests": finding.tally.requests,
        "client": finding.tally.client,
        "ended": ended,
        "upstream_open_after": after.upstream_requests,
        "tasks": pair(before.tasks, after.tasks),
        "fds": pair(before.descriptors, after.descriptors),
        "rss": pair(before.resident, after.resident),
        "left": left,
        "stays": stays(&finding.stays),
        "expected": counts(&finding.expected.0),
        "rates": counts(&finding.rates.each),
        "death": finding.death.as_ref().map(death),
        "quiet_s": finding.quiet_s,
        "took_s": finding.took_s,
        "latency_ms": Percentiles::of(&finding.tally.latencies).map(latency),
        "notes": finding.tally.notes,
        "verdict": finding.grade.word(),
        "text": finding.explanation(),
    })
}

/// By name; `null` where there are none.
fn counts<N: Copy + Into<Value>>(counts: &[(&'static str, N)]) -> Option<Map<String, Value>> {
    let map = counts.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())).collect();
    (!counts.is_empty()).then_some(map)
}

fn death(death: &Death) -> Value {
    json!({"how": death.how.to_string(), "memory": death.memory, "output": death.output})
}

/// What is left, by kind; `null` where nothing is.
fn stays(stays: &Stays) -> Option<Value> {
    let kinds = |changes: &[process::Change]| {
        let kind = |change: &process::Change| json!({"kind": change.kind.to_string(), "before": change.before, "after": change.now});
        changes.iter().map(kind).collect::<Vec<_>>()
    };
    let stacks = stays.stacks.iter().map(|stack| {
        json!({"place": stack.place, "before": stack.before, "after": stack.now, "meaning": stack.why, "cure": stack.cure})
    });
    (*stays != Stays::default()).then(|| {
        json!({
            "descriptors": kinds(&stays.descriptors),
            "threads": kinds(&stays.threads),
            "stacks": stacks.collect::<Vec<_>>(),
        })
    })
}

/// From the moment at which a request was due, in milliseconds.
fn latency(percentiles: Percentiles) -> Value {
    let Percentiles { p50, p95, p99, max } = percentiles;
    let [p50, p95, p99, max] =
        [p50, p95, p99, max].map(|latency| (latency.as_secs_f64() * 1e4).round() / 10.0);
    json!({"p50": p50, "p95": p95, "p99": p99, "max": max})
}
