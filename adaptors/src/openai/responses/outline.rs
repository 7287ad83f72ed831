//! The response object, as events carry it.

use bytes::Bytes;
use serde_json::Value;

use super::event::Events;
use crate::json::{Writer, look};

/// What every mention of a response says of it. An upstream's may be as long as the prompt, so no more is kept.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) id: String,
    pub(super) model: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// What the request asked for, as fields of JSON; each stands for the default below.
    pub(super) asked: Vec<(&'static str, String)>,
}

/// How far a response has come.
pub(super) enum State<'s> {
    InProgress,
    Completed,
    /// Why it stopped short.
    Incomplete(&'s str),
    Failed {
        code: &'s str,
        message: &'s str,
    },
}

/// Fields that SDKs expect of any response, with what holds where nothing was asked.
const DEFAULTS: [(&str, &str); 18] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", "{\"effort\":null,\"summary\":null}"),
    ("safety_identifier", "null"),
    ("store", "false"),
    ("temperature", "null"),
    ("text", "{\"format\":{\"type\":\"text\"}}"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_p", "null"),
    ("truncation", "\"disabled\""),
    ("user", "null"),
];

impl Outline {
    /// The object in a state; `output` and `usage` write their values.
    pub(super) fn write(
        &self,
        w: &mut Writer,
        state: &State<'_>,
        output: impl FnOnce(&mut Writer),
        usage: impl FnOnce(&mut Writer),
    ) {
        let (status, reason, error) = match state {
            State::InProgress => ("in_progress", None, None),
            State::Completed => ("completed", None, None),
            State::Incomplete(reason) => ("incomplete", Some(reason), None),
            State::Failed { code, message } => ("failed", None, Some((code, message))),
        };
        w.object(|w| {
            w.field("id", &self.id);
            w.field("object", "response");
            w.field("created_at", &self.created);
            w.field("status", status);
            match error {
                None => w.key("error").json("null"),
                Some((code, message)) => w.key("error").object(|w| {
                    w.field("code", code);
                    w.field("message", message);
                }),
            }
            match reason {
                None => w.key("incomplete_details").json("null"),
                Some(reason) => w.key("incomplete_details").object(|w| w.field("reason", reason)),
            }
            w.field("model", &self.model);
            output(w.key("output"));
            for (key, default) in DEFAULTS {
                let asked = self.asked.iter().find(|(name, _)| *name == key);
                w.key(key).json(asked.map_or(default, |(_, value)| value));
            }
            usage(w.key("usage"));
        });
    }

    /// Takes what an upstream's event says of its response.
    pub(super) fn learn(&mut self, response: &Value) {
        let text = |key| response.get(key).and_then(Value::as_str).filter(|text| text.len() <= 512);
        if let Some(id) = text("id") {
            id.clone_into(&mut self.id);
        }
        if let Some(model) = text("model") {
            model.clone_into(&mut self.model);
        }
        if let Some(created) = response.get("created_at").and_then(Value::as_f64) {
            self.created = created as u64;
        }
    }

    /// The last event of a response that broke off; `body` is an error in OpenAI's form, `items` writes what there is of it.
    pub(super) fn failed(&self, events: &mut Events, body: &[u8], items: impl FnOnce(&mut Writer)) -> Bytes {
        let error = look(body).unwrap_or_default();
        let text = |key| error.pointer(key).and_then(Value::as_str);
        let message = text("/error/message").unwrap_or("the answer broke off");
        let code = text("/error/code").unwrap_or(match text("/error/type") {
            Some("rate_limit_error") => "rate_limit_exceeded",
            _ => "server_error",
        });
        let mut out = Vec::new();
        events.say(&mut out, "response.failed", |w| {
            let state = State::Failed { code, message };
            self.write(w.key("response"), &state, |w| w.list(items), |w| w.json("null"));
        });
        out.into()
    }
}
