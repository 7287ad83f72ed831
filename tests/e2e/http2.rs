//! HTTP/2 from clients: many requests on one connection, each of them on its own. Faults 8 to 10, 13, 21 and 38 as
//! they are there.

use std::time::{Duration, Instant};

use harness::http2::{CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, block, frame};
use harness::{Answer, Baseline, Http2, PATIENCE, Relay, Signal, Upstream, chat, until};
use vitals::key::KeyHash;

use crate::{ANTHROPIC, OPENAI, TIMES, error_event, is_whole, start};

/// How soon an upstream must be told that its client left.
const TOLD: Duration = Duration::from_secs(1);
const MODELS: [&str; 4] = ["fault-pace-20", "fault-stall-1", "fault-silent-after-headers", "fault-silent"];

/// Asks for a stream that does not end by itself.
fn endless(client: &mut Http2, model: &str) -> u32 {
    let mut request = chat(model, true);
    request["max_tokens"] = 1_000_000.into();
    client.post(OPENAI, &request)
}

/// Streams of `model` on one connection, all with their upstream.
fn open(relay: &Relay, upstream: &Upstream, model: &str) -> (Http2, Vec<u32>) {
    upstream.reset();
    let mut client = relay.http2();
    let streams: Vec<_> = (0..TIMES).map(|_| endless(&mut client, model)).collect();
    if model.contains("pace") {
        streams.iter().for_each(|stream| client.read_until(*stream, " runs"));
    }
    upstream.wait("all streams are open", |state| state.open_requests() == TIMES as u64);
    (client, streams)
}

/// The upstream must know within a second that its client left, and must not have been asked again.
fn assert_told(upstream: &Upstream, what: &str) {
    let left = Instant::now();
    let state = upstream.wait("the upstream is told", |state| state.open_requests() == 0);
    assert!(left.elapsed() < TOLD, "{what}: the upstream was told after {:?}", left.elapsed());
    assert_eq!(state.number("requests_total"), TIMES as u64, "{what}: tried again for a client that left");
    assert_eq!(state.number("cut_by_peer"), TIMES as u64, "{what}: {}", state.0);
}

#[test]
fn many_requests_share_a_connection_and_each_is_counted() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    let mut old = relay.connect();
    for round in 0..3 {
        let ask = |client: &mut Http2, i: usize| {
            let path = [OPENAI, ANTHROPIC][i % 2];
            (path, i % 4 < 2, client.post(path, &chat(&format!("m-{round}-{i}"), i % 4 < 2)))
        };
        let asked: Vec<_> = (0..40).map(|i| ask(&mut client, i)).collect();
        // HTTP/1 goes on beside it, on the same port.
        old.post(OPENAI, &chat("fault-tokens-50", true));
        for (i, (path, stream, id)) in asked.into_iter().enumerate() {
            let answer = client.answer(id);
            assert_eq!(answer.status(), 200, "{answer:?}");
            assert!(answer.whole, "{answer:?}");
            assert!(answer.text().contains(&format!("\"m-{round}-{i}\"")), "another's: {}", answer.text());
            assert!(!stream || is_whole(path, &answer), "{}", answer.text());
            assert!(stream || answer.json()["model"].is_string(), "{}", answer.text());
        }
        assert!(is_whole(OPENAI, &old.answer()));
    }
    drop((client, old));
    baseline.assert_quiet(&[("done", 3 * 41)]);
}

/// An answer is passed byte by byte as over HTTP/1, however long.
#[test]
fn a_long_answer_comes_whole() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let ask = |client: &mut Http2, stream: bool| -> Answer {
        let id = client.post(OPENAI, &chat("fault-tokens-20000", stream));
        client.answer(id)
    };
    for stream in [true, false] {
        let one = relay.post(OPENAI, &chat("fault-tokens-20000", stream));
        let two = ask(&mut relay.http2(), stream);
        assert!(two.whole && two.body.len() > 100_000, "{} bytes", two.body.len());
        assert_eq!(one.body.len(), two.body.len());
    }
    baseline.assert_quiet(&[("done", 4)]);
}

#[test]
fn the_relays_own_endpoints_answer() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    assert_eq!(client.get("/api/monitor/health").json()["status"], "ok");
    assert!(client.get("/metrics").text().contains("watertight_"));
    assert_eq!(client.get("/nothing").status(), 404);
    let id = client.request("HEAD", "/healthz", b"");
    let answer = client.answer(id);
    assert_eq!((answer.status(), answer.body.len()), (200, 0), "{answer:?}");
    let id = client.request("OPTIONS", "/v1/messages", b"");
    assert_eq!(client.answer(id).status(), 204);
    let id = client.request("POST", OPENAI, b"{");
    assert_eq!(client.answer(id).status(), 400);
    drop(client);
    baseline.assert_quiet(&[("client_error", 1)]);
}

