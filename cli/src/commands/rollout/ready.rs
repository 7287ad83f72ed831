//! The wait for a relay that has been started: until everything that the plan names has come true.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use process::command;

use super::outcome::Outcome;
use super::work::{self, SINCE};
use crate::finding::rollout::{Missing, State, Step, Told};
use crate::moment::timestamp;
use crate::output::Failure;
use crate::rollout::{Journal, Plan};
use crate::settings;
use crate::source::{Probe, Target};
use crate::stop::Stop;

/// Between two looks.
const APART: Duration = Duration::from_millis(200);
/// What one look may read of a log, and how much of the last one is looked at again: a line may come in pieces.
const PIECE: u64 = 1 << 20;
const AGAIN: usize = 4096;
/// How long one look may take: an answer, or a command that prints a log.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer is not read further.
const ANSWER: u64 = 1 << 20;

/// Until everything that the plan names has come true.
///
/// # Errors
/// The plan's address cannot be used.
pub(super) fn wait(plan: &Plan, journal: &mut Journal, stop: &Stop) -> Result<Outcome, Failure> {
    let mut looks = Looks::new(plan, journal)?;
    wait_for(plan, journal, Step::Start, stop, || looks.look(plan, stop))
}

/// The plan's URL can be asked.
///
/// # Errors
/// It cannot.
pub(super) fn check(plan: &Plan) -> Result<(), Failure> {
    plan.ready.url.as_deref().map_or(Ok(()), |url| probe(plan, url).map(drop))
}

/// After a roll-back: what it brought back must answer, or nothing was brought back.
///
/// # Errors
/// The plan's address cannot be used.
pub(super) fn answers_again(plan: &Plan, journal: &mut Journal, stop: &Stop) -> Result<Outcome, Failure> {
    let look = || Ok(work::answers(plan)?.err().map(Missing::Health).into_iter().collect());
    wait_for(plan, journal, Step::Rollback, stop, look)
}

/// Until nothing is missing of what a step began.
fn wait_for(
    plan: &Plan,
    journal: &mut Journal,
    step: Step,
    stop: &Stop,
    mut look: impl FnMut() -> Result<Vec<Missing>, Failure>,
) -> Result<Outcome, Failure> {
    let until = Instant::now() + plan.ready.limit;
    let failed = |told: &Told<'_>| {
        let output = work::last_words(plan, step);
        Ok(Outcome { output, ..Outcome::told(State::Failed, told) })
    };
    loop {
        let missing = look()?;
        let is_dead = work::is_dead(journal);
        // In place of a start that has died another one may answer; a roll-back may be whatever answers.
        if missing.is_empty() && !(is_dead && step == Step::Start) {
            return Ok(Outcome::of(State::Done, Vec::new()));
        }
        if is_dead {
            return failed(&Told::Died(journal.ended()));
        }
        if stop.wait_until(Instant::now() + APART) {
            return Ok(Outcome::interrupted());
        }
        if Instant::now() >= until {
            return failed(&Told::NotReady { limit: plan.ready.limit, missing: &missing });
        }
    }
}

/// What has been found so far.
struct Looks {
    /// Those that are still missing.
    lines: Vec<String>,
    /// In any of them: what the start command says, and what the relay writes elsewhere.
    logs: Vec<Log>,
    probe: Option<(Probe, String)>,
    url_is_good: bool,
    asks_health: bool,
}

/// Where lines are looked for.
enum Log {
    File {
        path: PathBuf,
        from: u64,
        last: Vec<u8>,
    },
    /// With the time at which the start began.
    Command(String, String),
}

impl Looks {
    fn new(plan: &Plan, journal: &Journal) -> Result<Self, Failure> {
        let started = journal.rollout.record(Step::Start).map_or_else(Timestamp::now, |record| record.at);
        let file = |path: PathBuf, from: u64| Log::File { path, from, last: Vec::new() };
        let own = file(work::log(plan, Step::Start), 0);
        let log = plan.ready.log.clone().map(|log| file(log, journal.log_from));
        let command = plan.logs(started).map(|command| Log::Command(command, timestamp(started)));
        let logs = [own].into_iter().chain(log).chain(command).collect();
        let probe = plan.ready.url.as_deref().map(|url| probe(plan, url)).transpose()?;
        let asks_health = plan.ready.lines.is_empty() && probe.is_none();
        Ok(Self { lines: plan.ready.lines.clone(), logs, probe, url_is_good: false, asks_health })
    }

    fn look(&mut self, plan: &Plan, stop: &Stop) -> Result<Vec<Missing>, Failure> {
        for log in &mut self.logs {
            if self.lines.is_empty() {
                break;
            }
            let text = log.read(plan, stop);
            self.lines.retain(|line| memchr::memmem::find(&text, line.as_bytes()).is_none());
        }
        let mut missing: Vec<Missing> = self.lines.iter().cloned().map(Missing::Line).collect();
        if let (Some((probe, url)), false) = (&self.probe, self.url_is_good) {
            match probe.get("", None, ANSWER, PATIENCE) {
                Ok(raw) if (200..300).contains(&raw.status) => self.url_is_good = true,
                Ok(raw) => missing.push(Missing::Status(url.clone(), raw.status)),
                Err(error) => missing.push(Missing::Url(url.clone(), error)),
            }
        }
        if self.asks_health
            && let Err(why) = work::answers(plan)?
        {
            missing.push(Missing::Health(why));
        }
        Ok(missing)
    }
}

fn probe(plan: &Plan, url: &str) -> Result<(Probe, String), Failure> {
    let target = Target::parse_from(url, "ready.url")
        .map_err(|wrong| Failure::from(crate::reading::Unusable::Address { place: "ready.url", wrong }))?;
    let args = plan.check()?;
    let access = settings::plan(None, "ready.url", &args.target.source)?.access;
    Ok((Probe::new(&target, &target, &access)?, target.shown().to_owned()))
}

impl Log {
    /// What is new; nothing while it cannot be read.
    fn read(&mut self, plan: &Plan, stop: &Stop) -> Vec<u8> {
        match self {
            Self::File { path, from, last } => {
                let Ok(new) = piece(path, from) else { return Vec::new() };
                let text = [last.as_slice(), &new].concat();
                *last = text.get(text.len().saturating_sub(AGAIN)..).unwrap_or_default().to_vec();
                text
            }
            Self::Command(command, since) => {
                let order = command::Order {
                    command,
                    env: &[(SINCE.to_owned(), since.clone())],
                    input: b"",
                    folder: Some(&plan.folder),
                    most: 1 << 20,
                };
                let ran = command::run(&order, PATIENCE, &|| stop.is_set(), |_| {});
                ran.map(|ran| [ran.output.head(), &ran.output.tail()].concat()).unwrap_or_default()
            }
        }
    }
}

/// The next piece of a file; one that got shorter was begun anew.
fn piece(path: &Path, from: &mut u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() < *from {
        *from = 0;
    }
    file.seek(SeekFrom::Start(*from))?;
    let mut new = Vec::new();
    file.take(PIECE).read_to_end(&mut new)?;
    *from += new.len() as u64;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_on_and_from_its_beginning_when_it_is_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut from = 4;
        assert!(piece(&path, &mut from).is_err());
        std::fs::write(&path, "old\nnew").unwrap();
        assert_eq!((piece(&path, &mut from).unwrap(), from), (b"new".to_vec(), 7));
        assert_eq!(piece(&path, &mut from).unwrap(), b"");
        std::fs::write(&path, "anew").unwrap();
        assert_eq!((piece(&path, &mut from).unwrap(), from), (b"anew".to_vec(), 4));
    }
}
