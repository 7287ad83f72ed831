//! Faults 25 and 26: request bodies that are too large, too slow, cut, or answered early.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use harness::{Baseline, chat};

use crate::{ANTHROPIC, AT_ONCE, OPENAI, TIMES, error_message, start};

const MIB: usize = 1 << 20;

fn head(path: &str, length: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: relay\r\ncontent-type: application/json\r\n{length}\r\n\r\n")
}

/// Fault 25: said to be too large, found to be too large.
#[test]
fn a_body_above_the_cap_is_refused_in_bounded_memory() {
    let (upstream, relay) = start(|setup| setup.limit("request_body", "\"32MiB\""));
    let baseline = Baseline::take(&relay, &upstream);
    let before = relay.child.resident();
    upstream.reset();
    let mut refused = 0;
    for path in [OPENAI, ANTHROPIC] {
        for _ in 0..2 {
            let mut client = relay.connect();
            client.send(head(path, &format!("content-length: {}", 32 * MIB + 1)).as_bytes()).unwrap();
            // It is refused by its header: not one byte of it need be sent.
            let answer = client.answer();
            assert_eq!(answer.status(), 413, "{answer:?}");
            error_message(path, &answer);

            let mut client = relay.connect();
            client.send(head(path, "transfer-encoding: chunked").as_bytes()).unwrap();
            let chunk = format!("{:x}\r\n{}\r\n", MIB, "x".repeat(MIB));
            // The relay may stop reading as soon as it knows.
            let sent = (0..33).take_while(|_| client.send(chunk.as_bytes()).is_ok()).count();
            if let Ok(head) = client.try_head() {
                assert_eq!(head.status, 413, "after {sent} MiB");
            } else {
                assert!(sent >= 32, "reset after {sent} MiB, before the cap");
            }
            refused += 2;
        }
    }
    assert_eq!(upstream.state().number("requests_total"), 0);
    baseline.assert_quiet(&[("too_large", refused)]);
    if let (Some(before), Some(after)) = (before, relay.child.resident()) {
        assert!(after < before + 80 * MIB as u64, "resident memory went from {before} to {after}");
    }
}

/// Fault 25: the largest body that is allowed goes through, whole.
#[test]
fn a_body_at_the_cap_goes_through() {
    let (upstream, relay) = start(|setup| setup.limit("request_body", "\"8MiB\""));
    let baseline = Baseline::take(&relay, &upstream);
    let start = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    let end = "\"}]}";
    let body = format!("{start}{}{end}", "x".repeat(8 * MIB - start.len() - end.len()));
    let mut client = relay.connect();
    client.request("POST", OPENAI, body.as_bytes());
    assert_eq!(client.answer().status(), 200);
    drop(client);
    let requests = upstream.requests();
    let last = requests.last().unwrap();
    assert_eq!(last["body_bytes"], body.len());
    assert!(body.starts_with(last["body"].as_str().unwrap()));
    baseline.assert_quiet(&[("done", 1)]);
}

/// Fault 60: what came packed goes on plain, and is held to the cap as anything else.
#[test]
fn a_packed_body_goes_on_plain_within_the_cap() {
    let (upstream, relay) = start(|setup| setup.limit("request_body", "\"1MiB\""));
    let baseline = Baseline::take(&relay, &upstream);
    let ask = |coding: &str, text: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text).unwrap();
        let body = gzip.finish().unwrap();
        let mut client = relay.connect();
        let length = format!("content-encoding: {coding}\r\ncontent-length: {}", body.len());
        client.send(&[head(OPENAI, &length).as_bytes(), &body].concat()).unwrap();
        client.answer()
    };
    let plain = chat("m", false);
    assert_eq!(ask("gzip", plain.to_string().as_bytes()).status(), 200);
    let requests = upstream.requests();
    let last = requests.last().unwrap();
    assert_eq!(last["body"].as_str(), Some(plain.to_string().as_str()));
    assert!(!last["headers"].to_string().contains("content-encoding"), "{last}");
    for (coding, status) in [("gzip", 413), ("deflate", 400), ("gzip, gzip", 415), ("compress", 415)] {
        let answer = ask(coding, &vec![b' '; 2 * MIB]);
        assert_eq!(answer.status(), status, "{answer:?}");
        error_message(OPENAI, &answer);
        let accepts = (status == 415).then_some("gzip, deflate, br, zstd");
        assert_eq!(answer.head.header("accept-encoding"), accepts);
    }
    baseline.assert_quiet(&[("done", 1), ("too_large", 1), ("client_error", 3)]);
}

