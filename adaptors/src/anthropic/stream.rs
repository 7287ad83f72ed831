//! Reads a streamed message.
//!
//! The type in the data decides, as it does for the official SDKs' accumulators; the event's name stands in where the
//! data has no type. After the first content, deltas in their usual form are recognised by their first bytes.

use bytes::Bytes;
use memchr::memchr;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::mentions::TOLD;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::{Frame, sse};
use crate::json::look;
use crate::names::{Names, Other};
use crate::said::{self, Texts};
use crate::scan;
use crate::usage::Beside;

const STOP: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
const DELTA: [&[u8]; 2] = [
    b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",",
    b"event: content_block_delta\ndata: {\"type\": \"content_block_delta\",",
];

const TEXTS: Texts = Texts { keys: &[b"text", b"thinking", b"partial_json"], objects: &[] };
/// What most deltas begin with.
const TEXT: &[u8] = b"{\"type\":\"text_delta\",\"text\":\"";

/// Bytes of text in a delta of the usual form.
fn length(delta: &[u8]) -> u64 {
    let delta = memchr(b'{', delta).map_or(delta, |at| &delta[at..]);
    match delta.strip_prefix(TEXT) {
        Some(text) => said::rest(text),
        None => TEXTS.length(delta),
    }
}

/// The reader of one stream, from an Anthropic upstream to an Anthropic client.
#[derive(Debug, Default)]
pub struct Reader {
    /// Content came.
    begun: bool,
    /// A `message_delta` gave the stop reason: the content is whole.
    stopped: bool,
    /// The body broke off inside a frame.
    cut: bool,
    counts: Beside,
    /// Bytes of text.
    said: u64,
    /// What the answer named that only its upstream knows.
    named: Vec<Other>,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        if !frame.is_terminated() {
            return self.rest(frame);
        }
        if self.begun
            && let Some(delta) = DELTA.iter().find_map(|delta| frame.raw.strip_prefix(*delta))
        {
            self.said += length(delta);
            return Step { kind: Kind::Content, output: Output::Pass };
        }
        self.read(frame)
    }

    /// A stream that ends cleanly after its stop reason lacks nothing but the last event, which is supplied.
    fn end(&mut self) -> Ending {
        match (self.cut, self.begun) {
            (false, true) if self.stopped => Ending::Complete(Bytes::from_static(STOP)),
            (false, false) => Ending::Empty,
            _ => Ending::Truncated,
        }
    }

    fn is_finished(&self) -> bool {
        self.stopped
    }

    fn usage(&self) -> Usage {
        self.counts.total()
    }

    fn said(&self) -> u64 {
        self.said
    }

    fn names(&self) -> Names {
        Names { others: self.named.clone(), ..Names::default() }
    }
}

