use adaptors::adaptor::{Operation, Usage};
use adaptors::demo::{Ask, Reply, answer};
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::aggregate;
use crate::support::{read, text};

type Asked = (Dialect, Operation);
const CHAT: Asked = (OPENAI, Operation::Chat);
const MESSAGES: Asked = (ANTHROPIC, Operation::Chat);
const EMBEDDINGS: Asked = (OPENAI, Operation::Embeddings);

fn ask(asked: Asked, body: &Value) -> Result<Reply, String> {
    let body = Bytes::from(body.to_string());
    let envelope = Envelope::scan(&body).expect("a good body");
    let (dialect, operation) = asked;
    answer(&Ask {
        dialect,
        operation,
        body: &body,
        envelope: &envelope,
        id: "1",
        unix_seconds: 1_795_000_000,
    })
}

fn json_of(asked: Asked, body: &Value) -> (Value, Usage) {
    match ask(asked, body).expect("an answer") {
        Reply::Json { body, usage } => (serde_json::from_slice(&body).unwrap(), usage),
        Reply::Stream { .. } => panic!("a stream"),
    }
}

fn stream_of(asked: Asked, body: &Value) -> (Vec<Bytes>, Usage) {
    match ask(asked, body).expect("an answer") {
        Reply::Stream { frames, usage } => (frames, usage),
        Reply::Json { .. } => panic!("JSON"),
    }
}

fn question(extra: &Value) -> Value {
    let mut body = json!({"model": "any-model", "max_tokens": 9, "messages": [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": [{"type": "text", "text": "how  are\nyou?"}]},
    ]});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

#[test]
fn it_counts_the_tokens_that_it_would_say() {
    let (count, usage) = json_of((ANTHROPIC, Operation::CountTokens), &question(&json!({})));
    let (message, _) = json_of(MESSAGES, &question(&json!({})));
    assert_eq!((&count["input_tokens"], usage), (&message["usage"]["input_tokens"], Usage::default()));
}

#[test]
fn it_answers_the_last_message_in_both_dialects() {
    let (chat, usage) = json_of(CHAT, &question(&json!({})));
    insta::assert_snapshot!(serde_json::to_string_pretty(&chat).unwrap());
    assert_eq!(usage.output, chat["usage"]["completion_tokens"].as_u64());
    let (message, _) = json_of(MESSAGES, &question(&json!({"system": "be kind"})));
    insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap());
}

#[test]
fn its_streams_add_up_to_its_answers_and_our_readers_take_them() {
    let whole = json_of(CHAT, &question(&json!({}))).0;
    for counted in [true, false] {
        let options = json!({"stream": true, "stream_options": {"include_usage": counted}});
        let (frames, usage) = stream_of(CHAT, &question(&options));
        let stream = frames.concat();
        let told = aggregate::chat(&stream);
        assert_eq!(told["choices"][0]["message"]["content"], whole["choices"][0]["message"]["content"]);
        assert_eq!(told["choices"][0]["finish_reason"], "stop");
        assert_eq!(told.get("usage"), counted.then_some(&whole["usage"]));
        let reading = read(OPENAI, &stream);
        assert_eq!((reading.kinds.len(), reading.kinds.ends_with('T')), (frames.len(), true));
        assert!(usage.output.is_some_and(|output| output > 20 && (output as usize) < frames.len()));
    }
    let (frames, _) = stream_of(MESSAGES, &question(&json!({"stream": true})));
    let whole = json_of(MESSAGES, &question(&json!({}))).0;
    assert_eq!(aggregate::message(&frames.concat()), whole);
    assert_eq!(read(ANTHROPIC, frames.concat()).kinds.len(), frames.len(), "each is one frame");
}

#[test]
fn embeddings_are_deterministic_and_one_an_input() {
    let ask = |input: Value| json_of(EMBEDDINGS, &json!({"model": "demo", "input": input})).0;
    let several = ask(json!(["a", "b", "a"]));
    let data = several["data"].as_array().unwrap();
    assert_eq!(data.len(), 3);
    assert_eq!(data[0]["embedding"], data[2]["embedding"]);
    assert_ne!(data[0]["embedding"], data[1]["embedding"]);
    assert_eq!(ask(json!("a"))["data"][0]["embedding"], data[0]["embedding"]);
    let squares = data[0]["embedding"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap().powi(2));
    assert!((squares.sum::<f64>() - 1.0).abs() < 1e-4, "a unit vector");
    assert_eq!(ask(json!([1, 2, 3]))["data"].as_array().unwrap().len(), 1, "tokens are one input");
    assert_eq!(ask(json!([[1, 2], [3]]))["usage"]["prompt_tokens"], 3);
    insta::assert_snapshot!(several.to_string());
}

#[test]
fn what_cannot_be_answered_says_what_is_missing() {
    for (operation, body, says) in [
        (CHAT, json!({"model": "m"}), "`messages`"),
        (MESSAGES, json!({"model": "m", "messages": []}), "`messages`"),
        (CHAT, json!({"model": "m", "messages": "hi"}), "`messages`"),
        (EMBEDDINGS, json!({"model": "m"}), "`input`"),
        (EMBEDDINGS, json!({"model": "m", "input": []}), "`input`"),
        (EMBEDDINGS, json!({"model": "m", "input": 3}), "`input`"),
    ] {
        let message = ask(operation, &body).expect_err("a refusal");
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn odd_messages_are_answered_all_the_same() {
    for messages in [
        json!([null]),
        json!([3]),
        json!([{"role": "user"}]),
        json!([{"role": "user", "content": "x".repeat(5000)}]),
    ] {
        for dialect in [OPENAI, ANTHROPIC] {
            let (frames, _) = stream_of(
                (dialect, Operation::Chat),
                &json!({"model": "m", "stream": true, "messages": messages}),
            );
            assert!(text(&frames.concat()).len() < 20_000);
        }
    }
}
