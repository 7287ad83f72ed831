//! Operations besides conversations: where they go, what a request must say, what their answers and streams are.

use adaptors::adaptor::{Answer, Call, Ending, Operation, StreamReader, Usage};
use adaptors::dialect::OPENAI;
use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde_json::json;

use crate::support::{Reading, read_with, same, text, with_call};

fn answered(operation: Operation, request: &str, body: &'static str) -> Answer {
    with_call(OPENAI, request, |call| {
        same(OPENAI).answer(&Call { operation, ..*call }, Bytes::from_static(body.as_bytes()))
    })
}

fn streamed(operation: Operation, input: &str) -> Reading {
    let reader: Box<dyn StreamReader> =
        with_call(OPENAI, r#"{"model":"m"}"#, |call| same(OPENAI).stream(&Call { operation, ..*call }));
    read_with(reader, OPENAI, input)
}

#[test]
fn each_goes_to_the_path_of_its_name_with_its_bytes() {
    for offer in OPENAI.offers() {
        let (upload, body) = with_call(OPENAI, r#"{"model":"m", "x":1}"#, |call| {
            let call = Call { operation: offer.operation, path: offer.inbound, ..*call };
            (same(OPENAI).request(&call).expect("passes"), call.body.clone())
        });
        assert!(offer.inbound.ends_with(&*upload.path) && upload.path == offer.outbound, "{offer:?}");
        assert_eq!(upload.body, body);
    }
}

#[test]
fn a_model_that_is_not_named_is_the_dialects_own_where_it_has_one() {
    let default = Operation::Moderations.default_model();
    for (body, mapped) in [
        (r#"{"input":"x"}"#, r#"{"model":"mine","input":"x"}"#),
        (r#" { "input":"x"}"#, r#" {"model":"mine", "input":"x"}"#),
        (r#"{"input":"x","model":null}"#, r#"{"input":"x","model":"mine"}"#),
        (r"{}", r#"{"model":"mine"}"#),
    ] {
        let body = Bytes::from_static(body.as_bytes());
        let envelope = Envelope::scan_or(&body, default).expect("a good body");
        assert_eq!(envelope.model, "omni-moderation-latest");
        assert_eq!(envelope.with_model(&body, &envelope.model), body, "nothing is put in unasked");
        assert_eq!(text(&envelope.with_model(&body, "mine")), mapped);
        assert!(Envelope::scan(&body).is_err());
    }
    assert_eq!(Operation::Speech.default_model(), None);
}

#[test]
fn an_answer_of_any_shape_passes_and_an_error_in_it_does_not() {
    let passes =
        |operation, body: &'static str| match answered(operation, r#"{"model":"m","stream":true}"#, body) {
            Answer::Deliver { body: told, content_type: "application/json", usage } => {
                assert_eq!(text(&told), body);
                usage
            }
            other => panic!("{body}: {other:?}"),
        };
    passes(Operation::Moderations, r#"{"id":"modr-1","model":"m","results":[{"flagged":false}]}"#);
    let jina =
        passes(Operation::Rerank, r#"{"model":"m","results":[{"index":0}],"usage":{"total_tokens":5}}"#);
    passes(Operation::Rerank, r#"{"id":"1","results":[],"meta":{"billed_units":{"search_units":1}}}"#);
    passes(Operation::Transcriptions, r#"{"text":"hello"}"#);
    let image = passes(
        Operation::ImageGenerations,
        r#"{"created":1,"data":[{"b64_json":"aaaa"}],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}"#,
    );
    assert_eq!(jina, Usage { input: Some(5), ..Usage::default() });
    assert_eq!(image, Usage { input: Some(3), output: Some(9), ..Usage::default() });
    for body in [r#"{"error":{"message":"no","type":"x"}}"#, "[1]", "<html>", "text", ""] {
        let answer = answered(Operation::Moderations, r#"{"model":"m"}"#, body);
        assert!(matches!(answer, Answer::Error(_)), "{body}: {answer:?}");
    }
}

#[test]
fn a_text_that_goes_on_is_streamed_and_put_together_as_such() {
    let whole = r#"{"id":"c","object":"text_completion","choices":[{"text":"a b","index":0,"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let Answer::Deliver { body, content_type: "text/event-stream", .. } =
        answered(Operation::Completions, r#"{"model":"m","stream":true}"#, whole)
    else {
        panic!("no stream")
    };
    assert!(text(&body).contains(r#""text":"a b""#) && !text(&body).contains("delta"), "{body:?}");
    let gathered = with_call(OPENAI, r#"{"model":"m"}"#, |call| {
        same(OPENAI).gather(&Call { operation: Operation::Completions, ..*call })
    });
    let reading = read_with(gathered, OPENAI, &body);
    let answer: serde_json::Value = serde_json::from_str(&reading.output).expect("one answer");
    assert_eq!(answer["choices"][0]["text"], json!("a b"));
    assert!(
        answer["object"] == "text_completion" && answer["choices"][0].get("message").is_none(),
        "{answer}"
    );
    assert_eq!(reading.usage.output, Some(2));
}

const IMAGE: &str = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"aa\"}\n\n\
     event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"aaaa\",\
     \"usage\":{\"input_tokens\":3,\"output_tokens\":9}}\n\n";

#[test]
fn media_streams_end_with_their_own_events() {
    for (operation, input) in [
        (Operation::ImageGenerations, IMAGE),
        (Operation::ImageEdits, "data: {\"type\":\"image_edit.completed\",\"b64_json\":\"a\"}\n\n"),
        (
            Operation::Transcriptions,
            "data: {\"type\":\"transcript.text.delta\",\"delta\":\"a\"}\n\ndata: {\"type\":\"transcript.text.done\",\"text\":\"a\"}\n\n",
        ),
        (
            Operation::Speech,
            "event: speech.audio.delta\ndata: {\"audio\":\"aa\"}\n\nevent: speech.audio.done\ndata: {\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}\n\n",
        ),
    ] {
        let reading = streamed(operation, input);
        assert_eq!(
            (reading.output.as_str(), &reading.ending),
            (input, &Some(Ending::Complete(Bytes::new())))
        );
        // `[DONE]` may follow.
        let reading = streamed(operation, &format!("{input}data: [DONE]\n\n"));
        assert!(reading.kinds.ends_with("cT") && reading.ending.is_none(), "{reading:?}");
    }
    assert_eq!(streamed(Operation::ImageGenerations, IMAGE).usage.output, Some(9));
}

#[test]
fn media_streams_that_break_off_or_fail_are_no_answers() {
    let (partial, _) = IMAGE.split_once("event: image_generation.completed").expect("two events");
    let ends = |input: &str| streamed(Operation::ImageGenerations, input).ending;
    assert_eq!(ends(partial), Some(Ending::Truncated));
    assert_eq!(ends(IMAGE.trim_end_matches('\n').trim_end_matches('}')), Some(Ending::Truncated));
    assert_eq!(ends(": nothing\n\n"), Some(Ending::Empty));
    assert_eq!(
        ends(IMAGE.trim_end_matches('\n')),
        Some(Ending::Complete(Bytes::new())),
        "only the blank line lacks"
    );
    for error in [
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"no\"}}\n\n",
        "data: {\"error\":{\"message\":\"no\"}}\n\n",
        "data: text\n\n",
    ] {
        let reading = streamed(Operation::ImageGenerations, &format!("{partial}{error}"));
        assert!(reading.kinds.ends_with('E') && reading.error.is_some(), "{reading:?}");
    }
}
