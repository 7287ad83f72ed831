//! A level that rises once within the current side: what came after it is judged against the baseline by itself.
//!
//! Over the whole recording, the level before the step hides the one after it: of all differences, those of the longer
//! part are the most. The step's place is found in the same samples, so that more is asked of a difference than
//! elsewhere: its p counts once for every place where there could have been a step, and for each metric.

use super::compared::{BLOCKS, CompareVerdict, MetricComparison, Step, conclude, slight};
use super::points::Points;
use super::rank::{median, real};
use super::{Metric, Rules, Why};

/// A step of fewer standard errors than this may be chance.
const STANDS_OUT: f64 = 4.5;

/// If the blocks change at this moment, upwards, by more than is slight and than chance does.
pub(super) fn step_at(at: f64, blocks: &Points, metric: Metric, rules: &Rules) -> Option<Step> {
    let split = blocks.t.partition_point(|t| *t <= at);
    let (before, after) = blocks.x.split_at(split);
    let step = Step { at, from: median(before)?, to: median(after)?, since: None };
    let rise = step.to - step.from;
    let matters = rise > slight(metric, rules) && step.share().is_none_or(|share| share > rules.tasks_share);
    let error = spread(before, step.from) + spread(after, step.to);
    let freedom = real(blocks.x.len().saturating_sub(2).max(1));
    let error = (error / freedom * (1.0 / real(before.len()) + 1.0 / real(after.len()))).sqrt();
    (matters && rise > STANDS_OUT * error).then_some(step)
}

fn spread(x: &[f64], level: f64) -> f64 {
    x.iter().map(|x| (x - level).powi(2)).sum()
}

/// Where the whole says nothing, what came after the step decides.
pub(super) fn follow(metric: &mut MetricComparison, tests: usize, rules: &Rules) {
    let places = real(metric.current.blocks.max(1) * tests);
    let fine = metric.verdict == CompareVerdict::Ok || metric.reasons == [Why::RisenLately];
    let Some(since) = metric.step.as_mut().and_then(|step| step.since.as_mut()) else { return };
    since.p_adjusted = since.p.map(|p| (p * places).min(1.0));
    since.reasons.clear();
    conclude(since, rules);
    let short = since.current.blocks < BLOCKS && metric.baseline.blocks >= BLOCKS;
    let lies_above = metric.baseline.level.zip(since.current.level.or(metric.current.trend.last));
    let above = lies_above.is_none_or(|(before, now)| now - before > slight(metric.metric, rules));
    let verdict = match since.verdict {
        CompareVerdict::Unknown if short && !above => CompareVerdict::Ok,
        verdict => verdict,
    };
    if fine && verdict != CompareVerdict::Ok {
        metric.verdict = verdict;
        metric.reasons = vec![Why::SteppedUp];
    } else if fine {
        // What rose late, to a level that the baseline has, is at a level that is known.
        metric.verdict = verdict;
    }
}

#[cfg(test)]
mod tests;
