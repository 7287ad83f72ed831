//! HTTP/2 and TLS towards upstreams: rows 34, 35 and 51.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;

use crate::client::{Asked, Client, Exchange, Http2, OPENAI, Outcome, ROOM};
use crate::relay::Plan;
use crate::relay::plan::{Files, deadline};
use crate::run::{Bench, Expect, Kind, Row, Tally};
use crate::upstream::ConnectionFault;

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "HTTP/2: GOAWAY, RST_STREAM, one stream at a time, very many streams",
        why: "rolling restarts of what stands before a provider",
        good: "no stall; nothing is lost that may be sent again",
        prepare: Some(http2),
        ends: &[Done, UpstreamError, UpstreamTruncated],
        ..Row::new(34, "http2-streams-that-fail", own!(failing))
    },
    Row {
        prepare: Some(misbehaving),
        settings: &[deadline("connect", "3s")],
        ends: &[ConnectTimeout, Done, NoChannel],
        ..Row::new(34, "http2-connections", own!(connections))
    },
    Row {
        fault: "TLS: a stalled handshake, a wrong or expired certificate",
        why: "certificates expire on Sundays",
        good: "a deadline and a clear error",
        prepare: Some(encrypted),
        settings: &[deadline("tls", "3s")],
        ends: &[ConnectTimeout, Done, NoChannel, UpstreamError],
        ..Row::new(35, "tls-to-the-upstream", own!(certificates))
    },
    Row {
        fault: "one slow client among 100 on one HTTP/2 connection to the upstream",
        why: "one phone on a train",
        good: "the other 99 do not notice",
        prepare: Some(http2),
        settings: &[deadline("client_write", "60s"), deadline("upstream_idle", "500ms")],
        ends: &[ClientGone, Done, SlowClient],
        ..Row::new(51, "one-slow-client-of-a-hundred", own!(one_slow))
    },
];

/// Streams at once over one upstream.
const MANY: usize = 300;
/// And how many of them are opened at once.
const AT_A_TIME: usize = 50;
/// Streams of one connection at most, as the relay spreads them.
const SPREAD: usize = 100;
/// Streams at once where each needs a connection of its own.
const ALONE: usize = 40;
/// Streams of one connection that are read, beside one that is not.
const OTHERS: usize = 99;
/// The deadlines of a connection and of a handshake, as these rows set them.
const DEADLINE: Duration = Duration::from_secs(3);

/// How long something may take that takes as long as `control` where nothing is wrong: a busy machine is slower at one
/// moment than at another.
fn no_longer_than(control: Duration) -> Duration {
    control * 3 + Duration::from_secs(1)
}

/// How long a request for a connection that is not made may take, while good ones of the same moment take `control`.
fn given_up(control: Duration) -> Duration {
    DEADLINE + no_longer_than(control)
}

/// Good requests that are asked for at the same time as others: a few, which do not slow those down.
const CONTROLS: usize = 8;

/// The longest that one of them took.
async fn control(bench: &Bench, tally: &mut Tally) -> Duration {
    let good = bench.body("", true, 20);
    let asked = join_all((0..CONTROLS).map(|_| bench.ask(&bench.target, OPENAI, &good, true))).await;
    asked.iter().for_each(|seen| tally.see("good ones beside them", Expect::Good, seen, true));
    asked.iter().map(|seen| seen.took).max().unwrap_or_default()
}

/// The drill's upstream is spoken to in HTTP/2.
fn http2(plan: &mut Plan) -> anyhow::Result<()> {
    plan.channels.iter_mut().for_each(|channel| channel.extra = "http2 = true".to_owned());
    Ok(())
}

/// A request for a model of its own, which no other one equals.
fn body(bench: &Bench, model: &str, stream: bool, user: &str) -> Vec<u8> {
    let mut value = bench.value("", stream, 20);
    value["model"] = model.into();
    value["user"] = user.into();
    value.to_string().into_bytes()
}

/// A fault of streams, what must become of them, and by how much the upstream is asked more often than clients
/// ask; `None` where a GOAWAY also meets others on its connection.
const FAILING: [(&str, Option<bool>, Expect, Option<u64>); 10] = [
    ("goaway", None, Expect::Good, None),
    ("goaway-unprocessed-1", None, Expect::Good, None),
    ("refused-stream-1", None, Expect::Good, Some(1)),
    ("refused-stream-3", None, Expect::Good, Some(3)),
    ("reset-stream-2", None, Expect::Status(&[502]), Some(0)),
    ("reset-stream-11", None, Expect::Status(&[502]), Some(0)),
    ("reset-stream-after-8", Some(true), Expect::Event, Some(0)),
    ("reset-stream-after-0", Some(true), Expect::Event, Some(0)),
    ("status-429", None, Expect::Status(&[429]), Some(0)),
    ("", None, Expect::Good, Some(0)),
];

