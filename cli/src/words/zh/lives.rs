//! Restarts, lives and instances.

use std::time::Duration;

use vitals::CrashLoop;
use vitals::trend::{Course, Trend};
use vitals::units::format_duration;

use super::slope_in_short;
use crate::finding::{Ended, Instance, Lives};
use crate::words::en::lives::{rate, time};

/// The sentence of a finding.
pub(super) fn finding(said: &Lives) -> String {
    match said {
        Lives::Restarted { times, hourly } => {
            let usual =
                hourly.map(|[now, usual]| format!("：每小时 {} 次，基准 {} 次", rate(now), rate(usual)));
            format!(
                "目标重启 {times} 次{}；原因在它的日志和系统日志里（内存不足？）",
                usual.unwrap_or_default()
            )
        }
        Lives::CrashLoop(looped) => crash_loop(looped),
        Lives::TooOften { times, limit } => {
            format!("目标重启 {times} 次，--max-restarts 只允许 {limit} 次")
        }
        Lives::AsAllowed { times: 0, limit } => format!("目标没有重启，--max-restarts 允许 {limit} 次"),
        Lives::AsAllowed { times, limit } => format!("目标重启 {times} 次，--max-restarts 允许 {limit} 次"),
        Lives::In(name, inner) => format!("{name}：{}", super::finding(inner)),
        Lives::Mixture => mixture().to_owned(),
        Lives::Before(inner) => format!("这次重启之前：{}", super::finding(inner)),
        Lives::Of(of, inner) => format!("{}：{}", instance(of), super::finding(inner)),
    }
}

fn crash_loop(looped: &CrashLoop) -> String {
    let CrashLoop { times, seconds, short_lives, .. } = looped;
    let seconds = format_duration(Duration::from_secs_f64(seconds.max(0.0).round()));
    let seen = match short_lives {
        true => format!("连续 {times} 次运行，都不超过 {seconds}"),
        false => format!("{seconds} 内重启 {times} 次"),
    };
    format!("崩溃循环：{seen}；结束的原因在它的日志里")
}

/// `实例 2/3（启动于 2026-11-18 10:00:03 UTC）`
pub(super) fn instance(instance: &Instance) -> String {
    let Instance { number, of, name, started } = instance;
    match (name, started) {
        (Some(name), _) => format!("实例 {name}"),
        (None, Some(started)) => format!("实例 {number}/{of}（启动于 {}）", time(*started)),
        (None, None) => format!("实例 {number}/{of}"),
    }
}

pub(crate) fn instances(count: usize) -> String {
    format!(
        "这个地址后面有 {count} 个实例：各自单独判断；要逐个轮询，给每个实例一个 --api-url，或用 --each-address"
    )
}

/// `重启 1 次`
pub(crate) fn restarts(times: u64) -> Option<String> {
    (times > 0).then(|| format!("重启 {times} 次"))
}

/// Beside the number of instances.
pub(crate) fn shown_instance(of: &Instance) -> String {
    format!("数字来自{}", instance(of))
}

/// `当前：12:10 重启之前协程增长 18,000/小时；之后没有增长`
pub(super) fn told(who: &str, ended: &[Ended], since: Option<&Trend>) -> String {
    let mut parts: Vec<String> = ended
        .iter()
        .filter(|life| life.is_long)
        .map(|life| {
            let at = life.until.short(life.day.as_ref());
            format!("{at} 重启之前{}", grew(&life.trends))
        })
        .collect();
    let short = ended.iter().filter(|life| !life.is_long).count();
    if short > 0 {
        parts.push(format!("更早的 {short} 次运行太短，无法判断"));
    }
    parts.extend(since.map(|since| format!("之后{}", grows(since))));
    format!("{who}：{}", parts.join("；"))
}

fn grew(trends: &[Trend]) -> String {
    let grown = |trend: &&Trend| trend.course == Course::Growing;
    let name = trends.first().map_or("协程", |main| super::trend_name(main.metric));
    match (trends.iter().find(grown), trends.first().map(|main| main.course)) {
        (Some(trend), _) => format!("{}增长 {}", super::trend_name(trend.metric), slope(trend)),
        (None, Some(Course::Inconclusive)) => format!("{name}是否增长无法判断"),
        (None, _) => format!("{name}没有增长"),
    }
}

fn grows(trend: &Trend) -> String {
    match trend.course {
        Course::Growing => format!("增长 {}", slope(trend)),
        Course::Inconclusive => "是否增长还无法判断".to_owned(),
        Course::Stable | Course::Step => "没有增长".to_owned(),
    }
}

fn slope(trend: &Trend) -> String {
    trend.slope_per_h.map(|slope| slope_in_short(trend, slope, false)).unwrap_or_default()
}

/// A side that is one of several instances.
pub(super) fn side(who: &str, of: &Instance) -> String {
    format!("{who}：这个地址后面有 {} 个实例；数字来自{}", of.of, instance(of))
}

const fn mixture() -> &'static str {
    "这个地址后面有几个实例，分不清是哪一个：给每个实例一个 --api-url，或用 --each-address"
}
