//! Findings of a comparison, by thresholds and gates.

use vitals::units::{format_size, format_sizes};

use super::sides::{flawed, kinds, name, tasks, within};
use super::statistics;
use crate::finding::{Bound, Compare, Fit, Grown, Idle, Lack, Load, Peak, Weighed, Who};
use crate::words::en::percent;

/// The sentence; empty where there is nothing to say.
pub(super) fn finding(said: &Compare) -> String {
    match said {
        Compare::Fine => String::new(),
        Compare::Samples { who, counted, needed, lack } => samples(who, *counted, *needed, lack.as_ref()),
        Compare::Level { who, reason, before } => {
            let usual = before.map(|before| match reason.limit {
                vitals::Limit::Memory | vitals::Limit::Resident { .. } => usual(&format_size(before)),
                _ => usual(&before.to_string()),
            });
            format!("{}水平：{}{}", name(who), super::reason(reason), usual.unwrap_or_default())
        }
        Compare::Requests { who, reason, before } => {
            let errors = matches!(reason.limit, vitals::Limit::Errors { .. });
            let before = before.filter(|_| errors).map(super::error_percent);
            let before = before.map(|before| format!("（基准：{before}）")).unwrap_or_default();
            format!("{}：{}{before}", name(who), super::reason(reason))
        }
        Compare::Peak(said) => peak(said),
        Compare::Idle(said) => idle(said),
        Compare::NoPeak { who, limit } => {
            format!("无法判断峰值是否低于 {limit}：{}没有协程数", name(who))
        }
        Compare::Weighed(said) => weighed(said),
        Compare::Grown(said) => grown(said),
        Compare::Statistics(said) => statistics::told(said),
        Compare::Alone { who, trend, beyond, short } => {
            statistics::alone(who, trend, *beyond, short.as_ref())
        }
        Compare::Drift { from, to, trend, beyond } => statistics::drift([from, to], trend, *beyond),
        Compare::MissingDays { ends: [first, last], count, silence: [from, to] } => {
            let which = match count {
                1 => first.to_string(),
                2 => format!("{first} 和 {last}"),
                _ => format!("{first} 至 {last}"),
            };
            format!("缺少 {which}：{} 到 {} 之间没有一行", from.minute(None), to.minute(None))
        }
        Compare::NothingCompared { columns: 0 | 1 } => "只有一天：没有可以对比的".to_owned(),
        Compare::NothingCompared { columns } => {
            format!("{columns} 列都无法与更早的对比：记录更长时间")
        }
    }
}

fn samples(who: &Who, n: u64, needed: u64, lack: Option<&Lack>) -> String {
    let who = name(who);
    match lack {
        None => format!("{who}有 {n} 次成功的轮询"),
        Some(Lack::TooFew) => format!("{who}有 {n} 次成功的轮询，需要 {needed} 次：记录更长时间"),
        Some(Lack::Flaw(flaw)) => flawed(&who, *flaw),
        Some(Lack::Silent(kinds)) => {
            let failed: u64 = kinds.iter().map(|(_, n)| n).sum();
            format!(
                "{who}没有成功的轮询，{failed} 次失败（{}）",
                self::kinds(kinds.iter().map(|(k, n)| (k, n)))
            )
        }
    }
}

fn usual(before: &str) -> String {
    format!("，基准也是如此（{before}）")
}

fn peak(said: &Peak) -> String {
    let Peak { who, peak, beyond, at, limit, is_gate, before } = said;
    let at = at.map(|at| format!("，在 {}", at.long())).unwrap_or_default();
    let relation = match is_gate {
        false if peak > limit => format!("超过危险阈值 {limit}"),
        false => format!("未超过危险阈值 {limit}"),
        true if peak >= limit => format!("必须低于 --max-peak 的 {limit}"),
        true => format!("低于 --max-peak 的 {limit}"),
    };
    let usual = before.map(|before| usual(&before.to_string())).unwrap_or_default();
    format!("{}峰值：{peak} 个{}{at}，{relation}{usual}", name(who), tasks(*beyond))
}

fn idle(Idle { who, than, load, before, now, allowed }: &Idle) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for display")]
    let size = |rate: f64| format_size(rate as u64);
    let (before, now) = match load {
        Load::InFlight => (before.to_string(), format!("{now} 个进行中的请求")),
        Load::Requests => (format!("{before:.1}"), format!("每秒 {now:.1} 个请求")),
        Load::Allocation => (size(*before), format!("每秒分配 {}", size(*now))),
    };
    let end = if *allowed { "：--allow-idle 允许这样" } else { "" };
    format!("{}空闲：中位数 {now}，而{}是 {before}{end}", name(who), within(than))
}

fn weighed(said: &Weighed) -> String {
    let Weighed { found, is_peak, is_memory, at, above: (bound, limit), stands, ratio, load, fit } = said;
    let at = at.map(|at| format!("，在 {}", at.long())).unwrap_or_default();
    let (found, limit) = match is_memory {
        true => {
            let [found, limit] = format_sizes(*found, *limit);
            (format!("存活内存 {found}"), limit)
        }
        false => (format!("{found} 个协程"), limit.to_string()),
    };
    let bound = match bound {
        Bound::Warning => "警告",
        Bound::Danger => "危险",
        Bound::Severe => "严重",
    };
    let (what, peak) = if *is_peak { ("峰值", "最高") } else { ("水平", "") };
    let (load, known) = match load {
        Load::InFlight => ("负载", true),
        Load::Requests => ("请求速率", false),
        Load::Allocation => ("分配速率", false),
    };
    let why = match (fit, known) {
        (Fit::Proportion, _) => "：与负载成比例",
        (Fit::Doubt, true) => "：超出比例，像突发，也像泄漏",
        (Fit::Doubt, false) => "，它代表负载：分不清是负载还是泄漏",
    };
    let but = stands.map(|warning| format!("，但也超过警告阈值 {warning}")).unwrap_or_default();
    format!("当前{what}：{found}{at}，超过{bound}阈值 {limit}，{peak}{load}是基准的 {ratio:.1} 倍{why}{but}")
}

fn grown(said: &Grown) -> String {
    let Grown { who, over, growth, beyond, max, noise } = said;
    let what = match over {
        Some(over) => format!("{}水平对{}水平", name(who), within(over)),
        None => format!("{}最后五分之一对最初五分之一", name(who)),
    };
    let Some(growth) = growth else { return format!("{what}：无法判断，因为缺少数量") };
    let percent = percent(*growth).map(|percent| format!("（{percent}）")).unwrap_or_default();
    let over = growth.percent().is_none_or(|percent| percent > *max) && growth.to > growth.from;
    let relation = match noise {
        Some(noise) => format!("超过 {max} %，但不多于 {noise} 个，属于噪声"),
        None if over => format!("超过允许的 {max} %"),
        None => format!("未超过允许的 {max} %"),
    };
    format!("{what}：{} 到 {} 个{}{percent}，{relation}", growth.from, growth.to, tasks(*beyond))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_stand_apart_from_chinese() {
        let grown = |who, over| {
            finding(&Compare::Grown(Grown { who, over, growth: None, beyond: false, max: 20.0, noise: None }))
        };
        let named = |name: &str| Who::Named(name.to_owned());
        assert_eq!(
            grown(named("b.csv"), Some(named("a.csv"))),
            "b.csv 水平对 a.csv 水平：无法判断，因为缺少数量"
        );
        assert_eq!(grown(Who::Current, Some(Who::Baseline)), "当前水平对基准水平：无法判断，因为缺少数量");
    }
}
