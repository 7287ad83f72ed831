//! What of a side's rows counts, where these are of more than one process. Several instances are a side each. Of the
//! current side counts the last life that is long enough, with what came after it; of a baseline, the lives that do not
//! grow. Which rows these are is known after all have been read, so they are read once more.

use std::collections::BTreeSet;

use vitals::trend::{Course, Life, Rules as Trends, lives};
use vitals::{Process, Verdict};

use super::Rules;
use super::filling::{Filling, NAMED};
use super::side::Side;
use crate::finding::{Ended, Finding, Instance};
use crate::moment::Moment;
use crate::output::Failure;
use crate::recording::{Input, Recordings};

/// What a side is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Baseline,
    Current,
}

/// Reads a side: one for each instance, with the rows that count.
///
/// # Errors
/// See [`super::side`].
pub(crate) fn sides(inputs: &[Input], role: &str, of: Use) -> Result<Vec<Side>, Failure> {
    let whole = super::side(inputs, role)?;
    let instances: Vec<Vec<Process>> =
        whole.processes.instances().into_iter().map(|lives| lives.into_iter().cloned().collect()).collect();
    match instances.as_slice() {
        [] => Ok(vec![whole]),
        [_] if whole.restarts == 0 => Ok(vec![whole]),
        [lives] => Ok(vec![counted(inputs, role, of, &whole, lives)?]),
        many => {
            let looped = whole.processes.crash_loop();
            let instance = |(i, lives): (usize, &Vec<Process>)| {
                lives.last().map(|last| Instance::of(i + 1, many.len(), last))
            };
            let one = |(i, lives): (usize, &Vec<Process>)| {
                let own = part(inputs, role, &ids(lives.iter()))?;
                let mut own = counted(inputs, role, of, &own, lives)?;
                own.instance = instance((i, lives));
                own.instances = many.iter().enumerate().filter_map(instance).collect();
                own.looped = looped;
                Ok(own)
            };
            many.iter().enumerate().map(one).collect()
        }
    }
}

fn ids<'a>(processes: impl Iterator<Item = &'a Process>) -> BTreeSet<u32> {
    processes.map(|process| process.id).collect()
}

/// What counts of one instance.
fn counted(
    inputs: &[Input],
    role: &str,
    of: Use,
    own: &Side,
    processes: &[Process],
) -> Result<Side, Failure> {
    let told = lives(&own.series, &Trends::default());
    let grows = |life: &Life| life.trends.first().is_some_and(|main| main.course == Course::Growing);
    let keep: Vec<&Life> = match of {
        Use::Current => {
            let deciding = told.iter().rposition(|life| life.is_long).unwrap_or(0);
            told[deciding.min(told.len())..].iter().collect()
        }
        Use::Baseline if told.iter().any(|life| life.is_long && !grows(life)) => {
            told.iter().filter(|life| !grows(life)).collect()
        }
        Use::Baseline => told.iter().collect(),
    };
    let overlaps =
        |process: &&Process| keep.iter().any(|life| process.first <= life.to && process.last >= life.from);
    let kept = ids(processes.iter().filter(overlaps));
    let is_whole = keep.len() == told.len() || kept.len() == processes.len();
    let mut counted = if is_whole { own.clone() } else { part(inputs, role, &kept)? };
    let utc = own.from.as_ref().is_none_or(Moment::is_utc);
    counted.restarts = own.processes.restarts().max(processes.len() as u64 - 1);
    if own.processes.is_several() {
        counted.restarts = processes.len() as u64 - 1;
    }
    let seen = processes[1..].iter().take(NAMED);
    counted.restarted_at = seen.filter_map(|life| Moment::at(life.first, utc)).collect();
    counted.hours = own.hours;
    counted.looped = own.looped;
    counted.ended = told
        .windows(2)
        .filter_map(|pair| {
            let until = Moment::at(pair[1].from, utc)?;
            Some(Ended { until, day: own.from, is_long: pair[0].is_long, trends: pair[0].trends.clone() })
        })
        .collect();
    counted.lives = told;
    Ok(counted)
}

/// The rows of these processes.
fn part(inputs: &[Input], role: &str, ids: &BTreeSet<u32>) -> Result<Side, Failure> {
    let recordings = Recordings::sound(inputs, role)?;
    let count = |keep: Option<&BTreeSet<u32>>, rows: u64| -> Result<Side, Failure> {
        let mut filling = Filling::new(rows);
        filling.keep = keep.cloned();
        for recording in recordings.each() {
            filling.start(recording.name());
            recording.read(&mut |time, line| filling.add(time, line))?;
        }
        filling.side(role)
    };
    // How many rows these are tells what their first and last fifth is.
    let rows = count(Some(ids), recordings.rows())?.polls();
    count(Some(ids), rows)
}

/// What the restarts of the current side come to, beside the baseline's; and that instances cannot be told apart.
pub(crate) fn restarts(baseline: &Side, current: &Side, rules: &Rules) -> Vec<Finding> {
    restarts_of(current, baseline.restarts_an_hour(), rules)
}

/// The same of a side, beside so many an hour that are usual; a gate that holds is told.
pub(super) fn restarts_of(side: &Side, usual: f64, rules: &Rules) -> Vec<Finding> {
    let (times, hourly) = (side.restarts, [side.restarts_an_hour(), usual]);
    let found = Finding::of_restarts(times, side.looped, Some(hourly), rules.max_restarts);
    let holds = rules.max_restarts.and_then(|limit| Finding::of_few_restarts(times, limit));
    let unclear = side.processes.is_unclear().then(Finding::of_mixture);
    found.into_iter().chain(holds).chain(unclear).collect()
}

/// Each instance of the current side with one of the baseline's: in the order of their levels, for nothing else tells
/// which of them is which after a deployment; by name where both have names.
pub(crate) fn pairs(baselines: Vec<Side>, mut currents: Vec<Side>) -> Vec<(Side, Side)> {
    let name = |side: &Side| side.instance.as_ref().and_then(|instance| instance.name.clone());
    let level = |side: &Side| side.columns[super::judged(&[side])].all.median();
    let mut sorted = baselines;
    sorted.sort_by_key(level);
    currents.sort_by_key(level);
    let n = currents.len();
    let pair = |(i, current): (usize, Side)| {
        let same = sorted.iter().find(|side| name(side).is_some() && name(side) == name(&current));
        let other = || {
            let at = if sorted.len() == n { i } else { i * sorted.len() / n.max(1) };
            sorted.get(at).or(sorted.last())
        };
        Some((same.or_else(other)?.clone(), current))
    };
    currents.into_iter().enumerate().filter_map(pair).collect()
}

/// What others of several instances have to complain of.
pub(crate) fn of_others(instance: &Instance, findings: &[Finding]) -> Vec<Finding> {
    let complaints = findings.iter().filter(|finding| finding.verdict > Verdict::Ok);
    complaints.map(|finding| finding.clone().of_instance(instance.clone())).collect()
}

#[cfg(test)]
mod tests;
