//! What the machine around a relay does to it: no descriptors, no processor time, another clock, a log that nobody
//! reads.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;

use crate::client::{Asked, Client, OPENAI, Outcome, Target};
use crate::gauge;
use crate::relay::plan::{Clock, deadline, setting};
use crate::relay::{Plan, Relay};
use crate::run::{Bench, Expect, Kind, Row, Tally};
use crate::system::{self, NotHere, Signal};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "no descriptor is left",
        why: "a limit of 1024 that nobody raised",
        good: "does not spin, answers who is connected, recovers",
        settings: &[deadline("upstream_idle", "500ms")],
        ends: &[Done, Shed],
        ..Row::new(37, "no-descriptors", own!(no_descriptors))
    },
    Row {
        fault: "the monitor is polled 100 times a second under overload",
        why: "every dashboard and probe asks when something is wrong",
        good: "answers",
        settings: &[
            setting("limits", "in_flight", "32"),
            setting("limits", "connections", "64"),
            deadline("first_byte", "60s"),
        ],
        alone: true,
        ends: &[ClientGone, Shed, SlowClient],
        ..Row::new(40, "monitor-under-overload", own!(monitored))
    },
    Row {
        fault: "the wall clock jumps",
        why: "NTP after a suspended machine",
        good: "no deadline feels it",
        prepare: Some(own_clock),
        settings: &[deadline("first_byte", "2s")],
        ends: &[Done, FirstByteTimeout, TotalTimeout],
        ..Row::new(41, "clock-jumps", own!(clock_jumps))
    },
    Row {
        fault: "nobody reads the log",
        why: "a full pipe to a collector that hangs",
        good: "drops lines, counts them, and goes on",
        prepare: Some(deaf_log),
        ends: &[ClientError, Done],
        ..Row::new(42, "log-that-nobody-reads", own!(unread_log))
    },
];

/// Polls until `reached`, at most `within`; whether it was.
async fn until<F: Future<Output = bool>>(within: Duration, reached: impl Fn() -> F) -> bool {
    let begun = Instant::now();
    while !reached().await {
        if begun.elapsed() > within {
            return false;
        }
        sleep(Duration::from_millis(50)).await;
    }
    true
}

async fn connect(target: &Target, count: usize) -> Vec<Client> {
    let connecting = (0..count).map(|_| Client::connect(target));
    join_all(connecting).await.into_iter().flatten().collect()
}

/// Open descriptors of a process.
pub(super) fn descriptors(pid: u32) -> anyhow::Result<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    let entries = entries.map_err(|_| NotHere("needs /proc, where a process' descriptors are".to_owned()))?;
    Ok(entries.count() as u64)
}

/// Row 37: no descriptor is left. Nothing spins, who is connected is answered, and the others are as soon as there
/// are descriptors again.
async fn no_descriptors(bench: &Bench) -> anyhow::Result<Tally> {
    let (mut tally, pid) = (Tally::default(), bench.pid()?);
    let idle = || async { bench.gauge.read_idle().await == Some(0) };
    tally.check(until(bench.size.patience, idle).await, "idle upstream connections are kept");
    let mut connected = connect(&bench.target, 4).await;
    for client in &mut connected {
        tally.check(client.get("/healthz").await.is_ok(), "a good request failed");
    }
    // The connections of the polls above are gone when the number stands still.
    let mut last = descriptors(pid)?;
    for _ in 0..50 {
        sleep(Duration::from_millis(100)).await;
        let now = descriptors(pid)?;
        if std::mem::replace(&mut last, now) == now {
            break;
        }
    }
    system::limit_descriptors(pid, Some(last))?;
    let starved = starved(bench, &mut connected, &mut tally).await;
    system::limit_descriptors(pid, None)?;
    for client in &mut starved? {
        let seen = client.judge(Asked { anthropic: false, stream: true }, bench.size.patience).await;
        // One that got the descriptor of a poll that had ended was told what the connected ones were.
        let expect = if seen.outcome == Outcome::Http(503) { Expect::Status(&[503]) } else { Expect::Good };
        tally.see("a client that came meanwhile", expect, &seen, true);
    }
    Ok(tally)
}

