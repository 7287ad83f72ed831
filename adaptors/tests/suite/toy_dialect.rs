//! A new dialect needs nothing but itself: with [`TOY`], which nothing in the crate knows, every pair works in both
//! directions, although its model and stream stand in the path, its streams are lines, and its names are its own.

use adaptors::adaptor::{Answer, Call, Class, Ending, Kind, Operation, Output, StreamReader, Terms, Usage};
use adaptors::dialect::{ANTHROPIC, DIALECTS, Dialect, OPENAI, adaptor};
use adaptors::framing::Framing;
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::{frames_in_chunks, text, with_call};
use crate::toy::TOY;
use crate::toy::lines::LINES;

const ASK: &str = r#"{"turns":[{"by":"user","text":"hi"}],"limit":9}"#;
const OPENAI_ASK: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9}"#;
const OPENAI_TELL: &str =
    r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9,"stream":true}"#;

/// A call of a toy's client, as the relay makes it of path and body.
pub(crate) fn with_toy<T>(path: &str, body: &str, then: impl FnOnce(&Call<'_>) -> T) -> T {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let offer = TOY.find(path.split('?').next().unwrap()).expect("a path of the toy's");
    let envelope = TOY.envelope(offer, path, &body).expect("a good body");
    let (operation, id, unix_seconds) = (offer.operation, "id", 1_795_000_000);
    let (body, envelope, terms) = (&body, &envelope, Terms::default());
    then(&Call { operation, path, body, envelope, upstream_model: "up", id, unix_seconds, terms })
}

/// A client's reading of a stream in this framing, errors in its own words included, and its cost.
fn told(
    mut reader: Box<dyn StreamReader>,
    client: Dialect,
    framing: &dyn Framing,
    stream: &str,
) -> (String, Usage) {
    let mut told = String::new();
    for frame in frames_in_chunks(framing, stream.as_bytes(), &[]) {
        let step = reader.frame(&frame);
        if let Kind::Error(error) = step.kind {
            told += text(&client.error_event(&error));
            return (told, reader.usage());
        }
        match step.output {
            Output::Pass => told += text(&frame.raw),
            Output::Replace(bytes) => told += text(&bytes),
        }
        if step.kind == Kind::Terminal {
            return (told, reader.usage());
        }
    }
    match reader.end() {
        Ending::Complete(bytes) => told += text(&bytes),
        ending => told += &format!("{ending:?}"),
    }
    (told, reader.usage())
}

const STREAM: &str = "\n{\"text\":\"Hel\"}\n{\"text\":\"lo\"}\n{\"end\":\"full\",\"cost\":[3,4]}\n";

#[test]
fn path_and_body_say_together_what_is_asked() {
    for (path, stream) in [("/v1/toy/a%2Fb/ask?x=1", false), ("/v1/toy/a%2Fb/tell", true)] {
        let asked = with_toy(path, ASK, |call| call.envelope.clone());
        assert_eq!((asked.model.as_str(), asked.stream, asked.model_at), ("a%2Fb", stream, None));
    }
    assert_eq!(TOY.find("/v1/toy/m/sing"), None);
    let offer = TOY.find("/v1/toy/m/ask").unwrap();
    assert!(TOY.envelope(offer, "/v1/toy/m/ask", &Bytes::from_static(b"[]")).is_err());
    assert!(DIALECTS.iter().all(|dialect| dialect.find("/v1/toy/m/ask").is_none()));
}

#[test]
fn a_request_of_the_same_dialect_keeps_its_bytes_and_its_query() {
    let upload = with_toy("/v1/toy/m/tell?x=1", ASK, |call| adaptor(TOY, TOY).request(call)).unwrap();
    assert_eq!((upload.path.as_ref(), text(&upload.body)), ("/toy/up/tell?x=1", ASK));
    assert_eq!(upload.headers, [("x-toy", "id".to_owned())]);
}

#[test]
fn requests_cross_in_both_directions() {
    let uploaded =
        |upstream| with_toy("/v1/toy/m/ask", ASK, |call| adaptor(TOY, upstream).request(call)).unwrap();
    let chat = uploaded(OPENAI);
    assert_eq!(chat.path, "/chat/completions");
    assert_eq!(
        serde_json::from_slice::<Value>(&chat.body).unwrap(),
        json!({"model": "up", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9})
    );
    assert_eq!(uploaded(ANTHROPIC).path, "/messages");
    for (body, path) in [(OPENAI_ASK, "/toy/m/ask"), (OPENAI_TELL, "/toy/m/tell")] {
        let upload = with_call(OPENAI, body, |call| adaptor(OPENAI, TOY).request(call)).unwrap();
        assert_eq!(upload.path, path);
        assert_eq!(
            serde_json::from_slice::<Value>(&upload.body).unwrap(),
            serde_json::from_str::<Value>(ASK).unwrap()
        );
    }
}

#[test]
fn refusals_name_a_place_in_the_words_of_the_client_that_has_it() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://h/a.png"}});
    let body = json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, image]}]});
    let refused =
        with_call(OPENAI, &body.to_string(), |call| adaptor(OPENAI, TOY).request(call)).unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("messages[0].content[1]"));
    assert_eq!(refused.message, "`messages[0].content[1]` is no text, and toys read nothing else");
    let format = json!({"type": "json_schema", "schema": {"type": "object"}});
    let body = json!({"model": "m", "max_tokens": 9, "messages": [], "output_config": {"format": format}});
    let refused =
        with_call(ANTHROPIC, &body.to_string(), |call| adaptor(ANTHROPIC, TOY).request(call)).unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("output_config.format"));
    let begun = r#"{"turns":[{"by":"user","text":"a"},{"by":"toy","text":"b"}]}"#;
    let refused = with_toy("/v1/toy/m/ask", begun, |call| adaptor(TOY, OPENAI).request(call)).unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("turns[1]"));
    assert!(refused.message.starts_with("`turns[1]` is the beginning of an answer"), "{refused}");
}

