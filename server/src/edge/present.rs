//! A connection's place among its worker's links; leaving is part of ending, however it ends.

use std::sync::Arc;

use crate::access::gates::Permit;
use crate::link::Link;
use crate::state::worker::Worker;

/// Held as long as the connection is served.
pub(super) struct Present {
    worker: Arc<Worker>,
    link: Arc<Link>,
    _place: Option<Permit>,
}

impl Present {
    pub(super) fn new(worker: &Arc<Worker>, link: &Arc<Link>, place: Option<Permit>) -> Self {
        Self { worker: Arc::clone(worker), link: Arc::clone(link), _place: place }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.worker.links.leave(&self.link);
    }
}
