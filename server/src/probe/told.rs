//! What a look at a channel found, step by step, as text and as JSON.

use report::text::{columns, padded};
use serde_json::{Value, json};
use vitals::exit;

use super::words;
use crate::words::said;

/// How far a look at a channel came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// It answered, or should have.
    Failed,
    /// Nobody is there.
    Unreachable,
    /// Nobody wanted to know any more.
    Interrupted,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Passed, Self::Failed, Self::Unreachable, Self::Interrupted];

    fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) ok: bool,
    pub(super) millis: u64,
    pub(super) detail: String,
}

/// A channel, and what was found.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) channel: String,
    pub(super) address: Option<String>,
    pub(super) model: Option<String>,
    pub(super) steps: Vec<Step>,
    pub(super) outcome: Outcome,
    /// What its provider lists, where that was asked.
    pub(super) models: Option<Vec<String>>,
}

impl Told {
    pub(super) fn code(&self) -> u8 {
        match self.outcome {
            Outcome::Passed => exit::OK,
            Outcome::Failed => exit::DANGER,
            Outcome::Unreachable => exit::UNKNOWN,
            Outcome::Interrupted => exit::INTERRUPTED,
        }
    }

    fn value(&self) -> Value {
        let step =
            |step: &Step| json!({"step": step.name, "ok": step.ok, "ms": step.millis, "detail": step.detail});
        let mut value = json!({
            "channel": self.channel,
            "address": self.address,
            "outcome": self.outcome.as_str(),
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(),
        });
        if let Some(model) = &self.model {
            value["model"] = json!(model);
        }
        if let Some(models) = &self.models {
            value["models"] = json!(models);
        }
        value
    }

    /// The models alone; where there are none, why.
    pub(super) fn render(&self, as_json: bool) -> String {
        match &self.models {
            _ if as_json => format!("{:#}\n", self.value()),
            Some(models) => models.iter().map(|name| format!("{name}\n")).collect(),
            None => self.text(),
        }
    }

    fn text(&self) -> String {
        let width = columns(&self.channel);
        let steps = self.steps.iter().map(|step| step.line(&self.channel, width));
        let lines = std::iter::once(self.head(width)).chain(steps).chain([self.last(width)]);
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// The line before the steps: where it is asked, and for which model.
    pub(super) fn head(&self, width: usize) -> String {
        let parts: Vec<&str> = self.address.iter().chain(&self.model).map(String::as_str).collect();
        format!("{}  {}", padded(&self.channel, width), parts.join("  ")).trim_end().to_owned()
    }

    /// The line after them.
    pub(super) fn last(&self, width: usize) -> String {
        format!("{}  {}", padded(&self.channel, width), said(self.outcome.as_str()))
    }
}

impl Step {
    /// `width`: of the widest channel's name.
    pub(super) fn line(&self, channel: &str, width: usize) -> String {
        let Self { name, ok, millis, detail } = self;
        let word = if *ok { "ok" } else { "failed" };
        let (channel, name, word) = (padded(channel, width), padded(&said(name), 10), padded(&said(word), 6));
        let line = format!("{channel}  {name}  {word}  {millis:>6} ms  {}", said(detail));
        line.trim_end().to_owned()
    }
}

/// What several looks come to: one that failed is the verdict, whatever was still under way.
pub(super) fn code(all: &[Told]) -> u8 {
    let codes = || all.iter().map(Told::code);
    match exit::gravest(codes()) {
        exit::DANGER => exit::DANGER,
        _ if codes().any(|code| code == exit::INTERRUPTED) => exit::INTERRUPTED,
        gravest => gravest,
    }
}

/// What is said when all is known: in JSON all of it, else what was not told step by step.
pub(super) fn of_tests(all: &[Told], as_json: bool) -> String {
    if as_json {
        let all: Vec<Value> = all.iter().map(Told::value).collect();
        return format!("{:#}\n", json!({ "channels": all }));
    }
    if all.len() < 2 {
        return String::new();
    }
    let count = |outcome| all.iter().filter(|told| told.outcome == outcome).count();
    said(&words::together(&Outcome::ALL.map(|outcome| (count(outcome), outcome.as_str())))) + "\n"
}
