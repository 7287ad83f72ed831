//! What a relay holds for clients that do not read, and for uploads that wait: rows 54 and 55. Each budget has a relay of
//! its own, whose resident memory is read at its peak.

mod form;
mod holder;

use std::time::Duration;

use tokio::time::sleep;

use self::form::{FORM, FORMS, Form};
use self::holder::Holder;
use super::uploads::MIB;
use crate::client::{Client, Outcome};
use crate::relay::plan::{Setting, setting};
use crate::run::{Bench, Expect, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "answers in every form that clients do not take, and uploads that wait, at budgets of 8, 32 and 256 MiB",
        why: "long answers to slow clients, in a container with little memory",
        good: "resident memory is at most 2.5 times the budget above its base; 413, 502 or 503, or an error event, for the rest",
        alone: true,
        ..Row::new(54, "byte-budget", own!(budgets))
    },
    Row {
        fault: "large bodies are announced, and a byte is sent",
        why: "broken clients, attacks",
        good: "only bytes that came count: others are served",
        alone: true,
        ..Row::new(55, "announced-bodies", own!(announced))
    },
];

/// What may be held, by whom, and of what.
struct Budget {
    mib: u64,
    settings: &'static [Setting],
    /// Clients at once: all of their answers together are several times the budget.
    clients: usize,
    /// The size of an answer in MiB.
    answer: u64,
}

const fn settings(buffered: &'static str) -> [Setting; 4] {
    [
        setting("limits", "buffered", buffered),
        Setting { section: "timeouts", key: "client_write", toml: "60s" },
        Setting { section: "timeouts", key: "first_byte", toml: "60s" },
        Setting { section: "timeouts", key: "total", toml: "300s" },
    ]
}

const SMALL: Budget = Budget { mib: 8, settings: &settings("\"8MiB\""), clients: 40, answer: 2 };
const MIDDLE: Budget = Budget { mib: 32, settings: &settings("\"32MiB\""), clients: 16, answer: 8 };
const LARGE: Budget = Budget { mib: 256, settings: &settings("\"256MiB\""), clients: 40, answer: 10 };

/// Row 54: for each budget all forms, one after the other, at a relay that has to hold them all.
async fn budgets(bench: &Bench) -> anyhow::Result<Tally> {
    let all = |form: &&Form| bench.size.full || form.is_quick;
    let (small, middle, large) = tokio::try_join!(
        held(bench, &SMALL, |_| true),
        held(bench, &MIDDLE, |_| true),
        held(bench, &LARGE, all),
    )?;
    let mut tally = Tally::default();
    [small, middle, large].into_iter().for_each(|one| tally.add(one));
    if !bench.size.full {
        let quick = FORMS.iter().filter(|form| form.is_quick).count();
        tally.note(format!("at 256 MiB {quick} forms instead of {}", FORMS.len()));
    }
    Ok(tally)
}

async fn held(
    bench: &Bench,
    budget: &'static Budget,
    wanted: impl Fn(&&Form) -> bool,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let holder = Holder::start(bench, budget).await?;
    for form in FORMS.iter().filter(wanted) {
        holder.holds(bench, form, &mut tally).await?;
    }
    if budget.mib == SMALL.mib {
        refuses(bench, &holder, &mut tally).await;
    }
    Ok(tally)
}

/// What could never fit is not asked for again.
async fn refuses(bench: &Bench, holder: &Holder, tally: &mut Tally) {
    let beyond = Form { what: "", told: true, sized: true, ..FORM };
    let answer = holder.told(&beyond.body(bench, form::BEYOND)).await;
    let text = format!("an answer larger than its budget: {answer:?} (status, retry-after) instead of 502");
    tally.check(answer == Some((502, false)), text);
    let large = Form { prompt: 5 * MIB, ..beyond };
    let answer = holder.told(&large.body(bench, form::BEYOND)).await;
    let text = format!("a request larger than the budget: {answer:?} (status, retry-after) instead of 413");
    tally.check(answer == Some((413, false)), text);
}

/// Row 55: some clients announce and send two bytes, and others are served.
async fn announced(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let holder = Holder::start(bench, &SMALL).await?;
    let mut waiting = Vec::new();
    for i in 0..SMALL.clients {
        let mut client = Client::connect(&holder.target).await?;
        let length = if i < 4 { 2 * MIB } else { 8 * MIB };
        let extra = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
        let head = client.head_of("POST", bench.path(i), &extra);
        client.send(head.as_bytes()).await?;
        client.send(b"{").await?;
        sleep(Duration::from_millis(2)).await;
        client.send(b"\"").await?;
        waiting.push(client);
    }
    let large = Form { prompt: 2 * MIB, sized: false, fault: "", ..FORM };
    for i in 0..8 {
        let (path, stream) = (bench.path(i), i % 2 == 0);
        let body = Form { stream, ..large }.body(bench, 0);
        let seen = bench.ask(&holder.target, path, &body, stream).await;
        tally.see("beside announced bodies", Expect::Good, &seen, true);
        tally.check(seen.outcome != Outcome::Http(503), "what was only announced takes all room");
    }
    let said = holder.buffered().await.unwrap_or(u64::MAX);
    tally.check(said <= MIB as u64, format!("{said} bytes are held of {} that came", 2 * SMALL.clients));
    drop(waiting);
    Ok(tally)
}
