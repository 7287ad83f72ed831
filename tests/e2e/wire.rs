//! Faults 12, 45, 46 and 48: what HTTP itself can be made to say, from both sides.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use harness::{Baseline, Relay, Setup, Upstream, chat};

use crate::servers::{listen, read_request};
use crate::{ANTHROPIC, OPENAI, PROGRAM, TIMES, error_message, is_whole, start};

const ANSWER: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
const EVENTS: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"whole\"}}]}\n\n\
    data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn chunked(text: &str) -> String {
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

fn raw(relay: &Relay, request: &[u8]) -> (Option<u16>, bool) {
    let mut client = relay.connect();
    // The relay may refuse before it has read all of it.
    let _ = client.send(request);
    let status = client.try_head().ok().map(|head| head.status);
    client.rest();
    (status, client.closes(Duration::from_secs(5)))
}

/// Faults 45 and 46, from the client: two lengths are refused; a length beside chunks is not believed, and whatever
/// follows on that connection is never taken for another request.
#[test]
fn requests_with_lying_framing_are_refused() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let post = "POST /v1/chat/completions HTTP/1.1\r\nhost: r\r\n";
    let smuggled =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: r\r\ncontent-length: 13\r\n\r\n{\"model\":\"x\"}";
    for heads in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: +5\r\n",
        "content-length: 0x5\r\n",
        "content-length: -5\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "content-length : 5\r\n",
        "x-a: 1\r\n folded: 2\r\n",
        "x-nul: a\0b\r\n",
        "x-cr: a\rset-cookie: b\r\n",
        " leading: space\r\n",
        "bad name: 1\r\n",
    ] {
        let (status, closed) = raw(&relay, format!("{post}{heads}\r\n12345{smuggled}").as_bytes());
        assert_eq!((status, closed), (Some(400), true), "{heads:?}");
    }
    assert_eq!(upstream.state().requests(), 0, "something was taken for a request");
    for heads in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let mut client = relay.connect();
        client.send(format!("{post}{heads}\r\n0\r\n\r\n{smuggled}").as_bytes()).unwrap();
        assert_eq!(client.answer().status(), 400, "an empty body is no request");
        assert!(client.try_head().is_err(), "{heads:?}: what followed was answered");
    }
    assert_eq!(upstream.state().requests(), 0, "something was taken for a request");
    baseline.assert_quiet(&[("client_error", 2)]);
}

/// Fault 46: headers and targets beyond any use.
#[test]
fn oversized_heads_are_refused() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let before = relay.child.resident();
    for _ in 0..TIMES {
        let large = format!("GET /healthz HTTP/1.1\r\nhost: r\r\nx-large: {}\r\n\r\n", "x".repeat(1 << 20));
        let many = format!("GET /healthz HTTP/1.1\r\nhost: r\r\n{}\r\n", "x-many: 1\r\n".repeat(2000));
        let target = format!("GET /{} HTTP/1.1\r\nhost: r\r\n\r\n", "x".repeat(1 << 20));
        for (request, statuses) in [(large, &[431][..]), (many, &[431]), (target, &[414, 431])] {
            let (status, closed) = raw(&relay, request.as_bytes());
            // A reset may overtake the answer, because the rest of the head is never read.
            assert!(status.is_none_or(|status| statuses.contains(&status)), "{status:?}");
            assert!(closed);
        }
    }
    if let (Some(before), Some(after)) = (before, relay.child.resident()) {
        assert!(after < before + (32 << 20), "resident memory went from {before} to {after}");
    }
    baseline.assert_quiet(&[]);
}

/// Fault 46: bodies. Both dialects, translated and not: 400, and never a crash.
#[test]
fn bodies_beyond_any_use_are_refused() {
    let quiet = Upstream::start(PROGRAM);
    let url = format!("http://{}", quiet.address());
    let deep = |open: &str, close: &str| {
        format!("{{\"model\":\"m\",\"messages\":{}{}}}", open.repeat(10_000), close.repeat(10_000))
            .into_bytes()
    };
    let bodies: [(&str, Vec<u8>); 8] = [
        ("lists 10,000 deep", deep("[", "]")),
        ("objects 10,000 deep", deep("{\"a\":", "}").into_iter().collect()),
        ("open lists only", format!("{{\"model\":\"m\",\"messages\":{}", "[".repeat(10_000)).into_bytes()),
        ("bad UTF-8 in a name", b"{\"model\":\"m\xff\",\"messages\":[]}".to_vec()),
        (
            "bad UTF-8 in a text",
            b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]}".to_vec(),
        ),
        ("a raw NUL", b"{\"model\":\"m\0\",\"messages\":[]}".to_vec()),
        ("a NUL between", b"{\"model\":\"m\",\0\"messages\":[]}".to_vec()),
        ("two models", b"{\"model\":\"m\",\"model\":\"n\",\"messages\":[]}".to_vec()),
    ];
    for dialect in ["openai", "anthropic"] {
        let relay = Setup::new(PROGRAM).channel("xai", &url, &format!("dialect = \"{dialect}\"")).start();
        let baseline = Baseline::take(&relay, &quiet);
        for path in [OPENAI, ANTHROPIC] {
            for (what, body) in &bodies {
                let mut client = relay.connect();
                client.request("POST", path, body);
                let answer = client.answer();
                assert_eq!(
                    answer.status(),
                    400,
                    "{what}, {path} before {dialect}: {answer:?}\n{}",
                    answer.text()
                );
                error_message(path, &answer);
            }
        }
        baseline.assert_quiet(&[("client_error", 2 * bodies.len() as u64)]);
    }
}