/// Row 34: streams that are refused are asked for again, and those that are reset are not; whoever shares their
/// connection never knows.
async fn failing(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let each = bench.size.requests.div_ceil(FAILING.len());
    for (round, (fault, stream, expect, more)) in FAILING.into_iter().enumerate() {
        let begun = bench.upstream.seen().requests_total;
        // One request is asked again a few times only: many GOAWAYs at once could meet it each time.
        let at_once = if fault.starts_with("goaway-") { 2 } else { bench.size.at_once };
        let model = if fault.is_empty() { "drill".to_owned() } else { format!("fault-{fault}") };
        let done = Bench::repeat(each, at_once, |i| {
            let stream = stream.unwrap_or(i % 2 == 0);
            // Bodies that were refused before would be answered: each is one of its own, in every repetition.
            let body = body(bench, &model, stream, &format!("client {round} {i} {begun}"));
            let path = bench.path(i / 2);
            async move {
                let seen = bench.ask(&bench.target, path, &body, stream).await;
                let mut tally = Tally::default();
                tally.see(&format!("{fault}, {path}"), expect, &seen, bench.strict());
                tally
            }
        });
        tally.add(done.await);
        let asked = bench.upstream.seen().requests_total - begun;
        let fewest = each as u64 * (more.unwrap_or(u64::from(fault.starts_with("goaway-"))) + 1);
        let right = asked == fewest || more.is_none() && asked > fewest;
        tally.check(right, format!("{fault}: {asked} attempts instead of {fewest} for {each} requests"));
    }
    let never = body(bench, "fault-refused-stream-1000", true, "client");
    let seen = bench.ask(&bench.target, OPENAI, &never, true).await;
    tally.see("refused each time", Expect::Status(&[502]), &seen, true);
    Ok(tally)
}

/// The drill's upstream over HTTP/2, and others whose connections misbehave.
fn misbehaving(plan: &mut Plan) -> anyhow::Result<()> {
    plan.misbehaving("alone", "fault-pace-50", Some(ConnectionFault::MaxStreams(1)), false)?;
    plan.misbehaving("unacked", "drill", Some(ConnectionFault::SettingsUnacked), false)?;
    plan.misbehaving("unsaid", "drill", Some(ConnectionFault::Silent), false)?;
    if let Some(first) = plan.channels.first_mut() {
        first.extra.push_str("\nhttp2 = true");
    }
    Ok(())
}

/// Row 34: very many streams, one stream at a time, settings that are not acknowledged, and a peer that says nothing.
async fn connections(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    very_many(bench, &mut tally).await;
    one_at_a_time(bench, &mut tally).await?;
    let unacked = (0..bench.size.at_once).map(|_| stream(bench, "unacked"));
    join_all(unacked).await.into_iter().for_each(|one| tally.add(one));

    let unsaid = (0..bench.size.at_once).map(|i| async move {
        let body = body(bench, "unsaid", i % 2 == 0, "client");
        bench.ask(&bench.target, bench.path(i), &body, i % 2 == 0).await
    });
    let (unsaid, control) = futures_util::join!(join_all(unsaid), control(bench, &mut tally));
    for seen in unsaid {
        // A second repetition meets a channel that rests.
        tally.see("no settings", Expect::Status(&[504, 503]), &seen, true);
        late("no settings", seen.took, given_up(control), &mut tally);
    }
    Ok(tally)
}