/// Fault 25: an upload that makes no progress gets a 408; one that drips is bounded by the total deadline.
#[test]
fn a_stalled_upload_is_given_up() {
    let (upstream, relay) = start(|setup| setup.timeout("request_body", "500ms"));
    let baseline = Baseline::take(&relay, &upstream);
    harness::repeat(TIMES, AT_ONCE, |i| {
        let path = [OPENAI, ANTHROPIC][i % 2];
        let mut client = relay.connect();
        client.send(head(path, "content-length: 1000").as_bytes()).unwrap();
        client.send(b"{\"model\":").unwrap();
        let begun = Instant::now();
        let answer = client.answer();
        assert_eq!(answer.status(), 408, "{answer:?}");
        error_message(path, &answer);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert!(client.closes(Duration::from_secs(5)), "the rest of the body would be taken for a request");
    });
    baseline.assert_quiet(&[("client_error", TIMES as u64)]);
}

/// Fault 25: a client that leaves in the middle of its upload.
#[test]
fn half_an_upload_leaves_nothing_behind() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for length in ["content-length: 100000", "transfer-encoding: chunked"] {
        for _ in 0..TIMES {
            let mut client = relay.connect();
            client.send(head(OPENAI, length).as_bytes()).unwrap();
            client.send(b"2710\r\n{\"model\":\"m\",").unwrap();
            drop(client);
        }
    }
    baseline.assert_quiet(&[("client_gone", 2 * TIMES as u64)]);
}

/// Bodies that say nothing that can be routed.
#[test]
fn bodies_that_are_not_requests_are_refused() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let bodies = [
        "",
        "{",
        "[]",
        "\"text\"",
        "{\"stream\":true}",
        "{\"model\":7}",
        "{\"model\":\"a\",\"model\":\"b\"}",
        "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}",
        "{\"model\":\"a\",\"stream\":true,\"stream\":false}",
    ];
    for path in [OPENAI, ANTHROPIC] {
        for body in bodies {
            let mut client = relay.connect();
            client.request("POST", path, body.as_bytes());
            let answer = client.answer();
            assert_eq!(answer.status(), 400, "{body}: {answer:?}");
            error_message(path, &answer);
        }
    }
    baseline.assert_quiet(&[("client_error", 2 * bodies.len() as u64)]);
}

/// Fault 26.
#[test]
fn an_early_error_is_delivered_and_the_upload_stopped() {
    let (upstream, relay) = start(|setup| setup);
    for path in [OPENAI, ANTHROPIC] {
        let baseline = Baseline::take(&relay, &upstream);
        let body = format!("{{\"model\":\"fault-early-error-413\",\"x\":\"{}\"}}", "x".repeat(30 * MIB));
        upstream.reset();
        harness::repeat(AT_ONCE, AT_ONCE, |_| {
            let mut client = relay.connect();
            client.request("POST", path, body.as_bytes());
            let answer = client.answer();
            assert_eq!(answer.status(), 413, "{answer:?}");
            assert_eq!(error_message(path, &answer), "drill: status 413 on request");
        });
        let state = upstream.wait("the upload is stopped", |state| state.open_requests() == 0);
        // Buffers on the way may have held a few MiB each.
        let uploaded = state.number("discarded_bytes");
        assert!(uploaded < (AT_ONCE * 20 * MIB) as u64, "{uploaded} bytes were uploaded after the answer");
        baseline.assert_quiet(&[("upstream_error", AT_ONCE as u64)]);
    }
}