/// A client that sends first and reads later sees why it is refused, and no reset: what it sends is read away.
#[test]
fn a_refused_body_is_read_away_before_the_answer() {
    let key = format!("[[keys]]\nname = \"a\"\nhash = \"{}\"\n", KeyHash::of("sk-1"));
    let (_upstream, relay) = start(|setup| setup.toml(&key));
    for (path, status) in [(OPENAI, 401), ("/v1/nothing", 404), ("/healthz", 405)] {
        let mut client = relay.http2();
        let id = client.open();
        let head = frame(HEADERS, END_HEADERS, id, &client.head_of("POST", path));
        client.send(&[head, frame(DATA, 0, id, &[b'x'; 10_000])].concat()).unwrap();
        assert!(client.read_for(Duration::from_millis(200)));
        // More than one window of a stream, so it has to be read.
        for _ in 0..20 {
            client.send(&frame(DATA, 0, id, &[b'x'; 12_000])).unwrap();
            assert!(client.read_for(Duration::from_millis(5)));
        }
        client.send(&frame(DATA, END_STREAM, id, b"}")).unwrap();
        assert_eq!(client.resets(), 0, "{path}: reset while it was sending");
        let answer = client.answer(id);
        assert_eq!((answer.status(), answer.whole), (status, true), "{answer:?}");
    }
}

/// RFC 9113, 8.1: pseudo headers in trailers end their stream, however they are written; the others go on.
#[test]
fn pseudo_headers_in_trailers_end_the_stream() {
    const BOTH: u8 = END_STREAM | END_HEADERS;
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    let mut ask = |trailers: &dyn Fn(u32) -> Vec<u8>| {
        let id = client.open();
        let fields = [(":method", "POST"), (":scheme", "http"), (":path", OPENAI)];
        // Its first field is the newest in the table that a connection builds up: 62.
        let head = [&[0x41, 9], &b"localhost"[..], &block(&fields)].concat();
        let head = frame(HEADERS, END_HEADERS, id, &head);
        let body = frame(DATA, 0, id, chat("fault-tokens-2", true).to_string().as_bytes());
        client.send(&[head, body, trailers(id)].concat()).unwrap();
        id
    };
    let bad: [&dyn Fn(u32) -> Vec<u8>; 5] = [
        &|id| frame(HEADERS, BOTH, id, &block(&[(":path", "/v1/models")])),
        &|id| frame(HEADERS, BOTH, id, &[0x80 | 62]),
        &|id| frame(HEADERS, BOTH, id, &[0x20, 0x3f, 0xe1, 0x1f, 0x84]),
        &|id| frame(HEADERS, BOTH | PADDED, id, &[2, 0x84, 0, 0]),
        &|id| [frame(HEADERS, END_STREAM, id, b""), frame(CONTINUATION, END_HEADERS, id, &[0x84])].concat(),
    ];
    let served = ask(&|id| frame(HEADERS, BOTH, id, &block(&[("x-checksum", "1")])));
    let refused = bad.map(&mut ask);
    let last = ask(&|id| frame(HEADERS, BOTH, id, b""));
    for id in refused {
        assert_eq!(client.reset_of(id), 1, "PROTOCOL_ERROR");
    }
    for id in [served, last] {
        assert!(is_whole(OPENAI, &client.answer(id)));
    }
    drop(client);
    baseline.assert_quiet(&[("client_error", 5), ("done", 2)]);
}

/// The tasks of streams are explained by the streams.
#[test]
fn every_stream_is_explained() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let unexplained = |relay: &Relay| {
        let health = relay.health();
        health.tasks() - health.relay("explained")
    };
    let before = unexplained(&relay);
    let (client, _) = open(&relay, &upstream, "fault-silent");
    until(PATIENCE, || match unexplained(&relay) {
        // One that was just ending may have been counted before.
        now if now <= before => Ok(()),
        now => Err(format!("{now} tasks are not explained, {before} were not before")),
    });
    assert_eq!(relay.health().relay("in_flight"), TIMES as u64);
    // Each stream, their connection, and the one that asks: towards the upstream nothing has a task but what looks after a
    // connection that rests, if the streams left one.
    until(PATIENCE, || {
        let health = relay.health();
        match health.relay("explained") - health.idle_tasks() {
            now if now == TIMES as u64 + 2 => Ok(()),
            now => Err(format!("{now} tasks are explained: {health:?}")),
        }
    });
    drop(client);
    baseline.assert_quiet(&[("client_gone", TIMES as u64)]);
}

