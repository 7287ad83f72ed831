//! A watch: its findings and the next steps.

use std::time::Duration;

use vitals::Verdict;
use vitals::trend::{LoadBasis, Metric, Trend, Why};
use vitals::units::format_duration;

use super::mend::{look, mend, where_it_is};
use super::sides::subject;
use super::statistics::growth;
use super::trend::{restart, time};
use super::{counted, held, skipped, stack};
use crate::finding::{Kept, Rose, Watch};
use crate::profile::{Evidence, Place, Proof};
use crate::summary::{Step, Summary};

/// The sentence of a finding.
pub(super) fn finding(said: &Watch) -> String {
    match said {
        Watch::Growing(trend) => {
            let sure = match trend.verdict {
                _ if trend.metric.is_resource() => "",
                Verdict::Danger => "leak: ",
                _ => "busy or leaking: ",
            };
            let what = subject(trend.metric, trend.load == LoadBasis::Explained);
            let danger = super::trend::danger(trend, "").map(|danger| format!(", {danger}"));
            format!("{sure}{}{}", growth(trend, what), danger.unwrap_or_default())
        }
        // Only what grows is a finding.
        Watch::Kept(kept) => held::kinds_growing(kept).unwrap_or_default(),
        Watch::Stack(evidence) => proven(evidence),
        Watch::Untold(metric, tale) => {
            let why = tale.as_ref().map_or_else(|| "they are not reported".to_owned(), super::tale);
            let (what, s) = (held::noun(*metric), held::third(*metric));
            format!("--require-trend: nobody can tell yet whether {what} grow{s}: {why}")
        }
        Watch::Peak { peak, limit } => format!("{peak} goroutines at the peak: it must stay below {limit}"),
        Watch::Draining => {
            "it is draining: it finishes what is under way and takes no new requests".to_owned()
        }
        Watch::Unreachable(error) => format!("the last poll failed: {error}"),
        Watch::MostlyFailed { good, polls } => {
            format!(
                "{good} of {polls} polls succeeded: look at the service's log and at the network in between"
            )
        }
    }
}

/// `open descriptors rose from 100 to 900 in 4s without a pause`
pub(crate) fn rose(Rose { measure, from, to, over }: &Rose) -> String {
    let metric = Metric::ALL.into_iter().find(|metric| metric.measure() == *measure);
    let what = metric.map_or(measure.label(), held::noun);
    let [from, to] = [from, to].map(|value| measure.unit().show(*value));
    let over = format_duration(crate::summary::rounded(*over));
    format!("{what} rose from {from} to {to} in {over} without a pause")
}

/// The next step about it.
pub(crate) const fn after_rise() -> &'static str {
    "watertight watch says whether that goes on"
}

/// What profiles prove.
fn proven(evidence: &Evidence) -> String {
    let Evidence { count, total, place, per_minute, .. } = evidence;
    let stand = format!("{count} of {total} goroutines stand in {}", where_it_is(place));
    match evidence.proof {
        Proof::Leak => format!("leak: {stand}, {}", stack::a_minute(*per_minute)),
        Proof::Crowd => format!("{stand} and do not leave"),
    }
}

/// A good end of a watch that saw a warning.
pub(crate) const fn passed() -> &'static str {
    "ok: at the end, everything is below its threshold"
}

pub(crate) const fn passed_alone() -> &'static str {
    "at the end, everything is below its threshold"
}

/// The next step about something that grows: who is to blame, and when there must be a restart.
pub(crate) fn grows(trend: Option<&Trend>, named: Option<&Place>, kept: &[Kept]) -> String {
    let metric = trend.map_or(Metric::Tasks, |trend| trend.metric);
    let who = match named.filter(|_| metric == Metric::Tasks) {
        Some(place) => format!("{}. Meanwhile, keep", mend(place)),
        None => format!("{}; keep", held::who_grew(metric, kept)),
    };
    format!("{who} a recording, and {}", restart(trend))
}

/// The next step about a stack that leaks, where no trend is known.
pub(crate) fn stands(named: Option<&Place>) -> String {
    let who = named.map_or_else(|| held::who_holds(Metric::Tasks).to_owned(), mend);
    format!("{who}. Only a restart frees those that stand there")
}

/// The next step about growth of which it cannot be said that the load did not cause it.
pub(crate) fn grows_perhaps(named: Option<&Place>) -> String {
    const STEADY: &str = "watch again while the load is steady, and say so (--steady-load)";
    match named {
        Some(place) => format!("{}. Or {STEADY}", look(place)),
        None => format!("{STEADY}; watertight diagnose names the stack that grows"),
    }
}

/// The next step when the last sample is well above the first, and nobody knows yet whether that is a trend.
pub(crate) fn higher(trend: Option<&Trend>, needs_s: Option<f64>) -> String {
    let moved = trend.is_some_and(|trend| trend.reasons.contains(&Why::LoadUndetermined));
    let cure = match needs_s.filter(|_| !moved) {
        Some(needs) => {
            format!("watch {} more: that shows whether it is a trend", time(needs))
        }
        None if moved => "the load moved, too: watch while it is steady".to_owned(),
        None => "watch for longer: that shows whether it is a trend".to_owned(),
    };
    format!("the last sample is well above the first; {cure}. Or compare a recording with a baseline")
}

