//! A relay with a byte budget of its own, and clients that ask it and read nothing.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::Budget;
use super::form::{BEYOND, FORMS, Form};
use crate::client::{ANTHROPIC, Asked, Client, Exchange, Http2, OPENAI, Target};
use crate::gauge::series;
use crate::relay::{Plan, Relay};
use crate::run::{Bench, Expect, Tally};
use crate::system::NotHere;

/// Room of an HTTP/2 stream whose client does not read.
const NARROW: u32 = 16 << 10;
/// How long what is held must stand still before it is read.
const STILL: Duration = Duration::from_millis(200);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(40);
/// How long an answer may be waited for.
const ANSWER: Duration = Duration::from_secs(60);

pub(super) struct Holder {
    relay: Relay,
    pub(super) target: Target,
    budget: &'static Budget,
    /// Resident memory after a warm-up with as many connections, in bytes.
    base: u64,
}

impl Holder {
    pub(super) async fn start(bench: &Bench, budget: &'static Budget) -> anyhow::Result<Self> {
        let mut plan = Plan { settings: budget.settings, ..bench.plan()?.clone() };
        let at = plan.upstream.to_string();
        let mut faults: Vec<String> =
            FORMS.iter().filter(|form| form.told).map(|form| form.fault(budget.answer)).collect();
        faults.push(format!("big-answer-{BEYOND}"));
        faults.sort();
        faults.dedup();
        for fault in &faults {
            plan.channel(fault, &at, &Form::told_as(fault), &format!("fault-{fault}"), 0);
            let last = plan.channels.last_mut().context("a channel was added")?;
            last.extra.push_str("\ndialect = \"openai\"");
        }
        let relay = Relay::start(&plan, "127.0.0.1:0", bench.size.full).await?;
        let target = relay.target(&plan.headers);
        let clients = join_all((0..budget.clients).map(|i| {
            let (target, path) = (target.clone(), if i % 2 == 0 { OPENAI } else { ANTHROPIC });
            async move {
                let mut client = Client::connect(&target).await.ok()?;
                let stream = i % 4 < 2;
                client.post(path, &bench.body("", stream, 20)).await.ok()?;
                client.judge(Asked { anthropic: path == ANTHROPIC, stream }, bench.size.patience).await;
                Some(client)
            }
        }));
        let clients = clients.await;
        let base = resident(relay.pid(), "VmRSS:")?;
        drop(clients);
        Ok(Self { relay, target, budget, base })
    }

    /// Lets clients ask that read nothing, and looks at what is held of their answers.
    pub(super) async fn holds(&self, bench: &Bench, form: &Form, tally: &mut Tally) -> anyhow::Result<()> {
        let (pid, budget) = (self.relay.pid(), self.budget);
        // The peak begins anew.
        fs::write(format!("/proc/{pid}/clear_refs"), "5").context("cannot reset the peak")?;
        let body = form.body(bench, budget.answer);
        let deaf = join_all((0..budget.clients).map(|_| Deaf::ask(&self.target, form, &body))).await;
        let held = self.settled().await;
        drop(deaf);
        let begun = Instant::now();
        while self.buffered().await != Some(0) && begun.elapsed() < bench.size.patience {
            sleep(LOOK).await;
        }
        let (left, peak) = (self.buffered().await, resident(pid, "VmHWM:")?);
        let (what, mib, limit) = (form.what, budget.mib, budget.mib << 20);
        tally.check(left == Some(0), format!("{what}, {mib} MiB: {left:?} bytes are held for nobody"));
        let most = self.base + limit * 5 / 2;
        let told = [self.base, peak, most].map(|bytes| format!("{:.1}", bytes as f64 / f64::from(1 << 20)));
        let [base, resident, bound] = told;
        let text =
            format!("{what}, {mib} MiB: resident memory went from {base} to {resident} MiB, {bound} at most");
        tally.check(peak <= most, text);
        tally.check(held <= limit, format!("{what}, {mib} MiB: {held} bytes are held"));
        // Two megabytes are with the kernel.
        let stays = form.stays && (budget.answer > 4 || form.prompt > 0);
        tally.check(!stays || held > 0, format!("{what}, {mib} MiB: nothing is said to be held"));
        let seen = bench.ask(&self.target, OPENAI, &bench.body("", true, 20), true).await;
        tally.see("after it", Expect::Good, &seen, true);
        Ok(())
    }

    /// What the relay says that it holds.
    pub(super) async fn buffered(&self) -> Option<u64> {
        let page = async { Client::connect(&self.target).await?.get("/metrics").await };
        let page = timeout(Duration::from_secs(5), page).await.ok()?.ok()?;
        series(&String::from_utf8_lossy(&page), "watertight_buffered_bytes")
    }

    /// What is held once it stands still.
    async fn settled(&self) -> u64 {
        let (begun, mut since, mut last) = (Instant::now(), Instant::now(), None);
        loop {
            let now = self.buffered().await;
            if now != last {
                (since, last) = (Instant::now(), now);
            }
            if since.elapsed() > STILL || begun.elapsed() > 10 * STILL {
                return now.unwrap_or(0);
            }
            sleep(LOOK).await;
        }
    }

    /// The status of a refused request, and whether it says when to try again.
    pub(super) async fn told(&self, body: &[u8]) -> Option<(u16, bool)> {
        let mut client = Client::connect(&self.target).await.ok()?;
        let _ = timeout(ANSWER, client.post(ANTHROPIC, body)).await;
        let head = timeout(ANSWER, client.head()).await.ok()?.ok()?;
        Some((head.status, head.header("retry-after").is_some()))
    }
}

/// A client that asks and reads nothing.
enum Deaf {
    Http1(#[expect(dead_code, reason = "held open, and read by nobody")] Box<Client>),
    Http2(#[expect(dead_code, reason = "held open, and read by nobody")] Box<(Http2, Exchange)>),
}

impl Deaf {
    /// Asks, and waits until an answer begins where one will.
    async fn ask(target: &Target, form: &Form, body: &[u8]) -> Option<Self> {
        if form.http2 {
            let mut client = Http2::connect(target, NARROW).await.ok()?;
            let mut stream = client.post(form.path, body.to_vec()).await.ok()?;
            let _ = timeout(ANSWER, stream.head()).await;
            return Some(Self::Http2(Box::new((client, stream))));
        }
        let mut client = Client::deaf(target).await.ok()?;
        // A refusal may come before all of it was sent.
        let _ = timeout(ANSWER, client.post(form.path, body)).await;
        if form.prompt == 0 {
            let _ = timeout(ANSWER, client.is_answered()).await;
        }
        Some(Self::Http1(Box::new(client)))
    }
}

/// A line of a process' own status, in bytes.
fn resident(pid: u32, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.map_err(|_| NotHere("needs /proc, where a process' memory is told".to_owned()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib: u64 =
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).context("no such line")?;
    Ok(kib << 10)
}
