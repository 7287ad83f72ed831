//! A complete response, told as the stream of it.

use std::borrow::Cow;

use super::event::Events;
use crate::json::{Level, is_nothing, is_text, items};

/// The events that a stream of this response would have had. One that is not over yet (`background`) gets no last event.
pub(super) fn as_stream(whole: &str, mut response: Level<'_>) -> Vec<u8> {
    let mut telling = Telling::default();
    let output = response.take("output").unwrap_or_default();
    let status = response.text("status").unwrap_or("completed".into()).into_owned();
    response.put("output", "[]");
    response.put("status", "\"in_progress\"");
    response.put("incomplete_details", "null");
    response.put("usage", "null");
    let begun = response.json();
    telling.say("response.created", &[("response", &begun)]);
    telling.say("response.in_progress", &[("response", &begun)]);
    for (at, item) in items(&output).unwrap_or_default().into_iter().enumerate() {
        telling.item(at, item);
    }
    if matches!(status.as_str(), "completed" | "incomplete") {
        telling.say(&format!("response.{status}"), &[("response", whole)]);
    }
    telling.out
}

/// Where something belongs: fields that its events have.
type Place<'p> = [(&'p str, &'p str); 3];

#[derive(Default)]
struct Telling {
    events: Events,
    out: Vec<u8>,
}

impl Telling {
    /// `fields`: keys, and values as they stand; those without a key are left out.
    fn say(&mut self, kind: &str, fields: &[(&str, &str)]) {
        let fields = fields.iter().filter(|(key, _)| !key.is_empty());
        self.events.say(&mut self.out, kind, |w| fields.for_each(|(key, value)| w.key(key).json(value)));
    }

    fn item(&mut self, at: usize, raw: &str) {
        let item = Level::of(raw).unwrap_or_default();
        let kind = item.text("type").unwrap_or_default();
        let mut added = item.clone();
        if added.get("status").is_some_and(is_text) {
            added.put("status", "\"in_progress\"");
        }
        match kind.as_ref() {
            "message" => added.put("content", "[]"),
            "function_call" => added.put("arguments", "\"\""),
            "custom_tool_call" => added.put("input", "\"\""),
            "reasoning" => added.put("summary", "[]"),
            _ => {}
        }
        let at = at.to_string();
        self.say("response.output_item.added", &[("output_index", &at), ("item", &added.json())]);
        let of = |key| item.get(key).unwrap_or("null");
        let place = [("item_id", of("id")), ("output_index", at.as_str()), ("", "")];
        match kind.as_ref() {
            "message" => self.parts(place, of("content")),
            "function_call" => {
                self.text(place, "response.function_call_arguments", "arguments", of("arguments"));
            }
            "custom_tool_call" => self.text(place, "response.custom_tool_call_input", "input", of("input")),
            "reasoning" => self.summary(place, of("summary")),
            _ => {}
        }
        self.say("response.output_item.done", &[("output_index", &at), ("item", raw)]);
    }

    /// A text in one piece, and that it is whole under its own name.
    fn text(&mut self, [a, b, c]: Place<'_>, kind: &str, key: &str, text: &str) {
        // SDKs want it said.
        let sure = if kind == "response.output_text" { ("logprobs", "[]") } else { ("", "") };
        if is_text(text) && !is_nothing(text) {
            self.say(&format!("{kind}.delta"), &[a, b, c, ("delta", text), sure]);
        }
        self.say(&format!("{kind}.done"), &[a, b, c, (key, text), sure]);
    }

    fn parts(&mut self, [a, b, _]: Place<'_>, parts: &str) {
        let parts = items(parts).unwrap_or_default().into_iter();
        let parts = parts.filter_map(|raw| Level::of(raw).ok().map(|part| (raw, part)));
        for (at, (raw, part)) in parts.enumerate() {
            let (key, event) = match part.text("type").as_deref() {
                Some("refusal") => ("refusal", "response.refusal"),
                _ => ("text", "response.output_text"),
            };
            let at = at.to_string();
            let c = ("content_index", at.as_str());
            let mut empty = part.clone();
            empty.put(key, "\"\"");
            self.say("response.content_part.added", &[a, b, c, ("part", &empty.json())]);
            self.text([a, b, c], event, key, part.get(key).unwrap_or("null"));
            self.say("response.content_part.done", &[a, b, c, ("part", raw)]);
        }
    }

    fn summary(&mut self, [a, b, _]: Place<'_>, parts: &str) {
        for (at, raw) in items(parts).unwrap_or_default().into_iter().enumerate() {
            let at = at.to_string();
            let c = ("summary_index", at.as_str());
            let text = Level::of(raw).ok().and_then(|mut part| part.take("text"));
            let empty = r#"{"type":"summary_text","text":""}"#;
            self.say("response.reasoning_summary_part.added", &[a, b, c, ("part", empty)]);
            let text = text.unwrap_or(Cow::Borrowed("null"));
            self.text([a, b, c], "response.reasoning_summary_text", "text", &text);
            self.say("response.reasoning_summary_part.done", &[a, b, c, ("part", raw)]);
        }
    }
}
