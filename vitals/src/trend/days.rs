//! Several runs in a row, most often days: which of them changed, and whether their levels drift.
//!
//! Each is compared with all earlier ones since the level last changed, pooled: so the answer to a step is the day of
//! the step and not every day after it. A run in which the level changed once is looked at as two, what came before
//! and what came after, and only the latter is the new level. A run that grows, or of which nothing can be told, is
//! no reference for later ones.
//!
//! A pool is drawn along by a drift that is slight from day to day, and sees it late: so the levels are looked at for
//! a trend as well, see [`Drift`].
//!
//! Which runs are pooled must be known before all p-values are, so it is decided by Bonferroni's rule; what is
//! reported is corrected by Holm's over all comparisons of all metrics, which never finds less. Growth within a run
//! is looked for in every run, so its bar rises with their number, too.

mod drift;
mod parts;
mod turn;

use serde::Serialize;

use super::compare::{measured, settle};
use super::compared::{BLOCKS, MetricComparison, is_lower};
use super::judge::look;
use super::mann_whitney::holm;
use super::normal::{quantile_of_upper, upper_tail};
use super::rank::real;
use super::resource;
use super::series::Series;
use super::{CompareVerdict, Comparison, Course, Metric, Rules, Trend, Why};
pub use drift::{DRIFT_DAYS, Drift};
use drift::{Stratum, drift};
use parts::{Part, parts};

/// What a run is to the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// There is nothing before it to compare with.
    First,
    /// Nothing that matters.
    Same,
    /// Its level is higher; with nothing known of the load, that is a warning.
    Higher,
    /// Its level is lower by as much as would be a regression upwards.
    Lower,
    /// It grows by itself.
    Growing,
    /// It cannot be told.
    Unknown,
}

impl Change {
    const fn is_new_level(self) -> bool {
        matches!(self, Self::Higher | Self::Lower)
    }
}

/// One of several runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Of each metric what it does within the run. The first one is what the runs are about: tasks, or, where none of
    /// them counts any, what the process holds.
    pub trends: Vec<Trend>,
    /// The runs that it was compared with; its own number is among them where that is what came before its change.
    pub reference: Vec<usize>,
    /// What came of that.
    pub comparison: Option<Comparison>,
    /// What that makes of each metric.
    pub changes: Vec<Change>,
    /// What that makes of it.
    pub change: Change,
    /// When the level changed, where that was not at its start.
    pub at: Option<f64>,
    /// The level changed since the first of those it was compared with, but not since the last: bit by bit.
    pub gradual: bool,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Days {
    /// Each.
    pub days: Vec<Day>,
    /// The same of what the process holds, where tasks are counted as well: pools and tests of its own, so that nothing of
    /// tasks and heap changes by them. Empty where nobody reports it.
    pub held: Vec<Day>,
    /// How the levels go from each to the next, of each metric, where there are enough of them.
    pub drifts: Vec<Drift>,
}

/// Looks at runs in their order.
#[must_use]
pub fn days(runs: &[Series], rules: &Rules) -> Days {
    let rules = &Rules { live_z: bar(rules.live_z, runs.len()), ..*rules };
    let [main, held] = resource::families(runs);
    let (days, mut drifts) = family(runs, &main, rules);
    let (held, more) = if held.is_empty() { Default::default() } else { family(runs, &held, rules) };
    drifts.extend(more);
    Days { days, held, drifts }
}

/// Some metrics that are told together: the first of them is what the runs are about.
fn family(runs: &[Series], metrics: &[Metric], rules: &Rules) -> (Vec<Day>, Vec<Drift>) {
    let looks =
        |run: &Series| metrics.iter().map(|metric| looked(run, *metric, rules)).collect::<Vec<Trend>>();
    let cut = |(day, run)| parts(day, run, metrics, &looks, rules);
    let parts: Vec<Part<'_>> = runs.iter().enumerate().flat_map(cut).collect();
    let tests = real(parts.len().saturating_sub(1) * metrics.len());
    let mut pool = Pool::default();
    let mut strata: Vec<Stratum<'_>> = Vec::new();
    let mut found: Vec<Found> = Vec::with_capacity(parts.len());
    for part in &parts {
        let strictly = |before: &Series| {
            let mut found = measured(before, &part.series, metrics, rules);
            let strict: Vec<f64> = found.iter().filter_map(|m| m.p).map(|p| (p * tests).min(1.0)).collect();
            conclude(found.iter_mut(), &strict, rules);
            found
        };
        let beside = if pool.days.is_empty() { Vec::new() } else { strictly(&pool.series) };
        let reference = pool.days.clone();
        let change = change(&part.trends, &beside, rules);
        let last = strata.last().and_then(|stratum| stratum.parts.last()).filter(|_| change.is_new_level());
        let is_new = |last: &Series| self::change(&part.trends, &strictly(last), rules).is_new_level();
        let gradual = last.is_some_and(|(_, last)| !is_new(last));
        if !matches!(change, Change::Growing | Change::Unknown) {
            if change.is_new_level() {
                pool = Pool::default();
            }
            if strata.is_empty() || change.is_new_level() && !gradual {
                strata.push(Stratum::default());
            }
            pool.add(part);
            strata.iter_mut().last().into_iter().for_each(|s| s.parts.push((part.day, &part.series)));
        }
        found.push(Found { reference, metrics: beside, gradual });
    }
    let p: Vec<f64> = found.iter().flat_map(|found| &found.metrics).filter_map(|m| m.p).collect();
    conclude(found.iter_mut().flat_map(|found| &mut found.metrics), &holm(&p), rules);
    let drifts = metrics.iter().filter_map(|metric| drift(&strata, *metric, rules)).collect();
    let mut days: Vec<Day> = Vec::with_capacity(runs.len());
    for (part, found) in parts.iter().zip(found) {
        let day = day(part, found, rules);
        match days.get_mut(part.day) {
            Some(earlier) => earlier.go_on(day),
            None => days.push(day),
        }
    }
    (days, drifts)
}

