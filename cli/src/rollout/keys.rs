//! The keys of a plan: one table, and the values that a file gives them, with their lines.

use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, de::DeArray};
use vitals::spelling::nearest;

use crate::finding::rollout::{Flaw, Wanted};
use crate::output::Failure;
use crate::words;

/// The commands whose flags a key stands for.
pub(super) const CHECK: u8 = 1;
pub(super) const WATCH: u8 = 2;
pub(super) const RECORD: u8 = 4;
pub(super) const COMPARE: u8 = 8;
const ASKING: u8 = CHECK | WATCH | RECORD;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// Like `"5m"`, or seconds.
    Time,
    Switch,
    /// A list of texts.
    Texts,
    /// The value of a flag, as text or as a number.
    Flag,
    /// The value of a flag that is an address.
    Address,
    /// The value of a flag that is a name.
    Name,
    /// The value of a flag that is a path, from the plan's folder.
    File,
    /// A flag without a value.
    FlagAlone,
}

/// The address of the relay, for every step that asks it.
pub(super) const TARGET: &str = "target";

/// A key: where it stands, and the flag that it stands for, if it is one.
#[derive(Debug)]
pub(super) struct Key {
    /// Empty for those in front.
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) flag: &'static str,
    pub(super) of: u8,
}

const fn own(section: &'static str, name: &'static str, form: Form) -> Key {
    Key { section, name, form, flag: "", of: 0 }
}

const fn flag(section: &'static str, name: &'static str, form: Form, flag: &'static str, of: u8) -> Key {
    Key { section, name, form, flag, of }
}

/// All of them, in the order of the example.
pub(super) const KEYS: &[Key] = &[
    flag("", TARGET, Form::Address, "--api-url", ASKING),
    own("", "compose", Form::Text),
    own("", "systemd", Form::Text),
    own("", "state", Form::Text),
    own("build", "command", Form::Text),
    own("build", "timeout", Form::Time),
    own("stop", "command", Form::Text),
    own("stop", "timeout", Form::Time),
    own("start", "command", Form::Text),
    own("start", "timeout", Form::Time),
    own("start", "background", Form::Switch),
    own("ready", "lines", Form::Texts),
    own("ready", "log", Form::Text),
    own("ready", "logs", Form::Text),
    own("ready", "url", Form::Text),
    own("ready", "timeout", Form::Time),
    own("check", "after", Form::Time),
    flag("check", "samples", Form::Flag, "--samples", CHECK),
    flag("check", "expect", Form::Texts, "--expect", CHECK),
    flag("watch", "for", Form::Flag, "--duration", WATCH),
    flag("watch", "interval", Form::Flag, "--interval", WATCH),
    flag("watch", "max_peak", Form::Flag, "--max-peak", WATCH),
    flag("watch", "max_restarts", Form::Flag, "--max-restarts", WATCH),
    flag("watch", "block", Form::Flag, "--block", WATCH),
    flag("watch", "steady_load", Form::FlagAlone, "--steady-load", WATCH),
    flag("watch", "require_trend", Form::FlagAlone, "--require-trend", WATCH),
    flag("baseline", "for", Form::Flag, "--duration", RECORD),
    flag("baseline", "interval", Form::Flag, "--interval", RECORD),
    own("baseline", "file", Form::Text),
    flag("compare", "max_growth", Form::Flag, "--max-growth", COMPARE),
    flag("compare", "max_peak", Form::Flag, "--max-peak", COMPARE),
    flag("compare", "allow_idle", Form::FlagAlone, "--allow-idle", COMPARE),
    own("compare", "required", Form::Switch),
    flag("limits", "warning", Form::Flag, "--warning", CHECK | WATCH | COMPARE),
    flag("limits", "danger", Form::Flag, "--danger", CHECK | WATCH | COMPARE),
    flag("limits", "memory_limit", Form::Flag, "--memory-limit", CHECK | WATCH | COMPARE),
    flag("limits", "max_error_rate", Form::Flag, "--max-error-rate", CHECK | WATCH | COMPARE),
    flag("limits", "max_latency", Form::Flag, "--max-latency", CHECK | WATCH | COMPARE),
    flag("source", "timeout", Form::Flag, "--timeout", ASKING),
    flag("source", "source", Form::Name, "--source", ASKING),
    flag("source", "metrics_url", Form::Address, "--metrics-url", ASKING),
    flag("source", "pprof_url", Form::Address, "--pprof-url", ASKING),
    flag("source", "unix_socket", Form::File, "--unix-socket", ASKING),
    flag("source", "token_file", Form::File, "--token-file", ASKING),
    flag("source", "basic_file", Form::File, "--basic-file", ASKING),
    flag("source", "ca_file", Form::File, "--ca-file", ASKING),
    flag("source", "insecure", Form::FlagAlone, "--insecure", ASKING),
    own("rollback", "command", Form::Text),
    own("rollback", "timeout", Form::Time),
];