/// They share as few connections as they may.
async fn very_many(bench: &Bench, tally: &mut Tally) {
    let begun = bench.upstream.seen();
    // Each sends its first tokens and then holds on until all are there.
    // So many at a time: on a busy machine the last of all of them at once would miss the deadline for heads.
    let many = join_all((0..MANY).map(async |i| {
        let before = (i / AT_A_TIME * AT_A_TIME) as u64;
        let _ = bench.wait(bench.size.patience, |seen| seen.open_requests >= before).await;
        stream(bench, "fault-pace-300").await
    }));
    let look = bench.wait(bench.size.patience, |seen| seen.open_requests == MANY as u64);
    let (tallies, open) = futures_util::join!(many, look);
    tallies.into_iter().for_each(|one| tally.add(one));
    let (Ok(seen) | Err(seen)) = open;
    tally.check(open.is_ok(), format!("{} of {MANY} streams were open at once", seen.open_requests));
    // Each worker has connections of its own, the last of which need not be full.
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (taken, fewest) = (seen.open_connections, MANY.div_ceil(SPREAD) as u64);
    let right = fewest..=fewest + workers as u64;
    tally.check(
        right.contains(&taken),
        format!("{MANY} streams took {taken} connections instead of {right:?}"),
    );
    let asked = bench.upstream.seen().requests_total - begun.requests_total;
    tally.check(asked == MANY as u64, format!("{MANY} streams were {asked} requests"));
}

/// An upstream that takes one stream on a connection has a connection for each.
async fn one_at_a_time(bench: &Bench, tally: &mut Tally) -> anyhow::Result<()> {
    let alone = join_all((0..ALONE).map(|_| stream(bench, "alone")));
    let [one, ..] = &bench.plan()?.upstreams[..] else { anyhow::bail!("no upstreams were laid out") };
    let most = async {
        let begun = Instant::now();
        while one.seen().open_requests < ALONE as u64 && begun.elapsed() < bench.size.patience {
            sleep(Duration::from_millis(5)).await;
        }
        one.seen()
    };
    let (tallies, seen) = futures_util::join!(alone, most);
    tallies.into_iter().for_each(|one| tally.add(one));
    let (open, on) = (seen.open_requests, seen.open_connections);
    tally.check(
        open == ALONE as u64 && on >= open,
        format!("{open} of {ALONE} streams over {on} connections"),
    );
    Ok(())
}

/// One whole stream.
async fn stream(bench: &Bench, model: &str) -> Tally {
    let seen = bench.ask(&bench.target, OPENAI, &body(bench, model, true, "client"), true).await;
    let mut tally = Tally::default();
    tally.see(model, Expect::Good, &seen, true);
    tally
}

/// A certificate that does not hold, and what the log must say of it.
const CERTIFICATES: [(&str, ConnectionFault, &str); 3] = [
    ("other-name", ConnectionFault::TlsOtherName, "not valid for name"),
    ("expired", ConnectionFault::TlsExpired, "expired"),
    ("unknown", ConnectionFault::TlsUnknown, "UnknownIssuer"),
];

/// Upstreams over TLS: one that stalls, those whose certificates do not hold, and a good one. All their authorities
/// are trusted.
fn encrypted(plan: &mut Plan) -> anyhow::Result<()> {
    let mut authorities = String::new();
    let faults = CERTIFICATES.map(|(model, fault, _)| (model, Some(fault)));
    let all = faults.into_iter().chain([("stalled", Some(ConnectionFault::TlsStall)), ("good", None)]);
    for (model, fault) in all {
        authorities.push_str(&plan.misbehaving(model, "drill", fault, true)?.unwrap_or_default());
    }
    let files = Files::new()?;
    plan.env.push(("SSL_CERT_FILE".to_owned(), files.write("authorities.pem", &authorities)?));
    plan.files = Some(Arc::new(files));
    Ok(())
}

