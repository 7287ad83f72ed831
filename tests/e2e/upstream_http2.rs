//! Faults 34 and 51, and everything that an upstream can do to a stream, over HTTP/2 without TLS.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use harness::{Baseline, Client, Relay, Setup, Upstream, chat, repeat, until};

use crate::servers::listen;
use crate::{ANTHROPIC, AT_ONCE, OPENAI, PROGRAM, TIMES, error_event, error_message, is_whole};

/// How soon an upstream must be told that its client left.
const TOLD: Duration = Duration::from_secs(1);

/// A relay that speaks HTTP/2 to its upstream.
fn start_with(args: &[&str], change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    let upstream = Upstream::start_with(PROGRAM, args);
    let url = format!("http://{}", upstream.address());
    let relay = change(Relay::of(PROGRAM).channel("xai", &url, "http2 = true")).start();
    (upstream, relay)
}

fn start(change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    start_with(&[], change)
}

/// What is started there has one worker, and one pool.
fn on_one_core<T>(start: impl FnOnce() -> T) -> T {
    let here = rustix::thread::sched_getaffinity(None).unwrap();
    let first = (0..rustix::thread::CpuSet::MAX_CPU).find(|cpu| here.is_set(*cpu)).unwrap();
    let mut one = rustix::thread::CpuSet::new();
    one.set(first);
    rustix::thread::sched_setaffinity(None, &one).unwrap();
    let started = start();
    rustix::thread::sched_setaffinity(None, &here).unwrap();
    started
}

/// What a client must see.
#[derive(Clone, Copy)]
enum Wanted {
    /// A whole stream.
    Whole,
    /// A whole answer without a stream.
    Good,
    /// An error of this status.
    Status(u16),
    /// An error of any status.
    Error,
    /// Tokens, then an error event.
    Broken,
}

use Wanted::{Broken, Error, Status, Whole};

/// Faults 1 to 7, 14 to 17, 23, 24, 33, 34, 43, 44 and 52: the name, whether a stream is asked for, what must be seen,
/// and the end reason.
const TABLE: &[(&str, bool, Wanted, &str)] = &[
    ("status-429", true, Status(429), "upstream_error"),
    ("status-401", false, Status(502), "upstream_error"),
    ("error-short-429", true, Status(429), "upstream_error"),
    ("error-unended-503", false, Status(503), "upstream_error"),
    ("error-reset-500", true, Status(500), "upstream_error"),
    ("error-stall-429", true, Status(429), "upstream_error"),
    ("error-stall-half-500", false, Status(500), "upstream_error"),
    ("error-endless-502", false, Status(502), "upstream_error"),
    ("error-huge-64", true, Status(500), "upstream_error"),
    ("json-error", true, Error, "upstream_error"),
    ("json-answer", true, Whole, "done"),
    ("first-error", true, Error, "upstream_error"),
    ("error-after-5", true, Broken, "upstream_error"),
    ("stall-3", true, Broken, "idle_timeout"),
    ("stall", false, Status(504), "idle_timeout"),
    ("silent", true, Status(504), "first_byte_timeout"),
    ("silent-after-headers", true, Status(504), "first_byte_timeout"),
    ("drip-comments-20", true, Status(504), "first_byte_timeout"),
    ("drip-bytes-20", true, Status(504), "first_byte_timeout"),
    ("truncate-5", true, Broken, "upstream_truncated"),
    ("cut-5", true, Broken, "upstream_truncated"),
    ("length-short", true, Broken, "upstream_truncated"),
    ("length-short", false, Status(502), "upstream_truncated"),
    ("reset-in-chunk-5", true, Broken, "upstream_truncated"),
    ("no-done", true, Whole, "done"),
    ("close-before-headers", true, Status(502), "upstream_error"),
    ("reset-before-headers", false, Status(502), "upstream_error"),
    ("redirect", false, Status(502), "upstream_error"),
    ("gzip", true, Whole, "done"),
    ("after-terminal", true, Whole, "done"),
    ("terminal-open", true, Whole, "done"),
    ("close-idle", true, Whole, "done"),
    ("close-idle", false, Wanted::Good, "done"),
    ("split", true, Whole, "done"),
    // More than its length says: the stream is malformed, and nothing of it is to be trusted.
    ("too-long", false, Status(502), "upstream_truncated"),
    ("goaway", true, Whole, "done"),
    ("goaway", false, Wanted::Good, "done"),
    // INTERNAL_ERROR, ENHANCE_YOUR_CALM, CANCEL; and NO_ERROR, which is none only after a whole answer.
    ("reset-stream-2", true, Status(502), "upstream_error"),
    ("reset-stream-11", false, Status(502), "upstream_error"),
    ("reset-stream-after-8", true, Broken, "upstream_truncated"),
    ("reset-stream-after-0", true, Broken, "upstream_truncated"),
];

