//! Anthropic: messages, models.

use serde_json::{Value, json};

use super::Asked;
use super::asked::{MODELS, Short};

fn event(body: &Value) -> Vec<u8> {
    format!("event: {}\ndata: {body}\n\n", body["type"].as_str().unwrap_or_default()).into_bytes()
}

fn usage(asked: &Asked, output: u64) -> Value {
    json!({
        "input_tokens": asked.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn message(asked: &Asked, content: &Value, stop: Option<&str>, output: u64) -> Value {
    json!({
        "id": asked.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": null,
        "usage": usage(asked, output),
    })
}

fn stop(asked: &Asked) -> &'static str {
    match asked.short {
        Some(Short::Length) => "max_tokens",
        Some(Short::Filter) => "refusal",
        None if asked.tool.is_some() => "tool_use",
        None => "end_turn",
    }
}

pub(super) fn opening(asked: &Asked) -> Vec<Vec<u8>> {
    let block = match &asked.tool {
        None => json!({"type": "text", "text": ""}),
        Some(tool) => json!({"type": "tool_use", "id": asked.id("toolu_"), "name": tool.name, "input": {}}),
    };
    vec![
        event(&json!({"type": "message_start", "message": message(asked, &json!([]), None, 1)})),
        event(&json!({"type": "content_block_start", "index": 0, "content_block": block})),
        event(&json!({"type": "ping"})),
    ]
}

pub(super) fn content(asked: &Asked, text: &str) -> Vec<u8> {
    let delta = match &asked.tool {
        None => json!({"type": "text_delta", "text": text}),
        Some(_) => json!({"type": "input_json_delta", "partial_json": text}),
    };
    event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}))
}

pub(super) fn closing(asked: &Asked) -> Vec<Vec<u8>> {
    vec![
        event(&json!({"type": "content_block_stop", "index": 0})),
        event(&json!({
            "type": "message_delta",
            "delta": {"stop_reason": stop(asked), "stop_sequence": null},
            "usage": {"output_tokens": asked.tokens},
        })),
    ]
}

pub(super) fn whole(asked: &Asked) -> Value {
    let content = match &asked.tool {
        None => json!([{"type": "text", "text": asked.text()}]),
        Some(tool) => {
            let input: Value = serde_json::from_str(&tool.arguments).unwrap_or_default();
            json!([{"type": "tool_use", "id": asked.id("toolu_"), "name": tool.name, "input": input}])
        }
    };
    message(asked, &content, Some(stop(asked)), asked.tokens)
}

pub(super) fn error(asked: &Asked, status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": asked.id("req_")})
}

pub(super) fn models(id: Option<&str>) -> Value {
    let model = |id: &str| json!({"type": "model", "id": id, "display_name": id, "created_at": "2025-08-01T00:00:00Z"});
    match id {
        Some(id) => model(id),
        None => json!({
            "data": MODELS.map(model),
            "has_more": false,
            "first_id": MODELS[0],
            "last_id": MODELS[MODELS.len() - 1],
        }),
    }
}
