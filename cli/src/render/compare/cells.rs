//! The cells of both tables: numbers, spreads, slopes and changes.

use vitals::Measure;
use vitals::trend::{Change, MetricComparison, Side as Blocks, Trend, Why};

use crate::comparison::{Column, METRICS, Rules, Side, judged};
use crate::finding::Growth;
use crate::words::{self, Term, term};

/// A value, or that there is none. Targets count their live memory in whole MiB.
pub(super) fn value(metric: Measure, value: Option<u64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(0) if metric == Measure::AllocBytes => "<1 MiB".to_owned(),
        Some(value) => metric.unit().show(value),
    }
}

/// Half the width of the middle half of the values, in per cent of the median.
pub(super) fn spread(column: &Column) -> String {
    let quartiles = column.all.quantile(25).zip(column.all.quantile(75)).zip(column.all.median());
    let Some(((low, high), median)) = quartiles else { return "-".to_owned() };
    #[expect(clippy::cast_precision_loss, reason = "whole per cents are printed")]
    match median {
        _ if low == high => "±0 %".to_owned(),
        0 => "-".to_owned(),
        median => format!("±{:.0} %", ((high - low) as f64 / 2.0 / median as f64 * 100.0).ceil()),
    }
}

/// The median of the last fifth against that of the first.
pub(super) fn start_to_end(column: &Column) -> String {
    growth(column.first.median(), column.last.median())
        .and_then(words::percent)
        .unwrap_or_else(|| "-".to_owned())
}

pub(super) fn growth(from: Option<u64>, to: Option<u64>) -> Option<Growth> {
    Some(Growth { from: from?, to: to? })
}

/// `812 ± 1%`: the median of the blocks, and half the width of their middle half.
pub(super) fn level(metric: vitals::trend::Metric, side: &Blocks) -> String {
    let Some(level) = side.level else { return "-".to_owned() };
    let spread = side.spread.filter(|_| level.abs() > 0.0);
    let spread = spread.map(|spread| format!(" ± {:.0}%", spread / level.abs() * 100.0)).unwrap_or_default();
    format!("{}{spread}", words::amount(metric, level, false))
}

/// `+27.3% (p=0.000 n=12+12)`, or `~ (p=0.446 n=10)` where nothing is shown.
pub(super) fn change(found: &MetricComparison, alpha: f64) -> String {
    let (before, now) = (found.baseline.blocks, found.current.blocks);
    let Some(p) = found.p else { return words::change_untold().to_owned() };
    let chance = found.reasons.contains(&Why::Chance) || found.p_adjusted.is_none_or(|p| p >= alpha);
    let n = if chance && before == now { format!("n={now}") } else { format!("n={before}+{now}") };
    let change = match found.shift_share {
        _ if chance => "~".to_owned(),
        Some(share) => format!("{:+.1}%", share * 100.0),
        None => found.shift.map(|shift| words::amount(found.metric, shift, true)).unwrap_or_default(),
    };
    format!("{change} (p={p:.3} {n})")
}

/// `+12/h`
pub(super) fn slope(trend: &Trend) -> String {
    trend.slope_per_h.map_or("-".to_owned(), |slope| words::slope_in_short(trend, slope, true))
}

/// The word for a change that stands out.
pub(super) fn mark(change: Change) -> &'static str {
    match change {
        Change::First | Change::Same => "",
        Change::Higher => term(Term::Higher),
        Change::Lower => term(Term::Lower),
        Change::Growing => term(Term::Grows),
        Change::Unknown => "?",
    }
}

/// A number for graphs: its label, the number, and above which to warn and to speak of danger.
pub(super) type Datum = (&'static str, Option<String>, Option<(u64, u64)>);

/// Those of one side.
pub(super) fn data(side: &Side, rules: &Rules) -> Vec<Datum> {
    let metric = judged(&[side]);
    let column = &side.columns[metric].all;
    let text = |n: Option<u64>| n.map(|n| n.to_string());
    let thresholds = &rules.thresholds;
    vec![
        (METRICS[metric].column(), text(column.median()), Some((thresholds.warning, thresholds.danger))),
        ("p95", text(column.p95()), None),
        ("peak", text(column.max()), rules.max_peak.map(|max| (max, max))),
        ("rss", side.held().and(side.level().rss_bytes).map(|bytes| format!("{bytes}B")), None),
        ("alloc", side.level().alloc_bytes.map(|bytes| format!("{bytes}B")), None),
    ]
}
