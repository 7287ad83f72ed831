//! A complete response, told as the stream of it.

use serde_json::{Value, json};

use super::event::Events;

/// The events that a stream of this response would have had. One that is not over yet (`background`) gets no last event.
pub(super) fn as_stream(mut response: Value) -> Vec<u8> {
    let mut telling = Telling::default();
    let whole = response.clone();
    let items = match response["output"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let status = response["status"].as_str().unwrap_or("completed").to_owned();
    response["output"] = json!([]);
    response["status"] = "in_progress".into();
    response["incomplete_details"] = Value::Null;
    response["usage"] = Value::Null;
    telling.say("response.created", json!({"response": response}));
    telling.say("response.in_progress", json!({"response": response}));
    for (at, item) in items.iter().enumerate() {
        telling.item(at, item);
    }
    if matches!(status.as_str(), "completed" | "incomplete") {
        telling.say(&format!("response.{status}"), json!({"response": whole}));
    }
    telling.out
}

#[derive(Default)]
struct Telling {
    events: Events,
    out: Vec<u8>,
}

impl Telling {
    fn say(&mut self, kind: &str, fields: Value) {
        let Value::Object(fields) = fields else { return };
        self.events.say(&mut self.out, kind, |w| fields.iter().for_each(|(key, value)| w.field(key, value)));
    }

    fn item(&mut self, at: usize, item: &Value) {
        let mut added = item.clone();
        if added.get("status").is_some_and(Value::is_string) {
            added["status"] = "in_progress".into();
        }
        let kind = item["type"].as_str().unwrap_or_default().to_owned();
        let emptied = match kind.as_str() {
            "message" => Some(("content", json!([]))),
            "function_call" => Some(("arguments", json!(""))),
            "custom_tool_call" => Some(("input", json!(""))),
            "reasoning" => Some(("summary", json!([]))),
            _ => None,
        };
        if let Some((key, nothing)) = emptied {
            added[key] = nothing;
        }
        self.say("response.output_item.added", json!({"output_index": at, "item": added}));
        let place = json!({"item_id": item["id"], "output_index": at});
        match kind.as_str() {
            "message" => self.parts(&place, &item["content"]),
            "function_call" => {
                self.text(&place, "response.function_call_arguments", "arguments", &item["arguments"]);
            }
            "custom_tool_call" => {
                self.text(&place, "response.custom_tool_call_input", "input", &item["input"]);
            }
            "reasoning" => self.summary(&place, &item["summary"]),
            _ => {}
        }
        self.say("response.output_item.done", json!({"output_index": at, "item": item}));
    }

    /// A text in one piece, and that it is whole under its own name.
    fn text(&mut self, place: &Value, kind: &str, key: &str, text: &Value) {
        let with = |key: &str| {
            let mut fields = place.clone();
            fields[key] = text.clone();
            if kind == "response.output_text" {
                // SDKs want it said.
                fields["logprobs"] = json!([]);
            }
            fields
        };
        if text.as_str().is_some_and(|text| !text.is_empty()) {
            self.say(&format!("{kind}.delta"), with("delta"));
        }
        self.say(&format!("{kind}.done"), with(key));
    }

    fn parts(&mut self, place: &Value, parts: &Value) {
        let parts = parts.as_array().into_iter().flatten().filter(|part| part.is_object());
        for (at, part) in parts.enumerate() {
            let kind = part["type"].as_str().unwrap_or_default();
            let (key, event) = match kind {
                "refusal" => ("refusal", "response.refusal"),
                _ => ("text", "response.output_text"),
            };
            let mut place = place.clone();
            place["content_index"] = at.into();
            let with = |part: Value| {
                let mut fields = place.clone();
                fields["part"] = part;
                fields
            };
            let mut empty = part.clone();
            empty[key] = "".into();
            self.say("response.content_part.added", with(empty));
            self.text(&place, event, key, &part[key]);
            self.say("response.content_part.done", with(part.clone()));
        }
    }

    fn summary(&mut self, place: &Value, parts: &Value) {
        for (at, part) in parts.as_array().into_iter().flatten().enumerate() {
            let mut place = place.clone();
            place["summary_index"] = at.into();
            let with = |part: Value| {
                let mut fields = place.clone();
                fields["part"] = part;
                fields
            };
            self.say(
                "response.reasoning_summary_part.added",
                with(json!({"type": "summary_text", "text": ""})),
            );
            self.text(&place, "response.reasoning_summary_text", "text", &part["text"]);
            self.say("response.reasoning_summary_part.done", with(part.clone()));
        }
    }
}
