//! Another channel before the first byte, never after.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use harness::{Baseline, PATIENCE, Relay, Setup, Upstream, chat, repeat, until};
use serde_json::Value;

use crate::{ANTHROPIC, OPENAI, PROGRAM, error_event, error_message, is_whole, servers};

/// A channel of any name for the model `m`, which its upstream knows as `upstream_model`.
pub(crate) fn channel(
    name: &str,
    address: impl std::fmt::Display,
    upstream_model: &str,
    extra: &str,
) -> String {
    format!(
        "[[channels]]\nname = \"{name}\"\nprovider = \"xai\"\nbase_url = \"http://{address}\"\n\
         keys = [\"env:TEST_PROVIDER_KEY\"]\nmodels = [{{ name = \"m\", upstream = \"{upstream_model}\" }}]\n{extra}\n"
    )
}

/// A bad channel that goes first, and a good one.
pub(crate) fn bad_and_good(fault: &str, change: impl FnOnce(Setup) -> Setup) -> (Upstream, Upstream, Relay) {
    let (bad, good) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let setup =
        Relay::of(PROGRAM).upstream(&good).toml(&channel("bad", bad.address(), fault, "priority = 5"));
    (bad, good, change(setup).start())
}

/// Attempts by channel and outcome, as the metrics count them.
pub(crate) fn attempts(relay: &Relay) -> BTreeMap<(String, String), u64> {
    let text = relay.get("/metrics").text();
    let read = |line: &str| {
        let (labels, count) = line.strip_prefix("watertight_attempts_total{")?.split_once("} ")?;
        let mut values = labels.split('"').skip(1).step_by(2).map(str::to_owned);
        Some(((values.next()?, values.next()?), count.parse().ok()?))
    };
    text.lines().filter_map(read).collect()
}

pub(crate) fn attempted(relay: &Relay, channel: &str, outcome: &str) -> u64 {
    attempts(relay).get(&(channel.to_owned(), outcome.to_owned())).copied().unwrap_or(0)
}

