//! Errors in the OpenAI dialect: read and written.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::adaptor::{Class, Complaint, UpstreamError};
use crate::failure::{Rules, numeric_status, words};

pub(super) const RULES: Rules = Rules { status, own_shape };

/// The body of an error answer. The request id, if any, goes into the relay's own messages, where people look.
pub(super) fn complaint_body(complaint: &Complaint<'_>) -> Bytes {
    let message = match complaint.request_id.filter(|_| !complaint.is_passed) {
        Some(id) => format!("{} (request id: {id})", complaint.message),
        None => complaint.message.to_owned(),
    };
    let kind = complaint.kind.unwrap_or_else(|| kind_of(complaint.status));
    json!({"error": {"message": message, "type": kind, "param": complaint.param, "code": complaint.code}})
        .to_string()
        .into()
}

fn kind_of(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        408 | 504 => "timeout",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn own_shape(value: &Value) -> bool {
    value.pointer("/error/message").is_some_and(Value::is_string)
}

/// First match wins, so the narrow words stand before the wide ones.
const STATUS_BY_WORD: [(&str, u16); 19] = [
    ("invalid_api_key", 401),
    ("authentication", 401),
    ("unauthorized", 401),
    ("unauthenticated", 401),
    ("permission", 403),
    ("forbidden", 403),
    ("access_denied", 403),
    ("rate_limit", 429),
    ("too_many_requests", 429),
    ("quota", 429),
    ("resource_exhausted", 429),
    ("not_found", 404),
    ("context_length", 400),
    ("invalid_request", 400),
    ("invalid_argument", 400),
    ("bad_request", 400),
    ("overloaded", 503),
    ("unavailable", 503),
    ("timeout", 504),
];

fn status(value: &Value) -> u16 {
    numeric_status(value)
        .or_else(|| {
            let words: Vec<String> = words(value).map(str::to_ascii_lowercase).collect();
            let told = |needle: &str| words.iter().any(|word| word.contains(needle));
            STATUS_BY_WORD.iter().find(|(needle, _)| told(needle)).map(|(_, status)| *status)
        })
        .unwrap_or(502)
}

/// Anthropic's error types that OpenAI's clients know too. Any other becomes what they call the status.
const SHARED: [&str; 3] = ["invalid_request_error", "not_found_error", "rate_limit_error"];

/// Type and code of an error that an upstream of another dialect reported.
pub(super) fn details(error: &UpstreamError) -> (Option<String>, Option<String>) {
    let (shared, other) = match error.kind.clone() {
        Some(kind) if SHARED.contains(&kind.as_str()) => (Some(kind), None),
        other => (None, other),
    };
    if error.class == Class::ContextLength {
        (shared, Some("context_length_exceeded".to_owned()))
    } else {
        (shared, error.code.clone().or(other))
    }
}
