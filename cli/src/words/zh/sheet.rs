//! What a comparison says around its numbers.

use std::time::Duration;

use vitals::trend::{Change, CompareVerdict, Course, Trend};
use vitals::units::{format_duration, format_size};
use vitals::{FIELDS, Field, Unit};

use super::sides::{flawed, kinds, name, reference};
use super::statistics::{self, step};
use super::{Slopes, amount, held, slope_in_short, trend_name};
use crate::finding::{
    About, Changed, Column, Finding, LeftOut, Loads, Names, Note, Odd, Subject, Untold, Why,
};
use crate::moment::Moment;
use crate::words::en::sheet::file_name;
use crate::words::en::statistics::length;

/// `5 天，2026-11-18 至 2026-11-22`，or `today.csv 对比 yesterday.csv`
pub(crate) fn subject(subject: &Subject<'_>) -> String {
    match subject {
        Subject::Two([current, baseline]) => {
            format!("{} 对比 {}", side_name(current), side_name(baseline))
        }
        Subject::Many { of, count, ends, missing } => {
            let number = format!("{count} {}", column(*of));
            let missing =
                if *missing > 0 { format!("，缺 {missing} {}", column(*of)) } else { String::new() };
            match ends {
                None => number,
                Some([only, _]) if *count == 1 => format!("{number}，{only}"),
                Some([first, last]) => format!("{number}，{first} 至 {last}{missing}"),
            }
        }
    }
}

pub(super) const fn column(of: Column) -> &'static str {
    match of {
        Column::Day => "天",
        Column::Recording => "份记录",
    }
}

/// A side's name: its file, or its first file and how many more.
pub(crate) fn side_name(names: &[String]) -> String {
    let first = names.first().map(|name| file_name(name)).unwrap_or_default();
    match names.len() {
        0 | 1 => first,
        n => format!("{first} 等 {n} 个"),
    }
}

/// A side's recordings, time and polls.
pub(crate) fn about(side: &About<'_>) -> String {
    let mut parts = vec![side.names.join("，")];
    parts.extend(side.from.map(|from| format!("{} 起", from.long())));
    let length = side.length.filter(|length| !length.is_zero());
    parts.extend(length.map(|length| format!("共 {}", format_duration(length))));
    parts.push(format!("{} 次轮询", side.polls));
    let failed: u64 = side.failed.values().sum();
    if failed > 0 {
        parts.push(format!("其中 {failed} 次失败（{}）", kinds(side.failed.iter())));
    }
    parts.join("，")
}

/// How the loads of two sides differ, so that a busier hour is not taken for a leak.
pub(crate) fn loads(loads: &Loads) -> String {
    let count = |n: f64| format!("{n:.1}/s");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate of bytes, for display"
    )]
    let size = |n: f64| format!("{}/s", format_size(n as u64));
    let rate = match (loads.requests, loads.allocated) {
        (Some(requests), _) => Some(moved("请求", requests, count)),
        // Counted in whole MiB, a short or idle recording shows no allocation at all.
        (None, Some(allocated)) if allocated.iter().any(|rate| *rate > 0.0) => {
            Some(format!("{}（代替没有报告的请求数）", moved("分配", allocated, size)))
        }
        _ => None,
    };
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let busy = loads.in_flight.map(|ends| moved("进行中", ends.map(|n| n as f64), |n| format!("{n}")));
    let known: Vec<String> = [rate, busy].into_iter().flatten().collect();
    if known.is_empty() {
        return "无法判断：需要两侧都有请求数、进行中的请求或分配量。没有它们，更忙的时段看起来就像泄漏"
            .to_owned();
    }
    known.join("；")
}

fn moved(what: &str, [before, now]: [f64; 2], show: impl Fn(f64) -> String) -> String {
    let percent =
        if before > 0.0 { format!("（{:+.0} %）", (now - before) / before * 100.0) } else { String::new() };
    format!("{what}先 {}，后 {}{percent}", show(before), show(now))
}

