//! What clients send up: bodies that are too large, bombs, slow, cut, answered early, or simply large.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use tokio::time::timeout;

use vitals::EndReason::*;

use super::clients::reaction;
use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome};
use crate::relay::plan::deadline;
use crate::run::{Bench, Expect, Kind, Row, Tally};
use crate::upstream::Snapshot;

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "uploads that are too large, bombs, slow, or cut",
        why: "attached files, mobile networks, attacks",
        good: "413, 408 in bounded memory",
        settings: &[deadline("request_body", "1s")],
        ends: &[ClientError, ClientGone, TooLarge],
        ..Row::new(25, "uploads-that-go-wrong", any!(bodies)).waiting(5)
    },
    Row {
        fault: "an answer while the request is still being sent",
        why: "upstreams refuse large prompts by their headers",
        good: "delivers it and stops the upload",
        ends: &[UpstreamError],
        ..Row::new(26, "answered-before-uploaded", any!(answered_early)).waiting(3)
    },
    Row {
        fault: "prompts of 1 MiB, 200 at once",
        why: "agents with their whole history",
        good: "few copies: memory at most 2.5 times what is under way",
        alone: true,
        ends: &[ClientGone],
        ..Row::new(27, "large-prompts", any!(large_prompts)).waiting(2)
    },
    Row {
        fault: "very long answers",
        why: "reasoning, generated files",
        good: "memory a stream does not depend on its length",
        alone: true,
        ends: &[Done],
        ..Row::new(28, "long-answers", any!(long_answers)).waiting(2)
    },
];

pub(super) const MIB: usize = 1 << 20;
/// The largest body that a relay takes by default, in bytes.
pub(super) const CAP: usize = 32 * MIB;

pub(super) async fn begin(bench: &Bench, path: &str, extra: &str) -> Option<Client> {
    let mut client = Client::connect(&bench.target).await.ok()?;
    let head = client.head_of("POST", path, &format!("content-type: application/json\r\n{extra}"));
    bench.target.ledger.post(1);
    client.send(head.as_bytes()).await.ok()?;
    Some(client)
}

/// Row 25: an upload that is said to be too large, that turns out to be, that is a bomb, that stops, and that is cut.
async fn bodies(bench: &Bench) -> anyhow::Result<Tally> {
    let bomb = gzipped_blanks(2 * CAP)?;
    let work = async {
        let (times, at_once) = (bench.size.requests, bench.size.at_once);
        let mut tally = Bench::repeat(times, at_once, |i| async move {
            match i % 3 {
                0 => announced(bench, bench.path(i)).await,
                1 => stopped(bench, bench.path(i)).await,
                _ => cut(bench, i % 6 < 3).await,
            }
        })
        .await;
        // 33 MiB each, and what unpacks to 64: a few of them say as much as many.
        tally.add(Bench::repeat(4, 2, |i| chunked(bench, bench.path(i))).await);
        tally.add(Bench::repeat(4, 2, |_| packed(bench, &bomb)).await);
        tally
    };
    Ok(two_at_once(bench, work).await)
}

/// Work that has two bodies of the cap under way at once, and whether memory stayed within what they may take.
pub(super) async fn two_at_once(bench: &Bench, work: impl Future<Output = Tally>) -> Tally {
    let (mut tally, memory) = bench.peak_while(work).await;
    if let Some((before, peak)) = memory.filter(|_| bench.strict()) {
        // Each is held once and perhaps growing.
        let most = before + 5 * CAP as u64;
        tally.check(peak <= most, format!("memory went from {} to {} MiB", before >> 20, peak >> 20));
    }
    tally
}

/// The status that a client gets; another relay may have another limit, or none.
pub(super) fn refused(
    bench: &Bench,
    what: &str,
    statuses: &'static [u16],
    outcome: Outcome,
    tally: &mut Tally,
) {
    tally.count(outcome);
    match outcome {
        Outcome::Hung => tally.complain(Kind::Hang, format!("{what}: neither taken nor refused")),
        Outcome::Http(status) if statuses.contains(&status) => {}
        other if bench.strict() => {
            tally.complain(Kind::Wrong, format!("{what}: {other:?} instead of {statuses:?}"));
        }
        _ => {}
    }
}