impl Key {
    /// As it is called in messages.
    pub(super) fn full(&self) -> String {
        if self.section.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.section, self.name) }
    }

    /// It is about the relay, and not about how long a step of the rollout looks at it.
    pub(super) fn lasts(&self) -> bool {
        !matches!((self.section, self.name), (_, "for" | "interval" | "block" | "samples"))
    }

    const fn wanted(&self) -> Wanted {
        match self.form {
            Form::Text | Form::File | Form::Name => Wanted::Text,
            Form::Address => Wanted::Address,
            Form::Time => Wanted::Time,
            Form::Switch | Form::FlagAlone => Wanted::Switch,
            Form::Texts => Wanted::Texts,
            Form::Flag => Wanted::TextOrNumber,
        }
    }

    /// The texts of a value; `None` where it has another form.
    fn read(&self, value: &DeValue<'_>) -> Option<Vec<String>> {
        match (self.form, value) {
            (Form::Switch | Form::FlagAlone | Form::Texts, DeValue::String(_)) => None,
            (_, DeValue::String(text)) => Some(vec![text.to_string()]),
            (Form::Flag | Form::Time, DeValue::Integer(number)) => Some(vec![number.to_string()]),
            (Form::Flag | Form::Time, DeValue::Float(number)) => Some(vec![number.to_string()]),
            (Form::Switch | Form::FlagAlone, DeValue::Boolean(on)) => Some(vec![on.to_string()]),
            (Form::Texts, DeValue::Array(items)) => texts(items),
            _ => None,
        }
    }
}

fn texts(items: &DeArray<'_>) -> Option<Vec<String>> {
    let text = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
    items.iter().map(text).collect()
}

/// A value of the file.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) key: &'static Key,
    pub(super) texts: Vec<String>,
    pub(super) line: usize,
}

impl Given {
    /// The first of its texts, most often the only one.
    pub(super) fn text(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }

    /// As somebody would type it.
    pub(super) fn flags(&self, folder: &Path) -> Vec<String> {
        let Self { key, texts, .. } = self;
        let flag = |text: &String| match key.form {
            Form::File => format!("{}={}", key.flag, folder.join(text).display()),
            _ => format!("{}={text}", key.flag),
        };
        match key.form {
            Form::FlagAlone => texts.iter().filter(|on| *on == "true").map(|_| key.flag.to_owned()).collect(),
            _ => texts.iter().map(flag).collect(),
        }
    }
}

/// So many lines with mistakes of syntax are told.
const SYNTAX: usize = 5;

/// A plan's values, and the mistakes in it so far.
#[derive(Debug)]
pub(super) struct Values<'a> {
    file: &'a Path,
    pub(super) all: Vec<Given>,
    flaws: Vec<(usize, String)>,
}

