//! Errors in Google's shape: read and written.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::adaptor::Complaint;
use crate::failure::{Rules, numeric_status, words};
use crate::json::look;

pub(super) const RULES: Rules = Rules { status, own_shape };

/// Google's canonical words, and the status that each stands for.
const WORDS: [(&str, u16); 16] = [
    ("INVALID_ARGUMENT", 400),
    ("FAILED_PRECONDITION", 400),
    ("OUT_OF_RANGE", 400),
    ("UNAUTHENTICATED", 401),
    ("PERMISSION_DENIED", 403),
    ("NOT_FOUND", 404),
    ("ABORTED", 409),
    ("ALREADY_EXISTS", 409),
    ("RESOURCE_EXHAUSTED", 429),
    ("CANCELLED", 499),
    ("INTERNAL", 500),
    ("UNKNOWN", 500),
    ("DATA_LOSS", 500),
    ("UNIMPLEMENTED", 501),
    ("UNAVAILABLE", 503),
    ("DEADLINE_EXCEEDED", 504),
];

/// The body of an error answer. The request id, if any, goes into the relay's own messages, where people look.
pub(super) fn complaint_body(complaint: &Complaint<'_>) -> Bytes {
    let message = match complaint.request_id.filter(|_| !complaint.is_passed) {
        Some(id) => format!("{} (request id: {id})", complaint.message),
        None => complaint.message.to_owned(),
    };
    let mut error =
        json!({"code": complaint.status, "message": message, "status": word_of(complaint.status)});
    let mut details = Vec::new();
    if let Some(code) = complaint.code {
        let reason = code.to_ascii_uppercase();
        details.push(json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "watertight"}));
    }
    if let Some(field) = complaint.param {
        let violation = json!({"field": field, "description": complaint.message});
        details.push(
            json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}),
        );
    }
    if let Some(seconds) = complaint.retry_after {
        let delay = format!("{seconds}s");
        details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}));
    }
    if !details.is_empty() {
        error["details"] = details.into();
    }
    json!({"error": error}).to_string().into()
}

fn word_of(status: u16) -> &'static str {
    match WORDS.iter().find(|(_, known)| *known == status) {
        Some((word, _)) => word,
        None => match status {
            408 => "DEADLINE_EXCEEDED",
            // Of Anthropic's, 529 says that it is overloaded.
            502 | 529 => "UNAVAILABLE",
            500.. => "INTERNAL",
            _ => "INVALID_ARGUMENT",
        },
    }
}

fn own_shape(value: &Value) -> bool {
    let error = value.get("error").unwrap_or(&Value::Null);
    error.get("message").is_some_and(Value::is_string)
        && error.get("code").is_some_and(Value::is_u64)
        && error.get("status").is_none_or(Value::is_string)
}

fn status(value: &Value) -> u16 {
    let by_word = || {
        words(value)
            .find_map(|word| WORDS.iter().find(|(known, _)| *known == word))
            .map(|(_, status)| *status)
    };
    numeric_status(value).or_else(by_word).unwrap_or(502)
}

/// The `retryDelay` of an error (`"17s"`, `"0.5s"`), in seconds: Google has no Retry-After.
pub(super) fn asks_to_wait(body: &[u8]) -> Option<u64> {
    let value = look(body).ok()?;
    let value = if value.is_array() { value.get(0)? } else { &value };
    let details = value.pointer("/error/details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
    // A float becomes the nearest whole number that fits.
    seconds.is_finite().then_some(seconds.max(0.0).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::asks_to_wait;

    #[test]
    fn a_delay_is_found_where_google_says_it() {
        let of = |delay: &str| {
            let error = format!(
                r#"{{"error":{{"code":429,"details":[{{"x":1}},{{"@type":"a.RetryInfo","retryDelay":"{delay}"}}]}}}}"#
            );
            assert_eq!(asks_to_wait(error.as_bytes()), asks_to_wait(format!("[{error}]").as_bytes()));
            asks_to_wait(error.as_bytes())
        };
        assert_eq!((of("17s"), of("0.5s"), of("-1s")), (Some(17), Some(1), Some(0)));
        assert_eq!((of("soon"), of("NaNs"), asks_to_wait(b"{}")), (None, None, None));
    }
}
