//! What commands say to people about a target. One place, so that another language can come.

mod slope;
mod trend;

pub(crate) use slope::Slopes;
pub(crate) use trend::{NOT_REPORTED, progress, slow, trend, trend_in_short, trend_name, trend_word};

use trend::time;
use vitals::trend::{Metric, Trend, Why};
use vitals::{Judgement, Sample, TaskBand, Thresholds, Verdict};

use crate::diagnosis::Place;
use crate::source::PollError;

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

/// A count on the finer scale of the routine after a deployment, which judges nothing. Nothing where that scale has no
/// finer word than the band, or has the band's words for other numbers: two scales on one line contradict each other.
pub(crate) const fn fine(count: u64) -> Option<&'static str> {
    match count {
        0..1000 => Some("excellent (under 1000)"),
        1000..=2000 => Some("good (up to 2000)"),
        2001..3000 => Some("attention (under 3000)"),
        5001..=10_000 => Some("alarm"),
        _ => None,
    }
}

/// A good end of a watch that saw a warning.
pub(crate) const PASSED: &str = "ok: at the end, everything is below its threshold";

/// A peak that reached its limit.
pub(crate) fn peak(peak: u64, limit: u64) -> String {
    format!("the peak of {peak} goroutines is not below {limit}")
}

/// A watch whose last poll failed.
pub(crate) fn unreachable_at_the_end(error: &PollError) -> String {
    format!("the last poll failed: {error}")
}

/// A watch with more failed polls than good ones.
pub(crate) fn too_many_failed(good: u64, polls: u64) -> String {
    format!("only {good} of {polls} polls succeeded: look at the service's log and at what lies in between")
}

/// Restarts during a watch.
pub(crate) fn restarts(n: u64) -> String {
    let times = if n == 1 { "once".to_owned() } else { format!("{n} times") };
    format!("it restarted {times}: if nobody did that, look at its log and at the system's (out of memory?)")
}

/// What to do about something that grows: who is to blame, and when there must be a restart.
pub(crate) fn grows(trend: Option<&Trend>, named: bool) -> String {
    let who = match trend.map(|trend| trend.metric) {
        _ if named => "mend what the stacks above name",
        Some(Metric::Heap) => {
            "see what holds the memory: for a Go program, compare two heap profiles (go tool pprof -diff_base)"
        }
        _ => "find the stack that grows: watertight diagnose (for a Go program with --pprof-url)",
    };
    format!("{who}; keep a recording, and {}", trend::restart(trend))
}

/// What to do about growth that two recordings show.
pub(crate) const LEAKS: &str = "find the stack that grows: watertight diagnose (for a Go program with --pprof-url); \
     keep both recordings, and plan a restart before it is danger: watertight watch says how long that is";

/// What to do about growth of which it cannot be said that the load did not cause it.
pub(crate) const GROWS_PERHAPS: &str = "watch again while the load is steady, and say so (--steady-load); watertight \
     diagnose names the stack that grows";

/// Whether the last judged count of a watch is so far above its first that somebody should look again.
pub(crate) const fn is_higher((first, last): (u64, u64)) -> bool {
    last >= first + 50 && last > first + first / 5
}

/// What to do when the last sample is well above the first, and nobody knows yet whether that is a trend.
pub(crate) fn higher(trend: Option<&Trend>, needs_s: Option<f64>) -> String {
    let moved = trend.is_some_and(|trend| trend.reasons.contains(&Why::LoadUndetermined));
    let cure = match needs_s.filter(|_| !moved) {
        Some(needs) => {
            format!("it takes {} more to tell whether that is a trend: watch for longer", time(needs))
        }
        None if moved => "the load moved, too: watch while it is steady".to_owned(),
        None => "whether that is a trend cannot be told yet: watch for longer".to_owned(),
    };
    format!(
        "the last sample is well above the first; {cure}, or record it under the same load and compare with a baseline"
    )
}

/// What to do after a watch in which nothing grows.
pub(crate) const fn watch_advice(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "nothing to do",
        Verdict::Warning => {
            "watch or record longer, under the same load; a count that falls with the load is fine"
        }
        Verdict::Danger => {
            "save the log and a recording (--record FILE), then plan a restart if the count stays"
        }
        Verdict::Unknown => {
            "check that the service is up, that --api-url is right, and the network in between"
        }
    }
}

/// What to do when every threshold holds and an expectation does not.
pub(crate) const UNEXPECTED: &str =
    "record it, and compare with a recording from when it was as expected; or mend the expectation";

