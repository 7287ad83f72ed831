//! `record`: polls on a schedule until it is over or somebody asks to stop, one row per poll. Each target has a file
//! and a thread of its own, so that none waits for another.

use std::collections::BTreeSet;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use vitals::exit;
use vitals::units::format_duration;

use super::abreast::abreast;
use crate::args::RecordArgs;
use crate::finding::Before;
use crate::moment::timestamp;
use crate::output::{self, Failure};
use crate::recording::{Clock, Joint, Plan, Progress, Recorder, Schedule};
use crate::settings::{self, Aim, Place};
use crate::source::Source;
use crate::stop::Stop;
use crate::summary::{Summary, rounded};
use crate::words;

pub(crate) fn run(args: &RecordArgs) -> Result<u8, Failure> {
    within(args, || Stop::on_signal().map_err(Failure::output))
}

/// The same as a part of something else, which knows who may stop it.
pub(crate) fn within(args: &RecordArgs, stop: impl FnOnce() -> Result<Stop, Failure>) -> Result<u8, Failure> {
    let aims = Aim::of(&args.targets)?;
    let names: Vec<&str> = aims.iter().map(|aim| aim.source.target()).collect();
    let progress = Progress::several(settings::polls(args), &names);
    let groups: Vec<&[Aim]> = aims.chunk_by(|one, next| one.is_beside(next)).collect();
    let named: Vec<&str> = groups.iter().filter_map(|group| group.first()).map(|aim| &*aim.named).collect();
    let places = settings::places(args, &named)?;
    let mut files = Vec::new();
    for (group, place) in groups.iter().zip(&places) {
        files.push(opened(args, group, place)?);
    }
    let of = groups
        .iter()
        .zip(files.iter().zip(&places))
        .flat_map(|(group, file)| group.iter().map(move |_| file));
    let of: Vec<(&Joint, &Place)> = of.collect();
    let several = aims.len() > 1;
    let mut runs = Vec::new();
    for ((Aim { source, instance, .. }, (recorder, place)), progress) in
        aims.into_iter().zip(of).zip(progress)
    {
        runs.push((
            Run { source, instance, recorder, told: BTreeSet::new(), summary: Summary::default(), progress },
            place,
        ));
    }
    if let Some(rotation) = settings::rotation(args) {
        output::hint(&words::kept(rotation.keep));
    }
    let stop = stop()?;
    let start = Instant::now();
    let ended = abreast(runs, |(run, _)| {
        let ended = run.poll(args, start, &stop);
        run.progress.finish();
        ended
    });
    let took = format_duration(rounded(start.elapsed()));
    let told = ended.into_iter().map(|((run, place), ended)| {
        let where_to = words::in_time(&place.in_words(), &took);
        let told = conclusion(&run.summary, ended, &stop, &where_to, run.instance.as_deref());
        told.map_err(|failure| if several { failure.of(run.source.target()) } else { failure })
    });
    all(told.collect())
}

/// The file of a target, or of all addresses of one.
fn opened(args: &RecordArgs, group: &[Aim], place: &Place) -> Result<Joint, Failure> {
    let (target, source) = group.first().map_or(("", ""), |aim| (&*aim.named, aim.source.name()));
    let instances = group.iter().any(|aim| aim.instance.is_some());
    let plan = Plan { instances, ..settings::recorded(args, &place.file) };
    Ok(Joint::new(Recorder::open(&plan, target, source, Timestamp::now())?, group.len()))
}

/// The end of one target's run.
fn conclusion(
    summary: &Summary,
    ended: Result<(), Failure>,
    stop: &Stop,
    where_to: &str,
    instance: Option<&str>,
) -> Result<u8, Failure> {
    ended?;
    if summary.polls() == 0 && stop.is_set() {
        return Err(Failure::interrupted(Before::Row));
    }
    let told = words::recorded(summary, where_to);
    output::hint(&instance.map_or(told.clone(), |instance| words::headed(instance, &told)));
    match summary.last_error() {
        Some(error) if summary.good_polls() == 0 => Err(Failure::unknown(words::none_succeeded(error))),
        _ => Ok(exit::OK),
    }
}

/// One end for all: the gravest, after what the others had to say.
fn all(mut told: Vec<Result<u8, Failure>>) -> Result<u8, Failure> {
    let gravity = |one: &Result<u8, Failure>| match one {
        Ok(_) => 0,
        Err(Failure::ReaderLeft) => 1,
        Err(failure) => match failure.code() {
            exit::INTERRUPTED => 2,
            exit::UNKNOWN => 3,
            _ => 4,
        },
    };
    told.sort_by_key(gravity);
    let worst = told.pop().unwrap_or(Ok(exit::OK));
    told.iter().filter_map(|one| one.as_ref().err()).for_each(Failure::tell);
    worst
}

struct Run<'a, S> {
    source: S,
    /// The address, where it is one of several of a name.
    instance: Option<String>,
    recorder: &'a Joint,
    /// Series that were told to have no number.
    told: BTreeSet<&'static str>,
    summary: Summary,
    progress: Progress,
}

impl<S: Source> Run<'_, S> {
    fn poll(&mut self, args: &RecordArgs, start: Instant, clock: &impl Clock) -> Result<(), Failure> {
        let mut schedule = Schedule::new(start, args.interval, args.duration);
        let ended = self.polls(args, &mut schedule, start, clock);
        self.summary.skip(schedule.skipped(), args.interval);
        let finished = self.recorder.finish();
        ended.and(finished)
    }

    fn polls(
        &mut self,
        args: &RecordArgs,
        schedule: &mut Schedule,
        start: Instant,
        clock: &impl Clock,
    ) -> Result<(), Failure> {
        let mut clocks = None;
        while args.count.is_none_or(|count| self.summary.polls() < count) {
            let Some(due) = schedule.next(clock.now()) else { break };
            if clock.wait_until(due) {
                break;
            }
            let (at, elapsed) = (clock.wall(), clock.now().saturating_duration_since(start));
            if let Some(text) = clocks.replace((at, elapsed)).and_then(|before| jump(before, (at, elapsed))) {
                output::hint(&text);
            }
            let outcome = self.source.poll(args.targets.shared.timeout);
            let by = [Some(self.source.name()), self.instance.as_deref()];
            self.recorder.write(at, elapsed, &outcome, by)?;
            let unread = self.source.unread().into_iter().find(|unread| self.told.insert(unread.series));
            unread.iter().for_each(|unread| output::hint(&words::left_out(unread)));
            self.summary.add(at, &outcome);
            self.progress.add(&outcome);
        }
        Ok(())
    }
}

/// A hint when the two clocks part between polls: the wall clock was set, or the machine slept.
fn jump(
    (from, before): (Timestamp, std::time::Duration),
    (to, now): (Timestamp, std::time::Duration),
) -> Option<String> {
    let monotonic = SignedDuration::try_from(now.saturating_sub(before)).ok()?;
    let off = to.duration_since(from).checked_sub(monotonic)?;
    (off.abs() > SignedDuration::from_secs(2)).then(|| {
        let by = std::time::Duration::from_secs(off.unsigned_abs().as_secs());
        words::clock_jumped(off.is_negative(), by, &timestamp(to))
    })
}

#[cfg(test)]
mod tests;