impl Reader {
    /// An unterminated last frame: whole only as JSON, and where it is an error or nothing is missing after it.
    fn rest(&mut self, frame: &Frame) -> Step {
        let nothing = Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) };
        if sse::is_comment(&frame.raw) {
            return nothing;
        }
        let is_json = serde_json::from_slice::<IgnoredAny>(&frame.data()).is_ok();
        let step = self.read(frame);
        let ends = matches!(step.kind, Kind::Terminal | Kind::Error(_)) || self.stopped;
        if is_json && ends {
            return match step.output {
                Output::Replace(_) => step,
                Output::Pass => Step { output: Output::Replace(frame.completed()), ..step },
            };
        }
        self.cut = true;
        nothing
    }

    fn read(&mut self, frame: &Frame) -> Step {
        let pass = |kind| Step { kind, output: Output::Pass };
        if frame.is_empty() {
            return pass(Kind::Life);
        }
        let data = frame.data();
        let name = frame.event().unwrap_or_default();
        if data.trim_ascii() == b"[DONE]" {
            // OpenAI's terminator: never for this dialect's clients.
            return Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) };
        }
        let value = match look(&data) {
            Ok(value @ Value::Object(_)) => value,
            // Nested too deep to be looked into: clients decide.
            Err(_) if !name.is_empty() && serde_json::from_slice::<IgnoredAny>(&data).is_ok() => {
                self.begun = true;
                return pass(Kind::Content);
            }
            _ if data.trim_ascii().is_empty() => return pass(Kind::Life),
            _ => {
                return pass(Kind::Error(failure::listed(super::error::RULES, &data).unwrap_or_else(|| {
                    let what = failure::describe(&data, true);
                    failure::broken(format!(
                        "the upstream's stream has an event that is no object but {what}"
                    ))
                })));
            }
        };
        let typed =
            value.get("type").and_then(Value::as_str).map(str::as_bytes).filter(|kind| !kind.is_empty());
        let kind = self.event(typed.unwrap_or(name), &value, &data);
        match typed {
            // SDKs ignore what has no name.
            Some(typed) if name.is_empty() => Step { kind, output: Output::Replace(rebuilt(typed, &data)) },
            _ => pass(kind),
        }
    }

    fn event(&mut self, event: &[u8], value: &Value, data: &[u8]) -> Kind {
        let is_known =
            event.starts_with(b"message_") || event.starts_with(b"content_block_") || event == b"ping";
        if event == b"error" || (!is_known && value.get("error").is_some_and(|error| !error.is_null())) {
            return Kind::Error(failure::reported(super::error::RULES, value, data));
        }
        let named = ["/message/container", "/delta/container", "/content_block/content"];
        if named.iter().any(|place| value.pointer(place).is_some_and(|named| !named.is_null())) {
            TOLD.in_value(value, &mut self.named);
        }
        match event {
            b"ping" => return Kind::Life,
            b"message_start" => self.take_usage(value.pointer("/message/usage")),
            b"content_block_start" => self.begun |= value.get("content_block").is_some_and(has_content),
            b"content_block_delta" | b"content_block_stop" => {
                self.begun = true;
                self.said += TEXTS.length(data);
            }
            b"message_delta" => {
                self.begun = true;
                self.take_usage(value.get("usage"));
                self.stopped |= value.pointer("/delta/stop_reason").is_some_and(Value::is_string);
            }
            b"message_stop" if self.begun => return Kind::Terminal,
            b"message_stop" => {
                return Kind::Error(failure::broken("the upstream ended its stream without any content"));
            }
            _ => {}
        }
        if self.begun { Kind::Content } else { Kind::Opening }
    }

    fn take_usage(&mut self, usage: Option<&Value>) {
        if let Some(usage) = usage {
            self.counts.update(usage);
        }
    }
}

/// Tokens from the text of a `usage` object.
pub(super) fn usage_in(text: &str) -> Usage {
    // One that says a count twice says the last; the two kinds of a cache are seldom there.
    let plain =
        scan::values(text.as_bytes(), Beside::PLAIN).zip(scan::values(text.as_bytes(), [Beside::KINDS]));
    match plain {
        Some((counts, [None])) => Beside::of(counts.map(scan::count)).total(),
        _ => {
            serde_json::from_str(text).map_or_else(|_| Usage::default(), |usage| Usage::of_anthropic(&usage))
        }
    }
}

/// A text or thinking block opens empty; any other block (a tool's name, a search's result) already says something.
fn has_content(block: &Value) -> bool {
    let text = |key| block.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match block.get("type").and_then(Value::as_str) {
        Some("text") => text("text"),
        Some("thinking") => text("thinking"),
        _ => true,
    }
}

/// The event as a frame of its own.
fn rebuilt(event: &[u8], data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(event.len() + data.len() + 32);
    if !event.is_empty() {
        frame.extend_from_slice(b"event: ");
        frame.extend_from_slice(event);
        frame.push(b'\n');
    }
    for line in data.split(|byte| *byte == b'\n') {
        frame.extend_from_slice(b"data: ");
        frame.extend_from_slice(line);
        frame.push(b'\n');
    }
    frame.push(b'\n');
    frame.into()
}
