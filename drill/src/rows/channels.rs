//! Several upstreams: the next attempt that must not be made, and the ones that must end.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};
use vitals::EndReason::*;

use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome};
use crate::relay::Plan;
use crate::relay::plan::{Away, Hole, deadline, setting};
use crate::run::{Bench, Expect, Kind, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "the client leaves between two attempts",
        why: "failover takes longer than its caller waits",
        good: "makes no further attempt",
        prepare: Some(one_silent),
        settings: &[deadline("first_byte", "5s")],
        ends: &[ClientGone],
        ..Row::new(11, "client-gone-between-attempts", own!(left_between))
    },
    Row {
        fault: "the client leaves, and the relay was told to read on",
        why: "usage that is billed must be known",
        good: "drains within its bounds in time and bytes, usage complete",
        settings: &[setting("limits", "on_disconnect", "{ drain = \"3s\", bytes = \"64KiB\" }")],
        ends: &[ClientGone],
        ..Row::new(13, "drain-when-client-gone", own!(drained))
    },
    Row {
        fault: "every channel fails",
        why: "an outage of a provider, an expired card",
        good: "capped attempts, no channel twice, one total deadline",
        prepare: Some(all_bad),
        settings: &[
            deadline("first_byte", "1500ms"),
            deadline("total", "2s"),
            setting("failover", "attempts", "3"),
        ],
        ends: &[FirstByteTimeout, NoChannel, TotalTimeout, UpstreamError],
        ..Row::new(31, "all-channels-fail", own!(all_failing))
    },
    Row {
        prepare: Some(out_of_reach),
        settings: &[deadline("connect", "1s")],
        ends: &[ConnectTimeout, Done, UpstreamError],
        ..Row::new(33, "upstream-out-of-reach", own!(unreachable))
    },
    Row { ends: &[Done], ..Row::new(43, "packed-token-by-token", any!(packed)).waiting(1) },
];

/// Attempts that one request may have, as the rows' settings say.
const ATTEMPTS: u64 = 3;

/// A request for a model of a channel of its own.
fn body(bench: &Bench, model: &str, stream: bool, tokens: u64) -> Vec<u8> {
    let mut value = bench.value("", stream, tokens);
    value["model"] = model.into();
    value.to_string().into_bytes()
}

/// A silent channel that is asked first, and a good one behind it.
fn one_silent(plan: &mut Plan) -> anyhow::Result<()> {
    let at = plan.upstream.to_string();
    plan.channel("silent", &at, "failing", "fault-silent", 5);
    plan.channel("good", &at, "failing", "drill", 0);
    Ok(())
}

/// Row 11: clients leave during the first attempt: there is no second one.
async fn left_between(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for now in bench.size.waves(bench.size.requests) {
        let before = bench.upstream.seen();
        let asking = (0..now).map(|i| async move {
            let mut client = Client::connect(&bench.target).await.ok()?;
            client.post(bench.path(i), &body(bench, "failing", i % 3 != 0, 20)).await.ok()?;
            Some(client)
        });
        let clients: Vec<Client> = join_all(asking).await.into_iter().flatten().collect();
        let count = clients.len() as u64;
        let arrived =
            bench.wait(bench.size.patience, |s| s.open_requests >= before.open_requests + count).await;
        tally.check(arrived.is_ok() && clients.len() == now, "not every first attempt reached the upstream");
        clients.iter().for_each(|_| tally.count(Outcome::Left));
        drop(clients);
        let told =
            bench.wait(Duration::from_secs(1), |s| s.open_requests <= before.open_requests).await.is_ok();
        tally.check(told, "the upstream was told more than 1 s after its client left");
        // A second attempt would follow at once.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let asked = bench.upstream.seen().requests_total - before.requests_total;
        tally.check(asked == count, format!("{asked} attempts for {count} requests whose clients had left"));
    }
    Ok(tally)
}

