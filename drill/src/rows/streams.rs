//! Clients that speak HTTP/2: rows 8 to 10 and 18 as they are there.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use vitals::EndReason::*;

use crate::client::{ANTHROPIC, Asked, Client, Exchange, Http2, OPENAI, Outcome, ROOM};
use crate::relay::plan::deadline;
use crate::run::{Bench, Expect, Kind, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        ends: &[ClientGone, Done],
        ..Row::new(8, "client-gone-mid-stream-h2", any!(gone, &["pace-20"])).waiting(4)
    },
    Row {
        ends: &[ClientGone, Done],
        ..Row::new(9, "client-gone-while-silent-h2", any!(gone, &["stall-2", "silent-after-headers"]))
            .waiting(8)
    },
    Row {
        ends: &[ClientGone, Done],
        ..Row::new(10, "client-gone-before-headers-h2", any!(gone, &["silent"])).waiting(4)
    },
    Row {
        settings: &[deadline("client_write", "3s"), deadline("idle", "4s"), deadline("total", "8s")],
        ends: &[Done, IdleTimeout, SlowClient, TotalTimeout],
        ..Row::new(18, "client-does-not-read-h2", any!(deaf)).waiting(3)
    },
];

/// How soon an upstream must be told that its client left.
const TOLD: Duration = Duration::from_secs(1);
/// A stream that does not end by itself.
const LONG: u64 = 1_000_000;
/// Bytes that a relay may hold for a stream whose client does not read, and besides.
const EACH: u64 = 128 << 10;
const BESIDES: u64 = 2 << 20;

/// How clients leave.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// Each stream by RST_STREAM.
    Reset,
    /// The connection by an end of file, without GOAWAY.
    Close,
    /// The connection by a reset.
    Abort,
}

/// Rows 8 to 10: streams of one connection are opened and left, all of them.
async fn gone(bench: &Bench, faults: &[&str]) -> anyhow::Result<Tally> {
    bench.needs_http2().await?;
    let mut tally = Tally::default();
    let kinds: Vec<(&str, How)> = faults
        .iter()
        .flat_map(|fault| [How::Reset, How::Close, How::Abort].map(|how| (*fault, how)))
        .collect();
    let each = bench.size.requests.div_ceil(kinds.len());
    for (fault, how) in kinds {
        for now in bench.size.waves(each) {
            if let Err(error) = leave(bench, fault, how, now, &mut tally).await {
                tally.complain(Kind::Wrong, format!("{fault}: the streams did not begin: {error}"));
            }
        }
    }
    Ok(tally)
}

async fn leave(bench: &Bench, fault: &str, how: How, count: usize, tally: &mut Tally) -> std::io::Result<()> {
    let patience = bench.size.patience;
    let (Ok(before) | Err(before)) = bench.wait(patience, |seen| seen.open_requests == 0).await;
    let mut client = match how {
        How::Abort => Http2::to_be_reset(&bench.target).await?,
        How::Reset | How::Close => Http2::connect(&bench.target, ROOM).await?,
    };
    let mut streams = Vec::new();
    for i in 0..count {
        let post = client.post(bench.path(i), bench.body(fault, true, LONG));
        streams.push(timeout(patience, post).await??);
    }
    if fault.starts_with("pace") || fault.starts_with("stall") {
        for stream in &mut streams {
            timeout(patience, stream.until(" runs")).await??;
        }
    }
    let wanted = before.open_requests + count as u64;
    let opened = bench.wait(patience, |seen| seen.open_requests >= wanted).await;
    tally.check(opened.is_ok(), format!("{fault}: not every stream reached the upstream"));
    streams.iter().for_each(|_| tally.count(Outcome::Left));
    let begun = Instant::now();
    let kept = (how == How::Reset).then(|| streams.drain(..).for_each(Exchange::cancel));
    let client = kept.map(|()| client);
    // Streams that are not kept vanish here: the connection first, so that none of them is reset before.
    drop(streams);
    let over = bench.wait(patience, |seen| seen.open_requests <= before.open_requests).await;
    let (Ok(after) | Err(after)) = over;
    let told = begun.elapsed();
    tally.check(
        told <= TOLD,
        format!("{fault}, {how:?}: the upstream was told more than 1 s after its client left"),
    );
    let asked = after.requests_total - before.requests_total;
    tally.check(asked <= count as u64, format!("{fault}, {how:?}: asked again for a client that had left"));
    if let Some(mut client) = client {
        goes_on(bench, &mut client, tally).await;
    }
    Ok(())
}

/// A connection must serve its next stream, whatever became of others.
async fn goes_on(bench: &Bench, client: &mut Http2, tally: &mut Tally) {
    let patience = bench.size.patience;
    let post = client.post(OPENAI, bench.body("", true, 20));
    let Ok(Ok(mut stream)) = timeout(patience, post).await else {
        tally.complain(Kind::Wrong, "the connection does not go on");
        return;
    };
    let seen = stream.judge(Asked { anthropic: false, stream: true }, patience).await;
    tally.see("another stream of the connection", Expect::Good, &seen, bench.strict());
}

