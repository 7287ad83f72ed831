//! What rests after a failure, for how long, and what does not: keys alone, channels behind their breakers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::{PATIENCE, Relay, Upstream, chat, until};

use crate::failover::{GOOD, attempted, attempts, bad_and_good, by_key, channel, gauge, whole};
use crate::{OPENAI, PROGRAM, error_event, error_message, is_whole};

/// A channel with two keys whose first one is answered by `refusal`; returns how often it was used.
fn two_keys(refusal: String) -> (Relay, Arc<AtomicUsize>) {
    let used = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&used);
    let address = by_key(move |key| {
        if key == "sk-bad" {
            count.fetch_add(1, Relaxed);
            refusal.clone()
        } else {
            whole(200, "", GOOD)
        }
    });
    let relay = Relay::of(PROGRAM)
        .without_affinity()
        .env("BAD_KEY", "sk-bad")
        .env("GOOD_KEY", "sk-good")
        .toml(&format!(
            "[[channels]]\nname = \"two\"\nprovider = \"openai\"\nbase_url = \"http://{address}\"\n\
             keys = [\"env:BAD_KEY\", \"env:GOOD_KEY\"]\nmodels = [\"*\"]\n"
        ))
        .start();
    (relay, used)
}

#[test]
fn streams_that_break_off_make_a_channel_rest() {
    let (_bad, _good, relay) = bad_and_good("fault-cut-3", |setup| setup);
    for _ in 0..5 {
        error_event(OPENAI, &relay.post(OPENAI, &chat("m", true)).text());
    }
    // Each began well and ended badly: that is half of what happened.
    until(PATIENCE, || {
        let answer = relay.post(OPENAI, &chat("m", true));
        if is_whole(OPENAI, &answer) { Ok(()) } else { Err("the breaking channel is still first".to_owned()) }
    });
}

#[test]
fn the_caller_s_own_faults_blame_nobody() {
    for (status, class) in [(400, "caller"), (404, "caller"), (413, "caller"), (422, "caller")] {
        let (_bad, good, relay) = bad_and_good(&format!("fault-status-{status}"), |setup| setup);
        let before = good.state().requests();
        for _ in 0..8 {
            let answer = relay.post(OPENAI, &chat("m", false));
            assert_eq!(answer.status(), status, "{answer:?}");
            error_message(OPENAI, &answer);
        }
        assert_eq!(good.state().requests(), before, "another channel was tried");
        assert_eq!(attempted(&relay, "bad", class), 8, "{:?}", attempts(&relay));
        assert_eq!(gauge(&relay, "watertight_channel_resting", "bad"), 0);
        assert_eq!(gauge(&relay, "watertight_channel_keys_resting", "bad"), 0);
    }
}

