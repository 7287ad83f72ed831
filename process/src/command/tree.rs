//! The processes of a command, and their end.

use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long they have to end by themselves.
const POLITE: Duration = Duration::from_secs(3);

/// How long the system may take to end them.
const SURE: Duration = Duration::from_secs(5);

const LOOK: Duration = Duration::from_millis(10);

/// The commands that run and are to end with this process.
static LIVING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<u32>> {
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of them.
pub(super) struct Living(u32);

impl Living {
    pub(super) fn new(root: u32) -> Self {
        all().push(root);
        Self(root)
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        all().retain(|root| *root != self.0);
    }
}

/// Ends every command that still runs, at once: for a process that leaves without waiting for them.
pub fn end_all() {
    std::mem::take(&mut *all()).into_iter().for_each(|root| signal(root, true));
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
}

/// Tells whether it still runs, or anybody of its group: while there are any, nobody else gets the number.
#[must_use]
pub fn is_there(named: Named) -> bool {
    match (began(named.root), named.began) {
        (Some(now), Some(then)) => now == then,
        (Some(_), None) => true,
        (None, _) => is_group_there(named.root),
    }
}

/// Ends it with its group, first politely; nothing where it is gone.
pub fn end(named: Named) {
    if !is_there(named) {
        return;
    }
    signal(named.root, false);
    until(POLITE, || !is_there(named));
    // Also whoever of its group is left.
    signal(named.root, true);
    until(SURE, || !is_there(named));
}

/// Ends a child with all that it has started, first politely.
pub(super) fn stop_tree(child: &mut Child) {
    let root = child.id();
    signal(root, false);
    until(POLITE, || matches!(child.try_wait(), Ok(Some(_))) && !is_group_there(root));
    signal(root, true);
    // It may have ended by itself.
    let _ = child.kill();
    until(SURE, || !matches!(child.try_wait(), Ok(None)));
}

fn until(limit: Duration, what: impl FnMut() -> bool) -> bool {
    let (begun, mut what) = (Instant::now(), what);
    loop {
        if what() {
            return true;
        }
        if begun.elapsed() >= limit {
            return false;
        }
        sleep(LOOK);
    }
}

#[cfg(unix)]
fn pid(id: u32) -> Option<rustix::process::Pid> {
    i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(unix)]
pub(super) fn grouped(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(unix)]
fn signal(root: u32, kill: bool) {
    use rustix::process::{Signal, kill_process_group};
    // Whoever has ended meanwhile cannot be signalled, and need not be.
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    let _ = pid(root).map(|root| kill_process_group(root, signal));
}

/// Those who have ended and were not waited for hold nothing any more.
#[cfg(target_os = "linux")]
fn is_group_there(root: u32) -> bool {
    let Ok(entries) = std::fs::read_dir("/proc") else { return false };
    let mut stats =
        entries.flatten().filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats.any(|stat| {
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let mut fields = fields.split_ascii_whitespace();
        let dead = matches!(fields.next(), Some("Z" | "X") | None);
        !dead && fields.nth(1).and_then(|group| group.parse().ok()) == Some(root)
    })
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_group_there(root: u32) -> bool {
    pid(root).is_some_and(|root| rustix::process::test_kill_process_group(root).is_ok())
}

/// One that has ended and was not waited for is not there.
#[cfg(target_os = "linux")]
fn began(root: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{root}/stat")).ok()?;
    // proc(5): the name may hold blanks and brackets, what follows it does not.
    let (_, rest) = stat.rsplit_once(") ")?;
    let dead = rest.starts_with(['Z', 'X']);
    rest.split_ascii_whitespace().nth(19).filter(|_| !dead)?.parse().ok()
}

/// Nobody tells when it began; the signal 0 tells that it is there.
#[cfg(all(unix, not(target_os = "linux")))]
fn began(root: u32) -> Option<u64> {
    pid(root).filter(|root| rustix::process::test_kill_process(*root).is_ok()).map(|_| 0)
}

#[cfg(windows)]
pub(super) fn grouped(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    /// `CREATE_NEW_PROCESS_GROUP`: Ctrl-C at the console is not for it.
    const OWN_GROUP: u32 = 0x0000_0200;
    command.creation_flags(OWN_GROUP);
}

/// There is no polite way here: its tree is ended by number.
#[cfg(windows)]
fn signal(root: u32, _: bool) {
    // It may have ended by itself.
    let _ = Command::new("taskkill").args(["/T", "/F", "/PID", &root.to_string()]).output();
}

#[cfg(windows)]
fn is_group_there(_: u32) -> bool {
    false
}

#[cfg(windows)]
fn began(root: u32) -> Option<u64> {
    crate::counts(root).ok().filter(|_| crate::is_alive(root)).map(|counts| counts.born)
}
