//! The memory that a control group allows its processes. Pure: whoever asks brings the files.

/// Where control groups are mounted.
const ROOT: &str = "/sys/fs/cgroup";
/// Version 1 writes "no limit" as the largest number of whole pages; nobody has an exbibyte.
const NO_LIMIT: u64 = 1 << 60;

/// The tightest limit, in bytes, of a process's group and of all that hold it, of version 1 and 2. `groups` is the
/// text of `/proc/PID/cgroup`, and `read` gives a file's text; `None` where there is no limit, or none can be seen.
#[must_use]
pub fn memory_limit(groups: &str, read: impl Fn(&str) -> Option<String>) -> Option<u64> {
    let limits = groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (root, file) = match controllers {
            "" => (ROOT.to_owned(), "memory.max"),
            some if some.split(',').any(|one| one == "memory") => {
                (format!("{ROOT}/memory"), "memory.limit_in_bytes")
            }
            _ => return Vec::new(),
        };
        // A group outside of what this process may see is written with dots.
        let path = if path.contains("/..") { "" } else { path.trim_end_matches('/') };
        let ends = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
        ends.map(|group| format!("{root}{group}/{file}")).collect()
    });
    let number =
        |path: String| read(&path)?.trim().parse::<u64>().ok().filter(|limit| (1..NO_LIMIT).contains(limit));
    limits.filter_map(number).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(groups: &str, files: &[(&str, &str)]) -> Option<u64> {
        memory_limit(groups, |path| {
            files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn the_tightest_group_counts() {
        let files = [
            ("/sys/fs/cgroup/a/memory.max", "536870912\n"),
            ("/sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("/sys/fs/cgroup/memory.max", "1073741824\n"),
        ];
        assert_eq!(limit("0::/a/b\n", &files), Some(512 << 20));
        assert_eq!(limit("0::/\n", &files), Some(1 << 30), "a container sees its own group as the root");
        assert_eq!(limit("0::/../../x\n", &files), Some(1 << 30));
        assert_eq!(limit("0::/c\n", &files[..2]), None);
    }

    #[test]
    fn version_1_has_a_number_for_none() {
        let path = "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes";
        let groups = "5:devices:/\n4:cpu,memory:/docker/1\n";
        assert_eq!(limit(groups, &[(path, "268435456\n")]), Some(256 << 20));
        assert_eq!(limit(groups, &[(path, "9223372036854771712\n")]), None);
        assert_eq!(limit("", &[(path, "268435456\n")]), None);
    }
}
