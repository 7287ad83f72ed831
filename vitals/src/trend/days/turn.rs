//! When, within a run, the level changed once: most often a deployment in the middle of a day.

use super::super::blocks::{level_share, shared_out};
use super::super::compared::slight;
use super::super::judge::{account, points};
use super::super::points::Points;
use super::super::rank::{edge, median, real};
use super::super::series::Series;
use super::super::step::{rise, two_levels};
use super::super::{Metric, Rules};

/// A run is looked at in about this many pieces.
const PIECES: usize = 60;
/// A side that rises or falls by more than this share of the change is not level.
const FLAT: f64 = 1.0 / 3.0;

/// The one change of a run's level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Turn {
    /// The first time at the new level.
    pub(super) at: f64,
    /// It is by as much as matters: the run is then two, and else it is only pooled as two.
    pub(super) matters: bool,
}

/// The change of the first of these that changed; across restarts, because a new version comes with one.
pub(super) fn turn(run: &Series, metrics: &[Metric], rules: &Rules) -> Option<Turn> {
    let turns = metrics.iter().copied().flat_map(|metric| {
        let mut points = points(run, metric, rules);
        // As it was measured first: where load and level change together, what load costs is not known from both
        // sides at once. Comparing them adjusts them by what moves within each.
        let plain = of(&points, metric, rules);
        let level = median(&points.x).unwrap_or_default();
        let adjusted =
            account(run, metric, rules, &mut points, level).beta.and_then(|_| of(&points, metric, rules));
        [plain, adjusted]
    });
    let mut best: Option<Turn> = None;
    for turn in turns.flatten() {
        if best.is_none_or(|best| turn.matters && !best.matters) {
            best = Some(turn);
        }
    }
    best
}

fn of(points: &Points, metric: Metric, rules: &Rules) -> Option<Turn> {
    let share = level_share(metric);
    let pieces = shared_out(points, metric, points.len().div_ceil(PIECES));
    let first = two_levels(&pieces.t, &pieces.x)?;
    let at = between(points, pieces.t[first - 1], pieces.t[first]);
    let split = points.t.partition_point(|t| *t < at);
    let (before, after) = (edge(&points.x[..split], share)?, edge(&points.x[split..], share)?);
    let by = (after - before).abs();
    let is_flat = [(0, first), (first, pieces.len())]
        .into_iter()
        .all(|(from, to)| rise(&pieces.t[from..to], &pieces.x[from..to]).abs() <= FLAT * by);
    let matters = by > slight(metric, rules).max(rules.tasks_share * before);
    is_flat.then_some(Turn { at, matters })
}

/// The best place for a change between the middles of two pieces.
fn between(points: &Points, from: f64, to: f64) -> f64 {
    let range = points.t.partition_point(|t| *t < from)..points.t.partition_point(|t| *t <= to);
    let (t, x) = (&points.t[range.clone()], &points.x[range]);
    let all: f64 = x.iter().sum();
    let mut sum = 0.0;
    // Of two means, those furthest apart leave the least squares.
    let apart = |before: f64, i: usize| {
        let (n, m) = (real(i), real(x.len() - i));
        (before / n - (all - before) / m).powi(2) * n * m
    };
    let best = (1..x.len()).map(|i| {
        sum += x[i - 1];
        (apart(sum, i), t[i])
    });
    best.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(to, |(_, at)| at)
}
