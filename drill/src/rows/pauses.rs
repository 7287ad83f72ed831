//! The process stands still while everybody else goes on: row 57.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use vitals::EndReason::*;

use crate::client::{ANTHROPIC, Asked, Client, Http2, OPENAI, ROOM};
use crate::relay::plan::deadline;
use crate::run::{Bench, Expect, Row, Tally};
use crate::system::Signal;

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[Row {
    fault: "the process or the machine stands still for longer than a deadline (SIGSTOP, suspend), the other side goes on",
    why: "laptops, live migration, a debugger, a disk that stalls the machine",
    good: "reads what waits before anything is judged; nobody is blamed for the pause",
    settings: &[
        deadline("first_byte", "2s"),
        deadline("idle", "2s"),
        deadline("request_header", "2s"),
        deadline("request_body", "2s"),
    ],
    ends: &[Done],
    ..Row::new(57, "process-stands-still", own!(paused))
}];

/// Of each kind; a repetition of few, so that the relay has read all of them before their deadlines.
const EACH: usize = 16;

/// Row 57: streams, whole answers, a head and an upload are under way when the relay is stopped. Long after all of their
/// deadlines, when everybody else has said what there was to say, it goes on.
async fn paused(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    // The longest of them is a stream that says nothing: with `--full` five seconds.
    let pause = Duration::from_secs(if bench.size.full { 7 } else { 4 });
    let before = bench.upstream.seen().requests_total;
    let asked = join_all((0..2 * EACH).map(|i| ask(bench, i))).await;
    let mut http2 = Http2::connect(&bench.target, ROOM).await?;
    let mut streams = Vec::new();
    for _ in 0..EACH {
        streams.push(http2.post(OPENAI, bench.body("pace-50", true, 20)).await?);
    }
    // All that came, and not those that are open: on a busy machine the first are answered before the last arrive.
    let there = bench.wait(bench.size.patience, |s| s.requests_total >= before + 3 * EACH as u64).await;
    tally.check(there.is_ok(), "not every request reached the upstream");
    let (mut head, mut upload) =
        (Client::connect(&bench.target).await?, Client::connect(&bench.target).await?);
    let body = bench.body("", false, 20);
    let text = head.head_of(
        "POST",
        OPENAI,
        &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()),
    );
    let begun = Instant::now();
    let (first, rest) = text.as_bytes().split_at(40);
    head.send(first).await?;
    upload.send(&[text.as_bytes(), &body[..9]].concat()).await?;
    stopped(bench, pause, async {
        head.send(&[rest, &body].concat()).await?;
        Ok(upload.send(&body[9..]).await?)
    })
    .await?;
    bench.target.ledger.post(2);

    let whole = Asked { anthropic: false, stream: false };
    for (what, client) in [("a head", &mut head), ("an upload", &mut upload)] {
        let seen = client.judge(whole, bench.size.patience).await;
        tally.see(&format!("{what} that was complete in the pause"), Expect::Good, &seen, true);
    }
    for one in asked {
        let (asked, mut client) = one?;
        let seen = client.judge(asked, bench.size.patience).await;
        let what = if asked.stream { "a stream" } else { "a whole answer" };
        tally.see(&format!("{what}, paused"), Expect::Good, &seen, true);
    }
    for mut stream in streams {
        let seen = stream.judge(Asked { anthropic: false, stream: true }, bench.size.patience).await;
        tally.see("a stream over HTTP/2, paused", Expect::Good, &seen, true);
    }
    tally.check(begun.elapsed() >= pause, "the relay did not stand still");
    Ok(tally)
}

/// One that is under way for a second: a stream, or an answer that comes as a whole.
async fn ask(bench: &Bench, i: usize) -> anyhow::Result<(Asked, Client)> {
    let (path, stream) = (bench.path(i / 2), i.is_multiple_of(2));
    let mut client = Client::connect(&bench.target).await?;
    client.post(path, &bench.body(if stream { "pace-50" } else { "pace-600" }, stream, 20)).await?;
    Ok((Asked { anthropic: path == ANTHROPIC, stream }, client))
}

/// The relay stands still for so long, while `meanwhile` is done; it goes on however that ends.
async fn stopped(
    bench: &Bench,
    pause: Duration,
    meanwhile: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    bench.relay()?.signal(Signal::Stop)?;
    let done = meanwhile.await;
    sleep(pause).await;
    bench.relay()?.signal(Signal::Continue)?;
    done
}
