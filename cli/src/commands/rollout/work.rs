//! The commands of a rollout, and what several steps have in common.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use process::command::{self, End, Kept, is_there};

use super::outcome::Outcome;
use crate::finding::rollout::{Rollout, State, Step, Told};
use crate::moment::timestamp;
use crate::output::Failure;
use crate::rollout::{Journal, Order, Plan};
use crate::settings::Aim;
use crate::source::{PollError, Source as _};
use crate::stop::Stop;
use crate::words;

/// The variable in which commands find a beginning.
pub(super) const SINCE: &str = "WATERTIGHT_SINCE";
/// Bytes of a step's output that are kept.
const MOST: usize = 1 << 20;
/// Lines of it that are shown where it failed, and bytes that are read for them.
const SHOWN: usize = 6;
const END: u64 = 16 << 10;
/// One that is the relay itself and has a mistake in its line ends within this time.
const AT_ONCE: Duration = Duration::from_millis(300);

pub(super) fn order(plan: &Plan, step: Step) -> Option<&Order> {
    match step {
        Step::Build => plan.build.as_ref(),
        Step::Stop => plan.stop.as_ref(),
        Step::Start => Some(&plan.start),
        Step::Rollback => plan.rollback.as_ref(),
        _ => None,
    }
}

/// The file with a step's output.
pub(super) fn log(plan: &Plan, step: Step) -> PathBuf {
    plan.state.join(format!("{}.log", step.as_str()))
}

/// How the target is shown, without credentials.
pub(super) fn target(plan: &Plan) -> Result<String, Failure> {
    let aims = Aim::of(&plan.check()?.target)?;
    Ok(aims.first().map(|aim| aim.source.target().to_owned()).unwrap_or_default())
}

/// Asks once whether anybody is there; why not, otherwise.
pub(super) fn answers(plan: &Plan) -> Result<Result<(), PollError>, Failure> {
    let args = plan.check()?;
    let mut aims = Aim::of(&args.target)?;
    let Some(aim) = aims.first_mut() else { return Ok(Ok(())) };
    Ok(aim.source.poll(args.target.timeout).map(drop))
}

/// What a command finds in its environment.
fn environment(step: Step, rollout: &Rollout) -> Vec<(String, String)> {
    let mut env = vec![
        ("WATERTIGHT_STEP".to_owned(), step.as_str().to_owned()),
        (SINCE.to_owned(), timestamp(rollout.began)),
    ];
    if step == Step::Rollback {
        env.push(("WATERTIGHT_VERDICT".to_owned(), rollout.verdict().as_str().to_owned()));
    }
    env
}

fn unwritable(path: PathBuf) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::output(words::cannot_write(&path, &error))
}

/// Runs a step's command to its end.
///
/// # Errors
/// Its output cannot be kept.
pub(super) fn command(plan: &Plan, step: Step, rollout: &Rollout, stop: &Stop) -> Result<Outcome, Failure> {
    let Some(Order { command, limit }) = order(plan, step) else {
        return Ok(Outcome::told(State::Skipped, &Told::Unplanned));
    };
    let path = log(plan, step);
    let file = File::create(&path).map_err(unwritable(path.clone()))?;
    let env = environment(step, rollout);
    let asked = command::Order { command, env: &env, input: b"", folder: Some(&plan.folder), most: MOST };
    match command::run(&asked, *limit, &|| stop.is_set(), writer(file)) {
        Err(error) => Ok(Outcome::told(State::Failed, &Told::NoCommand(&error))),
        Ok(ran) => {
            close(&path, &ran.output).map_err(unwritable(path))?;
            Ok(ended(ran.end, *limit, false, || ran.output.last_lines(SHOWN)))
        }
    }
}

/// Writes what comes, up to the half of what is kept: so it can be looked at meanwhile.
fn writer(mut file: File) -> impl FnMut(&[u8]) + Send + 'static {
    let mut room = MOST / 2;
    move |piece| {
        let part = piece.get(..piece.len().min(room)).unwrap_or_default();
        room -= part.len();
        // A full disk is told when the end is written.
        let _ = file.write_all(part);
    }
}

/// The other half.
fn close(path: &std::path::Path, kept: &Kept) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    if kept.lost() > 0 {
        writeln!(file, "\n{}", words::bytes_left_out(kept.lost()))?;
    }
    file.write_all(&kept.tail())
}

fn ended(end: End, limit: Duration, start: bool, output: impl Fn() -> Vec<String>) -> Outcome {
    let failed = |told: &Told<'_>| Outcome { output: output(), ..Outcome::told(State::Failed, told) };
    match end {
        End::Exit(status) if status.success() => Outcome::of(State::Done, Vec::new()),
        End::Exit(status) => failed(&Told::Exit(status.code())),
        End::Deadline => failed(&Told::Late { limit, start }),
        End::Stopped => Outcome::interrupted(),
    }
}

/// Starts the relay.
///
/// # Errors
/// The file for its output cannot be written.
pub(super) fn start(plan: &Plan, journal: &mut Journal, stop: &Stop) -> Result<Outcome, Failure> {
    journal.log_from =
        plan.ready.log.as_ref().and_then(|log| fs::metadata(log).ok()).map_or(0, |log| log.len());
    leave(plan, journal, Step::Start, &plan.start, stop)
}

/// Runs a command that leaves the relay behind, or is the relay. Its output goes into a file, and not to this process,
/// which it outlives.
pub(super) fn leave(
    plan: &Plan,
    journal: &mut Journal,
    step: Step,
    order: &Order,
    stop: &Stop,
) -> Result<Outcome, Failure> {
    let path = log(plan, step);
    // In append mode: who shortens the file meanwhile makes no hole.
    let opened = fs::remove_file(&path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    });
    let opened = opened.and_then(|()| OpenOptions::new().create(true).append(true).open(&path));
    let file = opened.map_err(unwritable(path))?;
    let Order { command, limit } = order;
    let env = environment(step, &journal.rollout);
    let asked = command::Order { command, env: &env, input: b"", folder: Some(&plan.folder), most: MOST };
    journal.process = None;
    journal.left = None;
    let mut left = match command::leave(&asked, file) {
        Ok(left) => left,
        Err(error) => return Ok(Outcome::told(State::Failed, &Told::NoCommand(&error))),
    };
    if !plan.background {
        let end = left.wait(*limit, &|| stop.is_set());
        let end = end.map_err(|error| Failure::output(words::told(&Told::NoCommand(&error))))?;
        return Ok(ended(end, *limit, true, || last_words(plan, step)));
    }
    journal.process = Some(left.named());
    journal.save()?;
    // A mistake shows at once; what comes later is seen by the steps that follow.
    stop.wait_until(Instant::now() + AT_ONCE);
    let at_once = left.ended();
    journal.left = Some(left);
    Ok(match at_once {
        Some(status) if !status.success() => {
            ended(End::Exit(status), *limit, true, || last_words(plan, step))
        }
        _ => Outcome::of(State::Done, Vec::new()),
    })
}

/// The process that the start began is known, and has ended.
pub(super) fn is_dead(journal: &Journal) -> bool {
    journal.process.is_some_and(|named| !is_there(named))
}

/// The last lines of a step's output.
pub(super) fn last_words(plan: &Plan, step: Step) -> Vec<String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(log(plan, step))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
        let mut end = Vec::new();
        file.take(END).read_to_end(&mut end)?;
        Ok(end)
    };
    let mut kept = Kept::new(2 * MOST);
    // One that is gone has no words.
    kept.add(&read().unwrap_or_default());
    kept.last_lines(SHOWN)
}
