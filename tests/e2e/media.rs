//! Operations besides conversations: they pass to channels that speak them, byte for byte, and are refused elsewhere.

use harness::{Answer, Relay, Upstream, chat};
use serde_json::json;

use crate::{PROGRAM, error_message, start};

/// The same, of the upstream itself.
fn direct(upstream: &Upstream, path: &str, body: &serde_json::Value) -> Answer {
    let mut client = harness::Client::connect(upstream.address());
    client.post(path, body);
    client.answer()
}

#[test]
fn each_operation_passes_and_counts() {
    let (upstream, relay) = start(|setup| setup);
    for (path, body, kind) in [
        ("/v1/completions", json!({"model": "m", "prompt": "x"}), "application/json"),
        ("/v1/completions", json!({"model": "m", "prompt": "x", "stream": true}), "text/event-stream"),
        ("/v1/moderations", json!({"input": "x"}), "application/json"),
        ("/v1/rerank", json!({"model": "m", "query": "x", "documents": ["a", "b"]}), "application/json"),
        ("/v1/images/generations", json!({"model": "m", "prompt": "x"}), "application/json"),
        ("/v1/images/generations", json!({"model": "m", "prompt": "x", "stream": true}), "text/event-stream"),
        // Ten megabytes and more: passed as they come.
        ("/v1/images/generations", json!({"model": "fault-tokens-9000", "prompt": "x"}), "application/json"),
        ("/v1/audio/speech", json!({"model": "m", "input": "x", "voice": "v"}), "audio/mpeg"),
        (
            "/v1/audio/speech",
            json!({"model": "m", "input": "x", "stream_format": "sse"}),
            "text/event-stream",
        ),
    ] {
        let (passed, plain) = (relay.post(path, &body), direct(&upstream, path, &body));
        assert_eq!((passed.status(), passed.whole), (200, true), "{path} {body}: {}", passed.text());
        assert_eq!(
            passed.head.header("content-type").map(|kind| kind.split(';').next().unwrap()),
            Some(kind)
        );
        assert_eq!(passed.body.len(), plain.body.len(), "{path} {body}");
        // A JSON answer has its id and its time, an image has not.
        assert!(kind != "audio/mpeg" || passed.body == plain.body);
    }
    let log = relay.log();
    let image =
        log.lines().find(|line| line.contains("fault-tokens-9000") && line.contains("images")).unwrap();
    assert!(
        image.contains("input_tokens") && image.contains("output_tokens") && image.contains("reported"),
        "{image}"
    );
}

/// A form with a file, and the model before or behind it.
fn form(model: &str, model_first: bool, more: &str) -> Vec<u8> {
    let part = |name: &str, value: &str| {
        format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let head =
        part("file\"; filename=\"a.mp3", "").replace("\r\n\r\n\r\n", "\r\nContent-Type: audio/mpeg\r\n\r\n");
    let file = [head.as_bytes(), &b"\xff\0--limi".repeat(20_000), b"\r\n"].concat();
    let model = part("model", model).into_bytes();
    let both = if model_first { [model, file] } else { [file, model] };
    [both.concat().as_slice(), more.as_bytes(), b"--limit--\r\n"].concat()
}

#[test]
fn forms_pass_byte_for_byte_and_only_the_models_name_changes() {
    let upstream = Upstream::start(PROGRAM);
    let url = format!("http://{}/v1", upstream.address());
    let models = "models = [{ name = \"ears\", upstream = \"whisper-1\" }, \"*\"]";
    let relay = Relay::of(PROGRAM).channel("openai", &url, models).start();
    let send = |address, path: &str, body: &[u8]| {
        let mut client = harness::Client::connect(address)
            .with_header("content-type", "multipart/form-data; boundary=limit");
        client.request("POST", path, body);
        client.answer()
    };
    let path = "/v1/audio/transcriptions";
    let plain = send(upstream.address(), path, &form("whisper-1", true, ""));
    assert!(plain.text().contains("heard 160000 bytes"), "{}", plain.text());
    for model in ["whisper-1", "ears"] {
        for model_first in [true, false] {
            let passed = send(relay.address(), path, &form(model, model_first, ""));
            assert_eq!((passed.status(), passed.text()), (200, plain.text()), "{model} {model_first}");
        }
    }
    let edit = send(relay.address(), "/v1/images/edits", &form("m", true, ""));
    assert_eq!(edit.status(), 200, "{}", edit.text());
    let twice = "--limit\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nother\r\n";
    let refused = send(relay.address(), path, &form("m", true, twice));
    assert!(refused.status() == 400 && error_message(path, &refused).contains("twice"), "{}", refused.text());
}

#[test]
fn what_a_channel_does_not_speak_is_refused_by_name() {
    let upstream = Upstream::start(PROGRAM);
    let url = format!("http://{}", upstream.address());
    let relay = Relay::of(PROGRAM).channel("anthropic", &url, "").start();
    for path in ["/v1/images/generations", "/v1/completions", "/v1/moderations", "/v1/audio/speech"] {
        let answer = relay.post(path, &json!({"model": "m", "input": "x", "prompt": "x"}));
        assert_eq!(answer.status(), 404, "{}", answer.text());
        let message = error_message(path, &answer);
        assert!(message.contains(path), "{message}");
    }
    assert_eq!(upstream.state().requests(), 0);
    assert_eq!(relay.post("/v1/chat/completions", &chat("m", false)).status(), 200);
}

/// What has begun to pass cannot be told as an error any more: the connection breaks.
#[test]
fn media_answers_that_stall_or_break_off_are_never_whole() {
    let (upstream, relay) = start(|setup| setup.timeout("idle", "500ms"));
    // The connection may break before even the head has left.
    let speech = |model: &str| {
        let mut client = relay.connect();
        client.post("/v1/audio/speech", &json!({"model": model, "input": "x"}));
        let head = client.try_head().ok()?;
        let (body, whole) = client.rest();
        Some(Answer { head, body, whole })
    };
    for model in ["fault-stall-1", "fault-cut-1", "fault-reset-in-chunk-1"] {
        assert!(speech(model).is_none_or(|answer| answer.status() == 200 && !answer.whole), "{model}");
    }
    for (model, status) in [("fault-status-429", 429), ("fault-html", 502), ("fault-empty", 502)] {
        assert_eq!(speech(model).map(|answer| answer.status()), Some(status), "{model}");
    }
    // JSON this small is held: its failure still is an error.
    let image = |model: &str| relay.post("/v1/images/generations", &json!({"model": model, "prompt": "x"}));
    assert_eq!(
        (image("fault-cut-1").status(), image("fault-stall-1").status(), image("fault-html").status()),
        (502, 504, 502)
    );
    let stream =
        relay.post("/v1/images/generations", &json!({"model": "fault-cut-1", "prompt": "x", "stream": true}));
    assert!(stream.status() == 502 || stream.text().contains("error"), "{stream:?}");
    upstream.wait("all is closed", |state| state.open_requests() == 0);
}
