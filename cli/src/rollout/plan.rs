//! A plan as it is meant: commands with their deadlines, and the arguments of the commands that a rollout is made of, read
//! by the same parser as if somebody had typed them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use vitals::encoding;

use super::checks::{addresses, check_flags, first, polled_twice, times};
use super::keys::{self, CHECK, COMPARE, Form, Given, RECORD, TARGET, Values, WATCH, placed};
use super::short::{Logs, Short};
use crate::args::{self, Command, CompareArgs, QuickCheckArgs, RecordArgs, WatchArgs};
use crate::finding::rollout::{Flaw, Refused};
use crate::moment::timestamp;
use crate::output::Failure;
use crate::words;

const MINUTE: Duration = Duration::from_secs(60);
/// What the check and the watch are unless the plan says otherwise.
const USUAL: [(&str, &str, &str); 4] = [
    ("check", "samples", "3"),
    ("watch", "for", "30m"),
    ("baseline", "for", "10m"),
    ("", TARGET, "http://localhost:3000"),
];

/// A command and its deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) command: String,
    pub(crate) limit: Duration,
}

/// What is waited for after the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) lines: Vec<String>,
    /// Where they are looked for, if not in the output of the start.
    pub(crate) log: Option<PathBuf>,
    /// A command that prints them.
    logs: Option<Logs>,
    pub(crate) url: Option<String>,
    pub(crate) limit: Duration,
}

/// A whole plan.
#[derive(Debug)]
pub(crate) struct Plan {
    /// As it was named.
    file: PathBuf,
    /// That of the file: commands run there.
    pub(crate) folder: PathBuf,
    pub(crate) state: PathBuf,
    /// Of the file's text: whether somebody changed it.
    pub(crate) digest: String,
    pub(crate) build: Option<Order>,
    pub(crate) stop: Option<Order>,
    pub(crate) start: Order,
    pub(crate) background: bool,
    pub(crate) rollback: Option<Order>,
    pub(crate) ready: Ready,
    pub(crate) after: Duration,
    pub(crate) baseline: PathBuf,
    pub(crate) required: bool,
    /// Those of the file, and the usual ones, which have no line.
    values: Vec<Given>,
}

