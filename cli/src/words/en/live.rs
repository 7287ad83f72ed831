//! The live view. Where one thing has several forms, the longest comes first.

use std::time::Duration;

use vitals::units::format_duration;

use super::counted;

/// Before anything was seen.
pub(crate) const fn waiting() -> &'static str {
    "waiting for the first sample"
}

/// Polls that fail, and why; nothing where there is neither.
pub(crate) fn failing(times: u64, what: Option<&str>) -> Option<String> {
    let row = if times > 1 { format!(" {times} times in a row") } else { String::new() };
    match what {
        Some(what) => Some(format!("failed{row}: {what}")),
        None => (times > 1).then(|| format!("failed{row}")),
    }
}

/// After a count, how much of it nothing explains.
pub(crate) fn beyond_forms(beyond: u64) -> [String; 3] {
    [format!(", {beyond} beyond the explained ones"), format!(", {beyond} beyond"), String::new()]
}

/// Lowest, median, 95th percentile and highest value, and when that was.
pub(crate) fn spread_forms([min, median, p95, max]: &[String; 4], at: &str) -> [String; 3] {
    [
        format!("minimum {min}  median {median}  p95 {p95}  maximum {max} at {at}"),
        format!("min {min}  median {median}  p95 {p95}  max {max}"),
        format!("{min} to {max}"),
    ]
}

pub(crate) fn paused_forms() -> [String; 2] {
    ["paused; polling goes on".to_owned(), "paused".to_owned()]
}

/// In place of a chart.
pub(crate) const fn no_chart() -> &'static str {
    "the target does not report this"
}

/// The label of a chart where the target explains tasks.
pub(crate) const fn beyond_explained() -> &'static str {
    "goroutines beyond the explained ones"
}

/// The page about the keys.
pub(crate) fn keys(target: &str, interval: Duration) -> Vec<String> {
    let watching = format!("watching {target} every {}", format_duration(interval));
    let keys = [
        "",
        "q, Ctrl-C   end the watch: its summary and verdict follow",
        "p, space    hold the picture; polling goes on",
        "s           save the screen as text in this folder",
        "l           logarithmic scale",
        "1-5         chart goroutines, memory, descriptors, requests in flight, latency",
        "Ctrl-Z      suspend; polling goes on after `fg`",
        "?           this page",
        "",
        "any key goes back",
    ];
    std::iter::once(watching).chain(keys.map(str::to_owned)).collect()
}

/// The keys below the chart, the most wanted first; while it is held, and while it is not.
pub(crate) const fn key_hints(paused: bool) -> [&'static str; 6] {
    match paused {
        false => ["q quit", "? help", "p pause", "1-5 chart", "l log", "s save"],
        true => ["p resume", "q quit", "? help", "1-5 chart", "l log", "s save"],
    }
}

/// How many polls there were, and what became of them.
pub(crate) fn polls_so_far(all: u64, failed: u64, kinds: &str, restarts: u64) -> String {
    let failed = if failed > 0 { format!(", {failed} failed ({kinds})") } else { String::new() };
    let restarts = match restarts {
        0 => String::new(),
        n => format!(", {}", counted(n, "restart", "restarts")),
    };
    format!("{}{failed}{restarts}", counted(all, "poll", "polls"))
}

/// Of a duration.
pub(crate) fn of_length(length: &str) -> String {
    format!(" of {length}")
}

/// Until the next poll; none while one is under way.
pub(crate) fn next_poll(next: Option<&str>) -> String {
    match next {
        Some(next) => format!("next in {next}"),
        None => "polling".to_owned(),
    }
}
