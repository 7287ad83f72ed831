//! What the drill asks of the operating system: signals, limits and the processor time of a relay that it started.

use std::fmt;

/// This machine cannot do what a row needs: the row is skipped for this reason.
#[derive(Debug)]
pub(crate) struct NotHere(pub(crate) String);

impl fmt::Display for NotHere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotHere {}

/// A signal to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Drain and stop.
    Terminate,
    /// Read the configuration again.
    Reload,
    /// Stand still, as on a suspended machine.
    Stop,
    /// Go on.
    Continue,
}

#[cfg(unix)]
mod here {
    use anyhow::Context;
    use rustix::process::{Pid, kill_process};

    use super::Signal;

    fn pid(id: u32) -> anyhow::Result<Pid> {
        i32::try_from(id).ok().and_then(Pid::from_raw).context("no such process")
    }

    fn number(signal: Signal) -> rustix::process::Signal {
        match signal {
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Reload => rustix::process::Signal::HUP,
            Signal::Stop => rustix::process::Signal::STOP,
            Signal::Continue => rustix::process::Signal::CONT,
        }
    }

    pub(crate) fn signal(id: u32, signal: Signal) -> anyhow::Result<()> {
        kill_process(pid(id)?, number(signal)).context("cannot signal the relay")
    }

    /// Tells whether whoever started this process wants it to outlive its terminal, as `nohup` does.
    #[cfg(target_os = "linux")]
    pub(crate) fn ignores_hangup() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        // proc(5): the lowest bit is the signal of number 1, which this is.
        mask.is_none_or(|mask| mask & 1 != 0)
    }

    /// Sets the limit of a process' descriptors; `None` puts it back to what is allowed.
    #[cfg(target_os = "linux")]
    pub(crate) fn limit_descriptors(id: u32, to: Option<u64>) -> anyhow::Result<()> {
        use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
        let maximum = getrlimit(Resource::Nofile).maximum;
        let limit = Rlimit { current: to.or(maximum), maximum };
        prlimit(Some(pid(id)?), Resource::Nofile, limit).context("cannot set the relay's limit")?;
        Ok(())
    }

    /// Makes a named pipe: whoever opens it to read waits until somebody writes.
    #[cfg(target_os = "linux")]
    pub(crate) fn make_pipe(path: &std::path::Path) -> anyhow::Result<()> {
        use rustix::fs::{CWD, Mode, mkfifoat};
        mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).context("cannot make a named pipe")
    }

    /// Opens a named pipe to write, without waiting: an error while nobody reads.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_pipe(path: &std::path::Path) -> anyhow::Result<std::fs::File> {
        use rustix::fs::{Mode, OFlags, open};
        let opened = open(path, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty());
        Ok(std::fs::File::from(opened.context("nobody reads from the pipe")?))
    }

    /// Lets this process have as many descriptors as it may; returns how many that are.
    pub(crate) fn raise_own_limit() -> u64 {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Nofile).maximum;
        // A refusal leaves the limit as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
        getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
    }

    /// Processor time that a process has used so far, in hundredths of a second.
    #[cfg(target_os = "linux")]
    pub(crate) fn ticks(id: u32) -> anyhow::Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).context("no such process")?;
        let (_, after) = stat.rsplit_once(')').context("/proc has another form")?;
        let numbers = after.split_whitespace().skip(11).take(2);
        Ok(numbers.filter_map(|number| number.parse::<u64>().ok()).sum())
    }

    /// Tells whether this process' parent is still that one.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_child_of(parent: u32) -> bool {
        rustix::process::getppid().is_some_and(|pid| u32::try_from(pid.as_raw_nonzero().get()) == Ok(parent))
    }

    /// Ends this process when the one that started it dies, however it dies.
    #[cfg(target_os = "linux")]
    pub(crate) fn die_with_parent() {
        // Where it is refused, the parent's own end is what is left.
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    }
}

#[cfg(not(unix))]
mod here {
    pub(crate) fn signal(_: u32, _: super::Signal) -> anyhow::Result<()> {
        Err(super::NotHere("needs signals, which this system does not have".to_owned()).into())
    }

    pub(crate) fn raise_own_limit() -> u64 {
        u64::MAX
    }
}

#[cfg(not(target_os = "linux"))]
mod only_linux {
    fn not_here() -> anyhow::Error {
        super::NotHere("needs Linux, where a process' limits and times can be reached".to_owned()).into()
    }

    pub(crate) fn limit_descriptors(_: u32, _: Option<u64>) -> anyhow::Result<()> {
        Err(not_here())
    }

    pub(crate) fn ticks(_: u32) -> anyhow::Result<u64> {
        Err(not_here())
    }

    pub(crate) fn make_pipe(_: &std::path::Path) -> anyhow::Result<()> {
        Err(not_here())
    }

    pub(crate) fn open_pipe(_: &std::path::Path) -> anyhow::Result<std::fs::File> {
        Err(not_here())
    }

    pub(crate) fn die_with_parent() {}

    /// Not known: the signal does what it does, and a guard ends what was started.
    #[cfg(unix)]
    pub(crate) fn ignores_hangup() -> bool {
        true
    }

    #[cfg(not(windows))]
    pub(crate) fn is_alive(_: u32) -> bool {
        true
    }

    pub(crate) fn is_child_of(_: u32) -> bool {
        true
    }
}

pub(crate) use here::*;
#[cfg(not(target_os = "linux"))]
pub(crate) use only_linux::*;
#[cfg(any(target_os = "linux", windows))]
pub(crate) use process::is_alive;
