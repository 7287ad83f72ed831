//! After the work: waiting until nothing moves any more, and what a relay still holds, counts and answers then.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::bench::Bench;
use super::death::{Death, How};
use super::grade::Kind;
use super::starter::{self, Starter};
use super::tally::Tally;
use crate::gauge::{Ended, Expected, Held};
use crate::relay::config;
use crate::upstream::Snapshot;

/// How long is waited for what was waited for in vain before.
const GLANCE: Duration = Duration::from_millis(500);
/// So many readings alike, 50 ms apart, are all that is to be had of a relay that still holds requests of an earlier row.
const STUCK: u32 = 20;
/// How long a relay may take to count an end that its client has seen, and to close what is beyond its deadline.
const ENDED: Duration = Duration::from_secs(5);

impl Bench {
    /// Waits until the upstream has seen what is wanted; `Err` is what it saw instead.
    pub(crate) async fn wait(
        &self,
        within: Duration,
        reached: impl Fn(&Snapshot) -> bool,
    ) -> Result<Snapshot, Snapshot> {
        // What was waited for in vain once in a row is not waited for again.
        let whole = within >= self.size.patience;
        let within = if whole && self.in_vain.load(Relaxed) { GLANCE } else { within };
        let begun = Instant::now();
        loop {
            let seen = self.upstream.seen();
            if reached(&seen) {
                return Ok(seen);
            }
            if begun.elapsed() > within {
                self.in_vain.fetch_or(whole, Relaxed);
                return Err(seen);
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nothing moves any more, and reads what is held then.
    pub(crate) async fn settled(&self, within: Duration) -> Held {
        let begun = Instant::now();
        let (mut last, mut same) = (self.gauge.read().await, 0);
        while same < STUCK && begun.elapsed() < within {
            sleep(Duration::from_millis(50)).await;
            let held = self.gauge.read().await;
            let still = held.left(&last).is_empty() && last.left(&held).is_empty();
            let quiet = held.permits.unwrap_or(0) == 0 && held.upstream_requests == 0;
            same = if still { same + 1 } else { 0 };
            last = held;
            if quiet && same >= 3 {
                break;
            }
        }
        last
    }

    /// Polls until nothing is left but what is expected: what is held then and how long it took, or what is still held.
    pub(crate) async fn quiet(
        &self,
        before: &Held,
        expected: &Expected,
        within: Duration,
    ) -> (Held, Option<f64>) {
        let begun = Instant::now();
        loop {
            let held = self.gauge.read().await;
            if held.beyond(before, expected).is_empty() {
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
        self.target.ledger.posted()
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

    /// The complaint that a good request does not work, that another process answers, or that nobody does: then how
    /// it died.
    pub(crate) async fn lives_on(&self, before: &Held, after: &Held, tally: &mut Tally) -> Option<Death> {
        self.warm.store(false, Relaxed);
        let restarted = before.start_time.zip(after.start_time).is_some_and(|(was, is)| was != is);
        let death = match self.death().await {
            Err(death) => death,
            Ok(_) if restarted => self.last_seen(How::Restarted),
            Ok(Some(amiss)) => {
                tally.complain(Kind::Wrong, format!("a good request failed: {amiss}"));
                return None;
            }
            Ok(None) => {
                self.warm.store(true, Relaxed);
                return None;
            }
        };
        self.tell_death(&death, tally);
        Some(death)
    }

    /// The complaint that the target is dead.
    pub(super) fn tell_death(&self, death: &Death, tally: &mut Tally) {
        tally.complain(Kind::Dead, death.to_string());
        if matches!(death.how, How::Fails(_)) {
            tally.note("its process lives, as far as can be told: it is dead to its clients");
        }
        if self.starter.is_some() && death.how.is_success() {
            tally.note(starter::FOREGROUND);
        }
        if matches!(death.how, How::Guarded | How::AtLimit(_)) {
            let limit = self.starter.as_ref().and_then(Starter::limit).unwrap_or_default();
            tally.note(format!(
                "what the drill starts may have {limit} of memory, and leaves the machine a tenth"
            ));
        }
    }
}