/// Row 13: clients leave; what they asked for is read to its end, or as far as the bounds allow.
async fn drained(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for (turn, now) in bench.size.waves(bench.size.requests).enumerate() {
        // Streams that end, that never end, and that stall.
        let (fault, token, ends) =
            [("pace-20", " runs", true), ("flood", " drop", false), ("stall-3", " runs", false)][turn % 3];
        let before = bench.upstream.seen();
        let asking = (0..now).map(|i| async move {
            let mut client = Client::connect(&bench.target).await.ok()?;
            // Where usage comes by itself.
            let path = if ends { ANTHROPIC } else { bench.path(i) };
            client.post(path, &bench.body(fault, true, 40)).await.ok()?;
            timeout(bench.size.patience, client.until(token)).await.ok()?.ok()
        });
        // Each client leaves as soon as it has its first token.
        let begun = join_all(asking).await.into_iter().flatten().count();
        tally.check(begun == now, format!("{fault}: {} of {now} streams did not begin", now - begun));
        (0..begun).for_each(|_| tally.count(Outcome::Left));
        let over = bench.wait(bench.size.patience, |s| s.open_requests <= before.open_requests).await;
        let (Ok(after) | Err(after)) = over;
        tally.check(over.is_ok(), format!("{fault}: draining does not end with its bounds"));
        let read = after.answered - before.answered;
        if ends && read < begun as u64 {
            tally.complain(Kind::Wrong, format!("{fault}: {read} of {begun} streams were read to their end"));
        }
        if ends {
            usage(bench, begun, &mut tally).await?;
        }
    }
    Ok(tally)
}

/// The records of requests that were drained say all of their tokens.
async fn usage(bench: &Bench, count: usize, tally: &mut Tally) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let log = bench.relay()?.log();
        let records = log.lines().rev().filter(|line| line.contains("\"message\":\"request\"")).take(count);
        let complete = records.filter(|line| line.contains("\"output_tokens\":40")).count();
        if complete == count {
            return Ok(());
        }
        if begun.elapsed() > Duration::from_secs(5) {
            tally.complain(Kind::Wrong, format!("{complete} of {count} drained streams have their usage"));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Six channels that fail, and eight that hang, each for one model.
fn all_bad(plan: &mut Plan) -> anyhow::Result<()> {
    let at = plan.upstream.to_string();
    for n in 0..6 {
        let fault = ["fault-status-500", "fault-status-529"][n % 2];
        plan.channel(&format!("failing-{n}"), &at, "failing", fault, 0);
    }
    for n in 0..8 {
        plan.channel(&format!("hanging-{n}"), &at, "hanging", "fault-silent", 0);
    }
    Ok(())
}

/// Attempts by channel, as the metrics count them.
async fn attempts(bench: &Bench) -> anyhow::Result<BTreeMap<String, u64>> {
    let text = bench.gauge.metrics().await?;
    let mut counts = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("watertight_attempts_total{channel=\"")) {
        let (name, rest) = line.split_once('"').unwrap_or((line, ""));
        let count = rest.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
        *counts.entry(name.to_owned()).or_default() += count;
    }
    Ok(counts)
}

/// Row 31: every channel fails. Attempts are capped, none goes where one has failed, and the total deadline is over
/// all of them together.
async fn all_failing(bench: &Bench) -> anyhow::Result<Tally> {
    let (mut tally, before) = (Tally::default(), attempts(bench).await?);
    let asked = bench.upstream.seen().requests_total;
    let seen = bench.ask(&bench.target, OPENAI, &body(bench, "failing", false, 20), false).await;
    tally.see("failing", Expect::Status(&[500, 529]), &seen, true);
    let after = attempts(bench).await?;
    let most = after.iter().map(|(name, n)| n - before.get(name).unwrap_or(&0)).max();
    tally.check(most == Some(1), "a channel that had failed was asked again for the same request");
    let made = bench.upstream.seen().requests_total - asked;
    // A second round of this row meets channels that rest.
    tally.check((1..=ATTEMPTS).contains(&made), format!("{made} attempts, {ATTEMPTS} are allowed"));

    let (times, asked) = (bench.size.requests, bench.upstream.seen().requests_total);
    tally.add(
        Bench::repeat(times, bench.size.at_once, |i| async move {
            let (path, hangs) = (bench.path(i), i % 4 == 3);
            let (model, expect) = if hangs {
                ("hanging", Expect::Status(&[504]))
            } else {
                ("failing", Expect::Status(&[500, 529, 503]))
            };
            let stream = i % 2 == 0;
            let seen = bench.ask(&bench.target, path, &body(bench, model, stream, 20), stream).await;
            let mut tally = Tally::default();
            tally.see(model, expect, &seen, true);
            tally
        })
        .await,
    );
    let made = bench.upstream.seen().requests_total - asked;
    let most = times as u64 * ATTEMPTS;
    tally.check(made <= most, format!("{made} attempts for {times} requests, {most} are allowed"));
    Ok(tally)
}

