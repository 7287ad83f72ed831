//! How much memory there is: the machine's, or the control group's where that is less.

use std::io;
use std::path::{Path, PathBuf};

/// Assumed where nothing can be read.
const UNKNOWN: u64 = 4 << 30;

/// Bytes of memory that this process may count on.
pub(super) fn available(read: &dyn Fn(&Path) -> io::Result<String>) -> u64 {
    let number = |path: &Path| read(path).ok()?.trim().parse::<u64>().ok();
    let machine = read(Path::new("/proc/meminfo")).ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    });
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let v1 = Path::new("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    let limits = group_folders(&groups).into_iter().filter_map(|folder| number(&folder.join("memory.max")));
    limits.chain(number(v1)).chain(machine).min().unwrap_or(UNKNOWN)
}

/// The folder of this process' group (version 2) and those above it: a limit holds for all below.
fn group_folders(groups: &str) -> Vec<PathBuf> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or("");
    let root = Path::new("/sys/fs/cgroup");
    root.join(own).ancestors().take_while(|folder| folder.starts_with(root)).map(Path::to_path_buf).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> u64 {
        available(&|path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }

    #[test]
    fn the_smallest_limit_holds() {
        let machine = ("/proc/meminfo", "MemTotal:       16000 kB\nMemFree: 1 kB\n");
        assert_eq!(with(&[machine]), 16000 * 1024);
        let group = ("/proc/self/cgroup", "0::/a/b\n");
        assert_eq!(with(&[machine, group, ("/sys/fs/cgroup/a/memory.max", "1000\n")]), 1000);
        assert_eq!(with(&[machine, group, ("/sys/fs/cgroup/a/b/memory.max", "max\n")]), 16000 * 1024);
        assert_eq!(with(&[machine, ("/sys/fs/cgroup/memory.max", "2000\n")]), 2000);
        assert_eq!(with(&[machine, ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "3000\n")]), 3000);
        assert_eq!(with(&[]), UNKNOWN);
    }
}
