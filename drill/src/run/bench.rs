//! One relay between the drill's clients and the drill's upstream, and what is needed to work on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep, timeout};

use super::case::{Case, Expect};
use super::load::{self, Pace};
use super::tally::Tally;
use crate::client::{ANTHROPIC, Asked, Client, Http2, OPENAI, Outcome, ROOM, Seen, Target};
use crate::gauge::Gauge;
use crate::relay::plan::{Prepare, Setting};
use crate::relay::{NotStarted, Plan, Relay};
use crate::system::NotHere;
use crate::upstream::Upstream;

/// Good requests at once before a row begins; rows with limits of their own keep above it.
const WARM: usize = 32;

/// How long a target may take to answer in HTTP/2, if it does.
const HTTP2_ANSWER: Duration = Duration::from_secs(5);

const BOTH: &[&str] = &[OPENAI, ANTHROPIC];

/// How much is done, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) requests: usize,
    pub(crate) at_once: usize,
    /// Requests a second where they start when they are due, and not when another is over.
    pub(crate) rate: Option<f64>,
    /// How long a client waits for an end.
    pub(crate) patience: Duration,
    pub(crate) repetitions: usize,
    /// Default deadlines, scaled, instead of short ones.
    pub(crate) full: bool,
}

impl Size {
    /// How many requests may be under way at once: where they start when they are due, all of them.
    fn most_at_once(self) -> usize {
        if self.rate.is_some() { self.requests.max(self.at_once) } else { self.at_once }
    }

    /// So many requests, in waves of as many as may be under way at once.
    pub(crate) fn waves(self, requests: usize) -> impl Iterator<Item = usize> {
        (0..requests).step_by(self.at_once).map(move |begun| self.at_once.min(requests - begun))
    }
}

/// The place where a row works.
pub(crate) struct Bench {
    pub(crate) target: Target,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) gauge: Gauge,
    pub(crate) size: Size,
    /// The dialects that are asked in.
    paths: &'static [&'static str],
    /// The relay, where the drill started it.
    relay: Option<Mutex<Relay>>,
    plan: Option<Plan>,
    /// HTTP/2 with prior knowledge is answered; asked once.
    http2: OnceCell<bool>,
}

impl Bench {
    /// An upstream and a relay of its own in front of it, with these settings, after what `prepare` has laid out.
    ///
    /// # Errors
    /// [`NotStarted`], or why the row cannot be laid out.
    pub(crate) async fn own(
        size: Size,
        settings: &'static [Setting],
        prepare: Option<Prepare>,
    ) -> anyhow::Result<Self> {
        let upstream = Arc::new(crate::upstream::start(crate::upstream::bind("127.0.0.1:0")?)?);
        let mut plan = Plan::new(upstream.address(), settings);
        if let Some(prepare) = prepare {
            prepare(&mut plan)?;
        }
        let started = Relay::start(&plan, "127.0.0.1:0", size.full).await;
        let relay = started.map_err(|error| NotStarted(format!("{error:#}")))?;
        let target = relay.target(&plan.headers);
        let gauge = Gauge::new(target.clone(), Arc::clone(&upstream), Some(relay.pid()), size.most_at_once())
            .with(&plan.upstreams);
        let (relay, plan) = (Some(Mutex::new(relay)), Some(plan));
        Ok(Self { target, upstream, gauge, size, paths: BOTH, relay, plan, http2: OnceCell::new() })
    }

    /// A relay that somebody else started.
    pub(crate) fn other(size: Size, target: Target, upstream: Arc<Upstream>, pid: Option<u32>) -> Self {
        let gauge = Gauge::new(target.clone(), Arc::clone(&upstream), pid, size.most_at_once());
        Self { target, upstream, gauge, size, paths: BOTH, relay: None, plan: None, http2: OnceCell::new() }
    }

