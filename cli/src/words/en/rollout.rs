//! What a rollout says: of its steps, of a plan with mistakes, and of what it cannot do.

use std::io;
use std::path::Path;
use std::time::Duration;

use vitals::Verdict;
use vitals::encoding::NoText;
use vitals::units::format_duration;

use super::source::address;
use super::{counted, error_seen};
use crate::finding::rollout::{Accepted, Ended, Flaw, Missing, Refused, Rollout, State, Step, Told, Wanted};
use crate::summary::rounded;

/// A sentence about a step.
pub(crate) fn told(told: &Told<'_>) -> String {
    match told {
        Told::Exit(Some(status)) => format!("the command ended with status {status}"),
        Told::Exit(None) => "a signal ended the command".to_owned(),
        Told::Late { limit, start } => {
            let cure = if *start { ": if it is the relay itself, set start.background = true" } else { "" };
            format!("the command did not end within {}, and was ended{cure}", format_duration(*limit))
        }
        Told::NoCommand(error) => format!("the command cannot be run: {error}"),
        Told::Unplanned => "the plan has no command for it".to_owned(),
        Told::NoneLeft => "no relay of an earlier rollout runs".to_owned(),
        Told::Died(Ended::With(status)) => {
            format!("the process that the start began has ended, with status {status}")
        }
        Told::Died(Ended::BySignal) => "the process that the start began has ended, by a signal".to_owned(),
        Told::Died(Ended::Somehow) => "the process that the start began has ended".to_owned(),
        Told::NotReady { limit, missing } => {
            let missing: Vec<_> = missing.iter().map(in_vain).collect();
            format!("not ready within {}: {}", format_duration(*limit), missing.join("; "))
        }
        Told::NothingRuns(why) => format!("nothing to record: {}", error_seen(why)),
        Told::HasBaseline(at) => format!("recorded on {}", at.strftime("%Y-%m-%d %H:%M UTC")),
        Told::NoBaseline => "no baseline: --accept makes this rollout's recording one".to_owned(),
        Told::Decided => "it ended early: nothing could change the verdict".to_owned(),
        Told::Resumed(after) => {
            format!("with what was recorded before: {}", format_duration(rounded(*after)))
        }
        Told::Watched { polls, median: Some(median), peak: Some(peak) } => {
            format!("{}, median {median} goroutines, peak {peak}", counted(*polls, "poll", "polls"))
        }
        Told::Watched { polls, .. } => counted(*polls, "poll", "polls"),
    }
}

fn in_vain(missing: &Missing) -> String {
    match missing {
        Missing::Line(line) => format!("there is no line with `{line}`"),
        Missing::Status(url, status) => format!("{url}: it answers {status}"),
        Missing::Url(url, why) => format!("{url}: {}", error_seen(why)),
        Missing::Health(why) => error_seen(why),
    }
}

/// A state in one word.
pub(crate) const fn step_state(state: State) -> &'static str {
    state.as_str()
}

/// The heads of a table's columns, in Markdown.
pub(crate) const fn rollout_columns() -> [&'static str; 3] {
    ["step", "state", "time"]
}

/// The title: `rollout of http://localhost:3000 in 32m`.
pub(crate) fn rollout_title(rollout: &Rollout) -> String {
    format!("rollout of {} in {}", rollout.target, format_duration(rounded(rollout.took())))
}

/// The next step after a rollout.
pub(crate) fn after_rollout(rollout: &Rollout, has_rollback: bool) -> String {
    match (rollout.failed(), rollout.verdict(), rollout.record(Step::Rollback).map(|record| record.state)) {
        (_, _, Some(State::Failed)) => "the roll-back failed: look at the relay now",
        (_, _, Some(_)) => {
            "rolled back: find the cause before the next rollout; watertight diagnose names stacks"
        }
        (Some(record), ..) if record.step < Step::Stop => {
            "the relay that ran before still runs: mend the step, and start anew"
        }
        (Some(_), ..) => "mend the step, and start anew: the relay may be down",
        (None, Verdict::Danger, None) if has_rollback => "roll back by hand: the roll-back did not run",
        (None, Verdict::Danger, None) => "roll back by hand: the plan has no roll-back",
        (None, Verdict::Unknown, None) => "see above what could not be told, and watch again",
        (None, Verdict::Warning, None) => {
            "watch it; watertight rollout routine prints the checks of the next days"
        }
        (None, Verdict::Ok, None) => {
            "nothing to do now; watertight rollout routine prints the checks of the next days"
        }
    }
    .to_owned()
}