/// A run's own trend. Resident memory has a level where it has no trend: its samples resemble each other for ever.
fn looked(run: &Series, metric: Metric, rules: &Rules) -> Trend {
    let mut trend = look(run, metric, rules, rules.live_z);
    if metric == Metric::Resident && trend.samples > 0 {
        trend.blocks = trend.blocks.max(resource::levels(&resource::points(run, metric, rules), rules).len());
    }
    trend
}

/// From p-values to verdicts; what is held is no more than a warning, unless a limit is near.
fn conclude<'a>(metrics: impl Iterator<Item = &'a mut MetricComparison>, adjusted: &[f64], rules: &Rules) {
    let mut metrics: Vec<_> = metrics.collect();
    settle(metrics.iter_mut().map(|metric| &mut **metric), adjusted, rules);
    metrics.into_iter().filter(|metric| metric.metric.is_resource()).for_each(resource::weigh);
}

/// A bar for each of so many looks, that all of them together do not err more often than one.
fn bar(z: f64, looks: usize) -> f64 {
    quantile_of_upper(upper_tail(z) / real(looks.max(1)))
}

/// What a part was compared with, and what came of it.
struct Found {
    reference: Vec<usize>,
    metrics: Vec<MetricComparison>,
    gradual: bool,
}

/// Of tasks and heap; what is held counts where it is all that there is.
fn worst(metrics: &[MetricComparison]) -> CompareVerdict {
    let (held, counted): (Vec<_>, Vec<_>) = metrics.iter().cloned().partition(|m| m.metric.is_resource());
    resource::worst(&counted, &held)
}

fn day(part: &Part<'_>, found: Found, rules: &Rules) -> Day {
    let Found { reference, metrics, gradual } = found;
    Day {
        trends: part.trends.clone(),
        changes: changes(&part.trends, &metrics, rules),
        change: change(&part.trends, &metrics, rules),
        comparison: (!metrics.is_empty()).then(|| Comparison { verdict: worst(&metrics), metrics }),
        reference,
        at: part.from,
        gradual,
    }
}

impl Day {
    /// Takes in the second part of the run: what is graver stands for it.
    fn go_on(&mut self, later: Self) {
        let rank = |change: Change| match change {
            Change::Growing => 4,
            Change::Higher => 3,
            Change::Lower => 2,
            Change::Unknown => 1,
            Change::First | Change::Same => 0,
        };
        let known = rank(later.change) > 1;
        if rank(later.change) >= rank(self.change) {
            *self = Self { at: later.at.filter(|_| known), ..later };
        }
    }
}

/// The runs of one level.
#[derive(Default)]
struct Pool {
    days: Vec<usize>,
    series: Series,
}

impl Pool {
    fn add(&mut self, part: &Part<'_>) {
        if self.days.last() != Some(&part.day) {
            self.days.push(part.day);
        }
        part.halves.iter().flatten().for_each(|half| self.series.append(half));
        if part.halves.is_none() {
            self.series.append(&part.series);
        }
    }
}

/// What is graver comes first. What cannot be told of another metric than the first is no gap.
fn change(trends: &[Trend], metrics: &[MetricComparison], rules: &Rules) -> Change {
    let changes = changes(trends, metrics, rules);
    let (any, main) =
        (|change| changes.contains(&change), changes.first().copied().unwrap_or(Change::Unknown));
    let loads_differ = metrics.iter().any(|m| m.reasons.contains(&Why::LoadsDiffer));
    match () {
        () if any(Change::Growing) => Change::Growing,
        () if any(Change::Higher) => Change::Higher,
        () if main == Change::Unknown || loads_differ => Change::Unknown,
        () if any(Change::Lower) => Change::Lower,
        () => main,
    }
}

fn changes(trends: &[Trend], metrics: &[MetricComparison], rules: &Rules) -> Vec<Change> {
    let of = |trend: &Trend| {
        let found = metrics.iter().find(|m| m.metric == trend.metric).map(|m| (m, m.verdict));
        match found {
            // Beside an earlier one, it may be a warm-up.
            _ if found.map_or(trend, |(m, _)| &m.current.trend).course == Course::Growing => Change::Growing,
            Some((_, CompareVerdict::Regression | CompareVerdict::Warning)) => Change::Higher,
            Some((_, CompareVerdict::Unknown)) => Change::Unknown,
            _ if trend.blocks < BLOCKS => Change::Unknown,
            Some((m, _)) if is_lower(m, rules) => Change::Lower,
            Some(_) => Change::Same,
            None => Change::First,
        }
    };
    trends.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
