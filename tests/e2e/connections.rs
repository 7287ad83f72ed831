//! Faults 32, 36, 52 and 53: connections on both sides.

use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

use harness::{Baseline, PATIENCE, Relay, chat, until};

use crate::protection::heap;
use crate::{ANTHROPIC, OPENAI, PROGRAM, TIMES, ask, is_whole, start};

/// Fault 32.
#[test]
fn an_upstream_that_closes_idle_connections_is_not_noticed() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.connect();
    for i in 0..TIMES {
        client.post(OPENAI, &chat("fault-close-idle", i % 2 == 0));
        let answer = client.answer();
        assert!(answer.status() == 200 && answer.whole, "{i}: {answer:?}\n{}", answer.text());
    }
    drop(client);
    baseline.assert_quiet(&[("done", TIMES as u64)]);
}

/// Fault 33's cheapest half: an upstream that hangs up on the request.
#[test]
fn an_upstream_that_hangs_up_is_a_bad_gateway() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for fault in ["close-before-headers", "reset-before-headers"] {
        ask(&relay, OPENAI, &format!("fault-{fault}"), true, |answer| {
            assert_eq!(answer.status(), 502, "{fault}: {answer:?}");
        });
    }
    baseline.assert_quiet(&[("upstream_error", 2 * TIMES as u64)]);
}

/// An upstream that is not there at all.
#[test]
fn an_upstream_that_refuses_is_a_bad_gateway() {
    let upstream = harness::Upstream::start(PROGRAM);
    let setup =
        Relay::of(PROGRAM).channel("openai", "http://127.0.0.1:1", "models = [\"gone\"]\npriority = 5");
    let url = format!("http://{}", upstream.address());
    let relay = setup.channel("xai", &url, "models = [\"warm-up\", \"gpt-*\"]").start();
    let baseline = Baseline::take(&relay, &upstream);
    ask(&relay, OPENAI, "gone", false, |answer| {
        assert_eq!(answer.status(), 502, "{answer:?}");
        assert!(!answer.text().contains("127.0.0.1"), "an internal address is told: {}", answer.text());
    });
    baseline.assert_quiet(&[("upstream_error", TIMES as u64)]);
    harness::until(harness::PATIENCE, || {
        let log = relay.log();
        let ends = log.lines().filter(|line| line.contains("\"end\":\"upstream_error\""));
        let ends: Vec<bool> = ends.map(|line| line.contains("127.0.0.1:1: Connection refused")).collect();
        let all = ends.len() == TIMES && ends.iter().all(|says| *says);
        if all { Ok(()) } else { Err(format!("the reason stands in another line, or not in each: {log}")) }
    });
}

/// Fault 36: connections that vanish.
#[test]
fn five_thousand_connections_that_vanish_leave_nothing_behind() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let connections: Vec<_> = (0..5000)
        .map(|i| {
            let mut stream =
                TcpStream::connect(relay.address()).unwrap_or_else(|e| panic!("connection {i}: {e}"));
            // Some say nothing, some begin to.
            if i % 3 == 0 {
                stream.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: re").unwrap();
            }
            stream
        })
        .collect();
    harness::until(harness::PATIENCE, || match relay.health().tasks() {
        5000.. => Ok(()),
        tasks => Err(format!("{tasks} tasks for 5000 connections")),
    });
    drop(connections);
    baseline.assert_quiet(&[]);
}

