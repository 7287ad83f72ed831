//! Errors in the Anthropic dialect: read and written.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::adaptor::Complaint;
use crate::failure::{Rules, numeric_status, words};

pub(super) const RULES: Rules = Rules { status, own_shape };

/// Types and statuses, as Anthropic documents them.
const TYPES: [(&str, u16); 9] = [
    ("invalid_request_error", 400),
    ("authentication_error", 401),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("request_too_large", 413),
    ("rate_limit_error", 429),
    ("api_error", 500),
    ("timeout_error", 504),
    ("overloaded_error", 529),
];

/// The body of an error answer. The request id, if any, stands beside the error.
pub(super) fn complaint_body(complaint: &Complaint<'_>) -> Bytes {
    let kind = complaint.kind.unwrap_or_else(|| kind_of(complaint.status));
    let mut body = json!({"type": "error", "error": {"type": kind, "message": complaint.message}});
    if complaint.status == 400 && complaint.param == Some("thread") {
        // By this Anthropic's SDKs know that they are to send the whole conversation.
        body["error"]["details"] = json!({"error_code": "thread_unsupported_request"});
    }
    if let Some(id) = complaint.request_id {
        body["request_id"] = id.into();
    }
    body.to_string().into()
}

fn kind_of(status: u16) -> &'static str {
    match status {
        503 => "overloaded_error",
        408 => "timeout_error",
        _ => match TYPES.iter().find(|(_, known)| *known == status) {
            Some((kind, _)) => kind,
            None if status >= 500 => "api_error",
            None => "invalid_request_error",
        },
    }
}

fn own_shape(value: &Value) -> bool {
    let is_text = |place| value.pointer(place).is_some_and(Value::is_string);
    value.get("type").is_some_and(|kind| kind == "error")
        && is_text("/error/type")
        && is_text("/error/message")
}

fn status(value: &Value) -> u16 {
    let by_type = words(value).find_map(|word| TYPES.iter().find(|(kind, _)| *kind == word));
    by_type.map(|(_, status)| *status).or_else(|| numeric_status(value)).unwrap_or(502)
}
