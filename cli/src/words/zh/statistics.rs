//! What statistics say of two sides, of one without an earlier one, and of many.

use vitals::trend::{CompareVerdict, Course, LoadBasis, Metric, MetricComparison, Step, Trend, Why};
use vitals::units::format_duration;

use super::early::{flat, rising, ruled_out};
use super::sides::{flawed, name, subject, within};
use super::trend::{danger, level_since};
use super::{amount, held, slope_in_short, trend_name};
use crate::finding::{Came, Missing, Short, Statistics, When, Who};
use crate::words::en::slope::grouped;
use crate::words::en::statistics::length;

/// One metric of two sides.
pub(super) fn told(said: &Statistics) -> String {
    sentence(said) + &came(said)
}

fn sentence(said: &Statistics) -> String {
    let Statistics { found, now, beyond, .. } = said;
    let what = subject(found.metric, *beyond);
    let trend = &found.current.trend;
    let grows = trend.course == Course::Growing;
    let load = || load_of(said, found);
    match (found.verdict, found.reasons.first()) {
        (_, Some(Why::SteppedUp)) => stepped_up(said, what),
        (CompareVerdict::Warning | CompareVerdict::Leak, _) if found.metric.is_resource() && grows => {
            let limit = danger(trend, "").map(|limit| format!("，{limit}"));
            format!("{}{}{}", of(now), growth(trend, what), limit.unwrap_or_default())
        }
        (CompareVerdict::Leak, _) => format!("泄漏：{}{}", of(now), growth(trend, what)),
        (CompareVerdict::Warning, Some(Why::NotLoadAdjusted)) if grows => {
            format!("繁忙或泄漏：{}{}", of(now), growth(trend, what))
        }
        (CompareVerdict::Regression, _) => {
            let step = found.step.as_ref().map(|at| format!("；{}", step(said, at)));
            format!("退化：{}；{}{}", higher(said, found, what), load(), step.unwrap_or_default())
        }
        (CompareVerdict::Warning, _) => format!("{}；{}", higher(said, found, what), load()),
        (CompareVerdict::Unknown, why) => untold(said, what, why),
        (CompareVerdict::Ok, why) => fine(said, what, why),
    }
}

/// It cannot be told, and what is missing.
fn untold(said: &Statistics, what: &str, why: Option<&Why>) -> String {
    let Statistics { found, now, .. } = said;
    let trend = &found.current.trend;
    if let Some(rising) = rising(what, trend) {
        return rising;
    }
    match why {
        Some(Why::LoadsDiffer) => format!("{what}无法判断：{}", load_of(said, found)),
        Some(Why::RisenLately) => {
            let amount = |value| amount(found.metric, value, false);
            let levels = trend.first.zip(trend.last);
            let levels = levels.map(|(first, last)| format!("，从 {} 到 {}", amount(first), amount(last)));
            format!(
                "{what}无法判断：{}末尾上升{}，可能是台阶，也可能是泄漏的开始；继续记录",
                name(now),
                levels.unwrap_or_default()
            )
        }
        Some(Why::Slowing) => format!("{what}无法判断：{}上升越来越慢；继续记录", name(now)),
        Some(Why::MayLevelOff) => {
            format!("还分不清泄漏与预热：{}{}；继续记录", of(now), growth(trend, what))
        }
        _ => {
            let short: Vec<String> = said.short.iter().map(short).collect();
            let short = short.join("；");
            match ruled_out(trend) {
                Some(slope) => format!("{what}可能以不超过 {slope} 增长，无法排除：{short}"),
                None => format!("{what}数据太少，无法统计：{short}"),
            }
        }
    }
}

/// There is nothing to complain of.
fn fine(said: &Statistics, what: &str, why: Option<&Why>) -> String {
    let Statistics { found, before, now, .. } = said;
    let trend = &found.current.trend;
    match why {
        Some(Why::Levelled) if trend.rise.is_some() => {
            format!("{what}：{}{}", name(now), level_since(trend))
        }
        Some(Why::Slowing) => {
            format!("{what}在{}上升越来越慢，没有高于{}", within(now), within(before).trim_end())
        }
        Some(Why::Flat) => format!("{what}：{}", flat(trend).unwrap_or_else(|| "没有增长".to_owned())),
        Some(Why::BothRise) => both_rise(said),
        _ => match found.p {
            Some(p) => format!("{what}：没有明显差别，没有增长（p={p:.3}）"),
            None => format!("{what}：没有增长"),
        },
    }
}

