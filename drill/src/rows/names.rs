//! What clients make up, a new configuration while they ask, and both at once.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;
use vitals::key::KeyHash;

use super::clients::reaction;
use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome};
use crate::relay::{Plan, config};
use crate::run::{Bench, Expect, Kind, Row, Tally};
use crate::system::Signal;

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "names that nobody has seen before: keys, models, paths, addresses",
        why: "scanners; labels made of what clients write",
        good: "tables and metrics stay as large as they were",
        prepare: Some(one_caller),
        ends: &[ClientError, NoChannel],
        ..Row::new(29, "made-up-names", own!(nothing_stays))
    },
    Row {
        fault: "new configurations under load, right and wrong ones",
        why: "deployments in business hours",
        good: "no request is dropped, none sees half of each",
        prepare: Some(before_reload),
        ends: &[ClientError, Done],
        ..Row::new(30, "reload-under-load", own!(under_reload))
    },
];

/// The one caller that the relay knows.
const ALICE: &str = "sk-drill-alice-0000000000000000000000000000000000000000";

fn alice(models: &str) -> String {
    format!("[[keys]]\nname = \"alice\"\nhash = \"{}\"\n{models}\n", KeyHash::of(ALICE))
}

/// One caller, and models of certain names only.
fn one_caller(plan: &mut Plan) -> anyhow::Result<()> {
    plan.toml = alice("");
    plan.headers = format!("x-api-key: {ALICE}\r\n");
    let at = plan.upstream.to_string();
    plan.channel("known", &at, "known", "drill", 0);
    Ok(())
}

/// Names that were never used before in this process.
static MADE_UP: AtomicU64 = AtomicU64::new(0);

/// Requests of one client with names of its own making, on one connection.
async fn made_up(bench: &Bench, times: usize) -> Tally {
    let (mut tally, patience) = (Tally::default(), bench.size.patience);
    let stranger = crate::client::Target { headers: String::new(), ..bench.target.clone() };
    let (Ok(mut unknown), Ok(mut known)) =
        (Client::connect(&stranger).await, Client::connect(&bench.target).await)
    else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    for _ in 0..times {
        let n = MADE_UP.fetch_add(1, Relaxed);
        unknown.target_headers(&format!(
            "x-request-id: made-up-{n}\r\nx-forwarded-for: 10.{}.{}.{}\r\n",
            n >> 16 & 255,
            n >> 8 & 255,
            n & 255
        ));
        let mut value = bench.value("", false, 20);
        let _ = unknown.post(&format!("{OPENAI}?key=sk-made-up-{n}"), value.to_string().as_bytes()).await;
        one(&mut unknown, "a key that nobody has", 401, patience, &mut tally).await;
        value["model"] = format!("made-up-{n}").into();
        let _ = known.post(OPENAI, value.to_string().as_bytes()).await;
        one(&mut known, "a model that nobody offers", 404, patience, &mut tally).await;
        let head = known.head_of("GET", &format!("/made-up/{n}"), "");
        let _ = known.send(head.as_bytes()).await;
        one(&mut known, "a path that leads nowhere", 404, patience, &mut tally).await;
    }
    tally
}

async fn one(client: &mut Client, what: &str, status: u16, patience: Duration, tally: &mut Tally) {
    let whole = async {
        let head = client.head().await?;
        client.body(&head, |_| true).await?;
        std::io::Result::Ok(head.status)
    };
    let outcome = match timeout(patience, whole).await {
        Ok(Ok(status @ ..300)) => {
            tally.complain(Kind::Wrong, format!("{what}: status {status}"));
            Outcome::Ok
        }
        Ok(Ok(status)) => Outcome::Http(status),
        Ok(Err(_)) => Outcome::Cut,
        Err(_) => Outcome::Hung,
    };
    tally.count(outcome);
    tally.check(outcome == Outcome::Http(status), format!("{what}: {outcome:?} instead of {status}"));
}

/// Row 29: keys, models, paths, ids and addresses that nobody has seen before leave nothing behind.
async fn nothing_stays(bench: &Bench) -> anyhow::Result<Tally> {
    let (clients, each) = (bench.size.requests, 20);
    let round = || Bench::repeat(clients, bench.size.at_once.min(8), |_| made_up(bench, each));
    let mut tally = round().await;
    let series = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    bench.settled(Duration::from_secs(5)).await;
    let (page, before) = (bench.gauge.metrics().await?, bench.gauge.memory().await);
    tally.add(round().await);
    bench.settled(Duration::from_secs(5)).await;
    let (later, after) = (bench.gauge.metrics().await?, bench.gauge.memory().await);
    tally.note(format!("{} made-up names of each kind instead of a million", clients * each * 2));
    let (had, has) = (series(&page), series(&later));
    tally.check(had == has, format!("{had} series, then {has}: something made up has one of its own"));
    tally.check(!later.contains("made-up"), "a made-up name is in the metrics");
    if let Some((before, after)) = before.zip(after) {
        let more = after.saturating_sub(before);
        let text = format!("memory: {} KiB more after {} made-up names", more >> 10, clients * each * 3);
        if more > 1 << 20 {
            tally.complain(Kind::Leak, text);
        }
    }
    Ok(tally)
}

