//! Gemini in front and behind: paths, both forms of a stream however they are cut, errors that keep an array valid.

use adaptors::adaptor::{Answer, Call, Class, Ending, Kind, Operation, Output, StreamReader, Terms, Usage};
use adaptors::dialect::{Dialect, GEMINI, OPENAI, adaptor};
use adaptors::framing::either::EITHER;
use adaptors::framing::{Frame, Nature};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::{frames_in_chunks, text};

pub(crate) const ASK: &str = r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#;
pub(crate) const WHOLE: &str = "/v1beta/models/m:generateContent";
pub(crate) const EVENTS: &str = "/v1beta/models/m:streamGenerateContent?alt=sse&key=sk-secret";
pub(crate) const ARRAY: &str = "/v1beta/models/m:streamGenerateContent";

/// A call of a Gemini client, as the relay makes it of path and body.
pub(crate) fn with_gemini<T>(path: &str, body: &str, model: &str, then: impl FnOnce(&Call<'_>) -> T) -> T {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let offer = GEMINI.find(path.split('?').next().unwrap()).expect("a path of Gemini's");
    let envelope = GEMINI.envelope(offer, path, &body).unwrap_or_else(|why| panic!("{why}: {path}"));
    let (operation, id, unix_seconds) = (offer.operation, "id", 1_795_000_000);
    let (body, envelope, upstream_model, terms) = (&body, &envelope, model, Terms::default());
    then(&Call { operation, path, body, envelope, upstream_model, id, unix_seconds, terms })
}

/// What a client is given, its errors included; and what it cost. The first frames may be cut anywhere.
pub(crate) fn told(
    mut reader: Box<dyn StreamReader>,
    client: Dialect,
    upstream: Dialect,
    stream: &str,
    cuts: &[Index],
) -> (String, Usage) {
    let mut told = String::new();
    let complain = |reader: &mut Box<dyn StreamReader>, body: Bytes| {
        let own = reader.last_words(&body);
        text(&own.unwrap_or_else(|| client.complaint_frame(&body))).to_owned()
    };
    for frame in frames_in_chunks(upstream.framing(), stream.as_bytes(), cuts) {
        let step = reader.frame(&frame);
        if let Kind::Error(error) = step.kind {
            let said = complain(&mut reader, client.error_body(&error, None, None));
            return (told + &said, reader.usage());
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
        ending => {
            let body = json!({"error": {"code": 502, "message": format!("{ending:?}")}}).to_string();
            told += &complain(&mut reader, body.into());
        }
    }
    (told, reader.usage())
}

const FIRST: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}}"#;
const LAST: &str = r#"{"candidates":[{"content":{"parts":[{"text":"lo \"]},{"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}"#;
const COST: Usage = Usage {
    input: Some(3),
    cached: None,
    written: None,
    written_hour: None,
    output: Some(2),
    reasoning: None,
};

fn events() -> String {
    format!("data: {FIRST}\r\n\r\ndata: {LAST}\r\n\r\n")
}

fn array() -> String {
    format!("[{FIRST}\n,\r\n{LAST}\n]\n")
}

fn same(path: &str, stream: &str) -> (String, Usage) {
    told(
        with_gemini(path, ASK, "m", |call| adaptor(GEMINI, GEMINI).stream(call)),
        GEMINI,
        GEMINI,
        stream,
        &[],
    )
}

