//! `rollout --accept`: the recording of the last rollout takes the place of the baseline, and the one before is kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::exit;

use crate::args::RolloutFormat;
use crate::finding::rollout::{Accepted, Refused, State, Step};
use crate::output::{self, Failure};
use crate::recording::beside;
use crate::render::rollout as form;
use crate::rollout::{Journal, Plan};
use crate::words;

pub(super) fn run(plan: &Plan, format: RolloutFormat) -> Result<u8, Failure> {
    let refused = |why| Failure::usage(words::rollout_refused(&why));
    if !matches!(format, RolloutFormat::Text | RolloutFormat::Json) {
        return Err(refused(Refused::NoForm("--accept")));
    }
    let _lock = Journal::lock(&plan.state)?;
    let last = Journal::last(&plan.state)?.ok_or_else(|| refused(Refused::NothingToAccept))?;
    if !last.is_over {
        return Err(refused(Refused::NotRecorded));
    }
    let watched =
        last.rollout.record(Step::Watch).is_some_and(|record| matches!(record.state, State::Judged(_)));
    let recording = plan.recording();
    if !watched || !recording.exists() {
        return Err(refused(Refused::NothingToAccept));
    }
    let changed = !is_same(&recording, &plan.baseline);
    let before = (changed && plan.baseline.exists()).then(|| free(&plan.baseline));
    if changed {
        replace(&recording, &plan.baseline, before.as_deref())?;
        let before = before.as_deref().map(beside);
        replace(&beside(&recording), &beside(&plan.baseline), before.as_deref())?;
    }
    let verdict = last.rollout.verdict();
    let accepted = Accepted { baseline: plan.baseline.clone(), before, changed, verdict };
    match format {
        RolloutFormat::Json => output::result(&form::accepted_json(&accepted))?,
        _ => output::hint(&words::accepted(&accepted)),
    }
    Ok(exit::OK)
}

/// They hold the same bytes: it has been accepted before.
fn is_same(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map(|about| about.len()).ok();
    length(one) == length(other) && fs::read(one).ok() == fs::read(other).ok()
}

/// A name that nobody has yet, with the time of the baseline that is kept under it.
fn free(baseline: &Path) -> PathBuf {
    let at = fs::metadata(baseline).and_then(|about| about.modified());
    let at = at.ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default();
    let at = at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let names = (1..).map(|n| match n {
        1 => format!("{at}.csv"),
        n => format!("{at}-{n}.csv"),
    });
    let mut paths = names.map(|name| baseline.with_extension(name));
    paths.find(|path| !path.exists()).unwrap_or_default()
}

/// Copies a file over another one, which is kept under a third name.
fn replace(new: &Path, old: &Path, older: Option<&Path>) -> Result<(), Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| Failure::output(words::cannot_write(&path, &error))
    };
    let beside = old.with_extension("new");
    fs::copy(new, &beside).map_err(failed(&beside))?;
    if let Some(older) = older.filter(|_| old.exists()) {
        fs::rename(old, older).map_err(failed(older))?;
    }
    fs::rename(&beside, old).map_err(failed(old))
}
