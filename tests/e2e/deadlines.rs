//! Faults 14 to 16 and 18: an upstream that is slow or silent, a client that does not read.

use std::time::{Duration, Instant};

use harness::{Baseline, Client, Relay, chat, until};

use crate::{ANTHROPIC, AT_ONCE, OPENAI, TIMES, ask, error_event, error_message, start};

/// Fault 14.
#[test]
fn a_stream_that_stalls_ends_with_an_error_event() {
    let (upstream, relay) = start(|setup| setup.timeout("idle", "500ms"));
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        ask(&relay, path, "fault-stall-3", true, |answer| {
            assert_eq!(answer.status(), 200, "{answer:?}");
            assert!(answer.text().contains("downhill"), "{}", answer.text());
            error_event(path, &answer.text());
        });
        // Half of a JSON body: nothing was sent yet, so the status can tell.
        ask(&relay, path, "fault-stall", false, |answer| {
            assert_eq!(answer.status(), 504, "{answer:?}");
            error_message(path, answer);
        });
    }
    baseline.assert_quiet(&[("idle_timeout", 4 * TIMES as u64)]);
}

/// Fault 15, one channel.
#[test]
fn an_upstream_that_never_answers_is_given_up() {
    let (upstream, relay) = start(|setup| setup.timeout("first_byte", "500ms"));
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for (fault, stream) in [("silent", true), ("silent", false), ("silent-after-headers", true)] {
            ask(&relay, path, &format!("fault-{fault}"), stream, |answer| {
                assert_eq!(answer.status(), 504, "{fault}: {answer:?}");
                error_message(path, answer);
            });
        }
    }
    baseline.assert_quiet(&[("first_byte_timeout", 6 * TIMES as u64)]);
}

/// Fault 16: comments and single bytes are life, not content.
#[test]
fn dripping_does_not_count_as_content() {
    let (upstream, relay) = start(|setup| setup.timeout("first_byte", "600ms"));
    let baseline = Baseline::take(&relay, &upstream);
    for fault in ["drip-comments-20", "drip-bytes-20"] {
        for path in [OPENAI, ANTHROPIC] {
            ask(&relay, path, &format!("fault-{fault}"), true, |answer| {
                assert_eq!(answer.status(), 504, "{fault}: {answer:?}");
                error_message(path, answer);
            });
        }
    }
    baseline.assert_quiet(&[("first_byte_timeout", 4 * TIMES as u64)]);
}

/// Fault 16: the total deadline holds, before the first content and after it.
#[test]
fn the_total_deadline_holds_whatever_drips() {
    let (upstream, relay) = start(|setup| setup.timeout("total", "700ms"));
    let baseline = Baseline::take(&relay, &upstream);
    ask(&relay, OPENAI, "fault-drip-comments-20", true, |answer| {
        assert_eq!(answer.status(), 504, "{answer:?}");
        error_message(OPENAI, answer);
    });
    repeat_endless(&relay, |answer| {
        error_event(OPENAI, answer);
    });
    baseline.assert_quiet(&[("total_timeout", 2 * TIMES as u64)]);
}

fn repeat_endless(relay: &Relay, check: impl Fn(&str) + Sync) {
    harness::repeat(TIMES, AT_ONCE, |_| {
        let mut request = chat("fault-pace-20", true);
        request["max_tokens"] = 1_000_000.into();
        let answer = relay.post(OPENAI, &request);
        assert_eq!(answer.status(), 200, "{answer:?}");
        check(&answer.text());
    });
}

/// Clients that ask and then never read.
fn deaf_clients(relay: &Relay, model: &str, count: usize) -> Vec<Client> {
    let ask = |_| {
        let mut client = relay.connect().with_receive_buffer(4096);
        let mut request = chat(model, true);
        request["max_tokens"] = 1_000_000.into();
        client.post(OPENAI, &request);
        client
    };
    (0..count).map(ask).collect()
}

/// Fault 18: bytes wait in the relay, and the revoker fires although the body is not polled.
#[test]
fn a_client_that_does_not_read_a_flood_is_cut_off_in_bounded_memory() {
    let (upstream, relay) = start(|setup| setup.timeout("client_write", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    // What the warm-up asked must not be taken for the streams.
    upstream.reset();
    let before = relay.child.resident();
    let count = 2 * TIMES;
    let mut clients = deaf_clients(&relay, "fault-flood", count);
    upstream.wait("all floods have begun", |state| state.number("requests_total") >= count as u64);
    let mut peak = 0;
    // They are blocked once the kernel has taken its megabytes of each, which takes a loaded machine its time.
    until(Duration::from_secs(60), || {
        peak = peak.max(relay.child.resident().unwrap_or(0));
        match upstream.state().open_requests() {
            0 => Ok(()),
            open => Err(format!("{open} floods were not cut off")),
        }
    });
    if let Some(before) = before {
        assert!(
            peak < before + (64 << 20),
            "resident memory went from {before} to {peak} for {count} clients"
        );
    }
    for client in &mut clients {
        assert!(client.closes(Duration::from_secs(10)), "the connection was left open");
    }
    drop(clients);
    baseline.assert_quiet(&[("slow_client", count as u64)]);
}

/// Fault 18: a slow reader makes progress, so it is not cut off for that.
#[test]
fn a_client_that_reads_slowly_but_reads_is_served() {
    let (upstream, relay) = start(|setup| setup.timeout("client_write", "2s"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut client = relay.stream("fault-tokens-2000");
    let begun = Instant::now();
    let mut tokens = 0;
    while let Ok(Some(event)) = client.event() {
        tokens += 1;
        if tokens % 500 == 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(!event.contains("\"error\""), "{event}");
    }
    assert!(tokens > 2000 && begun.elapsed() >= Duration::from_millis(400), "{tokens}");
    drop(client);
    baseline.assert_quiet(&[("done", 1)]);
}

/// Fault 18: nothing waits in the relay, so the idle deadline is the one that fires.
#[test]
fn a_client_that_does_not_read_a_silent_stream_ends_by_the_idle_deadline() {
    let (upstream, relay) = start(|setup| setup.timeout("idle", "700ms").timeout("client_write", "30s"));
    let baseline = Baseline::take(&relay, &upstream);
    // What the warm-up asked must not be taken for the streams.
    upstream.reset();
    let clients = deaf_clients(&relay, "fault-stall-3", TIMES);
    upstream.wait("streams have begun", |state| state.number("requests_total") >= TIMES as u64);
    upstream.wait("streams are given up", |state| state.open_requests() == 0);
    drop(clients);
    baseline.assert_quiet(&[("idle_timeout", TIMES as u64)]);
}

/// Fault 18: what the kernel took counts as delivered; the total deadline holds all the same.
#[test]
fn a_client_that_does_not_read_a_dripping_stream_ends_by_the_total_deadline() {
    let (upstream, relay) = start(|setup| setup.timeout("total", "1s").timeout("client_write", "30s"));
    let baseline = Baseline::take(&relay, &upstream);
    // What the warm-up asked must not be taken for the streams.
    upstream.reset();
    let clients = deaf_clients(&relay, "fault-pace-50", TIMES);
    upstream.wait("streams have begun", |state| state.number("requests_total") >= TIMES as u64);
    upstream.wait("streams are given up", |state| state.open_requests() == 0);
    drop(clients);
    baseline.assert_quiet(&[("total_timeout", TIMES as u64)]);
}
