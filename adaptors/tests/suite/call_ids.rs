//! Ids of calls on their way to an upstream: of a length that it takes, each of one call, and results with their calls.

use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::support::with_call;

const ALL: [Dialect; 4] = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];

/// A history of calls with ids and names, each with its result, which says the name.
fn history(client: Dialect, calls: &[(&str, &str)]) -> Value {
    let each = |parts: fn(&str, &str) -> [Value; 2]| -> Vec<Value> {
        calls.iter().flat_map(|(id, name)| parts(id, name)).collect()
    };
    match client.name() {
        "openai" => json!({"model": "m", "messages": each(|id, name| [
            json!({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}}]}),
            json!({"role": "tool", "tool_call_id": id, "content": name}),
        ])}),
        "responses" => json!({"model": "m", "input": each(|id, name| [
            json!({"type": "function_call", "call_id": id, "name": name, "arguments": "{}"}),
            json!({"type": "function_call_output", "call_id": id, "output": name}),
        ])}),
        "anthropic" => json!({"model": "m", "max_tokens": 9, "messages": each(|id, name| [
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": name, "input": {}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": name}]}),
        ])}),
        _ => json!({"model": "m", "contents": each(|id, name| [
            json!({"role": "model", "parts": [{"functionCall": {"id": id, "name": name, "args": {}}}]}),
            json!({"role": "user", "parts": [{"functionResponse": {"id": id, "name": name, "response": {"output": name}}}]}),
        ])}),
    }
}

/// All ids in an upstream's request, in order: each of a call, then of its result.
fn ids(sent: &Value) -> Vec<String> {
    let mut ids = Vec::new();
    let mut open = vec![sent];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(list) => open.extend(list.iter().rev()),
            Value::Object(fields) => {
                let keys = ["id", "call_id", "tool_use_id", "tool_call_id"];
                ids.extend(keys.iter().filter_map(|key| fields.get(*key)?.as_str().map(str::to_owned)));
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    ids
}

fn sent(client: Dialect, upstream: Dialect, calls: &[(&str, &str)]) -> Value {
    let asked = history(client, calls).to_string();
    let upload = with_call(client, &asked, |call| adaptor(client, upstream).request(call)).unwrap();
    serde_json::from_slice(&upload.body).unwrap()
}

fn pairs() -> impl Iterator<Item = (Dialect, Dialect)> {
    let all = ALL.into_iter().flat_map(|client| ALL.map(|upstream| (client, upstream)));
    all.filter(|(client, upstream)| client != upstream)
}

#[test]
fn ids_are_as_long_as_an_upstream_takes_and_the_same_in_every_request() {
    let (long, odd) = ("call_".to_owned() + &"z".repeat(90), "functions.größe:0".repeat(5));
    for (client, upstream) in pairs() {
        let there = ids(&sent(client, upstream, &[(&long, "f"), ("short", "g"), (&odd, "h")]));
        let longest = match upstream.name() {
            "openai" => 40,
            "gemini" => usize::MAX,
            _ => 64,
        };
        assert_eq!(there.len(), 6, "{there:?}");
        assert!(there.iter().all(|id| id.chars().count() <= longest), "{client:?} {upstream:?}: {there:?}");
        let is_plain =
            |id: &String| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        assert!(upstream != ANTHROPIC || there.iter().all(is_plain), "{there:?}");
        for pair in there.chunks(2) {
            assert_eq!(pair[0], pair[1], "a result has its call's");
        }
        assert_eq!((there[2].as_str(), there[0] == there[4]), ("short", false), "{there:?}");
        let alone = ids(&sent(client, upstream, &[(&odd, "h")]));
        assert_eq!(alone[0], there[4], "{client:?} {upstream:?}");
    }
}

#[test]
fn calls_of_one_id_are_told_apart_and_a_result_is_the_nearest_ones() {
    for (client, upstream) in pairs() {
        let sent = sent(client, upstream, &[("call_0", "f"), ("x", "g"), ("call_0", "h"), ("call_0", "f")]);
        let there = ids(&sent);
        let wanted = ["call_0", "x", "call_0_2", "call_0_3"].map(|id| [id, id]).concat();
        assert_eq!(there, wanted, "{client:?} {upstream:?}");
        if upstream == GEMINI {
            let named: Vec<&str> = (sent["contents"].as_array().unwrap().iter())
                .filter_map(|content| content["parts"][0]["functionResponse"]["name"].as_str())
                .collect();
            assert_eq!(named, ["f", "g", "h", "f"], "{client:?}");
        }
    }
}
