//! The sides of a comparison, by their names, flaws and metrics.

use vitals::trend::Metric;

use super::held;
use crate::finding::{Flaw, Reference, Who};

pub(super) fn name(who: &Who) -> String {
    match who {
        Who::Baseline => "基准".to_owned(),
        Who::Current => "当前".to_owned(),
        Who::Named(name) => format!("{name} "),
        Who::Before(columns) => format!("{} ", reference(columns)),
    }
}

/// The same, where Chinese stands before it, too.
pub(super) fn within(who: &Who) -> String {
    let name = name(who);
    if name.ends_with(' ') { format!(" {name}") } else { name }
}

/// The columns that one was compared with.
pub(super) fn reference(Reference { ends, count, is_whole, own }: &Reference) -> String {
    let others = ends.as_ref().map(|[first, last]| match count {
        1 => first.clone(),
        _ if *is_whole => format!("{first} 至 {last}"),
        count => format!("{first} 至 {last} 中的 {count} 个"),
    });
    match (own, others) {
        (true, None) => "之前的时间".to_owned(),
        (true, Some(others)) => format!("{others} 和之前的时间"),
        (false, others) => others.unwrap_or_default(),
    }
}

/// Follows the name of what has it, and the cure of it.
pub(crate) const fn flaw(flaw: Flaw) -> [&'static str; 2] {
    match flaw {
        Flaw::NoRows => ["还没有数据行", "用 `watertight record` 记录到这个文件"],
        Flaw::OnlyFailures => ["只有失败的轮询", "检查目标在运行、地址正确，再重新记录"],
        Flaw::NoCounts => ["没有协程数", "记录一个报告协程数的目标"],
        Flaw::TimesRunBackwards => ["有时间倒退的行", "按 ts 排序，最早的在前"],
        Flaw::UnreadableTimes => ["有读不懂的时间", "时间写成 2025-10-27 10:30:00"],
        Flaw::TimeStandsStill => ["每一行的时间都相同", "用走动的时钟重新记录"],
    }
}

pub(super) fn flawed(who: &str, flaw: Flaw) -> String {
    let [what, cure] = self::flaw(flaw);
    format!("{who}{what}：{cure}")
}

/// `1 refused，2 timeout`
pub(super) fn kinds<'a>(kinds: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    kinds.map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join("，")
}

/// A judged metric in a sentence.
pub(super) const fn tasks(beyond: bool) -> &'static str {
    if beyond { "未解释协程" } else { "协程" }
}

pub(super) const fn subject(metric: Metric, beyond: bool) -> &'static str {
    match metric {
        Metric::Tasks => tasks(beyond),
        Metric::Heap => "内存",
        _ => held::noun(metric),
    }
}
