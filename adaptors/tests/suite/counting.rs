//! Tokens counted by an upstream of another dialect: the same request without its answer, and the number in the client's
//! form.

use adaptors::adaptor::{Answer, Call, Operation, Terms, Unsupported, Upload, Usage};
use adaptors::dialect::{ANTHROPIC, DIALECTS, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::gemini::with_gemini;
use crate::support::text;

const COUNTING: [Dialect; 3] = [ANTHROPIC, RESPONSES, GEMINI];
const GEMINIS: &str = "/v1beta/models/m:countTokens";

/// A call of a client that has tokens counted.
fn with_count<T>(client: Dialect, body: &Value, then: impl FnOnce(&Call<'_>) -> T) -> T {
    if client == GEMINI {
        return with_gemini(GEMINIS, &body.to_string(), "up", then);
    }
    let body = Bytes::from(body.to_string());
    let envelope = Envelope::scan(&body).unwrap();
    let operation = Operation::CountTokens;
    let path = client.offer(operation).unwrap().inbound;
    let (body, envelope, terms) = (&body, &envelope, Terms::default());
    let (upstream_model, id, unix_seconds) = ("up", "id", 1_795_000_000);
    then(&Call { operation, path, body, envelope, upstream_model, id, unix_seconds, terms })
}

fn sent(client: Dialect, upstream: Dialect, body: &Value) -> Result<Upload, Unsupported> {
    with_count(client, body, |call| adaptor(client, upstream).request(call))
}

/// A system text, a text, a tool; and what only an answer would need.
fn asks(client: Dialect) -> Value {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    match client.name() {
        "anthropic" => {
            json!({"model": "m", "system": "be brief", "messages": [{"role": "user", "content": "hi"}],
            "tools": [{"name": "Read", "input_schema": schema}], "temperature": 0.5, "stop_sequences": ["x"],
            "metadata": {"user_id": "ann"}})
        }
        "responses" => {
            json!({"model": "m", "instructions": "be brief", "input": "hi", "temperature": 0.5, "store": false,
            "tools": [{"type": "function", "name": "Read", "parameters": schema, "strict": false}],
            "max_output_tokens": 9, "stream": true})
        }
        _ => {
            json!({"generateContentRequest": {"model": "models/m", "systemInstruction": {"parts": [{"text": "be brief"}]},
            "contents": [{"parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 9, "seed": 1},
            "tools": [{"functionDeclarations": [{"name": "Read", "parametersJsonSchema": schema}]}]}})
        }
    }
}

/// What an upstream is to be asked by everybody.
fn wanted(upstream: Dialect) -> (&'static str, Value) {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    match upstream.name() {
        "anthropic" => (
            "/messages/count_tokens",
            json!({"model": "up",
            "system": [{"type": "text", "text": "be brief"}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
            "tools": [{"name": "Read", "input_schema": schema}]}),
        ),
        "responses" => (
            "/responses/input_tokens",
            json!({"model": "up", "instructions": "be brief",
            "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
            "tools": [{"type": "function", "name": "Read", "parameters": schema, "strict": false}]}),
        ),
        _ => (
            "/models/up:countTokens",
            json!({"generateContentRequest": {"model": "models/up",
            "systemInstruction": {"parts": [{"text": "be brief"}]},
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "tools": [{"functionDeclarations": [{"name": "Read", "parametersJsonSchema": schema}]}],
            "generationConfig": {}}}),
        ),
    }
}

#[test]
fn a_request_goes_without_what_only_an_answer_needs() {
    for client in COUNTING {
        for upstream in COUNTING.into_iter().filter(|upstream| *upstream != client) {
            let upload = sent(client, upstream, &asks(client)).unwrap_or_else(|why| panic!("{why}"));
            let body: Value = serde_json::from_slice(&upload.body).unwrap();
            let (path, wanted) = wanted(upstream);
            assert_eq!((&*upload.path, simple(body)), (path, simple(wanted)), "{client:?} to {upstream:?}");
        }
    }
}

/// One text alone is written in two ways.
fn simple(body: Value) -> Value {
    match body {
        Value::Array(list) => match list.as_slice() {
            [one] if matches!(one["type"].as_str(), Some("text" | "input_text")) => one["text"].clone(),
            _ => list.into_iter().map(simple).collect(),
        },
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, simple(value))).collect(),
        other => other,
    }
}

#[test]
fn a_limit_is_needed_for_an_answer_alone_and_what_cannot_be_told_is_refused_by_name() {
    let plain = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    assert!(sent(ANTHROPIC, RESPONSES, &plain).is_ok());
    let contents = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    assert!(sent(GEMINI, ANTHROPIC, &contents).is_ok());
    let cached = json!({"generateContentRequest": {"contents": [], "cachedContent": "c"}});
    let refused = sent(GEMINI, ANTHROPIC, &cached).unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("generateContentRequest.cachedContent"));
    let continued = json!({"model": "m", "input": "hi", "previous_response_id": "resp_1"});
    let refused = sent(RESPONSES, GEMINI, &continued).unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("previous_response_id"));
}

#[test]
fn the_number_is_told_in_the_clients_form_and_not_counted_as_used() {
    let told = |dialect: Dialect| match dialect.name() {
        "anthropic" => r#"{"input_tokens":42}"#,
        "responses" => r#"{"object":"response.input_tokens","input_tokens":42}"#,
        _ => r#"{"totalTokens":42}"#,
    };
    for client in COUNTING {
        for upstream in COUNTING.into_iter().filter(|upstream| *upstream != client) {
            let answer = |body: &str| {
                with_count(client, &asks(client), |call| {
                    adaptor(client, upstream).answer(call, Bytes::copy_from_slice(body.as_bytes()))
                })
            };
            let Answer::Deliver { body, content_type, usage } = answer(told(upstream)) else {
                panic!("{client:?} before {upstream:?}")
            };
            assert_eq!(
                (text(&body), content_type, usage),
                (told(client), "application/json", Usage::default())
            );
            let error = r#"{"error":{"message":"overloaded","type":"overloaded_error","status":"UNAVAILABLE","code":503}}"#;
            for wrong in ["{}", "[1]", "<html>", r#"{"input_tokens":"x","totalTokens":-1}"#, error] {
                let answer = answer(wrong);
                assert!(
                    matches!(answer, Answer::Error(_)),
                    "{client:?} before {upstream:?}: {wrong}: {answer:?}"
                );
            }
        }
    }
}

#[test]
fn only_chat_completions_count_nothing() {
    let counts = |dialect: &Dialect| dialect.offer(Operation::CountTokens).is_some();
    let silent: Vec<Dialect> = DIALECTS.into_iter().filter(|dialect| !counts(dialect)).collect();
    assert_eq!(silent, [OPENAI]);
}
