//! Thinking that comes back with the conversation: each signature to upstreams of the dialect that gave it, and to no
//! other; what is left out is named. In every pair.

use adaptors::adaptor::{Answer, Upload};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::support::{text, with_call};

const ALL: [Dialect; 4] = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];

/// An upstream's answer with all that its dialect signs; each signature has `sig` and the dialect's name in it.
fn signed(maker: Dialect) -> Value {
    match maker.name() {
        "openai" => {
            json!({"id": "c", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "so",
            "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "sigopenai1"},
                {"type": "redacted_thinking", "data": "sigopenai2"}],
            "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": "sigopenai3"}}}]}}]})
        }
        "responses" => {
            json!({"id": "r", "object": "response", "status": "completed", "model": "m", "output": [
            {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "sigresponses1"},
            {"type": "function_call", "id": "fc", "call_id": "t", "name": "f", "arguments": "{}"}]})
        }
        "anthropic" => json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "siganthropic1"},
            {"type": "redacted_thinking", "data": "siganthropic2"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {}}],
            "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}}),
        _ => {
            json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
            {"text": "hm", "thought": true, "thoughtSignature": "siggemini1"},
            {"text": "so", "thoughtSignature": "siggemini2"},
            {"functionCall": {"id": "t", "name": "f", "args": {}}, "thoughtSignature": "siggemini3"}]}}]})
        }
    }
}

/// A client's request whose history has these turns of the model's.
fn request(client: Dialect, said: Vec<Value>) -> Value {
    let user = match client.name() {
        "gemini" => json!({"role": "user", "parts": [{"text": "a"}]}),
        _ => json!({"role": "user", "content": "a"}),
    };
    let turns: Vec<Value> = [vec![user.clone()], said, vec![user]].concat();
    match client.name() {
        "responses" => {
            json!({"model": "m", "input": turns, "include": ["reasoning.encrypted_content"]})
        }
        "gemini" => json!({"model": "m", "contents": turns}),
        _ => json!({"model": "m", "max_tokens": 9, "messages": turns}),
    }
}

