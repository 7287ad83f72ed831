//! Requests: how many ended badly, and how long they took.

use std::time::Duration;

use vitals::Traffic;
use vitals::units::format_duration;

use super::counted;
use crate::finding::Check;

/// The next steps.
pub(super) const SEE_ERRORS: &str = "see why requests fail: the log's error lines, then the upstream";
pub(super) const SEE_SLOWNESS: &str =
    "see what keeps it from answering: its CPU, its collections, and the network in between";

/// The next step after a watch whose gravest finding is about requests or answers.
pub(crate) const fn requests_advice(check: Check) -> Option<&'static str> {
    match check {
        Check::Errors => Some(SEE_ERRORS),
        Check::Latency => Some(SEE_SLOWNESS),
        _ => None,
    }
}

/// `12.1 %`; what is not nothing is not 0.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
pub(in crate::words) fn share(badly: u64, of: u64) -> String {
    percent(badly as f64 / of.max(1) as f64 * 100.0)
}

/// A share that is allowed, in millionths.
#[expect(clippy::cast_precision_loss, reason = "up to a million")]
pub(in crate::words) fn allowed(ppm: u64) -> String {
    format!("{} %", ppm as f64 / 10_000.0)
}

/// One digit after the point, two below a tenth.
pub(crate) fn percent(percent: f64) -> String {
    match percent {
        0.0 => "0 %".to_owned(),
        small if small < 0.1 => format!("{:.2} %", small.max(0.01)),
        percent => format!("{percent:.1} %"),
    }
}

/// `12.1 % of 256 requests ended badly (31), 1.2s each on average`; nothing where nobody counts them.
pub(crate) fn traffic(traffic: &Traffic) -> Option<String> {
    let each = traffic.mean_s().map(|seconds| format!("{} each on average", time(seconds)));
    let all = counted(traffic.ended, "request", "requests");
    let ends = match (traffic.badly, traffic.error_percent()) {
        (Some(badly), Some(share)) => Some(format!("{} of {all} ended badly ({badly})", percent(share))),
        (Some(0), None) => Some("no request ended".to_owned()),
        (Some(badly), None) => Some(format!("{} ended badly", counted(badly, "request", "requests"))),
        (None, _) if each.is_some() => Some(format!("{all} ended")),
        (None, _) => None,
    };
    let parts: Vec<String> = [ends, each].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Both sides of a comparison; nothing where neither tells.
pub(crate) fn two_traffics([before, now]: [&Traffic; 2]) -> Option<String> {
    let badly = |traffic: &Traffic| {
        traffic
            .error_percent()
            .zip(traffic.badly)
            .map(|(share, badly)| format!("{} ({badly} of {})", percent(share), traffic.ended))
    };
    let unknown = || "unknown".to_owned();
    let pair = |words: &str, [before, now]: [Option<String>; 2]| {
        let known = before.is_some() || now.is_some();
        known.then(|| {
            format!("{words} {}, then {}", before.unwrap_or_else(unknown), now.unwrap_or_else(unknown))
        })
    };
    let each = |traffic: &Traffic| traffic.mean_s().map(time);
    let ends = pair("ended badly", [badly(before), badly(now)]);
    let took = pair("took on average", [each(before), each(now)]);
    let parts: Vec<String> = [ends, took].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Beside the share of a quick check.
pub(crate) fn errors_notes(traffic: &Traffic, polls: u32) -> Vec<String> {
    let badly = traffic.badly.map(|badly| format!("{badly} of {} requests ended badly", traffic.ended));
    let when = match polls {
        1 => "since its start: --samples 10 judges those of now",
        _ if !traffic.is_enough() => "while polled, which are too few to judge: take more --samples",
        _ => "while polled",
    };
    let ends = badly.map(|badly| format!("{badly} {when}"));
    let each = traffic.mean_s().map(|seconds| format!("{} each on average", time(seconds)));
    [ends, each].into_iter().flatten().collect()
}

/// A gate that needs two polls, and has one.
pub(crate) fn needs_samples(flag: &str) -> String {
    let what = match flag {
        "--max-restarts" => "restarts",
        _ => "the requests that end",
    };
    format!("{flag} looks at {what} between polls: give --samples too, such as --samples 10")
}

pub(in crate::words) fn time(seconds: f64) -> String {
    let millis = (seconds.clamp(0.0, 1e9) * 1000.0).round();
    let rounded = if millis >= 10_000.0 {
        (millis / 1000.0).round() * 1000.0
    } else {
        (millis / 100.0).round() * 100.0
    };
    let millis = if millis < 1000.0 { millis } else { rounded };
    format_duration(Duration::from_secs_f64(millis / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_times_in_words() {
        assert_eq!(
            [0.0, 0.004, 0.05, 0.1, 12.14].map(percent),
            ["0 %", "0.01 %", "0.05 %", "0.1 %", "12.1 %"]
        );
        let requests = |ended, badly| Traffic { ended, badly, seconds: 10.0, busy_s: Some(300.0) };
        let told = |ended, badly| traffic(&requests(ended, badly));
        assert_eq!(
            told(250, Some(31)).as_deref(),
            Some("12.4 % of 250 requests ended badly (31), 1.2s each on average")
        );
        assert_eq!(told(30, None).as_deref(), Some("30 requests ended, 10s each on average"));
        assert_eq!(told(0, Some(0)).as_deref(), Some("no request ended"));
        assert_eq!(told(0, None), None);
        let both = two_traffics([&requests(250, Some(1)), &requests(30, Some(3))]);
        let said = "ended badly 0.4 % (1 of 250), then 10.0 % (3 of 30); took on average 1.2s, then 10s";
        assert_eq!(both.as_deref(), Some(said));
        assert_eq!(two_traffics([&Traffic::default(), &Traffic::default()]), None);
    }
}