/// Asks while there are no descriptors; returns clients that wait to be accepted.
async fn starved(bench: &Bench, connected: &mut [Client], tally: &mut Tally) -> anyhow::Result<Vec<Client>> {
    let pid = bench.pid()?;
    let mut waiting = connect(&bench.target, 10).await;
    for client in &mut waiting {
        client.post(OPENAI, &bench.body("", true, 20)).await?;
    }
    let (before, begun) = (system::ticks(pid)?, Instant::now());
    for client in connected {
        client.post(OPENAI, &bench.body("", false, 20)).await?;
        let seen = client.judge(Asked { anthropic: false, stream: false }, bench.size.patience).await;
        tally.see("without descriptors", Expect::Status(&[503]), &seen, true);
        let health = client.get("/api/monitor/health").await;
        tally.check(health.is_ok(), "the monitor does not answer without descriptors");
    }
    sleep(Duration::from_secs(1).saturating_sub(begun.elapsed())).await;
    let (used, passed) = (system::ticks(pid)? - before, begun.elapsed().as_millis() as u64 / 10);
    let text = format!("{used} of {passed} hundredths of a second were spent on having no descriptor");
    tally.check(used * 3 < passed, text);
    Ok(waiting)
}

/// `in_flight` of row 40's settings.
const IN_FLIGHT: u64 = 32;

/// Row 40: a hundred polls a second are all answered while more is asked than the relay takes.
async fn monitored(bench: &Bench) -> anyhow::Result<Tally> {
    let mut busy = Vec::new();
    for i in 0..IN_FLIGHT {
        let mut client = Client::connect(&bench.target).await?;
        // Scaled, the deadline of a client that does not read would make room in the middle of it.
        let fault = if i < 4 && !bench.size.full { "flood" } else { "silent" };
        client.post(OPENAI, &bench.body(fault, true, 20)).await?;
        busy.push(client);
    }
    let arrived = bench.wait(bench.size.patience, |seen| seen.open_requests >= IN_FLIGHT).await;
    let over = AtomicBool::new(false);
    let overload = join_all((0..4).map(|_| async {
        let mut tally = Tally::default();
        while !over.load(Relaxed) {
            let seen = bench.ask(&bench.target, OPENAI, &bench.body("", true, 20), true).await;
            tally.count(seen.outcome);
            tally.check(
                seen.outcome == Outcome::Http(503),
                format!("{:?} above the limit, not 503", seen.outcome),
            );
        }
        tally
    }));
    let polls = async {
        let tally = crate::run::polls(200, 100.0, |due| poll(bench, due)).await;
        over.store(true, Relaxed);
        tally
    };
    let (mut tally, overload) = tokio::join!(polls, overload);
    tally.check(arrived.is_ok(), "the relay did not become busy");
    overload.into_iter().for_each(|part| tally.add(part));
    tally.note("latencies are those of 200 polls of the monitor, 100 a second");
    drop(busy);
    Ok(tally)
}

/// One look at the monitor, which was due then.
async fn poll(bench: &Bench, due: Instant) -> Tally {
    let mut tally = Tally::default();
    let poll = async { Client::connect(&bench.target).await?.get("/api/monitor/health").await };
    match timeout(bench.size.patience, poll).await {
        Ok(Ok(body)) => {
            tally.count(Outcome::Ok);
            tally.latencies.push(due.elapsed());
            let calm = String::from_utf8_lossy(&body).contains("\"overdue\":0");
            tally.check(calm, "an exchange is overdue");
        }
        other => {
            tally.count(if other.is_ok() { Outcome::Cut } else { Outcome::Hung });
            tally.complain(Kind::Wrong, "a poll of the monitor was not answered");
        }
    }
    tally
}

/// Where Debian's `libfaketime` lies, or what the environment names.
fn faketime() -> Option<PathBuf> {
    let named = env::var_os("WATERTIGHT_FAKETIME").map(PathBuf::from);
    let places = ["x86_64-linux-gnu", "aarch64-linux-gnu", ""];
    let debian =
        places.iter().map(|place| Path::new("/usr/lib").join(place).join("faketime/libfaketime.so.1"));
    named.into_iter().chain(debian).find(|path| path.exists())
}

/// Lays out a wall clock that can be shifted.
fn own_clock(plan: &mut Plan) -> anyhow::Result<()> {
    let library = faketime().filter(|_| cfg!(target_os = "linux")).ok_or_else(|| {
        NotHere("needs libfaketime, which shifts a program's clock (apt-get install libfaketime)".to_owned())
    })?;
    let clock = Clock::new()?;
    for (name, value) in [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", clock.path().display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ] {
        plan.env.push((name.to_owned(), value));
    }
    plan.clock = Some(std::sync::Arc::new(clock));
    Ok(())
}