    /// Sees that a good request reaches the drill's upstream and comes back as an answer.
    ///
    /// # Errors
    /// Something else came: says what, and what to do.
    pub(crate) async fn introduce(&self) -> anyhow::Result<()> {
        let address = self.target.address;
        if let Err(error) = Client::connect(&self.target).await {
            anyhow::bail!(
                "the target does not listen at {address} ({error}): start it, or correct `--target`"
            );
        }
        let (body, before) = (self.body("", true, 20), self.upstream.seen().requests_total);
        let seen = self.ask(&self.target, OPENAI, &body, true).await;
        let reached = self.upstream.seen().requests_total > before;
        let upstream = self.upstream.address();
        let Some(amiss) = Expect::Good.judge(&seen, false) else {
            anyhow::ensure!(
                reached,
                "the target answers, but not from the drill's upstream: point its upstream at http://{upstream}"
            );
            return Ok(());
        };
        let what = if seen.outcome == Outcome::Ok {
            "a success without an answer in it".to_owned()
        } else {
            amiss.to_string()
        };
        let said = seen.message.filter(|text| !text.is_empty());
        let said = said.map_or_else(String::new, |text| format!(", \"{}\"", clip(&text)));
        let model = format!("{}drill", self.target.prefix);
        let cure = match seen.outcome {
            _ if reached => {
                format!("the drill's upstream was asked and answered well: what came back is {what}")
            }
            Outcome::Http(401 | 403) => "give the key that it wants in `--key-file`".to_owned(),
            Outcome::Http(404) => format!(
                "is `{model}` a model that it knows, and is /v1/chat/completions below `--target`? see `--model-prefix`"
            ),
            _ => format!(
                "the drill's upstream at http://{upstream} was not asked: point the target's upstream there, and let it pass the model `{model}` on"
            ),
        };
        anyhow::bail!("a first good request to the target came to {what}{said}: {cure}")
    }

    /// Asks in OpenAI's dialect only, where that is all that the target answers. Tells whether it is.
    pub(crate) async fn narrow(&mut self) -> bool {
        let body = self.body("", true, 20);
        let seen = self.ask(&self.target, ANTHROPIC, &body, true).await;
        if !seen.complete {
            self.paths = &[OPENAI];
        }
        !seen.complete
    }

