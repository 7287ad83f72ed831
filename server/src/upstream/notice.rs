//! Idle connections that something has come to. None has a task of its own: whatever comes is noted here, and whoever
//! keeps them looks.

use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::sync::{Arc, Mutex, Weak};
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
    /// Not held: one that has knocked is on its list.
    notices: Weak<Notices>,
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
        let (notices, destination) = (Arc::downgrade(notices), Arc::clone(destination));
        Arc::new(Self { destination, notices, noted: AtomicBool::new(false) })
    }

    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        Arc::clone(self).into()
    }
}

impl Wake for Knock {
    fn wake(self: Arc<Self>) {
        // Once on the list, it is looked at.
        if let Some(notices) = self.notices.upgrade()
            && !self.noted.swap(true, AcqRel)
        {
            lock(&notices.knocks).push(self);
            notices.waker.wake();
        }
    }
}
