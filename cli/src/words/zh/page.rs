//! A page for people who were not there: its trends in sentences, its captions and its method.

use std::time::Duration;

use vitals::Measure;
use vitals::trend::{Course, LoadBasis, Metric, TimeToDanger, Trend, Why};
use vitals::units::format_duration;

use super::early::{flat, rising};
use super::{Slopes, held, slope_in_short};
use crate::finding::Event;
use crate::words::en::page::{amount, typeset};

/// One trend in one or two sentences.
pub(crate) fn page_trend(trend: &Trend) -> String {
    let name = match trend.metric {
        Metric::Tasks if trend.load == LoadBasis::Explained => "未解释协程",
        metric => held::noun(metric),
    };
    match trend.course {
        Course::Growing => format!("{name}增长{}。{}{}", rate(trend), load(trend), danger(trend)),
        Course::Stable if trend.rise.is_some() => {
            format!("{name}{}。{}", super::trend::level_since(trend), unseen(trend))
        }
        Course::Stable => format!("{name}{}。{}", why(trend), unseen(trend)),
        Course::Step => {
            let from_to = trend.first.zip(trend.last).map(|(first, last)| {
                format!("，从 {} 到 {}", amount(trend.metric, first), amount(trend.metric, last))
            });
            format!("{name}变化一次{}，其余持平：没有泄漏。", from_to.unwrap_or_default())
        }
        Course::Inconclusive if let Some(rising) = rising(name, trend) => format!("{rising}。"),
        Course::Inconclusive if let Some(flat) = flat(trend) => format!("{name} {flat}。"),
        Course::Inconclusive => format!("{name}是否增长无法判断：{}。", unknown(trend)),
    }
}

/// The slope with its interval, for a table; empty where there is none.
pub(crate) fn page_slope(trend: &Trend) -> String {
    trend
        .slope_per_h
        .map(|slope| format!("{}（{}）", typeset(&slope_in_short(trend, slope, true)), course(trend.course)))
        .unwrap_or_default()
}

const fn course(course: Course) -> &'static str {
    match course {
        Course::Stable => "稳定",
        Course::Growing => "增长",
        Course::Step => "台阶",
        Course::Inconclusive => "无法判断",
    }
}

fn rate(trend: &Trend) -> String {
    let Some(slope) = trend.slope_per_h else { return String::new() };
    let slopes = Slopes::of(trend);
    let interval = trend.slope_ci.map(|[low, high]| {
        format!("（95 % 区间 {} 到 {}）", slopes.bare(low, false), slopes.bare(high, false))
    });
    typeset(&format!(" {}{}", slope_in_short(trend, slope, false), interval.unwrap_or_default()))
}

fn load(trend: &Trend) -> &'static str {
    match trend.load {
        LoadBasis::Explained | LoadBasis::Steady => "",
        LoadBasis::InFlight => "已扣除进行中请求的开销。",
        LoadBasis::Constant => "负载没有变化。",
        LoadBasis::Requests => "请求速率没有变化：不是负载造成的。",
        LoadBasis::Allocation | LoadBasis::Collections => "分配速率没有变化：不是负载造成的。",
        LoadBasis::Outgrown => "负载（或代表它的指标）的增长远小于此。",
        LoadBasis::Undetermined | LoadBasis::Unknown => {
            "负载未知：可能只是更忙的时段。与相同负载的记录对比。"
        }
    }
}

fn danger(trend: &Trend) -> String {
    let Some(danger) = &trend.time_to_danger else { return String::new() };
    let TimeToDanger { s, soonest_s, latest_s, horizon_s } = danger;
    let end = if trend.metric.is_resource() { "到达上限" } else { "进入危险" };
    let time = |seconds: f64| {
        let minutes = Duration::try_from_secs_f64(seconds.max(60.0) / 60.0).unwrap_or_default().as_secs();
        format_duration(Duration::from_secs(minutes * 60))
    };
    match (soonest_s, latest_s, s) {
        _ if danger.is_past() && trend.metric.is_resource() => "已经超过上限。".to_owned(),
        _ if danger.is_past() => "已经超过危险阈值。".to_owned(),
        (_, Some(latest), _) if *latest <= 60.0 => format!("照此速度一分钟内{end}。"),
        (Some(soonest), Some(latest), _) if time(*soonest) == time(*latest) => {
            format!("照此速度约 {} 后{end}。", time(*latest))
        }
        (Some(soonest), Some(latest), _) => {
            format!("照此速度 {} 到 {} 后{end}。", time(*soonest), time(*latest))
        }
        (Some(soonest), None, _) => format!("照此速度至少 {} 后{end}。", time(*soonest)),
        _ => format!("照此速度 {} 之后才{end}。", time(*horizon_s)),
    }
}

fn why(trend: &Trend) -> &'static str {
    match trend.reasons.first() {
        Some(Why::Slight) => "没有明显增长",
        Some(Why::Levelled) => "早期上升之后不再增长",
        _ => "没有增长",
    }
}

fn unseen(trend: &Trend) -> String {
    let least = trend.min_detectable_slope_per_h.filter(|slope| slope.is_finite());
    least
        .map(|slope| format!("这份记录能看出的最小斜率是 {}。", slope_in_short(trend, slope, false)))
        .unwrap_or_default()
}

