//! The terms that all links of a worker share: the wheel that looks at them, and the deadlines of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::wheel::Wheel;
use crate::clock::millis;
use crate::config::{Fixed, OnDisconnect};

/// The deadlines of connections, in milliseconds, and the wheel that keeps them.
pub(crate) struct Terms {
    pub(super) wheel: Wheel,
    pub(super) tls: u64,
    pub(super) request_header: u64,
    pub(super) client_idle: u64,
    pub(super) client_write: u64,
    /// A stream whose client has left is read on.
    pub(super) drains: bool,
    serials: AtomicU64,
}

impl Terms {
    pub(crate) fn new(fixed: &Fixed) -> Arc<Self> {
        Arc::new(Self {
            wheel: Wheel::new(),
            tls: millis(fixed.tls),
            request_header: millis(fixed.request_header),
            client_idle: millis(fixed.client_idle),
            client_write: millis(fixed.client_write),
            drains: matches!(fixed.on_disconnect, OnDisconnect::Drain { .. }),
            serials: AtomicU64::new(0),
        })
    }

    /// Tells a link from one that had its place in the table before.
    pub(super) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Relaxed)
    }
}
