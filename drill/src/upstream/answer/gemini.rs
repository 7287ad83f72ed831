//! Gemini: generateContent, models. There is no terminator: the last chunk has the reason to stop.

use serde_json::{Value, json};

use super::Asked;
use super::asked::{MODELS, Short};

/// The reasons that `finish-reason` chooses from; the first is a good one.
pub(super) const REASONS: [&str; 8] = [
    "STOP",
    "SAFETY",
    "RECITATION",
    "PROHIBITED_CONTENT",
    "OTHER",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "SOMETHING_NEW",
];

/// A chunk in the form that was asked for; in an array the first is the one that opens it.
fn chunk(asked: &Asked, is_first: bool, mut fields: Value) -> Vec<u8> {
    fields["modelVersion"] = asked.model.as_str().into();
    fields["responseId"] = asked.id("").into();
    match (asked.array, is_first) {
        (false, _) => format!("data: {fields}\r\n\r\n"),
        (true, true) => format!("[{fields:#}\n"),
        (true, false) => format!(",\r\n{fields:#}\n"),
    }
    .into_bytes()
}

fn candidate(parts: &Value) -> Value {
    json!({"content": {"parts": parts, "role": "model"}, "index": 0})
}

fn usage(asked: &Asked, output: u64) -> Value {
    json!({
        "promptTokenCount": asked.input_tokens,
        "candidatesTokenCount": output,
        "totalTokenCount": asked.input_tokens + output,
    })
}

fn call(asked: &Asked) -> Option<Value> {
    let tool = asked.tool.as_ref()?;
    let args: Value = serde_json::from_str(&tool.arguments).unwrap_or_default();
    Some(
        json!([{"functionCall": {"id": asked.id("fc-"), "name": tool.name, "args": args}, "thoughtSignature": "ZHJpbGw="}]),
    )
}

/// Counts come before any content.
pub(super) fn opening(asked: &Asked) -> Vec<Vec<u8>> {
    vec![chunk(
        asked,
        true,
        json!({"usageMetadata": {"promptTokenCount": asked.input_tokens, "totalTokenCount": asked.input_tokens}}),
    )]
}

/// A call comes whole.
pub(super) fn content(asked: &Asked, text: &str) -> Vec<u8> {
    let parts = call(asked).unwrap_or_else(|| json!([{"text": text}]));
    chunk(asked, false, json!({"candidates": [candidate(&parts)], "usageMetadata": usage(asked, 1)}))
}

/// What a filter found, and no content.
pub(super) fn filtered(asked: &Asked) -> Vec<u8> {
    let ratings = json!([{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]);
    chunk(
        asked,
        false,
        json!({"candidates": [{"index": 0, "safetyRatings": ratings}], "promptFeedback": {"safetyRatings": ratings}}),
    )
}

fn reason(asked: &Asked) -> &'static str {
    match asked.short {
        Some(Short::Length) => "MAX_TOKENS",
        Some(Short::Filter) => "SAFETY",
        None => REASONS.get(asked.finish).unwrap_or(&REASONS[0]),
    }
}

pub(super) fn closing(asked: &Asked) -> Vec<Vec<u8>> {
    let last = json!({"index": 0, "finishReason": reason(asked)});
    vec![chunk(asked, false, json!({"candidates": [last], "usageMetadata": usage(asked, asked.tokens)}))]
}

/// A prompt that was refused: an answer without candidates.
pub(super) fn blocked(asked: &Asked) -> Vec<u8> {
    chunk(asked, false, json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}))
}

pub(super) fn terminal(asked: &Asked) -> Vec<u8> {
    if asked.array { b"]\n".to_vec() } else { b"\r\n".to_vec() }
}

pub(super) fn whole(asked: &Asked) -> Value {
    let parts = call(asked).unwrap_or_else(|| json!([{"text": asked.text()}]));
    let mut candidate = candidate(&parts);
    candidate["finishReason"] = reason(asked).into();
    json!({
        "candidates": [candidate],
        "usageMetadata": usage(asked, asked.tokens),
        "modelVersion": asked.model,
        "responseId": asked.id(""),
    })
}

pub(super) fn whole_blocked(asked: &Asked) -> Value {
    json!({
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": asked.input_tokens, "totalTokenCount": asked.input_tokens},
        "modelVersion": asked.model,
        "responseId": asked.id(""),
    })
}

/// Of one input alone, or of all of a batch.
pub(super) fn embeddings(inputs: usize) -> Value {
    let values = json!({"values": [0.25, 0.5, 0.75]});
    if inputs > 1 { json!({"embeddings": [values]}) } else { json!({"embedding": values}) }
}

pub(super) fn error(status: u16, message: &str) -> Value {
    let word = match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        400..500 => "INVALID_ARGUMENT",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    };
    json!({"error": {"code": status, "message": message, "status": word}})
}

pub(super) fn error_chunk(asked: &Asked, status: u16, message: &str, is_first: bool) -> Vec<u8> {
    let body = error(status, message);
    match (asked.array, is_first) {
        (false, _) => format!("data: {body}\r\n\r\n"),
        (true, true) => format!("[{body:#}\n]\n"),
        (true, false) => format!(",\r\n{body:#}\n]\n"),
    }
    .into_bytes()
}

pub(super) fn models(id: Option<&str>) -> Value {
    let model = |id: &str| json!({"name": format!("models/{id}"), "displayName": id, "supportedGenerationMethods": ["generateContent"]});
    match id {
        Some(id) => model(id),
        None => json!({ "models": MODELS.map(model) }),
    }
}
