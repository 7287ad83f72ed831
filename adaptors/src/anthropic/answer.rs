//! Reads complete messages by their content.

use bytes::Bytes;
use serde_json::Value;

use super::error::RULES;
use super::retell;
use super::stream::usage_in;
use crate::adaptor::{Answer, Usage};
use crate::failure;
use crate::framing::sse;
use crate::json::{Level, look, on_one_line};
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
        return Answer::Error(match look(&body) {
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
    let text = on_one_line(std::str::from_utf8(&body).unwrap_or_default());
    match Level::of(&text) {
        Ok(message) => Answer::Deliver {
            body: retell::as_stream(message).into(),
            content_type: "text/event-stream",
            usage,
        },
        Err(error) => {
            Answer::Error(failure::broken(format!("the upstream's answer cannot be read: {error}")))
        }
    }
}

/// The answer to a question for a number of tokens. These were not used, and so are not counted.
pub(super) fn count(body: Bytes) -> Answer {
    match look(&body) {
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
