//! Every bad answer, from a real socket through the real client.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;
use crate::source::ErrorKind;
use crate::words::en;

const HEALTH: &str =
    r#"{"status":"ok","goroutines":5,"memory":{"alloc_mb":1,"total_alloc_mb":2,"sys_mb":3,"num_gc":4}}"#;
/// `{"goroutines":5}`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\xcf\x2f\xca\x2f\x2d\xc9\xcc\x4b\x2d\x56\xb2\x32\xad\x05\x00\xf6\x97\x80\x62\x10\x00\x00\x00";
const LONG: Duration = Duration::from_secs(20);

/// What the server does with one request, after it has read it.
enum Act {
    Send(Vec<u8>),
    /// Sends that, then a byte every 20 ms until the client leaves.
    Drip(&'static str),
    /// Sends a body without end until the client leaves.
    Flood,
    /// Sends nothing until the client leaves.
    Hang,
}

/// Polls a server that takes one connection per act; returns the outcome and the requests that came.
fn poll(
    address: &str,
    token: Option<&str>,
    timeout: Duration,
    acts: Vec<Act>,
) -> (Result<Reading, PollError>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let expected = acts.len();
    thread::scope(|scope| {
        let server =
            scope.spawn(move || acts.into_iter().map(|act| serve(&listener, &act)).collect::<Vec<_>>());
        let target = Target::parse(&address.replace("{}", &format!("127.0.0.1:{port}"))).unwrap();
        let mut source = health(target, token);
        let outcome = source.poll(timeout);
        // What was not asked for, so that the server can end.
        for _ in 0..expected {
            drop(TcpStream::connect(("127.0.0.1", port)));
        }
        (outcome, server.join().unwrap().into_iter().filter(|request| !request.is_empty()).collect())
    })
}

fn health(target: Target, token: Option<&str>) -> Health {
    let login = token.map(|token| Login::Token(Secret::new(token)));
    let wire = Wire::new(&target, &target, &Access { login, ..Access::default() }).unwrap();
    Health(Remote { wire: Arc::new(wire), target, endpoint: Endpoint::Health, unread: Vec::new() })
}

/// The endpoint alone, without what `auto` would ask next.
struct Health(Remote);

impl Health {
    fn poll(&mut self, timeout: Duration) -> Result<Reading, PollError> {
        self.0.ask(Instant::now() + timeout, timeout).map_err(|miss| miss.error)
    }
}

fn serve(listener: &TcpListener, act: &Act) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let mut request = Vec::new();
    let mut block = [0; 1024];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut block) {
            Ok(n @ 1..) => request.extend_from_slice(&block[..n]),
            _ => return String::new(),
        }
        // A TLS greeting never has a blank line.
        if request[0] == 0x16 {
            break;
        }
    }
    match act {
        Act::Send(bytes) => stream.write_all(bytes).unwrap(),
        Act::Drip(head) => {
            stream.write_all(head.as_bytes()).unwrap();
            while stream.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        }
        Act::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            while stream.write_all(&[b' '; 8192]).is_ok() {}
        }
        Act::Hang => drop(stream.read(&mut block)),
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn response(head: &str, body: &[u8]) -> Act {
    let mut bytes = format!("HTTP/1.1 {head}\r\nconnection: close\r\n").into_bytes();
    if !head.contains("content-length") && !head.contains("transfer-encoding") {
        bytes.extend(format!("content-length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Act::Send(bytes)
}

fn outcome(act: Act) -> Result<Reading, PollError> {
    poll("http://{}", None, LONG, vec![act]).0
}

fn failure(act: Act) -> (ErrorKind, String) {
    let error = outcome(act).unwrap_err();
    (error.kind, error.to_string())
}

#[test]
fn a_good_answer() {
    let (reading, requests) =
        poll("http://{}/base/", None, LONG, vec![response("200 OK", HEALTH.as_bytes())]);
    assert_eq!(reading.unwrap().sample.goroutines, Some(5));
    assert!(requests[0].starts_with("GET /base/api/monitor/health HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains("accept-encoding: gzip"));
    assert!(!requests[0].contains("authorization"));
}

#[test]
fn compressed_and_chunked_answers() {
    let reading = outcome(response("200 OK\r\ncontent-encoding: gzip", GZIP)).unwrap();
    assert_eq!(reading.sample.goroutines, Some(5));
    let chunks = b"3\r\n{\"g\r\nd\r\noroutines\":5}\r\n0\r\n\r\n";
    let reading = outcome(response("200 OK\r\ntransfer-encoding: chunked", chunks)).unwrap();
    assert_eq!(reading.sample.goroutines, Some(5));
}

#[test]
fn answers_that_break_off() {
    for act in [
        response("200 OK\r\ncontent-length: 500", HEALTH.as_bytes()),
        response("200 OK\r\ntransfer-encoding: chunked", b"20\r\n{\"goroutines\":5}"),
        response("200 OK\r\ncontent-encoding: gzip", &GZIP[..20]),
        response("200 OK\r\ncontent-encoding: gzip", HEALTH.as_bytes()),
    ] {
        let (kind, text) = failure(act);
        assert_eq!(kind, ErrorKind::Content, "{text}");
        assert!(text.contains("broke off"), "{text}");
    }
    let (kind, text) = failure(response("200 OK", &HEALTH.as_bytes()[..30]));
    assert_eq!((kind, text.contains("breaks off after 30 bytes")), (ErrorKind::Content, true), "{text}");
}

#[test]
fn answers_that_are_not_health() {
    for (body, said) in [
        (&b""[..], "empty body"),
        (b"<html><title>Nginx</title>", "titled `Nginx`"),
        (b"pong", "starts with `pong`"),
    ] {
        let (kind, text) = failure(response("200 OK", body));
        assert_eq!((kind, text.contains(said)), (ErrorKind::Content, true), "{text}");
    }
    let (kind, text) = failure(Act::Flood);
    assert_eq!((kind, text.contains("more than 1 MiB")), (ErrorKind::Content, true), "{text}");
}

#[test]
fn statuses() {
    for (status, said) in [
        ("401 Unauthorized", "--token-file"),
        ("403 Forbidden", "--token-file"),
        ("404 Not Found", "base path"),
        ("204 No Content", "only 200"),
        ("429 Too Many Requests", "less often"),
        ("502 Bad Gateway", "a proxy answers"),
        ("504 Gateway Timeout", "a proxy answers"),
        ("503 No\r\nserver: nginx/1.22", "a proxy answers"),
        ("503 No\r\nvia: 1.1 edge", "a proxy answers"),
        ("503 No\r\ncontent-type: text/html", "a proxy answers"),
        ("503 No", "the service answers that it is not available"),
        ("503 No\r\nserver: uvicorn\r\nretry-after: 5", "the service answers that it is not available"),
        ("500 Oops", "log"),
    ] {
        let (kind, text) = failure(response(status, b""));
        assert_eq!((kind, text.contains(said)), (ErrorKind::Http, true), "{text}");
    }
}

#[test]
fn redirects_stay_on_the_server() {
    let moved = || response("307 Temporary Redirect\r\nlocation: /v2/api/monitor/health", b"");
    let (reading, requests) =
        poll("http://{}", Some("sentinel"), LONG, vec![moved(), response("200 OK", HEALTH.as_bytes())]);
    assert!(reading.is_ok());
    assert!(
        requests[1].starts_with("GET /v2/api") && requests[1].contains("Bearer sentinel"),
        "{requests:?}"
    );

    let away = response("302 Found\r\nlocation: http://ann:pw@elsewhere.example/health?key=sentinel", b"");
    let (kind, text) = failure(away);
    assert_eq!(kind, ErrorKind::Http);
    assert!(text.contains("redirects to http://elsewhere.example/health:"), "{text}");
    assert!(!text.contains("sentinel") && !text.contains("ann"), "{text}");

    let (_, text) = failure(response("302 Found\r\nlocation: /login?next=x", b""));
    assert!(text.contains("login page"), "{text}");
    let (_, text) = failure(response("304 Not Modified", b""));
    assert!(text.contains("without saying where"), "{text}");
    let (outcome, requests) = poll("http://{}", None, LONG, vec![moved(), moved(), moved(), moved()]);
    assert!(en::error_seen(&outcome.unwrap_err()).contains("without end"));
    assert_eq!(requests.len(), 4);
}

#[test]
fn credentials_are_sent_and_not_shown() {
    let (error, requests) =
        poll("http://ann:s%40ntinel@{}", None, LONG, vec![response("401 Unauthorized", b"")]);
    assert!(requests[0].contains("authorization: Basic YW5uOnNAbnRpbmVs"), "{requests:?}");
    let text = error.unwrap_err().to_string();
    assert!(text.contains("not accepted") && !text.contains("ntinel") && !text.contains("ann"), "{text}");
}

#[test]
fn nothing_takes_longer_than_the_deadline() {
    let timeout = Duration::from_millis(300);
    for act in [
        Act::Hang,
        Act::Drip("HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n{"),
        Act::Drip("HTTP/1.1 200 OK\r\nx-slow:"),
    ] {
        let start = Instant::now();
        let error = poll("http://{}", None, timeout, vec![act]).0.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
        assert!(en::error_seen(&error).contains("within 300ms"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[test]
fn the_wrong_protocol_on_either_side() {
    let alert = Act::Send(b"\x15\x03\x01\x00\x02\x02\x46".to_vec());
    let (kind, text) = failure(alert);
    assert_eq!((kind, text.contains("https://")), (ErrorKind::Http, true), "{text}");
    let (kind, text) = failure(Act::Send(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()));
    assert_eq!((kind, text.contains("did not answer in HTTP")), (ErrorKind::Http, true), "{text}");
    let plain = poll("https://{}", None, LONG, vec![response("400 Bad Request", b"")]).0.unwrap_err();
    assert_eq!((plain.kind, en::error_cure(&plain).contains("http://")), (ErrorKind::Tls, true), "{plain}");
}

#[test]
fn connections_that_fail() {
    let target = Target::parse("127.0.0.1:1").unwrap();
    let error = health(target, None).poll(LONG).unwrap_err();
    assert_eq!(
        (error.kind, en::error_seen(&error).contains("connection refused")),
        (ErrorKind::Refused, true),
        "{error}"
    );
    let (kind, text) = failure(Act::Send(Vec::new()));
    assert_eq!(kind, ErrorKind::Http, "{text}");
}

#[test]
fn polls_share_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::parse(&listener.local_addr().unwrap().to_string()).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut block = [0; 1024];
            for _ in 0..3 {
                assert!(stream.read(&mut block).unwrap() > 0);
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{HEALTH}", HEALTH.len())
                    .unwrap();
            }
        });
        let mut source = health(target, None);
        for _ in 0..3 {
            source.poll(LONG).unwrap();
        }
    });
}
