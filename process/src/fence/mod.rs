//! A fence around a command: all processes that it has become, and their end, also of those that have left its group and lost
//! their parent. Windows shows children alone: who has lost its parent is lost there. A system that shows no processes ends the
//! group alone.
//!
//! - [`shell`] starts it, and its processes are a group of their own: Ctrl-C at the terminal is not for them.
//! - [`Fence`] knows who they are now, and ends them.

mod cage;
mod guard;
mod kin;
mod mark;
mod processes;
mod signals;

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use cage::Cage;
use guard::Guard;
use kin::{Kin, Members};
#[cfg(target_os = "linux")]
pub use processes::is_alive;
pub use processes::{Processes, Sum};
pub(crate) use processes::{began, is_group_there};
pub use signals::adopt_orphans;

/// Between two looks whether they have ended.
const LOOK: Duration = Duration::from_millis(10);

/// The processes of a command.
pub struct Fence {
    root: u32,
    cage: Option<Cage>,
    kin: Mutex<Kin>,
    guard: Mutex<Option<Guard>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fence {
    /// Around the command with this number, which began then.
    pub(crate) fn around(root: u32, began: Option<u64>) -> Self {
        Self { root, cage: None, kin: Mutex::new(Kin::new(root, began, None)), guard: Mutex::new(None) }
    }

    /// Around a command that ends with this process, however that ends, and that has just begun. `cage` is what it was told to
    /// enter. Where this process adopts orphans, all that it has not started itself are the command's.
    #[must_use]
    pub fn guarded(root: u32, cage: Option<Cage>) -> Self {
        let guard = Guard::over(root, cage.as_ref().map(Cage::path));
        let adopter = signals::adopter().map(|id| (id, guard.iter().map(Guard::id).collect()));
        let kin = Kin::new(root, began(root), adopter);
        Self { root, cage, kin: Mutex::new(kin), guard: Mutex::new(guard) }
    }

    /// The live processes.
    #[must_use]
    pub fn members(&self) -> Vec<u32> {
        self.members_of(&Processes::now())
    }

    /// Those of them that there were in this moment. Takes note of the ends of orphans, and tells the guard who is there.
    #[must_use]
    pub fn members_of(&self, all: &Processes) -> Vec<u32> {
        let Members { mut live, ended } = lock(&self.kin).look(all);
        ended.into_iter().for_each(signals::reap);
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

    /// Nobody is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        if cfg!(any(target_os = "linux", windows)) {
            self.members().is_empty()
        } else {
            !is_group_there(self.root)
        }
    }

    /// Tells whether the kernel has ended it at its limit of memory.
    #[must_use]
    pub fn was_killed_at_limit(&self) -> bool {
        self.cage.as_ref().is_some_and(Cage::has_killed)
    }

    /// Asks all of them to end. There is no polite way on Windows: there it ends them.
    pub fn ask_to_end(&self) {
        self.signal(false);
    }

    /// Those that there were.
    fn signal(&self, kill: bool) -> Vec<u32> {
        let all = Processes::now();
        let members = self.members_of(&all);
        let group = lock(&self.kin).has_group(&all).then_some(self.root);
        signals::to_all(group, &members, kill);
        members
    }

    /// Ends all of them at once, and comes back when they are gone, or when this time is over: one that has much memory lives on
    /// until the kernel has taken it back. Again and again, because who is ended last may have started another one meanwhile.
    pub fn kill(&self, within: Duration) {
        self.cage.iter().for_each(Cage::kill);
        let begun = Instant::now();
        loop {
            let members = self.signal(true);
            if members.is_empty() || begun.elapsed() > within {
                return;
            }
            sleep(LOOK / 2);
        }
    }

    /// Ends them politely, and then at once. `has_ended` is asked often, and tells whether the command itself has: whoever is its
    /// parent must take note of that.
    pub(crate) fn end(&self, polite: Duration, sure: Duration, mut has_ended: impl FnMut() -> bool) {
        self.ask_to_end();
        let begun = Instant::now();
        while !(has_ended() && self.is_empty()) && begun.elapsed() < polite {
            sleep(LOOK);
        }
        // Also whoever is left, and whoever has just begun.
        self.kill(sure);
    }

    /// There is nobody left to be ended.
    pub fn take_down(&self) {
        self.cage.iter().for_each(Cage::remove);
        drop(lock(&self.guard).take());
    }

    #[cfg(test)]
    #[cfg(target_os = "linux")]
    fn vanish(&self) {
        lock(&self.guard).iter_mut().for_each(Guard::vanish);
    }
}

/// Whether what is started goes on when a command around it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// It is one of that command's processes.
    Within,
    /// It is nobody's but its own.
    Alone,
}

/// A shell that becomes the command, in a process group of its own and with its mark, after it has entered the control group,
/// so that no child is outside. Where the kernel refuses that, the command runs without.
#[must_use]
#[cfg(unix)]
pub fn shell(command: &str, around: Around, cage: Option<&Cage>) -> Command {
    use std::os::unix::process::CommandExt;
    let enters = if cage.is_some() { "echo $$ >\"$1\"\n" } else { "" };
    let marks = if cfg!(target_os = "linux") { mark::SCRIPT } else { "" };
    let mut shell = Command::new("sh");
    shell.process_group(0).arg("-c").arg(format!("{enters}{marks}exec sh -c \"$0\"")).arg(command);
    shell.args(cage.map(Cage::entry));
    if around == Around::Alone {
        shell.env_remove(mark::NAME);
    }
    shell
}

/// A shell that becomes the command, in a process group of its own.
#[must_use]
#[cfg(windows)]
pub fn shell(command: &str, _: Around, _: Option<&Cage>) -> Command {
    use std::os::windows::process::CommandExt;
    /// `CREATE_NEW_PROCESS_GROUP`: Ctrl-C at the console is not for it.
    const OWN_GROUP: u32 = 0x0000_0200;
    let mut shell = Command::new("cmd");
    // As it is: `cmd` has rules of its own for quotes.
    shell.arg("/C").raw_arg(command).creation_flags(OWN_GROUP);
    shell
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
