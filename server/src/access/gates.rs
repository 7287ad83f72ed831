//! What is admitted at once: permits and the byte budget. Nothing waits here; full means an immediate answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;

use crate::clock::now;

/// The least milliseconds between two times that freed memory is given back: it costs system calls.
const BETWEEN: u64 = 5;

pub(crate) struct Gate {
    limit: AtomicUsize,
    used: AtomicUsize,
}

/// A place inside a gate, given back when dropped.
pub(crate) struct Permit(Arc<Gate>);

impl Gate {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: AtomicUsize::new(limit), used: AtomicUsize::new(0) })
    }

    /// Changes the limit. Who is inside stays, also beyond a lower one.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Relaxed);
    }

    /// A place, if there is one.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Permit> {
        let limit = self.limit();
        let entered = self.used.fetch_update(Relaxed, Relaxed, |used| (used < limit).then_some(used + 1));
        entered.is_ok().then(|| Permit(Arc::clone(self)))
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Relaxed)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.used.fetch_sub(1, Relaxed);
    }
}

/// The bytes that everything held together may come to: requests and their copies, answers in whatever form, and what
/// waits for a client. It counts bytes that are there, never those that were only announced.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: AtomicUsize,
    used: AtomicUsize,
    /// When freed memory was last given back.
    gave_back: AtomicU64,
}

/// Bytes taken from the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicUsize::new(limit),
            used: AtomicUsize::new(0),
            gave_back: AtomicU64::new(0),
        })
    }

    /// Changes the limit. What is held stays, also beyond a lower one.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Relaxed);
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Relaxed)
    }

    /// Where there is no room, what others have just freed must not stay with the allocator beside what is held.
    fn give_back(&self) {
        let (now, last) = (now(), self.gave_back.load(Relaxed));
        let is_due = now.saturating_sub(last) >= BETWEEN;
        if is_due && self.gave_back.compare_exchange(last, now, Relaxed, Relaxed).is_ok() {
            heap::give_back();
        }
    }

    pub(crate) fn reservation(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: 0 }
    }
}

impl Reservation {
    /// Holds exactly `bytes` from now on. `false`, and nothing changes, when the budget has no room.
    pub(crate) fn hold(&mut self, bytes: usize) -> bool {
        if bytes <= self.bytes {
            self.budget.used.fetch_sub(self.bytes - bytes, Relaxed);
            self.bytes = bytes;
            return true;
        }
        let (more, limit) = (bytes - self.bytes, self.budget.limit());
        let taken = self
            .budget
            .used
            .fetch_update(Relaxed, Relaxed, |used| used.checked_add(more).filter(|used| *used <= limit));
        match taken {
            Ok(_) => self.bytes = bytes,
            Err(_) => self.budget.give_back(),
        }
        taken.is_ok()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives what is held to `body`, whose length it becomes: it is given back when the last of its slices is gone,
    /// whoever has it by then.
    pub(crate) fn around(mut self, body: Bytes) -> Bytes {
        self.hold(body.len().min(self.bytes));
        if self.bytes == 0 { body } else { Bytes::from_owner(Held { body, _held: self }) }
    }

    /// `bytes` of what is held, or all of it, as a reservation of its own.
    pub(crate) fn split(&mut self, bytes: usize) -> Self {
        let (budget, bytes) = (Arc::clone(&self.budget), bytes.min(self.bytes));
        self.bytes -= bytes;
        Self { budget, bytes }
    }

    /// What is held so far, as a reservation of its own.
    pub(crate) fn take(&mut self) -> Self {
        self.split(self.bytes)
    }
}

/// Bytes with their place in the budget.
struct Held {
    body: Bytes,
    _held: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_full_at_its_limit_and_empties_again() {
        let gate = Gate::new(2);
        let (one, two) = (gate.enter().unwrap(), gate.enter().unwrap());
        assert!(gate.enter().is_none());
        drop(one);
        assert!(gate.enter().is_some());
        drop(two);
        assert_eq!(gate.used(), 0);
    }

    #[test]
    fn a_place_belongs_to_the_bytes_and_goes_with_the_last_of_them() {
        let budget = Budget::new(100);
        let mut held = budget.reservation();
        assert!(held.hold(60));
        let body = held.take().around(Bytes::from(vec![1; 50]));
        assert_eq!((budget.used(), held.bytes()), (50, 0));
        let part = body.slice(10..20);
        drop(body);
        assert_eq!((budget.used(), part.len()), (50, 10), "a slice keeps all of it");
        drop((part, held));
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_reservation_grows_shrinks_and_never_exceeds() {
        let budget = Budget::new(100);
        let (mut one, mut two) = (budget.reservation(), budget.reservation());
        assert!(one.hold(60) && !two.hold(41) && two.hold(40));
        assert_eq!((budget.used(), two.bytes()), (100, 40));
        assert!(one.hold(10) && two.hold(90));
        drop(one);
        assert_eq!(budget.used(), 90);
        drop(two);
        assert_eq!(budget.used(), 0);
    }
}
