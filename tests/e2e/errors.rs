//! Faults 1 to 6: errors instead of answers, whole and broken.

use std::time::{Duration, Instant};

use harness::{Baseline, chat};

use crate::{ANTHROPIC, OPENAI, TIMES, ask, error_message, is_whole, start};

/// Fault 1.
#[test]
fn error_statuses_are_mapped_and_their_connections_reused() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut asked = 0;
    for path in [OPENAI, ANTHROPIC] {
        // One client connection stays with one worker and its pool.
        let mut client = relay.connect();
        let before = upstream.state();
        for (status, wanted) in [
            (400, 400),
            (401, 502),
            (403, 502),
            (404, 404),
            (413, 413),
            (422, 422),
            (429, 429),
            (500, 500),
            (502, 502),
            (503, 503),
            (529, 529),
        ] {
            for stream in [true, false] {
                // A connection rests for a moment before it is lent again.
                std::thread::sleep(Duration::from_millis(10));
                client.post(path, &chat(&format!("fault-status-{status}"), stream));
                let answer = client.answer();
                assert_eq!(answer.status(), wanted, "{path} {status}: {answer:?}");
                let message = error_message(path, &answer);
                if wanted == status {
                    assert_eq!(message, format!("drill: status {status} on request"));
                }
                if status == 429 {
                    assert_eq!(answer.head.header("retry-after"), Some("7"), "{answer:?}");
                }
                asked += 1;
            }
        }
        let after = upstream.state();
        let opened = after.number("connections_total") - before.number("connections_total");
        assert!(opened <= 1, "{opened} connections for 22 requests of one client");
    }
    baseline.assert_quiet(&[("upstream_error", asked)]);
}

/// Fault 2.
#[test]
fn a_broken_error_body_keeps_its_status_and_loses_its_connection() {
    let (upstream, relay) = start(|setup| setup);
    for fault in ["error-short-429", "error-unended-503", "error-reset-500"] {
        for path in [OPENAI, ANTHROPIC] {
            let baseline = Baseline::take(&relay, &upstream);
            let status: u16 = fault.rsplit('-').next().unwrap().parse().unwrap();
            ask(&relay, path, &format!("fault-{fault}"), path == OPENAI, |answer| {
                assert_eq!(answer.status(), status, "{fault}: {answer:?}");
                assert!(!error_message(path, answer).is_empty());
            });
            baseline.assert_quiet(&[("upstream_error", TIMES as u64)]);
        }
    }
}

/// Fault 3.
#[test]
fn a_stalled_error_body_is_answered_within_its_deadline() {
    let (upstream, relay) = start(|setup| setup.timeout("error_body", "500ms"));
    for fault in ["error-stall-429", "error-stall-half-500"] {
        let baseline = Baseline::take(&relay, &upstream);
        let status: u16 = fault.rsplit('-').next().unwrap().parse().unwrap();
        let begun = Instant::now();
        ask(&relay, OPENAI, &format!("fault-{fault}"), true, |answer| {
            assert_eq!(answer.status(), status, "{answer:?}");
            error_message(OPENAI, answer);
        });
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        baseline.assert_quiet(&[("upstream_error", TIMES as u64)]);
    }
}

/// Fault 4.
#[test]
fn an_endless_error_body_is_cut_at_once() {
    let (upstream, relay) = start(|setup| setup);
    for fault in ["error-endless-502", "error-huge"] {
        let baseline = Baseline::take(&relay, &upstream);
        let memory = relay.child.resident();
        ask(&relay, OPENAI, &format!("fault-{fault}"), false, |answer| {
            assert_eq!(answer.status(), if fault == "error-huge" { 500 } else { 502 }, "{:?}", answer.head);
            assert!(answer.body.len() < 128 << 10, "{} bytes were passed on", answer.body.len());
            error_message(OPENAI, answer);
        });
        baseline.assert_quiet(&[("upstream_error", TIMES as u64)]);
        if let (Some(before), Some(after)) = (memory, relay.child.resident()) {
            assert!(after < before + (32 << 20), "resident memory went from {before} to {after}");
        }
    }
}

/// Fault 5.
#[test]
fn json_instead_of_a_stream_is_read_by_its_content() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for charset in ["", "-charset"] {
            ask(&relay, path, &format!("fault-json-error{charset}"), true, |answer| {
                assert!(answer.status() >= 400, "an error was delivered as success: {answer:?}");
                assert!(error_message(path, answer).contains("an error with status 200"), "{answer:?}");
            });
            ask(&relay, path, &format!("fault-json-answer{charset}"), true, |answer| {
                assert!(is_whole(path, answer), "{answer:?}\n{}", answer.text());
                assert!(answer.text().contains("downhill"), "{}", answer.text());
                let content_type = answer.head.header("content-type").unwrap_or_default();
                assert!(content_type.starts_with("text/event-stream"), "{content_type}");
            });
        }
    }
    let each = 4 * TIMES as u64;
    baseline.assert_quiet(&[("upstream_error", each), ("done", each)]);
}

/// Fault 5, the other way round, and what is neither.
#[test]
fn html_redirects_and_nothing_are_errors() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for (fault, status) in
            [("html", 502), ("html-502", 502), ("empty", 502), ("redirect", 502), ("fields-9", 502)]
        {
            for stream in [true, false] {
                ask(&relay, path, &format!("fault-{fault}"), stream, |answer| {
                    assert_eq!(answer.status(), status, "{fault} {stream}: {answer:?}\n{}", answer.text());
                    let message = error_message(path, answer);
                    assert!(!message.contains('<') && !message.contains("elsewhere"), "{message}");
                });
            }
        }
    }
    baseline.assert_quiet(&[("upstream_error", 20 * TIMES as u64)]);
}

/// Fault 6.
#[test]
fn a_stream_that_begins_with_an_error_becomes_an_error_status() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        ask(&relay, path, "fault-first-error", true, |answer| {
            assert!(answer.status() >= 400, "{answer:?}\n{}", answer.text());
            assert!(error_message(path, answer).contains("the first event is an error"), "{}", answer.text());
        });
    }
    baseline.assert_quiet(&[("upstream_error", 2 * TIMES as u64)]);
}

/// Fault 22, for JSON answers: tolerated, or an error that says so; never a crash, never half of something.
#[test]
fn odd_fields_are_tolerated_or_a_clear_error() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for variant in 1..=9 {
            for stream in [true, false] {
                let answer = relay.post(path, &chat(&format!("fault-fields-{variant}"), stream));
                assert!(
                    matches!(answer.status(), 200 | 502),
                    "{variant} {stream}: {answer:?}\n{}",
                    answer.text()
                );
                assert!(answer.whole, "{variant} {stream}: {answer:?}");
            }
        }
    }
    baseline.assert_quiet_among(36, &["done", "upstream_error", "upstream_truncated"]);
}
