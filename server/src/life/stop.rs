//! Stopping: readiness off, no new connections, a deadline for what is under way, then the rest is told and cut.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use vitals::EndReason;

use crate::ledger::Phase;
use crate::state::relay::Relay;

/// Between "not ready" and "not listening": load balancers get a moment to look away.
const NOTICE: Duration = Duration::from_millis(200);
/// For the last words of what is cut.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

/// The signals that stop the relay.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// # Errors
    /// The system's, when it cannot watch for signals.
    pub(crate) fn watch() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// The next request to stop.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Stops the relay after the first signal. Returns how many requests had to be aborted.
pub(crate) async fn stop(relay: &Arc<Relay>, signals: &mut Signals) -> u64 {
    let drain = relay.snapshot().live.shutdown.drain;
    relay.drain();
    let in_flight = live(relay);
    tracing::info!(in_flight, drain = %vitals::units::format_duration(drain), "stopping: no new connections, finishing what is under way");
    sleep(NOTICE).await;
    for worker in relay.workers() {
        worker.scope.cancel();
    }
    let deadline = Instant::now().checked_add(drain).unwrap_or_else(Instant::now);
    let drained = tokio::select! {
        drained = timeout_at(deadline, idle(relay)) => drained.is_ok(),
        () = signals.next() => {
            tracing::warn!("stopping at once");
            false
        }
    };
    if drained {
        return 0;
    }
    let left = live(relay);
    relay.abort();
    for worker in relay.workers() {
        worker.links.all().iter().for_each(|link| link.stop());
        let drained = worker.ledger.entries().into_iter().filter(|entry| entry.phase() == Phase::Draining);
        drained.for_each(|entry| entry.revoke(EndReason::Shutdown));
    }
    let _ = timeout_at(Instant::now() + LAST_WORDS, idle(relay)).await;
    if left > 0 {
        tracing::warn!(aborted = left, "stopped with requests aborted");
    }
    left
}

fn live(relay: &Relay) -> u64 {
    relay.workers().iter().map(|worker| worker.ledger.len() as u64).sum()
}

/// Until no client is connected and no exchange is live.
async fn idle(relay: &Relay) {
    while relay.workers().iter().any(|worker| worker.connections() > 0 || worker.ledger.len() > 0) {
        sleep(Duration::from_millis(10)).await;
    }
}
