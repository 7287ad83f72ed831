//! Stopping: readiness off, no new requests, a deadline for what is under way, then the rest is told and cut. Until
//! then the relay listens: who asks how it fares is told that it drains, and who wants more is told to go elsewhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use vitals::EndReason;

use super::signals::{Limit, Signals};
use crate::clock::deadline::{self, Moment};
use crate::ledger::Phase;
use crate::state::relay::Relay;

/// How long "draining" is said at the least: whoever looks may be between two looks.
const NOTICE: Duration = Duration::from_millis(200);
/// Between two looks at whether it is over.
const LOOK: Duration = Duration::from_millis(10);
/// How long a connection is kept that has nothing to do, in milliseconds: its client may be about to send.
const KEPT: u64 = 2_000;
/// Between two looks at those.
const PAUSE: Duration = Duration::from_millis(100);
/// For the last words of what is cut.
const LAST_WORDS: Duration = Duration::from_millis(1_500);
/// With [`NOTICE`] and [`LAST_WORDS`] less than five seconds.
const BRIEF: Duration = Duration::from_secs(3);

/// Stops the relay after the first signal. Returns how many requests had to be aborted.
pub(crate) async fn stop(relay: &Arc<Relay>, signals: &mut Signals, limit: Limit) -> u64 {
    let drain = within(limit, relay.snapshot().live.shutdown.drain);
    relay.drain();
    let in_flight = unfinished(relay);
    tracing::info!(in_flight, drain = %vitals::units::format_duration(drain), "stopping: no new requests, finishing what is under way");
    sleep(NOTICE).await;
    let deadline = Moment::now() + drain;
    let drained = until(deadline, signals, finished(relay)).await;
    // Only now nothing listens any more: who asked in the meantime was told.
    close(relay);
    if drained && until(deadline, signals, idle(relay)).await {
        return 0;
    }
    abort(relay).await
}

/// Leaves to another process, which accepts at the same address already: what is under way is finished, and so is what
/// still comes on connections that are kept, each of which is told to close. Returns how many requests had to be
/// aborted.
pub(crate) async fn leave(relay: &Arc<Relay>, signals: &mut Signals, limit: Limit) -> u64 {
    let drain = within(limit, relay.snapshot().live.shutdown.drain);
    relay.leave();
    let in_flight = unfinished(relay);
    tracing::info!(in_flight, drain = %vitals::units::format_duration(drain), "leaving: others accept at this address, finishing what is under way");
    let links = || relay.workers().iter().flat_map(|worker| worker.links.all());
    links().for_each(|link| link.ask_to_close());
    let gone = async {
        while !is_idle(relay) {
            links().for_each(|link| link.let_go(KEPT));
            sleep(PAUSE).await;
        }
    };
    let gone = until(Moment::now() + drain, signals, gone).await;
    relay.drain();
    close(relay);
    if gone { 0 } else { abort(relay).await }
}

/// How long to finish what is under way: where the system sets a limit, whoever is cut is still told.
fn within(limit: Limit, drain: Duration) -> Duration {
    match limit {
        Limit::None => drain,
        Limit::Brief => drain.min(BRIEF),
    }
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
        _ = signals.next() => {
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

/// Has every worker accept nobody any more, and its connections end when they can.
fn close(relay: &Relay) {
    relay.workers().iter().for_each(|worker| worker.scope.cancel());
}

/// No client is connected and no exchange is live.
fn is_idle(relay: &Relay) -> bool {
    relay.workers().iter().all(|worker| worker.connections() == 0 && worker.ledger.len() == 0)
}

async fn idle(relay: &Relay) {
    while !is_idle(relay) {
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_over_before_windows_ends_the_process() {
        let [long, short] = [30_000, 500].map(Duration::from_millis);
        assert!(NOTICE + within(Limit::Brief, long) + LAST_WORDS < Duration::from_secs(5));
        assert_eq!((within(Limit::Brief, short), within(Limit::None, long)), (short, long));
    }
}