/// What to do when the target does not report what is expected of it.
pub(crate) const UNREPORTED: &str = "expect something of a metric that the target reports: watertight quick-check --format json shows which it does";

/// What to do where the loads of two sides differ and nobody can tell what that comes to; `known` where both report
/// requests in flight.
pub(crate) const fn same_load(known: bool) -> &'static str {
    match known {
        true => {
            "compare recordings of the same load, or of a load that changes: that shows what a request costs"
        }
        false => "compare recordings of the same load, or of a target that reports requests in flight",
    }
}

/// A number with its noun.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A stack that grows, in one line.
pub(crate) fn stack(place: &Place) -> String {
    let at = if place.file.is_empty() { String::new() } else { format!(" ({}:{})", place.file, place.line) };
    let maker = place.requested_by.first().map(|maker| {
        format!("; most likely requested by {} ({}:{})", maker.function, maker.file, maker.line)
    });
    format!(
        "{}{at}: {} to {}, {:+.1} a minute{}",
        place.function,
        place.before,
        place.now,
        place.per_minute,
        maker.unwrap_or_default()
    )
}

/// The same where there is little room: without the folders, and of what nobody closed, who asked for it.
pub(crate) fn stack_in_short(place: &Place) -> String {
    let (function, file, line, never_closed) = match place.requested_by.first() {
        Some(maker) => (&maker.function, &maker.file, maker.line, ", never closed"),
        None => (&place.function, &place.file, place.line, ""),
    };
    let name = file.rsplit('/').next().unwrap_or_default();
    let at = if name.is_empty() { String::new() } else { format!(" {name}:{line}") };
    format!("{}: {function}{at}{never_closed}", a_minute(place.per_minute))
}

/// `+1205 a minute`, and `+0.2 a minute`: less than one is not none.
pub(crate) fn a_minute(more: f64) -> String {
    if more.abs() < 9.95 { format!("{more:+.1} a minute") } else { format!("{more:+.0} a minute") }
}

/// A metric's column as a label.
pub(crate) fn metric_label(column: &'static str) -> &'static str {
    match column {
        "alloc_bytes" => "memory",
        "rss_bytes" => "resident",
        "open_fds" => "descriptors",
        "in_flight" => "in flight",
        "latency_ms" => "latency",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_in_short() {
        assert_eq!(
            [1204.8, 12.0, 9.94, 0.2].map(a_minute),
            ["+1205 a minute", "+12 a minute", "+9.9 a minute", "+0.2 a minute"]
        );
        let place = Place {
            function: "net/http.(*persistConn).readLoop".to_owned(),
            file: "/go/src/net/http/transport.go".to_owned(),
            line: 2616,
            per_minute: 1204.8,
            ..Place::default()
        };
        assert_eq!(
            stack_in_short(&place),
            "+1205 a minute: net/http.(*persistConn).readLoop transport.go:2616"
        );
        let maker = crate::diagnosis::Maker {
            function: "main.(*relay).ask".to_owned(),
            file: "/app/main.go".to_owned(),
            line: 83,
            callers: Vec::new(),
            bytes: 1,
            share: 1.0,
        };
        let asked = Place { requested_by: vec![maker], ..place };
        assert_eq!(stack_in_short(&asked), "+1205 a minute: main.(*relay).ask main.go:83, never closed");
    }

    #[test]
    fn the_finer_scale_never_contradicts_the_bands() {
        let usual = Thresholds::default();
        for (count, band, fine_word) in [
            (0, "normal", "excellent"),
            (999, "normal", "excellent"),
            (1000, "normal", "good"),
            (2000, "normal", "good"),
            (2001, "warning", "attention"),
            (2999, "warning", "attention"),
            (3000, "warning", ""),
            (5000, "warning", ""),
            (5001, "danger", "alarm"),
            (10_000, "danger", "alarm"),
            (10_001, "severe", ""),
        ] {
            let word = fine(count).map_or("", |text| text.split(' ').next().unwrap());
            assert_eq!((usual.tasks(count).as_str(), word), (band, fine_word), "{count}");
        }
    }

    #[test]
    fn a_higher_end_is_worth_a_recording_and_no_claim() {
        for ends in [(300, 349), (300, 200), (1000, 1200), (0, 49), (5, 5)] {
            assert!(!is_higher(ends), "{ends:?}");
        }
        for ends in [(0, 50), (300, 361), (1000, 1201)] {
            assert!(is_higher(ends), "{ends:?}");
        }
        let text = higher(None, Some(510.0));
        assert!(text.contains("it takes 9m more to tell whether that is a trend"), "{text}");
        assert!(higher(None, None).contains("cannot be told yet"));
    }
}
