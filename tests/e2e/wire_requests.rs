//! Faults 12, 45 and 46: what a client can make HTTP say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use harness::{Baseline, Relay, Setup, Upstream, chat};

use crate::wire::chunked;
use crate::{ANTHROPIC, OPENAI, PROGRAM, TIMES, error_message, is_whole, start};

fn raw(relay: &Relay, request: &[u8]) -> (Option<u16>, bool) {
    let mut client = relay.connect();
    // The relay may refuse before it has read all of it.
    let _ = client.send(request);
    let status = client.try_head().ok().map(|head| head.status);
    client.rest();
    (status, client.closes(Duration::from_secs(5)))
}

/// Faults 45 and 46, from the client: two lengths are refused, and so is a length beside chunks; whatever follows on that
/// connection is never taken for another request.
#[test]
fn requests_with_lying_framing_are_refused() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let post = "POST /v1/chat/completions HTTP/1.1\r\nhost: r\r\n";
    // One request of 65 KiB that is refused: the rest of it is no request.
    let sent = format!("10000\r\n{}\r\n0\r\n\r\n", "x".repeat(1 << 16));
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
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\nhost: r\r\n",
    ] {
        let mut client = relay.connect();
        client.send(format!("{post}{heads}\r\n{sent}{smuggled}").as_bytes()).unwrap();
        let answer = client.answer();
        assert_eq!(answer.status(), 400, "{heads:?}");
        assert!(error_message(OPENAI, &answer).starts_with("the request"), "{answer:?}");
        assert!(client.try_head().is_err(), "{heads:?}: what followed was answered");
    }
    assert_eq!(upstream.state().requests(), 0, "something was taken for a request");
    baseline.assert_quiet(&[("client_error", 6)]);
}

/// Fault 45: HTTP/1.1 names its host, HTTP/1.0 need not; what a client takes (`TE`) is no business of the upstream's.
#[test]
fn a_request_without_a_host_is_refused_unless_it_is_old() {
    let (upstream, relay) = start(|setup| setup);
    let body = chat("m", false).to_string();
    let ask = |lines: &str| {
        let length = body.len();
        let head = format!("POST {OPENAI} HTTP/1.1\r\n{lines}content-length: {length}\r\n\r\n{body}");
        raw(&relay, head.as_bytes())
    };
    for lines in ["", "host: r\r\nhost: r\r\n", "host: a b\r\n", "host: u@a\r\n"] {
        assert_eq!(ask(lines), (Some(400), true), "{lines:?}");
    }
    let mut old = TcpStream::connect(relay.address()).unwrap();
    let length = body.len();
    write!(old, "POST {OPENAI} HTTP/1.0\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = Vec::new();
    old.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&answer));
    upstream.reset();
    assert_eq!(ask("host: r\r\nte: trailers, gzip\r\nconnection: te, close\r\n"), (Some(200), true));
    let last = upstream.requests().pop().unwrap();
    assert!(last["headers"].as_array().is_some_and(|all| !all.is_empty()), "{last}");
    assert!(!last["headers"].to_string().contains("\"te\""), "{last}");
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
