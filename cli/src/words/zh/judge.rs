//! A sample above a limit, and the next steps.

use vitals::units::format_sizes;
use vitals::{Judgement, Limit, Measure, Reason, Sample, TaskBand, Thresholds, Verdict};

use crate::words::en::health::{allowed, share};
use crate::words::en::judge::is_too_many;

/// `2310 个协程，超过 2000`
pub(super) fn reason(reason: &Reason) -> String {
    let Reason { limit, value, threshold, .. } = *reason;
    match limit {
        Limit::Tasks { beyond, severe } => {
            let beyond = if beyond { "未解释" } else { "" };
            let restart = if severe && is_too_many(value) { "：先重启，再查泄漏" } else { "" };
            format!("{value} 个{beyond}协程，超过 {threshold}{restart}")
        }
        Limit::Memory => {
            let [found, limit] = format_sizes(value, threshold);
            format!("存活内存 {found}，超过 {limit}")
        }
        Limit::Descriptors { percent, of } => {
            format!("{value} 个打开的文件描述符，超过上限 {of} 的 {percent} %")
        }
        Limit::Resident { percent, of } => {
            let [found, of] = format_sizes(value, of);
            format!("常驻内存 {found}，超过上限 {of} 的 {percent} %")
        }
        Limit::Overdue => format!("{value} 个交换超过自己的截止时间：泄漏"),
        Limit::Errors { of, ppm } => {
            format!("{} 的请求失败（{of} 个中 {value} 个），超过 {}", share(value, of), allowed(ppm))
        }
        Limit::Latency => format!("轮询应答用 {value} ms，超过 {threshold} ms"),
    }
}

/// The next step about a target that drains and is well otherwise.
pub(crate) const fn after_draining() -> &'static str {
    "下一个启动后再检查：这个会自己结束"
}

/// The first word of an answer.
pub(crate) const fn verdict(verdict: Verdict) -> &'static str {
    super::state(verdict)
}

/// A verdict that has no reasons.
pub(crate) const fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "正常：全部低于阈值",
        Verdict::Warning => "警告",
        Verdict::Danger => "危险",
        Verdict::Unknown => "无法判断：没有可用的数量",
    }
}

pub(crate) const fn verdict_alone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "全部低于阈值",
        Verdict::Warning | Verdict::Danger => "",
        Verdict::Unknown => "没有可以判断的数量",
    }
}

/// The next steps, most urgent first.
pub(crate) fn advice(sample: &Sample, judgement: &Judgement, thresholds: &Thresholds) -> Vec<&'static str> {
    let above = |measure| judgement.reasons.iter().any(|reason| reason.limit.measure() == measure);
    let mut advice = Vec::new();
    if above(Measure::Overdue) {
        advice.push("保存日志和 /api/monitor/exchanges：里面有超过截止时间的请求");
    }
    advice.extend(about_the_count(sample, thresholds));
    if above(Measure::AllocBytes) {
        advice.push("记录内存：负载平稳而内存增长，就是泄漏");
    }
    if above(Measure::OpenFds) {
        advice.push("提高文件描述符上限（ulimit -n），再看它们是否随负载下降");
    }
    if above(Measure::RssBytes) {
        advice.push("提高内存上限，或查谁占着内存：是否在增长由 watertight watch 判断");
    }
    if above(Measure::ErrorsTotal) {
        advice.push(super::health::SEE_ERRORS);
    }
    if above(Measure::Latency) {
        advice.push(super::health::SEE_SLOWNESS);
    }
    if advice.is_empty() {
        advice.push(match judgement.verdict {
            Verdict::Unknown => "把 --api-url 指向报告协程数的健康端点，或指明它的进程（--pid）",
            _ => "无需处理",
        });
    }
    advice
}

fn about_the_count(sample: &Sample, thresholds: &Thresholds) -> Option<&'static str> {
    let count = sample.unexplained()?;
    match thresholds.tasks(count) {
        TaskBand::Severe if is_too_many(count) => Some("立即重启：内存或文件描述符即将耗尽"),
        TaskBand::Danger | TaskBand::Severe => Some("记录 30 分钟，看是否泄漏；协程数不下降就安排重启"),
        TaskBand::Warning if sample.explained.is_some() => {
            Some("负载解释不了这些协程：记录 30 分钟，看它们是否一直在")
        }
        TaskBand::Warning => Some("繁忙或泄漏：记录 30 分钟；协程数随负载下降就没问题"),
        TaskBand::Normal => None,
    }
}

/// A count on the finer scale of the routine after a deployment, which judges nothing.
pub(super) const fn fine(count: u64) -> Option<&'static str> {
    match count {
        0..1000 => Some("优秀（低于 1000）"),
        1000..=2000 => Some("良好（2000 以内）"),
        2001..3000 => Some("注意（低于 3000）"),
        5001..=10_000 => Some("报警"),
        _ => None,
    }
}

/// The next step when every threshold holds and an expectation does not.
pub(crate) const fn unexpected() -> &'static str {
    "记录下来，与符合期望时的记录对比；或修改期望"
}

/// The next step when the target does not report what is expected of it.
pub(crate) const fn unreported() -> &'static str {
    "期望目标报告的指标：watertight quick-check --format json 显示它报告哪些"
}
