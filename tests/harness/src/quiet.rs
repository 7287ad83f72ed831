//! The leak assertions, from outside: what was there before must be what is there after.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use crate::{Health, Relay, Upstream, fail, until};

/// How long a relay has to come back to its baseline.
const SETTLE: Duration = Duration::from_secs(5);

/// Everything that a relay and its upstream hold while nobody asks. Idle pooled connections are not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    tasks: u64,
    descriptors: u64,
    upstream_requests: u64,
    upstream_connections: u64,
    permits: u64,
    overdue: u64,
}

impl Held {
    fn read(relay: &Relay, upstream: &Upstream) -> Self {
        // Held until the descriptors are counted, so that this connection is always counted, and once.
        let mut client = relay.connect();
        let health = Health::over(&mut client);
        let descriptors = relay.child.descriptors().unwrap_or(0);
        drop(client);
        let idle = health.relay("upstream_idle");
        let state = upstream.state();
        Self {
            tasks: health.tasks().saturating_sub(health.idle_tasks()),
            descriptors: descriptors.saturating_sub(idle),
            upstream_requests: state.open_requests(),
            upstream_connections: state.open_connections().saturating_sub(idle),
            permits: health.relay("in_flight"),
            overdue: health.relay("overdue"),
        }
    }

    fn names(&self) -> [(&'static str, u64); 6] {
        [
            ("tasks", self.tasks),
            ("descriptors", self.descriptors),
            ("upstream requests", self.upstream_requests),
            ("upstream connections", self.upstream_connections),
            ("permits", self.permits),
            ("overdue exchanges", self.overdue),
        ]
    }
}

/// Everything that a relay did not give back: name, before, after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left(pub Vec<(&'static str, u64, u64)>);

impl Left {
    /// Tells whether something of this name was left.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(left, _, _)| *left == name)
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self
            .0
            .iter()
            .map(|(name, before, after)| format!("{name}: {before} before, {after} after"))
            .collect();
        f.write_str(&lines.join("; "))
    }
}

/// A relay as it was before the faults.
pub struct Baseline<'a> {
    relay: &'a Relay,
    upstream: &'a Upstream,
    held: Held,
    ended: BTreeMap<String, u64>,
    pid: u32,
    start_time: u64,
}

impl<'a> Baseline<'a> {
    /// Warms the relay up, waits until nothing is in flight, and reads the baseline. Drop clients that hold
    /// connections before this and before every assertion.
    #[must_use]
    pub fn take(relay: &'a Relay, upstream: &'a Upstream) -> Self {
        relay.warm_up();
        // Things that a connection of the warm-up still holds must not become a part of the baseline.
        let (mut last, mut same) = (None, 0);
        let held = until(SETTLE * 2, || {
            let held = Held::read(relay, upstream);
            same = if last.replace(held.clone()).as_ref() == Some(&held) { same + 1 } else { 0 };
            let quiet = held.permits == 0 && held.upstream_requests == 0 && held.upstream_connections == 0;
            if same >= 3 && quiet {
                Ok(held)
            } else {
                Err(format!("no baseline after the warm-up: {held:?}"))
            }
        });
        let health = relay.health();
        Self {
            relay,
            upstream,
            held,
            ended: health.ended(),
            pid: relay.child.pid(),
            start_time: health.start_time(),
        }
    }

    fn left(&self) -> Left {
        let now = Held::read(self.relay, self.upstream);
        let pairs = self.held.names().into_iter().zip(now.names());
        Left(pairs.filter(|(was, is)| is.1 > was.1).map(|((name, was), (_, is))| (name, was, is)).collect())
    }

    /// Polls until the relay is back at the baseline, at most `within`.
    ///
    /// # Errors
    /// Something was left: says what.
    pub fn quiet(&self, within: Duration) -> Result<(), Left> {
        let start = Instant::now();
        loop {
            match self.left() {
                Left(left) if left.is_empty() => return Ok(()),
                left if start.elapsed() > within => return Err(left),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Requests that ended since the baseline, by reason; reasons without one are left out.
    #[must_use]
    pub fn ended(&self) -> BTreeMap<String, u64> {
        let mut ended = self.relay.health().ended();
        ended.retain(|reason, count| {
            *count -= self.ended.get(reason).copied().unwrap_or(0).min(*count);
            *count > 0
        });
        ended
    }

    /// The relay must be back at the baseline within five seconds, must have counted exactly these end reasons
    /// since, must be the same process, and must serve the next good request.
    pub fn assert_quiet(&self, ended: &[(&str, u64)]) {
        self.assert_quiet_within(SETTLE, ended);
    }

    /// As [`Baseline::assert_quiet`], where each of `count` requests may have ended for any of these reasons.
    pub fn assert_quiet_among(&self, count: u64, reasons: &[&str]) {
        // A record is written when the body is dropped, which may be after the client has read its last byte.
        let ended = until(SETTLE, || match self.ended() {
            ended if ended.values().sum::<u64>() == count => Ok(ended),
            ended => Err(format!("{count} requests ended as {ended:?}")),
        });
        if let Some(other) = ended.keys().find(|reason| !reasons.contains(&reason.as_str())) {
            fail("a request ended for another reason", format!("{other}: {ended:?}"));
        }
        let ended: Vec<_> = ended.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
        self.assert_quiet(&ended);
    }

    /// As [`Baseline::assert_quiet`] with a bound of its own.
    pub fn assert_quiet_within(&self, within: Duration, ended: &[(&str, u64)]) {
        if let Err(left) = self.quiet(within) {
            let descriptors = self.relay.child.describe_descriptors();
            let health = self.relay.health().0;
            fail(&format!("leaked: {left}"), format!("{health}\n{descriptors}"));
        }
        let wanted: BTreeMap<String, u64> =
            ended.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect();
        until(within, || match self.ended() {
            counted if counted == wanted => Ok(()),
            counted => Err(format!("requests ended as {counted:?}, not as {wanted:?}")),
        });
        if self.relay.child.pid() != self.pid || self.relay.health().start_time() != self.start_time {
            fail("another process answers", self.relay.health().0);
        }
        self.relay.assert_serves();
    }
}
