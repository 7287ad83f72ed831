//! How much of a swinging count its load explains.

use vitals::trend::{Swing, SwingBasis};

/// All of it in one line.
pub(crate) fn swing(swing: &Swing) -> String {
    let [low, level, high] = swing.levels;
    let swings = format!("协程在 {low:.0} 到 {high:.0} 之间波动，中心 {level:.0}");
    let percent = swing.explained.unwrap_or_default() * 100.0;
    let rest = swing.rest.map(|rest| format!("；其余波动 ±{rest:.0}")).unwrap_or_default();
    match (swing.basis, swing.per_request) {
        (SwingBasis::Level, _) => {
            format!("协程几乎没有波动：{low:.0} 到 {high:.0}，{} 次采样", swing.samples)
        }
        (SwingBasis::Explained, _) => format!("{swings}；负载解释 {percent:.0} % 的波动{rest}"),
        (SwingBasis::InFlight, Some(cost)) => {
            format!("{swings}；负载解释 {percent:.0} % 的波动，每个进行中的请求 {cost:.1} 个{rest}")
        }
        (SwingBasis::InFlight, None) => format!("{swings}；负载没有变化，解释不了波动"),
        (SwingBasis::Undetermined, _) => format!(
            "{swings}；是否由负载引起无法判断：{} 次采样里两者的同步不够明显。看得更久（--apart 2m），或看几小时的 --recording",
            swing.samples
        ),
        (SwingBasis::Unknown, _) => {
            format!("{swings}；负载未知：报告进行中请求数的来源可以说明，例如 /metrics 页面（--metrics-url）")
        }
    }
}

/// A recording with too few samples to tell.
pub(crate) fn few_samples(role: &str, name: &str, samples: usize, needed: usize) -> String {
    format!("{role} {name}：{samples} 次成功的协程采样太少，需要 {needed} 次：记录更长时间")
}
