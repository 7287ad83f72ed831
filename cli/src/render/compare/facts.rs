//! A comparison in words: what the sides are, how their loads differ, what a reader should know and do.

use std::path::Path;

use vitals::Verdict;
use vitals::trend::{CompareVerdict, MetricComparison, Why};
use vitals::units::{format_duration, format_size};

use super::Compared;
use crate::comparison::{Finding, Growth, METRICS, Side, growths, judged, step_in_words, usual};
use crate::summary::rounded;
use crate::words::{self, counted};

/// A load that differs by more than this many per cent is worth a word.
const LOAD_MOVED: f64 = 20.0;

/// A side's name: its file, or its first file and how many more.
pub(super) fn name(side: &Side) -> String {
    let short = |name: &String| match name.contains("://") {
        true => name.clone(),
        false => {
            Path::new(name).file_name().map_or_else(|| name.clone(), |n| n.to_string_lossy().into_owned())
        }
    };
    let first = side.names.first().map(short).unwrap_or_default();
    match side.names.len() {
        0 | 1 => first,
        n => format!("{first} and {} more", n - 1),
    }
}

/// What a side is: its recordings, time and polls.
pub(super) fn about(side: &Side) -> String {
    let mut parts = vec![side.names.join(", ")];
    parts.extend(side.from.map(|from| format!("from {}", from.long())));
    parts.extend(
        side.length()
            .filter(|length| !length.is_zero())
            .map(|length| format!("for {}", format_duration(rounded(length)))),
    );
    parts.push(counted(side.polls(), "poll", "polls"));
    if side.failed_polls() > 0 {
        let kinds: Vec<_> = side.failed.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        parts.push(format!("{} of which failed ({})", side.failed_polls(), kinds.join(", ")));
    }
    parts.join(", ")
}

/// How the loads of the sides differ, so that a busier hour is not taken for a leak.
pub(super) fn load(baseline: &Side, current: &Side) -> String {
    let count = |n: f64| format!("{n:.1}/s");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate of bytes, for display"
    )]
    let size = |n: f64| format!("{}/s", format_size(n as u64));
    let (requests, allocated) = (
        baseline.requests.per_second().zip(current.requests.per_second()),
        baseline.allocated.per_second().zip(current.allocated.per_second()),
    );
    let rate = match (requests, allocated) {
        (Some((before, now)), _) => Some(moved("requests", before, now, count)),
        // Counted in whole MiB, a short or idle recording shows no allocation at all.
        (None, Some((before, now))) if before > 0.0 || now > 0.0 => Some(format!(
            "{} (stands in for requests, which are not reported)",
            moved("allocation", before, now, size)
        )),
        _ => None,
    };
    let busy =
        baseline.in_flight().all.median().zip(current.in_flight().all.median()).map(|(before, now)| {
            #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
            moved("in flight", before as f64, now as f64, |n| format!("{n}"))
        });
    let known: Vec<String> = [rate, busy].into_iter().flatten().collect();
    if known.is_empty() {
        return "unknown: the sides do not both report requests, requests in flight or allocations, so a busier \
                hour looks like a leak here"
            .to_owned();
    }
    known.join("; ")
}

fn moved(what: &str, before: f64, now: f64, show: impl Fn(f64) -> String) -> String {
    let percent = if before > 0.0 { (now - before) / before * 100.0 } else { 0.0 };
    let change = if before > 0.0 { format!(" ({percent:+.0} %)") } else { String::new() };
    format!("{what} {}, then {}{change}", show(before), show(now))
}

/// Whether the rate of requests, or what stands for it, moved so much that levels cannot be compared as they are.
fn load_moved(compared: &Compared) -> bool {
    let (baseline, current) = (&compared.baseline, &compared.current);
    let moved = |before: Option<f64>, now: Option<f64>| {
        before
            .zip(now)
            .is_some_and(|(before, now)| (now - before).abs() > before.max(now) * LOAD_MOVED / 100.0)
    };
    if baseline.requests.per_second().zip(current.requests.per_second()).is_some() {
        return moved(baseline.requests.per_second(), current.requests.per_second());
    }
    moved(baseline.allocated.per_second(), current.allocated.per_second())
}

/// What a reader should know before believing the numbers.
pub(super) fn notes(compared: &Compared) -> Vec<String> {
    let mut notes = Vec::new();
    for (role, side) in [("baseline", &compared.baseline), ("current", &compared.current)] {
        if let Some(flaw) = side.clock_flaw() {
            notes.push(format!("{role} {}: {}", flaw.what, flaw.cure));
        } else if side.restarts > 0 {
            let at: Vec<_> = side.restarted_at.iter().map(|at| at.short(side.from.as_ref())).collect();
            let more = if side.restarts > side.restarted_at.len() as u64 { ", …" } else { "" };
            notes.push(format!(
                "{role}'s target restarted {}, at {}{more}: its start and its end are of different processes",
                counted(side.restarts, "time", "times"),
                at.join(", ")
            ));
        }
        notes.extend(side.left_out().map(|left_out| format!("{role}: {left_out}")));
        if let Some((a, b)) = &side.overlap {
            notes.push(format!("{role}: {a} and {b} cover the same time; are they of one target?"));
        }
    }
    let explained = |side: &Side| METRICS[judged(&[side])].name == "unexplained";
    let counted = |side: &Side| side.columns[judged(&[side])].all.n() > 0;
    let (baseline, current) = (&compared.baseline, &compared.current);
    if counted(baseline) && counted(current) && explained(baseline) != explained(current) {
        notes.push(
            "only one side says which goroutines its load explains, so whole counts are compared".to_owned(),
        );
    }
    notes.extend(compared.carried().map(|finding| finding.text.clone()));
    for found in &compared.statistics.metrics {
        let said = found.verdict == CompareVerdict::Regression || found.reasons.contains(&Why::SteppedUp);
        let Some(step) = found.step.as_ref().filter(|_| !said) else { continue };
        let since = match step.since.as_ref().map(|since| since.verdict) {
            Some(CompareVerdict::Ok) => "; since then, it is not above the baseline by what matters",
            _ => "",
        };
        notes.push(format!("{}{since}", step_in_words(found, step, "current", &compared.current)));
    }
    let [level, within] = growths(&compared.baseline, &compared.current);
    if compared.rules.max_growth.is_none() {
        let worth = |growth: Option<Growth>| growth.filter(|growth| growth.is_worth_a_note());
        if worth(level).or(worth(within)).is_some() {
            notes.push(
                "goroutines grew by more than 20 %, which is judged only with --max-growth 20%".to_owned(),
            );
        }
    }
    notes
}

