//! Fault 51, and everything that an upstream can do to a stream, over HTTP/2 without TLS.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use harness::{Baseline, Client, Relay, Setup, Upstream, chat, repeat, until};

use crate::{ANTHROPIC, AT_ONCE, OPENAI, PROGRAM, TIMES, error_event, error_message, is_whole};

/// How soon an upstream must be told that its client left.
const TOLD: Duration = Duration::from_secs(1);

/// A relay that speaks HTTP/2 to its upstream.
pub(crate) fn start_with(args: &[&str], change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    let upstream = Upstream::start_with(PROGRAM, args);
    let url = format!("http://{}", upstream.address());
    let relay = change(Relay::of(PROGRAM).channel("xai", &url, "http2 = true")).start();
    (upstream, relay)
}

pub(crate) fn start(change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    start_with(&[], change)
}

/// What is started there has one worker, and one pool.
pub(crate) fn on_one_core<T>(start: impl FnOnce() -> T) -> T {
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

/// Faults 1 to 7, 14 to 17, 23, 24, 33, 34, 43, 44, 52 and 61: the name, whether a stream is asked for, what must be seen,
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
    ("no-blank-line", true, Whole, "done"),
    ("finish-silent", true, Whole, "done"),
    ("finish-silent", false, Wanted::Good, "done"),
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
    let (upstream, relay) = start(|setup| {
        let setup = setup.timeout("error_body", "500ms").timeout("finish", "300ms");
        setup.timeout("idle", "1s").timeout("first_byte", "1s")
    });
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
pub(crate) fn streams(relay: &Relay, model: &str, count: usize) -> Vec<Client> {
    (0..count).map(|_| relay.stream(model)).collect()
}

pub(crate) fn read_all(clients: Vec<Client>) {
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

/// Faults 25 and 26: an upload that the upstream does not want, or does not take.
#[test]
fn an_upload_stops_with_its_stream() {
    let (upstream, relay) = start(|setup| setup.timeout("first_byte", "10s"));
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
