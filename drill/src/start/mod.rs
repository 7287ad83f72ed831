//! A relay that a user has the drill start: a command, the processes that it becomes, their memory, and their end.
//!
//! Whatever ends the drill ends them: they are ended when a [`Started`] is dropped, and by a guard where the drill has no time
//! to. Nothing else is ever ended here.

mod cage;
mod guard;
mod kin;
mod machine;
mod output;
mod tree;
mod watch;

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;

use cage::Cage;
use guard::Guard;
use kin::Kin;
use machine::memory;
pub(crate) use machine::most;
use output::Output;
use tree::Processes;
pub(crate) use tree::Sum;
pub(crate) use watch::{Limit, Watch};

use crate::system;

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

/// The processes of a command.
pub(crate) struct Group {
    root: u32,
    /// In bytes, together.
    limit: Option<u64>,
    cage: Option<Cage>,
    kin: Mutex<Kin>,
    guard: Mutex<Option<Guard>>,
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
        let mut shell = shell(command, cage.as_ref());
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = shell.spawn().context("no shell to start the command with")?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        let group = Arc::new(Group::new(process.id(), limit, cage));
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
        self.group.cage.as_ref().is_some_and(Cage::has_killed)
    }

    /// The end of its output.
    pub(crate) fn output(&self) -> String {
        self.output.end()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.group.ask_to_end();
        let begun = Instant::now();
        while begun.elapsed() < POLITE && (self.ended().is_none() || self.group.is_alive()) {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.group.kill();
        let mut process = lock(&self.process);
        // It may have ended by itself.
        let _ = process.kill();
        let _ = process.wait();
        self.group.cage.iter().for_each(Cage::remove);
        // There is nobody left to be ended.
        drop(lock(&self.group.guard).take());
    }
}

impl Group {
    fn new(root: u32, limit: Option<u64>, cage: Option<Cage>) -> Self {
        let guard = Guard::over(root, cage.as_ref().map(Cage::path));
        let adopter = system::adopter().map(|id| (id, guard.iter().map(Guard::id).collect()));
        let kin = Kin::new(root, &Processes::now(), adopter);
        Self { root, limit, cage, kin: Mutex::new(kin), guard: Mutex::new(guard) }
    }

    /// The live processes.
    pub(crate) fn members(&self) -> Vec<u32> {
        self.members_of(&Processes::now())
    }

    /// Those of them that there were in this moment. Takes note of the ends of orphans, and tells the guard who is there.
    fn members_of(&self, all: &Processes) -> Vec<u32> {
        let kin::Members { mut live, ended } = lock(&self.kin).look(all);
        ended.into_iter().for_each(system::reap);
        if let Some(cage) = &self.cage {
            // One that entered it after that moment has no numbers in it.
            live.extend(cage.members().into_iter().filter(|id| all.is_live(*id)));
            live.sort_unstable();
            live.dedup();
        }
        if let Some(guard) = lock(&self.guard).as_mut() {
            guard.tell(&live);
        }
        live
    }

    fn is_alive(&self) -> bool {
        !self.members().is_empty()
    }

    fn ask_to_end(&self) {
        let members = self.members();
        system::signal_group(self.root, &members, system::Signal::Terminate);
    }

    /// Ends all of them at once, and comes back when they are gone: one that has much memory lives on until the kernel has
    /// taken it back. Again and again, because who is ended last may have started another one meanwhile.
    pub(crate) fn kill(&self) {
        self.cage.iter().for_each(Cage::kill);
        let begun = Instant::now();
        loop {
            let members = self.members();
            system::signal_group(self.root, &members, system::Signal::Kill);
            if members.is_empty() || begun.elapsed() > SURE {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The shell enters the control group before it becomes the command, so that no child is outside. Where the kernel refuses
/// that, the command runs without.
#[cfg(unix)]
fn shell(command: &str, cage: Option<&Cage>) -> Command {
    use std::os::unix::process::CommandExt;
    let mut shell = Command::new("sh");
    shell.process_group(0);
    match cage {
        None => shell.arg("-c").arg(command),
        Some(cage) => shell.args(["-c", "echo $$ >\"$0\"; exec sh -c \"$1\""]).arg(cage.entry()).arg(command),
    };
    shell
}

#[cfg(windows)]
fn shell(command: &str, _: Option<&Cage>) -> Command {
    use std::os::windows::process::CommandExt;
    let mut shell = Command::new("cmd");
    // As it is: `cmd` has rules of its own for quotes.
    shell.arg("/C").raw_arg(command);
    shell
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
        assert!(until(|| started.output() == "begun" && group.members().len() == 3), "{:?}", group.members());
        drop(started);
        assert!(group.members().is_empty());
    }

    /// It has left the group, and its parent is gone: it is known from a look before that, or by its control group.
    #[test]
    fn who_has_left_the_group_and_lost_its_parent_is_ended_too() {
        let command = "sh -c 'setsid sleep 100 & exec sleep 0.5'; exec sleep 100";
        let started = Started::start(command, None).unwrap();
        let group = started.group();
        let away = || {
            let all = Processes::now();
            let outside =
                |id: &u32| all.iter().any(|(other, process)| other == *id && process.group != group.root);
            group.members_of(&all).into_iter().find(outside)
        };
        let mut orphan = 0;
        assert!(until(|| {
            orphan = away().unwrap_or(0);
            orphan != 0
                && Processes::now().parent(orphan).is_some_and(|parent| !group.members().contains(&parent))
        }));
        assert!(group.members().contains(&orphan));
        drop(started);
        assert!(!Processes::now().is_live(orphan));
    }

    /// What stands in for the drill is killed; the guard's pipe ends with it.
    #[test]
    fn a_guard_ends_what_is_left_without_a_drill() {
        let started = Started::start("sleep 100 & setsid sleep 100 & wait", None).unwrap();
        let group = started.group();
        assert!(until(|| group.members().len() == 3), "{:?}", group.members());
        let members = group.members();
        // As if nothing of this program were left that could say that all is over.
        lock(&group.guard).as_mut().unwrap().vanish();
        let all_gone = || members.iter().all(|id| !Processes::now().is_live(*id));
        assert!(until(all_gone), "{members:?}");
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
