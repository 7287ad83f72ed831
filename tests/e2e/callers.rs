//! Keys, models, and what must never be told.

use std::io::{Read, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::{Relay, Setup, Upstream, chat};
use serde_json::json;
use vitals::key::KeyHash;

use crate::servers::listen;
use crate::{ANTHROPIC, OPENAI, PROGRAM, error_message, start};

const ALICE: &str = "sk-alice-sentinel-000000000000000000000000000000000000";
const BOB: &str = "sk-bob-sentinel-00000000000000000000000000000000000000";

fn with_keys(setup: Setup) -> Setup {
    let (alice, bob) = (KeyHash::of(ALICE), KeyHash::of(BOB));
    setup.toml(&format!(
        "[[keys]]\nname = \"alice\"\nhash = \"{alice}\"\n\
         [[keys]]\nname = \"bob\"\nhash = \"{bob}\"\nmodels = [\"gpt-*\"]\nin_flight = 1\n"
    ))
}

#[test]
fn a_key_is_needed_where_keys_are_configured() {
    let (_upstream, relay) = start(with_keys);
    for path in [OPENAI, ANTHROPIC] {
        let none = relay.post(path, &chat("m", true));
        assert_eq!(none.status(), 401, "{none:?}");
        error_message(path, &none);
        let mut client = relay.connect().with_header("authorization", "Bearer sk-wrong-sentinel");
        client.post(path, &chat("m", true));
        let wrong = client.answer();
        assert_eq!(wrong.status(), 401, "{wrong:?}");
        assert!(!wrong.text().contains("sentinel"), "{}", wrong.text());
    }
    let bearer = format!("Bearer {ALICE}");
    for (header, value) in
        [("authorization", bearer.as_str()), ("authorization", ALICE), ("x-api-key", ALICE)]
    {
        let mut client = relay.connect().with_header(header, value);
        client.post(OPENAI, &chat("m", false));
        assert_eq!(client.answer().status(), 200, "{header}");
    }
    let answer = relay.post(&format!("{OPENAI}?key={ALICE}"), &chat("m", false));
    assert_eq!(answer.status(), 200, "{answer:?}");
}

/// The same refusal is the same answer, whoever writes it: status, headers and body, on every path.
#[test]
fn a_wrong_key_is_told_the_same_on_every_path() {
    const HEADERS: [&str; 6] =
        ["content-type", "content-length", "www-authenticate", "retry-after", "x-request-id", "request-id"];
    let (_upstream, relay) = start(with_keys);
    let told = |method: &str, path: &str, anthropic: bool| {
        let mut client =
            relay.connect().with_header("x-request-id", "one").with_header("x-api-key", "sk-wrong");
        if anthropic {
            client = client.with_header("anthropic-version", "2023-06-01");
        }
        client.request(method, path, chat("m", false).to_string().as_bytes());
        let answer = client.answer();
        let headers = HEADERS.map(|name| answer.head.header(name).map(str::to_owned));
        (answer.status(), headers, answer.json())
    };
    for (post, anthropic) in [([OPENAI, "/v1/embeddings"], false), ([ANTHROPIC, ANTHROPIC], true)] {
        let wanted = told("POST", post[0], anthropic);
        let (status, headers, body) = &wanted;
        assert_eq!((*status, headers[2].as_deref()), (401, Some("Bearer")), "{wanted:?}");
        assert_eq!(body["error"]["code"] == "invalid_api_key", !anthropic, "{wanted:?}");
        assert_eq!(body["request_id"] == "one", anthropic, "{wanted:?}");
        for (method, path) in [("POST", post[1]), ("GET", "/v1/models"), ("GET", "/v1/models/gpt-x")] {
            assert_eq!(told(method, path, anthropic), wanted, "{path}");
        }
    }
}

/// What is refused before anybody is asked who they are names its reason and the request like any other refusal.
#[test]
fn paths_that_are_not_there_are_refused_like_everything_else() {
    let (_upstream, relay) = start(with_keys);
    for (method, path, status, allow) in [
        ("GET", "/v1/none", 404, None),
        ("GET", OPENAI, 405, Some("POST")),
        ("GET", "/v1/embeddings", 405, Some("POST")),
        ("POST", "/v1/models", 405, Some("GET")),
        ("POST", "/metrics", 405, Some("GET")),
        ("GET", "/admin/reload", 405, Some("POST")),
    ] {
        let mut client = relay.connect().with_header("x-request-id", "one");
        client.request(method, path, b"");
        let answer = client.answer();
        assert_eq!((answer.status(), answer.head.header("allow")), (status, allow), "{path}: {answer:?}");
        assert_eq!(answer.json()["error"]["code"], "client_error", "{path}: {}", answer.text());
        assert!(error_message(path, &answer).ends_with("(request id: one)"), "{path}: {}", answer.text());
    }
}

#[test]
fn a_key_may_be_bound_to_models_and_to_a_number_of_requests() {
    let (upstream, relay) = start(with_keys);
    let bob = || relay.connect().with_header("x-api-key", BOB);
    let mut client = bob();
    client.post(OPENAI, &chat("claude-x", false));
    let answer = client.answer();
    assert_eq!(answer.status(), 403, "{answer:?}");
    error_message(OPENAI, &answer);
    let answer = bob().get("/v1/models");
    assert!(!answer.text().contains("claude"), "{}", answer.text());

    let mut busy = bob();
    busy.post(OPENAI, &chat("gpt-x/fault-silent", true));
    upstream.wait("one is busy", |state| state.open_requests() == 1);
    let mut second = bob();
    second.post(OPENAI, &chat("gpt-x", false));
    let answer = second.answer();
    assert_eq!(answer.status(), 429, "{answer:?}");
    assert!(answer.head.header("retry-after").is_some(), "{answer:?}");
    drop(busy);
    upstream.wait("none is busy", |state| state.open_requests() == 0);
    harness::until(harness::PATIENCE, || {
        let mut client = bob();
        client.post(OPENAI, &chat("gpt-x", false));
        match client.answer().status() {
            200 => Ok(()),
            status => Err(format!("{status} although the first one left")),
        }
    });
}

#[test]
fn models_are_listed_in_the_shape_that_was_asked_for() {
    let upstream = Upstream::start(PROGRAM);
    let base = format!("http://{}", upstream.address());
    let models = "models = [\"gpt-5-mini\", { name = \"fast\", upstream = \"gpt-5-mini\" }]";
    let relay = Relay::of(PROGRAM).channel("openai", &base, models).start();
    let list = relay.get("/v1/models").json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"gpt-5-mini") && ids.contains(&"fast"), "{ids:?}");
    assert!(list["data"].as_array().unwrap().iter().all(|m| m["object"] == "model"), "{list}");
    assert_eq!(relay.get("/v1/models/fast").json()["id"], "fast");
    let missing = relay.get("/v1/models/none");
    assert_eq!(missing.status(), 404);
    error_message(OPENAI, &missing);
    let anthropic = relay.connect().with_header("anthropic-version", "2023-06-01").get("/v1/models").json();
    assert_eq!(anthropic["has_more"], json!(false), "{anthropic}");
    assert_eq!(anthropic["data"][0]["type"], "model", "{anthropic}");
}

