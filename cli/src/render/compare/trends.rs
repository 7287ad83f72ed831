//! What statistics found, in the manner of benchstat: levels, how sure their difference is, and each side's trend.

use std::fmt::Write;

use owo_colors::OwoColorize;
use vitals::trend::{Course, Metric, MetricComparison, Side, Trend, Why};

use super::Compared;
use crate::comparison::{amount, load_in_words, name_of};
use crate::render::Styles;
use crate::words::{Slopes, metric_label};

/// The columns of a label, and of a level.
const LABEL: usize = 13;
const LEVEL: usize = 17;

/// `goroutines   812 ± 1%   1034 ± 2%   +27.3% (p=0.000 n=12+12)`, a line each.
pub(super) fn levels(compared: &Compared, styles: &Styles, width: usize) -> String {
    let mut text = String::new();
    for found in compared.statistics.metrics.iter().filter(|found| found.p.is_some()) {
        let label = metric_label(name_of(found.metric, &compared.baseline, &compared.current));
        let levels = [&found.baseline, &found.current].map(|side| level(found.metric, side));
        let line =
            format!("{:<LEVEL$}{:<LEVEL$}{}", levels[0], levels[1], change(found, compared.rules.alpha));
        let line = if 2 + LABEL + report::text::columns(&line) <= width.max(40) {
            line
        } else {
            format!("{}   {}\n  {:LABEL$}{}", levels[0], levels[1], "", change(found, compared.rules.alpha))
        };
        let _ = writeln!(text, "  {:<LABEL$}{line}", label.style(styles.faint));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// `812 ± 1%`: the median of the blocks, and half the width of their middle half.
pub(super) fn level(metric: Metric, side: &Side) -> String {
    let Some(level) = side.level else { return "-".to_owned() };
    let spread = side.spread.filter(|_| level.abs() > 0.0);
    let spread = spread.map(|spread| format!(" ± {:.0}%", spread / level.abs() * 100.0)).unwrap_or_default();
    format!("{}{spread}", amount(metric, level, false))
}

/// `+27.3% (p=0.000 n=12+12)`, or `~ (p=0.446 n=10)` where nothing is shown.
pub(super) fn change(found: &MetricComparison, alpha: f64) -> String {
    let (before, now) = (found.baseline.blocks, found.current.blocks);
    let Some(p) = found.p else { return "~ (too short)".to_owned() };
    let chance = found.reasons.contains(&Why::Chance) || found.p_adjusted.is_none_or(|p| p >= alpha);
    let n = if chance && before == now { format!("n={now}") } else { format!("n={before}+{now}") };
    let change = match found.shift_share {
        _ if chance => "~".to_owned(),
        Some(share) => format!("{:+.1}%", share * 100.0),
        None => found.shift.map(|shift| amount(found.metric, shift, true)).unwrap_or_default(),
    };
    format!("{change} (p={p:.3} {n})")
}

/// What each side does by itself, a sentence each.
pub(super) fn courses(compared: &Compared) -> Vec<String> {
    let told = |found: &MetricComparison| {
        let label = metric_label(name_of(found.metric, &compared.baseline, &compared.current));
        [("baseline", &found.baseline.trend), ("current", &found.current.trend)]
            .into_iter()
            .filter(|(_, trend)| trend.slope_per_h.is_some())
            .map(|(role, trend)| format!("{label} in {role}: {}", course(trend)))
            .collect::<Vec<_>>()
    };
    compared.statistics.metrics.iter().flat_map(told).collect()
}

fn course(trend: &Trend) -> String {
    let word = match trend.course {
        Course::Stable => "stable",
        Course::Growing => "growing",
        Course::Step => "a step",
        Course::Inconclusive => "inconclusive",
    };
    let slopes = Slopes::of(trend);
    let slope = trend.slope_per_h.map(|slope| format!(", {}", slopes.short(slope, true))).unwrap_or_default();
    let ends = trend
        .slope_ci
        .map(|[low, high]| format!(" ({} to {})", slopes.bare(low, true), slopes.bare(high, true)));
    let unseen = trend.min_detectable_slope_per_h.filter(|_| trend.course == Course::Stable);
    let unseen =
        unseen.map(|slope| format!("; less than {} would not have been seen", slopes.short(slope, true)));
    format!("{word}{slope}{}{}", ends.unwrap_or_default(), unseen.unwrap_or_default())
}

/// What was too short, and what was done about the load.
pub(super) fn footnotes(compared: &Compared) -> Vec<String> {
    let mut notes = Vec::new();
    for found in &compared.statistics.metrics {
        let check = match found.metric {
            Metric::Tasks => "statistics of goroutines",
            Metric::Heap => "statistics of memory",
        };
        let fine = |f: &&crate::comparison::Finding| f.check == check && f.verdict == vitals::Verdict::Ok;
        if found.p.is_some() {
            let label = metric_label(name_of(found.metric, &compared.baseline, &compared.current));
            notes.push(format!("{label}: {}", load_in_words(found, &compared.baseline, &compared.current)));
        } else if let Some(finding) = compared.findings.iter().find(fine) {
            notes.push(finding.text.clone());
        }
    }
    notes
}
