//! Forms that go up while they come: what the upstream sees of them and when, what ends them, and what they hold.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use harness::http2::{DATA, END_HEADERS, END_STREAM, HEADERS, block, frame};
use harness::{Client, Relay, Setup, Upstream, until};

use crate::{PROGRAM, error_message, upstream_http2};

pub(crate) const PATH: &str = "/v1/audio/transcriptions";
pub(crate) const MIB: usize = 1 << 20;
const KIND: &str = "content-type: multipart/form-data; boundary=limit\r\n";
pub(crate) const END: &[u8] = b"\r\n--limit--\r\n";

/// What stands before a file's bytes, with the model first.
pub(crate) fn begins(model: &str) -> String {
    format!(
        "--limit\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n\
         --limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n"
    )
}

/// An upstream whose bytes the test reads and writes itself, and a relay before it.
pub(crate) fn start(change: impl FnOnce(Setup) -> Setup) -> (TcpListener, Relay) {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", upstream.local_addr().unwrap());
    let models = "models = [{ name = \"ears\", upstream = \"whisper-1\" }, \"*\"]";
    let relay = change(Relay::of(PROGRAM).channel("custom", &url, models).attempts(1)).start();
    (upstream, relay)
}

pub(crate) fn accept(upstream: &TcpListener) -> TcpStream {
    let (stream, _) = upstream.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Reads until these bytes have come; all that came by then.
pub(crate) fn read_to(stream: &mut TcpStream, wanted: &[u8]) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    while !all.windows(wanted.len()).any(|window| window == wanted) {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "{}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..n]);
    }
    all
}

/// Reads a head, and a body of this length, which is not kept.
fn take(stream: &mut TcpStream, length: usize) {
    let begun = read_to(stream, b"\r\n\r\n--limit");
    let body = begun.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let (mut came, mut buffer) = (begun.len() - body, vec![0; 256 * 1024]);
    while came < length {
        came += stream.read(&mut buffer).unwrap();
    }
}

/// Reads until it is closed.
pub(crate) fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    all
}

fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let length = text.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + text).as_bytes()).unwrap();
}

