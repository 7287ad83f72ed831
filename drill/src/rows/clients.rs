//! Clients that leave, that do not read, and that send what nobody should.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;

use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome};
use crate::relay::plan::deadline;
use crate::run::{Bench, Expect, Kind, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "the client leaves in the middle of a stream",
        why: "a closed tab, a stop button",
        good: "closes the upstream within 1 s",
        ends: &[ClientGone],
        ..Row::new(8, "client-gone-mid-stream", any!(gone, &["pace-20"])).waiting(3)
    },
    Row {
        fault: "the client leaves while the upstream is silent",
        why: "impatience with a model that thinks",
        good: "the same, without a write that could fail",
        ends: &[ClientGone],
        ..Row::new(9, "client-gone-while-silent", any!(gone, &["stall-2", "silent-after-headers"])).waiting(6)
    },
    Row {
        fault: "the client leaves before the upstream has answered; also with a pipelined request behind",
        why: "timeouts of callers that are shorter than the model",
        good: "the same, and no retry",
        ends: &[ClientGone],
        ..Row::new(10, "client-gone-before-headers", any!(gone, &["silent"])).waiting(3)
    },
    Row {
        fault: "clients half-close, send junk, pipeline",
        why: "scanners, old HTTP libraries, broken proxies",
        good: "a defined answer and no connection that stays",
        ends: &[ClientGone, Done],
        ..Row::new(12, "half-close-junk-pipelining", any!(odd)).waiting(3)
    },
    Row {
        fault: "a client that does not read, while the upstream floods, drips or is silent",
        why: "suspended laptops, phones in tunnels",
        good: "bounded buffers, a deadline that does not depend on being polled; who reads slowly gets \
               everything",
        settings: &[deadline("client_write", "2s")],
        // Every buffer on the way must fill up first.
        alone: true,
        ends: &[SlowClient],
        ..Row::new(18, "client-does-not-read-a-flood", any!(deaf, "flood")).waiting(2)
    },
    Row {
        settings: &[deadline("total", "3s")],
        ends: &[SlowClient, TotalTimeout],
        ..Row::new(18, "client-does-not-read-a-drip", any!(deaf, "pace-50")).waiting(2)
    },
    Row {
        settings: &[deadline("idle", "2s")],
        ends: &[IdleTimeout],
        ..Row::new(18, "client-does-not-read-silence", any!(deaf, "stall-3")).waiting(2)
    },
    Row { ends: &[Done], ..Row::new(18, "client-reads-slowly", any!(slow)).waiting(1) },
];

/// How soon an upstream must be told that its client left.
const TOLD: Duration = Duration::from_secs(1);
/// A stream that does not end by itself.
const LONG: u64 = 1_000_000;
/// A word of every answer's beginning.
const TOKEN: &str = " runs";

/// How a client leaves.
#[derive(Clone, Copy, Debug)]
enum How {
    Close,
    Reset,
    /// By an end of file behind a request that was never answered.
    Pipelined,
}

/// Rows 8 to 10: clients ask for streams of these faults, wait until all are open, and leave.
async fn gone(bench: &Bench, faults: &[&str]) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let kinds: Vec<(&str, How)> = faults
        .iter()
        .flat_map(|fault| [How::Close, How::Reset, How::Pipelined].map(|how| (*fault, how)))
        .collect();
    let each = bench.size.requests.div_ceil(kinds.len());
    for (fault, how) in kinds {
        for now in bench.size.waves(each) {
            leave(bench, fault, how, now, &mut tally).await;
        }
    }
    Ok(tally)
}

async fn open(bench: &Bench, fault: &str, path: &str) -> Option<Client> {
    let mut client = Client::connect(&bench.target).await.ok()?;
    client.post(path, &bench.body(fault, true, LONG)).await.ok()?;
    if fault.starts_with("pace") || fault.starts_with("stall") {
        timeout(bench.size.patience, client.until(TOKEN)).await.ok()?.ok()?;
    }
    Some(client)
}

/// How long is waited for what an earlier row may have left.
const BEFORE: Duration = Duration::from_secs(5);

async fn leave(bench: &Bench, fault: &str, how: How, count: usize, tally: &mut Tally) {
    let patience = bench.size.patience;
    let before = match bench.wait(patience.min(BEFORE), |seen| seen.open_requests == 0).await {
        Ok(before) | Err(before) => before,
    };
    let opening = (0..count).map(|i| open(bench, fault, bench.path(i)));
    let clients: Vec<Client> = join_all(opening).await.into_iter().flatten().collect();
    if clients.len() < count {
        tally.complain(
            Kind::Wrong,
            format!("{fault}: {} of {count} streams did not begin", count - clients.len()),
        );
    }
    let wanted = before.open_requests + clients.len() as u64;
    if bench.wait(patience, |seen| seen.open_requests >= wanted).await.is_err() {
        tally.complain(Kind::Wrong, format!("{fault}: not every stream reached the upstream"));
    }
    for mut client in clients {
        tally.count(Outcome::Left);
        match how {
            How::Close => drop(client),
            How::Reset => client.reset(),
            How::Pipelined => {
                // The relay may have closed by then.
                let _ = client.post_in_vain(OPENAI, &bench.body("", true, 20)).await;
            }
        }
    }
    let begun = Instant::now();
    let after = match bench.wait(patience, |seen| seen.open_requests <= before.open_requests).await {
        Ok(after) => after,
        // Anything that stays open is counted at the end of the row.
        Err(after) => after,
    };
    let told = begun.elapsed();
    if told > TOLD {
        let text = format!("{fault}: the upstream was told more than 1 s after its client left");
        tally.complain(Kind::Wrong, text);
    }
    let asked = after.requests_total - before.requests_total;
    tally.check(asked <= count as u64, format!("{fault}: asked again for a client that had left"));
}

