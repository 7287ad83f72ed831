//! Reads complete messages by their content, and tells a complete message as a stream.

use bytes::Bytes;
use serde_json::{Value, json};

use super::error::RULES;
use super::stream::usage_in;
use crate::adaptor::{Answer, Usage};
use crate::failure;
use crate::framing::sse;
use crate::scan;

/// The top-level keys that matter.
const KEYS: [&str; 4] = ["type", "error", "content", "usage"];

pub(super) fn read(body: Bytes, stream: bool) -> Answer {
    let body = sse::bare(body);
    let Some([kind, error, content, usage]) = scan::values(&body, KEYS) else {
        return Answer::Error(failure::listed(RULES, &body).unwrap_or_else(|| {
            let found = failure::describe(&body, true);
            failure::broken(format!("the upstream's answer is not a message but {found}"))
        }));
    };
    let says_error = error.is_some() || kind.is_some_and(|kind| kind == "\"error\"");
    if says_error || !content.is_some_and(|list| list.starts_with('[')) {
        return Answer::Error(match serde_json::from_slice::<Value>(&body) {
            Ok(value) if says_error || failure::message(&value).is_some() => {
                failure::reported(RULES, &value, &body)
            }
            _ => {
                let begins = failure::excerpt(&body);
                failure::broken(format!(
                    "the upstream's answer is not a message: it has no `content` and begins {begins}"
                ))
            }
        });
    }
    let usage = usage.map_or_else(Usage::default, usage_in);
    if !stream {
        return Answer::Deliver { body, content_type: "application/json", usage };
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(message) => {
            Answer::Deliver { body: as_stream(message).into(), content_type: "text/event-stream", usage }
        }
        Err(error) => {
            Answer::Error(failure::broken(format!("the upstream's answer cannot be read: {error}")))
        }
    }
}

/// The answer to a question for a number of tokens. These were not used, and so are not counted.
pub(super) fn count(body: Bytes) -> Answer {
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) if value.get("input_tokens").is_some_and(Value::is_u64) => {
            Answer::Deliver { body, content_type: "application/json", usage: Usage::default() }
        }
        Ok(value) if value.get("error").is_some() || failure::message(&value).is_some() => {
            Answer::Error(failure::reported(RULES, &value, &body))
        }
        _ => {
            let found = failure::describe(&body, true);
            Answer::Error(failure::broken(format!(
                "the upstream's answer is not a number of tokens but {found}"
            )))
        }
    }
}

/// The events that a stream of this message would have had.
fn as_stream(mut message: Value) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut say = |event: Value| {
        stream.extend_from_slice(b"event: ");
        stream.extend_from_slice(event["type"].as_str().unwrap_or_default().as_bytes());
        stream.extend_from_slice(format!("\ndata: {event}\n\n").as_bytes());
    };
    let blocks = match message["content"].take() {
        Value::Array(blocks) => blocks,
        _ => Vec::new(),
    };
    message["content"] = json!([]);
    let stop_reason = message["stop_reason"].take();
    let stop_sequence = message["stop_sequence"].take();
    let usage = message.get("usage").cloned().unwrap_or_else(|| json!({"output_tokens": 0}));
    say(json!({"type": "message_start", "message": message}));
    for (index, mut block) in blocks.into_iter().enumerate() {
        let deltas = deltas_of(&mut block);
        say(json!({"type": "content_block_start", "index": index, "content_block": block}));
        for delta in deltas {
            say(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        say(json!({"type": "content_block_stop", "index": index}));
    }
    let delta = json!({"stop_reason": stop_reason, "stop_sequence": stop_sequence});
    say(json!({"type": "message_delta", "delta": delta, "usage": usage}));
    say(json!({"type": "message_stop"}));
    stream
}

/// Empties a block of what a stream tells in deltas and gives those. Other blocks come whole in their start event.
fn deltas_of(block: &mut Value) -> Vec<Value> {
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut take = |key: &str, empty: Value| {
        let value = block.get_mut(key).filter(|value| !value.is_null())?;
        Some(std::mem::replace(value, empty))
    };
    let mut deltas = Vec::new();
    let mut say = |kind, key: &str, value| deltas.push(json!({"type": kind, key: value}));
    match kind.as_str() {
        "text" => {
            if let Some(Value::Array(citations)) = take("citations", json!([])) {
                citations.into_iter().for_each(|citation| say("citations_delta", "citation", citation));
            }
            if let Some(text) = take("text", "".into()) {
                say("text_delta", "text", text);
            }
        }
        "thinking" => {
            if let Some(thinking) = take("thinking", "".into()) {
                say("thinking_delta", "thinking", thinking);
            }
            if let Some(signature) = take("signature", "".into()) {
                say("signature_delta", "signature", signature);
            }
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            let input = take("input", json!({})).unwrap_or_else(|| json!({}));
            say("input_json_delta", "partial_json", input.to_string().into());
        }
        _ => {}
    }
    deltas
}