/// It is refused by its head: not one byte of it need be sent.
async fn announced(bench: &Bench, path: &str) -> Tally {
    let mut tally = Tally::default();
    let Some(mut client) = begin(bench, path, &format!("content-length: {}\r\n", CAP + 1)).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    if !bench.strict() {
        // Another relay may wait for the body: it gets one that is cut.
        tally.count(Outcome::Left);
        return tally;
    }
    refused(
        bench,
        "a length above the limit",
        &[413],
        reaction(&mut client, bench.size.patience).await,
        &mut tally,
    );
    tally
}

async fn chunked(bench: &Bench, path: &str) -> Tally {
    let mut tally = Tally::default();
    let Some(mut client) = begin(bench, path, "transfer-encoding: chunked\r\n").await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![b'x'; MIB], b"\r\n"].concat();
    let mut sent = 0;
    let upload = async {
        // The relay may stop reading as soon as it knows.
        while sent < 33 && client.send(&chunk).await.is_ok() {
            sent += 1;
        }
        sent == 33 && client.send(b"0\r\n\r\n").await.is_ok()
    };
    let _ = timeout(bench.size.patience, upload).await;
    let outcome = match reaction(&mut client, bench.size.patience).await {
        // A reset may overtake the answer, because the rest is never read; but not before the limit.
        Outcome::Cut | Outcome::NoAnswer if sent >= 32 => Outcome::Http(413),
        outcome => outcome,
    };
    refused(bench, "chunks beyond the limit", &[413], outcome, &mut tally);
    tally
}

/// Very many blanks, in gzip.
pub(super) fn gzipped_blanks(length: usize) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..length / MIB {
        encoder.write_all(&[b' '; MIB])?;
    }
    encoder.finish()
}

/// A few bytes that would be very many: unpacked no further than the limit.
async fn packed(bench: &Bench, bomb: &[u8]) -> Tally {
    let mut tally = Tally::default();
    let extra = format!("content-encoding: gzip\r\ncontent-length: {}\r\n", bomb.len());
    let Some(mut client) = begin(bench, OPENAI, &extra).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let _ = client.send(bomb).await;
    refused(bench, "a bomb", &[413], reaction(&mut client, bench.size.patience).await, &mut tally);
    tally
}

/// It makes no progress.
async fn stopped(bench: &Bench, path: &str) -> Tally {
    let mut tally = Tally::default();
    let Some(mut client) = begin(bench, path, "content-length: 1000\r\n").await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let _ = client.send(b"{\"model\":").await;
    refused(
        bench,
        "an upload that stopped",
        &[408],
        reaction(&mut client, bench.size.patience).await,
        &mut tally,
    );
    if bench.strict() && !client.closes(Duration::from_secs(5)).await {
        tally.complain(Kind::Wrong, "the rest of a stopped upload would be taken for a request");
    }
    tally
}

/// Its client leaves in the middle of it.
async fn cut(bench: &Bench, chunked: bool) -> Tally {
    let mut tally = Tally::default();
    let length = if chunked { "transfer-encoding: chunked\r\n" } else { "content-length: 100000\r\n" };
    if let Some(mut client) = begin(bench, OPENAI, length).await {
        let _ = client.send(b"2710\r\n{\"model\":\"drill\",").await;
    }
    tally.count(Outcome::Left);
    tally
}

/// Row 26: the answer comes while the body is still being sent: it is delivered, and the upload stops.
async fn answered_early(bench: &Bench) -> anyhow::Result<Tally> {
    // Large enough for every buffer on the way to be full, so few of them are enough.
    let times = bench.size.requests.min(12);
    let value = bench.long(24 * MIB, "early-error-413", true, 20);
    // Where a model is looked for first is in the beginning of a body.
    let text = value.to_string();
    let model = format!("{{\"model\":{},", value["model"]);
    let body = text.replacen('{', &model, 1).replacen(&format!(",\"model\":{}", value["model"]), "", 1);
    let (body, before) = (body.as_bytes(), bench.upstream.seen());
    let mut tally = Bench::repeat(times, 4, |i| async move {
        let (mut tally, path) = (Tally::default(), bench.path(i));
        let seen = bench.ask(&bench.target, path, body, true).await;
        tally.see(path, Expect::Status(&[413]), &seen, bench.strict());
        tally
    })
    .await;
    let stopped = bench.wait(Duration::from_secs(5), |seen| seen.open_requests <= before.open_requests).await;
    let (Ok(after) | Err(after)) = stopped;
    tally.check(stopped.is_ok(), "the upload goes on after its answer");
    let most = (times * 20 * MIB) as u64;
    let more = after.discarded_bytes - before.discarded_bytes;
    tally.check(more < most, format!("{} MiB were uploaded after their answer", more >> 20));
    Ok(tally)
}

