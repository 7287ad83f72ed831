//! The relay behind its own certificate. Fault 35, inbound, and what is different under TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use harness::{
    Baseline, Client, Http2, Identity, PATIENCE, Relay, Setup, Signal, Upstream, Wire, chat, until,
};

use crate::{OPENAI, PROGRAM, TIMES, is_whole, start};

fn secure(change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    start(|setup| change(setup.tls(Identity::new())))
}

#[test]
fn both_versions_are_spoken_under_tls() {
    let (upstream, relay) = secure(|setup| setup);
    assert!(relay.log().contains("listening on https://"), "{}", relay.log());
    let baseline = Baseline::take(&relay, &upstream);
    let mut two = relay.http2();
    assert_eq!(two.wire().protocol().as_deref(), Some("h2"));
    let ids: Vec<_> = (0..TIMES).map(|i| two.post(OPENAI, &chat(&format!("m-{i}"), true))).collect();
    for id in ids {
        assert!(is_whole(OPENAI, &two.answer(id)));
    }
    for protocols in [&["http/1.1"][..], &[]] {
        let mut one = Client::over(relay.encrypted(protocols));
        for _ in 0..3 {
            one.post(OPENAI, &chat("m", true));
            assert!(is_whole(OPENAI, &one.answer()), "{protocols:?}");
        }
    }
    drop(two);
    baseline.assert_quiet(&[("done", TIMES as u64 + 6)]);
}

/// Faults 8 and 9 under TLS.
#[test]
fn a_client_that_leaves_takes_its_upstream_with_it() {
    let (upstream, relay) = secure(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for model in ["fault-stall-1", "fault-silent"] {
        upstream.reset();
        let one: Vec<_> = (0..TIMES).map(|_| relay.stream(model)).collect();
        let mut two = relay.http2();
        for _ in 0..TIMES {
            two.post(OPENAI, &chat(model, true));
        }
        upstream.wait("all are open", |state| state.open_requests() == 2 * TIMES as u64);
        drop((one, two));
        let left = Instant::now();
        upstream.wait("the upstream is told", |state| state.open_requests() == 0);
        assert!(left.elapsed() < Duration::from_secs(1), "{model}: told after {:?}", left.elapsed());
    }
    baseline.assert_quiet(&[("client_gone", 4 * TIMES as u64)]);
}

/// Fault 18 under TLS: what TLS itself holds back is bytes that wait, too.
#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let (upstream, relay) = secure(|setup| setup.timeout("client_write", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    let clients: Vec<_> = (0..TIMES)
        .map(|_| {
            let mut client = relay.connect().with_receive_buffer(4096);
            client.post(OPENAI, &chat("fault-flood", true));
            client
        })
        .collect();
    upstream.wait("all floods have begun", |state| state.number("requests_total") >= TIMES as u64);
    upstream.wait("all floods are cut off", |state| state.open_requests() == 0);
    drop(clients);
    baseline.assert_quiet(&[("slow_client", TIMES as u64)]);
}

