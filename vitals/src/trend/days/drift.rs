//! Whether the levels of several runs in a row rise bit by bit, each day by less than matters.
//!
//! A level a run, all at one load; Mann-Kendall and Theil-Sen over these, with the gate of a comparison: growth over
//! the whole of it by 10 % and 50 tasks, or 10 % and 16 MiB of heap. Levels of days resemble each other where noise
//! lasts for days. With so few of them that is not known well enough to correct a rank test, so the growth must also
//! stand out from what a line leaves, by as many standard errors, with these widened by the autocorrelation time
//! (as in Hamed and Rao 1998, Journal of Hydrology 204).

use super::super::blocks::level_share;
use super::super::judge::{account, conclude, empty, fill, outgrown, points};
use super::super::points::Points;
use super::super::rank::{edge, median, real};
use super::super::series::Series;
use super::super::{Course, Metric, Rules, Trend, Verdict, Why, autocorrelation};

/// Fewer runs than this do not tell a drift from chance.
pub const DRIFT_DAYS: usize = 6;

/// Levels of one kind: no change between them is a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Stratum<'a> {
    pub(super) parts: Vec<(usize, &'a Series)>,
}

/// How the levels of runs go, from run to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The trend over the runs' levels: a block is a run.
    pub trend: Trend,
    /// The runs of the longest stretch without a step.
    pub days: Vec<usize>,
}

/// Looks for a drift over all strata together; `None` where none is long enough.
pub(super) fn drift(strata: &[Stratum<'_>], metric: Metric, rules: &Rules) -> Option<Drift> {
    let longest = strata.iter().max_by_key(|stratum| stratum.parts.len())?;
    if longest.parts.len() < DRIFT_DAYS {
        return None;
    }
    let mut whole = Series::default();
    let mut last_lives = Vec::new();
    for (_, part) in strata.iter().flat_map(|stratum| &stratum.parts) {
        whole.append(part);
        last_lives.push(whole.restarts());
    }
    let mut points = points(&whole, metric, rules);
    let level = median(&points.x)?;
    let adjustment = account(&whole, metric, rules, &mut points, level);
    let levels = levels(&points, &last_lives, strata, metric);
    let mut trend = empty(&whole, metric, levels.span());
    trend.load = adjustment.basis;
    trend.beta = adjustment.beta.map(|beta| beta.value);
    trend.beta_error = adjustment.beta.map(|beta| beta.error);
    (trend.samples, trend.blocks) = (points.len(), levels.len());
    let first = levels.lives().into_iter().max_by_key(|(t, _)| t.len()).map_or(0, |(t, _)| t.len());
    if first < DRIFT_DAYS {
        return None;
    }
    let rules = of_levels(rules, trend.span_s);
    fill(&mut trend, &levels, None, metric, &rules, &adjustment, rules.live_z);
    trend.load = outgrown(&trend, &adjustment);
    conclude(&mut trend, &levels, rules.live_z, false);
    let slope = trend.slope_per_h.unwrap_or_default() / 3600.0;
    let tau = autocorrelation::time(&levels.residuals(slope), &levels.run);
    trend.tau = Some(tau);
    if trend.course == Course::Growing && stands_out(&levels, slope, tau) < rules.live_z {
        (trend.course, trend.verdict) = (Course::Stable, Verdict::Ok);
        (trend.reasons, trend.time_to_danger) = (vec![Why::Chance], None);
    }
    if metric.is_resource() && trend.course == Course::Growing {
        trend.verdict = Verdict::Warning;
    }
    Some(Drift { trend, days: longest.parts.iter().map(|(day, _)| *day).collect() })
}

/// One value a run, the strata as lives.
fn levels(points: &Points, last_lives: &[u32], strata: &[Stratum<'_>], metric: Metric) -> Points {
    let share = level_share(metric);
    let numbers = (0_u32..).zip(strata).flat_map(|(n, stratum)| stratum.parts.iter().map(move |_| n));
    let mut levels = Points::default();
    let mut from = 0;
    for (last, stratum) in last_lives.iter().zip(numbers) {
        let to = points.life.partition_point(|life| life <= last);
        if let (Some(t), Some(x)) = (median(&points.t[from..to]), edge(&points.x[from..to], share)) {
            levels.push(t, x, f64::NAN, stratum, stratum);
        }
        from = to;
    }
    levels
}

/// What matters between runs, not what matters within one.
fn of_levels(rules: &Rules, span_s: f64) -> Rules {
    let heap_per_h = rules.heap_shift * 3600.0 / span_s.max(1.0);
    Rules { heap_share: rules.tasks_share, heap_per_h, ..*rules }
}

/// In how many standard errors of a line's slope it is, if neighbours resemble each other for `tau` runs.
fn stands_out(levels: &Points, slope: f64, tau: f64) -> f64 {
    let residuals = levels.residuals(slope);
    let spread = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    let times: f64 = levels
        .lives()
        .into_iter()
        .map(|(t, _)| {
            let mean = t.iter().sum::<f64>() / real(t.len().max(1));
            spread(&t.iter().map(|t| t - mean).collect::<Vec<f64>>())
        })
        .sum();
    // So many values say something of their own; two of them are spent on the line.
    let free = (real(levels.len()) / tau - 2.0).max(1.0);
    let error = (spread(&residuals) / (times * free)).sqrt();
    if error > 0.0 { slope / error } else { f64::INFINITY }
}