/// Row 35: a handshake that stalls, and certificates that do not hold: a deadline, a clear error, and not one request
/// sent. A certificate that holds is trusted.
async fn certificates(bench: &Bench) -> anyhow::Result<Tally> {
    let (mut tally, plan) = (Tally::default(), bench.plan()?);
    let each = bench.size.requests.div_ceil(CERTIFICATES.len() + 2);
    let bad = CERTIFICATES.map(|(model, _, cause)| (model, 502, cause)).into_iter();
    for ((model, status, cause), upstream) in bad.chain([("stalled", 504, "")]).zip(&plan.upstreams) {
        // A second repetition meets a channel that rests.
        let expect = if status == 502 { Expect::Status(&[502, 503]) } else { Expect::Status(&[504, 503]) };
        let asked = join_all((0..each).map(|i| async move {
            let body = body(bench, model, i % 2 == 0, "client");
            bench.ask(&bench.target, bench.path(i), &body, i % 2 == 0).await
        }));
        let (asked, control) = futures_util::join!(asked, control(bench, &mut tally));
        for seen in asked {
            tally.see(model, expect, &seen, true);
            let message = seen.message.as_deref().unwrap_or_default();
            tally.check(
                !message.contains("localhost"),
                format!("{model}: clients are told an internal address"),
            );
            late(model, seen.took, given_up(control), &mut tally);
        }
        let sent = upstream.seen().requests_total;
        tally.check(sent == 0, format!("{model}: {sent} requests were sent all the same"));
        if !cause.is_empty() {
            let begun = Instant::now();
            let told =
                |log: &str| log.lines().any(|line| line.contains(cause) && line.contains("SSL_CERT_FILE"));
            while !told(&bench.relay()?.log()) {
                if begun.elapsed() > Duration::from_secs(5) {
                    tally.complain(
                        Kind::Wrong,
                        format!("{model}: the log does not say `{cause}`, with a cure"),
                    );
                    break;
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    tally.add(Bench::repeat(each, bench.size.at_once, |_| stream(bench, "good")).await);
    Ok(tally)
}

/// Row 51: one stream of a connection is not read, until it holds as much as it ever will; the others come whole and
/// as quickly as they would without it.
async fn one_slow(bench: &Bench) -> anyhow::Result<Tally> {
    let (mut tally, patience) = (Tally::default(), bench.size.patience);
    // One connection of a client is served in one place, which has one connection to the upstream.
    if bench.wait(patience, |seen| seen.open_connections == 0).await.is_err() {
        tally.complain(Kind::Wrong, "idle upstream connections are kept");
    }
    let mut client = Http2::connect(&bench.target, ROOM).await?;
    // These streams without it.
    let mut alone = paced(bench, &mut client).await?;
    let control = all_of(&mut alone, "without the slow one", patience, &mut tally).await;
    let flood = bench.body("flood", true, 1_000_000);
    let slow = timeout(patience, client.post(OPENAI, flood)).await??;
    stands_still(bench, patience).await?;
    let mut others = paced(bench, &mut client).await?;
    let beside = "beside one that is not read";
    let took = all_of(&mut others, beside, patience, &mut tally).await;
    late(beside, took, no_longer_than(control), &mut tally);
    let seen = bench.upstream.seen();
    let (open, on) = (seen.open_requests, seen.open_connections);
    // With scaled deadlines it may have been cut off by now.
    let right = (open, on) == (1, 1) || bench.size.full && open == 0 && on == 1;
    tally.check(right, format!("{open} streams over {on} connections instead of 1 over 1"));
    tally.count(Outcome::Left);
    drop(slow);
    Ok(tally)
}

/// Streams of 400 ms, all on one connection.
async fn paced(bench: &Bench, client: &mut Http2) -> anyhow::Result<Vec<Exchange>> {
    let mut streams = Vec::new();
    for _ in 0..OTHERS {
        let post = client.post(OPENAI, bench.body("pace-20", true, 20));
        streams.push(timeout(bench.size.patience, post).await??);
    }
    Ok(streams)
}

/// Reads them to their ends; the longest time that one took.
async fn all_of(streams: &mut [Exchange], what: &str, patience: Duration, tally: &mut Tally) -> Duration {
    let asked = Asked { anthropic: false, stream: true };
    let seen = join_all(streams.iter_mut().map(|stream| stream.judge(asked, patience))).await;
    seen.iter().for_each(|seen| tally.see(what, Expect::Good, seen, true));
    seen.iter().map(|seen| seen.took).max().unwrap_or_default()
}

/// Complains of what took longer than it may.
fn late(what: &str, took: Duration, most: Duration, tally: &mut Tally) {
    let [took_s, most] = [took, most].map(|time| time.as_secs_f64());
    tally.check(took_s <= most, format!("{what}: took {took_s:.1} s, {most:.1} s at most"));
}

/// Waits until the only request that is under way gets nothing any more.
async fn stands_still(bench: &Bench, within: Duration) -> anyhow::Result<()> {
    let (begun, mut before) = (Instant::now(), 0);
    loop {
        sleep(Duration::from_millis(if bench.size.full { 50 } else { 300 })).await;
        let live = Client::connect(&bench.target).await?.get("/api/monitor/exchanges").await?;
        let live: Value = serde_json::from_slice(&live)?;
        let out = live["exchanges"][0]["bytes_out"].as_u64().unwrap_or(0);
        if out > 0 && out == before {
            return Ok(());
        }
        before = out;
        anyhow::ensure!(begun.elapsed() < within, "a stream that is not read does not stand still: {live}");
    }
}
