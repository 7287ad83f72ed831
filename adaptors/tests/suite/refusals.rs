//! An answer in which a model says that it will not answer, or a filter holds it back: in every pair, whole and streamed.

use adaptors::adaptor::Answer;
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::support::{answer, text};

/// An upstream's refusal with the word "no", where its dialect has a place for one.
fn refusal(upstream: Dialect) -> String {
    match upstream.name() {
        "openai" => json!({"id": "c", "model": "m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": null, "refusal": "no"}, "finish_reason": "stop"}]}),
        "responses" => json!({"id": "r", "object": "response", "status": "completed", "model": "m", "output": [
            {"type": "message", "id": "a", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}]}),
        "anthropic" => json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
            "stop_reason": "refusal", "stop_details": {"type": "refusal", "category": null, "explanation": "no"},
            "usage": {"input_tokens": 1, "output_tokens": 1}}),
        _ => json!({"promptFeedback": {"blockReason": "SAFETY"}}),
    }
    .to_string()
}

fn told(client: Dialect, upstream: Dialect, stream: bool) -> String {
    match answer(&*adaptor(client, upstream), client, refusal(upstream), stream) {
        Answer::Deliver { body, .. } => text(&body).to_owned(),
        Answer::Error(error) => panic!("{client:?} {upstream:?}: {error:?}"),
    }
}

#[test]
fn a_refusal_stands_where_each_clients_sdk_reads_it() {
    let chat = |refusal: Value, finish: &str| json!([refusal, finish]);
    let responses = |content: Value, reason: Value| json!([content, reason]);
    let part = || json!([{"type": "refusal", "refusal": "no"}]);
    for (client, upstream, wanted) in [
        (OPENAI, RESPONSES, chat(json!("no"), "stop")),
        (OPENAI, ANTHROPIC, chat(json!("no"), "content_filter")),
        (OPENAI, GEMINI, chat(json!(null), "content_filter")),
        (RESPONSES, OPENAI, responses(part(), json!(null))),
        (RESPONSES, ANTHROPIC, responses(part(), json!("content_filter"))),
        (RESPONSES, GEMINI, responses(json!(null), json!("content_filter"))),
        (ANTHROPIC, OPENAI, json!(["no", "refusal"])),
        (ANTHROPIC, RESPONSES, json!(["no", "refusal"])),
        (ANTHROPIC, GEMINI, json!([null, "refusal"])),
        (GEMINI, OPENAI, json!(["no", "SAFETY"])),
        (GEMINI, RESPONSES, json!(["no", "SAFETY"])),
        (GEMINI, ANTHROPIC, json!(["no", "SAFETY"])),
    ] {
        let whole: Value = serde_json::from_str(&told(client, upstream, false)).unwrap();
        let at = |path: &str| whole.pointer(path).cloned().unwrap_or_default();
        let (said, why) = match client.name() {
            "openai" => ("/choices/0/message/refusal", "/choices/0/finish_reason"),
            "responses" => ("/output/0/content", "/incomplete_details/reason"),
            "anthropic" => ("/content/0/text", "/stop_reason"),
            _ => ("/candidates/0/content/parts/0/text", "/candidates/0/finishReason"),
        };
        assert_eq!(json!([at(said), at(why)]), wanted, "{client:?} {upstream:?}: {whole}");
    }
}

#[test]
fn a_refusal_is_streamed_as_one() {
    for upstream in [RESPONSES, ANTHROPIC] {
        let said = told(OPENAI, upstream, true);
        assert!(said.contains(r#""delta":{"refusal":"no"}"#), "{upstream:?}: {said}");
    }
    for upstream in [OPENAI, ANTHROPIC] {
        let said = told(RESPONSES, upstream, true);
        let events = [r#""part":{"type":"refusal","refusal":""}"#, r#""delta":"no""#, r#""refusal":"no"}"#];
        let names = ["response.content_part.added", "response.refusal.delta", "response.refusal.done"];
        for what in events.into_iter().chain(names) {
            assert!(said.contains(what), "{upstream:?} without {what}: {said}");
        }
        assert!(!said.contains("output_text"), "{upstream:?}: {said}");
    }
}
