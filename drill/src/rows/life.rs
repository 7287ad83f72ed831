//! The life of the process: stopped, stopped twice, killed, started twice.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use vitals::EndReason::*;

use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome, Seen, Target};
use crate::relay::Relay;
use crate::relay::plan::setting;
use crate::run::{Bench, Expect, Kind, Row, Tally};
use crate::system::{self, Signal};

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
    Row {
        fault: "the configuration's file system hangs during a reload",
        why: "a network's file system whose server is gone",
        good: "serves on with what it has; SIGTERM stops it",
        settings: &[setting("shutdown", "drain", "\"40s\"")],
        ..Row::new(58, "reload-that-hangs", own!(hung))
    },
    Row {
        fault: "a drain under load, while monitors and clients connect anew",
        why: "a deployment behind a load balancer, under a monitor",
        good: "health and readiness say `draining`; others get a 503 with Retry-After; nothing is refused without a word",
        settings: &[setting("shutdown", "drain", "\"40s\"")],
        ..Row::new(62, "drain-is-visible", own!(visible))
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

/// Row 58: the file is a pipe without a word in it. The relay serves on, and stops when it is told to.
async fn hung(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let (mut relay, target) = bench.another("127.0.0.1:0").await?;
    let file = relay.config();
    std::fs::remove_file(&file)?;
    system::make_pipe(&file)?;
    relay.signal(Signal::Reload)?;
    let begun = Instant::now();
    // It can be opened at once when somebody waits to read from it.
    let silent = loop {
        match system::open_pipe(&file) {
            Ok(silent) => break silent,
            Err(_) if begun.elapsed() < SOON => sleep(Duration::from_millis(10)).await,
            Err(error) => return Err(error.context("the relay does not read its configuration again")),
        }
    };
    for i in 0..bench.size.requests.min(100) {
        let seen = bench.ask(&target, bench.path(i), &bench.body("", i % 3 != 0, 20), i % 3 != 0).await;
        tally.see("while a reload hangs", Expect::Good, &seen, true);
    }
    relay.signal(Signal::Terminate)?;
    let code = relay.exit(SOON).await;
    tally.check(
        matches!(code, Ok(Some(0))),
        format!("while a reload hangs, SIGTERM came to {code:?} instead of exit 0"),
    );
    drop(silent);
    Ok(tally)
}

/// Row 62: a relay that drains says so on new and kept connections, and tells whoever wants more.
async fn visible(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let (mut relay, target) = bench.another("127.0.0.1:0").await?;
    let mut kept = Client::connect(&target).await?;
    kept.get("/healthz").await?;
    let ending = streams(bench, &target, bench.size.requests.min(100), 100).await?;
    // The drain lasts until this one leaves.
    let held = streams(bench, &target, 1, 1_000_000).await?;
    relay.signal(Signal::Terminate)?;
    heard(&relay, &mut tally).await;
    for _ in 0..3 {
        says_so(&mut kept, "a kept connection", &mut tally).await;
        match Client::connect(&target).await {
            Ok(mut new) => says_so(&mut new, "a new connection", &mut tally).await,
            Err(error) => tally.complain(Kind::Wrong, format!("a new connection: {error}")),
        }
        for flaw in join_all((0..20).map(|i| turned_away(bench, &target, i))).await.into_iter().flatten() {
            tally.complain(Kind::Wrong, flaw);
        }
    }
    for seen in ends(bench, ending).await {
        tally.see("a stream at SIGTERM", Expect::Good, &seen, true);
    }
    drop(held);
    let code = relay.exit(SOON).await;
    tally.check(matches!(code, Ok(Some(0))), format!("after draining: {code:?} instead of exit 0"));
    Ok(tally)
}

async fn says_so(client: &mut Client, whose: &str, tally: &mut Tally) {
    for (path, status) in [("/healthz", 200), ("/readyz", 503), ("/api/monitor/health", 200)] {
        match timeout(SOON, answer(client, path)).await {
            Ok(Ok((got, text))) => {
                let told = path == "/healthz" || text.contains("draining");
                tally.check(got == status && told, format!("{whose}: {path} answers {got} {text:?}"));
            }
            Ok(Err(error)) => tally.complain(Kind::Wrong, format!("{whose}: {path}: {error}")),
            Err(_) => tally.complain(Kind::Hang, format!("{whose}: {path} does not answer")),
        }
    }
}

async fn answer(client: &mut Client, path: &str) -> std::io::Result<(u16, String)> {
    let request = client.head_of("GET", path, "");
    client.send(request.as_bytes()).await?;
    let (head, mut body) = (client.head().await?, Vec::new());
    client
        .body(&head, |bytes| {
            body.extend_from_slice(bytes);
            true
        })
        .await?;
    Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
}

/// A request on a new connection. Says what is wrong with its refusal.
async fn turned_away(bench: &Bench, target: &Target, n: usize) -> Option<String> {
    let asked = async {
        let mut client = Client::connect(target).await?;
        client.post_in_vain(bench.path(n), &bench.body("", true, 20)).await?;
        client.head().await
    };
    match timeout(SOON, asked).await {
        Ok(Ok(head)) if head.status != 503 => Some(format!("a new request is answered with {}", head.status)),
        Ok(Ok(head)) => {
            let wanted = head.header("retry-after").is_some() && head.header("connection") == Some("close");
            (!wanted).then(|| "a refusal lacks Retry-After or connection: close".to_owned())
        }
        Ok(Err(error)) => Some(format!("a new request is refused without a word: {error}")),
        Err(_) => Some("a new request is not answered".to_owned()),
    }
}
