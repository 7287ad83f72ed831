//! Reads complete answers by their content, and tells one as a stream.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::RULES;
use super::form::Form;
use super::stream::{Chunk, State};
use super::usage;
use crate::adaptor::{Answer, Operation, UpstreamError, Usage};
use crate::failure;
use crate::framing::sse;
use crate::json::look;

/// What the other operations answer with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Other<'a> {
    #[serde(borrow)]
    embedding: Option<&'a RawValue>,
    #[serde(borrow)]
    embeddings: Option<&'a RawValue>,
    #[serde(borrow)]
    total_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// `stream`: the form in which the answer is to be told as a stream.
pub(super) fn read(operation: Operation, body: Bytes, stream: Option<Form>) -> Answer {
    let body = sse::bare(body);
    if operation != Operation::Chat {
        return other(operation, body);
    }
    let chunk = match serde_json::from_slice::<Chunk<'_>>(&body) {
        Ok(chunk) if body.trim_ascii_start().starts_with(b"{") => chunk,
        _ => return Answer::Error(wrong(&body, "a list of candidates")),
    };
    let is_list = chunk.candidates.is_some_and(|raw| raw.get().starts_with('['));
    let is_error = chunk.error.is_some_and(|raw| raw.get() != "null");
    if is_error || !(is_list || chunk.prompt_feedback.is_some()) {
        return Answer::Error(wrong(&body, "a list of candidates"));
    }
    let usage = usage::usage(chunk.usage_metadata);
    let Some(form) = stream else {
        return Answer::Deliver { body, content_type: "application/json", usage };
    };
    let mut state = State::default();
    state.take(&chunk);
    if !state.is_finished() {
        return Answer::Error(failure::broken("the upstream's answer does not say why it stops"));
    }
    let told = [&form.frame(&body, false)[..], form.end(true)].concat().into();
    Answer::Deliver { body: told, content_type: form.content_type(), usage }
}

fn other(operation: Operation, body: Bytes) -> Answer {
    let what = if operation == Operation::Embeddings { "an embedding" } else { "a number of tokens" };
    let is_it = match serde_json::from_slice::<Other<'_>>(&body) {
        Ok(other) if body.trim_ascii_start().starts_with(b"{") && other.error.is_none() => match operation {
            Operation::Embeddings => other.embedding.or(other.embeddings).is_some(),
            _ => other.total_tokens.is_some(),
        },
        _ => false,
    };
    if is_it {
        // Tokens that were only counted were not used.
        return Answer::Deliver { body, content_type: "application/json", usage: Usage::default() };
    }
    Answer::Error(wrong(&body, what))
}

/// What stands where an answer should.
fn wrong(body: &[u8], what: &str) -> UpstreamError {
    match look(body) {
        Ok(value) if value.is_object() && failure::message(&value).is_some() => {
            failure::reported(RULES, &value, body)
        }
        _ => failure::listed(RULES, body).unwrap_or_else(|| {
            let found = failure::describe(body, true);
            failure::broken(format!("the upstream's answer is not {what} but {found}"))
        }),
    }
}
