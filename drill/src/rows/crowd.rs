//! Very many connections, slow ones, and ones that ask for nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::{Client, Outcome};
use crate::relay::plan::deadline;
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
        ..Row::new(36, "thousands-of-connections", any!(vanishes))
    },
    Row { settings: &[deadline("request_header", "2s")], ..Row::new(36, "slow-heads", any!(slow_heads)) },
    Row { settings: &[deadline("client_idle", "1s")], ..Row::new(36, "idle-clients", own!(idle)) },
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
