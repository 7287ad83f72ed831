//! One answer for a client that asked for no stream says what the stream would have said: for every pair, whatever the
//! upstream sent, and however that was cut.

use std::path::Path;

use adaptors::adaptor::{Answer, Ending, Kind, Output, StreamReader};
use adaptors::dialect::{ANTHROPIC, DIALECTS, Dialect, OPENAI, adaptor};
use adaptors::framing::Frame;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::{frames_in_chunks, same, text, with_call};

fn asked(client: Dialect, stream: bool) -> String {
    let more = match client.name() {
        "openai" if stream => r#","stream_options":{"include_usage":true}"#,
        "responses" => r#","include":["reasoning.encrypted_content"]"#,
        _ => "",
    };
    format!(r#"{{"model":"m","stream":{stream}{more}}}"#)
}

/// What a reader makes of a body; `None` where that is no whole answer.
fn read(mut reader: Box<dyn StreamReader>, frames: &[Frame]) -> Option<String> {
    let mut told = Vec::new();
    for frame in frames {
        let step = reader.frame(frame);
        match step.output {
            _ if matches!(step.kind, Kind::Error(_)) => return None,
            Output::Pass => told.extend_from_slice(&frame.raw),
            Output::Replace(bytes) => told.extend_from_slice(&bytes),
        }
        if step.kind == Kind::Terminal {
            return Some(text(&told).to_owned());
        }
    }
    match reader.end() {
        Ending::Complete(bytes) => Some(text(&told).to_owned() + text(&bytes)),
        _ => None,
    }
}

fn parsed(client: Dialect, body: &str) -> Value {
    let mut value: Value = serde_json::from_str(body).unwrap_or_else(|why| panic!("{why}: {body}"));
    // Chunks say that they do not count; an answer says nothing.
    if client == OPENAI && value["usage"].is_null() {
        value.as_object_mut().unwrap().remove("usage");
    }
    value
}

/// A client's stream, put together as the dialect's own clients do.
fn put_together(client: Dialect, stream: &str) -> Value {
    let reader = with_call(client, &asked(client, false), |call| same(client).gather(call));
    let whole = read(reader, &frames_in_chunks(client.framing(), stream.as_bytes(), &[]));
    parsed(client, &whole.unwrap_or_else(|| panic!("no whole answer: {stream}")))
}

/// What the client gets of an upstream's stream: put together of its own stream, and as one answer.
fn of_stream(client: Dialect, upstream: Dialect, stream: &str, cuts: &[Index]) -> Option<[Value; 2]> {
    let frames = frames_in_chunks(upstream.framing(), stream.as_bytes(), cuts);
    let reader = with_call(client, &asked(client, true), |call| adaptor(client, upstream).stream(call));
    let streamed = put_together(client, &read(reader, &frames)?);
    let reader = with_call(client, &asked(client, false), |call| adaptor(client, upstream).gather(call));
    let whole = read(reader, &frames).unwrap_or_else(|| panic!("{client:?} {upstream:?}: {stream}"));
    Some([streamed, parsed(client, &whole)])
}

/// The same of an upstream's whole answer.
fn of_whole(client: Dialect, upstream: Dialect, body: &str) -> [Value; 2] {
    let answered = |stream| {
        with_call(client, &asked(client, stream), |call| {
            match adaptor(client, upstream).answer(call, body.to_owned().into()) {
                Answer::Deliver { body, .. } => text(&body).to_owned(),
                Answer::Error(error) => panic!("{client:?} {upstream:?}: {error:?}: {body}"),
            }
        })
    };
    [put_together(client, &answered(true)), parsed(client, &answered(false))]
}

/// An answer's parts: what is thought, said and called, in this order.
#[derive(Clone, Debug)]
struct Said {
    thoughts: Vec<(String, bool)>,
    texts: Vec<String>,
    calls: Vec<(String, String)>,
    is_cut: bool,
    counts: [u64; 3],
}

fn some_text() -> impl Strategy<Value = String> {
    "[a-z \"\\\\\n\u{e9}\u{1f600}]{1,12}"
}

prop_compose! {
    fn said()(
        thoughts in prop::collection::vec((some_text(), any::<bool>()), 0..3),
        texts in prop::collection::vec(some_text(), 0..3),
        calls in prop::collection::vec(("[a-z_]{1,9}", some_text()), 0..3),
        is_cut in any::<bool>(),
        counts in [1..99_u64, 1..99, 1..99],
    ) -> Said {
        Said { thoughts, texts, calls, is_cut, counts }
    }
}

/// The answer as an upstream of a dialect gives it.
fn answer_of(upstream: Dialect, said: &Said) -> Value {
    let Said { thoughts, texts, calls, is_cut, counts: [input, cached, output] } = said;
    let signature = |is_signed: &bool| if *is_signed { "c2ln" } else { "" };
    let (prompt, total) = (input + cached, input + cached + output);
    match upstream.name() {
        "openai" => {
            let calls: Vec<Value> = calls
                .iter()
                .enumerate()
                .map(|(at, (name, argument))| {
                    json!({"id": format!("call_{at}"), "type": "function",
                    "function": {"name": name, "arguments": json!({"a": argument}).to_string()}})
                })
                .collect();
            let thinking: String = thoughts.iter().map(|(text, _)| text.as_str()).collect();
            let blocks: Vec<Value> = thoughts
                .iter()
                .filter(|(_, is_signed)| *is_signed)
                .map(|(text, _)| json!({"type": "thinking", "thinking": text, "signature": "c2ln"}))
                .collect();
            let mut message = json!({"role": "assistant", "content": texts.concat(), "reasoning_content": thinking,
                "thinking_blocks": blocks});
            if !calls.is_empty() {
                message["tool_calls"] = calls.into();
            }
            let finish = if *is_cut { "length" } else { "stop" };
            json!({"id": "c", "object": "chat.completion", "created": 1, "model": "u",
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total,
                    "prompt_tokens_details": {"cached_tokens": cached}}})
        }
        "responses" => {
            let thoughts = thoughts.iter().map(|(text, is_signed)| {
                json!({"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": text}],
                    "encrypted_content": signature(is_signed)})
            });
            let texts = texts.iter().map(|text| {
                json!({"type": "message", "id": "m", "status": "completed", "role": "assistant",
                    "content": [{"type": "output_text", "text": text, "annotations": []}]})
            });
            let calls = calls.iter().enumerate().map(|(at, (name, argument))| {
                json!({"type": "function_call", "id": format!("f{at}"), "call_id": format!("call_{at}"), "name": name,
                    "status": "completed", "arguments": json!({"a": argument}).to_string()})
            });
            let (status, details) = match is_cut {
                true => ("incomplete", json!({"reason": "max_output_tokens"})),
                false => ("completed", Value::Null),
            };
            json!({"id": "r", "object": "response", "status": status, "incomplete_details": details, "model": "u",
                "output": thoughts.chain(texts).chain(calls).collect::<Vec<_>>(),
                "usage": {"input_tokens": prompt, "output_tokens": output, "total_tokens": total,
                    "input_tokens_details": {"cached_tokens": cached}}})
        }
        "anthropic" => {
            let thoughts = thoughts.iter().map(|(text, is_signed)| {
                json!({"type": "thinking", "thinking": text, "signature": signature(is_signed)})
            });
            let texts = texts.iter().map(|text| json!({"type": "text", "text": text}));
            let calls = calls.iter().enumerate().map(|(at, (name, argument))| {
                json!({"type": "tool_use", "id": format!("call_{at}"), "name": name, "input": {"a": argument}})
            });
            json!({"id": "m", "type": "message", "role": "assistant", "model": "u",
                "content": thoughts.chain(texts).chain(calls).collect::<Vec<_>>(),
                "stop_reason": if *is_cut { "max_tokens" } else { "end_turn" }, "stop_sequence": null,
                "usage": {"input_tokens": input, "cache_read_input_tokens": cached, "output_tokens": output}})
        }
        _ => {
            let part = |mut part: Value, is_signed: &bool| {
                if *is_signed {
                    part["thoughtSignature"] = "c2ln".into();
                }
                part
            };
            let thoughts = thoughts
                .iter()
                .map(|(text, is_signed)| part(json!({"text": text, "thought": true}), is_signed));
            let texts = texts.iter().map(|text| json!({"text": text}));
            let calls = calls.iter().enumerate().map(|(at, (name, argument))| {
                part(json!({"functionCall": {"name": name, "args": {"a": argument}}}), &(at == 0))
            });
            json!({"candidates": [{"content": {"role": "model",
                "parts": thoughts.chain(texts).chain(calls).collect::<Vec<_>>()},
                "finishReason": if *is_cut { "MAX_TOKENS" } else { "STOP" }, "index": 0}],
                "usageMetadata": {"promptTokenCount": prompt, "cachedContentTokenCount": cached,
                    "candidatesTokenCount": output, "totalTokenCount": total},
                "modelVersion": "u", "responseId": "g"})
        }
    }
}

