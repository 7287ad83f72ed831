//! Reads a streamed response.
//!
//! The type in the data decides; the event's name stands in where the data has none. After the first content, deltas in
//! their usual form are recognised by their first bytes. Only `response.completed` and `response.incomplete` end a whole
//! answer: a stream that ends without one of them broke off.

use bytes::Bytes;
use memchr::memchr;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::error::RULES;
use super::event::Events;
use super::outline::Outline;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, UpstreamError, Usage};
use crate::failure;
use crate::framing::{Frame, sse};

/// The reader of one stream, from a responses upstream to a responses client.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Content came.
    begun: bool,
    usage: Usage,
    /// What a last event of the relay's own has to go on with.
    outline: Outline,
    events: Events,
    /// The event by which the upstream itself said that it failed.
    last: Option<Bytes>,
    /// The body broke off inside a frame.
    cut: bool,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        if !frame.is_terminated() {
            return self.rest(frame);
        }
        if self.begun && is_delta(&frame.raw) {
            self.events.sequence += 1;
            return pass(Kind::Content);
        }
        self.read(frame)
    }

    fn end(&mut self) -> Ending {
        if self.begun || self.cut { Ending::Truncated } else { Ending::Empty }
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn last_words(&mut self, body: &[u8]) -> Option<Bytes> {
        Some(self.last.take().unwrap_or_else(|| self.outline.failed(&mut self.events, body)))
    }
}

impl Reader {
    /// An unterminated last frame: whole only as JSON, and where it ends the answer.
    fn rest(&mut self, frame: &Frame) -> Step {
        let nothing = Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) };
        if sse::is_comment(&frame.raw) {
            return nothing;
        }
        let is_json = serde_json::from_slice::<IgnoredAny>(&frame.data()).is_ok();
        let step = self.read(frame);
        if is_json && matches!(step.kind, Kind::Terminal | Kind::Error(_)) {
            return Step { output: Output::Replace(completed(frame)), ..step };
        }
        self.cut = true;
        nothing
    }

    fn read(&mut self, frame: &Frame) -> Step {
        if frame.is_empty() {
            return pass(Kind::Life);
        }
        let data = frame.data();
        match data.trim_ascii() {
            b"" => return pass(Kind::Life),
            // The terminator of chat completions: never for this dialect's clients.
            b"[DONE]" => return Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) },
            _ => {}
        }
        let name = frame.event().unwrap_or_default();
        let value = match serde_json::from_slice::<Value>(&data) {
            Ok(value @ Value::Object(_)) => value,
            // Syntactically right, but not to be decoded (a lone surrogate in an escape): clients decide.
            Err(_) if name.ends_with(b".delta") && serde_json::from_slice::<IgnoredAny>(&data).is_ok() => {
                self.begun = true;
                self.events.sequence += 1;
                return pass(Kind::Content);
            }
            _ => {
                return pass(Kind::Error(failure::listed(RULES, &data).unwrap_or_else(|| {
                    let what = failure::describe(&data, true);
                    let said = format!("the upstream's stream has an event that is no object but {what}");
                    failure::broken(said)
                })));
            }
        };
        let name = String::from_utf8_lossy(name);
        let typed = value.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
        let kind = self.event(typed.unwrap_or(&name), &value, &data);
        if let Kind::Error(_) = kind {
            self.last = Some(completed(frame));
        }
        pass(kind)
    }

    fn event(&mut self, event: &str, value: &Value, data: &[u8]) -> Kind {
        let number = value.get("sequence_number").and_then(Value::as_u64);
        self.events.sequence = number.unwrap_or(self.events.sequence).saturating_add(1);
        let response = value.get("response").filter(|response| response.is_object());
        if let Some(error) = error_of(event, value, data) {
            return Kind::Error(error);
        }
        match event {
            "response.completed" | "response.incomplete" => {
                self.begun = true;
                if let Some(usage) = response.and_then(|response| response.get("usage")) {
                    self.usage = Usage::of_openai(usage);
                }
                return Kind::Terminal;
            }
            "response.created" | "response.queued" | "response.in_progress" => {
                self.outline.learn(response.unwrap_or(&Value::Null));
            }
            "response.content_part.added" | "response.reasoning_summary_part.added" => {}
            "response.output_item.added" => {
                let kind = value.pointer("/item/type").and_then(Value::as_str);
                self.begun |= !matches!(kind, Some("message" | "reasoning"));
            }
            _ if event.starts_with("response.") => self.begun = true,
            // Codex's own upstream keeps its connections alive so.
            _ => return Kind::Life,
        }
        if self.begun { Kind::Content } else { Kind::Opening }
    }
}

/// The failure that an event reports. An event that nobody knows and that has an error is what it says.
fn error_of(event: &str, value: &Value, data: &[u8]) -> Option<UpstreamError> {
    let has = |place| value.pointer(place).is_some_and(|error| !error.is_null());
    let is_error = match event {
        "error" | "response.failed" | "response.cancelled" => true,
        "response.completed" | "response.incomplete" => {
            has("/response/error")
                || value.pointer("/response/status").is_some_and(|status| {
                    status.as_str().is_some_and(|status| matches!(status, "failed" | "cancelled"))
                })
        }
        _ => !event.starts_with("response.") && has("/error"),
    };
    // An event is no body of an error answer, so it is not passed on as one.
    is_error.then(|| UpstreamError { body: None, ..failure::reported(RULES, value, data) })
}

fn pass(kind: Kind) -> Step {
    Step { kind, output: Output::Pass }
}

/// The frame with the end that it may lack.
fn completed(frame: &Frame) -> Bytes {
    let end: &[u8] = match frame.raw.last() {
        _ if frame.is_terminated() => return frame.raw.clone(),
        Some(b'\n' | b'\r') => b"\n",
        _ => b"\n\n",
    };
    [&frame.raw[..], end].concat().into()
}

/// True for a delta of the usual form, `event: NAME`, then data that begin with the same type: nothing in it needs
/// parsing.
fn is_delta(raw: &[u8]) -> bool {
    let Some(rest) = raw.strip_prefix(b"event: response.") else { return false };
    let Some(end) = memchr(b'\n', rest) else { return false };
    let (name, rest) = rest.split_at(end);
    let typed = rest.strip_prefix(b"\ndata: {\"type\":\"response.").and_then(|rest| rest.strip_prefix(name));
    name.ends_with(b".delta") && typed.is_some_and(|rest| rest.starts_with(b"\","))
}