/// Which columns changed for the worse or the better, and how, and what drifts; in one sentence.
pub(crate) fn changes(changes: &[Changed<'_>]) -> String {
    let said = |change: &Changed<'_>| match change {
        Changed::Column(name, change, since) => {
            let word = match change {
                Change::Higher => "升高",
                Change::Lower => "降低",
                Change::Growing => "增长",
                Change::First | Change::Same | Change::Unknown => "",
            };
            let since = since.map(|(at, day)| format!("（约从 {} 起）", at.minute(day.as_ref())));
            format!("{name} {word}{}", since.unwrap_or_default())
        }
        Changed::Untold(which) => format!("{} 无法判断", names(which)),
        Changed::Drift(metric, slope) => {
            let by = amount(*metric, *slope, true);
            format!("{}每天漂移 {by}", trend_name(*metric))
        }
    };
    match changes {
        [] => "没有变化".to_owned(),
        changes => changes.iter().map(said).collect::<Vec<_>>().join("，"),
    }
}

/// `2026-11-16，2026-11-18 至 2026-11-22`
fn names(names: &Names) -> String {
    let row = |(first, last): &(String, Option<String>)| match last {
        Some(last) => format!("{first} 至 {last}"),
        None => first.clone(),
    };
    names.iter().map(row).collect::<Vec<_>>().join("，")
}

pub(crate) fn note(note: &Note) -> String {
    match note {
        Note::Same => "两侧是同一份记录：不可能有差别".to_owned(),
        Note::Against(Column::Recording) => "变化：与上次水平改变以来的各份记录相比".to_owned(),
        Note::Against(Column::Day) => {
            "变化：与上次水平改变以来的各天相比；一天从 UTC 零点开始，旧日志从它的时钟零点开始".to_owned()
        }
        Note::Flaw(who, flaw) => flawed(&name(who), *flaw),
        Note::Restarted { who, times, at, mixed } => restarted(&name(who), *times, at.as_ref(), *mixed),
        Note::Lives { who, ended, since } => {
            super::lives::told(name(who).trim_end(), ended, since.as_deref())
        }
        Note::Instance(who, instance) => super::lives::side(name(who).trim_end(), instance),
        Note::Failed { who, failed, polls } => {
            format!("{}：{polls} 次轮询中 {failed} 次失败", name(who).trim_end())
        }
        Note::LeftOut(who, count, first) => format!("{}：{}", name(who).trim_end(), left_out(*count, first)),
        Note::Overlap(who, [a, b]) => {
            format!("{}：{a} 和 {b} 的时间重叠；是同一个目标吗？", name(who).trim_end())
        }
        Note::PartlyExplained => "只有一侧说明负载解释了哪些协程，所以对比总数".to_owned(),
        Note::Carried(finding) | Note::Idle(finding) => super::finding(finding),
        Note::BothRise(said) => statistics::both_rise(said),
        Note::ShortForGate(more) => {
            format!("当前太短，无法判断是否增长，约再记录 {}：只由门限决定", length(*more))
        }
        Note::Step(said) => {
            let Some(at) = &said.found.step else { return String::new() };
            let since = match at.since.as_ref().map(|since| since.verdict) {
                Some(CompareVerdict::Ok) => "；之后没有明显高于基准",
                _ => "",
            };
            format!("{}{since}", step(said, at))
        }
        Note::Growth => "协程增长超过 20 %：用 --max-growth 20% 把它变成门限".to_owned(),
        Note::Silence { column, from, to } => silence(column.as_deref(), *from, *to),
        Note::OtherSilences(more) => {
            format!("另有 {more} 处一小时以上的空缺；--format json 列出全部")
        }
        Note::Untold(untold) => self::untold(untold),
        Note::Moved(moved) => held::moved(moved),
    }
}

fn restarted(who: &str, times: u64, at: Option<&(Vec<Moment>, Option<Moment>)>, mixed: bool) -> String {
    let Some((at, day)) = at else { return format!("{}：目标重启 {times} 次", who.trim_end()) };
    let more = if times > at.len() as u64 { "，…" } else { "" };
    let at: Vec<_> = at.iter().map(|at| at.short(day.as_ref())).collect();
    let mixed = if mixed { "：开头和结尾是不同的进程" } else { "" };
    format!("{who}的目标重启 {times} 次，在 {}{more}{mixed}", at.join("，"))
}

fn silence(column: Option<&str>, from: Moment, to: Moment) -> String {
    let name = column.map(|name| format!("{name}：")).unwrap_or_default();
    // To the minute.
    let length = to.since(&from).unwrap_or_default().as_secs() / 60 * 60;
    let length = format_duration(Duration::from_secs(length));
    let (from, to) = (from.minute(None), to.minute(Some(&from)));
    format!("{name}{from} 到 {to} 没有记录（{length}）")
}

