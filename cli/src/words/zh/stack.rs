//! Stacks of a Go program: those that grow, stand, or are proven to be leaked.

use std::time::Duration;

use vitals::units::format_duration;

use crate::profile::{Maker, Place, Wait, Waiting};

/// The function of a place.
pub(crate) fn function(place: &Place) -> &str {
    place.function.as_deref().unwrap_or("profile 没有给出名字的函数")
}

/// A place in the program's own code.
fn place(place: &Place) -> String {
    let at = if place.file.is_empty() { String::new() } else { format!(" ({}:{})", place.file, place.line) };
    format!("{}{at}", function(place))
}

/// A stack that grows, in one line.
pub(crate) fn stack(place: &Place) -> String {
    let maker = place
        .requested_by
        .first()
        .map(|maker| format!("；多半由 {} ({}:{}) 请求", maker.function, maker.file, maker.line));
    format!(
        "{}：{} 到 {}，每分钟 {:+.1}{}",
        self::place(place),
        place.before,
        place.now,
        place.per_minute,
        maker.unwrap_or_default()
    )
}

/// A short form: without the folders, and of what nobody closed, who asked for it.
pub(crate) fn stack_in_short(place: &Place) -> String {
    let (function, file, line, never_closed) = match place.requested_by.first() {
        Some(maker) => (&*maker.function, &maker.file, maker.line, "，从未关闭"),
        None => (self::function(place), &place.file, place.line, ""),
    };
    let name = file.rsplit('/').next().unwrap_or_default();
    let at = if name.is_empty() { String::new() } else { format!(" {name}:{line}") };
    format!("{}：{function}{at}{never_closed}", a_minute(place.per_minute))
}

/// `每分钟 +1205`; less than one is not none.
pub(super) fn a_minute(more: f64) -> String {
    if more.abs() < 9.95 { format!("每分钟 {more:+.1}") } else { format!("每分钟 {more:+.0}") }
}

/// The stacks that grew, in front of them.
pub(crate) fn growing(places: usize, few: u64, apart: Duration) -> String {
    let apart = format_duration(Duration::from_secs_f64(apart.as_secs_f64().round().max(1.0)));
    match places {
        0 => format!("没有一个堆栈比 {apart} 前多 {few} 个协程"),
        _ => format!("{places} 个堆栈在 {apart} 内增长，最可能的原因在前"),
    }
}

/// One that grew.
pub(crate) fn grown(place: &Place) -> String {
    let (more, share) = (a_minute(place.per_minute), place.share * 100.0);
    format!("{} 个协程，之前 {} 个：{more}，占全部增长的 {share:.0} %", place.now, place.before)
}

/// Where nothing grew, a crowd is told as what it is: no growth, and worth a look.
pub(crate) const fn standing() -> &'static str {
    "下面是最大的几群协程；泄漏更慢的，看得更久才看得出：--apart 2m"
}

pub(crate) fn stood(place: &Place) -> String {
    format!("{} 个协程，之前 {} 个，占全部的 {:.0} %", place.now, place.before, place.share * 100.0)
}

/// Go's own proof.
pub(crate) fn proven(leaked: u64) -> String {
    match leaked {
        0 => "Go 没有证明泄漏。等网络的协程也可能泄漏：对它没有证明".to_owned(),
        leaked => format!("{leaked} 个协程泄漏：没有任何东西能再唤醒它们"),
    }
}

pub(crate) fn proven_at(place: &Place) -> String {
    format!("{} 个协程，占已证明的 {:.0} %", place.now, place.share * 100.0)
}

pub(crate) fn waits_for(wait: Wait) -> String {
    format!("在等{}", super::cause::wait(wait))
}

pub(crate) const fn same_cause() -> &'static str {
    "原因同上"
}

/// Every goroutine, in front of them.
pub(crate) fn deep(listed: u64, cut: bool) -> String {
    let cut = if cut { "；Go 的列表到 64 MiB 为止，实际更多" } else { "" };
    format!("列出 {listed} 个协程，最可能的原因在前{cut}；等待时间由 Go 从第一次看到它的 GC 算起")
}

/// How many wait, for what, and for how long: Go counts from the first collection that saw them wait, and keeps to
/// itself how long it has been for what it has found to be leaked.
pub(crate) fn waited(waiting: &Waiting) -> String {
    let Waiting { state, is_waiting, count, over_a_minute, longest_min, median_min, .. } = waiting;
    let minutes = over_a_minute.zip(longest_min.zip(*median_min));
    let waits = match minutes {
        _ if !is_waiting => state.clone(),
        // Go does not say for how long of what it found to be leaked.
        None => state.clone(),
        Some((0, _)) => format!("{state}；都还不到一分钟"),
        Some((_, (longest, _))) if *count == 1 => format!("{state}；已 {longest} 分钟"),
        Some((n, (longest, median))) => {
            let half = match median {
                0 => String::new(),
                median => format!("半数 {median} 分钟以上，"),
            };
            format!("{state}；{n} 个一分钟以上，{half}最久 {longest} 分钟")
        }
    };
    format!("{count} 个协程：{waits}")
}

pub(crate) fn started_by(creator: &str) -> String {
    format!("由 {creator} 启动")
}

/// Who made the requests that are held.
pub(crate) fn maker(maker: &Maker) -> String {
    let Maker { function, file, line, callers, share, .. } = maker;
    let called =
        if callers.is_empty() { String::new() } else { format!("，由 {} 调用", callers.join("、")) };
    format!(
        "请求由 {function} ({file}:{line}) 发出{called}：从 heap profile 看到仍被占用的请求的 {:.0} % 推断",
        share * 100.0
    )
}