impl<'a> Values<'a> {
    pub(super) fn read(file: &'a Path, text: &str) -> Self {
        let mut values = Self { file, all: Vec::new(), flaws: Vec::new() };
        let line = |at: usize| 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        let (table, errors) = DeTable::parse_recoverable(text);
        let start = |error: &toml::de::Error| line(error.span().map_or(0, |span| span.start));
        let mut places: Vec<(usize, &toml::de::Error)> =
            errors.iter().map(|error| (start(error), error)).collect();
        // What follows the first one of a line, and the first few lines, is guesswork.
        places.sort_by_key(|(line, _)| *line);
        places.dedup_by_key(|(line, _)| *line);
        for (line, error) in places.into_iter().take(SYNTAX) {
            values.note(line, &Flaw::Syntax(error.message().trim()));
        }
        if !errors.is_empty() {
            return values;
        }
        for (name, value) in table.get_ref() {
            let at = line(name.span().start);
            match value.get_ref() {
                DeValue::Table(section) if is_section(name.get_ref()) => {
                    for (key, value) in section {
                        values.take(name.get_ref(), key.get_ref(), value.get_ref(), line(key.span().start));
                    }
                }
                value => values.take("", name.get_ref(), value, at),
            }
        }
        values.all.sort_by_key(|given| given.line);
        values
    }

    fn take(&mut self, section: &str, name: &str, value: &DeValue<'_>, line: usize) {
        let here = || KEYS.iter().filter(|key| key.section == section);
        let Some(key) = here().find(|key| key.name == name) else {
            let mut known: Vec<&str> = here().map(|key| key.name).collect();
            if section.is_empty() {
                known.extend(sections());
            }
            let near = nearest(name, known.iter().copied());
            let name = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            return self.note(line, &Flaw::UnknownKey { name, near, known });
        };
        match key.read(value) {
            Some(texts) if texts.iter().any(|text| text.trim().is_empty()) => {
                self.note(line, &Flaw::Empty(&key.full()));
            }
            Some(texts) => self.all.push(Given { key, texts, line }),
            None => {
                let (name, found, wanted) = (&*key.full(), value.type_str(), key.wanted());
                self.note(line, &Flaw::Kind { name, found, wanted });
            }
        }
    }

    /// Line 0: it is about the whole file.
    pub(super) fn note(&mut self, line: usize, flaw: &Flaw<'_>) {
        self.flaws.push((line, words::plan_flaw(flaw)));
    }

    pub(super) fn given(&self, section: &str, name: &str) -> Option<&Given> {
        self.all.iter().find(|given| given.key.section == section && given.key.name == name)
    }

    pub(super) fn text(&self, section: &str, name: &str) -> Option<&str> {
        self.given(section, name)?.texts.first().map(String::as_str)
    }

    pub(super) fn is_on(&self, section: &str, name: &str) -> bool {
        self.text(section, name) == Some("true")
    }

    /// There is no mistake in them so far.
    pub(super) fn are_sound(&self) -> bool {
        self.flaws.is_empty()
    }

    /// All mistakes in one message, in the order of their lines.
    ///
    /// # Errors
    /// There are some.
    pub(super) fn done(mut self) -> Result<(), Failure> {
        if self.flaws.is_empty() {
            return Ok(());
        }
        self.flaws.sort_by_key(|(line, _)| *line);
        let told = self.flaws.iter().map(|(line, text)| placed(self.file, *line, text));
        Err(Failure::usage(told.collect::<Vec<_>>().join("\n       ")))
    }
}

/// A mistake behind its place; line 0: the whole file.
pub(super) fn placed(file: &Path, line: usize, text: &str) -> String {
    let file = file.display();
    match line {
        0 => format!("{file}: {text}"),
        line => format!("{file}:{line}: {text}"),
    }
}

fn sections() -> Vec<&'static str> {
    let mut all: Vec<&str> =
        KEYS.iter().map(|key| key.section).filter(|section| !section.is_empty()).collect();
    all.dedup();
    all
}

fn is_section(name: &str) -> bool {
    sections().contains(&name)
}
