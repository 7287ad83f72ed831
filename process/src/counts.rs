//! What Windows counts of a process: its handles, threads and memory. It tells nobody what they are, or their names.

use winsafe::co::{ERROR, PROCESS, TH32CS};
use winsafe::{HPROCESS, HPROCESSLIST, SysResult};

/// From 1601, where Windows begins to count, to 1970, in seconds; and its unit.
const EPOCH: u64 = 11_644_473_600;
const TICKS: u64 = 10_000_000;

/// A process at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The name of its program, without `.exe`.
    pub name: String,
    /// When it started, in units of Windows' own: another process may get its number.
    pub born: u64,
    /// When it started, in seconds since 1970.
    pub started: u64,
    /// Open handles: files, sockets, events and everything else.
    pub handles: Option<u64>,
    /// Threads that run.
    pub threads: Option<u64>,
    /// The working set, in bytes.
    pub resident: Option<u64>,
}

/// Why nothing is known of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untold {
    /// There is none with that number.
    Missing,
    /// It may not be looked at: the system's words.
    Hidden(String),
}

/// Looks at a process of this machine.
///
/// # Errors
/// See [`Untold`].
pub fn counts(pid: u32) -> Result<Counts, Untold> {
    let untold = |error| match error {
        ERROR::INVALID_PARAMETER => Untold::Missing,
        other => Untold::Hidden(other.to_string()),
    };
    let process = HPROCESS::OpenProcess(PROCESS::QUERY_LIMITED_INFORMATION, false, pid).map_err(untold)?;
    let (born, ..) = process.GetProcessTimes().map_err(untold)?;
    let born = u64::from(born);
    // One that has ended stays as long as somebody has a handle of it; it has no threads any more.
    let (name, threads) = listed(pid).map_err(untold)?.ok_or(Untold::Missing)?;
    Ok(Counts {
        name,
        born,
        started: (born / TICKS).saturating_sub(EPOCH),
        // Wine says 0, which is no count: this look needs one itself.
        handles: process.GetProcessHandleCount().ok().filter(|count| *count > 0).map(u64::from),
        threads: Some(threads),
        resident: process.GetProcessMemoryInfo().ok().map(|memory| memory.WorkingSetSize as u64),
    })
}

/// The program and the threads of a process in the system's list of all; `None` where it is not there.
fn listed(pid: u32) -> SysResult<Option<(String, u64)>> {
    let mut list = HPROCESSLIST::CreateToolhelp32Snapshot(TH32CS::SNAPPROCESS, None)?;
    for process in list.iter_processes() {
        let process = process?;
        if process.th32ProcessID == pid {
            let file = process.szExeFile();
            let name = file.strip_suffix(".exe").unwrap_or(&file).to_owned();
            return Ok(Some((name, u64::from(process.cntThreads))));
        }
    }
    Ok(None)
}

/// What [`crate::fence`] must know of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: u32,
    /// Whoever has started it; it may have ended since, and its number may be another's.
    pub(crate) parent: u32,
    pub(crate) threads: u64,
    /// As in [`Counts`]; 0 where it may not be looked at.
    pub(crate) born: u64,
    pub(crate) resident: u64,
}

/// Every process of this machine at one moment; empty where the system does not list them.
pub(crate) fn all() -> Vec<Listed> {
    let Ok(mut list) = HPROCESSLIST::CreateToolhelp32Snapshot(TH32CS::SNAPPROCESS, None) else {
        return Vec::new();
    };
    let entries: Vec<_> = list
        .iter_processes()
        .flatten()
        .map(|entry| (entry.th32ProcessID, entry.th32ParentProcessID, u64::from(entry.cntThreads)))
        .collect();
    let listed = |(id, parent, threads)| {
        let process = HPROCESS::OpenProcess(PROCESS::QUERY_LIMITED_INFORMATION, false, id).ok();
        let born = process.as_ref().and_then(|process| process.GetProcessTimes().ok());
        let memory = process.as_ref().and_then(|process| process.GetProcessMemoryInfo().ok());
        Listed {
            id,
            parent,
            threads,
            born: born.map_or(0, |(born, ..)| u64::from(born)),
            resident: memory.map_or(0, |memory| memory.WorkingSetSize as u64),
        }
    };
    entries.into_iter().map(listed).collect()
}

/// Ends a process at once.
pub(crate) fn end(id: u32) {
    // One that has ended meanwhile, or is not this user's, cannot be ended.
    if let Ok(process) = HPROCESS::OpenProcess(PROCESS::TERMINATE, false, id) {
        let _ = process.TerminateProcess(1);
    }
}

/// Tells whether a process runs.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    listed(pid).is_ok_and(|process| process.is_some())
}
