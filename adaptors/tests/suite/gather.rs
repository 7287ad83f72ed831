//! Event streams that answer a request without `stream`.

use adaptors::adaptor::Ending;
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI};
use adaptors::framing::sse::SSE;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Reading, answer, read_with, same, text, with_call};

fn gather(dialect: Dialect, input: impl AsRef<[u8]>) -> Reading {
    let reader = with_call(dialect, r#"{"model":"m"}"#, |call| same(dialect).gather(call));
    read_with(reader, dialect, input)
}

fn streamed(dialect: Dialect, whole: &Value) -> String {
    match answer(same(dialect), dialect, whole.to_string(), true) {
        adaptors::adaptor::Answer::Deliver { body, .. } => text(&body).to_owned(),
        other => panic!("not a stream: {other:?}"),
    }
}

fn chat(message: &Value, finish: &str) -> Value {
    json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "system_fingerprint": "f",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": null}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}})
}

fn message(content: &Value, stop: &str) -> Value {
    json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": stop,
        "stop_sequence": null, "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 2}})
}

fn wholes() -> Vec<(Dialect, Value)> {
    let call = |name: &str| json!({"id": format!("call_{name}"), "type": "function", "function": {"name": name, "arguments": "{\"a\":1}"}});
    let tool = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "f", "input": input});
    vec![
        (OPENAI, chat(&json!({"role": "assistant", "content": "hello", "reasoning_content": "hm"}), "stop")),
        (
            OPENAI,
            chat(
                &json!({"role": "assistant", "content": null, "tool_calls": [call("f"), call("g")]}),
                "tool_calls",
            ),
        ),
        (
            OPENAI,
            chat(
                &json!({"role": "assistant", "content": null, "refusal": "no", "unknown": {"a": [1, 2]}}),
                "stop",
            ),
        ),
        (ANTHROPIC, message(&json!([{"type": "text", "text": "hello"}]), "end_turn")),
        (
            ANTHROPIC,
            message(
                &json!([{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "a", "citations": [{"type": "char_location", "cited_text": "x"}]}]),
                "max_tokens",
            ),
        ),
        (
            ANTHROPIC,
            message(&json!([tool("t", json!({"a": [1, {"b": "c"}]})), tool("u", json!({}))]), "tool_use"),
        ),
        (
            ANTHROPIC,
            message(
                &json!([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]}]),
                "end_turn",
            ),
        ),
        (ANTHROPIC, message(&json!([]), "end_turn")),
    ]
}

#[test]
fn a_stream_becomes_the_answer_it_was_made_of_and_says_nothing_before() {
    for (dialect, mut whole) in wholes() {
        let reading = gather(dialect, streamed(dialect, &whole));
        assert!(reading.kinds.ends_with('T'), "{}", reading.kinds);
        let gathered: Value = serde_json::from_str(&reading.output).expect("one JSON body and nothing else");
        if dialect == OPENAI {
            whole["choices"][0].as_object_mut().unwrap().remove("logprobs");
        }
        assert_eq!(gathered, whole);
        assert_eq!(
            (reading.usage.input, reading.usage.output),
            (Some(if dialect == OPENAI { 3 } else { 5 }), Some(4))
        );
    }
}

#[test]
fn a_stream_that_breaks_off_or_reports_an_error_gives_no_answer() {
    for (dialect, whole) in wholes() {
        let stream = streamed(dialect, &whole);
        let frames: Vec<&str> = stream.split_inclusive("\n\n").collect();
        for kept in 0..frames.len() {
            let reading = gather(dialect, frames[..kept].concat());
            let finished = frames[..kept]
                .iter()
                .any(|frame| frame.contains("\"finish_reason\":\"") || frame.contains("message_delta"));
            match reading.ending {
                Some(Ending::Complete(_)) => assert!(finished, "{kept} of {stream}"),
                _ => assert_eq!((finished, reading.output.as_str()), (false, ""), "{kept} of {stream}"),
            }
        }
        let error = r#"data: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;
        let reading = gather(dialect, format!("{}{error}\n\n{}", frames[..2].concat(), frames[2..].concat()));
        assert_eq!(reading.error.map(|error| error.message), Some("busy".into()));
    }
}

