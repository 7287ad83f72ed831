//! Fault 62: while a relay drains, it says so to whoever asks, and refuses nothing without a word.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Answer, Client, Http2, Identity, PATIENCE, Relay, Setup, Signal, Upstream, chat};

use crate::observe::watertight;
use crate::stop::{drains, slow_stream};
use crate::{ANTHROPIC, OPENAI, PROGRAM, error_message, start};

/// A relay that drains for a stream that never ends, reached without TLS and with it; and before that, connections that
/// were already there.
fn draining(change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay, Kept, Client) {
    let (upstream, relay) = start(|setup| change(setup.drain("60s")));
    let kept = Kept { one: relay.connect(), two: relay.http2(), refused: [relay.connect(), relay.connect()] };
    let mut kept = kept.used();
    let stream = slow_stream(&relay, 1_000_000);
    relay.signal(Signal::TERM);
    drains(&relay);
    says_so(&mut kept);
    (upstream, relay, kept, stream)
}

struct Kept {
    one: Client,
    two: Http2,
    refused: [Client; 2],
}

impl Kept {
    fn used(mut self) -> Self {
        for client in [&mut self.one].into_iter().chain(&mut self.refused) {
            assert_eq!(client.get("/readyz").status(), 200);
        }
        assert_eq!(self.two.get("/readyz").status(), 200);
        self
    }
}

fn tells(path: &str, answer: &Answer) {
    match path {
        "/readyz" => assert_eq!((answer.status(), answer.text().as_str()), (503, "not ready: draining\n")),
        "/api/monitor/health" => assert_eq!(answer.json()["status"], "draining"),
        _ => assert_eq!(answer.status(), 200, "{path}: {answer:?}"),
    }
    assert!(answer.whole, "{path}: {answer:?}");
}

const MONITOR: [&str; 5] =
    ["/healthz", "/readyz", "/api/monitor/health", "/metrics", "/api/monitor/exchanges"];

fn says_so(kept: &mut Kept) {
    for path in MONITOR {
        tells(path, &kept.one.get(path));
        tells(path, &kept.two.get(path));
    }
}

fn is_refused(path: &str, answer: &Answer) {
    assert_eq!(answer.status(), 503, "{path}: {answer:?}");
    assert_eq!(answer.head.header("retry-after"), Some("1"), "{path}: {answer:?}");
    assert!(error_message(path, answer).contains("the relay is stopping"), "{}", answer.text());
}

fn all(tls: bool) {
    let (_upstream, mut relay, mut kept, mut stream) =
        draining(|setup| if tls { setup.tls(Identity::new()) } else { setup });
    let refused = &mut kept.refused.each_mut();
    for (client, path) in refused.iter_mut().zip([OPENAI, ANTHROPIC]) {
        client.post(path, &chat("m", true));
        let answer = client.answer();
        is_refused(path, &answer);
        assert_eq!(answer.head.header("connection"), Some("close"), "{answer:?}");
        assert!(client.closes(Duration::from_secs(5)), "left open");
    }
    // A client that sends its body later is told, too, and not reset.
    let mut late = relay.connect();
    let head = format!("POST {OPENAI} HTTP/1.1\r\nhost: relay\r\ncontent-length: 100000\r\n\r\n");
    late.send(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    late.send(&[b' '; 100_000]).unwrap();
    is_refused(OPENAI, &late.answer());
    is_refused("/v1/models", &relay.get("/v1/models"));
    let mut two = relay.http2();
    let id = two.post(ANTHROPIC, &chat("m", false));
    is_refused(ANTHROPIC, &two.answer(id));
    assert!(two.closes(PATIENCE), "left open");
    assert_eq!(two.goaway(), Some(0), "NO_ERROR");
    for path in MONITOR {
        tells(path, &relay.get(path));
        tells(path, &relay.http2().get(path));
    }
    says_so(&mut kept);
    if !tls {
        let url = format!("http://{}", relay.address());
        let checked = watertight(&["quick-check", "--api-url", &url]).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(1), "{said}");
        assert!(said.contains("it is draining"), "{said}");
    }
    // What was refused holds nothing up, and neither do those who look on.
    let mut looks_on = relay.connect();
    tells("/healthz", &looks_on.get("/healthz"));
    relay.signal(Signal::TERM);
    let (body, _) = stream.rest();
    assert!(String::from_utf8_lossy(&body).contains("the relay is stopping"));
    assert_eq!(relay.child.exit_code(), Some(1));
    assert!(looks_on.closes(PATIENCE));
    let log = relay.log();
    assert!(log.contains("\"aborted\":1}"), "only what was under way was aborted: {log}");
    assert_eq!(log.matches("\"end\":\"shutdown\"").count(), 5, "{log}");
}

#[test]
fn a_draining_relay_says_so_and_refuses_with_a_word() {
    all(false);
}

#[test]
fn a_draining_relay_says_so_under_tls() {
    all(true);
}

/// A drain ends with its last request, whoever is connected, and although there is always somebody who is refused.
#[test]
fn a_drain_ends_with_its_last_request() {
    let (_upstream, mut relay) = start(|setup| setup.drain("60s"));
    let (mut stream, mut monitor) = (slow_stream(&relay, 60), relay.connect());
    assert_eq!(monitor.get("/healthz").status(), 200);
    relay.signal(Signal::TERM);
    drains(&relay);
    let address = relay.address();
    std::thread::scope(|scope| {
        let busy: Vec<_> = (0..4).map(|_| scope.spawn(|| refused(address))).collect();
        let (body, whole) = stream.rest();
        assert!(whole && String::from_utf8_lossy(&body).ends_with("data: [DONE]\n\n"), "the stream was cut");
        assert_eq!(relay.child.exit_code(), Some(0), "{}", relay.child.last_output());
        assert!(monitor.closes(PATIENCE), "left open");
        assert!(busy.into_iter().any(|thread| thread.join().unwrap() > 0), "nobody was refused");
    });
}

/// Asks on new connections as long as somebody listens. Returns how often that was refused with a word.
fn refused(address: SocketAddr) -> u64 {
    let (begun, mut refused) = (Instant::now(), 0);
    let request = format!("POST {OPENAI} HTTP/1.1\r\nhost: relay\r\ncontent-length: 2\r\n\r\n{{}}");
    while begun.elapsed() < PATIENCE
        && let Ok(mut client) = Client::try_connect(address)
    {
        let sent = client.send(request.as_bytes());
        refused += u64::from(sent.is_ok() && client.try_head().is_ok_and(|head| head.status == 503));
    }
    refused
}

/// The port stays taken until the drain is over, and a new relay says by whom.
#[test]
fn a_new_relay_says_that_the_old_one_drains() {
    for tls in [false, true] {
        let (_upstream, relay) = start(|setup| {
            let setup = setup.drain("60s");
            if tls { setup.tls(Identity::new()) } else { setup }
        });
        let address = relay.address().to_string();
        let again = || Relay::of(PROGRAM).arg("--demo").arg("--listen").arg(&address).run();
        let (code, output) = again();
        assert_eq!(code, Some(69), "{output}");
        assert!(output.contains("the address is in use"), "{output}");
        let _stream = slow_stream(&relay, 1_000_000);
        relay.signal(Signal::TERM);
        drains(&relay);
        let (code, output) = again();
        assert_eq!(code, Some(69), "{output}");
        let open = if tls { "" } else { " (1 request in flight)" };
        assert!(
            output.contains(&format!("the old relay there is draining{open}; it ends by itself")),
            "{output}"
        );
    }
}
