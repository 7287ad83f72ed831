//! What is asked of the operating system to end processes, and to be told of their ends.

/// Signals a process group, and those of its descendants that have left it.
#[cfg(unix)]
pub(super) fn to_all(group: Option<u32>, members: &[u32], kill: bool) {
    use rustix::process::{Signal, kill_process, kill_process_group};
    let signal = if kill { Signal::KILL } else { Signal::TERM };
    // Whoever has ended meanwhile cannot be signalled, and need not be.
    let _ = group.and_then(pid).map(|group| kill_process_group(group, signal));
    for member in members.iter().filter_map(|id| pid(*id)) {
        let _ = kill_process(member, signal);
    }
}

/// There are no groups and no polite way: each is ended, the command first, which would go on with its next line.
#[cfg(not(unix))]
pub(super) fn to_all(root: Option<u32>, members: &[u32], _: bool) {
    let root = root.filter(|root| members.contains(root));
    root.iter().chain(members).for_each(|id| crate::counts::end(*id));
}

#[cfg(unix)]
pub(super) fn pid(id: u32) -> Option<rustix::process::Pid> {
    i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw)
}

/// From now on this process is the parent of what its descendants leave behind: nobody is lost who has left his group and
/// lost his parent.
#[cfg(target_os = "linux")]
pub fn adopt_orphans() {
    // Where it is refused, members are known by their mark, and from look to look.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// This process, if it adopts orphans.
#[cfg(target_os = "linux")]
pub(super) fn adopter() -> Option<u32> {
    let adopts = rustix::process::child_subreaper().ok().flatten().is_some();
    adopts.then(std::process::id)
}

/// Takes note of the end of an adopted process, so that its number is free again.
#[cfg(target_os = "linux")]
pub(super) fn reap(id: u32) {
    if let Some(pid) = pid(id) {
        // It may be somebody else's by now.
        let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG);
    }
}

/// Only Linux has this.
#[cfg(not(target_os = "linux"))]
pub fn adopt_orphans() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn adopter() -> Option<u32> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn reap(_: u32) {}
