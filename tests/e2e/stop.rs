//! The life of the process: check, start, drain, stop.

use std::time::{Duration, Instant};

use harness::{Client, PATIENCE, Relay, Signal, Upstream, chat, until};

use crate::{ANTHROPIC, OPENAI, PROGRAM, error_event, error_message, start};

/// Waits until the relay has heard the signal.
pub(crate) fn drains(relay: &Relay) {
    until(PATIENCE, || match relay.health().0["status"].as_str() {
        Some("draining") => Ok(()),
        other => Err(format!("status {other:?}")),
    });
}

pub(crate) fn slow_stream(relay: &Relay, tokens: u64) -> Client {
    let mut client = relay.connect();
    let mut request = chat("fault-pace-20", true);
    request["max_tokens"] = tokens.into();
    client.post(OPENAI, &request);
    client.event_with(" runs");
    client
}

/// Fault 38, its first half: open streams are finished, exit code 0.
#[test]
fn sigterm_drains_open_streams() {
    let (_upstream, mut relay) = start(|setup| setup.drain("20s"));
    let mut streams: Vec<_> = (0..10).map(|_| slow_stream(&relay, 60)).collect();
    relay.signal(Signal::TERM);
    for stream in &mut streams {
        let (body, whole) = stream.rest();
        let text = String::from_utf8_lossy(&body);
        assert!(whole && text.ends_with("data: [DONE]\n\n"), "a stream was cut: {text}");
    }
    assert_eq!(relay.child.exit_code(), Some(0));
    assert!(Client::try_connect(relay.address()).is_err(), "something still listens");
}

/// An idle relay stops at once.
#[test]
fn sigterm_and_sigint_stop_an_idle_relay_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_upstream, mut relay) = start(|setup| setup.drain("20s"));
        relay.warm_up();
        let _idle = relay.connect();
        let begun = Instant::now();
        relay.signal(signal);
        assert_eq!(relay.child.exit_code(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

/// Fault 38: what is left after the drain deadline is aborted, and told so.
#[test]
fn the_drain_deadline_holds() {
    let (_upstream, mut relay) = start(|setup| setup.drain("500ms"));
    let mut stream = slow_stream(&relay, 1_000_000);
    let begun = Instant::now();
    relay.signal(Signal::TERM);
    let (body, _) = stream.rest();
    let last = error_event(OPENAI, &String::from_utf8_lossy(&body));
    assert!(last.contains("the relay is stopping"), "{last}");
    assert_eq!(relay.child.exit_code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// Fault 38: a second signal aborts.
#[test]
fn a_second_signal_aborts_at_once() {
    let (_upstream, mut relay) = start(|setup| setup.drain("60s"));
    let mut stream = slow_stream(&relay, 1_000_000);
    relay.signal(Signal::TERM);
    drains(&relay);
    let begun = Instant::now();
    relay.signal(Signal::TERM);
    assert_eq!(relay.child.exit_code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let (body, _) = stream.rest();
    assert!(!String::from_utf8_lossy(&body).contains("[DONE]"), "an aborted stream was sold as whole");
}

/// Requests that have no answer yet: uploading, waiting for headers, for the first content, for the rest of a whole
/// answer, for a connection.
fn unanswered(relay: &Relay) -> Vec<(&'static str, Client)> {
    let mut clients = Vec::new();
    for path in [OPENAI, ANTHROPIC] {
        for (model, stream) in [
            ("fault-silent", true),
            ("fault-silent", false),
            ("fault-silent-after-headers", true),
            ("fault-stall", false),
        ] {
            let mut client = relay.connect();
            client.post(path, &chat(model, stream));
            clients.push((path, client));
        }
        let mut client = relay.connect();
        let head = format!("POST {path} HTTP/1.1\r\nhost: relay\r\ncontent-length: 1000\r\n\r\n{{\"model\":");
        client.send(head.as_bytes()).unwrap();
        clients.push((path, client));
    }
    clients
}

/// Fault 38: what has no answer yet when the relay aborts is told so by its status, in its dialect.
#[test]
fn an_aborting_stop_answers_what_has_no_answer_yet() {
    for second_signal in [false, true] {
        let (upstream, mut relay) = start(|setup| setup.drain(if second_signal { "60s" } else { "300ms" }));
        let mut clients = unanswered(&relay);
        upstream.wait("all are waiting", |state| state.open_requests() == 8);
        until(PATIENCE, || match relay.health().relay("in_flight") {
            10 => Ok(()),
            n => Err(format!("{n} in flight")),
        });
        let begun = Instant::now();
        relay.signal(Signal::TERM);
        if second_signal {
            drains(&relay);
            relay.signal(Signal::TERM);
        }
        for (path, client) in &mut clients {
            let answer = client.answer();
            assert_eq!(answer.status(), 503, "{path}: {answer:?}\n{}", answer.text());
            assert!(error_message(path, &answer).contains("the relay is stopping"), "{}", answer.text());
            assert_eq!(answer.head.header("connection"), Some("close"), "{answer:?}");
            assert!(client.closes(Duration::from_secs(5)), "left open");
        }
        assert_eq!(relay.child.exit_code(), Some(1));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        let ended = relay.log().matches("\"end\":\"shutdown\"").count();
        assert_eq!(ended, 10, "each is counted once, as what it was: {}", relay.log());
        upstream.wait("the upstream is told", |state| state.open_requests() == 0);
    }
}

#[test]
fn check_prints_what_is_in_effect_with_secrets_masked() {
    let upstream = Upstream::start(PROGRAM);
    let setup = Relay::of(PROGRAM).upstream(&upstream).timeout("first_byte", "7s").limit("in_flight", "77");
    let (code, output) = setup.arg("--check").run();
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("7s") && output.contains("77"), "{output}");
    assert!(output.contains("openai") && output.contains("anthropic"), "{output}");
    assert!(!output.contains(Relay::provider_key()), "{output}");
}

#[test]
fn a_wrong_configuration_is_named_with_its_cure() {
    let cases = [
        ("[limits]\nin_fligth = 5\n", &["in_fligth", "in_flight", "watertight.toml:2"][..]),
        ("[timeouts]\nidle = \"soon\"\n", &["idle", "watertight.toml:2"][..]),
        ("listen = \"nowhere\"\n", &["nowhere", "listen"][..]),
        ("[limits\n", &["watertight.toml:1"][..]),
        ("[[channels]]\nname = \"x\"\nprovider = \"opnai\"\n", &["opnai", "openai"][..]),
    ];
    for (toml, wanted) in cases {
        for check in [true, false] {
            let setup = Relay::of(PROGRAM).top(toml);
            let (code, output) = if check { setup.arg("--check").run() } else { setup.run() };
            assert_eq!(code, Some(64), "{toml}: {output}");
            for word in wanted {
                assert!(output.contains(word), "{toml}: no {word:?} in {output}");
            }
        }
    }
}

/// With nothing configured, the relay answers by itself.
#[test]
fn the_demo_answers_offline() {
    let relay = Relay::of(PROGRAM).arg("--demo").start();
    let answer = relay.post(OPENAI, &chat("any", true));
    assert!(answer.status() == 200 && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    let answer = relay.post("/v1/messages", &chat("any", false));
    assert!(answer.json()["usage"]["output_tokens"].as_u64().is_some_and(|n| n > 0), "{}", answer.text());
    let mut client = relay.stream("any");
    client.event_with("content");
    drop(client);
    until(PATIENCE, || match relay.health().relay("in_flight") {
        0 => Ok(()),
        n => Err(format!("{n} in flight after the client left")),
    });
}