/// The stream that the upstream would have sent.
fn streamed(upstream: Dialect, body: &str) -> String {
    with_call(upstream, &asked(upstream, true), |call| {
        match same(upstream).answer(call, body.to_owned().into()) {
            Answer::Deliver { body, .. } => text(&body).to_owned(),
            Answer::Error(error) => panic!("{upstream:?}: {error:?}: {body}"),
        }
    })
}

fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    let all = DIALECTS.into_iter().flat_map(|client| DIALECTS.map(|upstream| (client, upstream)));
    all.filter(|(client, upstream)| client != upstream)
}

fn golden(upstream: Dialect) -> Vec<String> {
    let folder = format!("tests/golden/{}_streams", upstream.name());
    let Ok(files) = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
        return Vec::new();
    };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "sse"));
    files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn every_golden_stream_comes_to_the_same_answer() {
    let mut compared = 0;
    for (client, upstream) in pairs() {
        for stream in golden(upstream) {
            if let Some([streamed, whole]) = of_stream(client, upstream, &stream, &[]) {
                assert_eq!(whole, streamed, "{client:?} {upstream:?}: {stream}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

/// vLLM says which one it was, in answers as in streams.
#[test]
fn the_stop_sequence_that_matched_is_told_by_every_way() {
    let body = json!({"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"},
        "finish_reason": "stop", "stop_reason": "END"}]});
    for told in of_whole(ANTHROPIC, OPENAI, &body.to_string()) {
        assert_eq!(
            (&told["stop_reason"], &told["stop_sequence"]),
            (&json!("stop_sequence"), &json!("END")),
            "{told}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_answer_is_the_same_by_every_way(said in said(), cuts in prop::collection::vec(any::<Index>(), 0..12)) {
        for (client, upstream) in pairs() {
            let body = answer_of(upstream, &said).to_string();
            let [streamed_whole, whole] = of_whole(client, upstream, &body);
            prop_assert_eq!(&whole, &streamed_whole, "{:?} {:?}: {}", client, upstream, body);
            let stream = streamed(upstream, &body);
            let Some([put_together, gathered]) = of_stream(client, upstream, &stream, &cuts) else {
                return Err(TestCaseError::fail(stream));
            };
            prop_assert_eq!(&gathered, &put_together, "{:?} {:?}: {}", client, upstream, stream);
            prop_assert_eq!(&whole, &gathered, "{:?} {:?}: {}", client, upstream, body);
        }
    }
}
