//! Requests: how many ended badly, and how long they took.

use vitals::Traffic;

use crate::finding::Check;
use crate::words::en::error_percent as percent;
use crate::words::en::health::time;

/// The next steps.
pub(super) const SEE_ERRORS: &str = "查请求为什么失败：先看日志的错误行，再看上游";
pub(super) const SEE_SLOWNESS: &str = "查是什么拖慢应答：CPU、GC、中间的网络";

/// The next step after a watch whose gravest finding is about requests or answers.
pub(crate) const fn requests_advice(check: Check) -> Option<&'static str> {
    match check {
        Check::Errors => Some(SEE_ERRORS),
        Check::Latency => Some(SEE_SLOWNESS),
        _ => None,
    }
}

/// `256 个请求中 12.1 % 失败（31 个），平均每个 1.2s`; nothing where nobody counts them.
pub(crate) fn traffic(traffic: &Traffic) -> Option<String> {
    let each = traffic.mean_s().map(|seconds| format!("平均每个 {}", time(seconds)));
    let all = format!("{} 个请求", traffic.ended);
    let ends = match (traffic.badly, traffic.error_percent()) {
        (Some(badly), Some(share)) => Some(format!("{all}中 {} 失败（{badly} 个）", percent(share))),
        (Some(0), None) => Some("没有请求结束".to_owned()),
        (Some(badly), None) => Some(format!("{badly} 个请求失败")),
        (None, _) if each.is_some() => Some(format!("{all}结束")),
        (None, _) => None,
    };
    let parts: Vec<String> = [ends, each].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("，"))
}

/// Both sides of a comparison; nothing where neither tells.
pub(crate) fn two_traffics([before, now]: [&Traffic; 2]) -> Option<String> {
    let badly = |traffic: &Traffic| {
        traffic
            .error_percent()
            .zip(traffic.badly)
            .map(|(share, badly)| format!("{}（{} 个中 {badly} 个）", percent(share), traffic.ended))
    };
    let unknown = || "未知".to_owned();
    let pair = |words: &str, [before, now]: [Option<String>; 2]| {
        let known = before.is_some() || now.is_some();
        known.then(|| {
            format!("{words}先 {}，后 {}", before.unwrap_or_else(unknown), now.unwrap_or_else(unknown))
        })
    };
    let each = |traffic: &Traffic| traffic.mean_s().map(time);
    let ends = pair("失败率", [badly(before), badly(now)]);
    let took = pair("平均用时", [each(before), each(now)]);
    let parts: Vec<String> = [ends, took].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("；"))
}

/// Beside the share of a quick check.
pub(crate) fn errors_notes(traffic: &Traffic, polls: u32) -> Vec<String> {
    let badly = traffic.badly.map(|badly| format!("{} 个请求中 {badly} 个失败", traffic.ended));
    let when = match polls {
        1 => "自启动以来：--samples 10 只看现在的",
        _ if !traffic.is_enough() => "轮询期间，太少，无法判断：加大 --samples",
        _ => "轮询期间",
    };
    let ends = badly.map(|badly| format!("{badly}（{when}）"));
    let each = traffic.mean_s().map(|seconds| format!("平均每个 {}", time(seconds)));
    [ends, each].into_iter().flatten().collect()
}

/// A gate that needs two polls, and has one.
pub(crate) fn needs_samples(flag: &str) -> String {
    let what = match flag {
        "--max-restarts" => "重启",
        _ => "结束的请求",
    };
    format!("{flag} 看的是两次轮询之间的{what}：再加 --samples，例如 --samples 10")
}