/// A step begins: on standard error.
pub(crate) fn step_begins(step: Step, what: Option<&str>, length: Option<Duration>) -> String {
    let what = what.map(|what| format!(": {what}")).unwrap_or_default();
    let length = length.map(|length| format!(", {}", format_duration(length))).unwrap_or_default();
    format!("{}{what}{length}", step.as_str())
}

/// The end of a step, for the same place.
pub(crate) fn step_ended(step: Step, state: State, took: &str, line: Option<&str>) -> String {
    let line = line.map(|line| format!(": {line}")).unwrap_or_default();
    format!("{}: {} in {took}{line}", step.as_str(), step_state(state))
}

/// The last lines of the result: what to do, and where everything is.
pub(crate) fn rollout_end(next: &str, kept: &Path) -> [String; 2] {
    [format!("next: {next}"), format!("kept: {}", kept.display())]
}

/// What a step would do, without a command.
pub(crate) fn would(step: Step, target: &str) -> String {
    match step {
        Step::Baseline => format!("record {target}, if there is no baseline yet"),
        Step::Ready => "wait for the relay".to_owned(),
        Step::Check => format!("check {target}"),
        Step::Watch => format!("watch {target}, and record it"),
        Step::Compare => "compare with the baseline".to_owned(),
        Step::Stop => "end the process that the last rollout started".to_owned(),
        _ => told(&Told::Unplanned),
    }
}

/// The conditions of the step `ready`.
pub(crate) fn would_wait(lines: &[String], url: Option<&str>) -> String {
    let lines = lines.iter().map(|line| format!("a line with `{line}`"));
    let all: Vec<_> = lines.chain(url.map(|url| format!("a 2xx of {url}"))).collect();
    match all.is_empty() {
        true => "wait until the relay answers".to_owned(),
        false => format!("wait for {}", all.join(", ")),
    }
}

/// Behind it, the roll-back.
pub(crate) const fn on_danger() -> &'static str {
    " (on danger, or when a step fails from stop on)"
}

/// The end of an interrupted rollout.
pub(crate) fn rollout_interrupted(step: Step) -> String {
    format!("interrupted in the step {}: --resume goes on with it", step.as_str())
}

pub(crate) const fn rollout_dropped() -> &'static str {
    "an earlier rollout was interrupted; this one begins anew (--resume would have gone on with it)"
}

pub(crate) fn accepted(accepted: &Accepted) -> String {
    let Accepted { baseline, before, changed, verdict } = accepted;
    let now = if *changed { "is now" } else { "was already" };
    let kept = before.as_ref().map(|before| format!("; the one before is kept as {}", before.display()));
    format!(
        "{} {now} the recording of the last rollout, whose verdict was {}{}",
        baseline.display(),
        verdict.as_str(),
        kept.unwrap_or_default()
    )
}

pub(crate) fn rollout_refused(why: &Refused) -> String {
    match why {
        Refused::Unreadable(path) => {
            return format!(
                "{} cannot be read, so that it is not known what runs: end the relay by hand, and remove this file",
                path.display()
            );
        }
        Refused::NoForm(flag) => {
            return format!("{flag}: its result has the forms text and json: give one of these, or none");
        }
        Refused::NothingToResume => "--resume: there is no rollout to go on with: leave it out to begin one",
        Refused::AlreadyEnded => "--resume: the last rollout is over: leave it out to begin a new one",
        Refused::PlanChanged => "--resume: the plan has changed since: leave it out to begin anew",
        Refused::InUse => "another rollout uses the state folder: wait for its end",
        Refused::NothingToAccept => "--accept: the last rollout has no whole recording of a watch",
        Refused::NotRecorded => "--accept: the last rollout was interrupted: end it with --resume first",
        Refused::NeverRolledOut => "the routine follows a rollout: run one first, or end it with --resume",
        Refused::PlanFromStdin => {
            "--plan -: a plan is a file, because its commands run in its folder: write it to one"
        }
        Refused::Secret(key) => {
            return format!(
                "`{key}` holds credentials, which the routine would write into files: take them out of it, and use \
                 `source.basic_file`"
            );
        }
    }
    .to_owned()
}

