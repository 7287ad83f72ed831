//! What is plain to the eye before a trend can be judged: a rise without a pause, and a level that leaves no room for a
//! leak.

use vitals::trend::{Flat, LoadBasis, Rising, Trend};

use super::mend::look;
use crate::profile::Place;
use crate::words::en::early::{about, length};
use crate::words::en::slope::grouped;

/// `协程 5m 内从 15 连续升到 608，7,100/小时；时间太短，分不清泄漏与爬坡：还要 7m`
pub(super) fn rising(what: &str, trend: &Trend) -> Option<String> {
    let more = trend.needs_s.map(|needs| format!("：还要 {}", length((needs / 60.0).ceil() * 60.0)));
    let short = format!("时间太短，分不清泄漏与爬坡{}", more.unwrap_or_default());
    Some(format!("{what} {}；{short}", rose(trend.rising.as_ref()?)))
}

pub(super) fn rose(Rising { from, to, span_s, per_h }: &Rising) -> String {
    let [from, to] = [from, to].map(|value| grouped(*value));
    format!("{} 内从 {from} 连续升到 {to}，{}/小时", length(*span_s), about(*per_h))
}

/// Where the rest is told elsewhere.
pub(super) fn rising_in_short(Rising { per_h, .. }: &Rising) -> String {
    format!("上升 {}/小时", about(*per_h))
}

/// `持平在 8 到 9 之间 5m：排除每小时 24 以上的增长`, where that is enough to rest on.
pub(super) fn flat(trend: &Trend) -> Option<String> {
    let Flat { low, high, .. } = trend.flat.as_ref().filter(|flat| flat.is_safe)?;
    let [low, high] = [low, high].map(|value| grouped(*value));
    let level = if low == high { format!("在 {low}") } else { format!("在 {low} 到 {high} 之间") };
    let time = length(trend.span_s);
    Some(format!("{time} 内持平{level}：排除 {} 以上的增长", ruled_out(trend)?))
}

pub(super) fn ruled_out(trend: &Trend) -> Option<String> {
    trend.flat.map(|flat| format!("{}/小时", about(flat.rules_out_per_h)))
}

/// In place of ok: between that and a warning.
pub(crate) const fn rises() -> &'static str {
    "上升"
}

/// The sentence of a watch that has nothing else to say.
pub(crate) fn rising_alone(trend: &Trend) -> String {
    let what = super::sides::tasks(trend.load == LoadBasis::Explained);
    rising(what, trend).unwrap_or_default()
}

/// The next step meanwhile.
pub(crate) fn rising_advice(named: Option<&Place>) -> String {
    let meanwhile = named
        .map(look)
        .unwrap_or_else(|| "watertight diagnose 说出增长的堆栈（Go 程序用 --pprof-url）".to_owned());
    format!("继续观察：爬坡会停，泄漏不停。同时：{meanwhile}")
}