#[test]
fn a_toys_stream_reaches_every_client() {
    let cost = Usage { input: Some(3), output: Some(4), ..Usage::default() };
    let same = with_toy("/v1/toy/m/tell", ASK, |call| adaptor(TOY, TOY).stream(call));
    assert_eq!(told(same, TOY, &LINES, STREAM), (STREAM.to_owned(), cost));
    let gathered = with_toy("/v1/toy/m/ask", ASK, |call| adaptor(TOY, TOY).gather(call));
    let whole = json!({"text": "Hello", "end": "full", "cost": [3, 4]});
    assert_eq!(told(gathered, TOY, &LINES, STREAM), (whole.to_string(), cost));
    let chat = with_call(OPENAI, OPENAI_TELL, |call| adaptor(OPENAI, TOY).stream(call));
    let (chat, usage) = told(chat, OPENAI, &LINES, STREAM);
    assert!(chat.contains(r#""content":"Hel""#) && chat.contains(r#""finish_reason":"stop""#), "{chat}");
    assert!(chat.ends_with("data: [DONE]\n\n") && usage == cost, "{chat}");
    let gathered = with_call(OPENAI, OPENAI_ASK, |call| adaptor(OPENAI, TOY).gather(call));
    let whole: Value = serde_json::from_str(&told(gathered, OPENAI, &LINES, STREAM).0).unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], "Hello");
    let messages = with_call(ANTHROPIC, OPENAI_TELL, |call| adaptor(ANTHROPIC, TOY).stream(call));
    let (messages, _) = told(messages, ANTHROPIC, &LINES, STREAM);
    assert!(messages.contains(r#""text":"Hel""#) && messages.contains("event: message_stop"), "{messages}");
}

#[test]
fn every_stream_reaches_a_toys_client() {
    let chat = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n\
        : ping\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}],\
        \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n";
    let reader = with_toy("/v1/toy/m/tell", ASK, |call| adaptor(TOY, OPENAI).stream(call));
    let (lines, usage) = told(reader, TOY, OPENAI.framing(), chat);
    assert_eq!(lines, "{\"text\":\"Hi\"}\n\n{\"cost\":[3,1],\"end\":\"limit\"}\n");
    assert_eq!(usage, Usage { input: Some(3), output: Some(1), ..Usage::default() });
    let reader = with_toy("/v1/toy/m/ask", ASK, |call| adaptor(TOY, OPENAI).gather(call));
    let (whole, _) = told(reader, TOY, OPENAI.framing(), chat);
    assert_eq!(whole, json!({"text": "Hi", "end": "limit", "cost": [3, 1]}).to_string());
    let tool = "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":\
        {\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n";
    let reader = with_toy("/v1/toy/m/tell", ASK, |call| adaptor(TOY, OPENAI).stream(call));
    let (lines, _) = told(reader, TOY, OPENAI.framing(), tool);
    assert_eq!(lines, "{\"wrong\":{\"message\":\"toys call no tools\",\"status\":502}}\n");
}

#[test]
fn whole_answers_cross_and_become_streams() {
    let answer = json!({"text": "Hello", "end": "full", "cost": [3, 4]}).to_string();
    let deliver = |call: &Call<'_>, client, upstream, body: &str| match adaptor(client, upstream)
        .answer(call, Bytes::copy_from_slice(body.as_bytes()))
    {
        Answer::Deliver { body, content_type, .. } => (text(&body).to_owned(), content_type),
        Answer::Error(error) => panic!("{error:?}"),
    };
    let (whole, kind) = with_call(OPENAI, OPENAI_ASK, |call| deliver(call, OPENAI, TOY, &answer));
    assert_eq!(
        (&serde_json::from_str::<Value>(&whole).unwrap()["choices"][0]["message"]["content"], kind),
        (&json!("Hello"), "application/json")
    );
    let (stream, kind) = with_call(OPENAI, OPENAI_TELL, |call| deliver(call, OPENAI, TOY, &answer));
    assert!(stream.ends_with("data: [DONE]\n\n") && kind == "text/event-stream", "{kind}: {stream}");
    let chat = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let (whole, kind) = with_toy("/v1/toy/m/ask", ASK, |call| deliver(call, TOY, OPENAI, chat));
    assert_eq!(
        (whole, kind),
        (json!({"text": "Hi", "end": "full", "cost": [3, 1]}).to_string(), "application/json")
    );
    let (lines, kind) = with_toy("/v1/toy/m/tell", ASK, |call| deliver(call, TOY, OPENAI, chat));
    assert_eq!(
        (lines.as_str(), kind),
        ("{\"text\":\"Hi\"}\n{\"cost\":[3,1],\"end\":\"full\"}\n", "application/x-ndjson")
    );
    let (lines, kind) = with_toy("/v1/toy/m/tell", ASK, |call| deliver(call, TOY, TOY, &answer));
    assert_eq!(
        (lines.as_str(), kind),
        ("{\"text\":\"Hello\"}\n{\"cost\":[3,4],\"end\":\"full\"}\n", "application/x-ndjson")
    );
}

#[test]
fn errors_cross_in_the_words_of_the_client() {
    let busy = Bytes::from_static(br#"{"wrong":{"status":503,"message":"busy","code":"b"}}"#);
    let own = adaptor(TOY, TOY).error(503, &busy, true);
    assert_eq!((own.status, TOY.error_body(&own, None, None)), (503, busy.clone()), "as it came");
    let error = adaptor(OPENAI, TOY).error(503, &busy, true);
    assert_eq!((error.class, error.body.as_ref()), (Class::Transient, None));
    let said: Value = serde_json::from_slice(&OPENAI.error_body(&error, None, None)).unwrap();
    assert_eq!(said["error"], json!({"message": "busy", "type": "server_error", "param": null, "code": "b"}));
    let chat = Bytes::from_static(br#"{"error":{"message":"no","type":"x","code":"c"}}"#);
    let error = adaptor(TOY, OPENAI).error(429, &chat, true);
    assert_eq!(
        (error.class, text(&TOY.error_event(&error))),
        (Class::Rate, "{\"wrong\":{\"code\":\"c\",\"message\":\"no\",\"status\":429}}\n")
    );
    let in_stream = "{\"text\":\"a\"}\n{\"wrong\":{\"status\":503,\"message\":\"gone\"}}\n";
    let reader = with_call(ANTHROPIC, OPENAI_TELL, |call| adaptor(ANTHROPIC, TOY).stream(call));
    let (stream, _) = told(reader, ANTHROPIC, &LINES, in_stream);
    assert!(stream.contains("event: error\ndata: {\"error\":{\"message\":\"gone\""), "{stream}");
    let reader = with_call(OPENAI, OPENAI_TELL, |call| adaptor(OPENAI, TOY).stream(call));
    assert!(told(reader, OPENAI, &LINES, "{\"text\":\"a\"}\n").0.ends_with("Truncated"));
}

#[test]
fn every_dialect_goes_with_every_other() {
    let all = [OPENAI, ANTHROPIC, TOY];
    for client in all {
        assert!(client.offer(Operation::Chat).is_some(), "{client:?}");
        for upstream in all {
            assert_eq!(adaptor(client, upstream).translates(), client != upstream);
        }
    }
    assert!(TOY.offer(Operation::Embeddings).is_none() && !Operation::Embeddings.is_translated());
}

proptest! {
    #[test]
    fn lines_are_the_same_however_they_are_cut(cuts in prop::collection::vec(any::<Index>(), 0..20)) {
        prop_assert_eq!(frames_in_chunks(&LINES, STREAM.as_bytes(), &cuts), frames_in_chunks(&LINES, STREAM.as_bytes(), &[]));
    }
}
