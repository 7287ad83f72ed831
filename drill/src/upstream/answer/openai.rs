//! OpenAI: chat completions, embeddings, models.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::Asked;
use super::asked::{MODELS, MODELS_CREATED, Short};

const FINGERPRINT: &str = "fp_44709d6fcb";

fn chunk(asked: &Asked, delta: &Value, finish: Option<&str>) -> Vec<u8> {
    let mut chunk = json!({
        "id": asked.id("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": asked.created,
        "model": asked.model,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
    });
    if asked.include_usage {
        chunk["usage"] = Value::Null;
    }
    format!("data: {chunk}\n\n").into_bytes()
}

pub(super) fn opening(asked: &Asked) -> Vec<Vec<u8>> {
    let delta = match &asked.tool {
        None => json!({"role": "assistant", "content": "", "refusal": null}),
        Some(tool) => json!({
            "role": "assistant",
            "content": null,
            "tool_calls": [{
                "index": 0,
                "id": asked.id("call_"),
                "type": "function",
                "function": {"name": tool.name, "arguments": ""},
            }],
            "refusal": null,
        }),
    };
    vec![chunk(asked, &delta, None)]
}

pub(super) fn content(asked: &Asked, text: &str) -> Vec<u8> {
    let delta = match &asked.tool {
        None => json!({"content": text}),
        Some(_) => json!({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}),
    };
    chunk(asked, &delta, None)
}

fn finish(asked: &Asked) -> &'static str {
    match asked.short {
        Some(Short::Length) => "length",
        Some(Short::Filter) => "content_filter",
        None if asked.tool.is_some() => "tool_calls",
        None => "stop",
    }
}

fn usage(asked: &Asked) -> Value {
    json!({
        "prompt_tokens": asked.input_tokens,
        "completion_tokens": asked.tokens,
        "total_tokens": asked.input_tokens + asked.tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

pub(super) fn closing(asked: &Asked) -> Vec<Vec<u8>> {
    let mut events = vec![chunk(asked, &json!({}), Some(finish(asked)))];
    if asked.include_usage {
        let last = json!({
            "id": asked.id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": asked.created,
            "model": asked.model,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
            "choices": [],
            "usage": usage(asked),
        });
        events.push(format!("data: {last}\n\n").into_bytes());
    }
    events
}

pub(super) fn whole(asked: &Asked) -> Value {
    let mut message =
        json!({"role": "assistant", "content": asked.text(), "refusal": null, "annotations": []});
    if let Some(tool) = &asked.tool {
        message["content"] = Value::Null;
        message["tool_calls"] = json!([{
            "id": asked.id("call_"),
            "type": "function",
            "function": {"name": tool.name, "arguments": tool.arguments},
        }]);
    }
    json!({
        "id": asked.id("chatcmpl-"),
        "object": "chat.completion",
        "created": asked.created,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish(asked)}],
        "usage": usage(asked),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    })
}

pub(super) fn embeddings(asked: &Asked) -> Value {
    // Multiples of a power of two: exact as f32 and as decimal text.
    let vector = |input: usize| (0..asked.dimensions).map(move |i| ((i + input) % 16) as f32 / 16.0);
    let data: Vec<Value> = (0..asked.inputs)
        .map(|input| {
            let embedding = if asked.base64 {
                let bytes: Vec<u8> = vector(input).flat_map(f32::to_le_bytes).collect();
                Value::from(BASE64_STANDARD.encode(bytes))
            } else {
                vector(input).collect()
            };
            json!({"object": "embedding", "index": input, "embedding": embedding})
        })
        .collect();
    json!({
        "object": "list",
        "data": data,
        "model": asked.model,
        "usage": {"prompt_tokens": asked.input_tokens, "total_tokens": asked.input_tokens},
    })
}

pub(super) fn error(status: u16, message: &str) -> Value {
    let (kind, code) = match status {
        401 => ("invalid_request_error", json!("invalid_api_key")),
        403 => ("invalid_request_error", json!("unsupported_country_region_territory")),
        404 => ("invalid_request_error", json!("model_not_found")),
        429 => ("requests", json!("rate_limit_exceeded")),
        400..500 => ("invalid_request_error", Value::Null),
        _ => ("server_error", Value::Null),
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

pub(super) fn models(id: Option<&str>) -> Value {
    let model =
        |id: &str| json!({"id": id, "object": "model", "created": MODELS_CREATED, "owned_by": "drill"});
    match id {
        Some(id) => model(id),
        None => json!({"object": "list", "data": MODELS.map(model)}),
    }
}