/// Sends the head of a form, and its beginning.
pub(crate) fn begin(client: &mut Client, length: &str, first: &[u8]) {
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: relay\r\n{KIND}{length}\r\n\r\n");
    client.send(&[head.as_bytes(), first].concat()).unwrap();
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

#[test]
fn the_upstream_has_the_beginning_before_the_client_sends_the_end() {
    let (upstream, relay) = start(|setup| setup);
    for model in ["whisper-1", "ears"] {
        let (first, wanted) = (begins(model) + "first half", begins("whisper-1") + "first halfand second");
        let mut client = relay.connect();
        let length = format!("content-length: {}", first.len() + b"and second".len() + END.len());
        begin(&mut client, &length, first.as_bytes());
        let mut stream = accept(&upstream);
        let mut came = read_to(&mut stream, b"first half");
        client.send(&[b"and second", END].concat()).unwrap();
        came.extend(read_to(&mut stream, END));
        let came = String::from_utf8(came).unwrap();
        let (head, body) = came.split_once("\r\n\r\n").unwrap();
        let wanted = format!("{wanted}{}", String::from_utf8_lossy(END));
        assert_eq!(body, wanted, "{model}");
        assert!(head.to_ascii_lowercase().contains(&format!("content-length: {}", wanted.len())), "{head}");
        answer(&mut stream, "200 OK", "{\"text\":\"heard\"}");
        assert_eq!(client.answer().text(), "{\"text\":\"heard\"}");
    }
    // Without a length it goes on without one.
    let mut client = relay.connect();
    begin(&mut client, "transfer-encoding: chunked", &chunk(begins("m").as_bytes()));
    let mut stream = accept(&upstream);
    let head = String::from_utf8(read_to(&mut stream, b"a.mp3")).unwrap().to_ascii_lowercase();
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
    client.send(&[chunk(END), chunk(b"")].concat()).unwrap();
    read_to(&mut stream, b"\r\n0\r\n\r\n");
    answer(&mut stream, "200 OK", "{\"text\":\"heard\"}");
    assert_eq!(client.answer().status(), 200);
}

/// How a form goes wrong after the upstream has its beginning.
const WRONG: [(&str, u16, &str); 5] = [
    ("another model", 400, "client_error"),
    ("no end", 400, "client_error"),
    ("too large", 413, "too_large"),
    ("silence", 408, "client_error"),
    ("departure", 0, "client_gone"),
];

#[test]
fn a_form_that_goes_wrong_on_its_way_is_never_whole_for_the_upstream() {
    let limits = |setup: Setup| setup.limit("upload", "\"1MiB\"").timeout("request_body", "500ms");
    let (upstream, relay) = start(limits);
    for (what, status, reason) in WRONG {
        let before = relay.health().ended().get(reason).copied().unwrap_or(0);
        let mut client = relay.connect();
        begin(&mut client, "transfer-encoding: chunked", &chunk((begins("m") + "sound").as_bytes()));
        let mut stream = accept(&upstream);
        read_to(&mut stream, b"sound");
        match what {
            "another model" => client.send(&chunk(format!("\r\n{}", begins("big")).as_bytes())).unwrap(),
            "no end" => client.send(&chunk(b"")).unwrap(),
            "too large" => client.send(&[chunk(&[b'x'; MIB]), chunk(END), chunk(b"")].concat()).unwrap(),
            _ => {}
        }
        if what == "departure" {
            drop(client);
        } else {
            let answer = client.answer();
            assert_eq!(answer.status(), status, "{what}: {answer:?}");
            error_message(PATH, &answer);
        }
        let came = rest(&mut stream);
        assert!(!came.ends_with(b"0\r\n\r\n"), "{what}: {}", String::from_utf8_lossy(&came));
        let ended = || relay.health().ended().get(reason).copied().unwrap_or(0);
        until(Duration::from_secs(5), || {
            (ended() == before + 1).then_some(()).ok_or_else(|| what.to_owned())
        });
    }
    // By its head nothing of it need come.
    let mut client = relay.connect();
    begin(&mut client, &format!("content-length: {}", MIB + 1), b"");
    assert_eq!(client.answer().status(), 413);
}

#[test]
fn an_answer_before_the_forms_end_is_the_clients_and_the_connection_goes_on() {
    let (upstream, relay) = start(|setup| setup.limit("upload", "\"64MiB\""));
    let mut client = relay.connect();
    let first = begins("m");
    let length = first.len() + 16 * MIB + END.len();
    begin(&mut client, &format!("content-length: {length}"), first.as_bytes());
    let mut stream = accept(&upstream);
    read_to(&mut stream, b"a.mp3");
    answer(&mut stream, "413 Payload Too Large", "{\"error\":{\"message\":\"too long a recording\"}}");
    client.send(&vec![b'x'; 16 * MIB]).unwrap();
    client.send(END).unwrap();
    let told = client.answer();
    assert!(told.status() == 413 && told.text().contains("too long a recording"), "{told:?}");
    assert!(rest(&mut stream).len() < 16 * MIB, "the upstream gets no more than what was under way");
    // What was read away does not stand before the next request.
    assert_eq!(client.get("/healthz").status(), 200);
}

/// Tells a whole transcription while the form is still on its way, and closes.
fn hears_enough(stream: &mut TcpStream) -> String {
    let events = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"enough\"}\n\n\
                  data: {\"type\":\"transcript.text.done\",\"text\":\"enough\"}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all((head.to_owned() + events).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    events.to_owned()
}

fn nothing_is_held(relay: &Relay) {
    until(Duration::from_secs(10), || {
        let (health, metrics) = (relay.health(), relay.get("/metrics").text());
        let held = health.relay("in_flight") + u64::from(!metrics.contains("watertight_buffered_bytes 0\n"));
        (held == 0).then_some(()).ok_or_else(|| "something is held".to_owned())
    });
}

/// Told and over before the client has sent its form: it sends on, and is not cut off from the answer by a reset.
#[test]
fn a_stream_that_is_over_before_the_form_is_whole_for_a_client_that_still_sends() {
    let (upstream, relay) = start(|setup| setup.limit("upload", "\"64MiB\""));
    let first = begins("m");
    let length = first.len() + 8 * MIB + END.len();
    for (how, is_chunked) in
        [(format!("content-length: {length}"), false), ("transfer-encoding: chunked".into(), true)]
    {
        let mut client = TcpStream::connect(relay.address()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let shown = |data: &[u8]| if is_chunked { chunk(data) } else { data.to_vec() };
        let head = format!("POST {PATH} HTTP/1.1\r\nhost: relay\r\n{KIND}{how}\r\n\r\n");
        client.write_all(&[head.as_bytes(), &shown(first.as_bytes())].concat()).unwrap();
        let mut stream = accept(&upstream);
        read_to(&mut stream, b"a.mp3");
        let events = hears_enough(&mut stream);
        let done = || relay.health().ended().get("done").copied().unwrap_or(0);
        let wanted = u64::from(is_chunked) + 1;
        until(Duration::from_secs(10), || (done() == wanted).then_some(()).ok_or_else(|| done().to_string()));
        for _ in 0..8 {
            client.write_all(&shown(&vec![b'x'; MIB])).unwrap();
        }
        let mut told = Vec::new();
        client.read_to_end(&mut told).expect("an end, and no reset");
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
        assert!(events.lines().all(|line| told.contains(line)), "{told}");
        nothing_is_held(&relay);
    }
}

/// Over HTTP/2 only the stream ends.
#[test]
fn over_http2_an_answer_before_the_forms_end_leaves_the_connection_to_others() {
    let (upstream, relay) = start(|setup| setup.limit("upload", "\"64MiB\""));
    let mut client = relay.http2();
    for is_stream in [true, false] {
        let id = client.open();
        let head = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", PATH)];
        let kind = [("content-type", "multipart/form-data; boundary=limit")];
        client.send(&frame(HEADERS, END_HEADERS, id, &block(&[&head[..], &kind].concat()))).unwrap();
        client.send(&frame(DATA, 0, id, begins("m").as_bytes())).unwrap();
        let mut stream = accept(&upstream);
        read_to(&mut stream, b"a.mp3");
        let wanted = if is_stream {
            hears_enough(&mut stream);
            "transcript.text.done"
        } else {
            answer(&mut stream, "200 OK", "{\"text\":\"heard\"}");
            client.send(&frame(DATA, END_STREAM, id, END)).unwrap();
            "heard"
        };
        let told = client.answer(id);
        assert!(told.status() == 200 && told.text().contains(wanted), "{told:?}");
        assert_eq!(client.get("/healthz").status(), 200);
        nothing_is_held(&relay);
    }
}

#[test]
fn an_upstream_that_takes_no_more_ends_the_upload() {
    let (upstream, relay) = start(|setup| setup.limit("upload", "\"64MiB\"").timeout("first_byte", "1s"));
    let mut client = relay.connect();
    begin(&mut client, "transfer-encoding: chunked", &chunk(begins("m").as_bytes()));
    let stream = accept(&upstream);
    for _ in 0..32 {
        client.send(&chunk(&vec![b'x'; MIB])).unwrap();
    }
    client.send(&[chunk(END), chunk(b"")].concat()).unwrap();
    let told = client.answer();
    assert_eq!(told.status(), 504, "{told:?}");
    until(Duration::from_secs(5), || match relay.health().ended().get("first_byte_timeout") {
        Some(1) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    drop(stream);
}

/// 100 MiB through a budget of 2.
#[test]
fn what_is_held_of_a_form_does_not_depend_on_its_length() {
    let (upstream, relay) = start(|setup| setup.limit("buffered", "\"2MiB\"").limit("upload", "\"200MiB\""));
    let upload = |length: usize| {
        let mut client = relay.connect();
        let (first, piece) = (begins("m"), vec![b'x'; MIB]);
        let all = first.len() + length * MIB + END.len();
        begin(&mut client, &format!("content-length: {all}"), first.as_bytes());
        let mut stream = accept(&upstream);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                take(&mut stream, all);
                answer(&mut stream, "200 OK", "{\"text\":\"heard\"}");
            });
            let mut peak = 0;
            for _ in 0..length {
                client.send(&piece).unwrap();
                peak = peak.max(relay.child.resident().unwrap_or(0));
            }
            client.send(END).unwrap();
            assert_eq!(client.answer().status(), 200);
            peak
        })
    };
    let (short, long) = (upload(4), upload(100));
    assert!(long <= short + 4 * MIB as u64, "{short} bytes are resident for 4 MiB, {long} for 100");
    until(Duration::from_secs(5), || {
        let held = relay.get("/metrics").text().contains("watertight_buffered_bytes 0\n");
        held.then_some(()).ok_or_else(|| "something is held".to_owned())
    });
}

