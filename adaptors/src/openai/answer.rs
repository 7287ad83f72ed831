//! Reads complete answers by their content, and tells a complete chat completion as a stream.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;

use super::chunk::error_of_choice;
use super::error::RULES;
use super::retell;
use super::tokens::usage_in;
use crate::adaptor::{Answer, Operation, UpstreamError, Usage};
use crate::failure;
use crate::framing::sse;
use crate::json::{Level, is_nothing, items, look, on_one_line};
use crate::scan;

/// The top-level keys that matter. All else is skipped without being built: embeddings may be tens of megabytes.
const KEYS: [&str; 5] = ["error", "object", "choices", "data", "usage"];
/// What a choice with an error has in it.
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

pub(super) fn read(operation: Operation, body: Bytes, stream: bool) -> Answer {
    let Some((key, what)) = shape(operation) else { return any(body) };
    let body = sse::bare(body);
    let Some([error, object, choices, data, usage]) = scan::values(&body, KEYS) else {
        return Answer::Error(failure::listed(RULES, &body).unwrap_or_else(|| {
            let found = failure::describe(&body, true);
            failure::broken(format!("the upstream's answer is not {what} but {found}"))
        }));
    };
    let holder = if operation == Operation::Embeddings { data } else { choices };
    let is_shape = holder.is_some_and(|list| list.starts_with('['));
    let says_error = says_error(error, object);
    if says_error || !is_shape {
        return Answer::Error(error_in(&body, says_error, key, what));
    }
    if let Some(error) = choices.and_then(error_in_choices) {
        return Answer::Error(error);
    }
    let usage = usage.map_or_else(Usage::default, usage_in);
    if stream && operation != Operation::Embeddings {
        let text = on_one_line(std::str::from_utf8(&body).unwrap_or_default());
        return match Level::of(&text) {
            Ok(answer) if !says_something(&answer) => {
                let begins = failure::excerpt(&body);
                Answer::Error(failure::broken(format!(
                    "the upstream's answer has no content and no reason to stop: it begins {begins}"
                )))
            }
            Ok(answer) => Answer::Deliver {
                body: retell::as_stream(answer).into(),
                content_type: "text/event-stream",
                usage,
            },
            Err(error) => {
                Answer::Error(failure::broken(format!("the upstream's answer cannot be read: {error}")))
            }
        };
    }
    Answer::Deliver { body, content_type: "application/json", usage }
}

/// The list that a good answer has, and what it is called; `None` where servers differ in it.
fn shape(operation: Operation) -> Option<(&'static str, &'static str)> {
    match operation {
        Operation::Chat => Some(("choices", "a chat completion")),
        Operation::Completions => Some(("choices", "a completion")),
        Operation::Embeddings => Some(("data", "a list of embeddings")),
        _ => None,
    }
}

/// An answer of which no more is known than that it is an object: good, unless it says otherwise.
fn any(body: Bytes) -> Answer {
    let body = sse::bare(body);
    let Some([error, object, usage]) = scan::values(&body, ["error", "object", "usage"]) else {
        return Answer::Error(failure::listed(RULES, &body).unwrap_or_else(|| {
            let found = failure::describe(&body, true);
            failure::broken(format!("the upstream's answer is not a JSON object but {found}"))
        }));
    };
    if says_error(error, object) {
        return Answer::Error(error_in(&body, true, "error", "an answer"));
    }
    let usage = usage.map_or_else(Usage::default, usage_in);
    Answer::Deliver { body, content_type: "application/json", usage }
}

fn says_error(error: Option<&str>, object: Option<&str>) -> bool {
    error.is_some_and(|error| !matches!(error, "false" | "\"\"" | "{}" | "[]"))
        || object.is_some_and(|object| object == "\"error\"")
}

/// False where a stream of it would be no answer: its reader takes one without any content for a failure.
fn says_something(answer: &Level<'_>) -> bool {
    let choices = answer.get("choices").and_then(items).unwrap_or_default();
    choices.into_iter().filter_map(|choice| Level::of(choice).ok()).any(|choice| {
        let message = choice.get("message").and_then(|message| Level::of(message).ok());
        let is_said =
            |message: Level<'_>| message.iter().any(|(key, value)| key != "role" && !is_nothing(value));
        choice.get("text").is_some() || choice.some("finish_reason").is_some() || message.is_some_and(is_said)
    })
}

/// The error of a choice, which has a message all the same.
fn error_in_choices(choices: &str) -> Option<UpstreamError> {
    ERROR.find(choices.as_bytes())?;
    look(choices.as_bytes()).ok()?.as_array()?.iter().find_map(error_of_choice)
}

fn error_in(body: &Bytes, says_error: bool, key: &str, what: &str) -> UpstreamError {
    match look(body) {
        Ok(value) if says_error || failure::message(&value).is_some() => {
            failure::reported(RULES, &value, body)
        }
        _ => {
            let begins = failure::excerpt(body);
            failure::broken(format!(
                "the upstream's answer is not {what}: it has no `{key}` and begins {begins}"
            ))
        }
    }
}