/// Faults 8, 9 and 10 by RST_STREAM: each stream by itself, the connection and its other streams go on.
#[test]
fn a_stream_that_is_reset_takes_its_upstream_with_it() {
    let (upstream, relay) = start(|setup| setup);
    for model in MODELS {
        let baseline = Baseline::take(&relay, &upstream);
        let (mut client, streams) = open(&relay, &upstream, model);
        streams.into_iter().for_each(|stream| client.cancel(stream));
        assert_told(&upstream, model);
        let id = client.post(OPENAI, &chat("after", true));
        assert!(is_whole(OPENAI, &client.answer(id)), "{model}: the connection did not go on");
        drop(client);
        baseline.assert_quiet(&[("client_gone", TIMES as u64), ("done", 1)]);
    }
}

/// Faults 8, 9 and 10 by a connection that vanishes.
#[test]
fn a_connection_that_vanishes_takes_all_its_upstreams_with_it() {
    let (upstream, relay) = start(|setup| setup);
    for model in MODELS {
        let baseline = Baseline::take(&relay, &upstream);
        for leave in [drop, Http2::vanish] {
            let (client, _) = open(&relay, &upstream, model);
            leave(client);
            assert_told(&upstream, model);
        }
        baseline.assert_quiet(&[("client_gone", 2 * TIMES as u64)]);
    }
}

/// A flood is under way when its stream is reset, or its connection vanishes.
#[test]
fn a_client_that_leaves_a_flood_takes_its_upstream_with_it() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for by_reset in [true, false] {
        upstream.reset();
        let mut client = relay.http2();
        let id = client.post(OPENAI, &chat("fault-flood", true));
        client.read_until(id, " drop");
        if by_reset {
            client.cancel(id);
        }
        let kept = by_reset.then_some(client);
        let left = Instant::now();
        upstream.wait("the upstream is told", |state| state.open_requests() == 0);
        assert!(left.elapsed() < TOLD, "the upstream was told after {:?}", left.elapsed());
        drop(kept);
    }
    baseline.assert_quiet(&[("client_gone", 2)]);
}

/// Fault 13 on a stream: it is read on for its usage, and counted once.
#[test]
fn a_reset_stream_is_drained_where_that_is_wanted() {
    let (upstream, relay) =
        start(|setup| setup.limit("on_disconnect", "{ drain = \"20s\", bytes = \"8MiB\" }"));
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let mut client = relay.http2();
    let id = client.post(ANTHROPIC, &chat("fault-pace-30", true));
    client.read_until(id, " runs");
    client.cancel(id);
    until(PATIENCE, || match relay.log().lines().find(|line| line.contains("\"end\":\"client_gone\"")) {
        Some(line) if line.contains("\"output_tokens\":20") => Ok(()),
        line => Err(format!("{line:?}")),
    });
    assert_eq!(upstream.state().number("cut_by_peer"), 0, "it was not read to its end");
    drop(client);
    baseline.assert_quiet(&[("client_gone", 1)]);
}