/// A form with a file of that many bytes.
fn form(model: &str, length: usize) -> Vec<u8> {
    let file: Vec<u8> = (0..length).map(|at| (at * 31 + at / 251) as u8).collect();
    [begins(model).as_bytes(), &file, END].concat()
}

fn sends(client: &mut Client, body: &[u8], chunked: bool) {
    if !chunked {
        return begin(client, &format!("content-length: {}", body.len()), body);
    }
    begin(client, "transfer-encoding: chunked", b"");
    body.chunks(100_000).for_each(|part| client.send(&chunk(part)).unwrap());
    client.send(&chunk(b"")).unwrap();
}

#[test]
fn over_http2_a_form_goes_up_the_same_way() {
    let slow = |setup: Setup| setup.timeout("first_byte", "4s").timeout("request_body", "1s");
    let (upstream, relay) = upstream_http2::start(slow);
    let heard = |text: &str| text.split_once("heard ").map(|(_, rest)| rest.to_owned());
    let plain = {
        let direct = Upstream::start(PROGRAM);
        let mut client = Client::connect(direct.address());
        sends(&mut client, &form("m", 3 * MIB), false);
        heard(&client.answer().text())
    };
    assert!(plain.is_some());
    for chunked in [false, true] {
        let mut client = relay.connect();
        sends(&mut client, &form("m", 3 * MIB), chunked);
        let answer = client.answer();
        assert_eq!((answer.status(), heard(&answer.text())), (200, plain.clone()), "{answer:?}");
    }
    // From a client that speaks it, too.
    let mut client = relay.http2();
    let (id, body) = (client.open(), form("m", 40_000));
    let head = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", PATH)];
    let kind = [("content-type", "multipart/form-data; boundary=limit")];
    client.send(&frame(HEADERS, END_HEADERS, id, &block(&[&head[..], &kind].concat()))).unwrap();
    for part in body.chunks(10_000) {
        client.send(&frame(DATA, 0, id, part)).unwrap();
    }
    client.send(&frame(DATA, END_STREAM, id, b"")).unwrap();
    assert!(client.answer(id).text().contains("heard 40000 bytes"));
    // It takes nothing more; it has the beginning and the client sends nothing more; it answers early.
    for (model, whole, status) in
        [("fault-unread-9000", true, 504), ("fault-silent", false, 408), ("fault-early-error-413", true, 413)]
    {
        let mut client = relay.connect();
        let body = form(model, 12 * MIB);
        if whole {
            sends(&mut client, &body, false);
        } else {
            begin(&mut client, &format!("content-length: {}", body.len()), &body[..20_000]);
        }
        let answer = client.answer();
        assert_eq!(answer.status(), status, "{model}: {answer:?}");
        upstream.wait("nothing is open", |state| state.open_requests() == 0);
    }
}

#[test]
fn only_a_form_that_is_held_goes_to_another_channel() {
    let (one, other) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let models = |name: &str, priority: u32| {
        format!("models = [{{ name = \"ears\", upstream = \"{name}\" }}]\npriority = {priority}")
    };
    let [first, second] = [&one, &other].map(|upstream| format!("http://{}/v1", upstream.address()));
    let relay = Relay::of(PROGRAM)
        .channel("openai", &first, &models("fault-status-500", 2))
        .channel("openai", &second, &models("m", 1))
        .start();
    for (length, status, asked) in [(20_000, 200, 1), (200_000, 500, 1), (30_000, 200, 2)] {
        let mut client = relay.connect();
        sends(&mut client, &form("ears", length), true);
        let answer = client.answer();
        assert_eq!((answer.status(), other.state().requests()), (status, asked), "{length}: {answer:?}");
    }
}