/// Row 18: clients that ask and do not read. The relay must end it, although nobody listens.
async fn deaf(bench: &Bench, fault: &str) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for now in bench.size.waves(bench.size.requests) {
        let before = bench.upstream.seen();
        let asking = (0..now).map(|_| async {
            let mut client = Client::deaf(&bench.target).await.ok()?;
            client.post(OPENAI, &bench.body(fault, true, LONG)).await.ok()?;
            Some(client)
        });
        let clients: Vec<Client> = join_all(asking).await.into_iter().flatten().collect();
        let wanted = before.requests_total + clients.len() as u64;
        tally.check(
            bench.wait(bench.size.patience, |seen| seen.requests_total >= wanted).await.is_ok(),
            format!("{fault}: not every stream reached the upstream"),
        );
        let ended = bench.wait(bench.size.patience, |seen| seen.open_requests <= before.open_requests).await;
        for _ in &clients {
            tally.count(if ended.is_ok() { Outcome::Cut } else { Outcome::Hung });
        }
        if ended.is_err() {
            let waited = bench.size.patience.as_secs();
            let text =
                format!("{fault}: a client that does not read keeps its upstream for more than {waited} s");
            tally.complain(Kind::Hang, text);
        }
    }
    Ok(tally)
}

/// Row 18's other side: a client that reads slowly, but reads, gets all of its answer.
async fn slow(bench: &Bench) -> anyhow::Result<Tally> {
    let times = bench.size.requests.min(bench.size.at_once);
    let tally = Bench::repeat(times, times, |i| async move {
        let (mut tally, path) = (Tally::default(), bench.path(i));
        let Ok(mut client) = Client::deaf(&bench.target).await else {
            tally.count(Outcome::NoAnswer);
            return tally;
        };
        let _ = client.post(path, &bench.body("tokens-500", true, 500)).await;
        // Far less than the deadline for a client that takes nothing.
        sleep(Duration::from_millis(if bench.size.full { 150 } else { 500 })).await;
        let asked = Asked { anthropic: path == ANTHROPIC, stream: true };
        let seen = client.judge(asked, bench.size.patience).await;
        tally.see("a slow reader", Expect::Good, &seen, bench.strict());
        tally
    });
    Ok(tally.await)
}

/// Row 12: clients that half-close, that send junk, and that pipeline.
async fn odd(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        match i % 3 {
            0 => half_close(bench).await,
            1 => junk(bench, i / 3).await,
            _ => pipeline(bench).await,
        }
    })
    .await;
    if bench.wait(Duration::from_secs(5), |seen| seen.open_requests == 0).await.is_err() {
        tally.complain(Kind::Wrong, "a client that half-closed was not taken to have left");
    }
    Ok(tally)
}

async fn half_close(bench: &Bench) -> Tally {
    let mut tally = Tally::default();
    let Some(mut client) = open(bench, "silent", OPENAI).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    tally.count(Outcome::Left);
    if client.half_close().await.is_ok() && !client.closes(bench.size.patience).await {
        tally.complain(Kind::Hang, "the connection of a client that half-closed was left open");
    }
    tally
}

const JUNK: [&[u8]; 5] = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: twelve\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nno colon here\r\n\r\n",
];

/// The reaction to a request that should not be: a status, an end, or nothing. The body is not looked into.
pub(crate) async fn reaction(client: &mut Client, patience: Duration) -> Outcome {
    match timeout(patience, client.head()).await {
        Ok(Ok(head)) if head.status < 300 => Outcome::Ok,
        Ok(Ok(head)) => Outcome::Http(head.status),
        Ok(Err(_)) => Outcome::Cut,
        Err(_) => Outcome::Hung,
    }
}

async fn junk(bench: &Bench, i: usize) -> Tally {
    let mut tally = Tally::default();
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let _ = client.send(JUNK[i % JUNK.len()]).await;
    let outcome = reaction(&mut client, bench.size.patience).await;
    tally.count(outcome);
    match outcome {
        Outcome::Ok => tally.complain(Kind::Wrong, "junk was answered as a request"),
        Outcome::Hung => tally.complain(Kind::Hang, "junk was neither answered nor refused"),
        _ => {}
    }
    if !client.closes(bench.size.patience).await {
        tally.complain(Kind::Hang, "the connection of a client that sent junk was left open");
    }
    tally
}

async fn pipeline(bench: &Bench) -> Tally {
    let mut tally = Tally::default();
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    for stream in [true, false, true] {
        let _ = client.post(OPENAI, &bench.body("", stream, 20)).await;
    }
    for stream in [true, false, true] {
        let seen = client.judge(Asked { anthropic: false, stream }, bench.size.patience).await;
        tally.see("pipelined", Expect::Good, &seen, bench.strict());
    }
    tally
}
