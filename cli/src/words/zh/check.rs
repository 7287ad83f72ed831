//! A quick check.

use std::time::Duration;

use vitals::units::{format_duration, format_size, format_sizes};
use vitals::{Expectation, Sample, TaskBand, Thresholds, Unit, Verdict};

use super::judge::fine;
use super::state;
use crate::reading::Reading;

/// Where the exit code is not the verdict's own.
pub(crate) fn exit_code(code: u8) -> String {
    format!("{code}，因为 --fail-on")
}

/// `3 个目标：1 个危险，2 个正常`
pub(crate) fn whole(counts: &[(Verdict, usize)]) -> String {
    let all = counts.iter().map(|(_, n)| n).sum::<usize>();
    let each: Vec<_> = counts.iter().map(|(verdict, n)| format!("{n} 个{}", state(*verdict))).collect();
    format!("{all} 个目标：{}", each.join("，"))
}

/// The label of an error's cure.
pub(crate) const fn what_to_do() -> &'static str {
    "怎么办"
}

pub(crate) fn answered(from: Option<&str>, latency: Duration) -> String {
    let from = from.map(|from| format!("{from} 的")).unwrap_or_default();
    format!("{from}应答用了 {} ms", latency.as_millis())
}

/// How long the target is up.
pub(crate) fn up(seconds: u64) -> String {
    format!("已运行 {}", format_duration(Duration::from_secs(seconds)))
}

/// A target whose own word is another one.
pub(crate) fn calls_itself(status: &str) -> String {
    format!("自称 {status}")
}

/// The polls that numbers rest on, when it is more than one.
pub(crate) fn polls(asked: u32, failed: u32) -> Option<String> {
    let failed = match failed {
        0 => String::new(),
        failed => format!("，其中 {failed} 次失败"),
    };
    (asked > 1).then(|| format!("{asked} 次轮询的中位数{failed}"))
}

/// Beside the count: a finer word for it, what explains it, and the next limit.
pub(crate) fn tasks_notes(sample: &Sample, judged: u64, thresholds: &Thresholds) -> Vec<String> {
    // Who sets other thresholds has another scale.
    let usual = Thresholds::default();
    let is_usual = (thresholds.warning, thresholds.danger) == (usual.warning, usual.danger);
    let fine = fine(judged).filter(|_| is_usual).map(str::to_owned);
    let beyond = sample.explained.map(|explained| format!("已解释 {explained} 个，未解释 {judged} 个"));
    let next = match thresholds.tasks(judged) {
        TaskBand::Normal => Some(("警告", thresholds.warning)),
        TaskBand::Warning => Some(("危险", thresholds.danger)),
        TaskBand::Danger => Some(("严重", thresholds.severe)),
        TaskBand::Severe => None,
    };
    let next = next.map(|(word, limit)| format!("超过 {limit} 为{word}"));
    [fine, beyond, next].into_iter().flatten().collect()
}

/// Beside the live heap.
pub(crate) fn memory_notes(sample: &Sample) -> Vec<String> {
    let from_system = sample.sys_bytes.map(|bytes| format!("向系统申请 {}", format_size(bytes)));
    let resident = sample.rss_bytes.map(|bytes| format!("常驻 {}", format_size(bytes)));
    let collections = sample.num_gc.filter(|n| *n > 0).map(|n| format!("GC {n} 次"));
    [from_system, resident, collections].into_iter().flatten().collect()
}

/// Beside the requests in flight.
pub(crate) fn load_notes(sample: &Sample) -> Vec<String> {
    let oldest = sample
        .oldest_s
        .filter(|s| *s > 0)
        .map(|s| format!("最久 {}", format_duration(Duration::from_secs(s))));
    let upstream = sample.upstream_open.map(|open| match sample.upstream_idle {
        Some(idle) => format!("上游连接 {open} 条（空闲 {idle} 条）"),
        None => format!("上游连接 {open} 条"),
    });
    let streams = sample.streams.map(|n| format!("流 {n} 条"));
    [streams, oldest, upstream].into_iter().flatten().collect()
}

/// Beside the descriptors.
pub(crate) fn descriptor_notes(sample: &Sample) -> Vec<String> {
    sample.max_fds.map(|limit| format!("上限 {limit}")).into_iter().collect()
}

/// Beside the resident memory.
pub(crate) fn resident_notes(limit: Option<u64>) -> Vec<String> {
    limit.map(|limit| format!("上限 {}", format_size(limit))).into_iter().collect()
}

/// A target without a count that is fine.
pub(crate) const fn uncounted() -> &'static str {
    "正常：它不报告协程数；它占用的资源低于上限，是否在增长由 watertight watch 判断"
}

/// All of it in one line, without the verdict.
pub(crate) fn check_summary(reading: &Reading, asked: u32, failed: u32) -> String {
    let sample = &reading.sample;
    let count = sample.goroutines.map(|all| match sample.explained {
        Some(explained) => format!("{all} 个协程，其中 {explained} 个已解释"),
        None => format!("{all} 个协程"),
    });
    let memory = sample.alloc_bytes.map(|bytes| format!("存活内存 {}", live(bytes)));
    let latency = Some(answered(None, reading.latency));
    let uncounted = sample.goroutines.is_none();
    let resident = sample.rss_bytes.filter(|_| uncounted).map(|n| format!("常驻内存 {}", format_size(n)));
    let held = |n: Option<u64>, what| n.filter(|_| uncounted).map(|n| format!("{n} 个{what}"));
    let descriptors = held(sample.open_fds, "文件描述符");
    let threads = held(sample.threads, "线程");
    let parts = [count, memory, resident, descriptors, threads, latency, polls(asked, failed)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("，")
}

/// Live memory, which the JSON counts in whole MiB.
pub(crate) fn live(bytes: u64) -> String {
    if bytes == 0 { "<1 MiB".to_owned() } else { format_size(bytes) }
}

/// The label of tasks beyond the explained ones.
pub(crate) const fn beyond_the_explained() -> &'static str {
    "未解释协程"
}

/// An expectation, and the measurement.
pub(crate) fn expected(expectation: &Expectation, value: Option<f64>) -> String {
    format!("期望 {expectation}，{}", found(expectation, value))
}

/// The measurement beside an expectation: `实际是 2310`.
pub(crate) fn found(expectation: &Expectation, value: Option<f64>) -> String {
    let limit = expectation.limit();
    let Some(value) = value else {
        return format!("无法判断，因为目标不报告 {}", expectation.metric());
    };
    match expectation.unit() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it came from a u64")]
        Unit::Bytes => {
            let [found, _] = format_sizes(value as u64, limit as u64);
            format!("实际是 {found}")
        }
        // A value that rounds to its own limit would look like it.
        Unit::Micros if (value - limit).abs() < 0.1 => format!("实际是 {value} ms"),
        Unit::Micros => format!("实际是 {value:.1} ms"),
        _ => format!("实际是 {value}"),
    }
}
