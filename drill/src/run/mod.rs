//! Runs the rows: each on a relay and an upstream of its own, side by side, or one after the other on one target.

mod bench;
mod row;
mod tally;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use futures_util::future::join_all;
use indicatif::{ProgressBar, ProgressStyle};
use scope::Scope;
use tokio::sync::oneshot;

pub(crate) use bench::{Bench, Size};
pub(crate) use tally::{Finding, Kind, Tally, Verdict};

use crate::{
    client::Target,
    rows::{Row, Work},
    upstream::Upstream,
};

/// Rows that run side by side, each on a relay of its own.
const LANES: usize = 4;

/// A relay that somebody else started.
pub(crate) struct Other {
    pub(crate) target: Target,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) pid: Option<u32>,
}

/// Runs rows on relays of the drill's own making.
pub(crate) async fn own(rows: &[&'static Row], size: Size) -> anyhow::Result<Vec<Finding>> {
    let (alone, shared): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.alone);
    let bar = progress(rows.len());
    let scope = Scope::new();
    let mut findings = lanes(&scope, &shared, size, LANES, &bar).await?;
    findings.extend(lanes(&scope, &alone, size, 1, &bar).await?);
    bar.finish_and_clear();
    findings.sort_by_key(|finding| position(rows, finding));
    Ok(findings)
}

async fn lanes(
    scope: &Scope,
    rows: &[&'static Row],
    size: Size,
    lanes: usize,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Finding>> {
    let (rows, next) = (Arc::new(rows.to_vec()), Arc::new(AtomicUsize::new(0)));
    let lanes = (0..lanes.min(rows.len())).map(|_| {
        let (rows, next, bar) = (Arc::clone(&rows), Arc::clone(&next), bar.clone());
        let (send, receive) = oneshot::channel();
        scope.spawn("lane", async move {
            let mut findings = Vec::new();
            while let Some(row) = rows.get(next.fetch_add(1, Relaxed)).copied() {
                bar.set_message(row.name);
                findings.push(on_its_own(row, size).await);
                bar.inc(1);
            }
            // Nobody waits when the drill was interrupted.
            let _ = send.send(findings);
        });
        receive
    });
    let mut all = Vec::new();
    for findings in join_all(lanes).await {
        all.extend(findings?.into_iter().collect::<anyhow::Result<Vec<_>>>()?);
    }
    Ok(all)
}

async fn on_its_own(row: &'static Row, size: Size) -> anyhow::Result<Finding> {
    if let Work::Skip(reason) = row.work {
        return Ok(Finding::skipped(row.id, row.name, reason));
    }
    let bench = Bench::own(size, row.settings)?;
    row::run(row, &bench).await
}

/// Runs rows on one relay, one after the other.
pub(crate) async fn other(rows: &[&'static Row], size: Size, other: Other) -> anyhow::Result<Vec<Finding>> {
    let mut bench = Bench::other(size, other.target, other.upstream, other.pid);
    if let Err(text) = bench.serves(&bench.target).await {
        anyhow::bail!("{text}: is the target there, and is its upstream the drill's?");
    }
    let bar = progress(rows.len());
    if bench.narrow().await {
        bar.println("the target does not answer /v1/messages: it is asked in OpenAI's dialect only");
    }
    let mut findings = Vec::new();
    for row in rows {
        bar.set_message(row.name);
        findings.push(match row.work {
            Work::Skip(reason) => Finding::skipped(row.id, row.name, reason),
            Work::Own(_) => Finding::skipped(
                row.id,
                row.name,
                "needs a relay that the drill itself starts and configures",
            ),
            _ => row::run(row, &bench).await?,
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(findings)
}

fn position(rows: &[&'static Row], finding: &Finding) -> usize {
    rows.iter().position(|row| row.name == finding.name).unwrap_or(usize::MAX)
}

/// On a terminal's stderr, and nowhere else.
fn progress(rows: usize) -> ProgressBar {
    let bar = ProgressBar::new(rows as u64);
    // The template is a constant, and a test reads it.
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(500));
    bar
}

const TEMPLATE: &str = "[{bar:24}] {pos}/{len} rows, {elapsed}  {msg}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
