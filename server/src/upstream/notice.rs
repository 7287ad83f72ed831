//! Idle connections that something has come to. None has a task of its own: whatever comes is noted here, and whoever
//! keeps them looks.

use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use futures_util::task::AtomicWaker;

use super::connect::Destination;
use crate::clock::lock;

/// Connections that are to be looked at.
#[derive(Default)]
pub(super) struct Notices {
    knocks: Mutex<Vec<Arc<Knock>>>,
    waker: AtomicWaker,
}

/// One connection's way to be looked at.
pub(super) struct Knock {
    pub(super) destination: Arc<Destination>,
    notices: Arc<Notices>,
    /// It is on the list.
    noted: AtomicBool,
}

impl Notices {
    /// Those that have knocked since the last time; the next one wakes this task.
    pub(super) fn take(&self, cx: &Context<'_>) -> Vec<Arc<Knock>> {
        self.waker.register(cx.waker());
        let knocks = std::mem::take(&mut *lock(&self.knocks));
        knocks.iter().for_each(|knock| knock.noted.store(false, Release));
        knocks
    }
}

impl Knock {
    pub(super) fn new(notices: &Arc<Notices>, destination: &Arc<Destination>) -> Arc<Self> {
        let (notices, destination) = (Arc::clone(notices), Arc::clone(destination));
        Arc::new(Self { destination, notices, noted: AtomicBool::new(false) })
    }

    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        Arc::clone(self).into()
    }
}

impl Wake for Knock {
    fn wake(self: Arc<Self>) {
        // Once on the list, it is looked at.
        if !self.noted.swap(true, AcqRel) {
            let notices = Arc::clone(&self.notices);
            lock(&notices.knocks).push(self);
            notices.waker.wake();
        }
    }
}