#[test]
fn a_terminator_without_a_reason_to_stop_is_no_success() {
    let reading = gather(
        OPENAI,
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n",
    );
    assert!(reading.error.is_some_and(|error| error.message.contains("without a finish reason")));
    let start = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n";
    let reading =
        gather(ANTHROPIC, format!("{start}event: message_stop\ndata: {{\"type\":\"message_stop\"}}\n\n"));
    assert!(reading.error.is_some_and(|error| error.message.contains("without a stop reason")));
}

#[test]
fn what_providers_repeat_is_not_joined() {
    let piece = |delta: &str, finish: &str| {
        format!("data: {{\"id\":\"c\",\"choices\":[{{\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n")
    };
    let call = |id: &str, arguments: &str| {
        format!(
            r#"{{"role":"assistant","content":null,"tool_calls":[{{"index":0,"id":{id},"type":"function","function":{{"name":"f","arguments":"{arguments}"}}}}]}}"#
        )
    };
    let stream = [
        piece(&call("\"t\"", "{"), "null"),
        piece(&call("null", "}"), "null"),
        piece(&call("\"t\"", ""), "\"tool_calls\""),
    ]
    .concat();
    let reading = gather(OPENAI, format!("{stream}data: [DONE]\n\n"));
    let whole: Value = serde_json::from_str(&reading.output).unwrap();
    assert_eq!(
        whole["choices"][0]["message"],
        json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]})
    );
}

#[test]
fn a_call_says_what_it_is_although_its_stream_did_not() {
    let call = |call: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]});
    let chunks = [
        call(json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}})),
        call(json!({"index": 1, "id": "b", "type": null, "function": {"name": "g", "arguments": "{}"}})),
        call(json!({"index": 2, "id": "c", "type": "custom", "custom": {"name": "h", "input": "x"}})),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
    ];
    let stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    let told = gather(OPENAI, stream + "data: [DONE]\n\n").output;
    let answer: Value = serde_json::from_str(&told).unwrap();
    let calls = answer["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    let types: Vec<_> = calls.iter().map(|call| call["type"].as_str()).collect();
    assert_eq!(types, [Some("function"), Some("function"), Some("custom")], "{told}");
}

#[test]
fn a_tool_call_that_the_limit_cut_is_left_out_and_another_broken_one_is_an_error() {
    let whole = message(
        &json!([{"type": "text", "text": "a"}, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]),
        "max_tokens",
    );
    let stream = streamed(ANTHROPIC, &whole).replace("{\\\"a\\\":1}", "{\\\"a\\\":");
    let cut: Value = serde_json::from_str(&gather(ANTHROPIC, &stream).output).unwrap();
    assert_eq!(cut["content"], json!([{"type": "text", "text": "a"}]));
    let broken = gather(ANTHROPIC, stream.replace("max_tokens", "tool_use"));
    assert!(broken.error.is_some_and(|error| error.message.contains("input cannot be read")));
}

proptest! {
    #[test]
    fn any_chunking_gathers_the_same(which in 0..8usize, cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let (dialect, whole) = wholes().swap_remove(which);
        let stream = streamed(dialect, &whole);
        let mut reader = with_call(dialect, r#"{"model":"m"}"#, |call| same(dialect).gather(call));
        let mut output = Vec::new();
        for frame in crate::support::frames_in_chunks(&SSE, stream.as_bytes(), &cuts) {
            if let adaptors::adaptor::Output::Replace(bytes) = reader.frame(&frame).output {
                output.extend_from_slice(&bytes);
            }
        }
        prop_assert_eq!(text(&output), gather(dialect, &stream).output);
    }
}