/// Bodies that do not come: the request's own deadline, on its own stream.
#[test]
fn a_body_that_stalls_is_answered_on_its_stream() {
    let (upstream, relay) = start(|setup| setup.timeout("request_body", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    let id = client.open();
    let head = client.head_of("POST", OPENAI);
    client.send(&frame(HEADERS, END_HEADERS, id, &head)).unwrap();
    let other = client.post(OPENAI, &chat("beside", true));
    assert!(is_whole(OPENAI, &client.answer(other)));
    assert_eq!(client.head(id).status, 408);
    drop(client);
    baseline.assert_quiet(&[("client_error", 1), ("done", 1)]);
}

/// More streams than allowed are refused; those below the limit are not disturbed.
#[test]
fn the_stream_limit_holds() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let mut client = relay.http2();
    let streams: Vec<_> = (0..260).map(|_| endless(&mut client, "fault-silent")).collect();
    for stream in &streams[256..] {
        assert_eq!(client.reset_of(*stream), 7, "REFUSED_STREAM");
    }
    upstream.wait("256 are open", |state| state.open_requests() == 256);
    drop(client);
    baseline.assert_quiet(&[("client_gone", 256)]);
}

/// Beyond the connection limit only the monitor answers, over HTTP/2 too, and the connection is not kept.
#[test]
fn the_connection_limit_holds() {
    let (upstream, relay) = start(|setup| setup.limit("connections", "8"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut first: Vec<_> = (0..8).map(|_| relay.http2()).collect();
    first.iter_mut().for_each(|client| assert_eq!(client.get("/healthz").status(), 200));
    let mut beyond = relay.http2();
    let id = beyond.post(OPENAI, &chat("m", true));
    assert_eq!(beyond.answer(id).status(), 503);
    assert!(beyond.closes(PATIENCE), "kept");
    assert_eq!(first[0].get("/healthz").status(), 200);
    drop((first, beyond));
    baseline.assert_quiet(&[("shed", 1)]);
}

/// Headers beyond all measure are refused, and the connection serves on.
#[test]
fn oversized_headers_are_refused() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    let long = "x".repeat(12_000);
    let fields: Vec<_> = (0..8).map(|_| ("x-long", long.as_str())).collect();
    let head = [client.head_of("GET", "/healthz"), block(&fields)].concat();
    let id = client.open();
    let pieces: Vec<&[u8]> = head.chunks(16 << 10).collect();
    for (n, piece) in pieces.iter().enumerate() {
        let end = if n + 1 == pieces.len() { END_HEADERS } else { 0 };
        let (kind, flags) = if n == 0 { (HEADERS, END_STREAM | end) } else { (9, end) };
        client.send(&frame(kind, flags, id, piece)).unwrap();
    }
    assert_eq!(client.head(id).status, 431);
    assert_eq!(client.get("/healthz").status(), 200);
    drop(client);
    baseline.assert_quiet(&[]);
}

/// Fault 38: open streams are finished after GOAWAY, and the connection ends.
#[test]
fn sigterm_drains_open_streams() {
    let (_upstream, mut relay) = start(|setup| setup.drain("20s"));
    let mut client = relay.http2();
    let mut idle = relay.http2();
    assert_eq!(idle.get("/healthz").status(), 200);
    let mut request = chat("fault-pace-20", true);
    request["max_tokens"] = 60.into();
    let streams: Vec<_> = (0..10).map(|_| client.post(OPENAI, &request)).collect();
    streams.iter().for_each(|stream| client.read_until(*stream, " runs"));
    relay.signal(Signal::TERM);
    for stream in streams {
        let answer = client.answer(stream);
        assert!(is_whole(OPENAI, &answer), "a stream was cut: {}", answer.text());
    }
    assert!(client.closes(PATIENCE), "left open");
    assert_eq!(client.goaway(), Some(0), "NO_ERROR");
    assert_eq!(relay.child.exit_code(), Some(0));
    drop(idle);
}

/// Fault 38: an idle connection whose client does not answer holds nothing up.
#[test]
fn a_deaf_idle_connection_does_not_hold_a_stop_up() {
    let (_upstream, mut relay) = start(|setup| setup.drain("60s"));
    let mut idle = relay.http2();
    assert_eq!(idle.get("/healthz").status(), 200);
    let begun = Instant::now();
    relay.signal(Signal::TERM);
    assert_eq!(relay.child.exit_code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// Fault 38: what is left after the drain deadline is told: by its status, or by a last event.
#[test]
fn the_drain_deadline_holds() {
    let (upstream, mut relay) = start(|setup| setup.drain("300ms"));
    let mut client = relay.http2();
    let streaming = endless(&mut client, "fault-pace-20");
    client.read_until(streaming, " runs");
    let silent = endless(&mut client, "fault-silent");
    upstream.wait("both are open", |state| state.open_requests() == 2);
    relay.signal(Signal::TERM);
    let answer = client.answer(silent);
    assert_eq!(answer.status(), 503, "{answer:?}");
    let last = error_event(OPENAI, &client.answer(streaming).text());
    assert!(last.contains("the relay is stopping"), "{last}");
    assert!(client.closes(PATIENCE), "left open");
    assert_eq!(relay.child.exit_code(), Some(1));
    assert_eq!(relay.log().matches("\"end\":\"shutdown\"").count(), 2, "{}", relay.log());
}

/// A stream that breaks off ends with an error event; a large answer, which cannot say so, by a reset.
#[test]
fn an_answer_that_breaks_off_is_never_ended_as_whole() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    let id = client.post(OPENAI, &chat("fault-cut-5", true));
    error_event(OPENAI, &client.answer(id).text());
    drop(client);
    baseline.assert_quiet(&[("upstream_truncated", 1)]);
}
