//! Faults 33, 34 and 51: how many connections to an HTTP/2 upstream there are, and those that come to nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use harness::{Baseline, Relay, Setup, Upstream, chat, repeat, until};

use crate::servers::listen;
use crate::upstream_http2::{on_one_core, read_all, start, start_with, streams};
use crate::{OPENAI, PROGRAM, TIMES, is_whole};

/// Fault 34: three hundred at once are spread over a few connections, and none waits.
#[test]
fn three_hundred_streams_go_over_several_connections() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    // Each sends its first tokens and then holds on until all are there.
    let clients = streams(&relay, "fault-pace-400", 300);
    let state = upstream.wait("all streams are open", |state| state.open_requests() == 300);
    let connections = state.open_connections();
    assert!((3..=12).contains(&connections), "{}", state.0);
    assert_eq!(relay.health().relay("upstream_open"), connections, "{}", relay.health().0);
    read_all(clients);
    baseline.assert_quiet(&[("done", 300)]);
}

/// Settings that are never acknowledged change nothing for a client that keeps them.
#[test]
fn unacknowledged_settings_stall_nothing() {
    let (upstream, relay) = start_with(&["--connections", "settings-unacked"], |setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    read_all(streams(&relay, "fault-tokens-50", TIMES));
    baseline.assert_quiet(&[("done", TIMES as u64)]);
}

/// Fault 33: a connection that cannot be made while another is full strands nobody who waited for it.
#[test]
fn a_connection_that_fails_beside_a_full_one_strands_nobody() {
    let upstream = Upstream::start_with(PROGRAM, &["--connections", "max-streams-10"]);
    let to = upstream.address();
    // Its next connection is held until there are enough who wait for it, and then closed.
    let (hold, held) = mpsc::sync_channel::<()>(1);
    let (fail, next) = (Arc::new(AtomicBool::new(false)), Mutex::new(held));
    let failing = Arc::clone(&fail);
    let proxy = listen(move |client| {
        if failing.swap(false, SeqCst) {
            let _ = next.lock().unwrap().recv();
            return;
        }
        pass(&client, &TcpStream::connect(to).unwrap());
    });
    let url = format!("http://{proxy}");
    let setup = Relay::of(PROGRAM).channel("xai", &url, "http2 = true").timeout("connect", "8s");
    let relay = on_one_core(|| setup.start());
    let baseline = Baseline::take(&relay, &upstream);

    let full = streams(&relay, "fault-pace-2000", 10);
    upstream.wait("the connection is full", |state| state.open_requests() == 10);
    fail.store(true, SeqCst);
    let answers = std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..6).map(|_| scope.spawn(|| relay.post(OPENAI, &chat("m", true)))).collect();
        until(harness::PATIENCE, || match relay.health().relay("in_flight") {
            16 => Ok(()),
            n => Err(format!("{n} in flight")),
        });
        hold.send(()).unwrap();
        waiting.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let good = answers.iter().filter(|answer| is_whole(OPENAI, answer)).count();
    assert_eq!(good, 5, "{answers:?}");
    assert!(answers.iter().any(|answer| answer.status() == 502), "{answers:?}");
    drop(full);
    baseline.assert_quiet(&[("client_gone", 10), ("done", 5), ("upstream_error", 1)]);
}

/// Passes bytes both ways until either side ends.
fn pass(client: &TcpStream, server: &TcpStream) {
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let (mut from, mut to) = (server, client);
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// Two channels: what is bad, for one model, and what is good, for the others.
fn beside_a_good_one(bad: &str, extra: &str, change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    let good = Upstream::start(PROGRAM);
    let setup = Relay::of(PROGRAM).channel("openai", bad, &format!("models = [\"bad\"]\n{extra}"));
    let url = format!("http://{}", good.address());
    let setup = setup.channel("xai", &url, "models = [\"warm-up\", \"gpt-*\"]\nhttp2 = true");
    let relay = change(setup).start();
    (good, relay)
}

/// Fault 34: a peer that says nothing after the preface is given up by the deadline for connecting.
#[test]
fn a_silent_connection_is_given_up() {
    let silent = Upstream::start_with(PROGRAM, &["--connections", "silent"]);
    let (good, relay) = beside_a_good_one(&format!("http://{}", silent.address()), "http2 = true", |setup| {
        setup.timeout("connect", "700ms")
    });
    let baseline = Baseline::take(&relay, &good);
    let begun = Instant::now();
    repeat(TIMES, TIMES, |_| {
        let answer = relay.post(OPENAI, &chat("bad", true));
        assert_eq!(answer.status(), 504, "{answer:?}");
    });
    // Those who wait for somebody else's connection wait no longer than for their own.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    silent.wait("its connections are closed", |state| state.open_connections() == 0);
    baseline.assert_quiet(&[("connect_timeout", TIMES as u64)]);
}

/// An upstream that speaks HTTP/1.1 only is named in the log, with the cure.
#[test]
fn an_upstream_without_http2_is_told_apart() {
    let old = listen(|mut stream| {
        let mut preface = [0; 24];
        let _ = stream.read_exact(&mut preface);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let (good, relay) = beside_a_good_one(&format!("http://{old}"), "http2 = true", |setup| setup);
    let baseline = Baseline::take(&relay, &good);
    let answer = relay.post(OPENAI, &chat("bad", true));
    assert_eq!(answer.status(), 502, "{answer:?}");
    until(harness::PATIENCE, || match relay.log() {
        log if log.contains("http2 = false") => Ok(()),
        log => Err(log),
    });
    baseline.assert_quiet(&[("upstream_error", 1)]);
}

/// After a peak the connections that it took are closed, although requests go on.
#[test]
fn connections_of_a_peak_are_closed_while_a_few_requests_go_on() {
    let (upstream, relay) = start(|setup| setup.timeout("upstream_idle", "1s"));
    read_all(streams(&relay, "fault-pace-50", 300));
    assert!(upstream.state().open_connections() >= 3, "{}", upstream.state().0);
    upstream.wait("the peak is over", |state| {
        repeat(8, 8, |_| {
            let answer = relay.post(OPENAI, &chat("fault-pace-5", true));
            assert!(is_whole(OPENAI, &answer), "{answer:?}");
        });
        // One of each worker that still gets requests.
        state.open_connections() <= 2
    });
}
