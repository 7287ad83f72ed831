//! Faults 8 to 10 and 12: clients that leave or misbehave.

use std::time::{Duration, Instant};

use harness::{Baseline, Client, Relay, Signal, Upstream, chat};

use crate::{OPENAI, TIMES, start};

/// How soon an upstream must be told that its client left.
const TOLD: Duration = Duration::from_secs(1);

/// Lets `leave` loose on streams of `model` once all of them are open, and measures until the upstream knows.
fn leave(relay: &Relay, upstream: &Upstream, model: &str, leave: impl Fn(Client)) {
    upstream.reset();
    let clients: Vec<_> = (0..TIMES)
        .map(|_| {
            let mut client = relay.connect();
            let mut request = chat(model, true);
            request["max_tokens"] = 1_000_000.into();
            client.post(OPENAI, &request);
            if model.contains("pace") || model.contains("flood") {
                client.event_with(" runs");
            }
            client
        })
        .collect();
    upstream.wait("all streams are open", |state| state.open_requests() == TIMES as u64);
    clients.into_iter().for_each(leave);
    let left = Instant::now();
    let state = upstream.wait("the upstream is told", |state| state.open_requests() == 0);
    assert!(left.elapsed() < TOLD, "{model}: the upstream was told after {:?}", left.elapsed());
    assert_eq!(state.number("requests_total"), TIMES as u64, "{model}: tried again for a client that left");
    assert_eq!(state.number("cut_by_peer"), TIMES as u64, "{model}: {}", state.0);
}

/// Faults 8, 9 and 10: mid-stream, while the upstream is silent, before its headers; by end of file, by reset, with
/// a pipelined request in the buffer.
#[test]
fn a_client_that_leaves_takes_its_upstream_with_it() {
    let (upstream, relay) = start(|setup| setup);
    let models = ["fault-pace-20", "fault-stall-1", "fault-silent-after-headers", "fault-silent"];
    for model in models {
        let baseline = Baseline::take(&relay, &upstream);
        leave(&relay, &upstream, model, drop);
        leave(&relay, &upstream, model, Client::reset);
        leave(&relay, &upstream, model, |mut client| {
            client.post(OPENAI, &chat("never-to-be-asked", true));
            drop(client);
        });
        baseline.assert_quiet(&[("client_gone", 3 * TIMES as u64)]);
    }
}

/// Fault 10's pipelined half, the hard way: the request waits in the buffer long before the client leaves.
#[test]
fn a_waiting_pipelined_request_does_not_hide_that_its_client_left() {
    let (upstream, relay) = start(|setup| setup);
    for model in ["fault-pace-20", "fault-silent-after-headers", "fault-silent"] {
        let baseline = Baseline::take(&relay, &upstream);
        upstream.reset();
        let mut client = relay.connect();
        let mut request = chat(model, true);
        request["max_tokens"] = 1_000_000.into();
        client.post(OPENAI, &request);
        client.post(OPENAI, &chat("never-to-be-asked", true));
        upstream.wait("the stream is open", |state| state.open_requests() == 1);
        std::thread::sleep(Duration::from_millis(300));
        drop(client);
        let left = Instant::now();
        let state = upstream.wait("the upstream is told", |state| state.open_requests() == 0);
        assert!(left.elapsed() < TOLD, "{model}: the upstream was told after {:?}", left.elapsed());
        assert_eq!(state.number("requests_total"), 1, "{model}: {}", state.0);
        baseline.assert_quiet(&[("client_gone", 1)]);
    }
}

/// A flood is noticed by the write that fails.
#[test]
fn a_client_that_leaves_a_flood_takes_its_upstream_with_it() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let clients: Vec<_> = (0..TIMES)
        .map(|_| {
            let mut client = relay.stream("fault-flood");
            client.event_with(" drop");
            client
        })
        .collect();
    drop(clients);
    let left = Instant::now();
    upstream.wait("the upstream is told", |state| state.open_requests() == 0);
    assert!(left.elapsed() < TOLD, "the upstream was told after {:?}", left.elapsed());
    baseline.assert_quiet(&[("client_gone", TIMES as u64)]);
}

/// Fault 12: an end of file from the client means that it is gone.
#[test]
fn a_half_closed_client_is_gone() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    leave(&relay, &upstream, "fault-silent", |mut client| {
        client.half_close();
        assert!(client.closes(Duration::from_secs(5)), "the connection was left open");
    });
    baseline.assert_quiet(&[("client_gone", TIMES as u64)]);
}

/// Fault 12: junk gets a 400 and an end.
#[test]
fn junk_is_refused_and_the_connection_closed() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: twelve\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        b"POST /v1/chat/completions HTTP/1.1\r\nno colon here\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ];
    for request in requests {
        let mut client = relay.connect();
        client.send(request).unwrap();
        if let Ok(head) = client.try_head() {
            assert!(
                (400..=505).contains(&head.status),
                "{head:?} for {:?}",
                String::from_utf8_lossy(request)
            );
        }
        assert!(client.closes(Duration::from_secs(5)), "left open: {:?}", String::from_utf8_lossy(request));
    }
    baseline.assert_quiet(&[]);
}

/// Fault 12: pipelined requests are answered in their order.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.connect();
    let models = ["first", "fault-status-429", "third"];
    for model in models {
        client.post(OPENAI, &chat(model, model == "third"));
    }
    let answers: Vec<_> = models.iter().map(|_| client.answer()).collect();
    assert_eq!(answers[0].json()["model"], "first");
    assert_eq!(answers[1].status(), 429);
    assert!(answers[2].text().contains("\"model\":\"third\""), "{}", answers[2].text());
    drop(client);
    baseline.assert_quiet(&[("done", 2), ("upstream_error", 1)]);
}

/// The promise on the front page: a thousand streams, half of them silent, all clients gone at once.
#[test]
fn a_thousand_clients_that_vanish_leave_nothing_behind() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let models = ["fault-pace-200", "fault-silent-after-headers", "fault-pace-200", "fault-silent"];
    let clients: Vec<_> = (0..1000)
        .map(|i| {
            let mut client = relay.connect();
            let mut request = chat(models[i % 4], true);
            request["max_tokens"] = 1_000_000.into();
            client.post(OPENAI, &request);
            client
        })
        .collect();
    upstream.wait("a thousand streams are open", |state| state.open_requests() == 1000);
    assert_eq!(relay.health().relay("in_flight"), 1000);
    assert_eq!(relay.health().0["status"], "ok", "a busy relay is a healthy relay");
    drop(clients);
    let left = Instant::now();
    upstream.wait("no stream is open", |state| state.open_requests() == 0);
    assert!(left.elapsed() < Duration::from_secs(2), "the upstream was told after {:?}", left.elapsed());
    baseline
        .assert_quiet_within(Duration::from_secs(2).saturating_sub(left.elapsed()), &[("client_gone", 1000)]);
}

/// A client's request and its end come together, on a connection that is known already. Such a request was asked: it
/// is counted, once, and leaves nothing.
#[test]
fn a_request_that_comes_together_with_its_clients_end_is_counted() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut clients: Vec<_> = (0..TIMES).map(|_| relay.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/healthz").status(), 200);
    }
    relay.suspend();
    for mut client in clients {
        client.post(OPENAI, &chat("fault-silent-after-headers", true));
    }
    relay.signal(Signal::CONT);
    baseline.assert_quiet(&[("client_gone", TIMES as u64)]);
}