/// Row 27: large prompts, all under way at once: copies are bounded.
async fn large_prompts(bench: &Bench) -> anyhow::Result<Tally> {
    let count = (bench.size.requests * 2).min(200);
    let value = bench.long(MIB, "silent", true, 20);
    let body = value.to_string().into_bytes();
    let (mut tally, before) = (Tally::default(), bench.upstream.seen());
    let work = async {
        let asking = (0..count).map(|i| {
            let (body, path) = (&body, if i % 2 == 0 { OPENAI } else { bench.path(i) });
            async move {
                let mut client = Client::connect(&bench.target).await.ok()?;
                client.post(path, body).await.ok()?;
                Some(client)
            }
        });
        let clients: Vec<Client> = join_all(asking).await.into_iter().flatten().collect();
        // Another relay's deadline may end the first of them before the last one is there.
        let open = |seen: &Snapshot| if bench.strict() { seen.open_requests } else { seen.requests_total };
        let wanted = open(&before) + clients.len() as u64;
        let arrived = bench.wait(bench.size.patience * 2, |seen| open(seen) >= wanted).await;
        (clients.len(), arrived.is_ok())
    };
    let ((sent, arrived), memory) = bench.peak_while(work).await;
    (0..sent).for_each(|_| tally.count(Outcome::Left));
    tally.check(
        sent == count && arrived,
        format!("{sent} of {count} prompts were sent, all arrived: {arrived}"),
    );
    if let Some((base, peak)) = memory {
        let most = base + (count * body.len() * 5 / 2) as u64;
        tally.note(format!(
            "{count} prompts of 1 MiB at once; memory {} MiB before, {} MiB at the peak, {} MiB allowed",
            base >> 20,
            peak >> 20,
            most >> 20
        ));
        tally.check(peak <= most, format!("{} MiB at the peak, {} MiB at most", peak >> 20, most >> 20));
    }
    Ok(tally)
}

/// Row 28: what a stream holds does not depend on how long it is.
async fn long_answers(bench: &Bench) -> anyhow::Result<Tally> {
    // No more at once than a busy machine reads in time: with --full a client has half a second.
    let count = bench.size.at_once.min(bench.size.requests).min(25);
    let tokens = if bench.size.full { 24_000 } else { 6000 };
    let ask = |tokens: u64| async move {
        Bench::repeat(count, count, |i| async move {
            let (mut tally, path) = (Tally::default(), bench.path(i));
            let Ok(mut client) = Client::connect(&bench.target).await else {
                tally.count(Outcome::NoAnswer);
                return tally;
            };
            let _ = client.post(path, &bench.body(&format!("tokens-{tokens}"), true, tokens)).await;
            let asked = Asked { anthropic: path == ANTHROPIC, stream: true };
            let seen = client.judge(asked, bench.size.patience * 3).await;
            tally.see(&format!("{tokens} tokens, {path}"), Expect::Good, &seen, bench.strict());
            tally
        })
        .await
    };
    let (mut tally, short) = bench.peak_while(ask(200)).await;
    let (long_tally, long) = bench.peak_while(ask(tokens)).await;
    tally.add(long_tally);
    tally.note(format!("{tokens} tokens each instead of 600,000, {count} at once"));
    if let Some(((_, short), (_, long))) = short.zip(long) {
        let grown = long > short + (4 << 20);
        tally.check(
            !grown,
            format!(
                "memory peaks at {} KiB for short answers, at {} KiB for long ones",
                short >> 10,
                long >> 10
            ),
        );
    }
    Ok(tally)
}
