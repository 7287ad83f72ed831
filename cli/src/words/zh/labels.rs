//! Words beside numbers: measurements, bands, verdicts, and how two of them are joined.

use vitals::system::zh;
use vitals::{Measure, MemoryBand, TaskBand, Verdict};

/// A measurement in tables and charts.
pub(crate) const fn label(measure: Measure) -> &'static str {
    match measure {
        Measure::Goroutines => "协程",
        Measure::AllocBytes => "内存",
        Measure::TotalAllocBytes => "累计分配",
        Measure::SysBytes => "系统内存",
        Measure::RssBytes => "常驻内存",
        Measure::NumGc => "GC",
        Measure::Threads => "线程",
        Measure::OpenFds => "文件描述符",
        Measure::InFlight => "进行中",
        Measure::UpstreamOpen => "上游连接",
        Measure::RequestsTotal => "请求",
        Measure::Overdue => "超期",
        Measure::StartTime => "启动时间",
        Measure::Explained => "已解释",
        Measure::Streams => "流",
        Measure::ErrorsTotal => "失败",
        Measure::Restarts => "重启",
        Measure::MaxFds => "描述符上限",
        Measure::MemoryLimit => "内存上限",
        Measure::UptimeS => "运行时间",
        Measure::OldestS => "最久",
        Measure::UpstreamIdle => "空闲上游连接",
        Measure::ShedTotal => "拒绝",
        Measure::Unexplained => "未解释",
        Measure::Latency => "延迟",
    }
}

/// Where there is little room.
pub(crate) const fn short_label(measure: Measure) -> &'static str {
    match measure {
        Measure::OpenFds => "描述符",
        measure => label(measure),
    }
}

pub(crate) const fn band(band: TaskBand) -> &'static str {
    match band {
        TaskBand::Normal => "正常",
        TaskBand::Warning => "警告",
        TaskBand::Danger => "危险",
        TaskBand::Severe => "严重",
    }
}

pub(crate) const fn memory_band(band: MemoryBand) -> &'static str {
    match band {
        MemoryBand::Normal => "正常",
        MemoryBand::Good => "良好",
        MemoryBand::Attention => "注意",
        MemoryBand::Warning => "警告",
        MemoryBand::Danger => "危险",
    }
}

/// A verdict within a sentence.
pub(crate) const fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "正常",
        Verdict::Warning => "警告",
        Verdict::Danger => "危险",
        Verdict::Unknown => "无法判断",
    }
}

/// `警告：2310 个协程，超过 2000`
pub(crate) fn headed(word: &str, said: &str) -> String {
    format!("{word}：{said}")
}

pub(crate) fn listed(parts: &[String]) -> String {
    parts.join("，")
}

/// `警告 > 2000`
pub(crate) fn above(word: &str, limit: f64) -> String {
    format!("超过 {limit} 为{word}")
}

/// Two sides in a heading.
pub(crate) fn against(now: &str, before: &str) -> String {
    format!("{now} 对比 {before}")
}

/// The heading of a quick check in Markdown.
pub(crate) fn check_of(target: &str) -> String {
    format!("快速检查 {target}")
}

pub(crate) fn from_to(from: &str, to: &str) -> String {
    format!("{from} 到 {to}")
}

/// The first and the last value, and the change.
pub(crate) fn end_to_end(name: &str, from: &str, to: &str, change: &str) -> String {
    format!("{name} {from} 到 {to}：{change}")
}

/// Something, and when.
pub(crate) fn ends_at(said: &str, at: &str) -> String {
    format!("{said}（{at}）")
}

pub(crate) fn recordings(count: usize) -> String {
    format!("{count} 份记录")
}

/// So many samples in a band.
pub(crate) fn times_in(band: &str, times: u64) -> String {
    format!("{band} {times} 次")
}

pub(crate) fn saved(name: &str) -> String {
    format!("已保存 {name}")
}

pub(crate) fn unsaved(name: &str, error: &std::io::Error) -> String {
    format!("无法保存 {name}：{}", zh(error))
}

/// GitHub's summary of a step.
pub(crate) fn unwritten_summary(path: &std::path::Path, error: &std::io::Error) -> String {
    format!("无法写入 {}（GITHUB_STEP_SUMMARY）：{}", path.display(), zh(error))
}

/// A step of a diagnosis by its name in JSON.
pub(crate) fn step_name(step: &'static str) -> &'static str {
    match step {
        "answer" => "应答",
        "connection" => "连接",
        "container" => "容器",
        "content" => "内容",
        "deep" => "全部协程",
        "encryption" => "加密",
        "exchanges" => "交换",
        "http" => "HTTP",
        "listeners" => "监听",
        "name" => "主机名",
        "program" => "程序",
        "proof" => "证明",
        "proxy" => "代理",
        other => other,
    }
}

/// A metric of a side.
pub(crate) fn within(metric: &str, side: &str) -> String {
    format!("{side}{metric}")
}

/// In front of why.
pub(crate) const fn failing_poll() -> &'static str {
    "失败"
}

/// Where rows went, and how long that took.
pub(crate) fn in_time(where_to: &str, took: &str) -> String {
    format!("{where_to}，用时 {took}")
}
