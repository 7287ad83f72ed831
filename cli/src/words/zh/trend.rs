//! Whether something grows, in one line: how fast, over which time, whether the load can be to blame, and what could
//! not have been seen.

use vitals::trend::{BLOCKS, Course, LoadBasis, Metric, TimeToDanger, Trend, Why};

use super::early::{flat, rising_in_short, rose};
use super::{Slopes, held, slope_in_short};
use crate::finding::Tale;
use crate::words::en::trend::{amount, clock, is_steep, time};

/// Of what the target never says.
const NOT_REPORTED: &str = "未报告";

/// A trend, or how far it is from the first judgement.
pub(crate) fn tale(tale: &Tale) -> String {
    match tale {
        Tale::Judged(judged) => trend(judged),
        _ => untold(tale),
    }
}

pub(crate) fn tale_in_short(tale: &Tale) -> String {
    match tale {
        Tale::Judged(trend) => trend_in_short(trend),
        _ => untold(tale),
    }
}

fn untold(tale: &Tale) -> String {
    match tale {
        Tale::NotReported => NOT_REPORTED.to_owned(),
        Tale::WarmingUp(needs_s) => progress(0, *needs_s),
        Tale::Slow(trend) | Tale::Judged(trend) => slow(trend),
    }
}

/// `协程：增长 241/小时`, and all the rest.
pub(crate) fn turned(judged: &Trend) -> String {
    format!("{}：{}", trend_name(judged.metric), trend(judged))
}

/// The metric in front of its trend.
pub(crate) const fn trend_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Heap => "内存",
        _ => held::noun(metric),
    }
}

/// All of it: `增长 241/小时（220 到 262），看了 28m；负载没有变化；…`.
fn trend(trend: &Trend) -> String {
    match trend.course {
        Course::Growing => growing(trend),
        Course::Stable => stable(trend),
        Course::Step => stepped(trend),
        Course::Inconclusive => inconclusive(trend),
    }
}

fn growing(trend: &Trend) -> String {
    let rate = rate(trend);
    let mut parts = vec![match trend.rise {
        Some(rise) => format!("上升到 {} 为止，之后增长 {rate}", clock(rise.after_s)),
        None => format!("{} 内增长 {rate}", time(trend.span_s)),
    }];
    parts.extend(danger(trend, "照此速度 "));
    parts.push(load(trend.load).to_owned());
    parts.join("；")
}

fn stable(trend: &Trend) -> String {
    let over = time(trend.span_s);
    match trend.reasons.first() {
        Some(Why::Slight) => format!("{over} 内上升 {}，很小{}", rate(trend), unseen(trend)),
        Some(Why::Levelled) if trend.rise.is_some() => format!("{}{}", level_since(trend), unseen(trend)),
        Some(Why::Slowing) => "上升越来越慢：没有泄漏".to_owned(),
        Some(Why::Levelled) => format!("早期上升之后持平，看了 {over}{}", unseen(trend)),
        Some(Why::Unconfirmed) => format!("{over} 内上升 {}；下一次也看到才算", rate(trend)),
        // A steep one that few blocks cannot tell from chance: what goes unseen is not the point.
        _ if is_steep(trend) => format!("{over} 内上升 {}，目前可能只是偶然", rate(trend)),
        _ => format!("{over} 内没有增长{}", unseen(trend)),
    }
}

fn stepped(trend: &Trend) -> String {
    let amount = |level| amount(trend.metric, level);
    let levels = trend.first.zip(trend.last);
    let levels = levels.map(|(first, last)| format!("，从 {} 到 {}", amount(first), amount(last)));
    format!("一个台阶{}，前后持平，看了 {}：没有泄漏", levels.unwrap_or_default(), time(trend.span_s))
}

/// Why it cannot be told what it does.
fn inconclusive(trend: &Trend) -> String {
    match trend.reasons.first() {
        Some(Why::TooShort) => short(trend, &progress(trend.blocks, trend.needs_s)),
        Some(Why::LoadUndetermined) => {
            "无法判断：负载变化了，它的开销看起来像泄漏；负载平稳时再观察".to_owned()
        }
        Some(Why::RisenLately) => risen(trend),
        Some(Why::Slowing) => "还无法判断：上升越来越慢，像刚启动之后；继续观察".to_owned(),
        Some(Why::MayLevelOff) => {
            let more = trend.needs_s.map(|needs| format!("：还要 {}", time(needs))).unwrap_or_default();
            format!("{} 内上升 {}；太早，分不清泄漏与预热{more}", time(trend.span_s), rate(trend))
        }
        Some(Why::NoValues) => NOT_REPORTED.to_owned(),
        _ => "无法判断：看到的可能只是偶然".to_owned(),
    }
}

/// `上升到 00:12 为止，之后持平`
pub(super) fn level_since(trend: &Trend) -> String {
    let until = trend.rise.map_or_else(String::new, |rise| format!("到 {} 为止", clock(rise.after_s)));
    format!("上升{until}，之后持平")
}

/// A rise at the end, of which it cannot be told yet what it is.
fn risen(trend: &Trend) -> String {
    let to = trend.last.map(|last| format!("到 {}", amount(trend.metric, last))).unwrap_or_default();
    format!("无法判断：末尾上升{to}，可能是台阶，也可能是泄漏的开始；继续观察")
}

