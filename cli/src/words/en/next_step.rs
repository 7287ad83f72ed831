//! How a comparison ends: nothing to complain about, or the next step.

use super::health::{SEE_ERRORS, SEE_SLOWNESS};
use super::sheet::column;
use super::sides::flaw;
use crate::finding::{Advice, Column, Flaw, Well};

/// A comparison without complaints.
pub(crate) fn well(well: Well) -> String {
    match well {
        Well::Two { carried: true, gates: false, .. } => {
            "ok: what is above a threshold is in proportion to the load; no gate was asked for".to_owned()
        }
        Well::Two { gates: true, short: true, .. } => {
            "ok: every gate holds, and current is too short to tell whether it grows".to_owned()
        }
        Well::Two { carried: true, gates: true, .. } => {
            "ok: what is above a threshold is in proportion to the load, and every gate holds".to_owned()
        }
        Well::Two { carried: false, gates: false, .. } => {
            "ok: current is below every threshold; no gate was asked for".to_owned()
        }
        Well::Two { carried: false, gates: true, .. } => {
            "ok: current is below every threshold, and every gate holds".to_owned()
        }
        Well::Many(of) => {
            format!("ok: no {} is above a threshold, grows, or is higher than those before it", column(of))
        }
    }
}

/// All gates were asked for of all columns.
pub(crate) fn holds(of: Column) -> String {
    format!("every gate holds for every {}", column(of))
}

/// The next step.
pub(crate) fn next_step(advice: &Advice) -> String {
    match advice {
        Advice::Nothing => "nothing to do",
        Advice::SeeWhyUnreachable => {
            "check that the service is up and that the address is right: watertight quick-check says why"
        }
        Advice::LoadDiffers => {
            "the load differs: compare recordings of the same load before you call it a leak"
        }
        Advice::RecordOn => "record on: if the count does not come down when the load does, it leaks",
        Advice::SeeErrors => SEE_ERRORS,
        Advice::SeeSlowness => SEE_SLOWNESS,
        Advice::PutLoadOn => {
            "put the baseline's load on it and record it again; --allow-idle lets an idle side pass"
        }
        Advice::SeeWhyIdle(of) => {
            return format!("see why so little was asked of it; --allow-idle lets an idle {} pass", column(*of));
        }
        Advice::Leak => {
            "let watertight diagnose name the line that leaks and its cure (for a Go program with --pprof-url); keep both \
             recordings, and plan a restart: watertight watch says how long it is until danger"
        }
        Advice::Usual { memory: false } => {
            "the baseline was as high: set --warning and --danger to what is usual, or find out why it was"
        }
        Advice::Usual { memory: true } => {
            "the baseline was as high: find out what holds its memory before you compare with it"
        }
        Advice::PlanRestart => "plan a restart, and keep this recording: it shows how fast it came",
        Advice::SeeRestarts => {
            "read the log of its last minutes, and the system's (out of memory?): they say why it ended"
        }
        Advice::PollEach => {
            "record each instance by its own --api-url, or with --each-address, and compare each with its own baseline"
        }
        Advice::WatchPeak => "see whether the count came down after its peak: a burst does, a leak does not",
        Advice::NameOverdue => {
            "save the log and /api/monitor/exchanges: they name the requests that outlive their deadline"
        }
        Advice::SeeWhatChanged => {
            "see what changed when the level rose: a deployment, a setting, or the load"
        }
        Advice::Cures(cures) => {
            return cures.iter().map(|(flaw, names)| cure(flaw_cure(*flaw), names)).collect::<Vec<_>>().join("; ");
        }
        Advice::LoadIsHere => {
            "if this load is here to stay, set --warning and --danger to what is usual under it"
        }
        Advice::SameLoad(true) => {
            "compare recordings of the same load, or of a load that changes: that shows what a request costs"
        }
        Advice::SameLoad(false) => {
            "compare recordings of the same load, or of a target that reports requests in flight"
        }
        Advice::RecordBoth => "record both sides for longer, under the load that you want to know about",
        Advice::RecordEach(Column::Day) => {
            "record every day for longer, under the load that you want to know about"
        }
        Advice::RecordEach(Column::Recording) => {
            "record each for longer, under the load that you want to know about"
        }
        Advice::BusyOrLeaking => {
            "busy or leaking: record on, and compare again; a count that falls with the load is fine. If a stack \
             leaks, watertight diagnose names it (for a Go program with --pprof-url)"
        }
        Advice::Rising => {
            "record on: a ramp ends, and a leak goes on. Meanwhile, watertight diagnose names the stack that grows (for \
             a Go program with --pprof-url)"
        }
        Advice::SeeWhoHolds(metric) => super::held::who_holds(*metric),
        Advice::NameMissing => "name the files of the missing days too, or see why nothing was recorded then",
        Advice::BeforeGrowth(of) => {
            return format!(
                "see what was deployed before the first {} that grows, and let watertight diagnose name the stack",
                column(*of)
            );
        }
        Advice::SlowLeak => {
            "it may be a slow leak: compare what watertight diagnose names just after a restart and days later"
        }
        Advice::WhenRose => "see what was deployed, or what load came, when the level rose",
        Advice::SeeReport => "watertight report shows when it was",
    }
    .to_owned()
}

const fn flaw_cure(flaw: Flaw) -> &'static str {
    let [_, cure] = self::flaw(flaw);
    cure
}

fn cure(cure: &str, names: &[String]) -> String {
    match names {
        [] => cure.to_owned(),
        [first, _, rest @ ..] if !rest.is_empty() => {
            format!("{first} and {} more: {cure}", rest.len() + 1)
        }
        names => format!("{}: {cure}", names.join(" and ")),
    }
}
