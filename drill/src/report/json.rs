//! For programs. Keys are only ever added.

use serde_json::{Value, json};

use super::Report;
use crate::run::{Finding, Verdict};

/// Schema 1.
pub(super) fn json(report: &Report<'_>) -> String {
    let failed = report.count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let value = json!({
        "schema": 1,
        "target": report.subject,
        "verdict": if failed == 0 { "pass" } else { "fail" },
        "requests": report.size.requests,
        "concurrency": report.size.at_once,
        "patience_s": report.size.patience.as_secs_f64(),
        "full": report.size.full,
        "faults": report.findings.iter().map(fault).collect::<Vec<_>>(),
    });
    format!("{value}\n")
}

fn fault(finding: &Finding) -> Value {
    let (before, after) = (&finding.before, &finding.after);
    let pair = |before: Option<u64>, after: Option<u64>| before.zip(after).map(|(b, a)| json!([b, a]));
    let left: Vec<Value> = finding
        .left
        .iter()
        .map(|left| json!({"name": left.name, "before": left.before, "after": left.after}))
        .collect();
    json!({
        "id": finding.id,
        "name": finding.name,
        "requests": finding.tally.requests,
        "client": finding.tally.client,
        "upstream_open_after": after.upstream_requests,
        "tasks": pair(before.tasks, after.tasks),
        "fds": pair(before.descriptors, after.descriptors),
        "rss": pair(before.resident, after.resident),
        "left": left,
        "quiet_s": finding.quiet_s,
        "took_s": finding.took_s,
        "verdict": finding.verdict.word(),
        "text": finding.explanation(),
    })
}
