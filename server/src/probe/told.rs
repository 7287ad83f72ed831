//! What a look at a channel found, step by step, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vitals::exit;

/// How far a look at a channel came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// It answered, or should have.
    Failed,
    /// Nobody is there.
    Unreachable,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
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
        let mut text = self.channel.clone();
        for more in self.address.iter().chain(&self.model) {
            text.push_str("  ");
            text.push_str(more);
        }
        text.push('\n');
        for Step { name, ok, millis, detail } in &self.steps {
            let word = if *ok { "ok" } else { "failed" };
            // Writing into a string cannot fail.
            let _ =
                writeln!(text, "{}", format!("  {name:<10}  {word:<6}  {millis:>6} ms  {detail}").trim_end());
        }
        let _ = writeln!(text, "  {}", self.outcome.as_str());
        text
    }
}

pub(super) fn of_tests(all: &[Told], as_json: bool) -> String {
    if as_json {
        let all: Vec<Value> = all.iter().map(Told::value).collect();
        return format!("{:#}\n", json!({ "channels": all }));
    }
    all.iter().map(Told::text).collect()
}
