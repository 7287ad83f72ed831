//! Responses: what holds for every stream of them, whatever was behind it.

use std::path::Path;

use adaptors::adaptor::{Answer, Call, Operation, Usage};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
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

/// A message of Anthropic's that says something, calls a tool, and is cut inside of the call.
fn cut_call(end: &str) -> String {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
    event(
        "message_start",
        r#""message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}"#,
    ) + &event("content_block_start", r#""index":0,"content_block":{"type":"text","text":""}"#)
        + &event("content_block_delta", r#""index":0,"delta":{"type":"text_delta","text":"Look:"}"#)
        + &event("content_block_stop", r#""index":0"#)
        + end
}

#[test]
fn what_the_limit_cut_is_incomplete_and_what_was_whole_before_is_not() {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
    let limit = event("message_delta", r#""delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":9}"#)
        + &event("message_stop", r#""x":0"#);
    let call = event(
        "content_block_start",
        r#""index":1,"content_block":{"type":"tool_use","id":"c","name":"f","input":{}}"#,
    ) + &event(
        "content_block_delta",
        r#""index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}"#,
    ) + &event("content_block_stop", r#""index":1"#);
    for (cut, statuses) in
        [(limit.clone(), vec!["incomplete"]), (call.clone() + &limit, vec!["completed", "incomplete"])]
    {
        let told = events(&read(RESPONSES, ANTHROPIC, &cut_call(&cut), &[]));
        let done = told.iter().filter(|event| event["type"] == "response.output_item.done");
        let done: Vec<&Value> = done.map(|event| &event["item"]["status"]).collect();
        assert_eq!(done, statuses);
        let last = &told.last().unwrap();
        assert_eq!(last["type"], "response.incomplete");
        let items: Vec<&Value> =
            last["response"]["output"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
        assert_eq!(items, statuses);
    }
    let mut reader = with_call(RESPONSES, ASK, |call| adaptor(RESPONSES, ANTHROPIC).stream(call));
    for frame in crate::support::frames(cut_call(&call).as_bytes()) {
        reader.frame(&frame);
    }
    let last = reader.last_words(br#"{"error":{"message":"cut","code":"upstream_truncated"}}"#).unwrap();
    let last = &events(std::str::from_utf8(&last).unwrap())[0];
    let items = last["response"]["output"].as_array().unwrap();
    let shown: Vec<_> = items.iter().map(|item| (&item["type"], &item["status"])).collect();
    let (message, call) = (json!("message"), json!("function_call"));
    assert_eq!(shown, [(&message, &json!("completed")), (&call, &json!("incomplete"))]);
    assert_eq!(items[1]["arguments"], "{\"a\"");
}

#[test]
fn what_a_model_says_instead_of_an_answer_is_a_text_of_its_own() {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
    let said = event("response.created", r#""response":{"id":"r"}"#)
        + &event("response.output_text.delta", r#""output_index":0,"content_index":0,"delta":"Well.""#)
        + &event("response.refusal.delta", r#""output_index":0,"content_index":1,"delta":"I won't""#)
        + &event("response.refusal.delta", r#""output_index":0,"content_index":1,"delta":" say.""#)
        + &event("response.completed", r#""response":{"id":"r","output":[],"usage":{}}"#);
    let told = events(&read(ANTHROPIC, RESPONSES, &said, &[]));
    let texts = told.iter().filter_map(|event| event.pointer("/delta/text").and_then(Value::as_str));
    assert_eq!(texts.collect::<String>(), "Well.\n\nI won't say.");
    let body = r#"{"model":"m","input":[{"role":"assistant","content":[{"type":"output_text","text":"Well."},
        {"type":"refusal","refusal":"No."}]},{"role":"user","content":"y"}]}"#;
    let upload = with_call(RESPONSES, body, |call| adaptor(RESPONSES, OPENAI).request(call)).unwrap();
    let sent: Value = serde_json::from_slice(&upload.body).unwrap();
    assert!(sent["messages"][0].to_string().contains("Well.\\n\\nNo."), "{sent}");
}

#[test]
fn an_output_of_a_local_shell_is_known_by_its_own_name() {
    let body = r#"{"model":"m","input":[{"role":"user","content":"x"},{"type":"local_shell_call","id":"lsh","call_id":"c1",
        "action":{"type":"exec","command":["ls"]}},{"type":"local_shell_call_output","id":"c1","output":"a"}]}"#;
    let upload = with_call(RESPONSES, body, |call| adaptor(RESPONSES, OPENAI).request(call)).unwrap();
    let sent: Value = serde_json::from_slice(&upload.body).unwrap();
    assert_eq!(sent["messages"][2]["tool_call_id"], "c1", "{sent}");
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

/// A response that the upstream keeps is told again as it is: its failure is no failure of this answer, and its cost was
/// counted when it was made.
#[test]
fn what_an_upstream_keeps_passes_whatever_became_of_it() {
    let about = |operation, path: &str| {
        with_call(RESPONSES, r#"{"model":"m","stream":true}"#, |call| {
            adaptor(RESPONSES, RESPONSES)
                .request(&Call { operation, path, ..*call })
                .map(|upload| upload.path)
        })
    };
    for (operation, path, wanted) in [
        (Operation::Retrieve, "/v1/responses/resp_1", "/responses/resp_1"),
        (
            Operation::Retrieve,
            "/openai/v1/responses/resp_1/?stream=true&key=sk-1&starting_after={model}",
            "/responses/resp_1?stream=true&starting_after=%7Bmodel%7D",
        ),
        (Operation::Cancel, "/responses/resp_1/cancel", "/responses/resp_1/cancel"),
        (Operation::InputItems, "/v1/responses/r/input_items?limit=2", "/responses/r/input_items?limit=2"),
    ] {
        assert_eq!(about(operation, path).unwrap(), wanted, "{path}");
    }
    let kept = |operation, body: &str| {
        with_call(RESPONSES, ASK, |call| {
            adaptor(RESPONSES, RESPONSES).answer(&Call { operation, ..*call }, body.to_owned().into())
        })
    };
    for body in [
        r#"{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"x"},"output":[],"usage":{"input_tokens":7}}"#,
        r#"{"id":"resp_1","object":"response","deleted":true}"#,
        r#"{"object":"list","data":[]}"#,
    ] {
        let Answer::Deliver { body: told, usage, .. } = kept(Operation::Retrieve, body) else {
            panic!("{body}")
        };
        assert_eq!((&*told, usage), (body.as_bytes(), Usage::default()));
    }
    assert!(matches!(kept(Operation::Retrieve, "<html>"), Answer::Error(_)));
    for name in ["text", "failed_after_content", "failed_at_once"] {
        let stream = stream(&format!("/{name}.sse"));
        let reader = with_call(RESPONSES, ASK, |call| {
            adaptor(RESPONSES, RESPONSES).stream(&Call { operation: Operation::Retrieve, ..*call })
        });
        let read = read_with(reader, RESPONSES, &stream);
        assert_eq!((read.output, read.usage), (stream, Usage::default()), "{name}");
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

/// OpenAI's SDK for JavaScript hands back what it read in an answer beside the answer.
#[test]
fn what_an_sdk_read_in_an_answer_is_no_field_of_a_request() {
    let part = json!({"type": "output_text", "text": "{}", "annotations": [], "parsed": {"a": 1}});
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "parsed_arguments": {"a": 1}});
    let result = json!({"type": "function_call_output", "call_id": "c", "output": "r"});
    let input = [json!({"role": "assistant", "content": [part]}), call, result];
    let request = json!({"model": "m", "input": input}).to_string();
    let upload = with_call(RESPONSES, &request, |call| adaptor(RESPONSES, ANTHROPIC).request(call)).unwrap();
    assert_eq!(upload.dropped.line(), None);
}

/// Codex asks again behind what had come of an answer that broke off in a call.
#[test]
fn an_answer_at_the_end_is_one_that_another_follows() {
    let said = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]);
    let last = |client, upstream, model| {
        let request = json!({"model": model, "messages": said, "input": said}).to_string();
        let upload = with_call(client, &request, |call| adaptor(client, upstream).request(call)).unwrap();
        let sent: Value = serde_json::from_slice(&upload.body).unwrap();
        let turns = ["messages", "input", "contents"].iter().find_map(|key| sent[key].as_array()).unwrap();
        turns.last().unwrap().to_string()
    };
    for (client, other) in [(OPENAI, RESPONSES), (RESPONSES, OPENAI)] {
        let told = last(client, other, "gpt-5.2");
        assert!(told.contains("assistant") && told.contains("\"b\""), "{told}");
        // It would be taken for the beginning of the answer to come, or refused.
        assert_eq!(
            last(client, ANTHROPIC, "claude-opus-4-7"),
            r#"{"content":[{"text":"Continue.","type":"text"}],"role":"user"}"#
        );
        assert!(last(client, ANTHROPIC, "claude-sonnet-4-5").contains("assistant"));
        let told = last(client, GEMINI, "gemini-3-pro-preview");
        assert_eq!(told, r#"{"parts":[{"text":"Continue."}],"role":"user"}"#);
    }
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

#[test]
fn a_conversation_that_only_its_upstream_can_read_is_refused() {
    for kind in ["compaction", "compaction_summary", "compaction_trigger"] {
        let item = json!({"type": kind, "encrypted_content": "e"});
        let body = json!({"model": "m", "input": [item, {"role": "user", "content": "go on"}]}).to_string();
        for upstream in [OPENAI, ANTHROPIC, GEMINI] {
            let refused = with_call(RESPONSES, &body, |call| adaptor(RESPONSES, upstream).request(call));
            let refused = refused.unwrap_err();
            assert_eq!(refused.param.as_deref(), Some("input[0].type"));
            assert!(refused.message.contains(&format!("\"{kind}\"")), "{refused}");
        }
    }
}

/// As docs/translation.md says: OpenAI's clients see how far it came, the others have no place for half of it.
#[test]
fn a_call_that_the_limit_cut_stays_in_a_whole_answer_for_openais_clients_alone() {
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{\"a\":\"b", "status": "incomplete"});
    let body = json!({"id": "resp_1", "object": "response", "status": "incomplete", "model": "m", "output": [call],
        "incomplete_details": {"reason": "max_output_tokens"}});
    for (client, pointer, said) in [
        (OPENAI, "/choices/0/message/tool_calls/0/function/arguments", Some("{\"a\":\"b")),
        (ANTHROPIC, "/content/0", None),
        (GEMINI, "/candidates/0/content/parts/0/functionCall", None),
    ] {
        let answer = crate::support::answer(&*adaptor(client, RESPONSES), client, body.to_string(), false);
        let Answer::Deliver { body, .. } = answer else { panic!("{client:?}: {answer:?}") };
        let told: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told.pointer(pointer).and_then(Value::as_str), said, "{told}");
        assert_eq!(told.pointer(pointer).is_some(), said.is_some(), "{told}");
    }
}
