//! Runs the rows: each on a relay and an upstream of its own, side by side, or one after the other on one target.

mod amiss;
mod bench;
mod board;
mod case;
mod course;
mod ends;
mod grade;
mod load;
mod quiet;
mod row;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anyhow::Context;
use futures_util::future::join_all;
use scope::Scope;
use tokio::sync::oneshot;

pub(crate) use bench::{Bench, Size};
pub(crate) use board::Board;
pub(crate) use case::{Case, Expect, both, streamed, whole};
pub(crate) use grade::{Grade, Kind};
pub(crate) use load::Percentiles;
pub(crate) use row::{Row, Work};
pub(crate) use tally::{Found, Tally};

use crate::client::Target;
use crate::relay::NotStarted;
use crate::system::NotHere;
use crate::upstream::Upstream;

/// So many polls a second, whatever becomes of each.
pub(crate) async fn polls<F: Future<Output = Tally>>(
    times: usize,
    per_second: f64,
    poll: impl Fn(tokio::time::Instant) -> F,
) -> Tally {
    load::run(times, load::Pace::Open(per_second), |_, due| poll(due)).await
}

/// Rows that run side by side, each on a relay of its own.
const LANES: usize = 4;

/// A relay that somebody else started.
pub(crate) struct Other {
    pub(crate) target: Target,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) pid: Option<u32>,
}

/// Runs rows on relays of the drill's own making.
pub(crate) async fn own(rows: &[&'static Row], size: Size, board: &Board) -> anyhow::Result<()> {
    let (alone, shared): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.alone);
    let scope = Scope::new();
    lanes(&scope, &shared, size, LANES, board).await?;
    lanes(&scope, &alone, size, 1, board).await
}

async fn lanes(
    scope: &Scope,
    rows: &[&'static Row],
    size: Size,
    lanes: usize,
    board: &Board,
) -> anyhow::Result<()> {
    let (rows, next) = (Arc::new(rows.to_vec()), Arc::new(AtomicUsize::new(0)));
    let lanes = (0..lanes.min(rows.len())).map(|_| {
        let (rows, next, board) = (Arc::clone(&rows), Arc::clone(&next), board.clone());
        let (send, receive) = oneshot::channel();
        scope.spawn("lane", async move {
            while let Some(row) = rows.get(next.fetch_add(1, Relaxed)).copied() {
                board.begin(row);
                match on_its_own(row, size).await {
                    Ok(finding) => board.found(finding),
                    Err(error) => {
                        let _ = send.send(Err(error));
                        return;
                    }
                }
            }
            // Nobody waits when the drill was interrupted.
            let _ = send.send(Ok(()));
        });
        receive
    });
    for done in join_all(lanes).await {
        done.context("a row of the drill panicked")??;
    }
    Ok(())
}

/// One row on a relay of its own.
///
/// # Errors
/// [`NotStarted`]: there is no relay, so no row can tell anything.
async fn on_its_own(row: &'static Row, size: Size) -> anyhow::Result<Found> {
    let done = match row.work {
        Work::Skip(reason) => Err(NotHere(reason.to_owned()).into()),
        _ => match Bench::own(size, row.settings, row.prepare).await {
            Ok(bench) => course::run(row, &bench).await,
            Err(error) => Err(error),
        },
    };
    match done {
        Err(error) if error.is::<NotStarted>() => {
            Err(error.context(format!("row {} {}: nothing can be told", row.id, row.name)))
        }
        done => Ok(found(row, done)),
    }
}

/// A row that cannot be run here is skipped; one that fails otherwise is not as it must be.
fn found(row: &Row, done: anyhow::Result<Found>) -> Found {
    done.unwrap_or_else(|error| match error.downcast_ref::<NotHere>() {
        Some(NotHere(reason)) => Found::skipped(row.id, row.name, reason.clone()),
        None => Found::failed(row.id, row.name, &format!("{error:#}")),
    })
}

/// Runs rows on one relay, one after the other.
pub(crate) async fn other(
    rows: &[&'static Row],
    size: Size,
    other: Other,
    board: &Board,
) -> anyhow::Result<()> {
    let mut bench = Bench::other(size, other.target, other.upstream, other.pid);
    bench.introduce().await?;
    if bench.narrow().await {
        board.say("the target does not answer /v1/messages: it is asked in OpenAI's dialect only");
    }
    for row in rows {
        board.begin(row);
        let done = match row.work {
            Work::Skip(reason) => Err(NotHere(reason.to_owned()).into()),
            Work::Own(_) => {
                Err(NotHere("needs a relay that the drill itself starts and configures".to_owned()).into())
            }
            _ => course::run(row, &bench).await,
        };
        board.found(found(row, done));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_here_is_skipped_and_what_fails_is_wrong() {
        let row = &Row::new(1, "first", Work::Skip(""));
        let skipped = found(row, Err(NotHere("no clock to shift".to_owned()).into()));
        assert_eq!((skipped.grade, skipped.explanation().as_str()), (Grade::Skipped, "no clock to shift"));
        let failed = found(row, Err(anyhow::anyhow!("refused").context("cannot start the relay")));
        assert_eq!(failed.grade, Grade::Failed(Kind::Wrong));
        assert!(failed.explanation().contains("cannot start the relay: refused"), "{}", failed.explanation());
    }
}
