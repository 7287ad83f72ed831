//! How far a rollout has come, in a file that survives whatever ends this process: written anew after every step, and put
//! in place in one move.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use process::command::{Left, Named};
use serde_json::{Value, json};

use crate::finding::rollout::{Ended, Line, Record, Refused, Rollout, Seen, State, Step};
use crate::moment::timestamp;
use crate::output::Failure;
use crate::words;

const SCHEMA: u64 = 1;

/// A rollout on its way.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// Of the plan that it follows.
    pub(crate) digest: String,
    pub(crate) rollout: Rollout,
    /// The relay, where the start is the relay itself.
    pub(crate) process: Option<Named>,
    /// The same, where it was started by this very process: nobody else is told how it ends. Not in the file.
    pub(crate) left: Option<Left>,
    /// How long the log was before the start.
    pub(crate) log_from: u64,
    pub(crate) is_over: bool,
}

impl Journal {
    /// Takes the state folder, which nobody else may use meanwhile: while the file lives.
    ///
    /// # Errors
    /// Somebody does, or it cannot be made.
    pub(crate) fn lock(folder: &Path) -> Result<File, Failure> {
        let path = folder.join("lock");
        let opened = fs::create_dir_all(folder).and_then(|()| File::create(&path));
        let file = opened.map_err(|error| Failure::output(words::cannot_write(&path, &error)))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(_) => Err(Failure::output(words::rollout_refused(&Refused::InUse))),
        }
    }

    /// A new one.
    pub(crate) fn begin(folder: &Path, digest: &str, rollout: Rollout, before: Option<Named>) -> Self {
        let digest = digest.to_owned();
        Self { path: path(folder), digest, rollout, process: before, left: None, log_from: 0, is_over: false }
    }

    /// The last one, if there is one.
    ///
    /// # Errors
    /// There is one, and it cannot be read: whether a relay of it still runs is not known.
    pub(crate) fn last(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = path(folder);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.ok(),
        };
        let value = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let last = value.and_then(|value: Value| read(path.clone(), &value));
        let unreadable = || Failure::usage(words::rollout_refused(&Refused::Unreadable(path)));
        last.map(Some).ok_or_else(unreadable)
    }

    /// How the relay has ended that this process has started, as far as it is known.
    pub(crate) fn ended(&mut self) -> Ended {
        match self.left.as_mut().and_then(Left::ended) {
            None => Ended::Somehow,
            Some(status) => status.code().map_or(Ended::BySignal, Ended::With),
        }
    }

    /// # Errors
    /// The disk is full, for example.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let whole = json!({
            "schema": SCHEMA,
            "plan": self.digest,
            "target": self.rollout.target,
            "began": timestamp(self.rollout.began),
            "required": self.rollout.required,
            "over": self.is_over,
            "log_from": self.log_from,
            "process": self.process.map(|named| json!({"root": named.root, "began": named.began})),
            "steps": self.rollout.records.iter().map(written).collect::<Vec<_>>(),
        });
        let beside = self.path.with_extension("json.new");
        let saved = write(&beside, &whole).and_then(|()| fs::rename(&beside, &self.path));
        saved.map_err(|error| Failure::output(words::cannot_write(&self.path, &error)))
    }

    /// Puts a step's record in place of an earlier one of the same step.
    ///
    /// # Errors
    /// See [`Self::save`].
    pub(crate) fn note(&mut self, record: Record) -> Result<(), Failure> {
        self.rollout.records.retain(|earlier| earlier.step != record.step);
        self.rollout.records.push(record);
        self.save()
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

fn write(path: &Path, whole: &Value) -> io::Result<()> {
    use io::Write as _;
    let mut file = File::create(path)?;
    writeln!(file, "{whole:#}")?;
    file.sync_all()
}

fn written(record: &Record) -> Value {
    json!({
        "name": record.step.as_str(),
        "state": record.state.as_str(),
        "at": timestamp(record.at),
        "took_s": record.took.as_secs_f64(),
        "lines": record.lines.iter().map(|line| json!([line.text, line.english])).collect::<Vec<_>>(),
        "output": record.output,
        "goroutines": record.seen.goroutines,
        "alloc_bytes": record.seen.alloc_bytes,
    })
}

fn read(path: PathBuf, value: &Value) -> Option<Journal> {
    if value["schema"] != SCHEMA {
        return None;
    }
    let rollout = Rollout {
        target: value["target"].as_str()?.to_owned(),
        began: value["began"].as_str()?.parse().ok()?,
        records: value["steps"].as_array()?.iter().map(record).collect::<Option<_>>()?,
        required: value["required"].as_bool()?,
    };
    let named = |named: &Value| {
        Some(Named { root: u32::try_from(named["root"].as_u64()?).ok()?, began: named["began"].as_u64() })
    };
    Some(Journal {
        path,
        digest: value["plan"].as_str()?.to_owned(),
        rollout,
        process: named(&value["process"]),
        left: None,
        log_from: value["log_from"].as_u64()?,
        is_over: value["over"].as_bool()?,
    })
}

fn record(value: &Value) -> Option<Record> {
    let line = |line: &Value| {
        Some(Line { text: line[0].as_str()?.to_owned(), english: line[1].as_str()?.to_owned() })
    };
    let at: Timestamp = value["at"].as_str()?.parse().ok()?;
    Some(Record {
        step: Step::of(value["name"].as_str()?)?,
        state: State::of(value["state"].as_str()?)?,
        at,
        took: Duration::try_from_secs_f64(value["took_s"].as_f64()?).ok()?,
        lines: value["lines"].as_array()?.iter().map(line).collect::<Option<_>>()?,
        output: value["output"]
            .as_array()?
            .iter()
            .map(|line| line.as_str().map(str::to_owned))
            .collect::<Option<_>>()?,
        seen: Seen { goroutines: value["goroutines"].as_u64(), alloc_bytes: value["alloc_bytes"].as_u64() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let began: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
        let rollout =
            Rollout { target: "http://relay:3000".to_owned(), began, records: Vec::new(), required: true };
        let before = Some(Named { root: 7, began: Some(9) });
        let mut journal = Journal::begin(folder.path(), "abc", rollout, before);
        let line = Line { text: "gut".to_owned(), english: "good".to_owned() };
        let record = |step, state| Record {
            step,
            state,
            at: began,
            took: Duration::from_millis(1500),
            lines: vec![line.clone()],
            output: vec!["last words".to_owned()],
            seen: Seen { goroutines: Some(7), alloc_bytes: None },
        };
        journal.note(record(Step::Build, State::Done)).unwrap();
        journal.note(record(Step::Watch, State::Interrupted)).unwrap();
        journal.note(record(Step::Watch, State::Judged(vitals::Verdict::Warning))).unwrap();
        let last = Journal::last(folder.path()).unwrap().unwrap();
        assert_eq!((&last.rollout, &*last.digest, last.process), (&journal.rollout, "abc", before));
        assert_eq!(last.rollout.records.len(), 2);
        let held = Journal::lock(folder.path()).unwrap();
        assert_eq!(Journal::lock(folder.path()).unwrap_err().code(), vitals::exit::OUTPUT);
        drop(held);
        fs::write(folder.path().join("state.json"), "{}").unwrap();
        let unreadable = Journal::last(folder.path()).unwrap_err();
        assert_eq!(
            (unreadable.code(), unreadable.text().contains("state.json")),
            (vitals::exit::USAGE, true)
        );
        assert!(Journal::last(&folder.path().join("none")).unwrap().is_none());
    }
}