/// A plan that cannot be read.
pub(crate) fn no_plan(file: &Path, error: &io::Error) -> String {
    let cure = match error.kind() {
        io::ErrorKind::NotFound => ": `watertight rollout example > rollout.toml` writes one",
        _ => "",
    };
    format!("--plan {}: cannot read it: {error}{cure}", file.display())
}

/// A mistake in a plan.
pub(crate) fn plan_flaw(flaw: &Flaw<'_>) -> String {
    match flaw {
        Flaw::Syntax(what) => format!("not valid TOML: {what}"),
        Flaw::UnknownKey { name, near: Some(near), .. } => {
            format!("unknown key `{name}`, did you mean `{near}`?")
        }
        Flaw::UnknownKey { name, near: None, known } => {
            format!("unknown key `{name}`, known here are {}", known.join(", "))
        }
        Flaw::Kind { name, found, wanted } => {
            let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
            let wanted = match wanted {
                Wanted::Text => "a text",
                Wanted::Time => "a time such as \"5m\"",
                Wanted::Switch => "true or false",
                Wanted::Texts => "a list of texts",
                Wanted::TextOrNumber => "a text or a number",
                Wanted::Address => "an address such as \"http://localhost:3000\"",
            };
            format!("`{name}` is {article} {found}, expected {wanted}")
        }
        Flaw::Value { name, why } => format!("`{name}`: {why}"),
        Flaw::NoText(NoText::Unmarked) => {
            "it is UTF-16 without a byte order mark: save it as UTF-8 (PowerShell: Set-Content -Encoding utf8)"
                .to_owned()
        }
        Flaw::NoText(NoText::Neither) => "it is not UTF-8 text: save it as UTF-8".to_owned(),
        Flaw::Empty(name) => format!("`{name}` is empty: give it a value, or leave the key out"),
        Flaw::Address { name, wrong } => format!("`{name}`: {}", address(wrong)),
        Flaw::NoUrl(name) => {
            format!("`{name}` is no whole URL: write it like http://localhost:3000/readyz")
        }
        Flaw::Shorter { names: [name, other], times: [time, least] } => format!(
            "`{name}` ({}) is shorter than `{other}` ({}), and one poll tells nothing: make it longer, or the other \
             shorter",
            format_duration(*time),
            format_duration(*least)
        ),
        Flaw::AtOnce(name) => format!("`{name}` is 0, and would end the command at once: give it a time"),
        Flaw::TooShort { name, time, least } => format!(
            "`{name}` is {}, and the comparison cannot tell anything before {}: make it longer, or give \
             `compare.max_peak` or `compare.max_growth`, which judge less",
            format_duration(*time),
            format_duration(*least)
        ),
        Flaw::ShortBaseline { file, blocks, of } => format!(
            "{} has {blocks} of the {of} blocks that a comparison needs: --accept a longer recording, or move the file \
             away, and the next rollout records one",
            file.display()
        ),
        Flaw::NeverCompared => {
            "`compare.required` is true, and the comparison could never tell: see the other lines, or leave it out"
                .to_owned()
        }
        Flaw::Missing(name) => format!("there is no `{name}`: give it, or one of `compose` and `systemd`"),
        Flaw::Both([one, other]) => {
            format!("`{one}` and `{other}` stand for the same commands: leave one out")
        }
    }
}

/// Something that is for nothing, but does no harm.
pub(crate) fn noted(what: &str) -> String {
    format!("note: {what}")
}

/// The webhook of a rollout did not take its message.
pub(crate) fn rollout_untold(host: &str, why: &str) -> String {
    format!("webhook at {host}: {why}")
}

/// A file, or a command, of the routine that cannot be put in place.
pub(crate) fn not_installed(command: &str, what: &str) -> String {
    format!("the routine is as it was before: `{command}`: {what}")
}

/// A scheduler whose program is not there.
pub(crate) fn no_scheduler(program: &str) -> String {
    format!(
        "the routine is as it was before: there is no `{program}` here: install it, or name another scheduler by --with"
    )
}

pub(crate) fn installed(checks: usize, by: &str) -> String {
    format!("{} installed with {by}", counted(checks as u64, "check", "checks"))
}

pub(crate) fn removed(checks: usize, by: &str) -> String {
    match checks {
        0 => format!("no checks of this plan are installed with {by}"),
        n => format!("{} removed from {by}", counted(n as u64, "check", "checks")),
    }
}

/// In front of the log of a step.
pub(crate) fn bytes_left_out(bytes: u64) -> String {
    format!("[{bytes} bytes are left out here]")
}
