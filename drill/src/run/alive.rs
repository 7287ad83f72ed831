//! Whether a target lives: its process, and what it does with good requests.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::amiss::Amiss;
use super::bench::Bench;
use super::case::Expect;
use super::death::{Death, How};
use super::starter::Starter;
use crate::client::Client;

/// How long good requests must fail, one after the other, until a target whose process lives is dead.
const GRACE: Duration = Duration::from_secs(15);
/// How long nobody may listen until a target is dead.
const NOBODY: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(250);

impl Bench {
    /// Tells whether the target's process is known to have ended, or nobody listens. Quick: for between two rounds.
    pub(super) async fn is_gone(&self) -> bool {
        self.ended_process().is_some() || Client::connect(&self.target).await.is_err()
    }

    /// Whether the target is dead: asks a good request, and where it fails another one, until one is answered or it is
    /// clear that none will be. `Ok` says whether the first one was answered, or how it failed.
    pub(super) async fn death(&self) -> Result<Option<Amiss>, Death> {
        let (begun, mut first) = (Instant::now(), None);
        loop {
            if let Some(death) = self.ended_process() {
                return Err(death);
            }
            let connected = Client::connect(&self.target).await.map(drop);
            let how = match connected {
                Err(error) if begun.elapsed() > NOBODY => {
                    return Err(self.last_seen(How::Nobody(error.to_string())));
                }
                Err(_) => None,
                Ok(()) => {
                    let patience = self.grace();
                    let seen = self.ask_good(patience).await;
                    let Some(amiss) = Expect::Good.judge(&seen, self.strict()) else { return Ok(first) };
                    Some(amiss)
                }
            };
            if let Some(amiss) = how {
                if begun.elapsed() > GRACE {
                    return Err(self.last_seen(How::Fails(amiss)));
                }
                first = first.or(Some(amiss));
            }
            sleep(PAUSE).await;
        }
    }

    /// How long a good request is waited for. Where others have hung in this row, the whole patience was waited for in vain
    /// before: longer than this is dead then, unless good ones have taken longer. After a fault a relay may be busy with it.
    fn grace(&self) -> Duration {
        let whole = self.size.patience;
        if self.known().good_hung() { GRACE.max(self.speed().good * 2).min(whole) } else { whole }
    }

    /// A death with what was last read.
    pub(super) fn last_seen(&self, how: How) -> Death {
        Death { memory: self.gauge.last_resident(), ..Death::of(how) }
    }

    /// How the target's process ended, where it is known to have.
    pub(super) fn ended_process(&self) -> Option<Death> {
        if let Some(death) = self.starter.as_ref().and_then(Starter::ended) {
            return Some(death);
        }
        if let Some((status, output)) = self.own_end() {
            return Some(Death { output: Some(output), ..self.last_seen(How::Ended(Some(status))) });
        }
        let gone = self.gauge.pid().is_some_and(|pid| !crate::system::is_alive(pid));
        gone.then(|| self.last_seen(How::Ended(None)))
    }
}
