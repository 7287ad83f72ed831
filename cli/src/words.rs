//! What commands say to people about a target. One place, so that another language can come.

use vitals::{Judgement, Sample, TaskBand, Thresholds, Verdict};

/// The first word of an answer.
pub(crate) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "OK",
        Verdict::Warning => "WARNING",
        Verdict::Danger => "DANGER",
        Verdict::Unknown => "UNKNOWN",
    }
}

/// A verdict that has no reasons.
pub(crate) const fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok: everything is below its threshold",
        Verdict::Warning => "warning",
        Verdict::Danger => "danger",
        Verdict::Unknown => "unknown: there is no count to judge by",
    }
}

/// What to do next, most urgent first.
pub(crate) fn advice(sample: &Sample, judgement: &Judgement, thresholds: &Thresholds) -> Vec<&'static str> {
    let about = |metric: &str| judgement.reasons.iter().any(|reason| reason.metric == metric);
    let band = sample.unexplained().map_or(TaskBand::Normal, |count| thresholds.tasks(count));
    let mut advice = Vec::new();
    if about("overdue") {
        advice.push(
            "save the log and /api/monitor/exchanges: they name the requests that outlive their deadline",
        );
    }
    match band {
        TaskBand::Severe => advice.push("restart it now: it is about to run out of memory or descriptors"),
        TaskBand::Danger => {
            advice
                .push("record 30 minutes to see whether it leaks; plan a restart if the count does not fall");
        }
        TaskBand::Warning if sample.explained.is_some() => {
            advice.push("load does not explain these: record 30 minutes and see whether they stay");
        }
        TaskBand::Warning => {
            advice.push("busy or leaking: record 30 minutes; a count that falls with the load is fine");
        }
        TaskBand::Normal => {}
    }
    if about("alloc_bytes") {
        advice.push("record the memory: if it grows under steady load, it leaks");
    }
    if about("open_fds") {
        advice.push("raise the limit of descriptors (ulimit -n), and see whether they fall with the load");
    }
    if advice.is_empty() {
        advice.push(match judgement.verdict {
            Verdict::Unknown => "point --api-url at a health endpoint that reports goroutines",
            _ => "nothing to do",
        });
    }
    advice
}

/// A number with its noun.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
