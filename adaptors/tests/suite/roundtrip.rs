//! There and back: what both dialects can express comes back as it was.

use adaptors::dialect::adaptor;
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{read_with, with_call};

fn translated(client: Dialect, upstream: Dialect, request: &Value) -> Value {
    let upload = with_call(client, &request.to_string(), |call| adaptor(client, upstream).request(call));
    serde_json::from_slice(&upload.unwrap_or_else(|refused| panic!("{refused}: {request}")).body).unwrap()
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Zäß€\"\\\\{}\\n ]{1,20}[a-z]"
}

fn user() -> impl Strategy<Value = Value> {
    let image = prop_oneof![
        Just(json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}})),
        Just(json!({"type": "image_url", "image_url": {"url": "https://example.com/a.jpg"}})),
    ];
    prop_oneof![
        words().prop_map(|text| json!({"role": "user", "content": text})),
        (words(), image).prop_map(
            |(text, image)| json!({"role": "user", "content": [{"type": "text", "text": text}, image]})
        ),
    ]
}

/// What an assistant says, its calls (id, input, result), and what the user says then.
type Exchange = (String, Vec<(String, String, String)>, Value);

fn exchange() -> impl Strategy<Value = Exchange> {
    (words(), prop::collection::vec(("[a-z:.]{1,9}", words(), words()), 0..3), user())
}

/// The messages of an exchange. Its number makes its ids its own: calls of one id would be told apart, on purpose.
fn told((number, (text, calls, next)): (usize, Exchange)) -> Vec<Value> {
    let mut said = json!({"role": "assistant", "content": text});
    let mut messages = Vec::new();
    for (at, (id, value, result)) in calls.into_iter().enumerate() {
        let id = format!("{id}{number}{at}");
        let call = json!({"id": id, "type": "function", "function": {"name": "f", "arguments": json!({"z": value}).to_string()}});
        if at == 0 {
            said["tool_calls"] = json!([]);
        }
        said["tool_calls"].as_array_mut().unwrap().push(call);
        messages.push(json!({"role": "tool", "tool_call_id": id, "content": result}));
    }
    messages.insert(0, said);
    messages.push(next);
    messages
}

fn request() -> impl Strategy<Value = Value> {
    let choice = prop_oneof![
        Just(json!("auto")),
        Just(json!("none")),
        Just(json!("required")),
        Just(json!({"type": "function", "function": {"name": "f"}})),
    ];
    let system = prop::option::of(words());
    let sampling = (prop::option::of(0..100u8), prop::option::of(words()), any::<bool>(), 1..9999u32);
    let turns = (user(), prop::collection::vec(exchange(), 0..4));
    (system, turns, prop::option::of(choice), sampling).prop_map(|(system, (first, exchanges), choice, sampling)| {
        let mut messages: Vec<Value> = system.into_iter().map(|text| json!({"role": "system", "content": text})).collect();
        messages.push(first);
        messages.extend(exchanges.into_iter().enumerate().flat_map(told));
        let (temperature, stop, stream, limit) = sampling;
        let tool = json!({"type": "function", "function": {"name": "f", "description": "d", "strict": true,
            "parameters": {"type": "object", "properties": {"z": {"type": "string"}}, "required": ["z"], "additionalProperties": false}}});
        let mut request = json!({"model": "m", "messages": messages, "tools": [tool], "max_tokens": limit});
        if let Some(choice) = choice {
            request["tool_choice"] = choice;
        }
        if let Some(temperature) = temperature {
            request["temperature"] = json!(f64::from(temperature) / 100.0);
        }
        if let Some(stop) = stop {
            request["stop"] = json!([stop]);
        }
        if stream {
            request["stream"] = json!(true);
            request["stream_options"] = json!({"include_usage": true});
        }
        request
    })
}

proptest! {
    #[test]
    fn a_request_there_and_back_is_the_same(request in request()) {
        let there = translated(OPENAI, ANTHROPIC, &request);
        prop_assert_eq!(translated(ANTHROPIC, OPENAI, &there), request);
    }
}

/// Thinking with its signature, from Anthropic's stream to an OpenAI client's message and back into a request.
#[test]
fn signatures_survive_the_round_trip_through_an_openai_client() {
    let stream = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/anthropic_streams/thinking.sse"),
    );
    let reader = with_call(OPENAI, r#"{"model":"m"}"#, |call| adaptor(OPENAI, ANTHROPIC).gather(call));
    let answer: Value = serde_json::from_str(&read_with(reader, OPENAI, stream.unwrap()).output).unwrap();
    let said = &answer["choices"][0]["message"];
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "a"}, said, {"role": "user", "content": "b"}]});
    let back = translated(OPENAI, ANTHROPIC, &request);
    assert_eq!(
        back["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "thinking", "thinking": "more", "signature": "sig2"},
            {"type": "text", "text": "so"},
        ])
    );
}