pub(crate) fn untold(Untold { names: which, first, why }: &Untold) -> String {
    let why = match why {
        Why::Finding(finding) => super::finding(finding),
        Why::Against(columns) => format!("与 {} 相比无法判断", reference(columns)),
    };
    match which.as_slice() {
        [(only, None)] => format!("{only}：{why}"),
        which => format!("{}，原因类似；{first}：{why}", names(&which.to_vec())),
    }
}

fn left_out(count: u64, LeftOut { name, line, why }: &LeftOut) -> String {
    format!("{count} 行读不懂，已忽略，第一处是 {name} 的第 {line} 行：{}", odd(why))
}

/// The flaw of a recording's line.
pub(super) fn odd(odd: &Odd) -> String {
    match odd {
        Odd::Other => "它不像数据行".to_owned(),
        Odd::Cells { found, expected } if found > expected => {
            format!("它的单元格多于表头的 {expected} 个")
        }
        Odd::Cells { found, expected } => format!("它有 {found} 个单元格，表头有 {expected} 个"),
        Odd::NoTime => "缺少 ts：应写成 2026-11-18T11:06:40.250Z 这样的时间".to_owned(),
        Odd::Cell(field, shown) => match FIELDS.get(*field) {
            None => "它不像数据行".to_owned(),
            Some(field) => {
                let (column, belongs) = (field.csv.unwrap_or_default(), belongs(field));
                format!("{column} 是 `{shown}`，应是{belongs}，或留空")
            }
        },
    }
}

/// A value that belongs into a column.
fn belongs(field: &Field) -> &'static str {
    match field.unit {
        Unit::Count | Unit::Micros => "整数，例如 312",
        Unit::Bytes => "整数字节，例如 18874368",
        Unit::Seconds => "1970 年以来的整数秒，例如 1795000000",
    }
}

/// One side's course.
pub(crate) fn course(trend: &Trend) -> String {
    let word = match trend.course {
        Course::Stable if trend.rise.is_some() => super::trend::level_since(trend),
        Course::Stable => "稳定".to_owned(),
        Course::Growing => "增长".to_owned(),
        Course::Step => "台阶".to_owned(),
        Course::Inconclusive => "无法判断".to_owned(),
    };
    let slopes = Slopes::of(trend);
    let slope = trend
        .slope_per_h
        .map(|slope| format!("，{}", slope_in_short(trend, slope, true)))
        .unwrap_or_default();
    let ends = trend
        .slope_ci
        .map(|[low, high]| format!("（{} 到 {}）", slopes.bare(low, true), slopes.bare(high, true)));
    let unseen = trend.min_detectable_slope_per_h.filter(|_| trend.course == Course::Stable);
    let unseen = unseen.map(|slope| format!("；能看出的最小斜率是 {}", slope_in_short(trend, slope, false)));
    format!("{word}{slope}{}{}", ends.unwrap_or_default(), unseen.unwrap_or_default())
}

/// Two medians and a peak in one sentence; none where a count is missing. The rest is what is carried by its load.
pub(crate) fn medians(ends: Option<[u64; 3]>, beyond: bool, carried: Option<&Finding>) -> String {
    let name = if beyond { "未解释协程" } else { "协程" };
    let Some([before, now, peak]) = ends else { return "没有数量".to_owned() };
    let carried = carried.map(|finding| format!("；{}", super::finding(finding))).unwrap_or_default();
    format!("{name}中位数 {now}，基准 {before}；峰值 {peak}{carried}")
}

/// Below a table of medians.
pub(crate) const fn medians_explained() -> &'static str {
    "中位数后面是中间一半的波动；第 95 百分位、峰值、最后五分之一对最初五分之一都属于当前。"
}

/// The title of the lines that are folded away, of two sides.
pub(crate) const fn folded_sides() -> &'static str {
    "负载、记录和说明"
}

/// Of many columns.
pub(crate) const fn folded_notes() -> &'static str {
    "说明"
}

/// A change that is too short to be told.
pub(crate) const fn change_untold() -> &'static str {
    "~（太短）"
}

/// An exit code that is not the verdict's own.
pub(crate) fn lenient(code: u8) -> String {
    format!("{code}，因为 --fail-on")
}