#[test]
fn every_fault_of_a_stream_ends_as_over_http1() {
    let (upstream, relay) =
        start(|setup| setup.timeout("error_body", "500ms").timeout("idle", "1s").timeout("first_byte", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    let mut ended: BTreeMap<&str, u64> = BTreeMap::new();
    for (fault, stream, wanted, reason) in TABLE {
        for path in [OPENAI, ANTHROPIC] {
            // Anthropic's terminator cannot be supplied: nothing says that such an answer is whole.
            if *fault == "no-done" && path == ANTHROPIC {
                continue;
            }
            repeat(AT_ONCE, AT_ONCE, |_| {
                let answer = relay.post(path, &chat(&format!("fault-{fault}"), *stream));
                let seen = || format!("{path} {fault}: {:?}\n{}", answer.head, answer.text());
                match wanted {
                    Whole => assert!(is_whole(path, &answer), "{}", seen()),
                    Wanted::Good => {
                        assert!(answer.status() == 200 && answer.text().contains("downhill"), "{}", seen());
                    }
                    Status(status) => assert_eq!(answer.status(), *status, "{}", seen()),
                    Error => assert!(answer.status() >= 400, "{}", seen()),
                    Broken => {
                        assert!(answer.text().contains("downhill"), "{}", seen());
                        error_event(path, &answer.text());
                    }
                }
                if matches!(wanted, Status(_) | Error) {
                    error_message(path, &answer);
                }
            });
            *ended.entry(reason).or_default() += AT_ONCE as u64;
        }
    }
    assert!(upstream.requests().iter().all(|request| request["version"] == "HTTP/2"));
    // A reset says that it was looked at, perhaps at a price: it is not asked again.
    let asked = 2 * 2 * AT_ONCE;
    assert_eq!(upstream.state().0["by_fault"]["reset-stream"], asked, "{}", upstream.state().0);
    baseline.assert_quiet(&ended.into_iter().collect::<Vec<_>>());
}

/// Fault 34: what the upstream says it did not look at is asked again, elsewhere, and the client never knows.
#[test]
fn what_was_not_processed_is_asked_again() {
    let (upstream, relay) = start(|setup| setup);
    for (fault, refusals) in [("refused-stream-1", 1), ("refused-stream-3", 3), ("goaway-unprocessed-1", 1)] {
        let baseline = Baseline::take(&relay, &upstream);
        upstream.reset();
        // Each GOAWAY also meets whoever shares its connection: many of them at once would be one refusal too many.
        let at_once = if fault.starts_with("goaway") { 2 } else { AT_ONCE };
        repeat(TIMES, at_once, |i| {
            let mut request = chat(&format!("fault-{fault}"), i % 2 == 0);
            request["user"] = format!("client {i}").into();
            let answer = relay.post(OPENAI, &request);
            assert!(answer.status() == 200 && answer.whole, "{fault}: {answer:?}\n{}", relay.log());
        });
        let name = fault.rsplit_once('-').unwrap().0;
        // Once for each refusal and once for the answer; more where a GOAWAY met others on its connection.
        let asked = upstream.state().0["by_fault"][name].as_u64().unwrap();
        assert!(asked >= (TIMES * (refusals + 1)) as u64, "{fault}: {asked}");
        baseline.assert_quiet(&[("done", TIMES as u64)]);
    }
    // One that never looks at a request is given up.
    let baseline = Baseline::take(&relay, &upstream);
    let answer = relay.post(OPENAI, &chat("fault-refused-stream-1000", true));
    assert_eq!(answer.status(), 502, "{answer:?}");
    baseline.assert_quiet(&[("upstream_error", 1)]);
}

/// Asks for streams and reads them once all are asked for.
fn streams(relay: &Relay, model: &str, count: usize) -> Vec<Client> {
    (0..count).map(|_| relay.stream(model)).collect()
}

fn read_all(clients: Vec<Client>) {
    for (i, mut client) in clients.into_iter().enumerate() {
        let answer = client.answer();
        assert!(is_whole(OPENAI, &answer), "stream {i}: {:?}\n{}", answer.head, answer.text());
    }
}

/// Fault 34: an upstream that takes one stream at a time gets a connection for each, and never a second stream.
#[test]
fn a_limit_of_one_stream_is_kept() {
    let (upstream, relay) = start_with(&["--connections", "max-streams-1"], |setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let clients = streams(&relay, "fault-pace-50", 40);
    let state = upstream.wait("all streams are open", |state| state.open_requests() == 40);
    assert!(state.open_connections() >= 40, "{}", state.0);
    read_all(clients);
    baseline.assert_quiet(&[("done", 40)]);
}

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

/// Faults 8 to 10: who leaves takes its stream along, within a second, and nobody else's.
#[test]
fn a_client_that_leaves_takes_its_stream_and_not_the_connection() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for model in ["fault-pace-100", "fault-stall-1", "fault-silent-after-headers", "fault-silent"] {
        let stay = streams(&relay, "fault-pace-100", TIMES);
        let leave = streams(&relay, model, TIMES);
        let state = upstream.wait("all streams are open", |state| state.open_requests() == 2 * TIMES as u64);
        let connections = state.open_connections();
        drop(leave);
        let left = Instant::now();
        let state = upstream.wait("the upstream is told", |state| state.open_requests() <= TIMES as u64);
        assert!(left.elapsed() < TOLD, "{model}: the upstream was told after {:?}", left.elapsed());
        assert_eq!(state.open_connections(), connections, "{model}: {}", state.0);
        read_all(stay);
    }
    let times = 4 * TIMES as u64;
    baseline.assert_quiet(&[("client_gone", times), ("done", times)]);
}

/// Fault 51: whoever does not read keeps nobody else waiting on the same connection.
#[test]
fn one_slow_client_of_a_hundred_on_one_connection_hurts_nobody() {
    let (upstream, relay) = on_one_core(|| start(|setup| setup));
    let baseline = Baseline::take(&relay, &upstream);

    let mut slow = relay.connect().with_receive_buffer(4096);
    slow.post(OPENAI, &chat("fault-flood", true));
    // Until it stands still: then it holds as much of the connection's window as it ever will.
    let mut before = 0;
    until(harness::PATIENCE, || {
        std::thread::sleep(Duration::from_millis(200));
        let live = relay.get("/api/monitor/exchanges").json();
        let out = live["exchanges"][0]["bytes_out"].as_u64().unwrap_or(0);
        let moved = out - std::mem::replace(&mut before, out).min(out);
        if out > 0 && moved == 0 { Ok(()) } else { Err(format!("{moved} bytes more: {live}")) }
    });
    let others = streams(&relay, "fault-pace-20", 99);
    read_all(others);
    let state = upstream.state();
    assert_eq!((state.open_requests(), state.open_connections()), (1, 1), "{}", state.0);
    drop(slow);
    baseline.assert_quiet(&[("client_gone", 1), ("done", 99)]);
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

/// Faults 25 and 26: an upload that the upstream does not want, or does not take.
#[test]
fn an_upload_stops_with_its_stream() {
    let (upstream, relay) = start(|setup| setup.timeout("first_byte", "4s"));
    let baseline = Baseline::take(&relay, &upstream);
    let long = |model: &str| {
        let mut request = chat(model, true);
        request["messages"][0]["content"] = "x".repeat(4 << 20).into();
        request
    };
    repeat(AT_ONCE, AT_ONCE, |_| {
        let answer = relay.post(OPENAI, &long("fault-early-error-413"));
        assert_eq!(answer.status(), 413, "{answer:?}");
        assert!(error_message(OPENAI, &answer).contains("drill: status 413"), "{}", answer.text());
        let answer = relay.post(OPENAI, &long("fault-window-shut"));
        assert_eq!(answer.status(), 504, "{answer:?}");
        let answer = relay.post(OPENAI, &long("fault-tokens-20"));
        assert!(is_whole(OPENAI, &answer), "{answer:?}");
    });
    let n = AT_ONCE as u64;
    baseline.assert_quiet(&[("done", n), ("first_byte_timeout", n), ("upstream_error", n)]);
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
