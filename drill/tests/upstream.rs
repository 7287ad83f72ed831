//! The upstream's own promises: good answers are whole, faults do what the table says, peers that leave are noticed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A runtime of its own that is stopped with the test.
struct Running {
    _runtime: tokio::runtime::Runtime,
    upstream: drill::upstream::Upstream,
}

fn start() -> Running {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let upstream = runtime.block_on(async {
        drill::upstream::start(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap()
    });
    Running { _runtime: runtime, upstream }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn post(path: &str, body: &Value) -> String {
    let body = body.to_string();
    format!("POST {path} HTTP/1.1\r\nhost: drill\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Reads until `end` was seen, the peer closed, or 2 MiB came.
fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !bytes.ends_with(end.as_bytes()) && bytes.len() < 2 << 20 {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn state(address: SocketAddr) -> Value {
    let mut stream = connect(address);
    stream.write_all(b"GET /drill/state HTTP/1.1\r\nconnection: close\r\n\r\n").unwrap();
    let text = read_until(&mut stream, "}}");
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn wait_for(address: SocketAddr, what: &str, reached: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let state = state(address);
        if reached(&state) {
            return state;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{what}: {state}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn good_answers_in_both_dialects_share_a_connection() {
    let running = start();
    let address = running.upstream.address();
    let mut stream = connect(address);
    for (path, end) in [("/v1/chat/completions", "data: [DONE]\n\n"), ("/v1/messages", "message_stop\"}\n\n")]
    {
        let body =
            json!({"model": "m", "stream": true, "max_tokens": 3, "stream_options": {"include_usage": true}});
        stream.write_all(post(path, &body).as_bytes()).unwrap();
        let text = read_until(&mut stream, "\r\n0\r\n\r\n");
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.contains("text/event-stream") && text.contains(end), "{text}");
        assert!(text.contains("\"output_tokens\":3") || text.contains("\"completion_tokens\":3"), "{text}");
    }
    for path in ["/v1/chat/completions", "/v1/messages", "/v1/embeddings"] {
        stream.write_all(post(path, &json!({"model": "m", "input": ["a", "b"]})).as_bytes()).unwrap();
        let text = read_until(&mut stream, "}");
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("\"usage\""), "{text}");
        // Whatever a short read left over must not be taken for the next answer.
        std::thread::sleep(Duration::from_millis(20));
        stream.set_nonblocking(true).unwrap();
        let _ = stream.read(&mut [0; 65536]);
        stream.set_nonblocking(false).unwrap();
    }
    let state = state(address);
    assert_eq!(state["requests_total"], 5, "{state}");
    assert_eq!(state["reused"], 4, "{state}");
    assert_eq!(state["connections_total"], 1, "the control connections are not counted: {state}");
}

#[test]
fn a_peer_that_leaves_is_noticed_while_the_upstream_is_silent_flooding_or_dripping() {
    let running = start();
    let address = running.upstream.address();
    let faults = [
        "silent",
        "silent-after-headers",
        "stall",
        "flood",
        "drip-comments-20",
        "error-stall",
        "error-endless",
    ];
    for (i, fault) in faults.into_iter().enumerate() {
        let mut stream = connect(address);
        let body = json!({"model": format!("openai/fault-{fault}"), "stream": true});
        stream.write_all(post("/v1/chat/completions", &body).as_bytes()).unwrap();
        wait_for(address, fault, |state| state["open_requests"] == 1);
        stream.shutdown(Shutdown::Both).unwrap();
        drop(stream);
        let left = Instant::now();
        let state =
            wait_for(address, fault, |state| state["open_requests"] == 0 && state["open_connections"] == 0);
        assert!(left.elapsed() < Duration::from_secs(1), "{fault} took {:?}", left.elapsed());
        assert_eq!(state["cut_by_peer"], i as u64 + 1, "{fault}: {state}");
    }
}

#[test]
fn requests_are_remembered_as_they_came() {
    let running = start();
    let mut stream = connect(running.upstream.address());
    let body = "{ \"model\" :\"m\",\n \"x\": 1.0 }";
    let head =
        "POST /v1/chat/completions?a=b HTTP/1.1\r\nX-Odd:  two  spaces\r\ntransfer-encoding: chunked\r\n\r\n";
    let (one, two) = body.split_at(9);
    let text = format!("{head}{:x}\r\n{one}\r\n{:x};ext=1\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
    stream.write_all(text.as_bytes()).unwrap();
    assert!(read_until(&mut stream, "}").starts_with("HTTP/1.1 200"));
    stream.write_all(b"GET /drill/requests HTTP/1.1\r\n\r\n").unwrap();
    let text = read_until(&mut stream, "}]");
    let json = text.rsplit_once("\r\n\r\n").unwrap().1;
    let requests: Value = serde_json::from_str(json).unwrap();
    assert_eq!(requests[0]["body"], body);
    assert_eq!(requests[0]["path"], "/v1/chat/completions?a=b");
    assert_eq!(requests[0]["headers"][0], json!(["X-Odd", " two  spaces"]));
}

#[test]
fn broken_answers_are_broken_where_the_table_says() {
    let running = start();
    let cases: &[(&str, bool, &str, &str)] = &[
        // model, stream, what the answer contains, what it must not contain
        ("fault-status-429", false, "retry-after: 7\r\n", "HTTP/1.1 200"),
        ("fault-error-unended", false, "transfer-encoding: chunked", "\r\n0\r\n"),
        ("fault-cut-3", true, "\r\n400\r\n", "[DONE]"),
        ("fault-truncate-3", true, "\r\n0\r\n\r\n", "[DONE]"),
        ("fault-no-done", true, "\"finish_reason\":\"stop\"", "[DONE]"),
        ("fault-error-after-2", true, "an error in the middle", "[DONE]"),
        ("fault-first-error", true, "\r\ndata: {\"error\"", "chatcmpl"),
        ("fault-after-terminal", true, "[DONE]\n\ndata: ", "SURPLUS"),
        ("fault-too-long", false, "SURPLUS", "chunked"),
        ("fault-html-502", false, "HTTP/1.1 502 Bad Gateway", "{"),
        ("fault-json-answer-charset", true, "application/json; charset=utf-8", "data:"),
        ("fault-fields-77", true, "the argument of the fault `fields` is 1 to 9: not 77", "chatcmpl"),
        ("fault-status-99999", false, "HTTP/1.1 400 Bad Request", "chatcmpl"),
        ("fault-no-such", true, "no fault is called `no-such`", "chatcmpl"),
        ("fault-split", true, "data: [DONE]\n\n", "event:"),
        ("fault-odd", true, "data:[DONE]\r\n\r\n", "event:"),
    ];
    for (model, stream, contained, absent) in cases {
        let mut socket = connect(running.upstream.address());
        let body = json!({"model": model, "stream": stream});
        let request = post("/v1/chat/completions", &body).replacen("host: drill", "connection: close", 1);
        socket.write_all(request.as_bytes()).unwrap();
        let text = read_until(&mut socket, "\0");
        assert!(text.contains(contained), "{model}: {text}");
        assert!(!text.contains(absent), "{model}: {text}");
    }
}

#[test]
fn an_early_error_leaves_the_rest_of_the_body_unread() {
    let running = start();
    let address = running.upstream.address();
    let mut stream = connect(address);
    let head = "POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 30000000\r\n\r\n{\"model\":\"fault-early-error-429\",\"x\":\"";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&[b'x'; 8192]).unwrap();
    assert!(read_until(&mut stream, "}}").starts_with("HTTP/1.1 429"));
    assert_eq!(state(address)["open_requests"], 1);
    drop(stream);
    wait_for(address, "early-error", |state| state["open_requests"] == 0);
}
