use adaptors::adaptor::{Answer, Call, Class, Operation, UpstreamError, Usage};
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI, adaptor};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::aggregate;
use crate::support::{read, same, text, with_call};

const CHAT: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[
 {"index":0,"message":{"role":"assistant","content":"hello","reasoning_content":"hm","refusal":null},"finish_reason":"stop"}],
 "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7},"system_fingerprint":"f"}"#;
const MESSAGE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hello"}],
 "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4}}"#;

fn embeddings(body: Bytes) -> Answer {
    with_call(OPENAI, r#"{"model":"m"}"#, |call| {
        same(OPENAI).answer(&Call { operation: Operation::Embeddings, ..*call }, body)
    })
}

fn answer(dialect: Dialect, body: impl Into<Vec<u8>>, stream: bool) -> Answer {
    crate::support::answer(same(dialect), dialect, body.into(), stream)
}

fn refused(dialect: Dialect, body: impl Into<Vec<u8>>) -> UpstreamError {
    match answer(dialect, body, false) {
        Answer::Error(error) => error,
        other => panic!("delivered: {other:?}"),
    }
}

fn streamed(dialect: Dialect, answer_body: &Value) -> Bytes {
    match answer(dialect, answer_body.to_string(), true) {
        Answer::Deliver { body, content_type: "text/event-stream", .. } => body,
        other => panic!("not a stream: {other:?}"),
    }
}

#[test]
fn a_complete_answer_is_delivered_byte_for_byte() {
    let usage = Usage { input: Some(3), output: Some(4), ..Usage::default() };
    for (dialect, body) in [(OPENAI, CHAT), (ANTHROPIC, MESSAGE)] {
        let body = Bytes::from_static(body.as_bytes());
        let delivered = answer(dialect, body.clone(), false);
        assert_eq!(delivered, Answer::Deliver { body, content_type: "application/json", usage });
    }
    let list = Bytes::from_static(
        br#"{"object":"list","data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
    );
    let usage = Usage { input: Some(8), output: None, ..Usage::default() };
    let delivered = embeddings(list.clone());
    assert_eq!(delivered, Answer::Deliver { body: list, content_type: "application/json", usage });
}

/// Told as a stream it would be one that ends without any content, which is an error of the upstream.
#[test]
fn what_servers_write_around_a_whole_answer_is_left_out() {
    for (dialect, body) in [(OPENAI, CHAT), (ANTHROPIC, MESSAGE)] {
        for (head, tail) in [("", "\n\ndata: [DONE]\n\n"), ("", "data:[DONE]"), ("\u{feff}", "")] {
            let around = format!("{head}{body}{tail}");
            let Answer::Deliver { body: told, .. } = answer(dialect, around, false) else {
                panic!("{head:?} and {tail:?} make it an error")
            };
            assert_eq!(text(&told), body.trim_end());
        }
    }
}

#[test]
fn an_answer_that_says_nothing_is_not_told_as_a_stream() {
    for choices in [json!([]), json!([{"index": 1, "": "tool_calls"}]), json!([{"message": {"content": ""}}])]
    {
        let body = json!({"id": "c", "choices": choices}).to_string();
        match answer(OPENAI, body.clone(), true) {
            Answer::Error(error) => {
                assert_eq!(error.status, 502);
                assert!(error.message.contains("no content and no reason to stop"), "{error:?}");
            }
            told => panic!("{body}: {told:?}"),
        }
    }
    let stopped = json!({"choices": [{"index": 0, "message": {"content": null}, "finish_reason": "length"}]});
    assert!(text(&streamed(OPENAI, &stopped)).contains("length"));
}