/// `协程两侧同样上升：基准 +600/小时，当前 +640/小时`
pub(super) fn both_rise(said: &Statistics) -> String {
    let Statistics { found, before, now, beyond, .. } = said;
    let slope = |trend: &Trend| slope_in_short(trend, trend.slope_per_h.unwrap_or_default(), true);
    let [older, newer] = [&found.baseline, &found.current].map(|side| slope(&side.trend));
    let what = subject(found.metric, *beyond);
    let [before, now] = [before, now].map(|who| name(who).trim_end().to_owned());
    format!("{what}两侧同样上升：{before} {older}，{now} {newer}")
}

/// The end of a sentence about a level that is higher.
fn came(said: &Statistics) -> String {
    match &said.came {
        Some(Came::Since(at, day)) => format!("；约从 {} 起", at.minute(day.as_ref())),
        Some(Came::BitByBit) => "；是一点一点升高的".to_owned(),
        None => String::new(),
    }
}

/// `当前 14:32:05 协程有一个台阶 +21.0 %（1000 到 1210）`
pub(super) fn step(said: &Statistics, step: &Step) -> String {
    let metric = said.found.metric;
    let share = step.share().map(|share| format!("{:+.1} %", share * 100.0));
    let by = share.unwrap_or_else(|| amount(metric, step.to - step.from, true));
    let [from, to] = [step.from, step.to].map(|level| amount(metric, level, false));
    let at = said.step.map(|at| format!("{} ", when(at))).unwrap_or_default();
    let who = name(&said.now);
    format!("{} {at}{}有一个台阶 {by}（{from} 到 {to}）", who.trim_end(), trend_name(metric))
}

fn when(when: When) -> String {
    match when {
        When::At(at, day) => at.short(day.as_ref()),
        When::After(time) => format!("{} 后", format_duration(time)),
    }
}

/// A step, after which the rest decided.
fn stepped_up(said: &Statistics, what: &str) -> String {
    let Some((at, since)) = said.found.step.as_ref().zip(said.since()) else {
        return format!("{what}：一个台阶");
    };
    let step = step(said, at);
    let load = || load_of(said, since);
    match since.verdict {
        CompareVerdict::Leak => format!("泄漏：{step}，之后{}", growth(&since.current.trend, what)),
        CompareVerdict::Regression => {
            format!("退化：{step}；之后{}；{}", higher(said, since, what), load())
        }
        CompareVerdict::Unknown if since.reasons.contains(&Why::LoadsDiffer) => {
            format!("{what}无法判断：{step}，之后负载也更高")
        }
        CompareVerdict::Unknown => {
            let more = said.short.iter().find_map(|short| match short.lack {
                Missing::Blocks(.., more) => Some(length(more)),
                _ => None,
            });
            format!("{what}无法判断：{step}，之后数据太少，约再记录 {}", more.unwrap_or_default())
        }
        CompareVerdict::Ok | CompareVerdict::Warning => {
            format!("{step}；之后{}；{}", higher(said, since, what), load())
        }
    }
}

fn between(metric: Metric, ends: Option<[f64; 2]>) -> String {
    let show = |[low, high]: [f64; 2]| {
        format!("（{} 到 {}）", amount(metric, low, true), amount(metric, high, true))
    };
    ends.map(show).unwrap_or_default()
}

/// `协程增长 1,080/小时，11m 内多了 198`
pub(super) fn growth(trend: &Trend, what: &str) -> String {
    let slope = slope_in_short(trend, trend.slope_per_h.unwrap_or_default(), false);
    let grown = trend.growth.unwrap_or_default();
    let grown = match trend.metric {
        Metric::Tasks => grouped(grown),
        metric => amount(metric, grown, false),
    };
    format!("{what}增长 {slope}，{} 内多了 {grown}", length(trend.span_s))
}

/// Of two sides it goes without saying which one is judged.
fn of(who: &Who) -> String {
    match who {
        Who::Current => String::new(),
        who => name(who),
    }
}

fn higher(said: &Statistics, found: &MetricComparison, what: &str) -> String {
    let shift = amount(found.metric, found.shift.unwrap_or_default(), true);
    let share = found.shift_share.map(|share| format!("，{:+.1} %", share * 100.0)).unwrap_or_default();
    let p = found.p_adjusted.map(|p| format!("，p={p:.3}")).unwrap_or_default();
    format!(
        "{}的{what}水平比{}高 {shift}{}{share}{p}",
        name(&said.now),
        within(&said.before),
        between(found.metric, found.shift_ci),
    )
}