/// Fault 36: headers that never end, and connections that ask for nothing.
#[test]
fn slow_headers_and_idle_connections_are_closed() {
    let (upstream, relay) =
        start(|setup| setup.timeout("request_header", "500ms").timeout("client_idle", "500ms"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut slow = relay.connect();
    slow.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost:").unwrap();
    let mut silent = relay.connect();
    let mut idle = relay.connect();
    assert_eq!(idle.get("/healthz").status(), 200);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(200) {
        slow.send(b"x").unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(slow.closes(Duration::from_secs(5)), "slow headers were waited for");
    assert!(silent.closes(Duration::from_secs(5)), "a connection without a request was kept");
    assert!(idle.closes(Duration::from_secs(5)), "an idle connection was kept");
    drop((slow, silent, idle));
    baseline.assert_quiet(&[]);
}

/// Fault 36: more connections than allowed get a quick answer or an end, and the others are not disturbed.
#[test]
fn the_connection_limit_holds_and_recovers() {
    let (upstream, relay) = start(|setup| setup.limit("connections", "20"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut first = relay.connect();
    assert_eq!(first.get("/healthz").status(), 200);
    let crowd: Vec<_> = (0..60).filter_map(|_| harness::Client::try_connect(relay.address()).ok()).collect();
    assert_eq!(first.get("/healthz").status(), 200, "a connection that was there before the crowd");
    drop(crowd);
    drop(first);
    baseline.assert_quiet(&[]);
}

/// The limit on exchanges: an immediate, cheap refusal.
#[test]
fn requests_above_the_limit_are_shed_at_once() {
    let (upstream, relay) = start(|setup| setup.limit("in_flight", "5"));
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let busy: Vec<_> = (0..5).map(|_| relay.stream("fault-silent")).collect();
    upstream.wait("five are busy", |state| state.open_requests() == 5);
    let begun = Instant::now();
    for path in [OPENAI, ANTHROPIC] {
        let answer = relay.post(path, &chat("m", false));
        assert!(matches!(answer.status(), 429 | 503), "{answer:?}");
        assert!(answer.head.header("retry-after").is_some(), "{answer:?}");
        crate::error_message(path, &answer);
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // A client may have the whole answer before the request's end is told.
    harness::until(harness::PATIENCE, || match relay.health().relay("shed_total") {
        2 => Ok(()),
        other => Err(format!("shed: {other}")),
    });
    drop(busy);
    baseline.assert_quiet(&[("shed", 2), ("client_gone", 5)]);
}

/// Fault 52.
#[test]
fn what_comes_after_an_answer_is_never_taken_for_another() {
    let (upstream, relay) = start(|setup| setup);
    let cases = [
        ("too-long", false),
        ("too-long", true),
        ("two-answers", false),
        ("two-answers", true),
        ("after-terminal", true),
        ("terminal-open", true),
    ];
    for path in [OPENAI, ANTHROPIC] {
        for (fault, stream) in cases {
            let baseline = Baseline::take(&relay, &upstream);
            let mut client = relay.connect();
            for i in 0..TIMES {
                client.post(path, &chat(&format!("fault-{fault}"), stream));
                let answer = client.answer();
                let text = answer.text();
                assert!(answer.whole && answer.status() == 200, "{fault} {i}: {answer:?}");
                assert!(!text.to_lowercase().contains("surplus"), "{fault} {i}: {text}");
                assert!(!stream || is_whole(path, &answer), "{fault} {i}: {text}");
                assert!(stream || answer.json()["model"] == format!("fault-{fault}"), "{fault} {i}: {text}");
                client.post(path, &chat(&format!("good-{i}"), stream));
                let answer = client.answer();
                assert!(
                    answer.text().contains(&format!("\"model\":\"good-{i}\"")),
                    "{fault} {i}: {}",
                    answer.text()
                );
            }
            drop(client);
            let connections: Vec<_> = upstream.requests().iter().map(|r| r["connection"].clone()).collect();
            let pairs = connections[connections.len() - 2 * TIMES..].chunks(2);
            for pair in pairs {
                assert_ne!(
                    pair[0], pair[1],
                    "{fault} {stream}: a connection with bytes left over was reused"
                );
            }
            baseline.assert_quiet(&[("done", 2 * TIMES as u64)]);
        }
    }
}

/// Fault 59: what an upstream sends shortly after its answer has come by then.
#[test]
fn a_connection_rests_after_its_answer_before_it_is_lent_again() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.connect();
    let mut asked = 0;
    until(PATIENCE, || {
        for i in 0..TIMES {
            client.post([OPENAI, ANTHROPIC][i % 2], &chat("gpt-rest", i % 4 < 2));
            assert!(client.answer().whole);
            asked += 1;
        }
        let state = upstream.state();
        let rested = state.0["rested_ms"].as_f64().ok_or("no connection was lent again")?;
        assert!(rested >= 5.0, "a connection was lent again after {rested} ms");
        Ok(())
    });
    drop(client);
    baseline.assert_quiet(&[("done", asked)]);
}

/// Fault 59: an upstream that was caught is trusted less.
#[test]
fn connections_rest_longer_where_bytes_came_after_an_answer() {
    let (upstream, relay) = start(|setup| setup);
    assert_eq!(relay.post(OPENAI, &chat("fault-late-surplus-20", false)).status(), 200);
    until(PATIENCE, || match relay.log().contains("an upstream sent bytes beyond its answer") {
        true => Ok(()),
        false => Err(relay.log()),
    });
    upstream.reset();
    let mut client = relay.connect();
    for i in 0..50 {
        let model = if i % 2 == 0 { "fault-late-surplus-20".to_owned() } else { format!("good-{i}") };
        client.post(OPENAI, &chat(&model, i % 3 == 0));
        let answer = client.answer();
        let text = answer.text();
        assert!(answer.whole && text.contains(&format!("\"model\":\"{model}\"")), "{i}: {text}");
    }
    // On a slow machine some of them have rested long enough.
    let rested = upstream.state().0["rested_ms"].as_f64();
    assert!(rested.is_none_or(|ms| ms >= 2_000.0), "a connection was lent again after {rested:?} ms");
    // Those that rest are not all kept: each request has one of its own.
    let idle = relay.health().relay("upstream_idle");
    assert!(idle <= 8 + 1, "{idle} idle connections of one client's worker, and one of the first's");
}

/// Fault 53.
#[test]
fn a_second_relay_on_the_same_port_is_refused() {
    let (upstream, relay) = start(|setup| setup);
    let address = relay.address().to_string();
    let (code, output) = Relay::of(PROGRAM).upstream(&upstream).arg("--listen").arg(address.as_str()).run();
    assert_eq!(code, Some(69), "{output}");
    assert!(output.contains(&address), "the address is not named: {output}");
    relay.assert_serves();
}

/// A connection at rest holds its socket, not what reading and writing on it takes; and nothing that came is lost by that.
#[test]
fn connections_at_rest_hold_little_and_are_served_again() {
    let (_upstream, relay) = start(|setup| setup.timeout("request_header", "1m"));
    let mut half = relay.connect();
    half.send(b"GET /healthz HTTP/1.1\r\nhost: r\r\n\r\nGET /heal").unwrap();
    assert_eq!(half.answer().status(), 200);
    let mut idle: Vec<_> = (0..100).map(|_| relay.connect()).collect();
    for client in &mut idle {
        client.post(OPENAI, &chat("m", false));
        assert_eq!(client.answer().status(), 200);
    }
    let before = heap(&relay);
    // The wheel looks at an idle connection every 13 s.
    until(2 * PATIENCE, || match before.saturating_sub(heap(&relay)) / 100 {
        8_000.. => Ok(()),
        less => Err(format!("each gave back {less} bytes of {}", before / 100)),
    });
    half.send(b"thz HTTP/1.1\r\nhost: r\r\n\r\n").unwrap();
    assert_eq!(half.answer().status(), 200, "the half of a head was kept");
    for client in &mut idle {
        client.post(OPENAI, &chat("m", false));
        assert_eq!(client.answer().status(), 200);
        assert_eq!(client.get("/healthz").status(), 200);
    }
}