pub(crate) fn gauge(relay: &Relay, name: &str, channel: &str) -> u64 {
    let text = relay.get("/metrics").text();
    let wanted = format!("{name}{{channel=\"{channel}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&wanted));
    value.unwrap_or_else(|| panic!("no {wanted} in {text}")).parse().unwrap()
}

/// Four channels of equal rank, one healthy: every request succeeds, and the counters explain every attempt.
#[test]
fn one_healthy_channel_among_four_is_enough() {
    const REQUESTS: usize = 1000;
    let (good, bad) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let relay = Relay::of(PROGRAM)
        .without_affinity()
        .upstream(&good)
        .toml(&channel("dead", "127.0.0.1:1", "m", ""))
        .toml(&channel("limited", bad.address(), "fault-status-429", ""))
        .toml(&channel("stalling", bad.address(), "fault-silent", "timeouts = { first_byte = \"1s\" }"))
        .start();
    let baseline = Baseline::take(&relay, &good);
    let before = attempts(&relay);
    repeat(REQUESTS, 50, |i| {
        let (path, stream) = ([OPENAI, ANTHROPIC][i % 2], i % 4 < 2);
        let answer = relay.post(path, &chat("m", stream));
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert!(if stream { is_whole(path, &answer) } else { answer.whole }, "{answer:?}");
    });
    baseline.assert_quiet(&[("done", REQUESTS as u64)]);
    let mut counts = attempts(&relay);
    counts.iter_mut().for_each(|(key, count)| *count -= before.get(key).copied().unwrap_or(0));
    let sum = |channel: &str| counts.iter().filter(|((c, _), _)| c == channel).map(|(_, n)| n).sum::<u64>();
    let count = |channel: &str, outcome: &str| {
        counts.get(&(channel.to_owned(), outcome.to_owned())).copied().unwrap_or(0)
    };
    // The one more is the good request with which the baseline ends.
    assert_eq!(count("xai-0", "answered"), REQUESTS as u64 + 1, "{counts:?}");
    for (name, outcome) in [("dead", "broken"), ("limited", "rate"), ("stalling", "transient")] {
        assert_eq!(sum(name), count(name, outcome), "{name} only fails one way: {counts:?}");
        assert!((1..REQUESTS as u64 / 2).contains(&sum(name)), "{name} rests most of the time: {counts:?}");
    }
    let failed: u64 = ["dead", "limited", "stalling"].map(sum).iter().sum();
    until(PATIENCE, || {
        let log = relay.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mine = lines.filter(|line| line["message"] == "request" && line["model"] == "m");
        let tried: u64 = mine.filter_map(|line| line["attempts"].as_u64()).sum();
        let wanted = REQUESTS as u64 + failed;
        if tried == wanted { Ok(()) } else { Err(format!("the log counts {tried} attempts, not {wanted}")) }
    });
    assert_eq!(bad.state().requests(), sum("limited") + sum("stalling"), "and so does the upstream");
}

/// Faults 2, 5, 6, 15, 16, 17, 33, 44: whatever goes wrong before the first content, the client sees nothing of it.
#[test]
fn what_fails_before_the_first_content_is_done_by_another_channel() {
    for fault in [
        "status-500",
        "status-429",
        "status-401",
        "status-408",
        "error-short-500",
        "error-unended-503",
        "error-reset-500",
        "error-stall-500",
        "json-error",
        "first-error",
        "silent",
        "silent-after-headers",
        "drip-comments",
        "no-event",
        "zero-tokens",
        "close-before-headers",
        "reset-before-headers",
        "redirect",
        "html-200",
        "html-502",
        "empty",
        "length-short",
    ] {
        let (bad, good, relay) = bad_and_good(&format!("fault-{fault}"), |setup| {
            setup.timeout("first_byte", "400ms").timeout("idle", "400ms").timeout("error_body", "200ms")
        });
        let baseline = Baseline::take(&relay, &good);
        repeat(4, 2, |i| {
            let path = [OPENAI, ANTHROPIC][i % 2];
            // What is only wrong with a stream is asked for as one, and the other way round.
            let stream = !matches!(fault, "length-short" | "json-error");
            let answer = relay.post(path, &chat("m", stream));
            assert_eq!(answer.status(), 200, "{fault}: {answer:?}");
            assert!(!answer.text().contains("error"), "{fault}: {answer:?}");
            assert!(if stream { is_whole(path, &answer) } else { answer.whole }, "{fault}: {answer:?}");
        });
        assert!(bad.state().requests() > 0, "{fault} was never tried");
        baseline.assert_quiet(&[("done", 4)]);
    }
}

/// Faults 7, 14, 23, 24: once something was sent, the call stays where it is.
#[test]
fn what_fails_after_the_first_content_is_not_done_again() {
    for fault in ["error-after-3", "truncate-3", "cut-3", "reset-in-chunk-3", "stall-3"] {
        let (_bad, good, relay) =
            bad_and_good(&format!("fault-{fault}"), |setup| setup.timeout("idle", "300ms"));
        let baseline = Baseline::take(&relay, &good);
        let before = good.state().requests();
        for path in [OPENAI, ANTHROPIC] {
            let answer = relay.post(path, &chat("m", true));
            assert_eq!(answer.status(), 200, "{fault}: {answer:?}");
            error_event(path, &answer.text());
        }
        assert_eq!(good.state().requests(), before, "{fault}: another channel was tried");
        // Counted when its body is dropped, which may be after its last byte was read.
        baseline.quiet(Duration::from_secs(5)).unwrap();
        assert_eq!(baseline.ended().values().sum::<u64>(), 2, "{fault}");
    }
}

/// An upstream that answers by the key that it is shown.
pub(crate) fn by_key(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> std::net::SocketAddr {
    servers::listen(move |mut stream| {
        while let Some(request) = servers::read_request(&mut stream) {
            let key = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
            if stream.write_all(answer(key.unwrap_or_default()).as_bytes()).is_err() {
                return;
            }
        }
    })
}

pub(crate) fn whole(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

pub(crate) const GOOD: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#;

/// A request that only a busy channel can express is told to come back, not that it is wrong.
#[test]
fn what_only_a_busy_channel_can_express_is_not_refused_for_good() {
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .toml(&channel("native", upstream.address(), "fault-stall-3", "dialect = \"openai\"\nin_flight = 1"))
        .toml(&channel("translated", upstream.address(), "m", "dialect = \"anthropic\""))
        .start();
    let mut request = chat("m", true);
    request["n"] = 2.into();
    let mut held = relay.connect();
    held.post(OPENAI, &request);
    assert_eq!(held.head().status, 200);
    let answer = relay.post(OPENAI, &request);
    assert_eq!(answer.status(), 503, "{answer:?}\n{}", answer.text());
    assert!(answer.head.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(relay.post(OPENAI, &chat("m", true)).status(), 200, "the translated channel is free");
    assert_eq!(attempted(&relay, "translated", "abandoned"), 0, "what was not sent is no attempt");
    // Alone, the translated channel has nothing to hope for.
    let relay = Relay::of(PROGRAM)
        .toml(&channel("translated", upstream.address(), "m", "dialect = \"anthropic\""))
        .start();
    let answer = relay.post(OPENAI, &request);
    assert_eq!(answer.status(), 400, "{answer:?}");
    assert_eq!(answer.json()["error"]["param"], "n", "{}", answer.text());
}

/// Fault 11: a client that leaves during the first attempt gets no second one.
#[test]
fn a_client_that_left_is_not_tried_for_again() {
    let (bad, good, relay) = bad_and_good("fault-silent", |setup| setup.timeout("first_byte", "1s"));
    let baseline = Baseline::take(&relay, &good);
    let before = good.state().requests();
    let clients: Vec<_> = (0..8).map(|_| relay.stream("m")).collect();
    until(PATIENCE, || match bad.state().open_requests() {
        8 => Ok(()),
        n => Err(format!("{n} requests wait")),
    });
    drop(clients);
    baseline.assert_quiet(&[("client_gone", 8)]);
    // The good request with which that ended is the only one.
    assert_eq!(good.state().requests(), before + 1, "the other channel was tried for a client that had left");
    assert_eq!(attempted(&relay, "bad", "abandoned"), 8, "{:?}", attempts(&relay));
}

/// Fault 31: attempts are capped, none goes where one failed, and the client gets the upstream's own words.
#[test]
fn when_all_channels_fail_the_attempts_are_capped() {
    let upstream = Upstream::start(PROGRAM);
    let mut setup = Relay::of(PROGRAM).attempts(3);
    for n in 0..6 {
        let fault = if n % 2 == 0 { "fault-status-500" } else { "fault-status-529" };
        setup = setup.toml(&channel(&format!("c{n}"), upstream.address(), fault, ""));
    }
    let relay = setup.start();
    let answer = relay.post(OPENAI, &chat("m", false));
    assert!(matches!(answer.status(), 500 | 529), "{answer:?}");
    error_message(OPENAI, &answer);
    assert_eq!(upstream.state().requests(), 3);
    assert!(
        attempts(&relay).values().all(|n| *n == 1),
        "one channel was tried twice: {:?}",
        attempts(&relay)
    );
}

/// Fault 31: the total deadline is over all attempts.
#[test]
fn all_attempts_together_end_with_the_total_deadline() {
    let upstream = Upstream::start(PROGRAM);
    let mut setup = Relay::of(PROGRAM).attempts(8).timeout("first_byte", "600ms").timeout("total", "1s");
    for n in 0..8 {
        setup = setup.toml(&channel(&format!("c{n}"), upstream.address(), "fault-silent", ""));
    }
    let relay = setup.start();
    let answer = relay.post(OPENAI, &chat("m", true));
    assert_eq!(answer.status(), 504, "{answer:?}");
    assert_eq!(upstream.state().requests(), 2, "the second attempt had no time for a third");
}

/// Fault 33: an upstream that is down, then up again on the same port.
#[test]
fn an_upstream_that_comes_back_is_used_again_without_a_restart() {
    let address = harness::address();
    let relay = Relay::of(PROGRAM).toml(&channel("sometimes", address, "m", "")).start();
    for _ in 0..8 {
        let answer = relay.post(OPENAI, &chat("m", false));
        assert_eq!(answer.status(), 502, "{answer:?}");
    }
    let listener = TcpListener::bind(address).unwrap();
    servers::serve_on(listener, |mut stream| {
        while servers::read_request(&mut stream).is_some() {
            if stream.write_all(whole(200, "", GOOD).as_bytes()).is_err() {
                return;
            }
        }
    });
    assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200);
}

/// Fault 33: a name that cannot be resolved, and a black hole.
#[test]
fn an_upstream_that_cannot_be_reached_is_left_for_another() {
    // A listener whose queue is full answers no handshake.
    let (hole, _held) = servers::black_hole();
    for address in ["does-not-exist.invalid".to_owned(), hole.to_string()] {
        let good = Upstream::start(PROGRAM);
        let relay = Relay::of(PROGRAM)
            .upstream(&good)
            .timeout("connect", "300ms")
            .toml(&channel("unreachable", &address, "m", "priority = 5\nproxy = \"none\""))
            .start();
        let baseline = Baseline::take(&relay, &good);
        repeat(6, 3, |_| assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200));
        baseline.assert_quiet(&[("done", 6)]);
        assert!(
            attempts(&relay).keys().any(|(channel, _)| channel == "unreachable"),
            "{address} was not tried"
        );
    }
}

#[test]
fn a_full_channel_is_passed_over_and_all_full_is_an_answer_at_once() {
    let (one, two) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let relay = Relay::of(PROGRAM)
        .toml(&channel("one", one.address(), "fault-stall-3", "priority = 5\nin_flight = 2"))
        .toml(&channel("two", two.address(), "fault-stall-3", "in_flight = 2"))
        .start();
    let open = |n: usize| -> Vec<_> {
        let streams: Vec<_> = (0..n)
            .map(|_| {
                let mut client = relay.stream("m");
                assert_eq!(client.head().status, 200);
                client
            })
            .collect();
        streams
    };
    let streams = open(4);
    assert_eq!((one.state().open_requests(), two.state().open_requests()), (2, 2));
    let answer = relay.post(OPENAI, &chat("m", true));
    assert_eq!(answer.status(), 503, "{answer:?}");
    assert!(answer.head.header("retry-after").is_some(), "{answer:?}");
    drop(streams);
    until(PATIENCE, || match gauge(&relay, "watertight_channel_in_flight", "one") {
        0 => Ok(()),
        n => Err(format!("{n} places are still taken")),
    });
    drop(open(4));
}
