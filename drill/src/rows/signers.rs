//! Tokens that a relay must ask for before it may ask its upstream: an endpoint that hangs, fails, or talks rubbish.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use vitals::EndReason::*;

use crate::client::OPENAI;
use crate::relay::Plan;
use crate::relay::plan::{Setting, deadline};
use crate::run::{Bench, Expect, Kind, Row, Tally};

const SETTINGS: &[Setting] = &[deadline("connect", "1s")];
const ENDS: &[vitals::EndReason] = &[ConnectTimeout, Done, UpstreamError];

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "the endpoint of a signer's tokens hangs",
        why: "an identity service has outages of its own; a firewall swallows what goes to a metadata server",
        good: "asks once, within a deadline; another channel serves; it is noticed when the endpoint is back",
        prepare: Some(signed),
        settings: SETTINGS,
        ends: ENDS,
        ..Row::new(83, "token-endpoint-hangs", own!(hangs))
    },
    Row {
        fault: "the endpoint of a signer's tokens fails",
        why: "a revoked key, an endpoint that restarts",
        good: "the same; the endpoint is not asked again and again",
        prepare: Some(signed),
        settings: SETTINGS,
        ends: ENDS,
        ..Row::new(84, "token-endpoint-fails", own!(fails))
    },
    Row {
        fault: "the endpoint of a signer's tokens talks rubbish",
        why: "a captive portal, a proxy's page, an answer without an end",
        good: "the same; what is no token is sent to no upstream, and no more of it is read than a token may have",
        prepare: Some(signed),
        settings: SETTINGS,
        ends: ENDS,
        ..Row::new(85, "token-endpoint-rubbish", own!(rubbish))
    },
];

/// Seconds that a token lives: the next round of a row finds none.
const LIFE: u64 = 2;

/// What the endpoint does with a question.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Token,
    Hang,
    Close,
    Status(u16),
    Text(&'static str),
    Endless,
}

/// A channel that signs, and one behind it that need not; and a model that only the first one has.
fn signed(plan: &mut Plan) -> anyhow::Result<()> {
    let tokens = TcpListener::bind("127.0.0.1:0")?;
    tokens.set_nonblocking(true)?;
    let at = plan.upstream.to_string();
    plan.env.push(("GCE_METADATA_HOST".to_owned(), tokens.local_addr()?.to_string()));
    plan.tokens = Some(Arc::new(tokens));
    plan.channel("good", &at, "signed", "drill", 0);
    plan.toml.push_str(&format!(
        "[[channels]]\nname = \"signing\"\nprovider = \"xai\"\nbase_url = \"http://{at}\"\nauth = \"google-oauth\"\n\
         models = [{{ name = \"signed\", upstream = \"drill\" }}, {{ name = \"alone\", upstream = \"drill\" }}]\n\
         priority = 5\nproxy = \"none\"\n"
    ));
    Ok(())
}

async fn hangs(bench: &Bench) -> anyhow::Result<Tally> {
    through(bench, &[Answer::Hang]).await
}

async fn fails(bench: &Bench) -> anyhow::Result<Tally> {
    through(bench, &[Answer::Status(500), Answer::Close, Answer::Status(400)]).await
}

async fn rubbish(bench: &Bench) -> anyhow::Result<Tally> {
    let texts =
        ["<html>Sign in</html>", r#"{"access_token":"a\nb","expires_in":60}"#, r#"{"expires_in":60}"#];
    let texts = texts.map(Answer::Text);
    through(bench, &[Answer::Endless, texts[0], texts[1], texts[2]]).await
}

/// The endpoint of one round.
struct Endpoint {
    listener: tokio::net::TcpListener,
    /// In turn; a change ends what hangs.
    answers: watch::Sender<Vec<Answer>>,
    asked: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Endpoint {
    async fn serve(&self) {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                Ok((stream, _)) = self.listener.accept() => under_way.push(self.answer(stream)),
                Some(()) = under_way.next() => {}
                else => sleep(Duration::from_millis(10)).await,
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream) {
        let turn = self.asked.fetch_add(1, Relaxed);
        self.most.fetch_max(self.open.fetch_add(1, Relaxed) + 1, Relaxed);
        let mut changes = self.answers.subscribe();
        let answer = {
            let answers = changes.borrow_and_update();
            answers[turn % answers.len()]
        };
        let mut head = [0; 4096];
        // An error is the other side's end.
        let _ = stream.read(&mut head).await;
        let _ = match answer {
            Answer::Hang => changes.changed().await.map_err(std::io::Error::other),
            Answer::Close => Ok(()),
            Answer::Token => {
                let token =
                    format!(r#"{{"access_token":"drill","expires_in":{LIFE},"token_type":"Bearer"}}"#);
                stream.write_all(whole(200, &token).as_bytes()).await
            }
            Answer::Status(status) => {
                stream.write_all(whole(status, "{\"error\":\"drill\"}").as_bytes()).await
            }
            Answer::Text(text) => stream.write_all(whole(200, text).as_bytes()).await,
            Answer::Endless => {
                let begun = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"access_token\":\"")
                    .await;
                while begun.is_ok() && stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                Ok(())
            }
        };
        self.open.fetch_sub(1, Relaxed);
    }
}

fn whole(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Drill\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn body(bench: &Bench, model: &str, stream: bool) -> Vec<u8> {
    let mut value = bench.value("", stream, 20);
    value["model"] = model.into();
    value.to_string().into_bytes()
}

async fn through(bench: &Bench, faults: &[Answer]) -> anyhow::Result<Tally> {
    let listener = bench.plan()?.tokens.as_ref().context("no endpoint was laid out")?.try_clone()?;
    let endpoint = Endpoint {
        listener: tokio::net::TcpListener::from_std(listener)?,
        answers: watch::Sender::new(faults.to_vec()),
        asked: AtomicUsize::new(0),
        open: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    };
    tokio::select! {
        tally = round(bench, &endpoint) => Ok(tally),
        () = endpoint.serve() => anyhow::bail!("the endpoint ended"),
    }
}

/// The endpoint misbehaves, and is well again.
async fn round(bench: &Bench, endpoint: &Endpoint) -> Tally {
    let begun = Instant::now();
    let mut tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        let (path, stream, alone) = (bench.path(i), i % 4 < 2, i % 5 == 4);
        let model = if alone { "alone" } else { "signed" };
        let seen = bench.ask(&bench.target, path, &body(bench, model, stream), stream).await;
        let mut tally = Tally::default();
        let expect = if alone { Expect::Status(&[502, 504]) } else { Expect::Good };
        tally.see(model, expect, &seen, true);
        tally
    })
    .await;
    let (asked, most) = (endpoint.asked.load(Relaxed), endpoint.most.load(Relaxed));
    let bound = 2 + begun.elapsed().as_secs() as usize;
    tally.check(
        (1..=bound).contains(&asked),
        format!("the endpoint was asked {asked} times, {bound} are allowed"),
    );
    tally.check(most <= 1, format!("{most} questions at once, one is allowed"));

    endpoint.answers.send_replace(vec![Answer::Token]);
    let deadline = Instant::now() + bench.size.patience;
    loop {
        let seen = bench.ask(&bench.target, OPENAI, &body(bench, "alone", false), false).await;
        tally.count(seen.outcome);
        if seen.complete {
            break;
        }
        if Instant::now() >= deadline {
            tally.complain(Kind::Wrong, "the endpoint is back, and its channel serves nothing");
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    // Then the token's life is over.
    sleep(Duration::from_millis(LIFE * 1000 + 100)).await;
    tally
}
