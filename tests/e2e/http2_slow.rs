//! Faults 18 and 36 over HTTP/2: clients that give no room, or little; prefaces and headers that never end; floods.

use std::time::{Duration, Instant};

use harness::http2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PING, PREFACE, SETTINGS, WINDOW_UPDATE,
    block, frame,
};
use harness::{Baseline, Client, Http2, PATIENCE, Relay, Wire, chat, until};

use crate::{OPENAI, TIMES, is_whole, start};

/// Asks for streams on one connection whose streams have this much room and get no more.
fn withhold(relay: &Relay, model: &str, window: u32) -> (Http2, Vec<u32>) {
    let mut client = Http2::withholding(relay.address(), window);
    let mut request = chat(model, true);
    request["max_tokens"] = 1_000_000.into();
    let streams = (0..TIMES).map(|_| client.post(OPENAI, &request)).collect();
    (client, streams)
}

/// Fault 18: bytes wait for a stream's window although the connection moves: that stream is ended, and no other.
#[test]
fn a_stream_without_room_is_cut_off_and_its_connection_goes_on() {
    let (upstream, relay) = start(|setup| setup.timeout("client_write", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    let before = relay.child.resident();
    for (model, window) in [("fault-flood", 1_000), ("fault-flood", 0), ("fault-pace-20", 1_000)] {
        let (mut client, streams) = withhold(&relay, model, window);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(600) {
            assert!(client.read_for(Duration::from_millis(20)), "the connection was cut");
            client.send(&frame(PING, 0, 0, b"12345678")).unwrap();
        }
        if let Some(before) = before {
            let now = relay.child.resident().unwrap();
            assert!(now < before + (64 << 20), "resident memory went from {before} to {now}");
        }
        for stream in streams {
            client.reset_of(stream);
            assert_eq!(client.received(stream), window as usize, "{model}: what there was room for");
        }
        assert!(client.pongs() > 0, "the connection did not move");
        // A new stream, with room.
        let id = client.post(OPENAI, &chat("fault-tokens-2", true));
        client.room(id, 100_000);
        assert!(is_whole(OPENAI, &client.answer(id)), "the connection did not go on");
        drop(client);
    }
    baseline.assert_quiet(&[("slow_client", 3 * TIMES as u64), ("done", 3)]);
}

/// Fault 18: a whole answer that waits for its window is not taken for delivered.
#[test]
fn a_whole_answer_without_room_is_not_done() {
    let (upstream, relay) = start(|setup| setup.timeout("client_write", "2s"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = Http2::withholding(relay.address(), 50);
    let id = client.post(OPENAI, &chat("fault-tokens-20", false));
    assert_eq!(client.head(id).status, 200);
    client.reset_of(id);
    // One that is reset while it waits is not done either.
    let id = client.post(OPENAI, &chat("fault-tokens-20", false));
    assert_eq!(client.head(id).status, 200);
    client.cancel(id);
    // One with just enough room for all of it is.
    let whole = relay.post(OPENAI, &chat("fault-tokens-20", false)).body.len();
    let mut exact = Http2::withholding(relay.address(), u32::try_from(whole).unwrap());
    let id = exact.post(OPENAI, &chat("fault-tokens-20", false));
    assert!(exact.answer(id).whole);
    drop((client, exact));
    baseline.assert_quiet(&[("slow_client", 1), ("client_gone", 1), ("done", 2)]);
}

/// Fault 18: room for a byte now and then is progress; the total deadline holds all the same.
#[test]
fn room_for_single_bytes_is_progress_until_the_total_deadline() {
    let (upstream, relay) = start(|setup| setup.timeout("client_write", "3s").timeout("total", "7s"));
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let (mut client, streams) = withhold(&relay, "fault-flood", 1);
    let begun = Instant::now();
    upstream.wait("all floods have begun", |state| state.requests() == TIMES as u64);
    while relay.health().relay("in_flight") == TIMES as u64 {
        assert!(begun.elapsed() < PATIENCE, "the total deadline did not hold");
        streams.iter().for_each(|stream| client.room(*stream, 1));
        client.read_for(Duration::from_millis(100));
    }
    assert!(begun.elapsed() > Duration::from_secs(5), "cut off after {:?}", begun.elapsed());
    until(PATIENCE, || match relay.health().relay("in_flight") {
        0 => Ok(()),
        n => Err(format!("{n} in flight")),
    });
    drop(client);
    baseline.assert_quiet(&[("total_timeout", TIMES as u64)]);
}

/// Fault 18: nothing waits, so the upstream's silence is what ends it; and a drip ends by the total deadline.
#[test]
fn where_nothing_waits_the_idle_and_total_deadlines_hold() {
    for (model, reason) in [("fault-stall-3", "idle_timeout"), ("fault-pace-50", "total_timeout")] {
        let (upstream, relay) = start(|setup| {
            setup.timeout("idle", "700ms").timeout("total", "1500ms").timeout("client_write", "30s")
        });
        let baseline = Baseline::take(&relay, &upstream);
        upstream.reset();
        let (client, _) = withhold(&relay, model, 65_535);
        upstream.wait("streams have begun", |state| state.requests() == TIMES as u64);
        upstream.wait("streams are given up", |state| state.open_requests() == 0);
        drop(client);
        baseline.assert_quiet(&[(reason, TIMES as u64)]);
    }
}

/// Fault 18: a client that does not even read its connection.
#[test]
fn a_connection_that_is_not_read_is_cut_off() {
    let (upstream, relay) = start(|setup| setup.timeout("client_write", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    let wire = Wire::connect(relay.address()).unwrap();
    let mut client = Http2::silent(wire);
    let settings = [&[0, 4][..], &(1_u32 << 30).to_be_bytes()].concat();
    client.send(&[PREFACE, &frame(SETTINGS, 0, 0, &settings)].concat()).unwrap();
    client.room(0, 1 << 30);
    for _ in 0..TIMES {
        client.post(OPENAI, &chat("fault-flood", true));
    }
    upstream.wait("all floods have begun", |state| state.open_requests() == TIMES as u64);
    upstream.wait("all floods are cut off", |state| state.open_requests() == 0);
    assert!(client.closes(PATIENCE), "the connection was left open");
    drop(client);
    baseline.assert_quiet(&[("slow_client", TIMES as u64)]);
}

/// Fault 36: a preface, or headers, that never end; a connection that asks for nothing; one that is idle.
#[test]
fn slow_beginnings_and_idle_connections_are_closed() {
    let (upstream, relay) =
        start(|setup| setup.timeout("request_header", "2s").timeout("client_idle", "2500ms"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut preface = relay.connect();
    preface.send(&PREFACE[..10]).unwrap();
    let mut nothing = relay.http2();
    // Both begin while another stream of theirs is served: what stalls must not hide behind it.
    let half = |end: &dyn Fn(&mut Http2, u32)| {
        let mut client = relay.http2();
        let served = client.post(OPENAI, &chat("fault-silent", true));
        let id = client.open();
        end(&mut client, id);
        (client, served)
    };
    let (mut frame_cut, _) = half(&|client, id| {
        let head = client.head_of("GET", "/healthz");
        let bytes = frame(HEADERS, END_STREAM | END_HEADERS, id, &head);
        client.send(&bytes[..bytes.len() / 2]).unwrap();
    });
    let (mut block_open, _) = half(&|client, id| {
        let head = client.head_of("GET", "/healthz");
        client.send(&frame(HEADERS, END_STREAM, id, &head)).unwrap();
        client.send(&frame(CONTINUATION, 0, id, b"")).unwrap();
    });
    let mut idle = relay.http2();
    assert_eq!(idle.get("/healthz").status(), 200);
    // PING is no request.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(400) {
        idle.send(&frame(PING, 0, 0, b"12345678")).unwrap();
        idle.read_for(Duration::from_millis(20));
    }
    assert!(preface.closes(PATIENCE), "half a preface was waited for");
    for (client, what) in [
        (&mut nothing, "a connection without a request"),
        (&mut frame_cut, "half a frame"),
        (&mut block_open, "a header block without end"),
        (&mut idle, "an idle connection"),
    ] {
        assert!(client.closes(PATIENCE), "{what} was kept");
    }
    assert_eq!(idle.goaway(), Some(0), "an idle client is told first");
    drop((preface, nothing, frame_cut, block_open, idle));
    baseline.assert_quiet(&[("client_error", 2)]);
}

/// What looks like a preface at first is HTTP/1 all the same; what is neither is refused.
#[test]
fn what_only_begins_like_a_preface_is_told_so() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let ask = |parts: &[&[u8]]| {
        let mut client = relay.connect();
        for part in parts {
            client.send(part).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        client
    };
    let mut split: Client =
        ask(&[b"P", b"O", b"ST /api/status HTTP/1.1\r\nhost: relay\r\ncontent-length: 0\r\n\r\n"]);
    assert_eq!(split.head().status, 405);
    let mut wrong = ask(&[b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"]);
    if let Ok(head) = wrong.try_head() {
        assert!((400..=505).contains(&head.status), "{head:?}");
    }
    assert!(wrong.closes(PATIENCE), "left open");
    let mut garbage = ask(&[PREFACE, b"this is no frame at all, and so on and on"]);
    assert!(garbage.closes(PATIENCE), "left open");
    let mut slow = Http2::silent(Wire::connect(relay.address()).unwrap());
    for byte in [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat() {
        slow.send(&[byte]).unwrap();
    }
    assert_eq!(slow.get("/healthz").status(), 200, "a preface byte by byte");
    drop((split, wrong, garbage, slow));
    baseline.assert_quiet(&[]);
}

/// Rapid reset: streams that are opened and reset at once end the connection, and cost others nothing.
#[test]
fn rapid_resets_end_the_connection() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for pause in [false, true] {
        let mut client = relay.http2();
        let head = client.head_of("GET", "/healthz");
        let mut pair = || {
            let id = client.open();
            [frame(HEADERS, END_STREAM | END_HEADERS, id, &head), frame(3, 0, id, &8_u32.to_be_bytes())]
                .concat()
        };
        let pairs: Vec<_> = (0..20_000).map(|_| pair()).collect();
        let mut pieces = pairs.chunks(if pause { 1 } else { 100 });
        let cut = pieces.position(|piece| client.send(&piece.concat()).is_err());
        assert!(cut.is_some() || client.closes(PATIENCE), "20,000 resets were put up with");
    }
    baseline.assert_quiet(&[]);
}

/// Floods of frames that ask for nothing end their connection, in bounded memory, and cost others nothing.
#[test]
fn floods_of_frames_end_the_connection() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let before = relay.child.resident();
    let floods = [
        frame(PING, 0, 0, b"12345678"),
        frame(SETTINGS, 0, 0, b""),
        frame(2, 0, 1, &[0, 0, 0, 0, 16]),
        frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()),
        frame(0xfa, 0, 0, b"unknown"),
    ];
    for flood in floods {
        let kind = flood[3];
        let mut client = relay.http2();
        let many = flood.repeat(1_000);
        let broke = (0..1_000).any(|_| client.send(&many).is_err());
        assert!(broke || client.closes(PATIENCE), "a million frames of kind {kind}");
    }
    // A header block that goes on and on.
    let mut client = relay.http2();
    let id = client.open();
    client.send(&frame(HEADERS, END_STREAM, id, &client.head_of("GET", "/healthz"))).unwrap();
    let more = frame(CONTINUATION, 0, id, &block(&[("x-more", &"x".repeat(8_000))])).repeat(10);
    let broke = (0..1_000).any(|_| client.send(&more).is_err());
    assert!(broke || client.closes(PATIENCE), "80 MB of headers");
    // Data without data, on a request that is read; the second is nothing but padding.
    for (flags, payload) in [(0, &b""[..]), (PADDED, &[7, 0, 0, 0, 0, 0, 0, 0])] {
        let mut client = relay.http2();
        let id = client.open();
        let head = client.head_of("POST", OPENAI);
        client.send(&frame(HEADERS, END_HEADERS, id, &head)).unwrap();
        until(PATIENCE, || match relay.health().relay("in_flight") {
            1 => Ok(()),
            n => Err(format!("{n} in flight")),
        });
        let many = frame(DATA, flags, id, payload).repeat(1_000);
        let broke = (0..1_000).any(|_| client.send(&many).is_err());
        assert!(broke || client.closes(PATIENCE), "a million frames of nothing");
        drop(client);
        until(PATIENCE, || match relay.health().relay("in_flight") {
            0 => Ok(()),
            n => Err(format!("{n} in flight")),
        });
    }
    if let Some(before) = before {
        let now = relay.child.resident().unwrap();
        assert!(now < before + (32 << 20), "resident memory went from {before} to {now}");
    }
    // What a lively client says is not a flood.
    let mut client = relay.http2();
    for _ in 0..200 {
        client.send(&frame(PING, 0, 0, b"12345678")).unwrap();
    }
    assert_eq!(client.get("/healthz").status(), 200);
    assert_eq!(client.pongs(), 200);
    drop(client);
    // Whose count is full first, the relay's or its HTTP/2 library's, makes no difference.
    baseline.assert_quiet(&[("client_error", 2)]);
}