#[test]
fn paths_say_model_operation_and_stream() {
    for (path, model, operation, stream) in [
        (WHOLE, "m", Operation::Chat, false),
        (EVENTS, "m", Operation::Chat, true),
        ("/v1/models/a%2Fb:8:streamGenerateContent", "a/b:8", Operation::Chat, true),
        ("/v1beta/tunedModels/t-1:generateContent", "tunedModels/t-1", Operation::Chat, false),
        ("/v1beta/models/e:embedContent", "e", Operation::Embeddings, false),
        ("/v1alpha/models/e:batchEmbedContents", "e", Operation::Embeddings, false),
        ("/v1beta/models/m:countTokens?key=sk-1", "m", Operation::CountTokens, false),
    ] {
        with_gemini(path, ASK, "m", |call| {
            assert_eq!(
                (call.envelope.model.as_str(), call.operation, call.envelope.stream),
                (model, operation, stream)
            );
        });
    }
    for path in [
        "/v1beta/models/m",
        "/v1beta/models/m:sing",
        "/v1beta/models/:generateContent",
        "/v2/models/m:generateContent",
    ] {
        assert_eq!(GEMINI.find(path), None, "{path}");
    }
    let offer = GEMINI.find(WHOLE).unwrap();
    for body in
        ["", "[]", r#"{"model":"models/other"}"#, r#"{"requests":[{"model":"models/m"},{"model":"o"}]}"#]
    {
        assert!(GEMINI.envelope(offer, WHOLE, &Bytes::copy_from_slice(body.as_bytes())).is_err(), "{body}");
    }
}

#[test]
fn a_request_of_the_same_dialect_keeps_its_bytes_and_loses_its_key() {
    let request = |path: &str, body: &str, model: &str| {
        with_gemini(path, body, model, |call| adaptor(GEMINI, GEMINI).request(call)).unwrap()
    };
    let odd = r#" { "contents" : [ ] , "x" : 1.0e3 } "#;
    for (path, model, there) in [
        (WHOLE, "m", "/models/m:generateContent"),
        (EVENTS, "gemini-3", "/models/gemini-3:streamGenerateContent?alt=sse"),
        (ARRAY, "tunedModels/t", "/tunedModels/t:streamGenerateContent"),
        ("/v1/models/m:countTokens?key=k&alt=json", "a b/c", "/models/a%20b%2Fc:countTokens"),
    ] {
        let upload = request(path, odd, model);
        assert_eq!((upload.path.as_ref(), text(&upload.body)), (there, odd));
    }
    let batch = r#"{"requests":[{"model":"models/m","content":{}},{"content":{},"model" : "m"}]}"#;
    let path = "/v1beta/models/m:batchEmbedContents";
    assert_eq!(text(&request(path, batch, "m").body), batch);
    let mapped = r#"{"requests":[{"model":"models/up","content":{}},{"content":{},"model" : "models/up"}]}"#;
    assert_eq!(text(&request(path, batch, "up").body), mapped);
}

#[test]
fn a_stream_of_the_same_dialect_passes_in_the_form_that_was_asked_for() {
    assert_eq!(same(EVENTS, &events()), (events(), COST));
    assert_eq!(same(ARRAY, &array()), (array(), COST));
    let told = same(ARRAY, &events()).0;
    assert_eq!(
        serde_json::from_str::<Value>(&told).unwrap(),
        serde_json::from_str::<Value>(&array()).unwrap()
    );
    let expected = events().replace('\r', "");
    assert_eq!(same(EVENTS, &array()), (expected, COST));
}

#[test]
fn clients_get_nothing_that_their_sdk_takes_for_json() {
    let odd = format!(": ping\n\nevent: x\ndata:{FIRST}\n\ndata: {LAST}\n\ndata: [DONE]\n\n");
    let (told, _) = same(EVENTS, &odd);
    assert_eq!(told, format!("data: {FIRST}\n\ndata: {LAST}\n\n"));
    assert_eq!(GEMINI.heartbeat(), b"");
}

#[test]
fn what_broke_off_is_told_so_and_an_array_stays_valid() {
    for (path, cut) in [
        (EVENTS, format!("data: {FIRST}\n\n")),
        (EVENTS, format!("data: {FIRST}\n\ndata: {}", &LAST[..40])),
        (ARRAY, format!("[{FIRST}")),
        (ARRAY, format!("[{FIRST},{}", &LAST[..40])),
        (ARRAY, format!("[{FIRST}]")),
    ] {
        let (told, usage) = same(path, &cut);
        assert!(told.contains("Truncated") && usage.input == Some(3), "{told}");
        if path == ARRAY {
            let list: Vec<Value> = serde_json::from_str(&told).unwrap_or_else(|why| panic!("{why}: {told}"));
            assert!(list.len() == 2 && list[1]["error"]["code"] == 502, "{told}");
        } else {
            // No event, and no blank line behind it: Google's clients for JavaScript would not see it.
            let (answers, error) = told.split_once("\n\n").unwrap();
            assert!(answers.starts_with("data: {") && error.starts_with("{\"error\":{"), "{told}");
            assert!(error.ends_with("}\n") && error.lines().count() == 1, "{told}");
        }
    }
    let (told, _) = same(ARRAY, "[]");
    assert_eq!(told, r#"[{"error":{"code":502,"message":"Empty"}}]"#);
}

#[test]
fn nothing_follows_an_array_that_is_closed() {
    let error = r#"{"error":{"code":500,"message":"late"}}"#;
    for surplus in
        [format!(",{FIRST},{LAST}"), format!(",{FIRST}\n]"), format!(",{error}"), "]".into(), ",{\"a".into()]
    {
        let (body, usage) = same(ARRAY, &format!("{}{surplus}\n", array()));
        assert_eq!((body.trim_end(), usage), (array().trim_end(), COST), "{surplus}");
    }
}

#[test]
fn an_error_inside_of_a_stream_is_one_however_it_is_told() {
    let error = "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"busy\",\n    \"status\": \"RESOURCE_EXHAUSTED\"\n  }\n}";
    for (path, stream) in [
        (EVENTS, format!("data: {FIRST}\n\n{error}\n")),
        (EVENTS, format!("data: {FIRST}\n\ndata: {}\n\n", error.replace('\n', " "))),
        (EVENTS, format!("data: {FIRST}\n\n[{error}]\n\n")),
        (ARRAY, format!("[{FIRST},\n{error}\n]")),
    ] {
        let (told, _) = same(path, &stream);
        let last = told.rfind(r#""error""#).unwrap_or_else(|| panic!("no error: {told}"));
        assert!(told[last..].contains("RESOURCE_EXHAUSTED"), "{told}");
        if path == ARRAY {
            assert_eq!(serde_json::from_str::<Vec<Value>>(&told).unwrap()[1]["error"]["code"], 429);
        } else {
            let lines: Vec<_> = told.lines().filter(|line| !line.is_empty()).collect();
            assert!(lines.len() == 2 && lines[1].starts_with('{'), "{told}");
        }
    }
}

#[test]
fn a_blocked_prompt_is_an_answer_and_candidates_all_need_their_reason() {
    let blocked =
        r#"data: {"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}"#;
    assert_eq!(same(EVENTS, &format!("{blocked}\n\n")).0, format!("{blocked}\n\n"));
    let second = FIRST.replace("\"index\":0", "\"index\":1");
    assert!(same(EVENTS, &format!("data: {second}\n\ndata: {LAST}\n\n")).0.contains("Truncated"));
    let none = LAST.replace("STOP", "FINISH_REASON_UNSPECIFIED");
    assert!(same(EVENTS, &format!("data: {none}\n\n")).0.contains("Truncated"));
}

#[test]
fn a_stream_becomes_one_answer_for_who_asked_for_none_and_the_other_way_round() {
    let thought = r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]},"index":0}],"modelVersion":"g","responseId":"r"}"#;
    for stream in [format!("data: {thought}\n\n{}", events()), format!("[{thought},{}", &array()[1..])] {
        let reader = with_gemini(WHOLE, ASK, "m", |call| adaptor(GEMINI, GEMINI).gather(call));
        let (whole, usage) = told(reader, GEMINI, GEMINI, &stream, &[]);
        let whole: Value = serde_json::from_str(&whole).unwrap();
        let parts = json!([{"text": "hm", "thought": true}, {"text": "Hello \"]},{"}]);
        assert_eq!((&whole["candidates"][0]["content"]["parts"], usage), (&parts, COST), "{whole}");
        assert_eq!(
            (&whole["modelVersion"], &whole["candidates"][0]["finishReason"]),
            (&json!("g"), &json!("STOP"))
        );
    }
    let pretty = LAST.replace(",\"", ",\n  \"");
    for (path, kind) in
        [(WHOLE, "application/json"), (EVENTS, "text/event-stream"), (ARRAY, "application/json")]
    {
        let body = Bytes::copy_from_slice(pretty.as_bytes());
        let answer = with_gemini(path, ASK, "m", |call| adaptor(GEMINI, GEMINI).answer(call, body));
        let Answer::Deliver { body, content_type, usage } = answer else { panic!("{answer:?}") };
        assert_eq!((content_type, usage), (kind, COST));
        match path {
            WHOLE => assert_eq!(text(&body), pretty),
            EVENTS => assert_eq!(text(&body).lines().count(), 2),
            _ => assert_eq!(serde_json::from_slice::<Vec<Value>>(&body).unwrap().len(), 1),
        }
    }
}

