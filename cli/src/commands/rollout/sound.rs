//! Whether a plan can be carried out, before anything is done: whom it asks can be asked, what it compares with can be
//! read, and what its flags say together makes sense. What would be for nothing is told.

use std::path::Path;
use std::time::Duration;

use vitals::trend::Metric;

use super::{ready, work};
use crate::commands::compare;
use crate::comparison::{BLOCKS, least};
use crate::finding::Finding;
use crate::finding::rollout::Flaw;
use crate::output::{self, Failure};
use crate::rollout::Plan;
use crate::settings;
use crate::words;

pub(super) fn check(plan: &Plan) -> Result<(), Failure> {
    let blamed = |failure: Failure| plan.blamed(&failure);
    work::target(plan).map_err(blamed)?;
    let (watch, record, compare) = (plan.watch(false)?, plan.record(Path::new("x"))?, plan.compare()?);
    settings::thresholds(watch.thresholds).map_err(blamed)?;
    settings::thresholds(compare.thresholds).map_err(blamed)?;
    settings::check_watch(&watch).map_err(blamed)?;
    ready::check(plan).map_err(blamed)?;
    let baseline = baseline(plan)?;
    if compare.max_growth.is_some() || compare.max_peak.is_some() {
        // These judge what is too short for statistics.
        return Ok(());
    }
    let mut short = vec![("watch", watch.duration, watch.interval)];
    short.extend(baseline.is_none().then_some(("baseline", record.duration, record.interval)));
    let mut told: Vec<String> = short
        .into_iter()
        .filter_map(|(section, length, interval)| too_short(plan, section, length?, interval))
        .collect();
    if let Some(blocks) = baseline.filter(|blocks| *blocks < BLOCKS) {
        let flaw = Flaw::ShortBaseline { file: &plan.baseline, blocks, of: BLOCKS };
        told.push(plan.flawed("baseline", "file", &flaw));
    }
    if told.is_empty() {
        return Ok(());
    }
    if plan.required {
        told.push(plan.flawed("compare", "required", &Flaw::NeverCompared));
        return Err(Failure::usage(told.join("\n       ")));
    }
    told.iter().for_each(|told| output::hint(&words::noted(told)));
    Ok(())
}

fn too_short(plan: &Plan, section: &str, time: Duration, interval: Duration) -> Option<String> {
    let (name, least) = (format!("{section}.for"), least(interval));
    (time < least).then(|| plan.flawed(section, "for", &Flaw::TooShort { name: &name, time, least }))
}

/// How much of it statistics can use, where there is one.
///
/// # Errors
/// It cannot be read.
fn baseline(plan: &Plan) -> Result<Option<usize>, Failure> {
    if !plan.baseline.exists() {
        return Ok(None);
    }
    let mut args = plan.compare()?;
    args.current = Some(plan.baseline.to_string_lossy().into_owned());
    let findings = compare::within(&args).map_err(|failure| Failure::usage(failure.text()))?;
    let tasks = |finding: &Finding| {
        let found = &finding.statistics()?.found;
        (found.metric == Metric::Tasks).then_some(found.baseline.blocks)
    };
    Ok(findings.iter().find_map(tasks))
}
