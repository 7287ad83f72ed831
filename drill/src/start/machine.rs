//! The memory of the machine, or of the container that the drill runs in: what is free of it.

use std::fs;

/// A reading, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) free: u64,
    pub(crate) total: u64,
}

impl Memory {
    /// Tells whether less than a tenth is free: whatever grows now takes the machine with it.
    pub(crate) const fn is_short(self) -> bool {
        self.free.saturating_mul(10) < self.total
    }

    /// Whichever has the smaller part free.
    fn tighter(self, other: Self) -> Self {
        let part = |memory: Self| u128::from(memory.free) * 1000 / u128::from(memory.total.max(1));
        if part(other) < part(self) { other } else { self }
    }
}

/// What is free now; `None` where the system does not tell.
pub(crate) fn memory() -> Option<Memory> {
    let machine = machine(&fs::read_to_string("/proc/meminfo").ok()?)?;
    Some(container().map_or(machine, |container| machine.tighter(container)))
}

/// The most that anything here can have, in bytes: all of the machine's, or what the control group allows.
pub(crate) fn most() -> Option<u64> {
    let machine = machine(&fs::read_to_string("/proc/meminfo").ok()?)?.total;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let allowed = vitals::cgroup::memory_limit(&groups, |path| fs::read_to_string(path).ok());
    Some(allowed.map_or(machine, |allowed| allowed.min(machine)))
}

/// `MemAvailable` is the kernel's own estimate of what can be had without swapping.
fn machine(text: &str) -> Option<Memory> {
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    Some(Memory { free: number("MemAvailable:")?, total: number("MemTotal:")? })
}

/// The control group's own limit, where it has one and tells how much of it is taken: files that were read can be thrown
/// away at any time, and count as free.
fn container() -> Option<Memory> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let path = if path.contains("/..") { "" } else { path.trim_end_matches('/') };
    let read = |file: &str| fs::read_to_string(format!("/sys/fs/cgroup{path}/{file}")).ok();
    let number = |file: &str| read(file)?.trim().parse::<u64>().ok();
    let (total, taken) = (number("memory.max")?, number("memory.current")?);
    let stat = read("memory.stat").unwrap_or_default();
    let cached =
        stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok());
    Some(Memory { free: total.saturating_sub(taken.saturating_sub(cached.unwrap_or(0))), total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_the_limit_and_the_tighter_limit_counts() {
        let text = "MemTotal:       1000 kB\nMemFree:          10 kB\nMemAvailable:    100 kB\n";
        let memory = machine(text).unwrap();
        assert_eq!(memory, Memory { free: 100 << 10, total: 1000 << 10 });
        assert!(!memory.is_short() && Memory { free: memory.free - 1, ..memory }.is_short());
        let container = Memory { free: 5, total: 100 };
        assert_eq!((memory.tighter(container), container.tighter(memory)), (container, container));
    }
}
