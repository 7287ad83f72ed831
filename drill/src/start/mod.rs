//! A relay that a user has the drill start: a command, the processes that it becomes, their memory, and their end.
//!
//! Whatever ends the drill ends them: they are ended when a [`Started`] is dropped, and by a guard where the drill has no time
//! to. Nothing else is ever ended here.

mod machine;
mod output;
mod watch;

use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use process::fence::{Around, Cage, Fence, shell};

use machine::memory;
pub(crate) use machine::most;
use output::Output;
pub(crate) use watch::{Limit, Watch};

/// How long processes have to end by themselves.
const POLITE: Duration = Duration::from_secs(3);

/// How long the kernel may take to end them.
const SURE: Duration = Duration::from_secs(10);

/// A command that runs.
pub(crate) struct Started {
    process: Mutex<Child>,
    group: Arc<Group>,
    output: Output,
}

/// The processes of a command, and what they may have.
pub(crate) struct Group {
    fence: Fence,
    /// Bytes of memory, together.
    limit: Option<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Started {
    /// Starts a command in a process group of its own, with a limit of memory in bytes.
    ///
    /// # Errors
    /// There is no shell, or no thread to read what it writes.
    pub(crate) fn start(command: &str, limit: Option<u64>) -> anyhow::Result<Self> {
        let cage = Cage::make(limit);
        let mut shell = shell(command, Around::Within, cage.as_ref());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = shell.spawn().context("no shell to start the command with")?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        let group = Arc::new(Group { fence: Fence::guarded(process.id(), cage), limit });
        let started = Self { process: Mutex::new(process), group, output: Output::default() };
        stdout.into_iter().try_for_each(|pipe| started.output.collect(pipe))?;
        stderr.into_iter().try_for_each(|pipe| started.output.collect(pipe))?;
        Ok(started)
    }

    pub(crate) fn group(&self) -> Arc<Group> {
        Arc::clone(&self.group)
    }

    /// Tells how it has ended, if it has.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        lock(&self.process).try_wait().ok().flatten()
    }

    /// Tells whether the kernel has ended it at its limit.
    pub(crate) fn was_killed_at_limit(&self) -> bool {
        self.group.fence.was_killed_at_limit()
    }

    /// The end of its output.
    pub(crate) fn output(&self) -> String {
        self.output.end()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let fence = &self.group.fence;
        fence.ask_to_end();
        let begun = Instant::now();
        while begun.elapsed() < POLITE && (self.ended().is_none() || !fence.is_empty()) {
            std::thread::sleep(Duration::from_millis(20));
        }
        fence.kill(SURE);
        let mut process = lock(&self.process);
        // It may have ended by itself.
        let _ = process.kill();
        let _ = process.wait();
        fence.take_down();
    }
}

impl Group {
    /// Ends all of them at once, and comes back when they are gone.
    pub(crate) fn kill(&self) {
        self.fence.kill(SURE);
    }
}

/// Half of what is free, for a relay whose limit nobody has said.
pub(crate) fn half_of_what_is_free() -> Option<u64> {
    memory().map(|memory| memory.free / 2)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn until(mut what: impl FnMut() -> bool) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if what() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    #[test]
    fn a_command_is_ended_with_its_children_and_its_last_words_are_kept() {
        let started = Started::start("echo begun; sleep 100 & setsid sleep 100 & wait", None).unwrap();
        let group = started.group();
        let members = || group.fence.members();
        assert!(until(|| started.output() == "begun" && members().len() == 3), "{:?}", members());
        drop(started);
        assert!(group.fence.is_empty());
    }

    #[test]
    fn an_end_is_told_with_its_status() {
        let started = Started::start("echo oops >&2; exit 7", None).unwrap();
        assert!(until(|| started.ended().is_some() && started.output() == "oops"));
        assert_eq!(started.ended().and_then(|status| status.code()), Some(7));
        let missing = Started::start("no-such-relay --port 1", None).unwrap();
        assert!(until(|| missing.ended().is_some() && missing.output().contains("no-such-relay")));
    }

    /// By the kernel where a control group can be made, and otherwise by the drill.
    #[test]
    fn a_limit_of_memory_holds() {
        // Grows by a few MiB a turn; without an end to it this is the machine's end.
        let grows = "x=x; while [ ${#x} -lt 300000000 ]; do x=$x$x; done; sleep 100";
        let watch = Watch::begin().unwrap();
        let started = Started::start(grows, Some(64 << 20)).unwrap();
        watch.look_at(Some(started.group()));
        assert!(until(|| started.ended().is_some()), "{} bytes", watch.resident());
        assert!(watch.has_ended() == Some(Limit::Own) || started.was_killed_at_limit());
        assert!(watch.peak() > 8 << 20, "{} bytes at the most", watch.peak());
    }
}
