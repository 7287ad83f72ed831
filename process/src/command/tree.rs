//! The processes of a command, and their end.

use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::LOOK;
use crate::fence::{Fence, began, is_group_there};

/// How long they have to end by themselves.
const POLITE: Duration = Duration::from_secs(3);

/// How long the system may take to end them.
const SURE: Duration = Duration::from_secs(5);

/// The same where nobody waits.
const AT_ONCE: Duration = Duration::from_millis(100);

/// The commands that run and are to end with this process.
static LIVING: Mutex<Vec<Named>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<Named>> {
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of them.
pub(super) struct Living(Named);

impl Living {
    pub(super) fn new(named: Named) -> Self {
        all().push(named);
        Self(named)
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        all().retain(|named| *named != self.0);
    }
}

/// Ends every command that still runs, at once: for a process that leaves without waiting for them.
pub fn end_all() {
    std::mem::take(&mut *all()).into_iter().for_each(|named| named.fence().kill(AT_ONCE));
}

/// A process that may outlive this one. A number that was given anew is another process, where the system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its number; on Unix also that of its group.
    pub root: u32,
    /// When it began, in the system's own units.
    pub began: Option<u64>,
}

impl Named {
    pub(super) fn of(root: u32) -> Self {
        Self { root, began: began(root) }
    }

    fn fence(self) -> Fence {
        Fence::around(self.root, self.began)
    }
}

/// Tells whether it still runs, or anybody of its group: while there are any, nobody else gets the number.
#[must_use]
pub fn is_there(named: Named) -> bool {
    match (began(named.root).filter(|_| is_alive(named.root)), named.began) {
        (Some(now), Some(then)) => now == then,
        (Some(_), None) => true,
        (None, _) => is_group_there(named.root),
    }
}

/// Ends it with all that it has started, first politely; nothing where it is gone.
pub fn end(named: Named) {
    let fence = named.fence();
    if is_there(named) || !fence.is_empty() {
        fence.end(POLITE, SURE, || !is_there(named));
    }
}

/// Ends a child with all that it has started, first politely.
pub(super) fn stop_tree(child: &mut Child, named: Named) {
    let fence = named.fence();
    fence.end(POLITE, SURE, || !matches!(child.try_wait(), Ok(None)));
    // It may have ended by itself.
    let _ = child.kill();
    let begun = Instant::now();
    while matches!(child.try_wait(), Ok(None)) && begun.elapsed() < SURE {
        sleep(LOOK);
    }
}

/// One that has ended and was not waited for is not there.
#[cfg(target_os = "linux")]
fn is_alive(root: u32) -> bool {
    crate::is_alive(root)
}

/// Whoever tells when it began tells that, too.
#[cfg(not(target_os = "linux"))]
fn is_alive(_: u32) -> bool {
    true
}
