//! Faults 37, 40, 41 and 42: what the machine around a relay does to it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::{Baseline, Client, PATIENCE, Relay, Signal, chat, repeat, until};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::{ANTHROPIC, AT_ONCE, OPENAI, error_message, start};

/// Sets the soft limit of a relay's descriptors; `None` puts it back to the hard one.
fn limit_descriptors(relay: &Relay, to: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(relay.child.pid()).unwrap());
    let now = rustix::process::getrlimit(Resource::Nofile);
    prlimit(pid, Resource::Nofile, Rlimit { current: to.or(now.maximum), maximum: now.maximum }).unwrap();
}

/// Processor time that a relay has used so far, in hundredths of a second.
fn ticks(relay: &Relay) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", relay.child.pid())).unwrap();
    let (_, after) = stat.rsplit_once(')').unwrap();
    after.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum()
}

/// Fault 37: no descriptor is left to accept with. Nothing spins, what is connected is answered, and the others are
/// accepted as soon as there are descriptors.
#[test]
fn without_descriptors_it_waits_and_recovers() {
    let (upstream, relay) = start(|setup| setup.timeout("upstream_idle", "1s"));
    let baseline = Baseline::take(&relay, &upstream);
    until(PATIENCE, || match relay.health().relay("upstream_idle") {
        0 => Ok(()),
        n => Err(format!("{n} idle")),
    });
    let mut connected: Vec<Client> = (0..4).map(|_| relay.connect()).collect();
    for client in &mut connected {
        assert_eq!(client.get("/healthz").status(), 200);
    }
    // The connections of the polls above are gone when only ours are left.
    until(PATIENCE, || {
        let before = relay.child.descriptors().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        if relay.child.descriptors() == Some(before) { Ok(()) } else { Err("still closing".to_owned()) }
    });
    limit_descriptors(&relay, Some(relay.child.descriptors().unwrap()));
    let mut waiting: Vec<Client> = (0..10).map(|_| relay.connect()).collect();
    for client in &mut waiting {
        client.post(OPENAI, &chat("m", true));
    }
    let (before, begun) = (ticks(&relay), Instant::now());
    for (client, path) in connected.iter_mut().zip([OPENAI, ANTHROPIC, OPENAI, ANTHROPIC]) {
        client.post(path, &chat("m", false));
        let answer = client.answer();
        assert_eq!(answer.status(), 503, "{answer:?}");
        assert!(error_message(path, &answer).contains("descriptors"), "{answer:?}");
        assert!(answer.head.header("retry-after").is_some(), "{answer:?}");
        assert_eq!(client.get("/api/monitor/health").status(), 200);
    }
    std::thread::sleep(Duration::from_secs(1).saturating_sub(begun.elapsed()));
    let (used, passed) = (ticks(&relay) - before, begun.elapsed().as_millis() as u64 / 10);
    assert!(used * 3 < passed, "{used} of {passed} hundredths of a second were spent on having nothing");
    limit_descriptors(&relay, None);
    // One that got the descriptor of a poll that had ended was told what the others were.
    let (mut done, mut shed) = (0, 4);
    for client in &mut waiting {
        let answer = client.answer();
        match answer.status() {
            503 => shed += 1,
            status => {
                assert!(status == 200 && answer.text().ends_with("data: [DONE]\n\n"), "{answer:?}");
                done += 1;
            }
        }
    }
    assert!(done >= 8, "{shed} were refused");
    drop((waiting, connected));
    baseline.assert_quiet(&[("shed", shed), ("done", done)]);
}

/// Fault 40: a hundred polls a second are all answered while more is asked than the relay takes.
#[test]
fn the_monitor_answers_a_hundred_polls_a_second_under_overload() {
    let (upstream, relay) = start(|setup| setup.limit("in_flight", "8").limit("connections", "24"));
    let baseline = Baseline::take(&relay, &upstream);
    upstream.reset();
    let busy: Vec<_> = (0..8).map(|_| relay.stream("fault-flood")).collect();
    upstream.wait("eight are busy", |state| state.open_requests() == 8);
    let (over, shed) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    let mut client = relay.connect().with_header("connection", "close");
                    client.post(OPENAI, &chat("m", true));
                    let answer = client.answer();
                    assert_eq!(answer.status(), 503, "{answer:?}");
                    shed.fetch_add(1, Relaxed);
                }
            });
        }
        let begun = Instant::now();
        for poll in 0..200 {
            std::thread::sleep(Duration::from_millis(poll * 10).saturating_sub(begun.elapsed()));
            let answer = relay.get("/api/monitor/health");
            assert!(answer.status() == 200 && answer.whole, "{answer:?}");
            assert_eq!(answer.json()["relay"]["overdue"], 0);
        }
        over.store(true, Relaxed);
    });
    drop(busy);
    let shed = shed.load(Relaxed);
    assert!(shed > 0);
    baseline.assert_quiet(&[("client_gone", 8), ("shed", shed)]);
}