/// The helper of OpenAI's SDK for JavaScript keeps the last piece of a streamed field that it does not know. Anthropic would
/// refuse that.
#[test]
fn pieces_of_thinking_that_a_client_kept_alone_are_left_out() {
    let whole = json!({"index": 0, "type": "thinking", "thinking": "", "signature": "sig"});
    for (block, is_whole) in [
        (whole, true),
        (json!({"index": 0, "type": "thinking", "signature": "sig"}), false),
        (json!({"index": 1, "type": "redacted_thinking", "data": "xyz"}), false),
    ] {
        let call = json!({"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}", "parsed_arguments": {}}});
        let said = json!({"role": "assistant", "content": "so", "parsed": {"a": 1}, "thinking_blocks": [block], "tool_calls": [call]});
        let result = json!({"role": "tool", "tool_call_id": "t", "content": "r"});
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "a"}, said, result]});
        let upload =
            with_call(OPENAI, &request.to_string(), |call| adaptor(OPENAI, ANTHROPIC).request(call)).unwrap();
        let body: Value = serde_json::from_slice(&upload.body).unwrap();
        let parts = body["messages"][1]["content"].as_array().unwrap();
        let kinds: Vec<_> = parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
        let (wanted, named) = match is_whole {
            true => (vec!["thinking", "text", "tool_use"], None),
            false => (vec!["text", "tool_use"], Some("messages[1].thinking_blocks")),
        };
        assert_eq!((kinds, upload.dropped.line().as_deref()), (wanted, named), "{request}");
    }
}

/// Thinking that Anthropic does not show has a signature all the same.
#[test]
fn a_signature_of_nothing_that_was_told_is_a_whole_block() {
    let stream = r#"data: {"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1,"output_tokens":1}}}

data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}

"#;
    let reader =
        with_call(OPENAI, r#"{"model":"m","stream":true}"#, |call| adaptor(OPENAI, ANTHROPIC).stream(call));
    let told = read_with(reader, OPENAI, stream).output;
    let block = r#""thinking_blocks":[{"index":0,"type":"thinking","thinking":"","signature":"sig"}]"#;
    assert!(told.contains(block), "{told}");
}

/// Thinking through an Anthropic client, from an upstream that signs in OpenAI's dialect.
#[test]
fn signatures_survive_the_round_trip_through_an_anthropic_client() {
    let stream = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/openai_streams/thinking_blocks.sse"),
    );
    let reader = with_call(ANTHROPIC, r#"{"model":"m"}"#, |call| adaptor(ANTHROPIC, OPENAI).gather(call));
    let answer: Value = serde_json::from_str(&read_with(reader, ANTHROPIC, stream.unwrap()).output).unwrap();
    let said = json!({"role": "assistant", "content": answer["content"]});
    let request = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}, said, {"role": "user", "content": "b"}]});
    let back = translated(ANTHROPIC, OPENAI, &request);
    assert_eq!(
        back["messages"][1],
        json!({"role": "assistant", "content": "so", "thinking_blocks": [
            {"type": "thinking", "thinking": "hm", "signature": "sig"}, {"type": "redacted_thinking", "data": "xyz"}]})
    );
}

/// The order of the keys is what models see first of a schema.
#[test]
fn schemas_and_inputs_keep_their_bytes() {
    let schema = r#"{"type":"object","properties":{"z":{"b":1,"a":2},"a":{}}}"#;
    let openai = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"a"}},{{"role":"assistant","tool_calls":[{{"id":"t","function":{{"name":"f","arguments":"{{\"z\":1,\"a\":2}}"}}}}]}},{{"role":"tool","tool_call_id":"t","content":"r"}}],"tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}]}}"#
    );
    let body = with_call(OPENAI, &openai, |call| adaptor(OPENAI, ANTHROPIC).request(call)).unwrap();
    let body = crate::support::text(&body.body);
    assert!(body.contains(schema) && body.contains(r#""input":{"z":1,"a":2}"#), "{body}");
    let anthropic = body.to_owned();
    let back = with_call(ANTHROPIC, &anthropic, |call| adaptor(ANTHROPIC, OPENAI).request(call)).unwrap();
    let back = crate::support::text(&back.body);
    assert!(back.contains(schema) && back.contains(r#""arguments":"{\"z\":1,\"a\":2}""#), "{back}");
}