    /// The endpoint of the `i`th request.
    pub(crate) fn path(&self, i: usize) -> &'static str {
        self.paths[i % self.paths.len()]
    }

    /// Tells whether the relay is the drill's own, so that all of it must be as written.
    pub(crate) fn strict(&self) -> bool {
        self.relay.is_some()
    }

    /// Looks once whether the target answers HTTP/2 with prior knowledge. The drill's own relay must.
    ///
    /// # Errors
    /// A reason to skip.
    pub(crate) async fn needs_http2(&self) -> anyhow::Result<()> {
        let asked = async {
            let ask = async {
                let mut client = Http2::connect(&self.target, ROOM).await.ok()?;
                let mut stream = client.post(OPENAI, self.body("", true, 20)).await.ok()?;
                let asked = Asked { anthropic: false, stream: true };
                Some(stream.judge(asked, HTTP2_ANSWER).await.complete)
            };
            matches!(timeout(HTTP2_ANSWER, ask).await, Ok(Some(true)))
        };
        if self.strict() || *self.http2.get_or_init(|| asked).await {
            return Ok(());
        }
        Err(NotHere("the target does not answer HTTP/2 with prior knowledge".to_owned()).into())
    }

    /// How the drill's own relay was started.
    pub(crate) fn plan(&self) -> anyhow::Result<&Plan> {
        self.plan.as_ref().context("only a relay that the drill started has a plan")
    }

    /// Another relay like the drill's own.
    pub(crate) async fn another(&self, listen: &str) -> anyhow::Result<(Relay, Target)> {
        let relay = Relay::start(self.plan()?, listen, self.size.full).await?;
        let target = relay.target(&self.plan()?.headers);
        Ok((relay, target))
    }

    /// The drill's own relay.
    pub(crate) fn relay(&self) -> anyhow::Result<MutexGuard<'_, Relay>> {
        let relay = self.relay.as_ref().context("only a relay that the drill started can be told")?;
        Ok(relay.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The process of the drill's own relay.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.relay()?.pid())
    }

    /// The last words of the drill's own relay, when it has ended.
    pub(crate) fn death(&self) -> Option<String> {
        let mut relay = self.relay().ok()?;
        let status = relay.ended().ok()??;
        Some(format!("the relay ended ({status}): {}", relay.log().lines().last().unwrap_or_default()))
    }

    /// A small request that is valid in both dialects.
    pub(crate) fn body(&self, fault: &str, stream: bool, tokens: u64) -> Vec<u8> {
        self.value(fault, stream, tokens).to_string().into_bytes()
    }

    /// Such a request as JSON, to be changed.
    pub(crate) fn value(&self, fault: &str, stream: bool, tokens: u64) -> Value {
        let model = if fault.is_empty() { "drill".to_owned() } else { format!("fault-{fault}") };
        json!({
            "model": format!("{}{model}", self.target.prefix),
            "stream": stream,
            "max_tokens": tokens,
            "messages": [{"role": "user", "content": "Say something about water."}],
        })
    }

    /// One request on a connection of its own, judged as an SDK would.
    pub(crate) async fn ask(&self, target: &Target, path: &str, body: &[u8], stream: bool) -> Seen {
        self.ask_from(Instant::now(), target, path, body, stream).await
    }

    /// Asks once; how long it took is counted from the moment at which it was due.
    pub(crate) async fn ask_from(
        &self,
        due: Instant,
        target: &Target,
        path: &str,
        body: &[u8],
        stream: bool,
    ) -> Seen {
        let asked = Asked { anthropic: path == ANTHROPIC, stream };
        let Ok(mut client) = Client::connect(target).await else { return Seen::of(Outcome::NoAnswer) };
        // The relay may have answered before it had read everything.
        let _ = timeout(self.size.patience, client.post(path, body)).await;
        let seen = client.judge(asked, self.size.patience).await;
        Seen { took: due.elapsed(), ..seen }
    }

    /// How requests start.
    pub(crate) fn pace(&self) -> Pace {
        self.size.rate.map_or(Pace::Closed(self.size.at_once), Pace::Open)
    }

    /// Repeats `work` for every number below `times`, at most `at_once` of them at a time, and adds up what came.
    pub(crate) async fn repeat<F: Future<Output = Tally>>(
        times: usize,
        at_once: usize,
        work: impl Fn(usize) -> F,
    ) -> Tally {
        load::run(times, Pace::Closed(at_once), |i, _| work(i)).await
    }

    /// Does `work`, and looks meanwhile at the relay's memory: before it, and at its peak, in bytes. `None` where it
    /// is not told.
    pub(crate) async fn peak_while<T>(&self, work: impl Future<Output = T>) -> (T, Option<(u64, u64)>) {
        let before = self.gauge.memory().await;
        let mut peak = before;
        let look = async {
            loop {
                peak = peak.max(self.gauge.memory().await);
                sleep(Duration::from_millis(5)).await;
            }
        };
        let done = tokio::select! {
            done = work => done,
            () = look => std::future::pending().await,
        };
        (done, before.zip(peak))
    }

    /// Asks for the cases in turn, in both dialects and both ways where a case leaves that open.
    pub(crate) async fn cases(&self, cases: &[Case]) -> Tally {
        let kinds: Vec<(Case, &str, bool)> = cases
            .iter()
            .flat_map(|case| self.paths.iter().map(|path| (*case, *path)))
            .flat_map(|(case, path)| {
                let streams: &[bool] = match case.stream {
                    None => &[true, false],
                    Some(true) => &[true],
                    Some(false) => &[false],
                };
                streams.iter().map(move |stream| (case, path, *stream)).collect::<Vec<_>>()
            })
            .collect();
        let times = self.size.requests.max(kinds.len());
        load::run(times, self.pace(), |i, due| {
            let (case, path, stream) = kinds[i % kinds.len()];
            async move {
                let body = self.body(case.fault, stream, 20);
                let seen = self.ask_from(due, &self.target, path, &body, stream).await;
                let mut tally = Tally::default();
                let form = if stream { "streamed" } else { "whole" };
                let fault = if case.fault.is_empty() { "good" } else { case.fault };
                tally.see(&format!("{fault}, {form}, {path}"), case.expect, &seen, self.strict());
                tally
            }
        })
        .await
    }

    /// Sees that a good answer comes; `Err` says what came instead.
    pub(crate) async fn serves(&self, target: &Target) -> Result<(), String> {
        let seen = self.ask(target, OPENAI, &self.body("", true, 20), true).await;
        match Expect::Good.judge(&seen, self.strict()) {
            None => Ok(()),
            Some(amiss) => Err(format!("a good request failed: {amiss}")),
        }
    }

    /// Good requests of every kind, so that what is made once is made.
    pub(crate) async fn warm_up(&self) -> Tally {
        let good = [Case { fault: "", stream: None, expect: Expect::Good }];
        let at_once = self.size.at_once.min(WARM);
        let bench = Size { requests: at_once.max(16), at_once, ..self.size };
        let kinds = self.with(bench, &good).await;
        // A second round meets the connections that the first one left.
        self.with(Size { requests: 8, at_once: 2, ..self.size }, &good).await;
        kinds
    }

    async fn with(&self, size: Size, cases: &[Case]) -> Tally {
        let case = cases[0];
        Self::repeat(size.requests, size.at_once, |i| async move {
            let (path, stream) = (self.path(i), i % 4 < 2);
            let seen = self.ask(&self.target, path, &self.body(case.fault, stream, 20), stream).await;
            let mut tally = Tally::default();
            tally.see(&format!("warm-up, {path}"), case.expect, &seen, self.strict());
            tally
        })
        .await
    }
}

/// The beginning of somebody else's words, in one line.
fn clip(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}
