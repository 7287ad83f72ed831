//! The last stretch: between the last byte handed out and the last byte taken, and from one request to the next on
//! the same connection.

use std::io::Write;
use std::time::Duration;

use harness::{Baseline, Relay, chat};

use crate::servers::{listen, read_request};
use crate::{OPENAI, PROGRAM, start};

/// Nothing is live any more, and every request has been counted once.
fn assert_settled(relay: &Relay, what: &str) {
    harness::until(Duration::from_secs(5), || {
        let health = relay.health();
        let ended: u64 = health.ended().values().sum();
        let (live, total) = (health.relay("in_flight"), health.relay("requests_total"));
        let streams = health.relay("streams");
        let open = health.relay("upstream_open") - health.relay("upstream_idle");
        if (live, streams, open) == (0, 0, 0) && ended == total {
            Ok(())
        } else {
            Err(format!(
                "{what}: {live} in flight, {streams} streams, {open} upstream, {ended} of {total} ended"
            ))
        }
    });
}

#[test]
fn a_reset_around_the_answer_leaves_nothing_behind() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let bad = b"POST /v1/chat/completions HTTP/1.1\r\nhost: r\r\ncontent-length: 4\r\n\r\n!!!!and more";
    for _ in 0..20 {
        let mut client = relay.connect();
        client.send(bad).unwrap();
        client.reset();
    }
    assert_settled(&relay, "bad bodies");
    for wait in 0..30 {
        let mut client = relay.connect();
        client.post(OPENAI, &chat("fault-pace-10", false));
        client.post(OPENAI, &chat("fault-pace-10", false));
        std::thread::sleep(Duration::from_millis(wait));
        client.reset();
    }
    assert_settled(&relay, "pipelined");
    for _ in 0..5 {
        let mut client = relay.connect().with_receive_buffer(4096);
        let mut request = chat("fault-tokens-150000", false);
        request["max_tokens"] = 150_000.into();
        for _ in 0..6 {
            client.post(OPENAI, &request);
        }
        std::thread::sleep(Duration::from_millis(50));
        client.reset();
    }
    assert_settled(&relay, "large and unread");
    assert!(baseline.quiet(Duration::from_secs(5)).is_ok());
}

#[test]
fn a_deadline_of_one_request_does_not_touch_the_next() {
    let (_upstream, relay) = start(|setup| setup.timeout("idle", "400ms"));
    let mut client = relay.connect();
    client.post(OPENAI, &chat("fault-stall-3", true));
    let first = client.answer();
    assert!(first.whole && first.text().contains("\"error\""), "{}", first.text());
    let mut request = chat("fault-pace-100", true);
    request["max_tokens"] = 20.into();
    client.post(OPENAI, &request);
    let second = client.answer();
    assert!(second.whole && second.text().ends_with("data: [DONE]\n\n"), "{}", second.text());
}

/// A JSON answer of more than a relay holds, told with or without its length, whole or cut.
fn large_upstream() -> std::net::SocketAddr {
    listen(|mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let text = format!("{{\"id\":\"x\",\"choices\":[{{\"text\":\"{}\"}}]}}", "y".repeat(3 << 20));
            let body = if request.contains("\"cut-") { &text[..text.len() - 1000] } else { &text[..] };
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
            let sent = if request.contains("-length\"") {
                stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", text.len()).as_bytes())
            } else if request.contains("-chunked\"") {
                let size = body.len();
                stream.write_all(
                    format!("{head}transfer-encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n")
                        .as_bytes(),
                )
            } else {
                stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes())
            };
            if sent.is_err() || !request.contains("-chunked\"") && !request.contains("whole-length\"") {
                return;
            }
        }
    })
}

