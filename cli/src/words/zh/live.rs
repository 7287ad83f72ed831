//! The live view. Where one thing has several forms, the longest comes first.

use std::time::Duration;

use vitals::units::format_duration;

/// Before anything was seen.
pub(crate) const fn waiting() -> &'static str {
    "等待第一次采样"
}

/// Polls that fail, and why; nothing where there is neither.
pub(crate) fn failing(times: u64, what: Option<&str>) -> Option<String> {
    let row = if times > 1 { format!("连续 {times} 次") } else { String::new() };
    match what {
        Some(what) => Some(format!("{row}失败：{what}")),
        None => (times > 1).then(|| format!("{row}失败")),
    }
}

/// After a count, how much of it nothing explains.
pub(crate) fn beyond_forms(beyond: u64) -> [String; 3] {
    [format!("，其中未解释 {beyond} 个"), format!("，未解释 {beyond}"), String::new()]
}

/// Lowest, median, 95th percentile and highest value, and when that was.
pub(crate) fn spread_forms([min, median, p95, max]: &[String; 4], at: &str) -> [String; 3] {
    [
        format!("最低 {min}  中位数 {median}  p95 {p95}  最高 {max}（{at}）"),
        format!("最低 {min}  中位数 {median}  p95 {p95}  最高 {max}"),
        format!("{min} 到 {max}"),
    ]
}

pub(crate) fn paused_forms() -> [String; 2] {
    ["画面暂停；轮询继续".to_owned(), "暂停".to_owned()]
}

/// In place of a chart.
pub(crate) const fn no_chart() -> &'static str {
    "目标不报告这一项"
}

/// The label of a chart where the target explains tasks.
pub(crate) const fn beyond_explained() -> &'static str {
    "未解释协程"
}

/// The page about the keys.
pub(crate) fn keys(target: &str, interval: Duration) -> Vec<String> {
    let watching = format!("每 {} 观察 {target}", format_duration(interval));
    let keys = [
        "",
        "q, Ctrl-C   结束观察：随后给出总结和结论",
        "p, 空格     停住画面；轮询继续",
        "s           把画面存为本目录下的文本",
        "l           对数刻度",
        "1-5         图表：协程、内存、文件描述符、进行中的请求、延迟",
        "Ctrl-Z      挂起；`fg` 之后轮询继续",
        "?           本页",
        "",
        "按任意键返回",
    ];
    std::iter::once(watching).chain(keys.map(str::to_owned)).collect()
}

/// The keys below the chart, the most wanted first; while it is held, and while it is not.
pub(crate) const fn key_hints(paused: bool) -> [&'static str; 6] {
    match paused {
        false => ["q 退出", "? 帮助", "p 暂停", "1-5 图表", "l 对数", "s 保存"],
        true => ["p 继续", "q 退出", "? 帮助", "1-5 图表", "l 对数", "s 保存"],
    }
}

/// How many polls there were, and what became of them.
pub(crate) fn polls_so_far(all: u64, failed: u64, kinds: &str, restarts: u64) -> String {
    let failed = if failed > 0 { format!("，{failed} 次失败（{kinds}）") } else { String::new() };
    let restarts = if restarts > 0 { format!("，{restarts} 次重启") } else { String::new() };
    format!("{all} 次轮询{failed}{restarts}")
}

/// Of a duration.
pub(crate) fn of_length(length: &str) -> String {
    format!(" / {length}")
}

/// Until the next poll; none while one is under way.
pub(crate) fn next_poll(next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{next} 后轮询"),
        None => "轮询中".to_owned(),
    }
}
