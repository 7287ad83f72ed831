//! Fault 35 towards upstreams: TLS that chooses HTTP/2, and TLS that fails in every way.

use std::time::{Duration, Instant};

use harness::{Baseline, Relay, Setup, Upstream, chat, repeat, until};

use crate::{OPENAI, PROGRAM, TIMES, is_whole};

/// An upstream over TLS, and how a relay reaches and trusts it.
struct Encrypted {
    upstream: Upstream,
    url: String,
    authority: String,
    _folder: tempfile::TempDir,
}

fn encrypted(args: &[&str]) -> Encrypted {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem").display().to_string();
    let args = [&["--tls-authority", &authority], args].concat();
    let upstream = Upstream::start_with(PROGRAM, &args);
    let url = format!("https://localhost:{}", upstream.address().port());
    Encrypted { upstream, url, authority, _folder: folder }
}

/// HTTP/2 is spoken where both sides can, and not where the channel says no.
#[test]
fn the_upstream_chooses_http2() {
    for (extra, version) in [("", "HTTP/2"), ("http2 = true", "HTTP/2"), ("http2 = false", "HTTP/1.1")] {
        let server = encrypted(&[]);
        let relay = Relay::of(PROGRAM)
            .env("SSL_CERT_FILE", &server.authority)
            .channel("xai", &server.url, extra)
            .start();
        let baseline = Baseline::take(&relay, &server.upstream);
        server.upstream.reset();
        // All at once on a cold relay would be the hard case; this one has been warmed up.
        repeat(4 * TIMES, 4 * TIMES, |i| {
            let answer = relay.post(OPENAI, &chat("fault-pace-20", i % 2 == 0));
            assert_eq!(answer.status(), 200, "{extra}: {answer:?}\n{}", relay.log());
        });
        let requests = server.upstream.requests();
        assert_eq!(requests.len(), 4 * TIMES);
        assert!(requests.iter().all(|request| request["version"] == version), "{extra}: {}", requests[0]);
        baseline.assert_quiet(&[("done", 4 * TIMES as u64)]);
    }
}

/// Nobody knows yet what the upstream speaks, and many ask in the same moment: a few connections are made, not many.
#[test]
fn a_cold_start_makes_few_connections() {
    let server = encrypted(&[]);
    let relay =
        Relay::of(PROGRAM).env("SSL_CERT_FILE", &server.authority).channel("xai", &server.url, "").start();
    let clients: Vec<_> = (0..80).map(|_| relay.stream("fault-pace-50")).collect();
    for mut client in clients {
        let answer = client.answer();
        assert!(is_whole(OPENAI, &answer), "{answer:?}");
    }
    let made = server.upstream.state().number("connections_total");
    assert!(made <= 4, "{made} connections for 80 streams");
}

/// A relay before a bad upstream over TLS, for one model, and a good one for the others.
fn beside_a_good_one(bad: &Encrypted, extra: &str, change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    let good = Upstream::start(PROGRAM);
    let setup = Relay::of(PROGRAM)
        .env("SSL_CERT_FILE", &bad.authority)
        .channel("openai", &bad.url, &format!("models = [\"bad\"]\n{extra}"))
        .channel("xai", &format!("http://{}", good.address()), "models = [\"warm-up\", \"gpt-*\"]");
    let relay = change(setup).start();
    (good, relay)
}

#[test]
fn a_handshake_that_stalls_is_given_up() {
    let bad = encrypted(&["--connections", "tls-stall"]);
    for (deadline, extra) in [("tls", ""), ("connect", "http2 = false")] {
        let (good, relay) = beside_a_good_one(&bad, extra, |setup| setup.timeout(deadline, "700ms"));
        let baseline = Baseline::take(&relay, &good);
        let begun = Instant::now();
        repeat(TIMES, TIMES, |_| {
            let answer = relay.post(OPENAI, &chat("bad", true));
            assert_eq!(answer.status(), 504, "{deadline}: {answer:?}");
        });
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        bad.upstream.wait("its connections are closed", |state| state.open_connections() == 0);
        baseline.assert_quiet(&[("connect_timeout", TIMES as u64)]);
    }
}

#[test]
fn a_certificate_that_does_not_hold_is_refused_with_its_cause() {
    for (fault, cause) in [
        ("tls-other-name", "not valid for name"),
        ("tls-expired", "expired"),
        ("tls-unknown", "UnknownIssuer"),
    ] {
        let bad = encrypted(&["--connections", fault]);
        let (good, relay) = beside_a_good_one(&bad, "", |setup| setup);
        let baseline = Baseline::take(&relay, &good);
        repeat(TIMES, TIMES, |_| {
            let answer = relay.post(OPENAI, &chat("bad", true));
            assert_eq!(answer.status(), 502, "{fault}: {answer:?}");
            assert!(!answer.text().contains("localhost"), "an internal address is told: {}", answer.text());
        });
        until(harness::PATIENCE, || match relay.log() {
            log if log.contains(cause) && log.contains("SSL_CERT_FILE") => Ok(()),
            log => Err(log),
        });
        assert_eq!(bad.upstream.state().requests(), 0, "{fault}: a request was sent all the same");
        bad.upstream.wait("its connections are closed", |state| state.open_connections() == 0);
        baseline.assert_quiet(&[("upstream_error", TIMES as u64)]);
    }
}
