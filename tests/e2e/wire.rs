//! Faults 12, 45, 46 and 48: what an upstream can make HTTP say.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use harness::{Baseline, Relay, Setup, Upstream, chat};

use crate::servers::{listen, read_request};
use crate::{ANTHROPIC, OPENAI, PROGRAM, error_message};

const ANSWER: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
const EVENTS: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"whole\"}}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

pub(crate) fn chunked(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// The answer of the scripted upstream: what comes before the status line, its headers, the body.
fn scripted(case: &str, stream: bool) -> Vec<u8> {
    let (kind, body) = if stream { ("text/event-stream", EVENTS) } else { ("application/json", ANSWER) };
    let length = body.len();
    let ok = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n");
    let early =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\nset-cookie: early=1\r\n\r\n";
    let text = match case {
        "good" => format!("{ok}content-length: {length}\r\n\r\n{body}"),
        "informational" => format!("{}{ok}content-length: {length}\r\n\r\n{body}", early.repeat(3)),
        "trailers" => format!(
            "{ok}trailer: x-checksum, set-cookie\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\nx-checksum: 1\r\nset-cookie: late=1\r\n\r\n",
            chunked(body)
        ),
        "same-length-twice" => format!("{ok}content-length: {length}\r\ncontent-length: {length}\r\n\r\n{body}"),
        "http-1.0" => format!("HTTP/1.0 200 OK\r\ncontent-type: {kind}\r\n\r\n{body}"),
        "until-close" => format!("{ok}connection: close\r\n\r\n{body}"),
        "switching" => "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\x01\x02\x03".to_owned(),
        "upgrade-offered" => format!("{ok}connection: upgrade\r\nupgrade: h2c\r\ncontent-length: {length}\r\n\r\n{body}"),
        "two-lengths" => format!("{ok}content-length: {length}\r\ncontent-length: {}\r\n\r\n{body}", length + 1),
        "length-list" => format!("{ok}content-length: {length}, {}\r\n\r\n{body}", length - 1),
        "length-negative" => format!("{ok}content-length: -1\r\n\r\n{body}"),
        "both" => format!("{ok}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunked(body)),
        "both-large" => {
            let large = format!("{{\"choices\":[],\"x\":\"{}\"}}", "x".repeat(2 << 20));
            format!("{ok}content-length: 1200000\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunked(&large))
        }
        "no-content" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "not-modified" => "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
        "many-headers" => format!("{ok}{}content-length: {length}\r\n\r\n{body}", "x-many: 1\r\n".repeat(500)),
        "large-header" => format!("{ok}x-large: {}\r\ncontent-length: {length}\r\n\r\n{body}", "x".repeat(1 << 20)),
        "folded" => format!("{ok}x-folded: one\r\n two\r\ncontent-length: {length}\r\n\r\n{body}"),
        "nul" => format!("{ok}x-nul: a\0b\r\ncontent-length: {length}\r\n\r\n{body}"),
        "bad-chunk" => format!("{ok}transfer-encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"),
        "huge-chunk" => format!("{ok}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        "junk" => "\x16\x03\x01 nothing like HTTP\r\n\r\n".to_owned(),
        "headers" => format!(
            "{ok}content-length: {length}\r\nset-cookie: session=sentinel\r\nconnection: x-hop\r\nx-hop: sentinel\r\n\
             keep-alive: timeout=5\r\nproxy-authenticate: Basic\r\nte: trailers\r\nserver: sentinel\r\nvia: sentinel\r\n\
             content-encoding: identity\r\nalt-svc: h3=\":443\"\r\nstrict-transport-security: max-age=1\r\n\
             access-control-allow-origin: *\r\ncache-control: public, max-age=600\r\netag: \"sentinel\"\r\n\
             location: http://10.0.0.1/sentinel\r\nx-request-id: req_upstream\r\nx-ratelimit-remaining-requests: 9\r\n\r\n{body}"
        ),
        refused if refused.starts_with("refused-") => {
            let status = refused.trim_start_matches("refused-");
            let body = r#"{"error":{"message":"slow down","type":"rate_limit_error","code":null,"param":null}}"#;
            let headers = ["retry-after: 287441", "retry-after-ms: 287441000", "x-should-retry: false"];
            let limits = ["anthropic-ratelimit-unified-status: rejected", "x-ratelimit-remaining-requests: 0"];
            let account = ["set-cookie: sentinel", "openai-organization: sentinel", "www-authenticate: sentinel"];
            let lines = [headers.as_slice(), &limits, &account, &["request-id: req_upstream"]].concat().join("\r\n");
            let length = body.len();
            format!("HTTP/1.1 {status} X\r\n{lines}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        }
        other => panic!("no case {other}"),
    };
    text.into_bytes()
}

/// An upstream whose answers are chosen by the model's name.
fn upstream() -> SocketAddr {
    listen(|mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let (_, after) = request.split_once("\"model\":\"").unwrap();
            let case = after.split('"').next().unwrap().to_owned();
            let answer = scripted(&case, request.contains("\"stream\":true"));
            if stream.write_all(&answer).is_err() || ["http-1.0", "until-close"].contains(&case.as_str()) {
                return;
            }
        }
    })
}

/// A relay before the scripted upstream, and before the drill's for everything that the leak assertions ask.
fn scripted_relay() -> (Upstream, Relay) {
    let (quiet, address) = (Upstream::start(PROGRAM), upstream());
    let models = "models = [\"warm-up\", \"gpt-*\"]\npriority = 5";
    let relay = Setup::new(PROGRAM)
        .channel("xai", &format!("http://{}", quiet.address()), models)
        .channel("openai", &format!("http://{address}"), "")
        .timeout("first_byte", "3s")
        .start();
    (quiet, relay)
}

/// Fault 45: what HTTP allows is handled.
#[test]
fn unusual_answers_that_are_valid_are_delivered() {
    let (quiet, relay) = scripted_relay();
    let baseline = Baseline::take(&relay, &quiet);
    let cases = [
        "good",
        "informational",
        "trailers",
        "same-length-twice",
        "http-1.0",
        "until-close",
        "upgrade-offered",
    ];
    for case in cases {
        for stream in [true, false] {
            for _ in 0..3 {
                let answer = relay.post(OPENAI, &chat(case, stream));
                assert_eq!((answer.status(), answer.whole), (200, true), "{case} {stream}: {answer:?}");
                assert_eq!(answer.text(), if stream { EVENTS } else { ANSWER }, "{case}");
                let page = format!("{:?}", answer.head);
                assert!(
                    !page.contains("cookie") && !page.contains("link") && !page.contains("upgrade"),
                    "{page}"
                );
            }
        }
    }
    baseline.assert_quiet(&[("done", cases.len() as u64 * 6)]);
}

/// Fault 45: what it does not allow is a bad gateway, at once, whatever the answer looks like behind it.
#[test]
fn answers_with_lying_framing_are_refused() {
    let (quiet, relay) = scripted_relay();
    let baseline = Baseline::take(&relay, &quiet);
    let cases = [
        "switching",
        "two-lengths",
        "length-list",
        "length-negative",
        "both",
        "both-large",
        "no-content",
        "not-modified",
        "many-headers",
        "large-header",
        "folded",
        "nul",
        "bad-chunk",
        "huge-chunk",
        "junk",
    ];
    for case in cases {
        for stream in [true, false] {
            let mut client = relay.connect();
            client.post(OPENAI, &chat(case, stream));
            let answer = client.answer();
            assert_eq!(answer.status(), 502, "{case} {stream}: {:?}\n{}", answer.head, answer.text());
            error_message(OPENAI, &answer);
            // The next request must not meet what was left in the upstream's connection.
            client.post(OPENAI, &chat("good", false));
            assert_eq!(client.answer().text(), ANSWER, "after {case}");
        }
    }
    let each = cases.len() as u64 * 2;
    let ended = harness::until(Duration::from_secs(5), || match baseline.ended() {
        ended if ended.values().sum::<u64>() == 2 * each => Ok(ended),
        ended => Err(format!("{ended:?}")),
    });
    assert_eq!(ended["done"], each, "{ended:?}");
    assert!(
        ended
            .keys()
            .all(|reason| ["done", "upstream_error", "upstream_truncated"].contains(&reason.as_str()))
    );
    let ended: Vec<_> = ended.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    baseline.assert_quiet(&ended);
}

/// Fault 45: an upstream that sends nothing but interim answers is held to the first-byte deadline.
#[test]
fn endless_interim_answers_meet_the_deadline() {
    let address = listen(|mut stream| {
        if read_request(&mut stream).is_some() {
            while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n").is_ok() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    });
    let relay = Setup::new(PROGRAM)
        .channel("openai", &format!("http://{address}"), "")
        .timeout("first_byte", "500ms")
        .start();
    let answer = relay.post(OPENAI, &chat("m", true));
    assert_eq!(answer.status(), 504, "{answer:?}");
    harness::until(harness::PATIENCE, || match relay.health().relay("upstream_open") {
        0 => Ok(()),
        n => Err(format!("{n} upstream connections")),
    });
}

/// Fault 48: by an allow-list, whether the answer is whole or a stream; lengths and codings are the relay's own.
#[test]
fn only_headers_that_are_allowed_reach_the_client() {
    let (_quiet, relay) = scripted_relay();
    for stream in [true, false] {
        let answer = relay.post(OPENAI, &chat("headers", stream));
        assert_eq!((answer.status(), answer.whole), (200, true), "{answer:?}");
        let mut names: Vec<_> = answer.head.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut wanted = vec![
            "connection",
            "content-type",
            "date",
            "x-oneapi-request-id",
            "x-ratelimit-remaining-requests",
            "x-request-id",
            "x-upstream-request-id",
        ];
        let framing: &[&str] = if stream {
            &["cache-control", "transfer-encoding", "x-accel-buffering"]
        } else {
            &["content-length"]
        };
        wanted.extend(framing);
        wanted.sort_unstable();
        assert_eq!(names, wanted, "{answer:?}");
        assert!(!format!("{:?}", answer.head).contains("sentinel"), "{answer:?}");
        assert_eq!(answer.head.header("connection"), Some("close"), "the client's own wish: {answer:?}");
        assert_eq!(answer.head.header("x-upstream-request-id"), Some("req_upstream"));
    }
}

/// What an error says of itself tells SDKs whether to try again, and for how long not to.
#[test]
fn errors_keep_the_headers_that_answers_keep() {
    const KEPT: [&str; 5] = [
        "anthropic-ratelimit-unified-status",
        "retry-after",
        "retry-after-ms",
        "x-ratelimit-remaining-requests",
        "x-should-retry",
    ];
    let (_quiet, relay) = scripted_relay();
    // The last one: an error with a status of success.
    for (status, told) in [(429, 429), (503, 503), (400, 400), (401, 502), (200, 429)] {
        for path in [OPENAI, ANTHROPIC] {
            for stream in [true, false] {
                let answer = relay.post(path, &chat(&format!("refused-{status}"), stream));
                assert_eq!(answer.status(), told, "{answer:?}");
                let header = |name: &str| answer.head.header(name);
                assert_eq!(header("x-upstream-request-id"), Some("req_upstream"), "{path}: {answer:?}");
                let kept = KEPT.iter().filter(|name| header(name).is_some()).count();
                assert_eq!(kept, if told == 502 { 0 } else { KEPT.len() }, "{path} {status}: {answer:?}");
                if told != 502 {
                    assert_eq!(
                        (header("retry-after"), header("x-should-retry")),
                        (Some("287441"), Some("false"))
                    );
                }
                assert!(!format!("{:?}", answer.head).contains("sentinel"), "{answer:?}");
            }
        }
    }
}
