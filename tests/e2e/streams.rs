//! Faults 7, 17, 19, 23, 24: streams that break, and what the client is told.

use harness::{Baseline, chat, until};

use crate::{ANTHROPIC, OPENAI, TIMES, ask, error_event, error_message, is_whole, start};

/// Fault 7.
#[test]
fn an_error_event_after_tokens_reaches_the_client_and_nothing_after_it() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let before = upstream.state().number("requests_total");
    for path in [OPENAI, ANTHROPIC] {
        ask(&relay, path, "fault-error-after-5", true, |answer| {
            assert_eq!(answer.status(), 200);
            assert!(answer.text().contains("downhill"), "{}", answer.text());
            assert!(
                error_event(path, &answer.text()).contains("an error in the middle"),
                "{}",
                answer.text()
            );
        });
    }
    let asked = upstream.state().number("requests_total") - before;
    assert_eq!(asked, 2 * TIMES as u64, "something was tried again after its first token");
    baseline.assert_quiet(&[("upstream_error", 2 * TIMES as u64)]);
}

/// Fault 17.
#[test]
fn a_stream_without_content_is_an_error() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for fault in ["no-event", "zero-tokens"] {
            ask(&relay, path, &format!("fault-{fault}"), true, |answer| {
                assert_eq!(answer.status(), 502, "{fault}: {answer:?}\n{}", answer.text());
                error_message(path, answer);
            });
        }
    }
    baseline.assert_quiet_among(4 * TIMES as u64, &["upstream_error", "upstream_truncated"]);
}

/// Fault 19: below the cap it is delivered, above it the client is told, and memory stays bounded.
#[test]
fn huge_events_are_capped() {
    let (upstream, relay) = start(|setup| setup.limit("sse_event", "\"4MiB\""));
    let baseline = Baseline::take(&relay, &upstream);
    let answer = relay.post(OPENAI, &chat("fault-big-event-1", true));
    assert!(
        is_whole(OPENAI, &answer) && answer.body.len() > 1 << 20,
        "{:?} {}",
        answer.head,
        answer.body.len()
    );
    let before = relay.child.resident();
    for path in [OPENAI, ANTHROPIC] {
        ask(&relay, path, "fault-big-event-50", true, |answer| {
            assert_eq!(answer.status(), 200, "{:?}", answer.head);
            assert!(answer.body.len() < 1 << 20, "{} bytes of the event were passed on", answer.body.len());
            error_event(path, &answer.text());
        });
        // Nothing has been sent yet when this one is noticed.
        ask(&relay, path, "fault-endless-event", true, |answer| {
            assert_eq!(answer.status(), 502, "{:?}", answer.head);
            error_message(path, answer);
        });
    }
    baseline.assert_quiet(&[("done", 1), ("too_large", 4 * TIMES as u64)]);
    if let (Some(before), Some(after)) = (before, relay.child.resident()) {
        assert!(after < before + (128 << 20), "resident memory went from {before} to {after}");
    }
}

/// Faults 23 and 24, streams.
#[test]
fn a_stream_that_breaks_off_is_never_a_success() {
    let (upstream, relay) = start(|setup| setup);
    let faults = ["truncate-5", "cut-5", "length-short", "reset-in-chunk-5"];
    for path in [OPENAI, ANTHROPIC] {
        for fault in faults {
            let baseline = Baseline::take(&relay, &upstream);
            ask(&relay, path, &format!("fault-{fault}"), true, |answer| {
                assert_eq!(answer.status(), 200, "{fault}: {answer:?}");
                assert!(answer.text().contains("downhill"), "{fault}: {}", answer.text());
                error_event(path, &answer.text());
            });
            baseline.assert_quiet(&[("upstream_truncated", TIMES as u64)]);
        }
    }
}

/// Fault 24, whole answers.
#[test]
fn a_cut_answer_is_a_bad_gateway() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for fault in ["length-short", "reset-in-chunk"] {
            ask(&relay, path, &format!("fault-{fault}"), false, |answer| {
                assert_eq!(answer.status(), 502, "{fault}: {answer:?}");
                error_message(path, answer);
            });
        }
    }
    baseline.assert_quiet(&[("upstream_truncated", 4 * TIMES as u64)]);
}

/// Fault 23's neighbour: the finish reason came, only the terminator is missing.
#[test]
fn a_missing_terminator_after_the_finish_reason_is_supplied() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    ask(&relay, OPENAI, "fault-no-done", true, |answer| {
        assert!(is_whole(OPENAI, answer), "{}", answer.text());
        assert_eq!(answer.text().matches("[DONE]").count(), 1);
    });
    baseline.assert_quiet(&[("done", TIMES as u64)]);
}

/// Row 20's end-to-end half: how the bytes arrive makes no difference.
#[test]
fn single_bytes_and_odd_framing_are_delivered() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        let answer = relay.post(path, &chat("fault-split", true));
        assert!(is_whole(path, &answer), "{}", answer.text());
        assert!(answer.text().contains("🦀"), "{}", answer.text());
        let answer = relay.post(path, &chat("fault-odd", true));
        assert!(answer.status() == 200 && answer.whole, "{answer:?}");
        assert!(answer.text().contains("🦀") && !answer.text().contains("\"error\""), "{}", answer.text());
    }
    baseline.assert_quiet(&[("done", 4)]);
}

/// The first token does not wait for the second one.
#[test]
fn tokens_are_passed_on_one_by_one() {
    let (upstream, relay) = start(|setup| setup);
    let mut client = relay.stream("fault-stall-2");
    client.event_with(" runs");
    until(harness::PATIENCE, || match upstream.state().open_requests() {
        1 => Ok(()),
        n => Err(format!("{n} open requests")),
    });
}
