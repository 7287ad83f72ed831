//! A control group (version 2) of our own, where one can be made: nobody who is in it can leave it, and all can be ended at
//! once. With the control of memory it has a limit, too: the kernel then ends what goes beyond it, between two looks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Groups within it are looked into so far down.
const DEEP: usize = 4;

type Create = dyn Fn(&Path) -> io::Result<()>;

/// Removed when it is dropped, once it is empty.
#[derive(Debug)]
pub struct Cage {
    path: PathBuf,
    /// It has a limit of memory.
    limits: bool,
}

impl Cage {
    /// With this limit where a group hands the control of memory on, and otherwise without; `None` where there is no place
    /// for one, or no right to.
    #[must_use]
    pub fn make(limit: Option<u64>) -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let home = home(&fs::read_to_string("/proc/self/mountinfo").ok()?, &groups)?;
        Self::make_in(&home, limit, &|path| fs::create_dir(path))
    }

    /// `create` makes a group, which comes with its files.
    fn make_in(home: &Home, limit: Option<u64>, create: &Create) -> Option<Self> {
        let limited = limit.and_then(|limit| {
            home.places()
                .into_iter()
                .filter(|place| hands_on(place))
                .find_map(|place| Self::below(&place, Some(limit), create))
        });
        limited.or_else(|| Self::below(&home.own(), None, create))
    }

    fn below(place: &Path, limit: Option<u64>, create: &Create) -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("watertight-{}-{}", process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = place.join(name);
        create(&path).ok()?;
        let cage = Self { path, limits: limit.is_some() };
        if let Some(limit) = limit {
            fs::write(cage.path.join("memory.max"), limit.to_string()).ok()?;
            // What is swapped out would be beyond the limit and slow; a machine without swap has no such file.
            let _ = fs::write(cage.path.join("memory.swap.max"), "0");
            let _ = fs::write(cage.path.join("memory.oom.group"), "1");
        }
        // A shell must be able to enter it.
        fs::OpenOptions::new().write(true).open(cage.entry()).ok()?;
        Some(cage)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file into which a process writes its number to enter.
    pub(super) fn entry(&self) -> PathBuf {
        self.path.join("cgroup.procs")
    }

    /// Everybody in it, and in groups within it.
    pub(super) fn members(&self) -> Vec<u32> {
        let mut all = Vec::new();
        members(&self.path, DEEP, &mut all);
        all
    }

    /// Tells whether the kernel has ended somebody in it for memory.
    #[must_use]
    pub fn has_killed(&self) -> bool {
        let events = fs::read_to_string(self.path.join("memory.events")).unwrap_or_default();
        let killed =
            events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u64>().ok());
        self.limits && killed.unwrap_or(0) > 0
    }

    /// Ends everybody in it.
    pub(super) fn kill(&self) {
        // An older kernel has no such file; its members are ended by their numbers as well.
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
    }
}

fn members(path: &Path, deep: usize, all: &mut Vec<u32>) {
    let text = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    all.extend(text.lines().filter_map(|line| line.trim().parse::<u32>().ok()));
    if deep == 0 {
        return;
    }
    let folders = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    folders.filter(|folder| folder.is_dir()).for_each(|folder| members(&folder, deep - 1, all));
}

/// Where control groups of version 2 are, and which is our own.
#[derive(Debug, PartialEq, Eq)]
struct Home {
    root: PathBuf,
    /// Without a slash at its beginning.
    group: String,
}

/// `mounts` is `/proc/self/mountinfo`, and `groups` is `/proc/self/cgroup`.
fn home(mounts: &str, groups: &str) -> Option<Home> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mount = mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let fields: Vec<&str> = mount.split(' ').collect();
        kind.starts_with("cgroup2 ").then(|| Some((*fields.get(3)?, *fields.get(4)?)))?
    })?;
    // A part of the tree may be mounted as if it were all of it; a group outside of that is written with dots.
    let inside = own.strip_prefix(mount.0.trim_end_matches('/')).unwrap_or(own);
    let group = if inside.contains("..") { "" } else { inside.trim_matches('/') };
    Some(Home { root: PathBuf::from(mount.1), group: group.to_owned() })
}

impl Home {
    fn own(&self) -> PathBuf {
        self.root.join(&self.group)
    }

    /// Our own group, and those that hold it.
    fn places(&self) -> Vec<PathBuf> {
        self.own().ancestors().take_while(|place| place.starts_with(&self.root)).map(Path::to_owned).collect()
    }
}

fn hands_on(place: &Path) -> bool {
    let controls = fs::read_to_string(place.join("cgroup.subtree_control")).unwrap_or_default();
    controls.split_ascii_whitespace().any(|control| control == "memory")
}

