//! One request from its first byte to its last: the value that owns everything the request holds. It moves into the
//! response's body; dropping it gives everything back and writes the one record.

pub(crate) mod answer;
pub(crate) mod ask;
mod begin;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod deadline;
pub(crate) mod drain;
mod failed;
pub(crate) mod failover;
pub(crate) mod fallback;
mod feeding;
pub(crate) mod headers;
mod known;
mod media;
pub(crate) mod models;
mod nature;
mod send;
pub(crate) mod signature;
mod signed;
pub(crate) mod stream;
#[cfg(test)]
mod tests;
mod whole;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use vitals::EndReason;

use crate::access::gates::{Permit, Reservation};
use crate::ledger::account::{self, Record};
use crate::ledger::{Entry, Phase};
use crate::link::{Link, Parked};
use crate::reply::refusal::Refusal;
use crate::state::relay::Relay;
use crate::state::snapshot::Snapshot;
use crate::state::worker::Worker;
use crate::upstream::feed::Feed;

/// Everything that a request holds.
pub(crate) struct Exchange {
    pub(crate) relay: Arc<Relay>,
    pub(crate) worker: Arc<Worker>,
    /// The configuration that it began with.
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) entry: Arc<Entry>,
    pub(crate) record: Record,
    pub(crate) permits: Vec<Permit>,
    /// What is held of the request while it comes, and of the answer after that.
    pub(crate) reservation: Reservation,
    /// What is still to come of the request's body, where that goes up as it comes.
    pub(crate) upload: Option<Feed>,
    /// Who gives the names in its answer, where a caller may go on with them.
    giver: Option<Box<known::Giver>>,
    key: usize,
}

impl Exchange {
    /// Enters a request into the ledger.
    pub(crate) fn begin(
        relay: &Arc<Relay>,
        worker: &Arc<Worker>,
        link: &Link,
        id: String,
        record: Record,
    ) -> Box<Self> {
        let entry = Arc::new(Entry::new(id));
        let key = worker.ledger.insert(Arc::clone(&entry));
        worker.counters.requests.add(1);
        link.carries(&entry);
        Box::new(Self {
            snapshot: relay.snapshot(),
            reservation: relay.budget.reservation(),
            relay: Arc::clone(relay),
            worker: Arc::clone(worker),
            entry,
            record,
            permits: Vec::new(),
            upload: None,
            giver: None,
            key,
        })
    }

    /// Why the byte budget has no room for this much of a request: there never will be, or there is none now.
    pub(crate) fn no_room(&self, wanted: usize) -> Refusal {
        let budget = self.relay.budget.limit();
        if wanted > budget {
            return Refusal::beyond_budget(budget);
        }
        Refusal::shed("too many bytes of request bodies at once")
    }

    /// The answer is committed to and comes piece by piece.
    pub(crate) fn begins_to_stream(&mut self) {
        self.entry.set_phase(Phase::Streaming);
        self.worker.streams.fetch_add(1, Relaxed);
    }

    /// The answer does not go to a client any more.
    fn stops_streaming(&mut self, then: Phase) {
        if self.entry.phase() == Phase::Streaming {
            self.entry.set_phase(then);
            self.worker.streams.fetch_sub(1, Relaxed);
        }
    }
}

impl Parked for Exchange {
    fn delivered(self: Box<Self>) {
        self.entry.end(EndReason::Done);
    }

    fn undelivered(&self, reason: EndReason) {
        self.entry.end(reason);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let reason = self.entry.ended().unwrap_or_else(|| {
            if std::thread::panicking() {
                self.record.error = crate::log::panicked();
                EndReason::Panic
            } else if self.relay.is_aborting() {
                EndReason::Shutdown
            } else {
                // Nobody else drops an exchange that has not ended.
                EndReason::ClientGone
            }
        });
        if self.entry.phase() == Phase::Streaming {
            self.worker.streams.fetch_sub(1, Relaxed);
            let upstreams_fault = matches!(
                reason,
                EndReason::UpstreamError | EndReason::UpstreamTruncated | EndReason::IdleTimeout
            );
            if let Some(channel) = self.entry.channel().filter(|_| upstreams_fault) {
                channel.broke_off();
            }
        }
        if let Some(feed) = &self.upload {
            let (came, wants_stream) = feed.came();
            self.record.bytes_in += came;
            self.record.stream |= wants_stream;
        }
        self.entry.revoke(reason);
        self.worker.ledger.remove(self.key);
        account::settle(&self.worker.counters, &self.entry, &self.record, reason);
    }
}
