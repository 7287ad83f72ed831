//! A watch: its findings and the next steps.

use std::time::Duration;

use vitals::Verdict;
use vitals::system::zh;
use vitals::trend::{LoadBasis, Metric, Trend, Why};
use vitals::units::format_duration;

use super::mend::{look, mend, where_it_is};
use super::sides::subject;
use super::statistics::growth;
use super::trend::restart;
use super::{held, poll_error, skipped, stack};
use crate::finding::{Kept, Rose, Watch};
use crate::profile::{Evidence, Place, Proof};
use crate::summary::{Step, Summary};
use crate::words::en::trend::time;

/// The sentence of a finding.
pub(super) fn finding(said: &Watch) -> String {
    match said {
        Watch::Growing(trend) => {
            let sure = match trend.verdict {
                _ if trend.metric.is_resource() => "",
                Verdict::Danger => "泄漏：",
                _ => "繁忙或泄漏：",
            };
            let what = subject(trend.metric, trend.load == LoadBasis::Explained);
            let danger = super::trend::danger(trend, "").map(|danger| format!("，{danger}"));
            format!("{sure}{}{}", growth(trend, what), danger.unwrap_or_default())
        }
        // Only what grows is a finding.
        Watch::Kept(kept) => held::kinds_growing(kept).unwrap_or_default(),
        Watch::Stack(evidence) => proven(evidence),
        Watch::Untold(metric, tale) => {
            let why = tale.as_ref().map_or_else(|| "未报告".to_owned(), super::tale);
            format!("--require-trend：{}是否增长还无法判断：{why}", held::noun(*metric))
        }
        Watch::Peak { peak, limit } => format!("峰值 {peak} 个协程：必须低于 {limit}"),
        Watch::Draining => "正在排空：处理完进行中的请求，不接新请求".to_owned(),
        Watch::Unreachable(error) => format!("最后一次轮询失败：{}", poll_error(error)),
        Watch::MostlyFailed { good, polls } => {
            format!("{polls} 次轮询只有 {good} 次成功：看服务的日志和中间的网络")
        }
    }
}

/// `打开的文件描述符 4s 内从 100 连续升到 900`
pub(crate) fn rose(Rose { measure, from, to, over }: &Rose) -> String {
    let metric = Metric::ALL.into_iter().find(|metric| metric.measure() == *measure);
    let what = metric.map_or_else(|| super::label(*measure), held::noun);
    let [from, to] = [from, to].map(|value| measure.unit().show(*value));
    let over = format_duration(crate::summary::rounded(*over));
    format!("{what} {over} 内从 {from} 连续升到 {to}")
}

/// The next step about it.
pub(crate) const fn after_rise() -> &'static str {
    "是否继续由 watertight watch 判断"
}

/// What profiles prove.
fn proven(evidence: &Evidence) -> String {
    let Evidence { count, total, place, per_minute, .. } = evidence;
    let stand = format!("{total} 个协程中 {count} 个停在 {}", where_it_is(place));
    match evidence.proof {
        Proof::Leak => format!("泄漏：{stand}，{}", stack::a_minute(*per_minute)),
        Proof::Crowd => format!("{stand}，并不离开"),
    }
}

/// A good end of a watch that saw a warning.
pub(crate) const fn passed() -> &'static str {
    "正常：结束时全部低于阈值"
}

pub(crate) const fn passed_alone() -> &'static str {
    "结束时全部低于阈值"
}

/// The next step about something that grows: who is to blame, and when there must be a restart.
pub(crate) fn grows(trend: Option<&Trend>, named: Option<&Place>, kept: &[Kept]) -> String {
    let metric = trend.map_or(Metric::Tasks, |trend| trend.metric);
    let who = match named.filter(|_| metric == Metric::Tasks) {
        Some(place) => format!("{}。同时", mend(place)),
        None => format!("{}；", held::who_grew(metric, kept)),
    };
    format!("{who}保留记录，{}", restart(trend))
}

/// The next step about a stack that leaks, where no trend is known.
pub(crate) fn stands(named: Option<&Place>) -> String {
    let who = named.map_or_else(|| held::who_holds(Metric::Tasks).to_owned(), mend);
    format!("{who}。停在那里的协程只有重启才会释放")
}

