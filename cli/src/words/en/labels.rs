//! Words beside numbers: measurements, bands, verdicts, and how two of them are joined.

use vitals::{Measure, MemoryBand, TaskBand, Verdict};

/// A measurement in tables and charts.
pub(crate) fn label(measure: Measure) -> &'static str {
    measure.label()
}

/// Where there is little room.
pub(crate) fn short_label(measure: Measure) -> &'static str {
    match measure {
        Measure::Unexplained => "beyond",
        Measure::InFlight => "inflight",
        Measure::OpenFds => "fds",
        _ => measure.label(),
    }
}

pub(crate) const fn band(band: TaskBand) -> &'static str {
    band.as_str()
}

pub(crate) const fn memory_band(band: MemoryBand) -> &'static str {
    band.as_str()
}

/// A verdict within a sentence.
pub(crate) const fn state(verdict: Verdict) -> &'static str {
    verdict.as_str()
}

/// `warning: 2310 goroutines, above 2000`
pub(crate) fn headed(word: &str, said: &str) -> String {
    format!("{word}: {said}")
}

pub(crate) fn listed(parts: &[String]) -> String {
    parts.join(", ")
}

/// `warning above 2000`
pub(crate) fn above(word: &str, limit: f64) -> String {
    format!("{word} above {limit}")
}

/// Two sides in a heading.
pub(crate) fn against(now: &str, before: &str) -> String {
    format!("{now} against {before}")
}

/// The heading of a quick check in Markdown.
pub(crate) fn check_of(target: &str) -> String {
    format!("quick-check of {target}")
}

pub(crate) fn from_to(from: &str, to: &str) -> String {
    format!("{from} to {to}")
}

/// The first and the last value, and the change.
pub(crate) fn end_to_end(name: &str, from: &str, to: &str, change: &str) -> String {
    format!("{name} {from} to {to}: {change}")
}

/// Something, and when.
pub(crate) fn ends_at(said: &str, at: &str) -> String {
    format!("{said} ({at})")
}

pub(crate) fn recordings(count: usize) -> String {
    super::counted(count as u64, "recording", "recordings")
}

/// So many samples in a band.
pub(crate) fn times_in(band: &str, times: u64) -> String {
    format!("{times} {band}")
}

pub(crate) fn saved(name: &str) -> String {
    format!("saved {name}")
}

pub(crate) fn unsaved(name: &str, error: &std::io::Error) -> String {
    format!("cannot save {name}: {error}")
}

/// GitHub's summary of a step.
pub(crate) fn unwritten_summary(path: &std::path::Path, error: &std::io::Error) -> String {
    format!("cannot write {} (GITHUB_STEP_SUMMARY): {error}", path.display())
}

/// A step of a diagnosis by its name in JSON.
pub(crate) const fn step_name(step: &'static str) -> &'static str {
    step
}

/// A metric of a side.
pub(crate) fn within(metric: &str, side: &str) -> String {
    format!("{metric} in {side}")
}

/// In front of why.
pub(crate) const fn failing_poll() -> &'static str {
    "failed"
}

/// Where rows went, and how long that took.
pub(crate) fn in_time(where_to: &str, took: &str) -> String {
    format!("{where_to} in {took}")
}
