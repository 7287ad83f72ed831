//! Responses: what holds for every stream of them, whatever was behind it.

use std::path::Path;

use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI, RESPONSES, adaptor};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::gemini::told;
use crate::support::{read_with, with_call};

const ASK: &str = r#"{"model":"m","stream":true,"include":["reasoning.encrypted_content"]}"#;

/// The golden streams of an upstream, with their names.
fn streams(directory: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(directory);
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let streams = files.filter(|file| file.extension().is_some_and(|kind| kind == "sse"));
    streams.map(|file| (file.display().to_string(), std::fs::read_to_string(&file).unwrap())).collect()
}

fn stream(name: &str) -> String {
    let found = streams("responses_streams").into_iter().find(|(file, _)| file.ends_with(name));
    found.unwrap().1
}

fn read(client: Dialect, upstream: Dialect, stream: &str, cuts: &[Index]) -> String {
    let reader = with_call(client, ASK, |call| adaptor(client, upstream).stream(call));
    told(reader, client, upstream, stream, cuts).0
}

fn events(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|why| panic!("{why}: {data}"))).collect()
}

#[test]
fn the_cycle_is_whole_whatever_was_behind_it() {
    for (upstream, directory) in [(OPENAI, "openai_streams"), (ANTHROPIC, "anthropic_streams")] {
        for (name, stream) in streams(directory) {
            let told = read(RESPONSES, upstream, &stream, &[]);
            assert!(!told.contains("[DONE]"), "{name}");
            let events = events(&told);
            let (mut added, mut done) = (Vec::new(), Vec::new());
            let numbers: Vec<u64> =
                events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
            assert!(numbers.is_sorted_by(|one, next| one < next), "{name}: {numbers:?}");
            for event in &events {
                let item = || (event["output_index"].as_u64().unwrap(), event["item"]["id"].clone());
                match event["type"].as_str().unwrap() {
                    "response.output_item.added" => added.push(item()),
                    "response.output_item.done" => done.push(item()),
                    _ => {}
                }
            }
            let places: Vec<u64> = added.iter().map(|(place, _)| *place).collect();
            assert_eq!(places, (0..added.len() as u64).collect::<Vec<_>>(), "{name}");
            let Some(last) = events.last() else { continue };
            let kind = last["type"].as_str().unwrap();
            if kind == "response.completed" || kind == "response.incomplete" {
                done.sort_by_key(|(place, _)| *place);
                assert_eq!(added, done, "{name}");
                let said: Vec<Value> = done.into_iter().map(|(_, id)| id).collect();
                let output = last["response"]["output"].as_array().unwrap();
                assert_eq!(output.iter().map(|item| item["id"].clone()).collect::<Vec<_>>(), said, "{name}");
                let usage = &last["response"]["usage"];
                for place in [
                    "/input_tokens",
                    "/input_tokens_details/cached_tokens",
                    "/input_tokens_details/cache_write_tokens",
                    "/output_tokens",
                    "/output_tokens_details/reasoning_tokens",
                    "/total_tokens",
                ] {
                    assert!(usage.pointer(place).is_some_and(Value::is_u64), "{name}: {place}");
                }
            }
        }
    }
}

#[test]
fn what_breaks_off_is_told_as_the_next_event_of_its_response() {
    let cut = stream("cut_before_the_end.sse");
    let came = events(&cut).len();
    let mut reader = with_call(RESPONSES, ASK, |call| adaptor(RESPONSES, RESPONSES).stream(call));
    for frame in crate::support::frames(cut.as_bytes()) {
        reader.frame(&frame);
    }
    let body =
        br#"{"error":{"message":"cut","type":"server_error","param":null,"code":"upstream_truncated"}}"#;
    let last = reader.last_words(body).unwrap();
    let last = &events(std::str::from_utf8(&last).unwrap())[0];
    assert_eq!((&last["type"], &last["sequence_number"]), (&json!("response.failed"), &json!(came)));
    let response = &last["response"];
    assert_eq!(
        (&response["id"], &response["status"], &response["error"]["code"], &response["error"]["message"]),
        (&json!("resp_1"), &json!("failed"), &json!("upstream_truncated"), &json!("cut"))
    );
}

/// The upstream's own last event stays what it is.
#[test]
fn whole_and_failed_streams_pass_byte_for_byte() {
    for name in ["text", "tools", "thinking", "incomplete", "failed_after_content", "error_event", "comments"]
    {
        let stream = stream(&format!("/{name}.sse"));
        assert_eq!(read(RESPONSES, RESPONSES, &stream, &[]), stream, "{name}");
    }
}

#[test]
fn a_whole_answer_is_told_as_a_stream_and_back() {
    let gather = |stream: &str| {
        let reader =
            with_call(RESPONSES, r#"{"model":"m"}"#, |call| adaptor(RESPONSES, RESPONSES).gather(call));
        read_with(reader, RESPONSES, stream).output
    };
    let whole = gather(&stream("/tools.sse"));
    let answer =
        with_call(RESPONSES, ASK, |call| adaptor(RESPONSES, RESPONSES).answer(call, whole.clone().into()));
    let adaptors::adaptor::Answer::Deliver { body, content_type, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(content_type, "text/event-stream");
    let again = gather(std::str::from_utf8(&body).unwrap());
    assert_eq!(
        serde_json::from_str::<Value>(&again).unwrap(),
        serde_json::from_str::<Value>(&whole).unwrap()
    );
}

#[test]
fn parts_that_are_no_objects_are_left_out() {
    let body = r#"{"output":[1,"a",{"type":"message","content":["a",2,null]}]}"#;
    let answer = with_call(RESPONSES, ASK, |call| adaptor(RESPONSES, RESPONSES).answer(call, body.into()));
    assert!(matches!(answer, adaptors::adaptor::Answer::Deliver { .. }), "{answer:?}");
}

/// What one upstream signs comes back to it through a client of responses, and to no other.
#[test]
fn thinking_comes_back_with_its_signature() {
    let (_, stream) =
        streams("anthropic_streams").into_iter().find(|(name, _)| name.ends_with("/thinking.sse")).unwrap();
    let events = events(&read(RESPONSES, ANTHROPIC, &stream, &[]));
    let mut input = events.last().unwrap()["response"]["output"].as_array().unwrap().clone();
    input.push(json!({"role": "user", "content": "and?"}));
    let request = json!({"model": "claude-sonnet-4-5", "input": input}).to_string();
    let sent = |upstream| {
        let upload = with_call(RESPONSES, &request, |call| adaptor(RESPONSES, upstream).request(call));
        serde_json::from_slice::<Value>(&upload.unwrap().body).unwrap()
    };
    assert_eq!(
        sent(ANTHROPIC)["messages"][0]["content"],
        json!([
            {"type": "thinking", "thinking": "hm hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "xyz"},
            {"type": "thinking", "thinking": "more", "signature": "sig2"},
            {"type": "text", "text": "so"},
        ])
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn how_a_stream_is_cut_makes_no_difference(cuts in prop::collection::vec(any::<Index>(), 0..8)) {
        for name in ["/tools.sse", "/thinking.sse", "/refusal.sse"] {
            let stream = stream(name);
            for client in [RESPONSES, OPENAI, ANTHROPIC] {
                prop_assert_eq!(read(client, RESPONSES, &stream, &cuts), read(client, RESPONSES, &stream, &[]));
            }
        }
    }
}