/// The next step about growth of which it cannot be said that the load did not cause it.
pub(crate) fn grows_perhaps(named: Option<&Place>) -> String {
    const STEADY: &str = "在负载平稳时再观察，并加上 --steady-load";
    match named {
        Some(place) => format!("{}。或者{STEADY}", look(place)),
        None => format!("{STEADY}；增长的堆栈由 watertight diagnose 说出"),
    }
}

/// The next step when the last sample is well above the first, and nobody knows yet whether that is a trend.
pub(crate) fn higher(trend: Option<&Trend>, needs_s: Option<f64>) -> String {
    let moved = trend.is_some_and(|trend| trend.reasons.contains(&Why::LoadUndetermined));
    let cure = match needs_s.filter(|_| !moved) {
        Some(needs) => format!("再观察 {}，就知道是不是趋势", time(needs)),
        None if moved => "负载也变化了：负载平稳时再观察".to_owned(),
        None => "观察更久，就知道是不是趋势".to_owned(),
    };
    format!("最后一次采样明显高于第一次；{cure}。或把记录与基准对比")
}

/// The next step after a watch in which nothing grows.
pub(crate) const fn watch_advice(verdict: Verdict, up: bool) -> &'static str {
    match verdict {
        Verdict::Ok => "无需处理",
        Verdict::Warning => "在相同负载下观察或记录更久；协程数随负载下降就没问题",
        Verdict::Danger => "保存日志和记录（--record FILE），协程数不下降就安排重启",
        Verdict::Unknown if up => {
            "它有应答，却没有可以判断的内容：给出健康端点（--api-url）、指标（--metrics-url）或进程（--pid）"
        }
        Verdict::Unknown => "检查服务在运行、--api-url 正确，以及中间的网络",
    }
}

pub(crate) fn events(step: &Step) -> Vec<String> {
    let recovered = (step.recovered > 0).then(|| format!("恢复应答，之前 {} 次轮询失败", step.recovered));
    let restarted = step.restarted.then(|| "已重启：变化从这里重新计算".to_owned());
    let instances = step.instances.map(super::instances);
    recovered.into_iter().chain(restarted).chain(instances).collect()
}

/// A poll that failed, by its kind.
pub(crate) fn failed(kind: &str, what: &str) -> String {
    format!("失败（{kind}）：{what}")
}

pub(crate) fn failed_again(kind: &str, times: u64) -> String {
    format!("又失败（{kind}），连续 {times} 次")
}

/// `每 5s 观察 http://localhost:3000，共 30m；Ctrl-C 结束`
pub(crate) fn opening(target: &str, every: Duration, length: Option<Duration>, count: Option<u64>) -> String {
    let length = length.map(|length| format!("，共 {}", format_duration(length))).unwrap_or_default();
    let count = count.map(|count| format!("，最多 {count} 次轮询")).unwrap_or_default();
    format!("每 {} 观察 {target}{length}{count}；Ctrl-C 结束", format_duration(every))
}

/// How long, how many polls, and what became of them.
pub(crate) fn watched(summary: &Summary, took: Duration) -> String {
    let failed = match summary.failed_polls() {
        0 => "没有失败".to_owned(),
        failed => format!("{failed} 次失败（{}）", summary.kinds()),
    };
    let restarts = match summary.restarts {
        0 => String::new(),
        n => format!("，重启 {n} 次"),
    };
    let skipped = skipped(summary).map(|skipped| format!("；{skipped}")).unwrap_or_default();
    let polls = summary.polls();
    format!("观察了 {}，{polls} 次轮询，{failed}{restarts}{skipped}", format_duration(took))
}

/// The label of the first and the last sample.
pub(crate) const fn start_to_end() -> &'static str {
    "首尾变化"
}

/// In front of them where the target restarted.
pub(crate) const fn since_restart() -> &'static str {
    "上次重启以来："
}

/// The peak beside its limit.
pub(crate) fn peak(peak: u64, explains: bool, at: &str, limit: u64) -> String {
    let beyond = if explains { " 个未解释" } else { "" };
    let side = if peak < limit { "低于" } else { "达到或超过" };
    format!("{peak}{beyond}，在 {at}，{side} {limit}")
}

/// The live view cannot be drawn.
pub(crate) fn no_terminal(error: &std::io::Error) -> String {
    format!("终端：{}；--plain 不需要终端", zh(error))
}
