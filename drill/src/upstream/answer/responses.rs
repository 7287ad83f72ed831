//! OpenAI: responses. Every event has its type in its name and in its data, and a number; the last one says how it ended.

use serde_json::{Value, json};

use super::Asked;
use super::asked::{MODELS, Short};

/// The type comes first in the data, as OpenAI sends it: relays look there.
fn event(kind: &str, number: u64, fields: &Value) -> Vec<u8> {
    let fields = fields.to_string();
    let rest = fields.strip_prefix('{').unwrap_or("}");
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},{rest}\n\n").into_bytes()
}

/// The number of the first event with content.
fn first(asked: &Asked) -> u64 {
    if asked.tool.is_some() { 3 } else { 4 }
}

/// The number of the first event behind all content.
fn behind(asked: &Asked) -> u64 {
    first(asked) + asked.events()
}

fn item_id(asked: &Asked) -> String {
    asked.id(if asked.tool.is_some() { "fc_" } else { "msg_" })
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

/// The one item of an answer, with what it says.
fn item(asked: &Asked, status: &str, content: &Value) -> Value {
    match &asked.tool {
        None => json!({
            "id": item_id(asked),
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }),
        Some(tool) => json!({
            "id": item_id(asked),
            "type": "function_call",
            "status": status,
            "call_id": asked.id("call_"),
            "name": tool.name,
            "arguments": content,
        }),
    }
}

/// That item when all was said.
fn whole_item(asked: &Asked) -> Value {
    let content = match &asked.tool {
        None => json!([part(&asked.text())]),
        Some(tool) => tool.arguments.as_str().into(),
    };
    item(asked, status(asked), &content)
}

fn status(asked: &Asked) -> &'static str {
    if asked.short.is_some() { "incomplete" } else { "completed" }
}

pub(super) fn response(asked: &Asked, status: &str, output: &Value) -> Value {
    json!({
        "id": asked.kept.clone().unwrap_or_else(|| asked.id("resp_")),
        "object": "response",
        "created_at": asked.created,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "max_output_tokens": asked.tokens,
        "model": if asked.kept.is_some() { MODELS[0] } else { &asked.model },
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null},
        "store": false,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": null,
        "metadata": {},
    })
}

pub(super) fn opening(asked: &Asked) -> Vec<Vec<u8>> {
    let begun = json!({"response": response(asked, "in_progress", &json!([]))});
    let nothing = if asked.tool.is_some() { json!("") } else { json!([]) };
    let mut events = vec![
        event("response.created", 0, &begun),
        event("response.in_progress", 1, &begun),
        event(
            "response.output_item.added",
            2,
            &json!({"output_index": 0, "item": item(asked, "in_progress", &nothing)}),
        ),
    ];
    if asked.tool.is_none() {
        let fields =
            json!({"item_id": item_id(asked), "output_index": 0, "content_index": 0, "part": part("")});
        events.push(event("response.content_part.added", 3, &fields));
    }
    events
}

/// The `i`th piece of what is said, from 0.
pub(super) fn content(asked: &Asked, text: &str, i: u64) -> Vec<u8> {
    let number = first(asked) + i;
    let mut fields = json!({"item_id": item_id(asked), "output_index": 0, "delta": text});
    if asked.tool.is_some() {
        return event("response.function_call_arguments.delta", number, &fields);
    }
    fields["content_index"] = 0.into();
    fields["logprobs"] = json!([]);
    event("response.output_text.delta", number, &fields)
}

pub(super) fn closing(asked: &Asked) -> Vec<Vec<u8>> {
    let mut kinds = Vec::new();
    match &asked.tool {
        Some(tool) => {
            kinds.push(("response.function_call_arguments.done", json!({"arguments": tool.arguments})));
        }
        None => {
            let text = asked.text();
            let said = json!({"content_index": 0, "text": text, "logprobs": []});
            kinds.push(("response.output_text.done", said));
            kinds.push(("response.content_part.done", json!({"content_index": 0, "part": part(&text)})));
        }
    }
    kinds.push(("response.output_item.done", json!({"item": whole_item(asked)})));
    let numbered = (behind(asked)..).zip(kinds).map(|(number, (kind, mut fields))| {
        fields["output_index"] = 0.into();
        if kind != "response.output_item.done" {
            fields["item_id"] = item_id(asked).into();
        }
        event(kind, number, &fields)
    });
    numbered.collect()
}

pub(super) fn terminal(asked: &Asked) -> Vec<u8> {
    let number = behind(asked) + closing(asked).len() as u64;
    event(&format!("response.{}", status(asked)), number, &json!({"response": whole(asked)}))
}

pub(super) fn whole(asked: &Asked) -> Value {
    let mut whole = response(asked, status(asked), &json!([whole_item(asked)]));
    if let Some(short) = asked.short {
        let reason = match short {
            Short::Length => "max_output_tokens",
            Short::Filter => "content_filter",
        };
        whole["incomplete_details"] = json!({ "reason": reason });
    }
    whole["usage"] = usage(asked);
    whole
}

pub(super) fn usage(asked: &Asked) -> Value {
    json!({
        "input_tokens": asked.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": asked.tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked.input_tokens + asked.tokens,
    })
}

/// A response that failed, as it is told when its time is over.
pub(super) fn whole_failed(asked: &Asked, message: &str) -> Value {
    let mut failed = response(asked, "failed", &json!([]));
    failed["error"] = json!({"code": "server_error", "message": message});
    failed
}

/// The same as the last event of a stream, after so many tokens.
pub(super) fn failed(asked: &Asked, message: &str, after: u64) -> Vec<u8> {
    event("response.failed", first(asked) + after, &json!({"response": whole_failed(asked, message)}))
}

/// An error that stands for itself, after so many tokens, or as the first event.
pub(super) fn error_event(asked: &Asked, status: u16, message: &str, after: Option<u64>) -> Vec<u8> {
    let code = if status == 429 { "rate_limit_exceeded" } else { "server_error" };
    let number = after.map_or(0, |tokens| first(asked) + tokens);
    event("error", number, &json!({"code": code, "message": message, "param": null}))
}