/// The date of the last line of the log; hyper's own in the answers stands still when the clock goes back.
async fn date(bench: &Bench, tally: &mut Tally) -> anyhow::Result<String> {
    let seen = bench.ask(&bench.target, OPENAI, &bench.body("", false, 20), false).await;
    tally.count(seen.outcome);
    anyhow::ensure!(seen.complete, "a good request failed while the clock was shifted: {:?}", seen.outcome);
    let log = bench.relay()?.log();
    let (_, last) = log.rsplit_once("{\"timestamp\":\"").context("no date in the log")?;
    Ok(last.chars().take(10).collect())
}

/// Row 41: the wall clock goes forward and back under streams and deadlines.
async fn clock_jumps(bench: &Bench) -> anyhow::Result<Tally> {
    let plan = bench.plan()?;
    let clock = plan.clock.as_ref().context("no clock was laid out")?;
    let (mut tally, deadline) = (Tally::default(), Duration::from_secs(if bench.size.full { 15 } else { 2 }));
    for to in ["+1d", "-1d", "+365d", "+0"] {
        let before = date(bench, &mut tally).await?;
        let (mut slow, mut silent) =
            (Client::connect(&bench.target).await?, Client::connect(&bench.target).await?);
        slow.post(OPENAI, &bench.body("pace-60", true, 20)).await?;
        tokio::time::timeout(bench.size.patience, slow.until_kept(" runs")).await??;
        let begun = Instant::now();
        silent.post(OPENAI, &bench.body("silent", true, 20)).await?;
        clock.set(to)?;
        let jumped = async {
            while date(bench, &mut tally).await? == before {
                sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        let jumped = tokio::time::timeout(bench.size.patience, jumped).await;
        tally.check(matches!(jumped, Ok(Ok(()))), format!("{to}: the relay does not see the shifted clock"));
        let asked = Asked { anthropic: false, stream: true };
        let rest = slow.judge(asked, bench.size.patience).await;
        tally.see(&format!("a stream, clock {to}"), Expect::Good, &rest, true);
        let seen = silent.judge(asked, bench.size.patience).await;
        let waited = begun.elapsed();
        tally.see(&format!("silent, clock {to}"), Expect::Status(&[504]), &seen, true);
        let kept = waited >= deadline && waited < deadline + Duration::from_secs(10);
        tally.check(kept, format!("{to}: a deadline of {deadline:?} took {:.1} s", waited.as_secs_f64()));
    }
    Ok(tally)
}

/// A log that says much and is not read.
fn deaf_log(plan: &mut Plan) -> anyhow::Result<()> {
    plan.log = false;
    plan.args = vec!["--log-level", "trace"];
    Ok(())
}

/// Asks until the relay has lines that it could not write: the pipe is full, and so is its queue.
async fn fill(bench: &Bench, target: &Target) -> Tally {
    let dropped = || async {
        let page = async { Client::connect(target).await?.get("/metrics").await };
        let text = page.await.map(|body| String::from_utf8_lossy(&body).into_owned()).unwrap_or_default();
        gauge::series(&text, "watertight_log_lines_dropped_total").unwrap_or(0) > 0
    };
    Bench::repeat(4, 4, |_| async {
        let (mut tally, begun) = (Tally::default(), Instant::now());
        while !dropped().await {
            let Ok(mut client) = Client::connect(target).await else {
                tally.count(Outcome::NoAnswer);
                break;
            };
            for _ in 0..100 {
                let _ = client.post(OPENAI, b"{\"stream\":false}").await;
                let seen = client.judge(Asked { anthropic: false, stream: false }, bench.size.patience).await;
                tally.see("while the log is full", Expect::Status(&[400]), &seen, true);
            }
            if begun.elapsed() > bench.size.patience * 3 {
                tally.complain(
                    Kind::Wrong,
                    "lines that cannot be written are kept, or are not counted as dropped",
                );
                break;
            }
        }
        tally
    })
    .await
}

/// Row 42: nobody reads the log. The relay answers, drops lines and counts them, and stops when it is told to.
async fn unread_log(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = fill(bench, &bench.target).await;
    for path in [OPENAI, bench.path(1)] {
        let seen = bench.ask(&bench.target, path, &bench.body("", true, 20), true).await;
        tally.see("with a full log", Expect::Good, &seen, true);
    }
    let (mut second, target): (Relay, Target) = bench.another("127.0.0.1:0").await?;
    tally.add(fill(bench, &target).await);
    second.signal(Signal::Terminate)?;
    let code = second.exit(Duration::from_secs(10)).await;
    tally.check(
        matches!(code, Ok(Some(0))),
        format!("with a full log, SIGTERM came to {code:?} instead of exit 0"),
    );
    Ok(tally)
}