/// Fault 41, by construction: whatever waits, waits by the monotonic clock. The wall clock is read where a date is
/// said or heard, and nowhere else.
#[test]
fn the_wall_clock_is_read_only_for_dates() {
    const DATES: [&str; 8] = [
        "server/src/exchange/ask.rs",
        "server/src/exchange/headers.rs",
        "server/src/log/mod.rs",
        "server/src/signer/google.rs",
        "server/src/signer/mod.rs",
        "server/src/signer/sts.rs",
        "server/src/signer/tests.rs",
        "server/src/state/relay.rs",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["server/src", "scope/src", "heap/src", "adaptors/src"] {
        crate::house::sources(&root.join(folder), &mut files);
    }
    let mut found: Vec<_> = files
        .iter()
        .filter(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            ["SystemTime::now", "Timestamp::now", "Zoned::now"].iter().any(|clock| text.contains(clock))
        })
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .collect();
    found.sort();
    assert_eq!(found, DATES, "a deadline must not depend on the wall clock: use Instant or clock::now");
}

/// Where Debian's `libfaketime` lies; the path of another one in the environment.
fn faketime() -> Option<String> {
    let named = std::env::var("WATERTIGHT_FAKETIME").ok();
    let debian = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    named.or_else(|| Path::new(debian).exists().then(|| debian.to_owned()))
}

/// Fault 41, seen: the wall clock goes forward and back by a day under streams and deadlines. Without `libfaketime`
/// (`apt-get install libfaketime`) there is no clock to shift.
#[test]
fn deadlines_do_not_feel_a_clock_that_jumps() {
    let Some(library) = faketime() else { return };
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let jump = |to: &str| std::fs::write(&clock, format!("{to}\n")).unwrap();
    jump("+0");
    let (upstream, relay) = start(|setup| {
        setup
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .timeout("idle", "2s")
            .timeout("first_byte", "2s")
    });
    let baseline = Baseline::take(&relay, &upstream);
    // The date of the last line of the log; hyper's own in the answers stands still when the clock goes back.
    let date = |relay: &Relay| {
        assert_eq!(relay.post(OPENAI, &chat("m", false)).status(), 200);
        let log = relay.log();
        let (_, last) = log.rsplit_once("{\"timestamp\":\"").unwrap();
        last[..10].to_owned()
    };
    let mut asked = 0;
    for to in ["+1d", "-1d", "+365d", "+0"] {
        let before = date(&relay);
        let mut slow = relay.connect();
        slow.post(OPENAI, &chat("fault-pace-60", true));
        slow.event_with(" runs");
        let begun = Instant::now();
        let mut silent = relay.stream("fault-silent");
        jump(to);
        until(PATIENCE, || {
            asked += 1;
            let now = date(&relay);
            if now != before { Ok(()) } else { Err(format!("the clock did not jump: {now}")) }
        });
        let (rest, whole) = slow.rest();
        assert!(whole && rest.ends_with(b"data: [DONE]\n\n"), "{to}: {}", String::from_utf8_lossy(&rest));
        assert_eq!(silent.answer().status(), 504, "{to}");
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(2) && waited < Duration::from_secs(12), "{to}: {waited:?}");
    }
    baseline.assert_quiet(&[("done", 8 + asked), ("first_byte_timeout", 4)]);
}

/// Fault 42: nobody reads the log. The relay answers, drops lines and counts them, and stops when it is told to.
#[test]
fn a_log_that_nobody_reads_holds_nothing_up() {
    let (upstream, mut relay) = start(|setup| setup.arg("--log-level").arg("trace"));
    let baseline = Baseline::take(&relay, &upstream);
    relay.child.read_output(false);
    let asked = AtomicU64::new(0);
    let dropped = || {
        let page = relay.get("/metrics").text();
        let line = page.lines().find_map(|line| line.strip_prefix("watertight_log_lines_dropped_total "));
        line.unwrap_or_else(|| panic!("{page}")).parse::<u64>().unwrap()
    };
    repeat(AT_ONCE, AT_ONCE, |_| {
        let mut client = relay.connect();
        let begun = Instant::now();
        while dropped() == 0 {
            for _ in 0..100 {
                client.post(OPENAI, &serde_json::json!({"stream": false}));
                assert_eq!(client.answer().status(), 400);
                asked.fetch_add(1, Relaxed);
            }
            assert!(begun.elapsed() < PATIENCE, "the queue does not fill");
            // A client has a life of its own.
            client = relay.connect();
        }
    });
    baseline.assert_quiet(&[("client_error", asked.load(Relaxed))]);
    let begun = Instant::now();
    relay.signal(Signal::TERM);
    assert_eq!(relay.child.exit_code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
