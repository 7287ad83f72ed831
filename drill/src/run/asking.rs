//! Requests to a target: one, many of one kind after the other, and the good ones before a row.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::bench::Bench;
use super::case::{Case, Expect};
use super::known::{self, Known};
use super::load::{self, Pace};
use super::size::Size;
use super::tally::Tally;
use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome, Seen, Target};

/// Good requests at once before a row begins; rows with limits of their own keep above it.
const WARM: usize = 32;

impl Bench {
    /// What is known of each kind of request in this row.
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A small request that is valid in both dialects.
    pub(crate) fn body(&self, fault: &str, stream: bool, tokens: u64) -> Vec<u8> {
        self.value(fault, stream, tokens).to_string().into_bytes()
    }

    /// Such a request as JSON, to be changed.
    pub(crate) fn value(&self, fault: &str, stream: bool, tokens: u64) -> Value {
        self.saying("Say something about water.", fault, stream, tokens)
    }

    /// Such a request whose prompt is so long.
    pub(crate) fn long(&self, bytes: usize, fault: &str, stream: bool, tokens: u64) -> Value {
        self.saying(&"x".repeat(bytes), fault, stream, tokens)
    }

    fn saying(&self, text: &str, fault: &str, stream: bool, tokens: u64) -> Value {
        let naming = &self.target.naming;
        json!({
            "model": naming.model(fault),
            "stream": stream,
            "max_tokens": tokens,
            "messages": [{"role": "user", "content": format!("{}{text}", naming.mark(fault, tokens))}],
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
        let seen = self.ask_within(self.size.patience, target, path, body, stream).await;
        Seen { took: due.elapsed(), ..seen }
    }

    /// Asks once, and waits no longer than this for an end.
    pub(super) async fn ask_within(
        &self,
        patience: Duration,
        target: &Target,
        path: &str,
        body: &[u8],
        stream: bool,
    ) -> Seen {
        let begun = Instant::now();
        let asked = Asked { anthropic: path == ANTHROPIC, stream };
        let Ok(mut client) = Client::connect(target).await else { return Seen::of(Outcome::NoAnswer) };
        // The relay may have answered before it had read everything.
        let _ = timeout(patience, client.post(path, body)).await;
        let seen = client.judge(asked, patience).await;
        Seen { took: begun.elapsed(), ..seen }
    }

    /// One small good request, which is waited for no longer than this.
    pub(super) async fn ask_good(&self, patience: Duration) -> Seen {
        self.ask_within(patience, &self.target, OPENAI, &self.body("", true, 20), true).await
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
        self.cases_of(self.size.requests, cases).await
    }

    /// Likewise, so many times.
    pub(super) async fn cases_of(&self, requests: usize, cases: &[Case]) -> Tally {
        let kinds: Vec<(Case, &'static str, bool)> = cases
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
        let times = requests.max(kinds.len());
        let left_out = AtomicUsize::new(0);
        let mut tally = load::run_all(times, self.pace(), |i, due| {
            let (case, path, stream) = kinds[i % kinds.len()];
            let (kind, left_out) = ((case.fault, path, stream), &left_out);
            async move {
                if !self.known().asks(kind) {
                    left_out.fetch_add(1, Relaxed);
                    return Tally::default();
                }
                let body = self.body(case.fault, stream, 20);
                let seen = self.ask_from(due, &self.target, path, &body, stream).await;
                let mut tally = Tally::default();
                tally.see(&known::told(kind), case.expect, &seen, self.strict());
                self.known().saw(kind, seen.outcome == Outcome::Hung);
                tally
            }
        })
        .await;
        tally.leave_out(left_out.into_inner(), times);
        tally
    }

    /// Good requests of every kind, so that what is made once is made.
    pub(crate) async fn warm_up(&self) -> Tally {
        if self.spares_warm_up() {
            return Tally::default();
        }
        let good = [Case { fault: "", stream: None, expect: Expect::Good }];
        let at_once = self.size.at_once.min(WARM);
        let bench = Size { requests: self.warm_ups(at_once), at_once, ..self.size };
        let kinds = self.with(bench, &good).await;
        if kinds.complaints.is_empty() {
            self.saw_good(&kinds.latencies);
        }
        if kinds.has_hung() {
            return kinds;
        }
        // A second round meets the connections that the first one left. A slow relay is not asked four times for that.
        let at_once = if self.is_slow() { 8 } else { 2 };
        self.with(Size { requests: 8, at_once, ..self.size }, &good).await;
        kinds
    }

    async fn with(&self, size: Size, cases: &[Case]) -> Tally {
        let case = cases[0];
        Self::repeat(size.requests, size.at_once, |i| async move {
            let (path, stream) = (self.path(i), i % 4 < 2);
            let seen = self.ask(&self.target, path, &self.body(case.fault, stream, 20), stream).await;
            let mut tally = Tally::default();
            tally.see(&format!("warm-up, {path}"), case.expect, &seen, self.strict());
            if seen.outcome == Outcome::Hung {
                self.known().saw((case.fault, path, stream), true);
            }
            tally
        })
        .await
    }
}
