//! After the work: waiting until nothing moves any more, and what a relay still holds, counts and answers then.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::bench::Bench;
use super::grade::Kind;
use super::tally::Tally;
use crate::gauge::{Ended, Held};
use crate::relay::config;
use crate::upstream::Snapshot;

/// How long a relay may take to count an end that its client has seen, and to close what is beyond its deadline.
const ENDED: Duration = Duration::from_secs(5);

impl Bench {
    /// Waits until the upstream has seen what is wanted; `Err` is what it saw instead.
    pub(crate) async fn wait(
        &self,
        within: Duration,
        reached: impl Fn(&Snapshot) -> bool,
    ) -> Result<Snapshot, Snapshot> {
        let begun = Instant::now();
        loop {
            let seen = self.upstream.seen();
            if reached(&seen) {
                return Ok(seen);
            }
            if begun.elapsed() > within {
                return Err(seen);
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nothing moves any more, and reads what is held then.
    pub(crate) async fn settled(&self, within: Duration) -> Held {
        let begun = Instant::now();
        let (mut last, mut same) = (self.gauge.read().await, 0);
        while same < 3 && begun.elapsed() < within {
            sleep(Duration::from_millis(50)).await;
            let held = self.gauge.read().await;
            let still = held.left(&last).is_empty() && last.left(&held).is_empty();
            let quiet = held.permits.unwrap_or(0) == 0 && held.upstream_requests == 0;
            same = if still && quiet { same + 1 } else { 0 };
            last = held;
        }
        last
    }

    /// Polls until nothing is left: what is held then and how long it took, or what is still held.
    pub(crate) async fn quiet(&self, before: &Held, within: Duration) -> (Held, Option<f64>) {
        let begun = Instant::now();
        loop {
            let held = self.gauge.read().await;
            if held.left(before).is_empty() {
                return (held, Some(begun.elapsed().as_secs_f64()));
            }
            if begun.elapsed() > within {
                return (held, None);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The number of whole requests that were sent so far.
    pub(crate) fn posted(&self) -> u64 {
        self.target.posted.load(Relaxed)
    }

    /// Asks the relay for the ends of its requests since `before`, when `posted` of them were sent: waits until all
    /// have ended. `None` for another relay, which is not judged by what it says.
    pub(crate) async fn ended(&self, before: &Held, posted: u64) -> Option<Ended> {
        let before = before.ended.filter(|_| self.strict())?;
        let begun = Instant::now();
        loop {
            let now = self.gauge.read().await.ended;
            let ended = now.map(|now| std::array::from_fn(|i| now[i].saturating_sub(before[i])));
            let all = ended.is_some_and(|ended: Ended| ended.iter().sum::<u64>() >= posted);
            if all || begun.elapsed() > ENDED {
                return ended;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Upstream connections that the drill's own relay keeps beyond the deadline of idle ones: what it calls a pool
    /// must empty itself.
    pub(crate) async fn kept(&self) -> u64 {
        let idle = self.plan().ok().and_then(|plan| config::upstream_idle(plan, self.size.full));
        let Some(idle) = idle else { return 0 };
        let begun = Instant::now();
        loop {
            let kept = self.gauge.connections();
            if kept == 0 || begun.elapsed() > idle + ENDED {
                return kept;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The complaint that a good request does not work, or that another process answers.
    pub(crate) async fn lives_on(&self, before: &Held, after: &Held, tally: &mut Tally) {
        if let Some(death) = self.death() {
            tally.complain(Kind::Wrong, death);
            return;
        }
        if let Err(text) = self.serves(&self.target).await {
            tally.complain(Kind::Wrong, text);
        }
        if before.start_time.is_some() && after.start_time.is_some() && before.start_time != after.start_time
        {
            tally.complain(Kind::Wrong, "another process answers: the relay was restarted");
        }
    }
}
