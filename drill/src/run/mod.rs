//! Runs the rows: each on a relay and an upstream of its own, side by side, or one after the other on one target.

mod again;
mod alive;
mod amiss;
mod asking;
mod bench;
mod board;
mod case;
mod course;
mod death;
mod ends;
mod good;
mod grade;
mod greet;
mod growth;
mod known;
mod limit;
mod load;
mod look;
mod order;
mod quiet;
mod rates;
mod ready;
mod reason;
mod row;
mod rule;
mod size;
mod slow;
mod speed;
mod starter;
mod stays;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anyhow::Context;
use futures_util::future::join_all;
use scope::Scope;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub(crate) use bench::Bench;
pub(crate) use board::{Board, Place};
pub(crate) use case::{Case, Expect, both, streamed, whole};
pub(crate) use death::Death;
pub(crate) use grade::{Grade, Kind};
pub(crate) use load::Percentiles;
use reason::NoTime;
pub(crate) use reason::Reason;
pub(crate) use row::{Row, Work};
pub(crate) use size::Size;
pub(crate) use starter::{Order, Starter};
pub(crate) use stays::Stays;
pub(crate) use tally::{Found, Tally};

use crate::client::Target;
use crate::relay::NotStarted;
use crate::stacks::Stacks;
use crate::start::Watch;
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

/// A relay that is not the drill's own.
pub(crate) struct Other {
    pub(crate) target: Target,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) pid: Option<u32>,
    pub(crate) stacks: Stacks,
    /// Starts it, where somebody else has not.
    pub(crate) starter: Option<Starter>,
    pub(crate) watch: Arc<Watch>,
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
                match on_its_own(row, size, &board).await {
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
async fn on_its_own(row: &'static Row, size: Size, board: &Board) -> anyhow::Result<Found> {
    let done = match row.work {
        Work::Skip(reason) => Err(NotHere(reason.to_owned()).into()),
        _ => match Bench::own(size, row.settings, row.prepare).await {
            Ok(bench) => {
                board.counts(row, &bench.target.ledger);
                course::run(row, &bench).await
            }
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
    done.unwrap_or_else(|error| {
        if let Some(NoTime(counts)) = error.downcast_ref() {
            return Found::broken_off(row.id, row.name, Reason::NoTime, counts);
        }
        match error.downcast_ref::<NotHere>() {
            Some(NotHere(reason)) => Found::skipped(row.id, row.name, reason.clone()),
            None => Found::failed(row.id, row.name, &format!("{error:#}")),
        }
    })
}

/// How far a drill of another relay is.
struct Way {
    begun: Instant,
    worked: limit::Worked,
    hung: usize,
    /// It has been said that rows have fewer requests.
    less: bool,
    /// The row in which the target died.
    dead: Option<u8>,
}

/// Runs rows on one relay, one after the other.
pub(crate) async fn other(
    rows: &[&'static Row],
    size: Size,
    other: Other,
    board: &Board,
) -> anyhow::Result<()> {
    let mut bench = Bench::other(size, other);
    let begun = Instant::now();
    if let Some(starter) = &mut bench.starter {
        starter.start().await?;
    }
    bench.introduce().await?;
    if bench.narrow().await {
        board.say("the target does not answer /v1/messages: it is asked in OpenAI's dialect only");
    }
    let rows = &order::order(rows, &bench)[..];
    let mut way = Way { begun, worked: limit::Worked::default(), hung: 0, less: false, dead: None };
    for (n, row) in rows.iter().enumerate() {
        board.begin(row);
        board.counts(row, &bench.target.ledger);
        let found = match share(&bench, size, &rows[n..], &way) {
            Some(share) => one(&mut bench, row, size, share, &mut way).await,
            None => Found::skipped(row.id, row.name, Reason::NoTime),
        };
        // What good requests leave is told in their row, wherever it was seen.
        let late = found.slow.iter().filter_map(slow::Slow::leak).collect::<Vec<_>>();
        board.found(found);
        board.add_leaks(late);
        board.had_free(bench.least_free());
    }
    Ok(())
}

/// What the first of these rows is given: no limit where somebody has said how long to wait; nothing where there is no time
/// left for it.
#[expect(clippy::option_option, reason = "no limit is not no time")]
fn share(bench: &Bench, size: Size, rows: &[&'static Row], way: &Way) -> Option<Option<limit::Share>> {
    if !size.hurried || !rows[0].is_for_any() {
        return Some(None);
    }
    let clock = limit::Clock {
        elapsed: way.begun.elapsed(),
        rows: rows.iter().filter(|row| row.is_for_any()).count(),
        hung: way.hung,
        mean: way.worked.mean(),
        good: bench.good_waits(),
        waits: u32::try_from(rows[0].waits(bench.paths.len(), size.at_once)).unwrap_or(u32::MAX),
    };
    limit::share(size, clock, bench.speed()).map(Some)
}

/// One row on a relay that other rows are run on, too. `asked` is what the user wants.
async fn one(
    bench: &mut Bench,
    row: &'static Row,
    asked: Size,
    share: Option<limit::Share>,
    way: &mut Way,
) -> Found {
    bench.begin(share);
    let (begun, end) = (Instant::now(), way.begun + limit::WHOLE);
    let work = async {
        match row.work {
            Work::Skip(reason) => Err(NotHere(reason.to_owned()).into()),
            Work::Own(_) => {
                Err(NotHere("needs a relay that the drill itself starts and configures".to_owned()).into())
            }
            _ => {
                bench.ready(&mut way.dead).await?;
                course::run(row, bench).await
            }
        }
    };
    let done = match share {
        Some(_) => tokio::time::timeout_at(end, work).await,
        None => Ok(work.await),
    };
    let took_s = begun.elapsed().as_secs_f64();
    let Ok(done) = done else {
        let counts = bench.target.ledger.of_row();
        return Found { took_s, ..Found::broken_off(row.id, row.name, Reason::NoTime, &counts) };
    };
    let mut found = found(row, done);
    if found.is_for_lack_of_time() {
        found.took_s = took_s;
    }
    bench.say_who_waited_less(asked, way.hung, row, &mut found);
    if bench.size.requests < asked.requests && found.grade != Grade::Skipped && !way.less {
        way.less = true;
        found.tally.note(format!(
            "this relay is slow, and ten minutes are for all rows: from here on a row has fewer requests than {}, here {}",
            asked.requests, bench.size.requests
        ));
    }
    let hung = bench.has_hung(&found.tally);
    way.hung += usize::from(hung);
    if !hung && found.grade != Grade::Skipped && !matches!(row.work, Work::Good) {
        way.worked.add(begun.elapsed());
    }
    way.dead = way.dead.or(found.death.as_ref().filter(|death| !death.is_over()).map(|_| row.id));
    bench.rates.learn(&found.rates);
    found.slow.iter().for_each(|slow| slow.teach(&mut bench.rates));
    found
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
