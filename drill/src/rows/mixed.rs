//! Time: rounds of good and faulty traffic and of clients that vanish, after which everything is where it was.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use vitals::EndReason::*;

use crate::client::{Client, Outcome};
use crate::gauge::{Expected, Held};
use crate::relay::plan::deadline;
use crate::run::{Bench, Expect, Kind, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[Row {
    fault: "good and faulty traffic for a long time",
    why: "a week without a restart",
    good: "tasks, descriptors and memory stay level, every request is counted once",
    settings: &[
        // Short ones: a timer of what has ended stays in its wheel until it is due.
        deadline("first_byte", "2s"),
        deadline("idle", "2s"),
        deadline("total", "3s"),
        deadline("client_write", "2s"),
        deadline("request_header", "2s"),
        deadline("client_idle", "2s"),
        deadline("upstream_idle", "500ms"),
    ],
    ends: &[ClientGone, Done, FirstByteTimeout, IdleTimeout, UpstreamError, UpstreamTruncated],
    ..Row::new(49, "mixed-traffic", any!(traffic)).waiting(117)
}];

/// Good and bad in turn.
const MODELS: [&str; 20] = [
    "",
    "status-429",
    "error-short-500",
    "first-error",
    "error-after-3",
    "",
    "truncate-3",
    "cut-3",
    "length-short",
    "reset-in-chunk-3",
    "no-done",
    "",
    "too-long",
    "after-terminal",
    "close-before-headers",
    "redirect",
    "gzip",
    "",
    "fields-5",
    "json-error",
];
/// Faults of streams that clients leave: they go on, stall, or have not begun.
const LEFT: [&str; 4] = ["pace-20", "stall-1", "silent", "silent-after-headers"];
/// Rounds before it counts: what is made once, and tables that grow to their working size.
const FIRST: usize = 4;
/// Rounds that count.
const ROUNDS: usize = 9;
/// How much of the first third the last one may have more, in percent, and in bytes for what is small.
const PERCENT: u64 = 3;
const BYTES: u64 = 256 << 10;

/// One round; returns how many requests it made.
async fn round(bench: &Bench, tally: &mut Tally) -> u64 {
    let times = MODELS.len() * 4;
    let part = Bench::repeat(times, bench.size.at_once.min(10), |i| async move {
        let (mut tally, fault, path, stream) = (Tally::default(), MODELS[i / 4], bench.path(i), i % 4 < 2);
        let seen = bench.ask(&bench.target, path, &bench.body(fault, stream, 20), stream).await;
        let expect = if fault.is_empty() { Expect::Good } else { Expect::Any };
        tally.see(if fault.is_empty() { "good" } else { fault }, expect, &seen, bench.strict());
        tally
    });
    tally.add(part.await);
    // An upstream may learn a moment later that its answer is over.
    let _ = bench.wait(bench.size.patience, |seen| seen.open_requests == 0).await;
    let before = bench.upstream.seen().open_requests;
    let leaving = (0..12).map(|i| async move {
        let mut client = Client::connect(&bench.target).await.ok()?;
        client.post(bench.path(i), &bench.body(LEFT[i % 4], true, 1_000_000)).await.ok()?;
        Some(client)
    });
    let clients: Vec<Client> = join_all(leaving).await.into_iter().flatten().collect();
    let wanted = before + clients.len() as u64;
    let open = bench.wait(bench.size.patience, |seen| seen.open_requests >= wanted).await;
    tally.check(open.is_ok() && clients.len() == 12, "not every stream reached the upstream");
    clients.iter().for_each(|_| tally.count(Outcome::Left));
    times as u64 + clients.len() as u64
}

/// Waits between two rounds, and reads what is held.
async fn rest(bench: &Bench, before: &Held) -> Held {
    let begun = Instant::now();
    loop {
        let (held, _) = bench.quiet(before, &Expected::default(), Duration::from_secs(5)).await;
        // Idle connections keep buffers of their own.
        if bench.gauge.read_idle().await.unwrap_or(0) == 0 || begun.elapsed() > Duration::from_secs(10) {
            return held;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// The growth from the first third of the samples to the last, if any. Nobody waits for less than there was before the
/// first round: what is below that, `least`, says nothing.
fn growth(values: &[u64], least: u64, slack: u64) -> Option<(u64, u64)> {
    let values: Vec<u64> = values.iter().map(|value| *value.max(&least)).collect();
    let third = values.len() / 3;
    let (first, last) = (median(values[..third].to_vec()), median(values[values.len() - third..].to_vec()));
    (last * 100 > first * (100 + PERCENT) + slack * 100).then_some((first, last))
}

/// Row 49, shortened.
async fn traffic(bench: &Bench) -> anyhow::Result<Tally> {
    let (mut tally, mut made) = (Tally::default(), 0);
    let before = bench.gauge.read().await;
    for _ in 0..FIRST {
        made += round(bench, &mut tally).await;
    }
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        made += round(bench, &mut tally).await;
        samples.push(rest(bench, &before).await);
    }
    tally.note(format!("{made} requests in {} rounds instead of 24 hours", FIRST + ROUNDS));
    type Read = fn(&Held) -> Option<u64>;
    let numbers: [(&str, Read, u64); 3] = [
        ("tasks", |held| held.tasks, 1),
        ("descriptors", |held| held.descriptors, 1),
        ("memory", |held| held.memory, BYTES),
    ];
    for (name, read, slack) in numbers {
        let values: Option<Vec<u64>> = samples.iter().map(read).collect();
        // Resident memory of another relay comes and goes in larger steps.
        let slack = if name == "memory" && !bench.strict() { 16 << 20 } else { slack };
        // Memory is not waited for.
        let least = if name == "memory" { 0 } else { read(&before).unwrap_or(0) };
        if let Some((first, last)) = values.and_then(|values| growth(&values, least, slack)) {
            tally.complain(
                Kind::Leak,
                format!("{name}: grew from {first} to {last} while the traffic was the same"),
            );
        }
    }
    counted(bench, &before, made, &mut tally).await;
    Ok(tally)
}

/// Every request is counted once, and has ended.
async fn counted(bench: &Bench, before: &Held, made: u64, tally: &mut Tally) {
    let (Some(was), Some(ended)) = (before.requests_total, before.ended_total()) else { return };
    let begun = Instant::now();
    loop {
        let now = bench.gauge.read().await;
        let counts = (now.requests_total.unwrap_or(0) - was, now.ended_total().unwrap_or(0) - ended);
        if counts == (made, made) {
            return;
        }
        if begun.elapsed() > Duration::from_secs(5) {
            tally.complain(Kind::Wrong, format!("{made} requests, {} counted, {} ended", counts.0, counts.1));
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_what_the_last_third_has_more_than_the_first() {
        assert_eq!(growth(&[7; 9], 0, 1), None);
        assert_eq!(growth(&[7, 7, 7, 7, 8, 7, 8, 7, 8], 0, 1), None);
        assert_eq!(growth(&[7, 7, 7, 8, 8, 9, 9, 9, 10], 0, 1), Some((7, 9)));
        // Less than there was before is where it may have been read by chance.
        assert_eq!(growth(&[23, 23, 23, 24, 25, 25, 25, 25, 25], 25, 1), None);
        assert_eq!(growth(&[23, 23, 23, 24, 25, 25, 29, 29, 29], 25, 1), Some((25, 29)));
        // One outlier is none.
        assert_eq!(growth(&[100, 100, 100, 100, 100, 100, 100, 900, 100], 0, 0), None);
        assert_eq!(growth(&[1000, 1000, 1000, 1010, 1010, 1020, 1031, 1031, 1031], 0, 0), Some((1000, 1031)));
    }
}
