//! Several runs in a row, most often days: which of them changed.
//!
//! Each is compared with all earlier ones since the level last changed, pooled: so the answer to a step is the day of
//! the step and not every day after it, and a drift that is slight from day to day adds up. A run that grows, or of
//! which nothing can be told, is no reference for later ones.
//!
//! Which runs are pooled must be known before all p-values are, so it is decided by Bonferroni's rule; what is
//! reported is corrected by Holm's over all comparisons of both metrics, which never finds less.

use serde::Serialize;

use super::compare::{MetricComparison, is_lower, measured, settle, worst};
use super::judge::look;
use super::mann_whitney::holm;
use super::rank::real;
use super::series::Series;
use super::{CompareVerdict, Comparison, Course, Metric, Rules, Trend, Why};

/// Fewer blocks than this are no level.
const BLOCKS: usize = 6;

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

/// One of several runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Tasks, then heap: what each does within the run.
    pub trends: [Trend; 2],
    /// The runs that it was compared with.
    pub reference: Vec<usize>,
    /// What came of that.
    pub comparison: Option<Comparison>,
    /// What that makes of tasks, then of heap.
    pub changes: [Change; 2],
    /// What that makes of it.
    pub change: Change,
}

/// Looks at runs in their order.
#[must_use]
pub fn days(runs: &[Series], rules: &Rules) -> Vec<Day> {
    let looks =
        |run: &Series| [Metric::Tasks, Metric::Heap].map(|metric| look(run, metric, rules, rules.live_z));
    let looked: Vec<[Trend; 2]> = runs.iter().map(looks).collect();
    let tests = real(runs.len().saturating_sub(1) * 2);
    let mut pool = Pool::default();
    let mut found: Vec<(Vec<usize>, Vec<MetricComparison>)> = Vec::with_capacity(runs.len());
    for (i, (run, trends)) in runs.iter().zip(&looked).enumerate() {
        let mut metrics = if pool.days.is_empty() { Vec::new() } else { measured(&pool.series, run, rules) };
        let reference = pool.days.clone();
        let strict: Vec<f64> = metrics.iter().filter_map(|m| m.p).map(|p| (p * tests).min(1.0)).collect();
        settle(metrics.iter_mut(), &strict, rules);
        match change(trends, &metrics, rules) {
            Change::First | Change::Same => pool.add(i, run),
            Change::Higher | Change::Lower => {
                pool = Pool::default();
                pool.add(i, run);
            }
            Change::Growing | Change::Unknown => {}
        }
        found.push((reference, metrics));
    }
    let p: Vec<f64> = found.iter().flat_map(|(_, metrics)| metrics).filter_map(|m| m.p).collect();
    settle(found.iter_mut().flat_map(|(_, metrics)| metrics), &holm(&p), rules);
    let day = |(trends, (reference, metrics)): ([Trend; 2], (Vec<usize>, Vec<MetricComparison>))| Day {
        changes: changes(&trends, &metrics, rules),
        change: change(&trends, &metrics, rules),
        trends,
        comparison: (!metrics.is_empty()).then(|| Comparison { verdict: worst(&metrics), metrics }),
        reference,
    };
    looked.into_iter().zip(found).map(day).collect()
}

/// The runs of one level.
#[derive(Default)]
struct Pool {
    days: Vec<usize>,
    series: Series,
}

impl Pool {
    fn add(&mut self, day: usize, run: &Series) {
        self.days.push(day);
        self.series.append(run);
    }
}

/// What is graver comes first. What cannot be told of the heap alone is no gap: tasks are what it is about.
fn change(trends: &[Trend; 2], metrics: &[MetricComparison], rules: &Rules) -> Change {
    let changes = changes(trends, metrics, rules);
    let any = |change| changes.contains(&change);
    let loads_differ = metrics.iter().any(|m| m.reasons.contains(&Why::LoadsDiffer));
    match () {
        () if any(Change::Growing) => Change::Growing,
        () if any(Change::Higher) => Change::Higher,
        () if changes[0] == Change::Unknown || loads_differ => Change::Unknown,
        () if any(Change::Lower) => Change::Lower,
        () => changes[0],
    }
}

fn changes(trends: &[Trend; 2], metrics: &[MetricComparison], rules: &Rules) -> [Change; 2] {
    trends.each_ref().map(|trend| {
        let found = metrics.iter().find(|m| m.metric == trend.metric);
        match found.map(|m| (m, m.verdict)) {
            _ if trend.course == Course::Growing => Change::Growing,
            Some((_, CompareVerdict::Regression | CompareVerdict::Warning)) => Change::Higher,
            Some((_, CompareVerdict::Unknown)) => Change::Unknown,
            _ if trend.blocks < BLOCKS => Change::Unknown,
            Some((m, _)) if is_lower(m, rules) => Change::Lower,
            Some(_) => Change::Same,
            None => Change::First,
        }
    })
}

#[cfg(test)]
mod tests;