impl Cage {
    /// Ends everybody in it, and takes it away.
    pub(super) fn remove(&self) {
        self.kill();
        for _ in 0..50 {
            if fs::remove_dir(&self.path).is_ok() || !self.path.exists() {
                return;
            }
            // Whoever was ended is there until its parent has been told.
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_group_is_found_wherever_it_is_mounted() {
        let line = |root: &str, at: &str| {
            format!(
                "22 1 0:20 / /proc rw - proc proc rw\n36 35 0:30 {root} {at} rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
            )
        };
        let of = |mounts: &str, groups: &str| home(mounts, groups).map(|home| home.own());
        let usual = line("/", "/sys/fs/cgroup");
        assert_eq!(of(&usual, "0::/user.slice/a.scope\n"), Some("/sys/fs/cgroup/user.slice/a.scope".into()));
        let hybrid = line("/", "/sys/fs/cgroup/unified");
        assert_eq!(of(&hybrid, "4:memory:/x\n0::/\n"), Some("/sys/fs/cgroup/unified/".into()));
        assert_eq!(of(&line("/docker/1", "/cg"), "0::/docker/1/b\n"), Some("/cg/b".into()));
        assert_eq!(
            of(&usual, "0::/../other\n"),
            Some("/sys/fs/cgroup/".into()),
            "outside of what can be seen"
        );
        assert_eq!((of(&usual, "4:memory:/x\n"), of("", "0::/\n")), (None, None));
    }

    /// A tree of files: what the kernel would refuse cannot be tried on it, which groups are chosen can.
    #[test]
    fn the_nearest_group_that_hands_memory_on_is_chosen() {
        let root = tempfile::tempdir().unwrap();
        let home = Home { root: root.path().to_owned(), group: "a/b/c".to_owned() };
        fs::create_dir_all(home.own()).unwrap();
        for (group, controls) in [("", "cpu memory\n"), ("a", "memory\n"), ("a/b", "cpu pids\n")] {
            fs::write(root.path().join(group).join("cgroup.subtree_control"), controls).unwrap();
        }
        let places = home.places();
        assert_eq!(places.len(), 4, "{places:?}");
        let chosen: Vec<_> = places.into_iter().filter(|place| hands_on(place)).collect();
        assert_eq!(chosen, [root.path().join("a"), root.path().to_owned()]);
        fs::write(home.own().join("cgroup.procs"), "7\n").unwrap();
        fs::write(root.path().join("a/cgroup.procs"), "8\n9\n").unwrap();
        let mut all = Vec::new();
        members(root.path(), DEEP, &mut all);
        all.sort_unstable();
        assert_eq!(all, [7, 8, 9]);
    }

    /// A group as the kernel makes one: with its files. One in `refuses` is not to be had.
    fn create(refuses: &'static [&str], without: &'static [&str]) -> impl Fn(&Path) -> io::Result<()> {
        move |path| {
            let place = path.parent().unwrap();
            if refuses.iter().any(|name| place.ends_with(name)) {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            fs::create_dir(path)?;
            for file in ["cgroup.procs", "cgroup.kill", "memory.max", "memory.swap.max", "memory.oom.group"] {
                // One that cannot be written.
                match without.contains(&file) {
                    true => fs::create_dir(path.join(file))?,
                    false => fs::write(path.join(file), "")?,
                }
            }
            fs::write(path.join("memory.events"), "low 0\nhigh 0\nmax 3\noom 0\noom_kill 0\n")
        }
    }

    /// A tree of files in place of one of the kernel's: which group is made, and what is written into it.
    #[test]
    fn a_limit_is_set_where_memory_is_handed_on_and_the_command_enters() {
        let root = tempfile::tempdir().unwrap();
        let home = Home { root: root.path().to_owned(), group: "a/b".to_owned() };
        fs::create_dir_all(home.own()).unwrap();
        fs::write(root.path().join("cgroup.subtree_control"), "memory\n").unwrap();
        fs::write(root.path().join("a/cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        let make = |limit, create: &Create| Cage::make_in(&home, limit, create);
        let parent = |cage: &Cage| cage.path.parent().unwrap().to_owned();
        let read = |cage: &Cage, file| fs::read_to_string(cage.path.join(file)).unwrap();

        let cage = make(Some(64 << 20), &create(&[], &[])).unwrap();
        assert_eq!((parent(&cage), cage.limits), (root.path().join("a"), true));
        let written = ["memory.max", "memory.swap.max", "memory.oom.group"].map(|file| read(&cage, file));
        assert_eq!(written, ["67108864", "0", "1"]);
        // Whoever is told to enter is in it before it becomes the command.
        let mut child =
            super::super::shell("exit 7", super::super::Around::Within, Some(&cage)).spawn().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(7));
        assert_eq!(cage.members(), [child.id()]);
        // The kernel says when it has ended somebody for memory.
        assert!(!cage.has_killed());
        fs::write(cage.path.join("memory.events"), "oom 1\noom_kill 2\noom_group_kill 1\n").unwrap();
        assert!(cage.has_killed());

        cage.kill();
        assert_eq!(read(&cage, "cgroup.kill"), "1");

        // Whoever may not make one there makes it further up; whoever may not at all has one without a limit.
        let above = make(Some(1), &create(&["a"], &[])).unwrap();
        assert_eq!((parent(&above), above.limits), (root.path().to_owned(), true));
        for refused in [create(&[], &["memory.max"]), create(&["a"], &["memory.max"])] {
            let without = make(Some(1), &refused).unwrap();
            assert_eq!((parent(&without), without.limits), (home.own(), false));
            fs::write(without.path.join("memory.events"), "oom_kill 2\n").unwrap();
            assert!(!without.has_killed(), "that was somebody else's limit");
        }
        assert_eq!(make(None, &create(&[], &[])).map(|cage| parent(&cage)), Some(home.own()));
        assert!(make(None, &create(&[], &["cgroup.procs"])).is_none(), "nobody could enter it");
    }
}
