//! The processes of this machine. Linux tells in `/proc`, and Windows when asked; other systems do not, and then nothing is
//! known.

use std::collections::HashMap;
#[cfg(not(windows))]
use std::fs;

/// What is known of a process: what `/proc/PID/stat` says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) parent: u32,
    pub(super) group: u32,
    pub(super) threads: u64,
    pub(super) pages: u64,
    pub(super) dead: bool,
    /// When it began, in ticks since the machine did; on Windows in units of its own.
    pub(super) began: u64,
}

/// What processes hold together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Bytes of memory.
    pub resident: u64,
    /// Threads.
    pub threads: u64,
}

/// One moment of all processes.
#[derive(Debug)]
pub struct Processes(HashMap<u32, Stat>);

impl Processes {
    /// As they are now.
    #[must_use]
    #[cfg(windows)]
    pub fn now() -> Self {
        let stat = |process: &crate::counts::Listed| Stat {
            parent: process.parent,
            // It has none.
            group: 0,
            threads: process.threads,
            pages: process.resident / page(),
            dead: false,
            began: process.born,
        };
        Self(crate::counts::all().iter().map(|process| (process.id, stat(process))).collect())
    }

    /// As they are now.
    #[must_use]
    #[cfg(not(windows))]
    pub fn now() -> Self {
        let Ok(entries) = fs::read_dir("/proc") else { return Self(HashMap::new()) };
        let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        Self(numbers.filter_map(|id| Some((id, stat(id)?))).collect())
    }

    #[cfg(test)]
    pub(super) fn of(all: &[(u32, Stat)]) -> Self {
        Self(all.iter().copied().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Stat)> {
        self.0.iter().map(|(id, stat)| (*id, stat))
    }

    pub(super) fn began(&self, id: u32) -> Option<u64> {
        self.0.get(&id).map(|stat| stat.began)
    }

    /// Tells whether it runs, and is more than what its parent has yet to be told of.
    #[must_use]
    pub fn is_live(&self, id: u32) -> bool {
        self.0.get(&id).is_some_and(|stat| !stat.dead)
    }

    /// Its parent's number.
    #[must_use]
    pub fn parent(&self, id: u32) -> Option<u32> {
        self.0.get(&id).map(|stat| stat.parent)
    }

    /// A process, its parent, and so on. The chain ends at 0, or where a parent began after its child: Windows leaves a child
    /// the number of a parent that has ended, which may be another's by now.
    pub(super) fn line(&self, id: u32) -> impl Iterator<Item = u32> {
        let parent = |id: &u32| {
            let parent = self.parent(*id)?;
            (self.began(parent) <= self.began(*id)).then_some(parent)
        };
        std::iter::successors(Some(id), parent).take(64)
    }

    /// What these hold. Pages that they share count for each.
    #[must_use]
    pub fn sum(&self, ids: &[u32]) -> Sum {
        ids.iter().filter_map(|id| self.0.get(id)).fold(Sum::default(), |sum, stat| Sum {
            resident: sum.resident + stat.pages * page(),
            threads: sum.threads + stat.threads,
        })
    }
}

#[cfg(target_os = "linux")]
fn page() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(not(target_os = "linux"))]
const fn page() -> u64 {
    4096
}

/// When a process began, in the system's own units.
#[cfg(target_os = "linux")]
pub(crate) fn began(id: u32) -> Option<u64> {
    stat(id).map(|stat| stat.began)
}

/// Nobody tells when it began; the signal 0 tells that it is there.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn began(id: u32) -> Option<u64> {
    super::signals::pid(id).filter(|id| rustix::process::test_kill_process(*id).is_ok()).map(|_| 0)
}

#[cfg(windows)]
pub(crate) fn began(id: u32) -> Option<u64> {
    crate::counts(id).ok().filter(|_| crate::is_alive(id)).map(|counts| counts.born)
}

/// Those who have ended and were not waited for hold nothing any more.
#[cfg(target_os = "linux")]
pub(crate) fn is_group_there(root: u32) -> bool {
    Processes::now().iter().any(|(_, process)| process.group == root && !process.dead)
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn is_group_there(root: u32) -> bool {
    super::signals::pid(root).is_some_and(|root| rustix::process::test_kill_process_group(root).is_ok())
}

#[cfg(windows)]
pub(crate) fn is_group_there(_: u32) -> bool {
    false
}

/// Tells whether a process runs, and is more than what its parent has yet to be told of.
#[must_use]
#[cfg(target_os = "linux")]
pub fn is_alive(id: u32) -> bool {
    stat(id).is_some_and(|stat| !stat.dead)
}

#[cfg(not(windows))]
fn stat(id: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// proc(5): the name may hold blanks and brackets, what follows it does not.
#[cfg(not(windows))]
fn parse(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        group: u32::try_from(number(2)?).ok()?,
        threads: number(17)?,
        pages: number(21)?,
        // A first thread that has ended is shown so while others still end, and hold its files and sockets.
        dead: matches!(fields.first(), Some(&("Z" | "X"))) && number(17)? <= 1,
        began: number(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_hold_things_together() {
        let stat = Stat { parent: 1, group: 10, threads: 2, pages: 10, dead: false, began: 1 };
        let all = Processes::of(&[(10, stat), (11, Stat { parent: 10, ..stat })]);
        assert_eq!(all.sum(&[10, 11, 99]), Sum { resident: 20 * page(), threads: 4 });
        assert_eq!(all.line(11).collect::<Vec<_>>(), [11, 10, 1]);
    }

    #[test]
    fn names_may_hold_anything() {
        let text =
            "42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 100 2000 77 18446744073709551615";
        let wanted = Stat { parent: 1, group: 42, threads: 3, pages: 77, dead: false, began: 100 };
        assert_eq!(parse(text), Some(wanted));
        assert_eq!(parse("42 (x"), None);
    }

    #[test]
    fn a_process_is_dead_once_its_last_thread_is() {
        let text =
            |threads: u32| format!("42 (a) Z 1 42 42 0 -1 4 1 2 3 4 5 6 7 8 20 0 {threads} 0 100 0 0 0");
        let is_dead = |threads| parse(&text(threads)).is_some_and(|stat| stat.dead);
        assert!(is_dead(0) && is_dead(1) && !is_dead(2));
    }
}
