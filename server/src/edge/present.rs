//! A connection's place among its worker's links; leaving is part of ending, however it ends.

use std::sync::Arc;

use crate::access::gates::Permit;
use crate::link::Link;
use crate::state::relay::Relay;
use crate::state::worker::Worker;

/// Held as long as the connection is served.
pub(super) struct Present {
    relay: Arc<Relay>,
    worker: Arc<Worker>,
    link: Arc<Link>,
    _place: Option<Permit>,
}

impl Present {
    pub(super) fn new(
        relay: &Arc<Relay>,
        worker: &Arc<Worker>,
        link: &Arc<Link>,
        place: Option<Permit>,
    ) -> Self {
        let (relay, worker, link) = (Arc::clone(relay), Arc::clone(worker), Arc::clone(link));
        Self { relay, worker, link, _place: place }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.worker.links.leave(&self.link);
        if let Some(reserve) = self.relay.reserve(self.link.door) {
            reserve.leave(&self.link);
        }
    }
}