fn unknown(trend: &Trend) -> String {
    let more = || {
        trend.needs_s.and_then(|needs| Duration::try_from_secs_f64(needs.ceil()).ok()).map(format_duration)
    };
    match trend.reasons.first() {
        Some(Why::NoValues) => "没有一行报告它".to_owned(),
        Some(Why::TooShort) => {
            let more = more().map(|more| format!("，约还要 {more}"));
            format!("记录太短{}", more.unwrap_or_default())
        }
        Some(Why::RisenLately) => "末尾上升，可能是台阶，也可能是泄漏的开始：继续记录".to_owned(),
        Some(Why::Slowing) => "增长在放缓，像刚启动之后：继续记录".to_owned(),
        Some(Why::MayLevelOff) => {
            let more = more().map(|more| format!("：约再记录 {more}"));
            format!("增长{}还在继续，太早，分不清泄漏与预热{}", rate(trend), more.unwrap_or_default())
        }
        Some(Why::LoadUndetermined) => "负载变化了，它的开销看起来与泄漏一样".to_owned(),
        _ => "看到的可能只是偶然".to_owned(),
    }
}

/// Above a chart.
pub(crate) const fn chart_title(metric: Measure, one_load: bool) -> &'static str {
    match metric {
        Measure::Unexplained if one_load => "同一负载下的协程",
        Measure::Goroutines => "协程",
        Measure::Unexplained => "负载未解释的协程",
        Measure::AllocBytes => "存活内存",
        Measure::RssBytes => "常驻内存",
        Measure::OpenFds => "打开的文件描述符",
        Measure::Threads => "线程",
        Measure::InFlight => "进行中的请求",
        Measure::Latency => "轮询延迟",
        Measure::UpstreamOpen => "上游连接",
        _ => "",
    }
}

/// Behind a chart's title: all goroutines, where there is a chart of the others; the failed polls of so many.
pub(crate) fn chart_caption(
    metric: Measure,
    explained: bool,
    one_load: Option<u64>,
    [failed, polls]: [u64; 2],
) -> String {
    match metric {
        Measure::Unexplained => {
            one_load.map(|load| format!("，假设一直有 {load} 个请求进行中")).unwrap_or_default()
        }
        Measure::Goroutines if explained => "，全部".to_owned(),
        Measure::Latency if failed > 0 => {
            format!("，{polls} 次轮询中 {failed} 次失败：下缘的标记")
        }
        Measure::Latency => "，没有失败".to_owned(),
        _ => String::new(),
    }
}

/// For those who cannot see it: the lowest, the highest, the median and the last value.
pub(crate) fn chart_line(name: &str, numbers: Option<[String; 4]>) -> String {
    match numbers {
        Some([min, max, median, last]) => {
            format!("{name}：{min} 到 {max}，中位数 {median}，最后 {last}。")
        }
        None => format!("{name}：未报告。"),
    }
}

pub(crate) fn page_heading(target: Option<&str>, name: &str) -> String {
    target.map_or_else(|| format!("记录 {name}"), |target| format!("{target} 的记录"))
}

pub(crate) fn levels_and_peaks(said: &str) -> String {
    format!("水平与峰值：{said}。")
}

/// When it began, how long it took, and how often it was polled.
pub(crate) fn page_subtitle(from: &str, length: &str, polls: u64, every: Option<String>) -> String {
    let every = every.map(|every| format!("，每 {every} 一次")).unwrap_or_default();
    format!("{from} 起，共 {length}，{polls} 次轮询{every}")
}

pub(crate) fn event(event: Event<'_>) -> String {
    match event {
        Event::Failed { failed, polls, kinds } => format!("{polls} 次轮询中 {failed} 次失败：{kinds}"),
        Event::Restarted(at) => format!("目标重启：发现于 {at}"),
        Event::Gap([time, from, to]) => format!("{time} 没有数据：从 {from} 到 {to}"),
        Event::MoreRestarts(more) => format!("另有 {more} 次重启"),
        Event::Instances(count) => super::instances(count),
        Event::MoreGaps(more) => format!("另有 {more} 处空缺"),
        Event::Foreign(lines) => format!("文件中 {lines} 行不是数据"),
    }
}

/// Above a table on a narrow screen.
pub(crate) const fn scrolls() -> &'static str {
    "表格显示不全时，可以向右滚动。"
}

pub(crate) const fn uneventful() -> &'static str {
    "没有失败的轮询，没有缺行，没有重启。"
}

pub(crate) const fn local_times() -> &'static str {
    "写入它的机器的本地时间"
}

pub(crate) const fn no_notes() -> &'static str {
    "没有附属文件"
}

/// How the page was made, in paragraphs of HTML.
pub(crate) fn method(warning: u64, danger: u64, at: &str) -> String {
    format!(
        "<p><b>方法。</b>一条线是图中一列轮询的平均值；周围的面从最低到最高，峰值不会丢失。轮询失败处、超过三个常用间隔没有\
         数据处，线会断开。区段（超过 {warning} 为警告，超过 {danger} 为危险）在目标报告时只看它自己的负载未解释的协程，\
         否则看全部。数字取自所有有值的行；中位数和 p95 都是真实出现过的值。</p>\n<p>结论就是 \
         <code>watertight watch</code> 对水平和峰值会给出的结论：任何一次采样超过危险阈值为危险；最后一次超过警告阈值、\
         目标重启超过一次、或峰值达到 3000 为警告。增长会让结论更重；无法判断增长时，结论不变。</p>\n<p>增长在第一分钟之后，\
         按一分钟或更长的块来看，先扣除负载：对块做 Mann-Kendall 检验，取 Theil-Sen 斜率；小于水平的十分之一且不足 \
         50 个协程的不算增长。重启和空缺之后重新开始，一个台阶不算增长。</p>\n<p>由 watertight {} 写于 {at}。</p>\n",
        env!("CARGO_PKG_VERSION"),
    )
}

pub(crate) const fn day_form() -> &'static str {
    "%-m月%-d日"
}