/// A short form: how fast, and how long until it is danger.
fn trend_in_short(trend: &Trend) -> String {
    let each = || trend.slope_per_h.map(|slope| slope_in_short(trend, slope, false)).unwrap_or_default();
    match (trend.course, trend.reasons.first()) {
        (Course::Growing, _) => {
            let parts = [Some(format!("增长 {}", each())), danger(trend, "")];
            parts.into_iter().flatten().collect::<Vec<_>>().join("；")
        }
        (Course::Stable, Some(Why::Unconfirmed | Why::Slight)) => format!("上升 {}", each()),
        (Course::Stable, Some(Why::Levelled)) if trend.rise.is_some() => level_since(trend),
        (_, Some(Why::Slowing)) => "上升越来越慢".to_owned(),
        (Course::Stable, _) if is_steep(trend) => format!("上升 {}？", each()),
        (Course::Inconclusive, Some(Why::MayLevelOff)) => format!("上升 {}：泄漏还是预热？", each()),
        (Course::Stable, _) => "没有增长".to_owned(),
        (Course::Step, _) => "一个台阶，没有泄漏".to_owned(),
        (Course::Inconclusive, Some(Why::TooShort)) => match &trend.rising {
            Some(rising) => rising_in_short(rising),
            None => progress(trend.blocks, trend.needs_s),
        },
        (Course::Inconclusive, Some(Why::RisenLately)) => "末尾上升：台阶或泄漏".to_owned(),
        (Course::Inconclusive, _) => "无法判断".to_owned(),
    }
}

/// Until when there must be a restart.
pub(super) fn restart(trend: Option<&Trend>) -> String {
    let danger = trend.and_then(|trend| trend.time_to_danger);
    if danger.is_some_and(|danger| danger.is_past()) {
        return "尽快重启：已处于危险".to_owned();
    }
    match danger.and_then(|danger| danger.soonest_s).filter(|soonest| *soonest > 0.0) {
        Some(soonest) => format!("安排 {} 内重启，赶在危险之前", time(soonest)),
        None => "安排重启，赶在危险之前".to_owned(),
    }
}

/// How far a watch is from its first judgement.
fn progress(blocks: usize, needs_s: Option<f64>) -> String {
    let more = needs_s.map(|needs| format!("：还要 {}", time(needs))).unwrap_or_default();
    format!("预热 {}/{BLOCKS} 块{more}", blocks.min(BLOCKS))
}

/// Where it takes longer than the operator was told.
fn slow(trend: &Trend) -> String {
    let more = trend.needs_s.map(|needs| format!("，还要 {}", time(needs))).unwrap_or_default();
    let slow = format!("需要更久，采样与之前的相似：{}/{BLOCKS} 块{more}", trend.blocks.min(BLOCKS));
    short(trend, &slow)
}

/// What is plain to the eye comes before how far it is to the first judgement.
fn short(trend: &Trend, progress: &str) -> String {
    let seen = trend.rising.as_ref().map(rose).or_else(|| flat(trend));
    seen.map_or_else(|| progress.to_owned(), |seen| format!("{seen}；{progress}"))
}

/// The slope and its 95 % interval: `241/小时（220 到 262）`.
fn rate(trend: &Trend) -> String {
    let Some(slope) = trend.slope_per_h else { return String::new() };
    let slopes = Slopes::of(trend);
    let interval = trend
        .slope_ci
        .map(|[low, high]| format!("（{} 到 {}）", slopes.bare(low, false), slopes.bare(high, false)));
    format!("{}{}", slope_in_short(trend, slope, false), interval.unwrap_or_default())
}

const fn load(basis: LoadBasis) -> &'static str {
    match basis {
        LoadBasis::Explained => "已扣除负载能解释的部分",
        LoadBasis::InFlight => "已扣除进行中请求的开销",
        LoadBasis::Constant => "负载没有变化",
        LoadBasis::Steady => "负载平稳（--steady-load）",
        LoadBasis::Requests => "请求速率没有变化",
        LoadBasis::Allocation | LoadBasis::Collections => "分配速率没有变化",
        LoadBasis::Outgrown => "远超负载（或代表它的指标）的增长",
        LoadBasis::Undetermined | LoadBasis::Unknown => "可能由负载引起",
    }
}

/// When it is danger, as far as can be foretold.
pub(super) fn danger(trend: &Trend, rate: &str) -> Option<String> {
    let danger = trend.time_to_danger?;
    let end = if trend.metric.is_resource() { "到达上限" } else { "进入危险" };
    let TimeToDanger { soonest_s, latest_s, horizon_s, .. } = danger;
    Some(match (soonest_s, latest_s) {
        _ if danger.is_past() => format!("已超过{}", held::end(trend.metric)),
        // A level is not known to the second.
        (_, Some(latest)) if latest <= 60.0 => format!("{rate}一分钟内{end}"),
        (Some(soonest), Some(latest)) if time(soonest) == time(latest) => {
            format!("{rate}约 {} 后{end}", time(latest))
        }
        (Some(soonest), Some(latest)) => format!("{rate}{} 到 {} 后{end}", time(soonest), time(latest)),
        (Some(soonest), None) => format!("{rate}至少 {} 后{end}", time(soonest)),
        (None, _) => format!("{rate}{} 之后才{end}", time(horizon_s)),
    })
}

fn unseen(trend: &Trend) -> String {
    let least = trend.min_detectable_slope_per_h.filter(|slope| slope.is_finite());
    least
        .map(|slope| format!("；这次观察能看出的最小斜率是 {}", slope_in_short(trend, slope, false)))
        .unwrap_or_default()
}
