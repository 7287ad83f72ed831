//! Reads a streamed response.
//!
//! The type in the data decides; the event's name stands in where the data has none. After the first content, deltas in
//! their usual form are recognised by their first bytes. Only `response.completed` and `response.incomplete` end a whole
//! answer: a stream that ends without one of them broke off.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memchr;
use memchr::memmem::Finder;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::error::RULES;
use super::event::Events;
use super::mentions::TOLD;
use super::outline::Outline;
use crate::adaptor::{Ending, Kind, Operation, Output, Step, StreamReader, UpstreamError, Usage};
use crate::failure;
use crate::framing::{Frame, sse};
use crate::json::look;
use crate::names::{Names, Other};
use crate::said::{self, Texts};

/// Other events repeat what the deltas said.
const TEXTS: Texts = Texts { keys: &[b"delta"], objects: &[] };
static VALUE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"delta\""));

/// The reader of one stream, from a responses upstream to a responses client.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Content came.
    begun: bool,
    usage: Usage,
    /// Bytes of text.
    said: u64,
    /// What a last event of the relay's own has to go on with.
    outline: Outline,
    events: Events,
    /// The event by which the upstream itself said that it failed.
    last: Option<Bytes>,
    /// The body broke off inside a frame.
    cut: bool,
    /// A response that the upstream keeps is told again: whatever became of it is no failure of this answer, and what it
    /// cost is counted already.
    again: bool,
    conversation: Option<String>,
    /// What else the answer named: its items, where code ran.
    named: Vec<Other>,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        if !frame.is_terminated() {
            return self.rest(frame);
        }
        if self.begun && is_delta(&frame.raw) {
            let at = VALUE.find(&frame.raw).unwrap_or_default();
            self.said += said::at(&frame.raw[at..]);
            self.events.sequence += 1;
            return pass(Kind::Content);
        }
        self.read(frame)
    }

    fn end(&mut self) -> Ending {
        if self.begun || self.cut { Ending::Truncated } else { Ending::Empty }
    }

    fn usage(&self) -> Usage {
        if self.again { Usage::default() } else { self.usage }
    }

    fn said(&self) -> u64 {
        self.said
    }

    fn names(&self) -> Names {
        let response = Some(&self.outline.id).filter(|id| !id.is_empty()).cloned();
        Names { response, conversation: self.conversation.clone(), others: self.named.clone() }
    }

    /// Without the items that went by: holding them for this would cost each stream the memory of its answer, and the client
    /// has them from their own events.
    fn last_words(&mut self, body: &[u8]) -> Option<Bytes> {
        Some(self.last.take().unwrap_or_else(|| self.outline.failed(&mut self.events, body, |_| {})))
    }
}

impl Reader {
    pub(super) fn new(operation: Operation) -> Self {
        Self { again: operation == Operation::Retrieve, ..Self::default() }
    }

    /// An unterminated last frame: whole only as JSON, and where it ends the answer.
    fn rest(&mut self, frame: &Frame) -> Step {
        let nothing = Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) };
        if sse::is_comment(&frame.raw) {
            return nothing;
        }
        let is_json = serde_json::from_slice::<IgnoredAny>(&frame.data()).is_ok();
        let step = self.read(frame);
        if is_json && matches!(step.kind, Kind::Terminal | Kind::Error(_)) {
            return Step { output: Output::Replace(frame.completed()), ..step };
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
        let value = match look(&data) {
            Ok(value @ Value::Object(_)) => value,
            // Nested too deep to be looked into: clients decide.
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
            self.last = Some(frame.completed());
        }
        pass(kind)
    }

    fn event(&mut self, event: &str, value: &Value, data: &[u8]) -> Kind {
        let number = value.get("sequence_number").and_then(Value::as_u64);
        self.events.sequence = number.unwrap_or(self.events.sequence).saturating_add(1);
        let response = value.get("response").filter(|response| response.is_object());
        if let Some(error) = error_of(event, value, data) {
            let is_told = self.again && event.starts_with("response.");
            return if is_told { Kind::Terminal } else { Kind::Error(error) };
        }
        match event {
            "response.completed" | "response.incomplete" => {
                self.begun = true;
                self.learn(response);
                if self.named.is_empty() {
                    TOLD.in_value(value, &mut self.named);
                }
                if let Some(usage) = response.and_then(|response| response.get("usage")) {
                    self.usage = Usage::of_openai(usage);
                }
                return Kind::Terminal;
            }
            "response.created" | "response.queued" | "response.in_progress" => {
                self.learn(response);
            }
            "response.content_part.added" | "response.reasoning_summary_part.added" => {}
            "response.output_item.added" => {
                let kind = value.pointer("/item/type").and_then(Value::as_str);
                self.begun |= !matches!(kind, Some("message" | "reasoning"));
            }
            "response.output_item.done" => {
                self.begun = true;
                TOLD.in_value(value, &mut self.named);
            }
            _ if event.starts_with("response.") => {
                self.begun = true;
                if event.ends_with(".delta") {
                    self.said += TEXTS.length(data);
                }
            }
            // Codex's own upstream keeps its connections alive so.
            _ => return Kind::Life,
        }
        if self.begun { Kind::Content } else { Kind::Opening }
    }
}

impl Reader {
    fn learn(&mut self, response: Option<&Value>) {
        let Some(response) = response else { return };
        self.outline.learn(response);
        let conversation = response.pointer("/conversation/id").and_then(Value::as_str);
        if let Some(id) = conversation.filter(|id| id.len() <= Names::LONGEST) {
            self.conversation = Some(id.to_owned());
        }
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

/// True for a delta of the usual form, `event: NAME`, then data that begin with the same type: nothing in it needs
/// parsing.
fn is_delta(raw: &[u8]) -> bool {
    let Some(rest) = raw.strip_prefix(b"event: response.") else { return false };
    let Some(end) = memchr(b'\n', rest) else { return false };
    let (name, rest) = rest.split_at(end);
    let typed = rest.strip_prefix(b"\ndata: {\"type\":\"response.").and_then(|rest| rest.strip_prefix(name));
    name.ends_with(b".delta") && typed.is_some_and(|rest| rest.starts_with(b"\","))
}