#[test]
fn an_error_in_spite_of_its_status_is_an_error() {
    for (body, status, message) in [
        (r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#, 429, "slow down"),
        (r#"{"error":{"message":"slow down","code":429},"choices":[]}"#, 429, "slow down"),
        (r#"{"error":"slow down"}"#, 502, "slow down"),
        (
            r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop","error":{"message":"gone","code":503}}]}"#,
            503,
            "gone",
        ),
        (r#"{"object":"error","message":"too long","code":400}"#, 400, "too long"),
        (r#"{"code":"1301","msg":"unsafe"}"#, 400, "unsafe"),
        (r#"{"error":{"code":"1302","message":"too many"}}"#, 429, "too many"),
        (r#"{"error":{"code":1999,"message":"new"}}"#, 502, "new"),
        (r#"{"base_resp":{"status_code":1002,"status_msg":"slow down"}}"#, 429, "slow down"),
        (r#"{"base_resp":{"status_code":1301,"status_msg":"new"}}"#, 502, "new"),
        (r#"{"base_resp":{"status_code":0,"status_msg":"success"}}"#, 502, "success"),
        (r#"{"choices":null,"error":null,"message":"hm"}"#, 502, "hm"),
    ] {
        let error = refused(OPENAI, body);
        assert_eq!((error.status, error.message.as_str()), (status, message), "{body}");
    }
    for body in [
        r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#,
        r#"{"error":{"code":"1002","message":"token sk-sentinel"}}"#,
    ] {
        let error = refused(OPENAI, body);
        assert_eq!((error.status, error.class), (502, Class::Credential), "{body}");
        assert!(!error.message.contains("login fail") && !error.message.contains("sentinel"), "{error:?}");
    }
    let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;
    let error = refused(ANTHROPIC, body);
    assert_eq!((error.status, error.body.as_deref()), (529, Some(body.as_bytes())));
    assert_eq!(refused(ANTHROPIC, r#"{"error":{"message":"m"}}"#).status, 502);
    assert!(matches!(answer(OPENAI, r#"{"error":null,"choices":[]}"#, false), Answer::Deliver { .. }));
}

#[test]
fn what_is_no_answer_says_what_came() {
    for (body, says) in [
        ("", "an empty body"),
        ("<html><title>Login</title></html>", r#"an HTML page titled "Login""#),
        ("OK", "text: OK"),
        (&CHAT[..100], "JSON that cannot be read"),
        (&MESSAGE[..100], "JSON that cannot be read"),
        ("[]", "JSON that cannot be read"),
        ("data: {\"choices\":[]}\n\n", "text: data: {\"choices\":[]}"),
        ("{}", "and begins {}"),
        (r#"{"success":true}"#, r#"and begins {"success":true}"#),
        (r#"{"choices":"a","content":"b"}"#, "and begins"),
    ] {
        for dialect in [OPENAI, ANTHROPIC] {
            let error = refused(dialect, body);
            assert_eq!((error.status, error.body), (502, None), "{body}");
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
    let error = embeddings(Bytes::from_static(CHAT.as_bytes()));
    assert!(matches!(error, Answer::Error(error) if error.message.contains("it has no `data`")));
    assert_eq!(refused(OPENAI, b"{\"choices\":[\"\xff\xfe\"],\"x\":1".to_vec()).status, 502);
}

#[test]
fn deep_answers_crash_nothing() {
    let deep = |key: &str| format!("{{\"{key}\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for key in ["choices", "error", "usage", "x"] {
        let _ = answer(OPENAI, deep(key), true);
        let _ = answer(ANTHROPIC, deep(key), true);
        let _ = same(OPENAI).error(500, &Bytes::from(deep(key)), true);
        let _ = read(OPENAI, format!("data: {}\n\n", deep(key)));
        let _ = read(ANTHROPIC, format!("data: {}\n\n", deep(key)));
    }
}

#[test]
fn a_complete_chat_completion_becomes_the_stream_it_would_have_been() {
    let call = |name: &str| json!({"id": format!("call_{name}"), "type": "function", "function": {"name": name, "arguments": "{\"a\":1}"}});
    for choices in [
        json!([{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]),
        json!([{"index": 0, "message": {"role": "assistant", "content": "a", "reasoning_content": "b"}, "finish_reason": "length"}]),
        json!([{"index": 0, "message": {"role": "assistant", "tool_calls": [call("f"), call("g")]}, "finish_reason": "tool_calls"}]),
        json!([{"index": 0, "message": {"role": "assistant", "refusal": "no"}, "finish_reason": "stop"}]),
        json!([{"index": 0, "message": {"role": "assistant"}, "finish_reason": "stop"}]),
        json!([
            {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"},
            {"index": 1, "message": {"role": "assistant", "content": "b"}, "finish_reason": "length"},
        ]),
    ] {
        let mut whole = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices,
            "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}});
        let stream = streamed(OPENAI, &whole);
        assert_eq!(aggregate::chat(&stream), whole);
        let reading = read(OPENAI, &stream);
        assert_eq!(reading.output.as_bytes(), stream, "our own reader takes it");
        assert!(reading.kinds.starts_with('o') && reading.kinds.ends_with("cT"), "{}", reading.kinds);
        assert_eq!(reading.usage, Usage { input: Some(3), output: Some(4), ..Usage::default() });
        whole.as_object_mut().unwrap().remove("usage");
        assert_eq!(aggregate::chat(&streamed(OPENAI, &whole)), whole);
    }
    insta::assert_snapshot!(text(&streamed(OPENAI, &serde_json::from_str(CHAT).unwrap())));
}

#[test]
fn a_complete_message_becomes_the_stream_it_would_have_been() {
    let citation = json!({"type": "char_location", "cited_text": "x"});
    for content in [
        json!([{"type": "text", "text": "hello"}]),
        json!([{"type": "thinking", "thinking": "hm", "signature": "sig"}, {"type": "text", "text": "a"}]),
        json!([{"type": "redacted_thinking", "data": "x"}]),
        json!([{"type": "text", "text": "a", "citations": [citation]}, {"type": "text", "text": "b", "citations": null}]),
        json!([{"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1, {"b": "c"}]}},
               {"type": "tool_use", "id": "u", "name": "g", "input": {}}]),
        json!([{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
               {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]}]),
        json!([]),
    ] {
        for (reason, sequence) in [("end_turn", Value::Null), ("stop_sequence", json!("END"))] {
            let whole = json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": content,
                "stop_reason": reason, "stop_sequence": sequence, "usage": {"input_tokens": 3, "output_tokens": 4}});
            let stream = streamed(ANTHROPIC, &whole);
            assert_eq!(aggregate::message(&stream), whole);
            let reading = read(ANTHROPIC, &stream);
            assert_eq!(reading.output.as_bytes(), stream, "our own reader takes it");
            assert!(reading.kinds.ends_with('T'), "{}", reading.kinds);
            assert_eq!(reading.usage, Usage { input: Some(3), output: Some(4), ..Usage::default() });
        }
    }
    insta::assert_snapshot!(text(&streamed(ANTHROPIC, &serde_json::from_str(MESSAGE).unwrap())));
}

#[test]
fn an_error_is_an_error_when_a_stream_was_asked_for_too() {
    let body = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
    assert!(matches!(answer(OPENAI, body, true), Answer::Error(error) if error.status == 429));
}

#[test]
fn a_number_of_tokens_passes_as_it_came_and_is_not_counted_as_used() {
    let count = |body: &str| {
        with_call(ANTHROPIC, r#"{"model":"m"}"#, |call| {
            let call = Call { operation: Operation::CountTokens, ..*call };
            assert_eq!(same(ANTHROPIC).request(&call).unwrap().path, "/messages/count_tokens");
            same(ANTHROPIC).answer(&call, Bytes::copy_from_slice(body.as_bytes()))
        })
    };
    let Answer::Deliver { body, usage, .. } = count(r#"{"input_tokens": 42}"#) else { panic!("no answer") };
    assert_eq!((&body[..], usage.input), (&br#"{"input_tokens": 42}"#[..], None));
    for wrong in [
        "{}",
        "",
        "[]",
        r#"{"input_tokens":null}"#,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#,
    ] {
        assert!(matches!(count(wrong), Answer::Error(_)), "{wrong}");
    }
}

#[test]
fn a_wish_for_what_is_tried_out_reaches_upstreams_of_the_same_dialect_and_no_other_parameter() {
    let sent = |path, upstream| {
        with_call(
            ANTHROPIC,
            r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}"#,
            |call| adaptor(ANTHROPIC, upstream).request(&Call { path, ..*call }).unwrap().path,
        )
    };
    for (path, wanted) in [
        ("/v1/messages?beta=true", "/messages?beta=true"),
        ("/v1/messages?key=sk-1&beta=true", "/messages?beta=true"),
        ("/v1/messages?beta=false&x=beta=true", "/messages"),
        ("/v1/messages", "/messages"),
    ] {
        assert_eq!(sent(path, ANTHROPIC), wanted, "{path}");
        assert_eq!(sent(path, OPENAI), "/chat/completions", "{path}");
    }
}