/// The caller may use only what the one channel offers: they change together, or something is mixed.
fn one_of(plan: &Plan, model: &str) -> String {
    let lists = format!("[\"{model}\", \"both\", \"drill\", \"fault-*\"]");
    let mut plan = plan.clone();
    plan.toml = alice(&format!("models = {lists}"));
    plan.channels.truncate(1);
    if let Some(first) = plan.channels.first_mut() {
        first.extra = format!("models = {lists}");
    }
    config::text(&plan, false)
}

/// The caller of row 30 before its first reload.
fn before_reload(plan: &mut Plan) -> anyhow::Result<()> {
    plan.toml = alice("");
    plan.headers = format!("x-api-key: {ALICE}\r\n");
    Ok(())
}

#[derive(Default)]
struct Counts {
    over: AtomicBool,
    served: AtomicU64,
    refused: AtomicU64,
}

async fn asks(bench: &Bench, counts: &Counts, n: usize) -> Tally {
    let (mut tally, mut turn) = (Tally::default(), n);
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    while !counts.over.load(Relaxed) {
        turn += 1;
        let (model, stream) = (["one", "both", "two", "both"][turn % 4], turn % 3 == 0);
        let path = bench.path(turn / 4);
        let mut value = bench.value("", stream, 20);
        value["model"] = model.into();
        let _ = client.post(path, value.to_string().as_bytes()).await;
        let seen = client.judge(Asked { anthropic: path == ANTHROPIC, stream }, bench.size.patience).await;
        match seen.outcome {
            // Forbidden by the key's list, never unknown to the channels.
            Outcome::Http(403) if model != "both" => {
                tally.count(seen.outcome);
                counts.refused.fetch_add(1, Relaxed);
            }
            outcome => {
                tally.see(&format!("`{model}` under reload"), Expect::Good, &seen, true);
                if outcome != Outcome::Ok {
                    return tally;
                }
                counts.served.fetch_add(1, Relaxed);
            }
        }
    }
    tally
}

/// Reloads ten times a second: valid, invalid, valid; by a signal and by request.
async fn reloads(bench: &Bench, counts: &Counts) -> anyhow::Result<Tally> {
    let (mut tally, plan, file) = (Tally::default(), bench.plan()?, bench.relay()?.config());
    let texts = [one_of(plan, "one"), "nonsense = [".to_owned(), one_of(plan, "two")];
    let original = fs::read_to_string(&file)?;
    let begun = Instant::now();
    for n in 0..30 {
        fs::write(&file, &texts[n % 3])?;
        if n % 2 == 0 {
            bench.relay()?.signal(Signal::Reload)?;
        } else {
            let wanted = if n % 3 == 1 { 400 } else { 200 };
            tally.check(
                reload(bench).await == Some(wanted),
                format!("a reload was not answered with {wanted}"),
            );
        }
        sleep((Duration::from_millis(100) * (n as u32 + 1)).saturating_sub(begun.elapsed())).await;
    }
    counts.over.store(true, Relaxed);
    fs::write(&file, original)?;
    tally.check(reload(bench).await == Some(200), "the first configuration was not taken back");
    Ok(tally)
}

async fn reload(bench: &Bench) -> Option<u16> {
    let mut client = Client::connect(&bench.target).await.ok()?;
    let head = client.head_of("POST", "/admin/reload", "content-length: 0\r\n");
    client.send(head.as_bytes()).await.ok()?;
    match reaction(&mut client, bench.size.patience).await {
        Outcome::Ok => Some(200),
        Outcome::Http(status) => Some(status),
        _ => None,
    }
}

/// Row 30: no request is dropped, none is served by half of each configuration.
async fn under_reload(bench: &Bench) -> anyhow::Result<Tally> {
    let before = bench.gauge.read().await;
    let counts = Counts::default();
    let clients = bench.size.at_once.min(8);
    let asking = join_all((0..clients).map(|n| asks(bench, &counts, n)));
    let (tallies, reloads) = tokio::join!(asking, async {
        let done = reloads(bench, &counts).await;
        counts.over.store(true, Relaxed);
        done
    });
    let mut tally = reloads?;
    tallies.into_iter().for_each(|part| tally.add(part));
    let (served, refused) = (counts.served.into_inner(), counts.refused.into_inner());
    tally.check(served > 50 && refused > 0, format!("only {served} were served and {refused} refused"));
    let after = bench.settled(Duration::from_secs(5)).await;
    if let Some((was, is)) = before.requests_total.zip(after.requests_total) {
        let counted = is - was;
        let made = served + refused;
        tally.check(counted == made, format!("{made} requests, {counted} counted"));
    }
    Ok(tally)
}