/// A provider that lists its models in its own time, and one that does not list any.
#[test]
fn models_behind_patterns_are_asked_of_the_provider_once_for_all_callers() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&asked);
    let lists = listen(move |mut stream| {
        while let Some(head) = read_head(&mut stream) {
            heads.lock().unwrap().push(head);
            std::thread::sleep(Duration::from_millis(300));
            let body =
                r#"{"object":"list","data":[{"id":"gpt-b"},{"id":"other"},{"id":"gpt-a"},{"id":"fast"}]}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let refuses = listen(|mut stream| {
        let _ = read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    });
    let (alice, bob) = (KeyHash::of(ALICE), KeyHash::of(BOB));
    let keys = format!(
        "[[keys]]\nname = \"alice\"\nhash = \"{alice}\"\n\
         [[keys]]\nname = \"bob\"\nhash = \"{bob}\"\nmodels = [\"gpt-a\", \"claude-x\"]\n"
    );
    let channel = |name: &str, address, dialect: &str, models: &str| {
        format!(
            "[[channels]]\nname = \"{name}\"\nprovider = \"custom\"\nbase_url = \"http://{address}\"\n\
             dialect = \"{dialect}\"\nauth = \"none\"\nproxy = \"none\"\nmodels = {models}\n"
        )
    };
    let relay = Relay::of(PROGRAM)
        .toml(&keys)
        .toml(&channel(
            "lists",
            lists,
            "openai",
            "[\"gpt-*\", { name = \"fast\", upstream = \"gpt-a\" }, { name = \"o*\", upstream = \"gpt-a\" }]",
        ))
        .toml(&channel("refuses", refuses, "anthropic", "[\"claude-x\", \"claude-*\"]"))
        .start();
    let ids = |key: &str| {
        let list = relay.connect().with_header("x-api-key", key).get("/v1/models").json();
        let models = list["data"].as_array().unwrap().clone();
        models.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    harness::repeat(8, 8, |_| assert_eq!(ids(ALICE), ["claude-x", "fast", "gpt-a", "gpt-b"]));
    assert_eq!(ids(BOB), ["claude-x", "gpt-a"], "the caller's own");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("GET /v1/models HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(!asked[0].contains("content-length") && !asked[0].contains(ALICE), "{}", asked[0]);
}

/// One request without a body.
fn read_head(stream: &mut impl Read) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

#[test]
fn unknown_models_and_paths_are_not_found() {
    let upstream = Upstream::start(PROGRAM);
    let base = format!("http://{}", upstream.address());
    let relay = Relay::of(PROGRAM).channel("openai", &base, "models = [\"gpt-*\"]").start();
    for path in [OPENAI, ANTHROPIC] {
        let answer = relay.post(path, &chat("claude-none", true));
        assert!(matches!(answer.status(), 404 | 503), "{answer:?}");
        error_message(path, &answer);
    }
    for path in ["/v1/none", "/v2/chat/completions", "/nothing"] {
        let answer = relay.post(path, &json!({}));
        assert_eq!(answer.status(), 404, "{path}: {answer:?}");
        assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text());
    }
    let answer = relay.get(OPENAI);
    assert!(matches!(answer.status(), 404 | 405), "{answer:?}");
}

#[test]
fn tool_calls_and_embeddings_pass() {
    let (_upstream, relay) = start(|setup| setup);
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let mut request = chat("m", true);
    request["tools"] = json!([{"type": "function", "function": {"name": "weather", "parameters": schema}}]);
    let answer = relay.post(OPENAI, &request);
    assert!(answer.text().contains("\"finish_reason\":\"tool_calls\""), "{}", answer.text());
    let mut request = chat("m", false);
    request["tools"] = json!([{"name": "weather", "input_schema": schema}]);
    let answer = relay.post(ANTHROPIC, &request);
    assert_eq!(answer.json()["content"][0]["input"]["city"], "Paris", "{}", answer.text());
    let answer = relay.post("/v1/embeddings", &json!({"model": "m", "input": ["a", "b"]}));
    assert_eq!(answer.json()["data"].as_array().unwrap().len(), 2, "{}", answer.text());
}

#[test]
fn secrets_are_never_told() {
    let (_upstream, relay) = start(|setup| {
        with_keys(setup)
            .arg("--log-level")
            .arg("trace")
            .toml("[admin]\ntoken = \"env:ADMIN_SENTINEL\"\n")
            .env("ADMIN_SENTINEL", "admin-sentinel-5150")
    });
    let mut told = String::new();
    for model in
        ["m", "fault-status-401", "fault-status-500", "fault-cut", "fault-error-short", "fault-json-error"]
    {
        for path in [OPENAI, ANTHROPIC] {
            let mut client = relay.connect().with_header("authorization", &format!("Bearer {ALICE}"));
            client.post(path, &chat(model, true));
            let answer = client.answer();
            told.push_str(&format!("{:?}\n{}\n", answer.head, answer.text()));
            told.push_str(&relay.post(&format!("{path}?key={ALICE}"), &chat(model, false)).text());
        }
    }
    for path in
        ["/api/monitor/health", "/metrics", "/api/status", "/api/monitor/exchanges", "/v1/models", "/"]
    {
        told.push_str(&relay.get(path).text());
    }
    told.push_str(&relay.log());
    assert!(told.contains("/api/monitor/health"), "the log was not read");
    for secret in [Relay::provider_key(), ALICE, BOB, "admin-sentinel-5150"] {
        assert!(!told.contains(secret), "told {secret}");
    }
}