/// Fault 46: nothing that a client writes becomes a header, a line of the log or a path of its own.
#[test]
fn nothing_a_client_says_becomes_a_header() {
    let (upstream, relay) = start(|setup| setup.top("").limit("in_flight", "50"));
    let baseline = Baseline::take(&relay, &upstream);
    let model = "m\r\nset-cookie: injected=1\r\n\r\n{\"end\":\"injected\"}\u{0}\u{1b}[31m";
    for (path, stream) in [(OPENAI, true), (OPENAI, false), (ANTHROPIC, true), (ANTHROPIC, false)] {
        let mut client = relay.connect().with_header("x-request-id", "a\tb c\"{}");
        client.post(path, &chat(model, stream));
        let answer = client.answer();
        assert_eq!((answer.status(), answer.whole), (200, true), "{answer:?}");
        assert!(!stream || is_whole(path, &answer), "{answer:?}");
        assert!(!format!("{:?}", answer.head).contains("injected"), "{:?}", answer.head);
        let id = answer.head.header("x-request-id").unwrap();
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    }
    for request in upstream.requests() {
        assert!(!request["headers"].to_string().contains("injected"), "{request}");
    }
    for line in relay.log().lines() {
        assert!(!line.starts_with("{\"end\":\"injected\"") && !line.contains('\u{1b}'), "{line}");
    }
    baseline.assert_quiet(&[("done", 4)]);
}

/// Fault 12: what may stand around requests on one connection.
#[test]
fn requests_around_each_other_are_kept_apart() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let body = chat("m", false).to_string();
    let post = format!("POST {OPENAI} HTTP/1.1\r\nhost: r\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let slices = body.as_bytes().chunks(7).map(|piece| chunked(std::str::from_utf8(piece).unwrap()));
    let pieces = slices.collect::<String>();
    let chunks = format!(
        "POST {OPENAI} HTTP/1.1\r\nhost: r\r\ntransfer-encoding: chunked\r\n\r\n{pieces}0\r\nx-trailer: 1\r\n\r\n"
    );
    // Pipelined, in every framing, with blank lines between, answered in order; then an end of file.
    let mut client = relay.connect();
    client
        .send(format!("{post}\r\n\r\n{chunks}GET /healthz HTTP/1.1\r\nhost: r\r\n\r\n{post}").as_bytes())
        .unwrap();
    for wanted in ["chat.completion", "chat.completion", "", "chat.completion"] {
        let answer = client.answer();
        assert!(answer.status() == 200 && answer.text().contains(wanted), "{answer:?}");
    }
    client.half_close();
    assert!(client.closes(Duration::from_secs(5)));
    // Junk behind a good request: that one is answered, then the connection ends.
    let mut client = relay.connect();
    client.send(format!("{post}\x16\x03\x01 junk\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(client.answer().status(), 200);
    assert!(client.closes(Duration::from_secs(5)));
    // A client that asks before it sends, and one that speaks HTTP/1.0.
    let mut client = relay.connect();
    let (head, body) = post.split_once("\r\n\r\n").unwrap();
    client.send(format!("{head}\r\nexpect: 100-continue\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(client.head().status, 100);
    client.send(body.as_bytes()).unwrap();
    assert_eq!(client.answer().status(), 200);
    let mut old = relay.connect();
    old.send(post.replace("HTTP/1.1", "HTTP/1.0").as_bytes()).unwrap();
    let status = String::from_utf8_lossy(&{
        assert!(old.closes(Duration::from_secs(10)));
        old.taken()
    })
    .into_owned();
    assert!(status.starts_with("HTTP/1.0 200"), "{status}");
    drop((client, old));
    // The end of file overtakes what was asked: gone, wherever the request was.
    for part in [&post[..20], &post[..post.len() - 5], &chunks[..chunks.len() - 20]] {
        let mut client = relay.connect();
        client.send(part.as_bytes()).unwrap();
        client.half_close();
        assert!(client.closes(Duration::from_secs(5)), "left open after {part:?}");
    }
    baseline.assert_quiet(&[("done", 6), ("client_gone", 2)]);
}
