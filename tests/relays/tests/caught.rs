//! Are the assertions worth anything? A relay that leaks must be caught by them, one that panics must survive.

use std::time::Duration;

use harness::{Baseline, Relay, Upstream, chat};

const LEAKING: &str = env!("CARGO_BIN_EXE_leaking-relay");
const PANICKING: &str = env!("CARGO_BIN_EXE_panicking-relay");
const OPENAI: &str = "/v1/chat/completions";
const ANTHROPIC: &str = "/v1/messages";

/// One request in a hundred leaks; the assertions name what is left.
#[test]
fn a_relay_that_leaks_one_request_in_a_hundred_is_caught() {
    let upstream = Upstream::start(LEAKING);
    let relay = Relay::of(LEAKING).upstream(&upstream).start();
    let baseline = Baseline::take(&relay, &upstream);
    harness::repeat(300, 10, |i| {
        let answer = relay.post([OPENAI, ANTHROPIC][i % 2], &chat("m", i % 4 < 2));
        assert_eq!(answer.status(), 200, "{answer:?}");
    });
    let left = baseline.quiet(Duration::from_secs(2)).expect_err("the leak was not noticed");
    assert!(left.names("tasks") && left.names("descriptors"), "not named: {left}");
    assert!(!left.names("permits") && !left.names("upstream requests"), "accused falsely: {left}");
    for (name, before, after) in &left.0 {
        assert_eq!(after - before, 3, "{name}: {left}");
    }
}

/// The same relay is quiet as long as nothing leaks: it is the leak that is caught, not the relay.
#[test]
fn a_relay_that_has_not_leaked_yet_is_not_accused() {
    let upstream = Upstream::start(LEAKING);
    let relay = Relay::of(LEAKING).upstream(&upstream).start();
    let baseline = Baseline::take(&relay, &upstream);
    harness::repeat(20, 4, |_| {
        let answer = relay.post(OPENAI, &chat("m", true));
        assert_eq!(answer.status(), 200, "{answer:?}");
    });
    baseline.assert_quiet(&[("done", 20)]);
}

/// The leak assertions also see what hangs: an exchange that the test itself keeps open.
#[test]
fn an_exchange_that_is_still_open_is_named() {
    let upstream = Upstream::start(PANICKING);
    let relay = Relay::of(PANICKING).upstream(&upstream).start();
    let baseline = Baseline::take(&relay, &upstream);
    let client = relay.stream("fault-silent");
    upstream.wait("it hangs", |state| state.open_requests() == 1);
    let left = baseline.quiet(Duration::from_millis(300)).expect_err("the open exchange was not noticed");
    for name in ["tasks", "descriptors", "upstream requests", "upstream connections", "permits"] {
        assert!(left.names(name), "{name} is not named: {left}");
    }
    drop(client);
    baseline.assert_quiet(&[("client_gone", 1)]);
}

/// Fault 21: one request dies, with a 500 or an error event; permits come back, the process lives.
#[test]
fn a_panic_ends_one_request_and_nothing_else() {
    let upstream = Upstream::start(PANICKING);
    let relay = Relay::of(PANICKING).upstream(&upstream).start();
    for path in [OPENAI, ANTHROPIC] {
        // model, stream, whether tokens were with the client when it happened
        for (model, stream, begun) in [
            ("panic-request", true, false),
            ("panic-request", false, false),
            ("panic-stream", true, false),
            ("panic-first-frame", true, false),
            ("panic-answer", false, false),
            ("panic-frame/fault-pace-5", true, true),
            ("panic-end/fault-truncate-5", true, true),
        ] {
            let baseline = Baseline::take(&relay, &upstream);
            harness::repeat(20, 5, |_| {
                let answer = relay.post(path, &chat(model, stream));
                let text = answer.text();
                if begun {
                    assert_eq!(answer.status(), 200, "{model}: {answer:?}");
                    assert!(text.contains("downhill"), "{model}: {text}");
                    let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
                    assert!(last.contains("\"error\""), "{model}: {text}");
                    assert!(!text.contains("[DONE]") && !text.contains("message_stop"), "{model}: {text}");
                } else {
                    assert_eq!(answer.status(), 500, "{model}: {answer:?}");
                    assert!(answer.json()["error"]["message"].is_string(), "{model}: {text}");
                }
                assert!(!text.contains("was asked for"), "the panic's own words reached the client: {text}");
            });
            baseline.assert_quiet(&[("panic", 20)]);
        }
    }
    let log = relay.log();
    let mut ends = log.lines().filter(|line| line.contains("\"end\":\"panic\""));
    assert!(ends.all(|line| line.contains("\"error\":\"a panic at ")), "a line does not say where: {log}");
}

/// Fault 21 over HTTP/2: the stream dies, its connection and the streams beside it live.
#[test]
fn a_panic_ends_one_stream_and_not_its_connection() {
    let upstream = Upstream::start(PANICKING);
    let relay = Relay::of(PANICKING).upstream(&upstream).start();
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.http2();
    let beside = client.post(OPENAI, &chat("fault-pace-50", true));
    for _ in 0..10 {
        let asked = ["panic-request", "panic-stream", "panic-frame/fault-pace-5"]
            .map(|m| client.post(OPENAI, &chat(m, true)));
        for id in &asked[..2] {
            assert_eq!(client.answer(*id).status(), 500);
        }
        let answer = client.answer(asked[2]);
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert!(
            answer.text().contains("\"error\"") && !answer.text().contains("[DONE]"),
            "{}",
            answer.text()
        );
    }
    let answer = client.answer(beside);
    assert!(answer.whole && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    drop(client);
    baseline.assert_quiet(&[("panic", 30), ("done", 1)]);
}