/// Fault 35: handshakes that do not begin, or do not go on.
#[test]
fn a_handshake_that_stalls_is_given_up() {
    let (upstream, relay) = secure(|setup| setup.timeout("tls", "2s").timeout("request_header", "30s"));
    let baseline = Baseline::take(&relay, &upstream);
    // The beginning of a ClientHello that announces 512 bytes.
    let beginnings: [&[u8]; 3] = [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"];
    let mut stalled: Vec<_> = (0..3 * TIMES)
        .map(|i| {
            let mut client = Client::connect(relay.address());
            client.send(beginnings[i % 3]).unwrap();
            client
        })
        .collect();
    for client in &mut stalled {
        assert!(client.closes(PATIENCE), "a handshake was waited for");
    }
    drop(stalled);
    baseline.assert_quiet(&[]);
}

/// After the handshake the header deadline holds, for both versions; and one that has none to speak is cut.
#[test]
fn a_client_that_shakes_hands_and_says_nothing_is_closed() {
    let (upstream, relay) = secure(|setup| setup.timeout("request_header", "2s"));
    let baseline = Baseline::take(&relay, &upstream);
    for protocol in ["h2", "http/1.1"] {
        let mut client = Client::over(relay.encrypted(&[protocol]));
        assert!(client.closes(PATIENCE), "{protocol}: kept");
    }
    baseline.assert_quiet(&[]);
}

/// Fault 35: what is no TLS is told so, where it can be told.
#[test]
fn plain_http_on_a_tls_port_is_told_so() {
    let (upstream, relay) = secure(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let mut plain = Client::connect(relay.address());
    plain.post(OPENAI, &chat("m", true));
    let answer = plain.answer();
    assert_eq!(answer.status(), 400);
    assert!(answer.json()["error"]["message"].as_str().unwrap().contains("https://"), "{}", answer.text());
    let mut junk = TcpStream::connect(relay.address()).unwrap();
    junk.write_all(b"\x16\x03\x01\x00\x05hello").unwrap();
    junk.set_read_timeout(Some(PATIENCE)).unwrap();
    let ended = junk.read_to_end(&mut Vec::new());
    assert!(!matches!(&ended, Err(error) if error.kind() == ErrorKind::WouldBlock), "junk was waited for");
    let mut two = Http2::over(Wire::connect(relay.address()).unwrap());
    assert!(two.closes(PATIENCE), "left open");
    drop((plain, junk, two));
    baseline.assert_quiet(&[]);
}

/// A client that does not trust the certificate leaves; nothing of it stays.
#[test]
fn a_client_that_refuses_the_certificate_leaves_nothing_behind() {
    let (upstream, relay) = secure(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let stranger = Identity::new();
    for _ in 0..TIMES {
        assert!(Wire::encrypted(relay.address(), &stranger, &["h2"]).is_err());
    }
    baseline.assert_quiet(&[]);
}

/// A renewed pair is taken over, by itself and when told; a wrong one changes nothing and says why.
#[test]
fn a_renewed_certificate_is_taken_over() {
    let mut identity = Identity::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let install = |identity: &Identity| {
        for name in ["cert.pem", "key.pem"] {
            std::fs::copy(identity.file(name), file(name)).unwrap();
        }
    };
    install(&identity);
    let toml = format!("[tls]\ncert = {:?}\nkey = {:?}\n", file("cert.pem"), file("key.pem"));
    let upstream = Upstream::start(PROGRAM);
    let relay =
        Relay::of(PROGRAM).upstream(&upstream).toml(&toml).trusting(Identity::copy_of(&identity)).start();
    let shown = |identity: &Identity| {
        Wire::encrypted(relay.address(), identity, &["h2"]).ok().and_then(|wire| wire.certificate())
    };
    let mut old = relay.http2();
    assert_eq!(shown(&identity).as_ref(), Some(&identity.certificate));
    for told in [false, true] {
        identity.renew();
        install(&identity);
        if told {
            relay.signal(Signal::HUP);
        }
        until(PATIENCE, || match shown(&identity) {
            Some(certificate) if certificate == identity.certificate => Ok(()),
            _ => Err(format!("the old certificate is shown\n{}", relay.log())),
        });
    }
    assert_eq!(old.get("/healthz").status(), 200, "a connection from before goes on");
    // A key that belongs to another certificate.
    std::fs::copy(Identity::new().file("key.pem"), file("key.pem")).unwrap();
    let id = old.request("POST", "/admin/reload", b"");
    let answer = old.answer(id);
    assert_eq!(answer.status(), 400, "{}", answer.text());
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`tls.key`") && message.contains("does not belong"), "{message}");
    assert!(shown(&identity).is_some(), "the good pair goes on");
    until(PATIENCE, || match relay.log() {
        log if log.contains("the old one goes on") => Ok(()),
        log => Err(log),
    });
}

/// A wrong pair is refused before anything listens: file, key and cure.
#[test]
fn a_wrong_pair_is_refused_at_the_start() {
    let (one, other) = (Identity::new(), Identity::new());
    let (cert, key) = (one.file("cert.pem"), one.file("key.pem"));
    for (cert, key, wanted) in [
        (&cert, &other.file("key.pem"), "`tls.key`: the key in"),
        (&key, &key, "`tls.cert`:"),
        (&cert, &cert, "`tls.key`:"),
        (&"gone.pem".to_owned(), &key, "`tls.cert`: cannot read"),
    ] {
        let toml = format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n");
        let (code, output) = Relay::of(PROGRAM).channel("demo", "", "").top(&toml).arg("--check").run();
        assert_eq!(code, Some(64), "{output}");
        assert!(output.contains(wanted) && output.contains("watertight.toml:"), "{output}");
        assert!(!output.contains("PRIVATE KEY-----\nM"), "a key is shown: {output}");
    }
}
