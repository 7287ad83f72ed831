//! A plan as it is meant: commands with their deadlines, and the arguments of the commands that a rollout is made of, read
//! by the same parser as if somebody had typed them.

use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use vitals::units::parse_duration;

use super::keys::{self, CHECK, COMPARE, Form, Given, RECORD, Values, WATCH};
use crate::args::{self, Command, CompareArgs, QuickCheckArgs, RecordArgs, WatchArgs};
use crate::finding::rollout::Flaw;
use crate::moment::timestamp;
use crate::output::Failure;
use crate::words;

const MINUTE: Duration = Duration::from_secs(60);
/// What the check and the watch are unless the plan says otherwise.
const USUAL: [(&str, &str, &str); 4] = [
    ("check", "samples", "3"),
    ("watch", "for", "30m"),
    ("baseline", "for", "10m"),
    ("", "target", "http://localhost:3000"),
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

#[derive(Clone, Debug, PartialEq, Eq)]
enum Logs {
    Own(String),
    Compose(String),
    Systemd(String),
}

/// A whole plan.
#[derive(Debug)]
pub(crate) struct Plan {
    /// That of the file: commands run there.
    pub(crate) folder: PathBuf,
    pub(crate) state: PathBuf,
    /// Of the file's text: whether somebody changed it.
    pub(crate) digest: String,
    pub(crate) target: String,
    pub(crate) build: Option<Order>,
    pub(crate) stop: Option<Order>,
    pub(crate) start: Order,
    pub(crate) background: bool,
    pub(crate) rollback: Option<Order>,
    pub(crate) ready: Ready,
    pub(crate) after: Duration,
    pub(crate) baseline: PathBuf,
    pub(crate) required: bool,
    values: Vec<(&'static keys::Key, Vec<String>)>,
}

impl Plan {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or there are mistakes in it: all of them, with their lines.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read(file).and_then(decoded);
        let text = text.map_err(|error| Failure::usage(words::no_plan(file, &error)))?;
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
            Some((key, vec![(*text).to_owned()]))
        });
        let plan = Self {
            digest: digest(text),
            target: values.text("", "target").unwrap_or(USUAL[3].2).to_owned(),
            build: order("build", 30, short.build()),
            stop: order("stop", 2, short.stop()),
            start: start.clone().unwrap_or(Order { command: String::new(), limit: MINUTE }),
            background: values.is_on("start", "background"),
            rollback: order("rollback", 5, None),
            ready,
            after: time("check", "after", 1),
            baseline: baseline.unwrap_or_else(|| state.join("baseline.csv")),
            required: values.is_on("compare", "required"),
            values: usual.chain(values.all.iter().map(|given| (given.key, given.texts.clone()))).collect(),
            folder: folder.to_owned(),
            state,
        };
        if start.is_none() {
            values.note(0, &Flaw::Missing("start.command"));
        }
        values.done()?;
        // What contradicts itself only together.
        plan.check()?;
        plan.watch(false)?;
        plan.compare()?;
        Ok(plan)
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
        let mine = self.values.iter().filter(|(key, _)| key.of & of != 0);
        mine.flat_map(|(key, texts)| flags(key, texts, &self.folder)).collect()
    }

    /// The flags that say whom to ask, and when it is too much.
    pub(crate) fn target_flags(&self) -> Vec<String> {
        let shared = ["", "limits", "source"];
        let mine = self.values.iter().filter(|(key, _)| key.of & WATCH != 0 && shared.contains(&key.section));
        mine.flat_map(|(key, texts)| flags(key, texts, &self.folder)).collect()
    }

    fn typed(&self, name: &str, of: u8, more: &[&str]) -> Result<Command, Failure> {
        let flags = self.flags(of);
        let more = more.iter().map(|word| (*word).to_owned());
        let line = ["watertight", name].into_iter().map(str::to_owned).chain(flags).chain(more);
        args::parse(line.map(Into::into))
            .map(|cli| cli.command)
            .map_err(|error| Failure::usage(first(&error)))
    }

    fn misread(&self) -> Failure {
        Failure::usage(words::no_plan(&self.state, &std::io::ErrorKind::InvalidInput.into()))
    }
}