impl Plan {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or there are mistakes in it: all of them, with their lines.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        if file.as_os_str() == "-" {
            return Err(Failure::usage(words::rollout_refused(&Refused::PlanFromStdin)));
        }
        let bytes = std::fs::read(file).map_err(|error| Failure::usage(words::no_plan(file, &error)))?;
        let text = encoding::text(bytes)
            .map_err(|why| Failure::usage(placed(file, 0, &words::plan_flaw(&Flaw::NoText(why)))))?;
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self::of(file, &folder, &text)
    }

    pub(super) fn of(file: &Path, folder: &Path, text: &str) -> Result<Self, Failure> {
        let mut values = Values::read(file, text);
        check_flags(&mut values);
        addresses(&mut values);
        let times = times(&mut values);
        let time = |section: &str, name: &str, usual: u32| {
            let found = times.iter().find(|(of, key, _)| *of == section && *key == name);
            found.map_or(MINUTE * usual, |(_, _, time)| *time)
        };
        let short = Short::of(&mut values);
        let order = |section: &str, usual: u32, short: Option<String>| {
            let command = values.text(section, "command").map(str::to_owned).or(short)?;
            Some(Order { command, limit: time(section, "timeout", usual) })
        };
        let start = order("start", 5, short.start());
        let in_folder = |path: &str| folder.join(path);
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let state = in_folder(values.text("", "state").unwrap_or(&format!("{name}.state")));
        let texts = |section: &str, name: &str| {
            values.given(section, name).map(|given| given.texts.clone()).unwrap_or_default()
        };
        let ready = Ready {
            lines: texts("ready", "lines"),
            log: values.text("ready", "log").map(in_folder),
            logs: values.text("ready", "logs").map(str::to_owned).map(Logs::Own).or_else(|| short.logs()),
            url: values.text("ready", "url").map(str::to_owned),
            limit: time("ready", "timeout", 2),
        };
        let baseline = values.text("baseline", "file").map(in_folder);
        let usual = USUAL.iter().filter(|(section, name, _)| values.given(section, name).is_none());
        let usual = usual.filter_map(|(section, name, text)| {
            let key = keys::KEYS.iter().find(|key| key.section == *section && key.name == *name)?;
            Some(Given { key, texts: vec![(*text).to_owned()], line: 0 })
        });
        let plan = Self {
            file: file.to_owned(),
            digest: digest(text),
            build: order("build", 30, short.build()),
            stop: order("stop", 2, short.stop()),
            start: start.clone().unwrap_or(Order { command: String::new(), limit: MINUTE }),
            background: values.is_on("start", "background"),
            rollback: order("rollback", 5, None),
            ready,
            after: time("check", "after", 1),
            baseline: baseline.unwrap_or_else(|| state.join("baseline.csv")),
            required: values.is_on("compare", "required"),
            values: usual.chain(values.all.iter().cloned()).collect(),
            folder: folder.to_owned(),
            state,
        };
        if let Ok(args) = plan.watch(false) {
            polled_twice(&mut values, "watch", args.duration, args.interval);
        }
        if let Ok(args) = plan.record(Path::new("x")) {
            polled_twice(&mut values, "baseline", args.duration, args.interval);
        }
        // Another mistake may be the reason why it is not there.
        if start.is_none() && values.are_sound() {
            values.note(0, &Flaw::Missing("start.command"));
        }
        values.done()?;
        // What contradicts itself only together.
        plan.check()?;
        plan.watch(false)?;
        plan.record(Path::new("x"))?;
        plan.compare()?;
        Ok(plan)
    }

    /// What a command says of a flag, said of the plan's key that stands for it, with its line.
    pub(crate) fn blamed(&self, failure: &Failure) -> Failure {
        let mut text = failure.text().to_owned();
        let mut line = 0;
        // A flag may begin as another one does.
        let mut given: Vec<&Given> = self.values.iter().filter(|given| given.key.of != 0).collect();
        given.sort_by_key(|given| std::cmp::Reverse(given.key.flag.len()));
        for given in given.into_iter().filter(|given| text.contains(given.key.flag)).collect::<Vec<_>>() {
            text = text.replace(given.key.flag, &format!("`{}`", given.key.full()));
            line = if line == 0 || given.line == 0 { line.max(given.line) } else { line.min(given.line) };
        }
        Failure::usage(placed(&self.file, line, &text))
    }

    /// The line of a key, for what is said of it.
    pub(crate) fn flawed(&self, section: &str, name: &str, flaw: &Flaw<'_>) -> String {
        let given = self.values.iter().find(|given| given.key.section == section && given.key.name == name);
        placed(&self.file, given.map_or(0, |given| given.line), &words::plan_flaw(flaw))
    }

    /// The recording of the watch.
    pub(crate) fn recording(&self) -> PathBuf {
        self.state.join("current.csv")
    }

    /// A command that prints the relay's log since the start.
    pub(crate) fn logs(&self, since: Timestamp) -> Option<String> {
        Some(match self.ready.logs.as_ref()? {
            Logs::Own(command) => command.clone(),
            Logs::Compose(service) => {
                format!("docker compose logs --no-color --since {} {service}", timestamp(since))
            }
            Logs::Systemd(unit) => format!("journalctl -u {unit} --since @{} -o cat", since.as_second()),
        })
    }

    pub(crate) fn check(&self) -> Result<QuickCheckArgs, Failure> {
        match self.typed("quick-check", CHECK, &["--unreachable", "danger"])? {
            Command::QuickCheck(args) => Ok(args),
            _ => Err(self.misread()),
        }
    }

    /// `again`: the recording goes on.
    pub(crate) fn watch(&self, again: bool) -> Result<WatchArgs, Failure> {
        let file = self.recording().to_string_lossy().into_owned();
        let mode = if again { "--append" } else { "--force" };
        let flags = ["--unreachable", "danger", "--plain", "--record", &file, mode];
        match self.typed("watch", WATCH, &flags)? {
            Command::Watch(args) => Ok(args),
            _ => Err(self.misread()),
        }
    }

    /// Of the relay that still runs.
    pub(crate) fn record(&self, into: &Path) -> Result<RecordArgs, Failure> {
        match self.typed("record", RECORD, &["--force", "--csv", &into.to_string_lossy()])? {
            Command::Record(args) => Ok(args),
            _ => Err(self.misread()),
        }
    }

    pub(crate) fn compare(&self) -> Result<CompareArgs, Failure> {
        let (baseline, current) = (self.baseline.to_string_lossy(), self.recording());
        match self.typed("compare", COMPARE, &[&baseline, &current.to_string_lossy()])? {
            Command::Compare(args) => Ok(args),
            _ => Err(self.misread()),
        }
    }

    /// The flags of a command, as somebody would type them.
    pub(crate) fn flags(&self, of: u8) -> Vec<String> {
        self.flags_where(|key| key.of & of != 0)
    }

    fn flags_where(&self, is_asked: impl Fn(&keys::Key) -> bool) -> Vec<String> {
        let mine = self.values.iter().filter(|given| is_asked(given.key));
        mine.flat_map(|given| given.flags(&self.folder)).collect()
    }

    /// The flags of a quick check that the routine repeats: whom to ask, when it is too much, and what must hold.
    pub(crate) fn checks(&self) -> Vec<String> {
        self.lasting(CHECK)
    }

    /// The same, of a watch.
    pub(crate) fn watches(&self) -> Vec<String> {
        self.lasting(WATCH)
    }

    /// The same, of a comparison with what runs: it is asked as a recording would ask it.
    pub(crate) fn compares(&self) -> Vec<String> {
        self.lasting(COMPARE | RECORD)
    }

    fn lasting(&self, of: u8) -> Vec<String> {
        self.flags_where(|key| key.of & of != 0 && key.lasts())
    }

    /// An address that holds credentials.
    pub(crate) fn secret(&self) -> Option<String> {
        let holds = |given: &&Given| given.key.form == Form::Address && given.text().contains('@');
        self.values.iter().find(holds).map(|given| given.key.full())
    }

    fn typed(&self, name: &str, of: u8, more: &[&str]) -> Result<Command, Failure> {
        let flags = self.flags(of);
        let more = more.iter().map(|word| (*word).to_owned());
        let line = ["watertight", name].into_iter().map(str::to_owned).chain(flags).chain(more);
        args::parse(line.map(Into::into))
            .map(|cli| cli.command)
            .map_err(|error| self.blamed(&Failure::usage(first(&error))))
    }

    fn misread(&self) -> Failure {
        Failure::usage(words::no_plan(&self.state, &std::io::ErrorKind::InvalidInput.into()))
    }
}

fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
