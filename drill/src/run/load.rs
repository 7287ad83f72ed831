//! The load generator: a closed loop, in which so many clients ask again and again, or an open one, in which requests
//! start when they are due, whether or not the ones before have been answered.
//!
//! Latency is measured from the moment at which a request was due. In an open loop a relay that stalls for a second
//! is therefore late for every request of that second, and not only for the few that were waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep_until};

use super::tally::Tally;

/// Requests that an open loop has under way at most: beyond, they start late, and are late.
const MOST: usize = 5000;

/// When requests start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// When one of so many is over.
    Closed(usize),
    /// So many every second.
    Open(f64),
}

impl Pace {
    fn at_once(self, times: usize) -> usize {
        match self {
            Self::Closed(at_once) => at_once.max(1),
            Self::Open(_) => times.clamp(1, MOST),
        }
    }
}

/// Does `work` for every number below `times`, and adds up what came. `work` is told when it was due. Once something has
/// hung, nothing more is begun: that is the verdict, and a hundred others would wait as long.
pub(crate) async fn run<F: Future<Output = Tally>>(
    times: usize,
    pace: Pace,
    work: impl Fn(usize, Instant) -> F,
) -> Tally {
    let (hung, left_out, work) = (AtomicBool::new(false), AtomicUsize::new(0), &work);
    let (seen, skipped) = (&hung, &left_out);
    let mut sum = run_all(times, pace, |i, due| async move {
        if seen.load(Relaxed) {
            skipped.fetch_add(1, Relaxed);
            return Tally::default();
        }
        let tally = work(i, due).await;
        seen.fetch_or(tally.has_hung(), Relaxed);
        tally
    })
    .await;
    sum.leave_out(left_out.into_inner(), times);
    sum
}

/// Does `work` for every number below `times`, whatever comes.
pub(super) async fn run_all<F: Future<Output = Tally>>(
    times: usize,
    pace: Pace,
    work: impl Fn(usize, Instant) -> F,
) -> Tally {
    let (begun, work) = (Instant::now(), &work);
    let jobs = (0..times).map(|i| async move {
        let due = match pace {
            Pace::Closed(_) => Instant::now(),
            Pace::Open(rate) => {
                let due = begun + Duration::from_secs_f64(count(i) / rate);
                sleep_until(due).await;
                due
            }
        };
        work(i, due).await
    });
    let mut tallies = stream::iter(jobs).buffer_unordered(pace.at_once(times));
    let mut sum = Tally::default();
    while let Some(tally) = tallies.next().await {
        sum.add(tally);
    }
    sum
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(i: usize) -> f64 {
    i as f64
}

/// Half, 95 and 99 of 100 requests stayed below these, and the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Percentiles {
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Percentiles {
    /// By nearest rank, so that each is a latency that occurred. `None` without any.
    pub(crate) fn of(latencies: &[Duration]) -> Option<Self> {
        let mut sorted = latencies.to_vec();
        sorted.sort_unstable();
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { p50: rank(50)?, p95: rank(95)?, p99: rank(99)?, max: *sorted.last()? })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use tokio::time::sleep;

    use super::*;
    use crate::client::Outcome;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let ms = Duration::from_millis;
        let hundred: Vec<_> = (1..=100).rev().map(ms).collect();
        let wanted = Percentiles { p50: ms(50), p95: ms(95), p99: ms(99), max: ms(100) };
        assert_eq!(Percentiles::of(&hundred), Some(wanted));
        let one = Percentiles { p50: ms(7), p95: ms(7), p99: ms(7), max: ms(7) };
        assert_eq!(Percentiles::of(&[ms(7)]), Some(one));
        let three = Percentiles::of(&[ms(1), ms(2), ms(3)]).map(|p| (p.p50, p.p95));
        assert_eq!(three, Some((ms(2), ms(3))));
        assert_eq!(Percentiles::of(&[]), None);
    }

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn a_closed_loop_has_no_more_under_way_than_it_may() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        block_on(run(40, Pace::Closed(4), |_, _| async {
            most.fetch_max(now.fetch_add(1, Relaxed) + 1, Relaxed);
            sleep(Duration::from_millis(1)).await;
            now.fetch_sub(1, Relaxed);
            Tally::default()
        }));
        assert_eq!(most.load(Relaxed), 4);
    }

    /// 25 at once of 100 that all hang: the others are not begun, and one patience is waited for.
    #[test]
    fn what_hangs_is_waited_for_once() {
        let (patience, begun) = (Duration::from_millis(200), Instant::now());
        let tally = block_on(run(100, Pace::Closed(25), |_, _| async {
            sleep(patience).await;
            let mut tally = Tally::default();
            tally.count(Outcome::Hung);
            tally
        }));
        let took = begun.elapsed();
        assert!(took >= patience, "{took:?}");
        assert!(tally.requests < 50, "{tally:?}");
        // However many parts there are, it is told once.
        let mut whole = tally.clone();
        whole.add(tally);
        whole.tell_left_out();
        assert_eq!(whole.notes, ["what hung once is not asked again: 150 of 200 requests left out"]);
    }

    /// One server that stalls for 200 ms: a closed loop of one would see it once. Here all that were due meanwhile
    /// have waited, and say so.
    #[test]
    fn an_open_loop_does_not_hide_a_stall() {
        let gate = tokio::sync::Mutex::new(());
        let tally = block_on(run(40, Pace::Open(200.0), |i, due| {
            let gate = &gate;
            async move {
                let served = gate.lock().await;
                if i == 10 {
                    sleep(Duration::from_millis(200)).await;
                }
                drop(served);
                let mut tally = Tally::default();
                tally.latencies.push(due.elapsed());
                tally
            }
        }));
        let late = tally.latencies.iter().filter(|latency| **latency > Duration::from_millis(50)).count();
        assert!(late >= 20, "{late} of 40 were late: {:?}", tally.latencies);
    }
}
