//! A run as what is compared: as a whole, or what came before a change of its level and what came after it.

use std::borrow::Cow;

use super::super::compared::BLOCKS;
use super::super::{Metric, Rules, Series, Trend};
use super::turn::turn;

/// A run, or a part of one.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) day: usize,
    pub(super) series: Cow<'a, Series>,
    pub(super) trends: Vec<Trend>,
    /// When it began, if it is a second part.
    pub(super) from: Option<f64>,
    /// Two levels that differ by less than matters: pooled as one, they would look like a slow swing.
    pub(super) halves: Option<[Series; 2]>,
}

/// The run, or what came before and after its one change, as far as that is long enough to have a level.
pub(super) fn parts<'a>(
    day: usize,
    run: &'a Series,
    metrics: &[Metric],
    looks: &dyn Fn(&Series) -> Vec<Trend>,
    rules: &Rules,
) -> Vec<Part<'a>> {
    let whole =
        |halves| vec![Part { day, series: Cow::Borrowed(run), trends: looks(run), from: None, halves }];
    let Some(turn) = turn(run, metrics, rules) else { return whole(None) };
    let halves = run.split(turn.at);
    if !turn.matters {
        return whole(Some(halves));
    }
    let from = [None, Some(turn.at)];
    let mut parts: Vec<Part<'_>> = halves
        .into_iter()
        .zip(from)
        .map(|(series, from)| {
            let trends = looks(&series);
            Part { day, series: Cow::Owned(series), trends, from, halves: None }
        })
        .collect();
    // What is too short for a level of its own would spoil that of the other.
    let has_level = |part: &Part<'_>| part.trends.first().is_some_and(|trend| trend.blocks >= BLOCKS);
    if parts.iter().any(has_level) {
        parts.retain(has_level);
    }
    parts
}