/// The next step after a watch in which nothing grows.
pub(crate) const fn watch_advice(verdict: Verdict, up: bool) -> &'static str {
    match verdict {
        Verdict::Ok => "nothing to do",
        Verdict::Warning => {
            "watch or record longer, under the same load; a count that falls with the load is fine"
        }
        Verdict::Danger => {
            "save the log and a recording (--record FILE), then plan a restart if the count stays"
        }
        Verdict::Unknown if up => {
            "it answers, and says nothing to judge by: name its health endpoint (--api-url), its metrics \
             (--metrics-url) or its process (--pid)"
        }
        Verdict::Unknown => {
            "check that the service is up, that --api-url is right, and the network in between"
        }
    }
}

pub(crate) fn events(step: &Step) -> Vec<String> {
    let failed = || counted(step.recovered, "failed poll", "failed polls");
    let recovered = (step.recovered > 0).then(|| format!("answers again, after {}", failed()));
    let restarted = step.restarted.then(|| "restarted: changes count from here".to_owned());
    let instances = step.instances.map(super::instances);
    recovered.into_iter().chain(restarted).chain(instances).collect()
}

/// A poll that failed, by its kind.
pub(crate) fn failed(kind: &str, what: &str) -> String {
    format!("failed ({kind}): {what}")
}

pub(crate) fn failed_again(kind: &str, times: u64) -> String {
    format!("failed again ({kind}), {times} in a row")
}

/// `watching http://localhost:3000 every 5s for 30m; Ctrl-C ends it`
pub(crate) fn opening(target: &str, every: Duration, length: Option<Duration>, count: Option<u64>) -> String {
    let length = length.map(|length| format!(" for {}", format_duration(length))).unwrap_or_default();
    let count =
        count.map(|count| format!(", {} at most", counted(count, "poll", "polls"))).unwrap_or_default();
    format!("watching {target} every {}{length}{count}; Ctrl-C ends it", format_duration(every))
}

/// How long, how many polls, and what became of them.
pub(crate) fn watched(summary: &Summary, took: Duration) -> String {
    let polls = counted(summary.polls(), "poll", "polls");
    let failed = match summary.failed_polls() {
        0 => "none failed".to_owned(),
        failed => format!("{failed} failed ({})", summary.kinds()),
    };
    let restarts = match summary.restarts {
        0 => String::new(),
        n => format!(", {}", counted(n, "restart", "restarts")),
    };
    let skipped = skipped(summary).map(|skipped| format!("; {skipped}")).unwrap_or_default();
    format!("watched for {}, {polls}, {failed}{restarts}{skipped}", format_duration(took))
}

/// The label of the first and the last sample.
pub(crate) const fn start_to_end() -> &'static str {
    "start to end"
}

/// In front of them where the target restarted.
pub(crate) const fn since_restart() -> &'static str {
    "since the last restart:"
}

/// The peak beside its limit.
pub(crate) fn peak(peak: u64, explains: bool, at: &str, limit: u64) -> String {
    let beyond = if explains { " beyond the explained ones" } else { "" };
    let side = if peak < limit { "below" } else { "at or above" };
    format!("{peak}{beyond} at {at}, {side} {limit}")
}

/// The live view cannot be drawn.
pub(crate) fn no_terminal(error: &std::io::Error) -> String {
    format!("the terminal: {error}; --plain needs none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_stack_has_its_line_and_its_cure_in_the_next_step() {
        let place = Place {
            function: Some("main.readStream".to_owned()),
            file: "/app/main.go".to_owned(),
            line: 124,
            cause: Some(crate::profile::Cause::ReaderNobodyReceives),
            ..Place::default()
        };
        let cure = "main.readStream (/app/main.go:124): send in a select together with the request's context: case \
                    lines <- line: case <-ctx.Done(): return";
        let said = grows(None, Some(&place), &[]);
        assert_eq!(
            said,
            format!("mend {cure}. Meanwhile, keep a recording, and plan a restart before it is danger")
        );
        let said = stands(Some(&place));
        assert_eq!(said, format!("mend {cure}. Only a restart frees those that stand there"));
        let said = grows_perhaps(Some(&place));
        assert!(said.starts_with("see main.readStream (/app/main.go:124): if it leaks, send in a"), "{said}");
        let unknown = Place { cause: None, ..place };
        let said = grows(None, Some(&unknown), &[]);
        assert!(
            said.starts_with("see what main.readStream (/app/main.go:124) waits for. Meanwhile, keep"),
            "{said}"
        );
        assert!(grows(None, None, &[]).starts_with("find the stack that grows: watertight diagnose"));
    }

    #[test]
    fn a_higher_end_is_worth_a_recording_and_no_claim() {
        let text = higher(None, Some(510.0));
        assert!(text.contains("watch 9m more: that shows whether it is a trend"), "{text}");
        assert!(higher(None, None).contains("watch for longer"));
    }
}