/// A client that does not read its streams, and what must end them.
struct Deaf {
    fault: &'static str,
    room: u32,
    /// Between two times that it takes what there was room for; `None`: never.
    pause: Option<Duration>,
    end: &'static str,
}

const DEAF: [Deaf; 5] = [
    Deaf { fault: "flood", room: 0, pause: None, end: "slow_client" },
    Deaf { fault: "flood", room: 1_000, pause: None, end: "slow_client" },
    Deaf { fault: "flood", room: 1, pause: Some(Duration::from_millis(100)), end: "total_timeout" },
    Deaf { fault: "pace-50", room: ROOM, pause: None, end: "total_timeout" },
    Deaf { fault: "stall-3", room: ROOM, pause: None, end: "idle_timeout" },
];

/// Row 18: streams whose clients give no room, or a byte at a time, while the upstream floods, drips or is silent.
async fn deaf(bench: &Bench) -> anyhow::Result<Tally> {
    bench.needs_http2().await?;
    let ended = ends(bench).await;
    let each = bench.size.requests.min(bench.size.at_once * DEAF.len()).div_ceil(DEAF.len());
    let (tallies, memory) =
        bench.peak_while(join_all(DEAF.iter().map(|kind| unread(bench, kind, each)))).await;
    let mut tally = Tally::default();
    tallies.into_iter().for_each(|one| tally.add(one));
    let most = (each * DEAF.len()) as u64 * EACH + BESIDES;
    if let Some((before, peak)) = memory.filter(|(before, peak)| bench.strict() && *peak > before + most) {
        let [before, peak] = [before, peak].map(vitals::units::format_size);
        tally.complain(Kind::Leak, format!("memory: {before} before, {peak} while nobody read"));
    }
    if let (Some(before), Some(after)) = (ended, ends(bench).await) {
        let of = |end: &str| after.get(end).unwrap_or(&0) - before.get(end).unwrap_or(&0);
        let names = ["slow_client", "total_timeout", "idle_timeout"];
        let came = names.map(of);
        // With scaled deadlines a byte now and then may be too seldom to be progress.
        let wanted = names.map(|end| DEAF.iter().filter(|kind| kind.end == end).count() as u64 * each as u64);
        let same =
            came == wanted || bench.size.full && came.iter().sum::<u64>() == wanted.iter().sum::<u64>();
        tally.check(same, format!("ends: {names:?} are {came:?} instead of {wanted:?}"));
    }
    Ok(tally)
}

/// Requests by the reason of their end, where the drill's own relay tells.
async fn ends(bench: &Bench) -> Option<BTreeMap<String, u64>> {
    if !bench.strict() {
        return None;
    }
    let body = Client::connect(&bench.target).await.ok()?.get("/api/monitor/health").await.ok()?;
    let json: Value = serde_json::from_slice(&body).ok()?;
    let ended = json["relay"]["ended"].as_object()?.iter();
    Some(ended.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect())
}

async fn unread(bench: &Bench, kind: &Deaf, count: usize) -> Tally {
    let (mut tally, patience) = (Tally::default(), bench.size.patience);
    let what = format!("{}, room {}", kind.fault, kind.room);
    let Ok(mut client) = Http2::connect(&bench.target, kind.room).await else {
        tally.count(Outcome::NoAnswer);
        tally.complain(Kind::Wrong, format!("{what}: no connection"));
        return tally;
    };
    let mut streams = Vec::new();
    for i in 0..count {
        // Floods are OpenAI's: of the others both dialects have a turn.
        let path = if kind.fault == "flood" { OPENAI } else { [OPENAI, ANTHROPIC][i % 2] };
        let path = if bench.strict() { path } else { bench.path(i) };
        let post = client.post(path, bench.body(kind.fault, true, LONG));
        match timeout(patience, post).await {
            Ok(Ok(stream)) => streams.push(stream),
            _ => tally.complain(Kind::Wrong, format!("{what}: a stream did not begin")),
        }
    }
    let ended = join_all(streams.iter_mut().map(|stream| stream.ends(kind.pause, patience))).await;
    for ended in ended {
        tally.count(if ended { Outcome::Cut } else { Outcome::Hung });
        if !ended {
            let text =
                format!("{what}: a client that does not read is kept for more than {} s", patience.as_secs());
            tally.complain(Kind::Hang, text);
        }
    }
    drop(streams);
    // The next stream begins with as little room: without any, or a byte at a time, it would take its time, too.
    if kind.room >= 1_000 {
        goes_on(bench, &mut client, &mut tally).await;
    }
    tally
}