#[test]
fn a_refused_key_rests_and_the_channel_s_other_key_goes_on() {
    let (relay, used) = two_keys(whole(401, "", r#"{"error":{"message":"bad key sk-bad","type":"x"}}"#));
    for _ in 0..20 {
        assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200);
    }
    assert_eq!(used.load(Relaxed), 1, "the refused key rests at once");
    assert_eq!(gauge(&relay, "watertight_channel_keys_resting", "two"), 1);
    assert_eq!(gauge(&relay, "watertight_channel_resting", "two"), 0, "the channel itself is fine");
    assert!(!relay.log().contains("sk-bad"), "the key is in the log");
}

#[test]
fn a_limited_key_rests_for_as_long_as_its_upstream_says() {
    let (relay, used) =
        two_keys(whole(429, "retry-after: 2\r\n", r#"{"error":{"message":"slow down","type":"x"}}"#));
    let mut first = None;
    until(PATIENCE, || {
        assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200);
        match used.load(Relaxed) {
            0 => Err("not used yet".to_owned()),
            1 => Err(format!("rests since {:?}", first.get_or_insert_with(Instant::now))),
            _ => Ok(()),
        }
    });
    let rested = first.unwrap().elapsed();
    assert!(rested > Duration::from_millis(1500), "rested for {rested:?} only");
}

/// Groq says it with 413, OpenAI with 429.
#[test]
fn one_request_that_is_too_much_for_a_minute_leaves_its_key_to_smaller_ones() {
    let body = r#"{"error":{"message":"Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 6294","type":"tokens","code":"rate_limit_exceeded"}}"#;
    for status in [413, 429] {
        let (relay, used) = two_keys(whole(status, "retry-after: 60\r\n", body));
        for _ in 0..8 {
            assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200, "another key is tried");
        }
        assert!(used.load(Relaxed) > 1, "{status}: it rests");
        assert_eq!(gauge(&relay, "watertight_channel_keys_resting", "two"), 0);
        assert_eq!(attempted(&relay, "two", "rate") as usize, used.load(Relaxed), "{:?}", attempts(&relay));
    }
}

#[test]
fn an_upstream_without_keys_that_has_had_enough_is_asked_once() {
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .toml(&format!(
            "[[channels]]\nname = \"local\"\nprovider = \"ollama\"\nbase_url = \"http://{}\"\nmodels = [\"*\"]\n",
            upstream.address()
        ))
        .start();
    for asked in 1..=3 {
        assert_eq!(relay.post(OPENAI, &chat("fault-status-429", false)).status(), 429);
        assert_eq!(upstream.state().requests(), asked);
    }
}

/// With `first_byte` as long as `total`, as the defaults have it, nobody else can be tried any more; but the channel
/// is known to be silent from then on.
#[test]
fn a_channel_that_uses_up_all_the_time_rests_for_the_next_requests() {
    let (_bad, _good, relay) =
        bad_and_good("fault-silent", |setup| setup.timeout("first_byte", "300ms").timeout("total", "300ms"));
    let first = relay.post(OPENAI, &chat("m", false));
    assert_eq!(first.status(), 504, "{first:?}");
    until(PATIENCE, || match relay.post(OPENAI, &chat("m", false)).status() {
        200 => Ok(()),
        status => Err(format!("still {status}: {:?}", attempts(&relay))),
    });
    assert_eq!(attempted(&relay, "bad", "transient"), 5, "{:?}", attempts(&relay));
}

/// A channel that fails all the time rests, is probed, and comes back when it works again.
#[test]
fn a_failing_channel_rests_and_comes_back_when_it_works() {
    let (healthy, hits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (works, count) = (Arc::clone(&healthy), Arc::clone(&hits));
    let address = by_key(move |_| {
        count.fetch_add(1, Relaxed);
        if works.load(Relaxed) {
            whole(200, "x-request-id: from-first\r\n", GOOD)
        } else {
            whole(500, "", r#"{"error":{"message":"no","type":"x"}}"#)
        }
    });
    let good = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .upstream(&good)
        .toml(&channel("first", address, "m", "priority = 5\ndialect = \"openai\""))
        .start();
    let before = Instant::now();
    for _ in 0..50 {
        assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200);
    }
    // Five failures trip it; then at most one probe for each rest.
    let (probes, hits) = (before.elapsed().as_secs() + 1, hits.load(Relaxed) as u64);
    assert!((5..=5 + probes).contains(&hits), "{hits} attempts");
    assert_eq!(gauge(&relay, "watertight_channel_resting", "first"), 1);
    healthy.store(true, Relaxed);
    until(PATIENCE, || {
        let answer = relay.post(OPENAI, &chat("m", false));
        assert_eq!(answer.status(), 200, "{answer:?}");
        match answer.head.header("x-upstream-request-id") {
            Some("from-first") => Ok(()),
            other => Err(format!("answered by {other:?}")),
        }
    });
    assert_eq!(gauge(&relay, "watertight_channel_resting", "first"), 0);
}

/// The only channel never rests: its own words are better than any that the relay could make up.
#[test]
fn the_only_channel_is_asked_even_when_it_fails_all_the_time() {
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM).upstream(&upstream).start();
    for _ in 0..20 {
        let answer = relay.post(OPENAI, &chat("fault-status-503", false));
        assert_eq!(answer.status(), 503, "{answer:?}");
        assert!(error_message(OPENAI, &answer).contains("503"), "the upstream's own message: {answer:?}");
    }
    assert_eq!(attempted(&relay, "xai-0", "transient"), 20);
}
