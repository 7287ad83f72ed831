//! Looks at memory all the time: that of the target's processes, which may have a limit, and that of the machine, which
//! must not run out. A thread of its own, because the drill may be as busy as the relay.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use process::fence::{Processes, Sum};

use super::machine::{self, Memory};
use super::{Group, lock};

/// Between two looks. A look takes some milliseconds itself, and together they must stay below 100 ms.
const PAUSE: Duration = Duration::from_millis(50);

/// Why the drill has ended what it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// It was beyond its own limit of memory.
    Own,
    /// The machine had less than a tenth of its memory free.
    Machine,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    group: Mutex<Option<Arc<Group>>>,
    resident: AtomicU64,
    /// The process that had most of it.
    largest: AtomicU32,
    peak: AtomicU64,
    short: AtomicBool,
    /// What the machine had free when it had least, in thousandths.
    least_free: AtomicU64,
    ended: Mutex<Option<Limit>>,
}

/// Looks until it is dropped.
pub(crate) struct Watch(Arc<Shared>);

impl Watch {
    /// Begins to look at the machine.
    ///
    /// # Errors
    /// There is no thread for it.
    pub(crate) fn begin() -> io::Result<Self> {
        let shared = Arc::new(Shared { least_free: AtomicU64::new(1000), ..Shared::default() });
        let watched = Arc::clone(&shared);
        scope::thread("memory", move || {
            while !watched.stop.load(Relaxed) {
                watched.look(machine::memory());
                std::thread::sleep(PAUSE);
            }
        })?;
        Ok(Self(shared))
    }

    /// From now on these processes are looked at; what was known of others is forgotten.
    pub(crate) fn look_at(&self, group: Option<Arc<Group>>) {
        let mut place = lock(&self.0.group);
        self.0.resident.store(0, Relaxed);
        self.0.peak.store(0, Relaxed);
        *lock(&self.0.ended) = None;
        *place = group;
    }

    /// Resident memory of the processes as it was read last, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        self.0.resident.load(Relaxed)
    }

    /// The most that they had.
    pub(crate) fn peak(&self) -> u64 {
        self.0.peak.load(Relaxed)
    }

    /// Why the processes were ended, if they were.
    pub(crate) fn has_ended(&self) -> Option<Limit> {
        *lock(&self.0.ended)
    }

    /// Tells whether the machine had less than a tenth of its memory free when it was looked at last.
    pub(crate) fn is_short(&self) -> bool {
        self.0.short.load(Relaxed)
    }

    /// What part of the machine's memory was free when it was least, from 0 to 1000.
    pub(crate) fn least_free(&self) -> u64 {
        self.0.least_free.load(Relaxed)
    }

    /// The process that has most memory now.
    pub(crate) fn largest(&self) -> Option<u32> {
        let group = lock(&self.0.group).clone()?;
        let all = Processes::now();
        group.fence.members_of(&all).into_iter().max_by_key(|id| all.sum(&[*id]).resident)
    }

    /// What the processes hold now.
    pub(crate) fn sum(&self) -> Option<(Sum, Vec<u32>)> {
        let group = lock(&self.0.group).clone()?;
        let all = Processes::now();
        let members = group.fence.members_of(&all);
        Some((all.sum(&members), members))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.stop.store(true, Relaxed);
    }
}

impl Shared {
    /// The last figure of what has ended is what it had, and not what its shell has that has yet to notice.
    fn is_what_is_left(&self, members: &[u32], resident: u64) -> bool {
        let gone = !members.contains(&self.largest.load(Relaxed));
        resident == 0 || gone && resident < self.resident.load(Relaxed) / 2
    }

    fn look(&self, machine: Option<Memory>) {
        // Held, so that a group that was changed meanwhile is not charged for the one before.
        let place = lock(&self.group);
        let short = machine.is_some_and(Memory::is_short);
        self.short.store(short, Relaxed);
        if let Some(Memory { free, total }) = machine {
            let part = u128::from(free) * 1000 / u128::from(total.max(1));
            self.least_free.fetch_min(u64::try_from(part).unwrap_or(1000), Relaxed);
        }
        let Some(group) = place.as_ref() else { return };
        let all = Processes::now();
        let members = group.fence.members_of(&all);
        let resident = all.sum(&members).resident;
        if self.is_what_is_left(&members, resident) {
            return;
        }
        let largest = members.iter().copied().max_by_key(|id| all.sum(&[*id]).resident);
        self.largest.store(largest.unwrap_or(0), Relaxed);
        self.resident.store(resident, Relaxed);
        self.peak.fetch_max(resident, Relaxed);
        let beyond = group.limit.is_some_and(|limit| resident > limit);
        let why = if beyond { Limit::Own } else { Limit::Machine };
        if beyond || short {
            lock(&self.ended).get_or_insert(why);
            group.kill();
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::start::Started;

    #[test]
    fn the_last_figure_is_of_what_ended_and_not_of_its_shell() {
        let shared = Shared::default();
        assert!(!shared.is_what_is_left(&[7, 8], 32 << 20), "nothing was known before");
        shared.resident.store(32 << 20, Relaxed);
        shared.largest.store(8, Relaxed);
        assert!(!shared.is_what_is_left(&[7, 8], 10 << 20), "it may give back what it has");
        assert!(shared.is_what_is_left(&[7], 1 << 20) && shared.is_what_is_left(&[], 0));
        assert!(!shared.is_what_is_left(&[7, 9], 20 << 20), "another one has come in its place");
    }

    /// Without a machine: what would be done if it had so much left.
    #[test]
    fn what_the_drill_started_is_ended_before_the_machine_is_out_of_memory() {
        let started = Started::start("sleep 100", None).unwrap();
        let shared = Shared { group: Mutex::new(Some(started.group())), ..Shared::default() };
        shared.look(Some(Memory { free: 100, total: 1000 }));
        assert!(!shared.short.load(Relaxed) && lock(&shared.ended).is_none());
        // The watch looks again and again: a process between two programs has no memory of its own, and is passed over.
        let ended = (0..2000).find(|_| {
            shared.look(Some(Memory { free: 99, total: 1000 }));
            let ended = lock(&shared.ended).is_some();
            if !ended {
                std::thread::sleep(Duration::from_millis(5));
            }
            ended
        });
        assert!(ended.is_some() && shared.short.load(Relaxed));
        assert_eq!(*lock(&shared.ended), Some(Limit::Machine));
        assert!(started.group().fence.is_empty());
        // The drill itself has nothing to end where it started nothing.
        let shared = Shared::default();
        shared.look(Some(Memory { free: 1, total: 1000 }));
        assert!(shared.short.load(Relaxed) && lock(&shared.ended).is_none());
    }
}