/// UTF-8, or what `>` of PowerShell writes on Windows: UTF-16, with a mark in front.
fn decoded(bytes: Vec<u8>) -> io::Result<String> {
    let wrong = |error: &dyn std::error::Error| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    if let Some(wide) = bytes.strip_prefix(b"\xff\xfe") {
        let wide: Vec<u16> =
            wide.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16(&wide).map_err(|error| wrong(&error));
    }
    let text = String::from_utf8(bytes).map_err(|error| wrong(&error))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn flags(key: &keys::Key, texts: &[String], folder: &Path) -> Vec<String> {
    let flag = |text: &String| match key.form {
        Form::File => format!("{}={}", key.flag, folder.join(text).display()),
        _ => format!("{}={text}", key.flag),
    };
    match key.form {
        Form::FlagAlone => texts.iter().filter(|on| *on == "true").map(|_| key.flag.to_owned()).collect(),
        _ => texts.iter().map(flag).collect(),
    }
}

/// The first line of what the parser says, without its label.
fn first(error: &clap::Error) -> String {
    if let Some(source) = error.source() {
        return source.to_string();
    }
    let text = error.render().to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Each flag's value alone, so that a mistake has its line.
fn check_flags(values: &mut Values<'_>) {
    let command = |of: u8| match of {
        of if of & CHECK != 0 => &["quick-check"][..],
        of if of & WATCH != 0 => &["watch"],
        of if of & RECORD != 0 => &["record", "--csv=x"],
        _ => &["compare", "a", "b"],
    };
    let wrong = |given: &Given| {
        let flags = flags(given.key, &given.texts, Path::new("."));
        let line = ["watertight"].iter().chain(command(given.key.of)).map(|word| (*word).to_owned());
        args::parse(line.chain(flags).map(Into::into))
            .err()
            .map(|error| (given.line, given.key.full(), first(&error)))
    };
    let flagged = values.all.iter().filter(|given| given.key.of != 0);
    let flaws: Vec<_> = flagged.filter_map(wrong).collect();
    for (line, name, why) in flaws {
        values.note(line, &Flaw::Value { name: &name, why: &why });
    }
}

/// The times that stand for themselves.
fn times(values: &mut Values<'_>) -> Vec<(&'static str, &'static str, Duration)> {
    let mut times = Vec::new();
    let mut flaws = Vec::new();
    for given in values.all.iter().filter(|given| given.key.form == Form::Time) {
        match parse_duration(given.texts.first().map_or("", String::as_str)) {
            Ok(time) => times.push((given.key.section, given.key.name, time)),
            Err(why) => flaws.push((given.line, given.key.full(), why)),
        }
    }
    for (line, name, why) in flaws {
        values.note(line, &Flaw::Value { name: &name, why: &why });
    }
    times
}

/// The service or unit that stands for commands.
enum Short {
    None,
    Compose(String),
    Systemd(String),
}

impl Short {
    fn of(values: &mut Values<'_>) -> Self {
        let text = |name: &str| values.text("", name).map(str::to_owned);
        match (text("compose"), text("systemd")) {
            (Some(_), Some(_)) => {
                let line = values.given("", "systemd").map_or(0, |given| given.line);
                values.note(line, &Flaw::Both(["compose", "systemd"]));
                Self::None
            }
            (Some(service), None) => Self::Compose(service),
            (None, Some(unit)) => Self::Systemd(unit),
            (None, None) => Self::None,
        }
    }

    fn build(&self) -> Option<String> {
        match self {
            Self::Compose(service) => Some(format!("docker compose build {service}")),
            Self::Systemd(_) | Self::None => None,
        }
    }

    fn stop(&self) -> Option<String> {
        match self {
            Self::Compose(service) => Some(format!("docker compose stop {service}")),
            Self::Systemd(unit) => Some(format!("systemctl stop {unit}")),
            Self::None => None,
        }
    }

    fn start(&self) -> Option<String> {
        match self {
            Self::Compose(service) => Some(format!("docker compose up -d {service}")),
            Self::Systemd(unit) => Some(format!("systemctl start {unit}")),
            Self::None => None,
        }
    }

    fn logs(&self) -> Option<Logs> {
        match self {
            Self::Compose(service) => Some(Logs::Compose(service.clone())),
            Self::Systemd(unit) => Some(Logs::Systemd(unit.clone())),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests;