/// Upstreams that refuse, that are a black hole, that have no address, and some that will be there later.
fn out_of_reach(plan: &mut Plan) -> anyhow::Result<()> {
    let hole = Hole::new()?;
    plan.channel("hole", &hole.address()?.to_string(), "hole", "drill", 0);
    plan.hole = Some(std::sync::Arc::new(hole));
    plan.channel("nameless", "does-not-exist.invalid", "nameless", "drill", 0);
    // One for every time that the row may be repeated.
    for n in 0..4 {
        let (away, model) = (Away::new()?, format!("away-{n}"));
        plan.channel(&model, &away.address()?.to_string(), &model, "drill", 0);
        let mut list = plan.away.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.push((model, away));
    }
    Ok(())
}

/// Row 33: nobody there: the connect deadline holds; and somebody comes back: it is noticed without a restart.
async fn unreachable(bench: &Bench) -> anyhow::Result<Tally> {
    let (model, away) =
        bench.plan()?.next_away().ok_or_else(|| anyhow::anyhow!("every absent upstream has arrived"))?;
    let models = ["hole", "nameless", &model];
    let mut tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        let (path, model, stream) = (bench.path(i), models[i % 3], i % 4 < 2);
        let seen = bench.ask(&bench.target, path, &body(bench, model, stream, 20), stream).await;
        let mut tally = Tally::default();
        let expect = if model == "hole" { Expect::Status(&[504, 502]) } else { Expect::Status(&[502, 504]) };
        tally.see(model.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit()), expect, &seen, true);
        tally
    })
    .await;
    let arrived = crate::upstream::start(away.arrive()?)?;
    for path in [OPENAI, ANTHROPIC] {
        let seen = bench.ask(&bench.target, path, &body(bench, &model, true, 20), true).await;
        tally.see("an upstream that came back", Expect::Good, &seen, true);
    }
    tally.check(arrived.seen().requests_total == 2, "the upstream that came back was not asked");
    Ok(tally)
}

/// How long the upstream takes for a packed stream of row 43: 20 tokens, one every 40 ms.
const PACKED: Duration = Duration::from_millis(20 * 40);

/// Row 43: packed streams are delivered token by token, and not when the packer is full.
async fn packed(bench: &Bench) -> anyhow::Result<Tally> {
    let times = bench.size.requests.min(bench.size.at_once);
    let halves = std::sync::Mutex::new((0, 0));
    let mut tally = Bench::repeat(times, times, |i| {
        let halves = &halves;
        async move {
            let (mut tally, path) = (Tally::default(), bench.path(i));
            let Ok(mut client) = Client::connect(&bench.target).await else {
                tally.count(Outcome::NoAnswer);
                return tally;
            };
            let fault = ["gzip-40", "deflate-40"][i % 2];
            let _ = client.post(path, &bench.body(fault, true, 20)).await;
            let asked = Asked { anthropic: path == ANTHROPIC, stream: true };
            let seen = client.judge(asked, bench.size.patience).await;
            tally.see(fault, Expect::Good, &seen, bench.strict());
            let mut halves = halves.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            // However late it began: a token comes every 40 ms.
            let rest = seen.first.map_or(Duration::ZERO, |first| seen.took.saturating_sub(first));
            halves.0 += usize::from(rest > PACKED / 2);
            halves.1 += 1;
            tally
        }
    })
    .await;
    let (early, all) = halves.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    // A busy machine may be late for some.
    tally.check(
        early * 2 >= all,
        format!("{} of {all} packed streams were held back until much of them was there", all - early),
    );
    Ok(tally)
}