/// The verdict without complaints.
pub(super) fn all_is_well(compared: &Compared) -> &'static str {
    let carried = compared.carried().next().is_some();
    match (carried, compared.passed().is_empty()) {
        (true, true) => "ok: what is above a threshold is in proportion to the load; no gate was asked for",
        (true, false) => "ok: what is above a threshold is in proportion to the load, and every gate holds",
        (false, true) => "ok: current is below every threshold; no gate was asked for",
        (false, false) => "ok: current is below every threshold, and every gate holds",
    }
}

/// What mends sides of which nothing can be told however long they are.
fn cures(compared: &Compared) -> Vec<&'static str> {
    let mut cures: Vec<_> = [&compared.baseline, &compared.current]
        .into_iter()
        .filter_map(|side| side.flaw())
        .map(|f| f.cure)
        .collect();
    cures.dedup();
    cures
}

/// Whether statistics found that the loads are of different height.
fn loads_differ(compared: &Compared) -> bool {
    let differ = |found: &MetricComparison| found.reasons.contains(&Why::LoadsDiffer);
    let metrics = &compared.statistics.metrics;
    metrics.iter().any(|found| found.verdict == CompareVerdict::Unknown && differ(found))
}

/// What to do where all that is above a threshold was so in the baseline already; `None` where something is new.
fn is_usual(compared: &Compared) -> Option<&'static str> {
    let (baseline, current) = (&compared.baseline, &compared.current);
    let above = || compared.findings.iter().filter(|f| f.verdict != Verdict::Ok && f.threshold.is_some());
    let above = || above().filter(|f| f.is_of_threshold());
    let usual = |finding: &Finding| usual(finding, baseline, current).is_some();
    (above().next().is_some() && above().all(usual)).then(|| match above().any(|f| f.check != "memory") {
        true => {
            "the baseline was as high: set --warning and --danger to what is usual, or find out why it was"
        }
        false => "the baseline was as high: find out what holds its memory before you compare with it",
    })
}

/// What to do next.
pub(super) fn advice(compared: &Compared) -> Vec<&'static str> {
    let broken = |check: &str| {
        compared.findings.iter().any(|f| f.verdict == Verdict::Danger && f.check.starts_with(check))
    };
    let mut advice = Vec::new();
    if compared.findings.iter().any(|f| f.silent) {
        advice.push(
            "check that the service is up and that the address is right: watertight quick-check says why",
        );
    }
    let leaks = compared.statistics.verdict == CompareVerdict::Leak;
    if broken("max-growth") && load_moved(compared) && !leaks {
        advice.push("the load differs: compare recordings of the same load before you call it a leak");
    } else if broken("max-growth") && !leaks {
        advice.push("record on: if the count does not come down when the load does, it leaks");
    }
    if leaks {
        advice.push(words::leaks());
    } else if broken("level") || broken("memory") {
        advice.push(match is_usual(compared) {
            Some(usual) => usual,
            None => "plan a restart, and keep this recording: it shows how fast it came",
        });
    } else if broken("peak")
        && let Some(usual) = is_usual(compared)
    {
        advice.push(usual);
    } else if broken("peak") || broken("max-peak") {
        advice.push("see whether the count came down after its peak: a burst does, a leak does not");
    }
    if broken("overdue") {
        advice.push(
            "save the log and /api/monitor/exchanges: they name the requests that outlive their deadline",
        );
    }
    let stepped = |found: &MetricComparison| found.reasons.contains(&Why::SteppedUp);
    if compared.statistics.metrics.iter().any(stepped) {
        advice.push("see what changed when the level rose: a deployment, a setting, or the load");
    }
    if advice.is_empty() && compared.verdict() == Verdict::Unknown {
        advice.extend(cures(compared));
    }
    if advice.is_empty() {
        advice.push(match compared.verdict() {
            Verdict::Ok if compared.carried().next().is_some() => {
                "if this load is here to stay, set --warning and --danger to what is usual under it"
            }
            Verdict::Unknown if load_moved(compared) || loads_differ(compared) => {
                words::same_load([&compared.baseline, &compared.current].into_iter().all(Side::tells_load))
            }
            Verdict::Ok => "nothing to do",
            Verdict::Unknown => "record both sides for longer, under the load that you want to know about",
            _ if let Some(usual) = is_usual(compared) => usual,
            _ => "busy or leaking: record on, and compare again; a count that falls with the load is fine",
        });
    }
    advice
}
