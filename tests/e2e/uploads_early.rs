//! Answers that come before a form's end: the client gets them, whatever they are and however it speaks, and nothing stays
//! behind.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use harness::http2::{DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, RST_STREAM, SETTINGS, block, frame};
use harness::{Relay, until};

use crate::uploads::{END, MIB, PATH, accept, begin, begins, read_to, rest, start};

/// An early answer: its status, its kind, its body, and what the client must see of it.
const EARLY: [(u16, &str, &str, &str); 3] = [
    (200, "application/json", "{\"text\":\"heard\"}", "heard"),
    (400, "application/json", "{\"error\":{\"message\":\"no such voice\"}}", "no such voice"),
    (
        200,
        "text/event-stream",
        "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hi\"}\n\n\
         data: {\"type\":\"transcript.text.done\",\"text\":\"hi there\"}\n\n",
        "hi there",
    ),
];

/// The beginning of a form, which asks for a stream where one is to come.
fn first(kind: &str) -> String {
    let part = "--limit\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n";
    if kind.starts_with("text") { part.to_owned() + &begins("m") } else { begins("m") }
}

fn answer(stream: &mut TcpStream, (status, kind, body, _): (u16, &str, &str, &str)) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
}

/// No exchange, no connection that it used, no byte of it.
fn nothing_stays(relay: &Relay, what: &str) {
    until(Duration::from_secs(10), || {
        let (in_flight, open) = (relay.health().relay("in_flight"), relay.health().relay("upstream_open"));
        let held = !relay.get("/metrics").text().contains("watertight_buffered_bytes 0\n");
        let quiet = (in_flight, open, held) == (0, 0, false);
        quiet.then_some(()).ok_or_else(|| format!("{what}: {in_flight} in flight, {open} open, held: {held}"))
    });
}

#[test]
fn an_answer_before_the_forms_end_reaches_a_client_that_goes_on_and_one_that_waits() {
    let (upstream, relay) = start(|setup| setup.limit("upload", "\"64MiB\""));
    for early in EARLY {
        let (status, kind, _, said) = early;
        for goes_on in [true, false] {
            let what = format!("{status} {kind}, the client goes on: {goes_on}");
            let (mut client, begun) = (relay.connect(), first(kind));
            let length = begun.len() + 8 * MIB + END.len();
            begin(&mut client, &format!("content-length: {length}"), begun.as_bytes());
            let mut stream = accept(&upstream);
            read_to(&mut stream, b"a.mp3");
            answer(&mut stream, early);
            if goes_on {
                let sent = client.send(&[&vec![b'x'; 8 * MIB], END].concat());
                // A stream may be over before the form is: then the connection is closed behind it.
                assert!(sent.is_ok() || kind.starts_with("text"), "{what}: {sent:?}");
            }
            let told = client.answer();
            assert!(told.status() == status && told.text().contains(said), "{what}: {told:?}");
            assert!(rest(&mut stream).len() < 8 * MIB, "{what}: the upstream gets what was under way");
            drop(client);
            nothing_stays(&relay, &what);
        }
    }
}

#[test]
fn an_early_answer_reaches_a_client_that_speaks_http2() {
    let (upstream, relay) = start(|setup| setup);
    for early in EARLY {
        let (status, kind, _, said) = early;
        let mut client = relay.http2();
        let id = client.open();
        let head = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", PATH)];
        let form = [("content-type", "multipart/form-data; boundary=limit")];
        client.send(&frame(HEADERS, END_HEADERS, id, &block(&[&head[..], &form].concat()))).unwrap();
        client.send(&frame(DATA, 0, id, first(kind).as_bytes())).unwrap();
        let mut stream = accept(&upstream);
        read_to(&mut stream, b"a.mp3");
        answer(&mut stream, early);
        // It is never told where the form ends.
        let told = client.answer(id);
        assert!(told.status() == status && told.text().contains(said), "{status} {kind}: {told:?}");
        assert_eq!(client.get("/healthz").status(), 200, "the connection goes on");
        drop(client);
        nothing_stays(&relay, kind);
    }
}

/// The next frame: its kind, flags, stream and payload. `None`: the connection ended.
fn next(stream: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).ok()?;
    Some((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

#[test]
fn an_early_answer_over_http2_ends_the_upload() {
    for (status, kind, body, said) in EARLY {
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", upstream.local_addr().unwrap());
        let http2 = "models = [\"*\"]\nhttp2 = true";
        let relay = Relay::of(crate::PROGRAM).channel("custom", &url, http2).attempts(1).start();
        let (mut client, begun) = (relay.connect(), first(kind));
        let length = begun.len() + MIB + END.len();
        begin(&mut client, &format!("content-length: {length}"), begun.as_bytes());
        let mut stream = accept(&upstream);
        stream.read_exact(&mut [0; PREFACE.len()]).unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
        while next(&mut stream).is_some_and(|(kind, _, id, _)| (kind, id) != (DATA, 1)) {}
        let head = block(&[(":status", &status.to_string()), ("content-type", kind)]);
        stream.write_all(&frame(HEADERS, END_HEADERS, 1, &head)).unwrap();
        stream.write_all(&frame(DATA, END_STREAM, 1, body.as_bytes())).unwrap();
        let told = client.answer();
        assert!(told.status() == status && told.text().contains(said), "{status} {kind}: {told:?}");
        let mut frames = std::iter::from_fn(|| next(&mut stream));
        let reset = frames.any(|(kind, _, id, _)| (kind, id) == (RST_STREAM, 1));
        assert!(reset, "{status} {kind}: the upstream is not told that no more comes");
        drop((client, stream));
        nothing_stays(&relay, kind);
    }
}
