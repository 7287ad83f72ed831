//! Pass-through: what goes in comes out, byte by byte.

use harness::{Relay, Upstream, chat};
use serde_json::json;

use crate::{ANTHROPIC, OPENAI, PROGRAM, start};

/// Replaces what differs between two answers of the upstream: ids and times.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, key)) = ["\"id\":\"", "\"created\":", "\"request_id\":\""]
        .iter()
        .filter_map(|k| Some((rest.find(k)?, *k)))
        .min()
    {
        let after = at + key.len();
        out.push_str(&rest[..after]);
        rest = rest[after..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
    }
    out + rest
}

#[test]
fn answers_are_not_touched() {
    let (upstream, relay) = start(|setup| setup);
    for path in [OPENAI, ANTHROPIC] {
        for (model, stream) in [("m", true), ("m", false), ("fault-odd", true), ("fault-tokens-500", true)] {
            let mut request = chat(model, stream);
            request["stream_options"] = json!({"include_usage": true});
            let mut direct = harness::Client::connect(upstream.address());
            direct.post(path, &request);
            let (direct, relayed) = (direct.answer(), relay.post(path, &request));
            assert_eq!(relayed.status(), 200, "{}", relayed.text());
            assert_eq!(without_ids(&relayed.text()), without_ids(&direct.text()), "{path} {model} {stream}");
        }
    }
    let errors = ["fault-status-400", "fault-status-429", "fault-status-500"];
    for (path, model) in errors.iter().flat_map(|model| [(OPENAI, model), (ANTHROPIC, model)]) {
        let mut direct = harness::Client::connect(upstream.address());
        direct.post(path, &chat(model, false));
        let (direct, relayed) = (direct.answer(), relay.post(path, &chat(model, false)));
        assert_eq!(
            without_ids(&relayed.text()),
            without_ids(&direct.text()),
            "a provider's message is passed as it came"
        );
    }
}

/// A request that nobody would write by hand.
const BODY: &str = "\r\n{ \"temperature\" : 1.0e0,\t\"model\"\n:  \"MODEL\" , \"x\":{\"model\":\"inner\",\"stream\":true},\n\
                    \"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9 \u{2028} \u{1f980} \\/ \"}], \
                    \"seed\": 12345678901234567890123, \"max_tokens\":3 } \n";

fn received(upstream: &Upstream, relay: &Relay, path: &str, body: &str, chunked: bool) -> serde_json::Value {
    let mut client = relay.connect().with_header("content-type", "application/json");
    if chunked {
        let (one, two) = body.split_at(20);
        let chunks = format!("{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: relay\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
        client.send(head.as_bytes()).unwrap();
    } else {
        client.request("POST", path, body.as_bytes());
    }
    let answer = client.answer();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    upstream.requests().pop().unwrap()
}

#[test]
fn requests_are_not_touched() {
    let (upstream, relay) = start(|setup| setup);
    let body = BODY.replace("MODEL", "gpt-5-mini");
    for path in [OPENAI, ANTHROPIC, "/v1/embeddings"] {
        for chunked in [false, true] {
            let request = received(&upstream, &relay, path, &body, chunked);
            assert_eq!(request["body"], body, "{path}");
            assert_eq!(request["path"], path);
        }
    }
}

#[test]
fn a_mapped_model_changes_only_its_name() {
    let upstream = Upstream::start(PROGRAM);
    let models = "models = [{ name = \"fast\", upstream = \"gpt-5-mini-2025\" }]";
    let base = format!("http://{}", upstream.address());
    // A base URL that ends in /v1 is not doubled.
    let setup = Relay::of(PROGRAM).channel("openai", &format!("{base}/v1"), models);
    let relay = setup.channel("anthropic", &base, models).start();
    for path in [OPENAI, ANTHROPIC] {
        for name in ["fast", "f\\u0061st"] {
            let request = received(&upstream, &relay, path, &BODY.replace("MODEL", name), false);
            assert_eq!(request["body"], BODY.replace("MODEL", "gpt-5-mini-2025"), "{path} {name}");
            assert_eq!(request["path"], path);
        }
    }
}

fn headers(request: &serde_json::Value) -> Vec<(String, String)> {
    let list = request["headers"].as_array().unwrap();
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    list.iter().map(|pair| (text(&pair[0]).to_lowercase(), text(&pair[1]))).collect()
}

#[test]
fn the_caller_s_credentials_and_connection_headers_stay_here() {
    let upstream = Upstream::start(PROGRAM);
    let url = format!("http://{}", upstream.address());
    let relay = Relay::of(PROGRAM).channel("openai", &url, "").channel("anthropic", &url, "").start();
    for (path, header, value) in [
        (OPENAI, "authorization", format!("Bearer {}", Relay::provider_key())),
        (ANTHROPIC, "x-api-key", Relay::provider_key().to_owned()),
    ] {
        let mut client = relay
            .connect()
            .with_header("authorization", "Bearer sk-caller-sentinel")
            .with_header("x-api-key", "sk-caller-sentinel")
            .with_header("cookie", "session=caller-sentinel")
            .with_header("x-forwarded-for", "203.0.113.9")
            .with_header("connection", "x-hop")
            .with_header("x-hop", "caller-sentinel")
            .with_header("anthropic-version", "2023-06-01")
            .with_header("accept-encoding", "gzip, br");
        client.post(path, &chat("m", false));
        assert_eq!(client.answer().status(), 200);
        let request = upstream.requests().pop().unwrap();
        let headers = headers(&request);
        assert!(headers.contains(&(header.to_owned(), value)), "{headers:?}");
        assert!(!request.to_string().contains("caller-sentinel"), "{headers:?}");
        assert!(!headers.iter().any(|(name, _)| name == "cookie" || name == "x-hop"), "{headers:?}");
        let encoding = headers.iter().find(|(name, _)| name == "accept-encoding").map(|(_, v)| v.as_str());
        assert!(matches!(encoding, None | Some("identity")), "{headers:?}");
    }
}

#[test]
fn answers_carry_the_request_id_and_only_safe_headers() {
    let (_upstream, relay) = start(|setup| setup);
    let mut client = relay.connect().with_header("x-request-id", "trace-4711");
    client.post(OPENAI, &chat("m", true));
    let answer = client.answer();
    let header = |name: &str| answer.head.header(name);
    assert_eq!(header("x-request-id"), Some("trace-4711"));
    assert_eq!(header("x-oneapi-request-id"), Some("trace-4711"));
    assert!(header("x-upstream-request-id").is_some_and(|id| id.starts_with("req_")), "{:?}", answer.head);
    assert!(header("content-type").is_some_and(|t| t.starts_with("text/event-stream")), "{:?}", answer.head);
    assert_eq!(header("cache-control"), Some("no-cache, no-transform"));
    assert_eq!(header("x-accel-buffering"), Some("no"));
    assert_ne!(header("server"), Some("drill"));
    let answer = relay.post(OPENAI, &chat("m", false));
    let id = answer.head.header("x-request-id").unwrap();
    assert!(!id.is_empty() && answer.head.header("x-oneapi-request-id") == Some(id), "{:?}", answer.head);
}