#[test]
fn other_answers_are_known_by_what_is_in_them() {
    let read = |path: &str, body: &'static str| {
        with_gemini(path, "{}", "m", |call| {
            adaptor(GEMINI, GEMINI).answer(call, Bytes::from_static(body.as_bytes()))
        })
    };
    for (path, good) in [
        ("/v1beta/models/m:embedContent", r#"{"embedding":{"values":[1]}}"#),
        ("/v1beta/models/m:batchEmbedContents", r#"{"embeddings":[]}"#),
        ("/v1beta/models/m:countTokens", r#"{"totalTokens":3}"#),
    ] {
        assert!(matches!(read(path, good), Answer::Deliver { .. }), "{path}");
        for bad in [r#"{"candidates":[]}"#, "[]", "<html>", r#"{"error":{"code":500,"message":"no"}}"#] {
            assert!(matches!(read(path, bad), Answer::Error(_)), "{path}: {bad}");
        }
    }
}

#[test]
fn errors_of_google_are_read_whatever_they_are_wrapped_in() {
    let error = r#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"17s"}]}}"#;
    for body in [error.to_owned(), format!("[{error}]")] {
        let body = Bytes::from(body);
        let read = adaptor(GEMINI, GEMINI).error(429, &body, true);
        assert_eq!((read.status, read.class, read.message.as_str()), (429, Class::Rate, "slow down"));
        assert_eq!(
            serde_json::from_slice::<Value>(&GEMINI.error_body(&read, None, None)).unwrap()["error"]["status"],
            "RESOURCE_EXHAUSTED"
        );
        assert_eq!(adaptor(GEMINI, GEMINI).asks_to_wait(&body), Some(17));
    }
    let invalid = Bytes::from_static(br#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#);
    assert_eq!(adaptor(GEMINI, GEMINI).error(400, &invalid, true).class, Class::Credential);
}

#[test]
fn google_s_clients_are_told_in_the_body_how_long_another_upstream_wants_to_be_left_alone() {
    let body = Bytes::from_static(
        br#"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
    );
    let read = adaptor(GEMINI, OPENAI).error(429, &body, true);
    let told = |wait| adaptor(GEMINI, GEMINI).asks_to_wait(&GEMINI.error_body(&read, wait, None));
    assert_eq!((told(Some(17)), told(None)), (Some(17), None));
}

#[test]
fn the_first_bytes_tell_a_stream_in_either_form() {
    for (begins, nature) in [
        ("[", Nature::Stream),
        ("\u{feff} [{", Nature::Stream),
        ("data: {", Nature::Stream),
        ("{\"candidates\"", Nature::Whole),
        ("<html>", Nature::Whole),
        (" ", Nature::Open),
    ] {
        assert_eq!(GEMINI.framing().nature(begins.as_bytes()), nature, "{begins}");
    }
    let mut framer = GEMINI.framing().framer(16);
    framer.push(Bytes::from_static(b"[{\"a\":1},{\"a\":\"0123456789\"}]"));
    assert!(
        framer.next().is_ok_and(|frame| frame.is_some()) && framer.next().is_err() && framer.buffered() == 0
    );
}

proptest! {
    #[test]
    fn a_stream_is_the_same_however_it_is_cut(cuts in prop::collection::vec(any::<Index>(), 0..20)) {
        // What stands behind an array is nobody's, but it is somewhere, too.
        let more = format!("{}\n , \"a\": {{\"b\": []}}}} x\n\nevent: x\ndata: {{\"c\": 1}}\n\n", array());
        for stream in [events(), array(), more, format!("\u{feff}{}", array()), format!(" \n{}", events())] {
            let whole = frames_in_chunks(&EITHER, stream.as_bytes(), &cuts);
            let data = |frames: &[Frame]| frames.iter().map(|frame| frame.data().into_owned()).filter(|data| !data.is_empty()).collect::<Vec<_>>();
            prop_assert_eq!(data(&whole), data(&frames_in_chunks(&EITHER, stream.as_bytes(), &[])));
            let bytes: Vec<u8> = whole.iter().flat_map(|frame| frame.raw.to_vec()).collect();
            prop_assert!(stream.as_bytes().ends_with(&bytes) && bytes.len() + 3 >= stream.len());
        }
        for path in [EVENTS, ARRAY] {
            let reader = || with_gemini(path, ASK, "m", |call| adaptor(GEMINI, GEMINI).stream(call));
            prop_assert_eq!(told(reader(), GEMINI, GEMINI, &array(), &cuts), told(reader(), GEMINI, GEMINI, &array(), &[]));
        }
    }
}

#[test]
fn a_list_of_models_promises_what_their_channels_do() {
    let methods = |name: &str, served: &[Operation]| {
        let told = GEMINI.model_body(name, &|_, operation| served.contains(&operation));
        let told: Value = serde_json::from_slice(&told).unwrap();
        told["supportedGenerationMethods"].clone()
    };
    let all = [Operation::Chat, Operation::CountTokens, Operation::Embeddings];
    for (name, served, wanted) in [
        ("gemini-3-pro", &all[..], json!(["generateContent", "countTokens"])),
        ("gpt-5", &all[..1], json!(["generateContent"])),
        ("gemini-embedding-001", &all, json!(["embedContent"])),
        ("text-embedding-3-small", &all[..2], json!([])),
        ("gemini-2.5-flash-preview-tts", &all, json!(["generateContent", "countTokens"])),
        ("whisper-1", &all, json!([])),
    ] {
        assert_eq!(methods(name, served), wanted, "{name}");
    }
}