pub(super) fn alone(who: &Who, trend: &Trend, beyond: bool, short: Option<&Short>) -> String {
    let what = subject(trend.metric, beyond);
    let who = name(who);
    match (trend.course, short) {
        (Course::Growing, _) if trend.verdict == vitals::Verdict::Danger => {
            format!("泄漏：{who}{}", growth(trend, what))
        }
        (Course::Growing, _) => format!("繁忙或泄漏：{who}{}", growth(trend, what)),
        (_, Some(_)) if let Some(rising) = rising(what, trend) => format!("{}：{rising}", who.trim_end()),
        (_, Some(short)) => format!("{what}数据太少，无法统计：{}", self::short(short)),
        _ if trend.reasons.first() == Some(&Why::Slowing) => {
            format!("{who}{what}上升越来越慢，没有更早的可以对比")
        }
        _ if trend.rise.is_some() => {
            format!("{what}：{who}{}，没有更早的可以对比", level_since(trend))
        }
        _ if trend.course == Course::Inconclusive => {
            format!("{what}：太短，无法判断增长，没有更早的可以对比")
        }
        _ => format!("{what}：没有增长，没有更早的可以对比"),
    }
}

pub(super) fn drift([first, last]: [&str; 2], trend: &Trend, beyond: bool) -> String {
    let metric = trend.metric;
    let slope = amount(metric, trend.slope_per_h.unwrap_or_default() * 24.0, true);
    let ends = between(metric, trend.slope_ci.map(|ends| ends.map(|end| end * 24.0)));
    let grown = trend.growth.unwrap_or_default();
    let from = trend.first.filter(|from| *from > 0.0);
    let share = from.map(|from| format!("，{:+.0} %", grown / from * 100.0)).unwrap_or_default();
    format!(
        "漂移：{first} 至 {last} {}一点一点升高，每天 {slope}{ends}，共 {}{share}；{}",
        subject(metric, beyond),
        amount(metric, grown, true),
        basis(trend.load)
    )
}

fn short(Short { who, lack }: &Short) -> String {
    let who = name(who);
    match lack {
        Missing::Flaw(flaw) => flawed(&who, *flaw),
        Missing::NotReported => format!("{who}不报告它"),
        Missing::Blocks(blocks, of, more) => {
            format!("{who}需要 {of} 块，只有 {blocks} 块，约再记录 {}", length(*more))
        }
    }
}

/// How the load was taken into account.
pub(crate) fn load(said: &Statistics) -> String {
    load_of(said, &said.found)
}

fn load_of(said: &Statistics, found: &MetricComparison) -> String {
    // Growth within a side is judged by the load within it.
    let trend = &found.current.trend;
    match trend.load {
        LoadBasis::Outgrown if trend.course == Course::Growing => return basis(trend.load).to_owned(),
        LoadBasis::Unknown if trend.course == Course::Growing => {
            return "对负载的了解不能排除只是更忙".to_owned();
        }
        _ => {}
    }
    if found.reasons.contains(&Why::LoadsDiffer) && found.load != LoadBasis::Undetermined {
        return format!("{}，水平升高与负载升高差不多", differ(said));
    }
    match found.load {
        LoadBasis::InFlight => {
            let reference = said.in_flight.map(|n| format!("{n} 个")).unwrap_or_default();
            let cost = found.beta.map(|beta| match found.metric {
                metric if metric.is_bytes() => format!("，每个 {}", amount(metric, beta, false)),
                metric => format!("，每个 {beta:.1} 个{}", held::noun(metric)),
            });
            format!("折算到 {reference}进行中的请求{}", cost.unwrap_or_default())
        }
        LoadBasis::Undetermined => format!("{}，{}", differ(said), basis(found.load)),
        other => basis(other).to_owned(),
    }
}

/// How the load was taken into account, without its numbers.
const fn basis(basis: LoadBasis) -> &'static str {
    match basis {
        LoadBasis::Explained => "已扣除负载能解释的部分",
        LoadBasis::InFlight => "按相同的进行中请求数",
        LoadBasis::Constant => "负载相同，或与此无关",
        LoadBasis::Steady => "已说明负载平稳",
        LoadBasis::Requests => "请求速率相同，它代表负载",
        LoadBasis::Allocation => "分配速率相同，它代表负载",
        LoadBasis::Collections => "GC 频率相同，它代表负载",
        LoadBasis::Outgrown => "负载（或代表它的指标）的增长远小于此",
        LoadBasis::Undetermined => "无法确定每个请求的开销",
        LoadBasis::Unknown => "负载未知：可能只是更忙",
    }
}

fn differ(said: &Statistics) -> String {
    match said.differ {
        Some(percent) => format!("两侧负载相差 {percent:.0} %"),
        None => "两侧负载不同".to_owned(),
    }
}
