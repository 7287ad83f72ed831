//! The life of the process: stopped, stopped twice, killed, started twice.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;

use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome, Seen, Target};
use crate::relay::Relay;
use crate::relay::plan::setting;
use crate::run::{Bench, Expect, Kind, Row, Tally};
use crate::system::Signal;

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "SIGTERM with open streams, a second one, kill -9",
        why: "deployments, impatient operators, the OOM killer",
        good: "drains; then aborts and says so; starts again on the same port",
        settings: &[setting("shutdown", "drain", "\"40s\"")],
        ..Row::new(38, "stopped-and-killed", own!(stopped))
    },
    Row {
        fault: "a second relay on the same port",
        why: "a deployment that forgot the old one",
        good: "refused, exit 69",
        ends: &[Done],
        ..Row::new(53, "second-relay-on-the-port", own!(second))
    },
];

/// How long anything that ends a relay at once may take on a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// Streams with their first token, and the answers that they end with.
async fn streams(
    bench: &Bench,
    target: &Target,
    count: usize,
    tokens: u64,
) -> anyhow::Result<Vec<(Asked, Client)>> {
    let opening = (0..count).map(|i| async move {
        let path = bench.path(i);
        let mut client = Client::connect(target).await?;
        client.post(path, &bench.body("pace-20", true, tokens)).await?;
        timeout(bench.size.patience, client.until_kept(" runs")).await??;
        anyhow::Ok((Asked { anthropic: path == ANTHROPIC, stream: true }, client))
    });
    join_all(opening).await.into_iter().collect()
}

async fn ends(bench: &Bench, clients: Vec<(Asked, Client)>) -> Vec<Seen> {
    join_all(
        clients
            .into_iter()
            .map(|(asked, mut client)| async move { client.judge(asked, bench.size.patience * 2).await }),
    )
    .await
}

/// Row 38, in four parts, each on a relay of its own.
async fn stopped(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    drains(bench, &mut tally).await?;
    aborts(bench, &mut tally).await?;
    killed(bench, &mut tally).await?;
    Ok(tally)
}

/// SIGTERM: open streams are finished, nothing new is taken, exit code 0.
async fn drains(bench: &Bench, tally: &mut Tally) -> anyhow::Result<()> {
    let (mut relay, target) = bench.another("127.0.0.1:0").await?;
    let open = streams(bench, &target, bench.size.requests.min(100), 100).await?;
    relay.signal(Signal::Terminate)?;
    for seen in ends(bench, open).await {
        tally.see("a stream at SIGTERM", Expect::Good, &seen, true);
    }
    let code = relay.exit(SOON).await;
    tally.check(matches!(code, Ok(Some(0))), format!("after draining: {code:?} instead of exit 0"));
    tally.check(Client::connect(&target).await.is_err(), "something still listens");
    Ok(())
}

/// A second SIGTERM: what is left is ended, is told so, and the exit code says so.
async fn aborts(bench: &Bench, tally: &mut Tally) -> anyhow::Result<()> {
    let (mut relay, target) = bench.another("127.0.0.1:0").await?;
    let open = streams(bench, &target, bench.size.requests.min(100), 1_000_000).await?;
    relay.signal(Signal::Terminate)?;
    heard(&relay, tally).await;
    relay.signal(Signal::Terminate)?;
    let begun = Instant::now();
    for seen in ends(bench, open).await {
        tally.see("a stream at the second SIGTERM", Expect::Event, &seen, true);
        let told = seen.message.as_deref().is_some_and(|text| text.contains("the relay is stopping"));
        tally.check(told, "an aborted stream does not say why");
    }
    let code = relay.exit(SOON).await;
    tally.check(matches!(code, Ok(Some(1))), format!("after a second SIGTERM: {code:?} instead of exit 1"));
    let took = begun.elapsed();
    tally.check(took < SOON, format!("a second SIGTERM took {:.1} s", took.as_secs_f64()));
    Ok(())
}

/// Two signals in the same moment are one.
async fn heard(relay: &Relay, tally: &mut Tally) {
    let begun = Instant::now();
    while !relay.log().contains("stopping: no new requests") {
        if begun.elapsed() > SOON {
            tally.complain(Kind::Wrong, "SIGTERM is not heard");
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// kill -9: the upstream is free at once, and a new relay serves on the same port.
async fn killed(bench: &Bench, tally: &mut Tally) -> anyhow::Result<()> {
    let (mut relay, target) = bench.another("127.0.0.1:0").await?;
    let before = bench.upstream.seen().open_requests;
    let open = streams(bench, &target, bench.size.requests.min(100), 1_000_000).await?;
    relay.kill()?;
    for seen in ends(bench, open).await {
        let cut = matches!(seen.outcome, Outcome::Cut | Outcome::NoAnswer);
        tally.count(seen.outcome);
        tally.check(cut, format!("a stream of a killed relay came to {:?}", seen.outcome));
    }
    let free = bench.wait(Duration::from_secs(5), |seen| seen.open_requests <= before).await;
    tally.check(free.is_ok(), "the upstream still works for a relay that was killed");
    let (_again, target) = bench.another(&target.address.to_string()).await?;
    let seen = bench.ask(&target, OPENAI, &bench.body("", true, 20), true).await;
    tally.see("after a restart on the same port", Expect::Good, &seen, true);
    Ok(())
}

/// Row 53: a second relay on the same port is refused, and the first does not notice.
async fn second(bench: &Bench) -> anyhow::Result<Tally> {
    let (mut tally, listen) = (Tally::default(), bench.target.address.to_string());
    for _ in 0..3 {
        let code = Relay::run(bench.plan()?, &listen, SOON).await;
        tally.check(
            matches!(code, Ok(Some(69))),
            format!("a second relay on the port: {code:?} instead of exit 69"),
        );
        for path in [OPENAI, bench.path(1)] {
            let seen = bench.ask(&bench.target, path, &bench.body("", true, 20), true).await;
            tally.see("the first relay", Expect::Good, &seen, true);
        }
    }
    Ok(tally)
}