#[test]
fn a_large_answer_is_whole_or_cut_but_never_cut_and_called_whole() {
    let base = format!("http://{}", large_upstream());
    let relay = Relay::of(PROGRAM).channel("custom", &base, "models = [\"*\"]").start();
    for (model, whole) in [
        ("whole-length", true),
        ("whole-chunked", true),
        ("whole-close", true),
        ("cut-length", false),
        ("cut-chunked", false),
        ("cut-close", false),
    ] {
        let before = relay.health().ended();
        for _ in 0..4 {
            let answer = relay.post(OPENAI, &chat(model, false));
            assert_eq!((answer.status(), answer.whole), (200, whole), "{model}: {} bytes", answer.body.len());
        }
        assert_settled(&relay, model);
        let reason = if whole { "done" } else { "upstream_truncated" };
        let after = relay.health().ended();
        assert_eq!(after[reason] - before[reason], 4, "{model}: {after:?}");
    }
}

#[test]
fn a_provider_that_repeats_our_key_does_not_tell_it() {
    let address = listen(|mut stream| {
        while read_request(&mut stream).is_some() {
            let body = format!("{{\"error\":{{\"message\":\"no quota for {}\"}}}}", Relay::provider_key());
            let head = format!(
                "HTTP/1.1 429 Slow\r\ncontent-type: application/json\r\ncontent-length: {}",
                body.len()
            );
            if stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).is_err() {
                return;
            }
        }
    });
    let relay =
        Relay::of(PROGRAM).channel("custom", &format!("http://{address}"), "models = [\"*\"]").start();
    let answer = relay.post(OPENAI, &chat("any", false));
    assert_eq!(answer.status(), 429);
    assert!(
        answer.text().contains("no quota") && !answer.text().contains(Relay::provider_key()),
        "{}",
        answer.text()
    );
}

/// A reused connection that breaks after the request was taken: it may have been worked on, and is not sent twice.
#[test]
fn a_request_that_was_taken_is_not_sent_again() {
    let taken = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&taken);
    let address = listen(move |mut stream| {
        let mut first = true;
        while read_request(&mut stream).is_some() {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if !std::mem::take(&mut first) {
                std::thread::sleep(Duration::from_millis(300));
                return;
            }
            let body = "{\"id\":\"x\",\"choices\":[]}";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
            stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
        }
    });
    let relay =
        Relay::of(PROGRAM).channel("custom", &format!("http://{address}"), "models = [\"*\"]").start();
    let mut client = relay.connect();
    for status in [200, 502] {
        client.post(OPENAI, &chat("any", false));
        assert_eq!(client.answer().status(), status);
        // A connection rests before it is lent again.
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(taken.load(std::sync::atomic::Ordering::Relaxed), 2);
}

/// Two answers that wait for a client which takes neither end with the same reason, each once.
#[test]
fn pipelined_answers_that_nobody_takes_are_each_counted_as_slow() {
    let (_upstream, relay) = start(|setup| setup.timeout("client_write", "1s"));
    let mut client = relay.connect().with_receive_buffer(4096);
    let mut request = chat("fault-tokens-100000", false);
    request["max_tokens"] = 100_000.into();
    let before = relay.health().relay("requests_total");
    for _ in 0..20 {
        client.post(OPENAI, &request);
    }
    harness::until(Duration::from_secs(20), || match relay.health().ended()["slow_client"] {
        0 => Err("nobody was cut off".to_owned()),
        _ => Ok(()),
    });
    assert_settled(&relay, "unread");
    let health = relay.health();
    let (done, slow) = (health.ended()["done"], health.ended()["slow_client"]);
    assert_eq!(done + slow, health.relay("requests_total") - before, "{:?}", health.ended());
    drop(client);
}

/// A client that pipelines and takes its time gets every answer, and each is counted as done.
#[test]
fn pipelined_answers_are_each_counted_as_done() {
    let (_upstream, relay) = start(|setup| setup);
    let mut client = relay.connect();
    for _ in 0..10 {
        client.post(OPENAI, &chat("fault-tokens-2000", false));
    }
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..10 {
        let answer = client.answer();
        assert!(answer.status() == 200 && answer.whole);
    }
    assert_settled(&relay, "pipelined");
    harness::until(Duration::from_secs(20), || match relay.health().ended()["done"] {
        10 => Ok(()),
        n => Err(format!("{n} done")),
    });
}
