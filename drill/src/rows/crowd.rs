//! Very many connections, slow ones, and ones that ask for nothing.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;

use crate::client::{Client, Outcome};
use crate::relay::plan::{deadline, setting};
use crate::run::{Bench, Kind, Row, Tally};
use crate::{gauge, system};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "thousands of connections that vanish, heads that drip, connections that ask for nothing",
        why: "a network that fails, slow-loris attacks, pools of clients",
        good: "deadlines for heads and for idleness; every descriptor comes back",
        settings: &[deadline("request_header", "60s"), deadline("client_idle", "60s")],
        alone: true,
        ..Row::new(36, "thousands-of-connections", any!(vanishes)).waiting(1)
    },
    Row {
        settings: &[deadline("request_header", "2s")],
        ..Row::new(36, "slow-heads", any!(slow_heads)).waiting(1)
    },
    Row { settings: &[deadline("client_idle", "1s")], ..Row::new(36, "idle-clients", own!(idle)) },
    Row {
        fault: "the connection limit full of half heads, half bodies and connections that say nothing",
        why: "slow-loris attacks, a network that loses what follows",
        good: "health, readiness and metrics answer; heads end at their deadline",
        settings: &[
            setting("limits", "connections", "200"),
            deadline("request_header", "3s"),
            deadline("request_body", "3s"),
        ],
        alone: true,
        ends: &[ClientError, ClientGone],
        ..Row::new(56, "monitor-behind-half-heads", own!(halves))
    },
];

/// Connections at once, where the drill itself may have so many.
const CROWD: usize = 5000;
/// Descriptors that the drill keeps for everything else.
const RESERVE: u64 = 500;

/// Connections that the relay has accepted so far, where it tells.
async fn accepted(bench: &Bench) -> Option<u64> {
    gauge::series(&bench.gauge.metrics().await.ok()?, "watertight_connections_total")
}

/// Row 36: a crowd that vanishes, having said nothing or half a head.
async fn vanishes(bench: &Bench) -> anyhow::Result<Tally> {
    let room = system::raise_own_limit().saturating_sub(RESERVE);
    let asked = if bench.size.requests < 100 { bench.size.requests * 20 } else { CROWD };
    let count = asked.min(usize::try_from(room).unwrap_or(CROWD));
    let mut tally = Tally::default();
    let before = accepted(bench).await;
    let mut crowd = Vec::with_capacity(count);
    while crowd.len() < count {
        let Ok(mut client) = Client::connect(&bench.target).await else { break };
        if crowd.len().is_multiple_of(3) {
            let _ = client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: re").await;
        }
        crowd.push(client);
    }
    (0..crowd.len()).for_each(|_| tally.count(Outcome::Left));
    if crowd.len() < count {
        tally.complain(Kind::Wrong, format!("only {} of {count} connections were accepted", crowd.len()));
    }
    if count < CROWD {
        tally.note(format!("{count} connections at once instead of {CROWD}"));
    }
    if let (true, Some(before)) = (bench.strict(), before) {
        // They are the relay's, and not only its kernel's.
        let (begun, wanted) = (Instant::now(), before + count as u64);
        while accepted(bench).await.is_none_or(|accepted| accepted < wanted) {
            if begun.elapsed() > bench.size.patience {
                tally.complain(Kind::Wrong, "not every connection was accepted");
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    drop(crowd);
    Ok(tally)
}

/// Row 36: heads that never end, dripped byte by byte: a deadline for the whole head ends them.
async fn slow_heads(bench: &Bench) -> anyhow::Result<Tally> {
    let tally = Bench::repeat(bench.size.requests, bench.size.at_once, |_| async {
        let mut tally = Tally::default();
        let Ok(mut client) = Client::connect(&bench.target).await else {
            tally.count(Outcome::NoAnswer);
            return tally;
        };
        let _ = client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost:").await;
        let begun = Instant::now();
        while begun.elapsed() < bench.size.patience {
            if client.send(b"x").await.is_err() || client.closes(Duration::from_millis(50)).await {
                tally.count(Outcome::Cut);
                return tally;
            }
        }
        tally.count(Outcome::Hung);
        tally.complain(
            Kind::Hang,
            format!("a head that drips is waited for longer than {} s", bench.size.patience.as_secs()),
        );
        tally
    });
    Ok(tally.await)
}

/// What shows how a relay fares.
const MONITORS: [&str; 4] = ["/api/monitor/health", "/healthz", "/readyz", "/metrics"];

/// Row 56: half bodies, half heads and connections that say nothing take all there is, and come again and again.
async fn halves(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let count = if bench.size.full { 2_000 } else { 600 };
    if !bench.size.full {
        tally.note("600 connections instead of 2,000");
    }
    let bodies =
        join_all((0..40).map(|i| super::uploads::begin(bench, bench.path(i), "content-length: 1000\r\n")));
    let mut held: Vec<Client> = bodies.await.into_iter().flatten().collect();
    held.extend(half_heads(bench, count).await);
    for round in 0..20 {
        for path in MONITORS {
            let (due, poll) =
                (Instant::now(), async { Client::connect(&bench.target).await?.get(path).await });
            let answer = timeout(bench.size.patience, poll).await;
            tally.count(if matches!(answer, Ok(Ok(_))) { Outcome::Ok } else { Outcome::NoAnswer });
            tally.latencies.push(due.elapsed());
            tally.check(matches!(answer, Ok(Ok(_))), format!("{path} did not answer in round {round}"));
        }
        held.extend(half_heads(bench, 20).await);
    }
    // Their deadlines are a few seconds at most.
    for client in &mut held {
        let ends = client.closes(bench.size.patience).await;
        tally.check(ends, "a head or a body that never ends was waited for");
    }
    Ok(tally)
}

/// Every third says nothing at all; beyond what is taken they are cut off.
async fn half_heads(bench: &Bench, count: usize) -> Vec<Client> {
    let mut held = Vec::new();
    for i in 0..count {
        let Ok(mut client) = Client::connect(&bench.target).await else { continue };
        if i % 3 > 0 {
            let _ = client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost:").await;
        }
        held.push(client);
    }
    held
}

/// Row 36: connections that never ask, and that ask once.
async fn idle(bench: &Bench) -> anyhow::Result<Tally> {
    let tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        let mut tally = Tally::default();
        let Ok(mut client) = Client::connect(&bench.target).await else {
            tally.count(Outcome::NoAnswer);
            return tally;
        };
        if i % 2 == 0 && client.get("/healthz").await.is_err() {
            tally.complain(Kind::Wrong, "a good request on a new connection failed");
        }
        if client.closes(bench.size.patience).await {
            tally.count(Outcome::Cut);
        } else {
            tally.count(Outcome::Hung);
            tally.complain(
                Kind::Hang,
                format!("an idle connection is kept longer than {} s", bench.size.patience.as_secs()),
            );
        }
        tally
    });
    Ok(tally.await)
}
