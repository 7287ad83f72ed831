//! Linux, where they stand in `/proc`.

use std::fs;
use std::io;
use std::path::PathBuf;

use vitals::Sample;
use vitals::cgroup::memory_limit;

use crate::reading::{Fault, Process as Trouble, Unusable};
use crate::source::{PollError, content};

#[derive(Debug)]
pub(in crate::source) struct Process {
    pid: u32,
    folder: PathBuf,
    /// When it started, in the system's ticks: another process may get its number.
    born: Option<u64>,
}

impl Process {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// The system does not tell.
    pub(in crate::source) fn new(pid: u32) -> Result<Self, Unusable> {
        if !cfg!(target_os = "linux") {
            return Err(Unusable::ForeignSystem);
        }
        Ok(Self { pid, folder: PathBuf::from(format!("/proc/{pid}")), born: None })
    }

    /// For people and files.
    pub(in crate::source) fn shown(&self) -> String {
        format!("process {}", self.pid)
    }

    pub(in crate::source) fn look(&mut self) -> Result<(Sample, Option<String>), PollError> {
        let gone = |trouble| PollError::from(Fault::Process { pid: self.pid, trouble });
        let read = |name: &str| fs::read_to_string(self.folder.join(name));
        let (status, stat) =
            read("status").and_then(|status| Ok((status, read("stat")?))).map_err(|error| {
                gone(match error.kind() {
                    io::ErrorKind::NotFound => Trouble::Missing,
                    _ => Trouble::Hidden { error: error.to_string() },
                })
            })?;
        let born = born(&stat);
        if self.born.is_some() && self.born != born {
            return Err(gone(Trouble::Replaced));
        }
        self.born = born;
        if field(&status, "State:").is_some_and(|state| state.starts_with('Z')) {
            return Err(gone(Trouble::Zombie));
        }
        let number = |name| field(&status, name).and_then(|value| value.parse::<u64>().ok());
        let rss =
            field(&status, "VmRSS:").and_then(|value| value.strip_suffix("kB")?.trim().parse::<u64>().ok());
        let sample = Sample {
            rss_bytes: rss.map(|kib| kib << 10),
            threads: number("Threads:"),
            // Without the right to look, the number of descriptors is unknown; the rest is not.
            open_fds: fs::read_dir(self.folder.join("fd")).ok().map(|entries| entries.count() as u64),
            max_fds: read("limits").ok().as_deref().and_then(limit),
            memory_limit: read("cgroup")
                .ok()
                .and_then(|groups| memory_limit(&groups, |path| fs::read_to_string(path).ok())),
            start_time: born.and_then(|ticks| Some(booted()? + ticks / TICKS)),
            ..Sample::default()
        };
        let name = field(&status, "Name:").and_then(content::word);
        Ok((sample, name.map(|name| self.runtime(&name).map_or(name.clone(), |by| format!("{name} ({by})")))))
    }

    /// What runs a script that has a name of its own: `python3.12`.
    fn runtime(&self, name: &str) -> Option<String> {
        let exe = fs::read_link(self.folder.join("exe")).ok()?;
        let exe = exe.file_name()?.to_str()?;
        let runs = ["python", "pypy", "node"].iter().any(|known| exe.starts_with(known));
        (runs && !name.starts_with(exe) && !exe.starts_with(name)).then(|| content::word(exe))?
    }
}

/// The unit of times in `/proc/PID/stat`: 100 a second on every Linux, whatever its timer (`USER_HZ`).
const TICKS: u64 = 100;

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// The 22nd field, counted behind the name, which may hold blanks and parentheses.
fn born(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

fn limit(limits: &str) -> Option<u64> {
    field(limits, "Max open files")?.split_whitespace().next()?.parse().ok()
}

fn booted() -> Option<u64> {
    field(&fs::read_to_string("/proc/stat").ok()?, "btime")?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::source::ErrorKind;
    use crate::words::en;

    #[test]
    fn this_process() {
        let mut process = Process::new(std::process::id()).unwrap();
        let (before, name) = process.look().unwrap();
        assert!(name.is_some());
        assert!(before.rss_bytes.unwrap() > 1 << 20 && before.threads.unwrap() >= 1, "{before:?}");
        assert!(before.max_fds.unwrap() > before.open_fds.unwrap(), "{before:?}");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!(
            before.start_time.unwrap() <= now + 1 && before.start_time.unwrap() > now - 24 * 3600,
            "{before:?}"
        );
        let opened: Vec<_> = (0..40).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        let (after, _) = process.look().unwrap();
        assert!(after.open_fds.unwrap() >= before.open_fds.unwrap() + 30, "{before:?} {after:?}");
        drop(opened);
    }

    #[test]
    fn a_process_that_is_not_there_any_more() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut process = Process::new(child.id()).unwrap();
        process.look().unwrap();
        process.born = process.born.map(|ticks| ticks - 1);
        assert!(en::error_seen(&process.look().unwrap_err()).contains("another one has its number"));
        process.born = None;
        child.kill().unwrap();
        let zombie = crate::source::wait_for(|| process.look().err());
        assert!(en::error_seen(&zombie).contains("has ended"), "{zombie}");
        child.wait().unwrap();
        let gone = process.look().unwrap_err();
        assert_eq!(
            (gone.kind, en::error_seen(&gone).contains("there is no process")),
            (ErrorKind::Refused, true),
            "{gone}"
        );
    }

    #[test]
    fn names_with_parentheses() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1";
        assert_eq!(born(stat), Some(4711));
        assert_eq!(
            limit("Limit Soft Hard\nMax open files            1024                 4096   files\n"),
            Some(1024)
        );
        assert_eq!(
            limit("Max open files            unlimited            unlimited            files\n"),
            None
        );
    }
}
