//! Reads complete answers by their content.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::super::error::RULES;
use super::retell;
use crate::adaptor::{Answer, Operation, Usage};
use crate::failure;
use crate::framing::sse;
use crate::json::{Level, look, on_one_line};

/// The top-level keys that matter. All else is skipped without being built.
#[derive(Deserialize)]
struct TopLevel<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    input_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

pub(super) fn read(operation: Operation, body: Bytes, stream: bool) -> Answer {
    if operation.is_by_name() {
        return kept(body);
    }
    let counts = operation == Operation::CountTokens;
    let (key, what) = if counts { ("input_tokens", "a number of tokens") } else { ("output", "a response") };
    let body = sse::bare(body);
    let top = match serde_json::from_slice::<TopLevel<'_>>(&body) {
        Ok(top) if body.trim_ascii_start().starts_with(b"{") => top,
        _ => {
            return Answer::Error(failure::listed(RULES, &body).unwrap_or_else(|| {
                let found = failure::describe(&body, true);
                failure::broken(format!("the upstream's answer is not {what} but {found}"))
            }));
        }
    };
    let failed = top.status.is_some_and(|status| matches!(status.get(), "\"failed\"" | "\"cancelled\""));
    let says_error = top.error.is_some_and(|raw| raw.get() != "null") || failed;
    let is_shape = match counts {
        true => top.input_tokens.is_some_and(|raw| raw.get().parse::<u64>().is_ok()),
        false => top.output.is_some_and(|raw| raw.get().starts_with('[')),
    };
    if says_error || !is_shape {
        return Answer::Error(match look(&body) {
            Ok(value) if says_error || failure::message(&value).is_some() => {
                failure::reported(RULES, &value, &body)
            }
            _ => {
                let begins = failure::excerpt(&body);
                failure::broken(format!(
                    "the upstream's answer is not {what}: it has no `{key}` and begins {begins}"
                ))
            }
        });
    }
    let usage = top.usage.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let usage = usage.map_or_else(Usage::default, |usage| Usage::of_openai(&usage));
    if !stream || operation != Operation::Chat {
        return Answer::Deliver { body, content_type: "application/json", usage };
    }
    let text = on_one_line(std::str::from_utf8(&body).unwrap_or_default());
    match Level::of(&text) {
        Ok(response) => {
            let body = retell::as_stream(text.trim(), response).into();
            Answer::Deliver { body, content_type: "text/event-stream", usage }
        }
        Err(error) => {
            Answer::Error(failure::broken(format!("the upstream's answer cannot be read: {error}")))
        }
    }
}

/// What an upstream says of a response that it keeps: one that failed is told of, and what it cost was counted when it was
/// made.
fn kept(body: Bytes) -> Answer {
    let body = sse::bare(body);
    let is_object = body.trim_ascii_start().starts_with(b"{");
    if is_object && serde_json::from_slice::<IgnoredAny>(&body).is_ok() {
        return Answer::Deliver { body, content_type: "application/json", usage: Usage::default() };
    }
    Answer::Error(failure::listed(RULES, &body).unwrap_or_else(|| {
        let found = failure::describe(&body, true);
        failure::broken(format!("the upstream's answer is not an object but {found}"))
    }))
}
