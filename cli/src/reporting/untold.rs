//! Trends that cannot be told yet. Values within the warm-up do not count, but they are there: a page says that there is
//! too little of them, as of others, and not nothing. And nobody is asked to record a process for longer that does not live that long.

use vitals::trend::{Metric, Rules, Trend, Why};

use crate::summary::Summary;

/// Eight blocks.
const BLOCKS: f64 = 8.0;

/// `length_s`: from the first row to the last.
pub(super) fn mend(trend: &mut Trend, summary: &Summary, length_s: f64, rules: &Rules) {
    let series = match trend.metric {
        Metric::Tasks => &summary.judged,
        Metric::Heap => &summary.memory,
        Metric::Resident => &summary.resident,
        Metric::Descriptors => &summary.descriptors,
        Metric::Threads => &summary.threads,
        Metric::Connections => &summary.connections,
    };
    if series.spread.n() > 0 && trend.reasons.first() == Some(&Why::NoValues) {
        trend.reasons = vec![Why::TooShort];
        let needs = rules.warm_up_s + BLOCKS * rules.block_s - length_s;
        trend.needs_s = Some(needs).filter(|needs| *needs > 0.0 && summary.restarts == 0);
    }
    if summary.processes.crash_loop().is_some() {
        trend.needs_s = None;
    }
}
