//! Stopping: readiness off, no new requests, a deadline for what is under way, then the rest is told and cut. Until
//! then the relay listens: who asks how it fares is told that it drains, and who wants more is told to go elsewhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use vitals::EndReason;

use crate::clock::deadline::{self, Moment};
use crate::ledger::Phase;
use crate::state::relay::Relay;

/// How long "draining" is said at the least: whoever looks may be between two looks.
const NOTICE: Duration = Duration::from_millis(200);
/// Between two looks at whether it is over.
const LOOK: Duration = Duration::from_millis(10);
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
    let in_flight = unfinished(relay);
    tracing::info!(in_flight, drain = %vitals::units::format_duration(drain), "stopping: no new requests, finishing what is under way");
    sleep(NOTICE).await;
    let deadline = Moment::now() + drain;
    let drained = until(deadline, signals, finished(relay)).await;
    // Only now nothing listens any more: who asked in the meantime was told.
    for worker in relay.workers() {
        worker.scope.cancel();
    }
    if drained && until(deadline, signals, idle(relay)).await {
        return 0;
    }
    abort(relay).await
}

/// Ends what is left, and gives it a moment for its last words. Returns how many requests that were.
async fn abort(relay: &Relay) -> u64 {
    let left = unfinished(relay);
    relay.abort();
    for worker in relay.workers() {
        worker.links.all().iter().for_each(|link| link.stop());
        let drained = worker.ledger.entries().into_iter().filter(|entry| entry.phase() == Phase::Draining);
        drained.for_each(|entry| entry.revoke(EndReason::Shutdown));
    }
    let _ = deadline::until(Moment::now() + LAST_WORDS, idle(relay)).await;
    if left > 0 {
        tracing::warn!(aborted = left, "stopped with requests aborted");
    }
    left
}

/// Waits until it is reached. `false`: the deadline or another signal came first.
async fn until(deadline: Moment, signals: &mut Signals, reached: impl Future<Output = ()>) -> bool {
    tokio::select! {
        reached = deadline::until(deadline, reached) => reached.is_some(),
        () = signals.next() => {
            tracing::warn!("stopping at once");
            false
        }
    }
}

/// Live requests, but for those that came after the signal and are being told so.
fn unfinished(relay: &Relay) -> u64 {
    let entries = relay.workers().iter().flat_map(|worker| worker.ledger.entries());
    entries.filter(|entry| entry.phase() != Phase::Refused).count() as u64
}

/// Until no request is under way. Those that are being refused do not count: there may always be one.
async fn finished(relay: &Relay) {
    // A look at each costs something where there are many; places that are taken do not ask for it.
    while relay.in_flight.used() > 0 || unfinished(relay) > 0 {
        sleep(LOOK).await;
    }
}

/// Until no client is connected and no exchange is live.
async fn idle(relay: &Relay) {
    while relay.workers().iter().any(|worker| worker.connections() > 0 || worker.ledger.len() > 0) {
        sleep(LOOK).await;
    }
}