/// What a client sends back of an answer, and the result of its call.
fn history(client: Dialect, answer: &Value) -> Vec<Value> {
    match client.name() {
        "openai" => {
            let said = &answer["choices"][0]["message"];
            let result = json!({"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "r"});
            vec![said.clone(), result]
        }
        "responses" => {
            let mut items = answer["output"].as_array().unwrap().clone();
            let call = items.iter().find(|item| item["type"] == "function_call").unwrap();
            items.push(json!({"type": "function_call_output", "call_id": call["call_id"], "output": "r"}));
            items
        }
        "anthropic" => {
            let blocks = answer["content"].as_array().unwrap();
            let call = blocks.iter().find(|block| block["type"] == "tool_use").unwrap();
            let result = json!({"type": "tool_result", "tool_use_id": call["id"], "content": "r"});
            vec![
                json!({"role": "assistant", "content": blocks}),
                json!({"role": "user", "content": [result]}),
            ]
        }
        _ => {
            let said = &answer["candidates"][0]["content"];
            let result = json!({"functionResponse": {"id": "t", "name": "f", "response": {"output": "r"}}});
            vec![said.clone(), json!({"role": "user", "parts": [result]})]
        }
    }
}

fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    let with_others = |client: Dialect| ALL.into_iter().filter(move |other| *other != client);
    ALL.into_iter().flat_map(move |client| with_others(client).map(move |upstream| (client, upstream)))
}

fn told(client: Dialect, maker: Dialect) -> Value {
    let asked = request(client, Vec::new()).to_string();
    let answer = signed(maker).to_string().into();
    match with_call(client, &asked, |call| adaptor(client, maker).answer(call, answer)) {
        Answer::Deliver { body, .. } => serde_json::from_slice(&body).unwrap(),
        Answer::Error(error) => panic!("{client:?} {maker:?}: {error:?}"),
    }
}

fn sent(client: Dialect, upstream: Dialect, said: Vec<Value>) -> Upload {
    let request = request(client, said).to_string();
    with_call(client, &request, |call| adaptor(client, upstream).request(call)).unwrap()
}

#[test]
fn signatures_go_back_to_the_dialect_that_gave_them_and_to_no_other() {
    for (client, maker) in pairs() {
        let said = history(client, &told(client, maker));
        for upstream in ALL.into_iter().filter(|upstream| *upstream != client) {
            let upload = sent(client, upstream, said.clone());
            let (body, dropped) = (text(&upload.body), upload.dropped.line().unwrap_or_default());
            let pair = format!("{client:?} with {maker:?}'s to {upstream:?}: {body} without {dropped}");
            let mark = format!("sig{maker:?}");
            let all = if upstream == maker { signed(maker).to_string().matches(&mark).count() } else { 0 };
            assert_eq!(body.matches(&mark).count(), all, "{pair}");
            assert_eq!(dropped.is_empty(), upstream == maker, "{pair}");
            assert!(!body.contains("wt:") && !body.contains("d3Qx"), "{pair}");
        }
    }
}

#[test]
fn thinking_that_is_left_out_is_named_in_every_pair() {
    let chat = |field: &str, value: Value| json!({"role": "assistant", "content": "so", field: value});
    let block =
        |block: Value| json!({"role": "assistant", "content": [block, {"type": "text", "text": "so"}]});
    let thought = |signature: &str| json!({"type": "thinking", "thinking": "hm", "signature": signature});
    let item = |encrypted: Value| json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": encrypted});
    let part = |part: Value| json!({"role": "model", "parts": [part, {"text": "so"}]});
    let redacted = || json!({"type": "redacted_thinking", "data": "toy:x"});
    for (client, said, name) in [
        (OPENAI, chat("reasoning_content", json!("hm")), "messages[1].reasoning_content"),
        (OPENAI, chat("thinking_blocks", json!([thought("toy:x")])), "messages[1].thinking_blocks"),
        (OPENAI, chat("thinking_blocks", json!([redacted()])), "messages[1].thinking_blocks"),
        (
            OPENAI,
            chat("reasoning_details", json!([{"type": "reasoning.text"}])),
            "messages[1].reasoning_details",
        ),
        (ANTHROPIC, block(thought("")), "messages[1].content[0].thinking"),
        (ANTHROPIC, block(thought("x")), "messages[1].content[0].thinking"),
        (ANTHROPIC, block(thought("wt:toy:x")), "messages[1].content[0].thinking"),
        (ANTHROPIC, block(redacted()), "messages[1].content[0].thinking"),
        (ANTHROPIC, block(thought("wt-proof:toy:x")), "messages[1].content[0].signature"),
        (RESPONSES, item(json!(null)), "input[1].summary"),
        (RESPONSES, item(json!("x")), "input[1].encrypted_content"),
        (RESPONSES, item(json!("wt:toy:x")), "input[1].encrypted_content"),
        (RESPONSES, item(json!("wt-redacted:toy:x")), "input[1].encrypted_content"),
        (RESPONSES, item(json!("wt-proof:toy:x")), "input[1].encrypted_content"),
        (GEMINI, part(json!({"text": "hm", "thought": true})), "contents[1].parts[0].thought"),
        (
            GEMINI,
            part(json!({"text": "hm", "thoughtSignature": "x"})),
            "contents[1].parts[0].thoughtSignature",
        ),
    ] {
        for upstream in ALL.into_iter().filter(|upstream| *upstream != client) {
            let upload = sent(client, upstream, vec![said.clone()]);
            let pair = format!("{client:?} to {upstream:?}: {said} as {}", text(&upload.body));
            assert_eq!(upload.dropped.line().as_deref(), Some(name), "{pair}");
        }
    }
}

/// Upstreams that think on the way want their thinking back where it was, and messages of chat have no place for that.
#[test]
fn a_client_of_chat_brings_what_was_thought_back_to_its_place() {
    let thought = |id: u8| json!({"type": "reasoning", "id": format!("rs{id}"), "summary": [], "encrypted_content": format!("sig{id}")});
    let said = json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Só."}]});
    let call =
        |id: &str| json!({"type": "function_call", "id": id, "call_id": id, "name": "f", "arguments": "{}"});
    for (output, wanted) in [
        (vec![said.clone(), thought(1), call("a")], "message reasoning function_call"),
        (
            vec![thought(1), said, thought(2), call("a"), thought(3), call("b")],
            "reasoning message reasoning function_call reasoning function_call",
        ),
        (vec![call("a"), thought(1)], "function_call reasoning"),
    ] {
        let answer =
            json!({"id": "r", "object": "response", "status": "completed", "model": "m", "output": output});
        let asked = request(OPENAI, Vec::new()).to_string();
        let answered = with_call(OPENAI, &asked, |call| {
            adaptor(OPENAI, RESPONSES).answer(call, answer.to_string().into())
        });
        let Answer::Deliver { body, .. } = answered else { panic!("{answered:?}") };
        let told: Value = serde_json::from_slice(&body).unwrap();
        let mut turns = vec![told["choices"][0]["message"].clone()];
        for id in ["a", "b"].into_iter().filter(|id| answer.to_string().contains(&format!("\"{id}\""))) {
            turns.push(json!({"role": "tool", "tool_call_id": id, "content": "done"}));
        }
        let asked = request(OPENAI, turns).to_string();
        let upload = with_call(OPENAI, &asked, |call| adaptor(OPENAI, RESPONSES).request(call)).unwrap();
        let sent: Value = serde_json::from_slice(&upload.body).unwrap();
        let kinds = sent["input"].as_array().unwrap().iter().filter_map(|item| match item["role"].as_str() {
            Some("user") => None,
            Some(_) => Some("message"),
            None => item["type"].as_str().filter(|kind| *kind != "function_call_output"),
        });
        assert_eq!(kinds.collect::<Vec<_>>().join(" "), wanted, "{sent}");
        let signatures = sent.to_string().matches("\"encrypted_content\":\"sig").count();
        assert_eq!(signatures, wanted.matches("reasoning").count(), "whole and without a mark: {sent}");
        // An upstream of another dialect gets none of it, and the text as it was.
        let upload = with_call(OPENAI, &asked, |call| adaptor(OPENAI, ANTHROPIC).request(call)).unwrap();
        let text = String::from_utf8_lossy(&upload.body).into_owned();
        assert!(!text.contains("wt-at") && (!wanted.contains("message") || text.contains("Só.")), "{text}");
    }
}
