//! Ends what this process has started when it is killed in a way that leaves it no time to (SIGKILL, a crash): a shell that
//! waits for the end of a pipe which only this process holds open.
//!
//! It stands in a process group of its own, so that no Ctrl-C reaches it, and is told who has left the group of the
//! command. There is none on Windows.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The last line counts: who is to be ended beside the group, or that all is over.
const SCRIPT: &str = r#"trap '' HUP INT TERM
last=
while read -r line; do last=$line; done
[ "$last" = over ] && exit
[ -n "$1" ] && echo 1 >"$1/cgroup.kill"
kill -s KILL -- "-$0" $last
[ -n "$1" ] && for i in 1 2 3 4 5; do rmdir "$1" && break; sleep 0.2; done"#;
/// So many are told of: a line fits into the pipe by far.
const MOST: usize = 500;
/// How long it may take to leave.
const LEAVES: Duration = Duration::from_secs(1);

pub(super) struct Guard {
    process: Child,
    told: Vec<u32>,
}

impl Guard {
    /// One for this process group, and this control group; `None` where there is no shell for it.
    pub(super) fn over(group: u32, cage: Option<&Path>) -> Option<Self> {
        if cfg!(not(unix)) {
            return None;
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, &group.to_string()]).arg(cage.unwrap_or(Path::new("")));
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Some(Self { process: shell.spawn().ok()?, told: Vec::new() })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// These belong to it, wherever they are.
    pub(super) fn tell(&mut self, members: &[u32]) {
        let members = &members[..members.len().min(MOST)];
        if members != self.told {
            self.told = members.to_vec();
            let numbers: Vec<String> = members.iter().map(u32::to_string).collect();
            self.say(&numbers.join(" "));
        }
    }

    /// The pipe ends as it does with this process.
    #[cfg(test)]
    pub(super) fn vanish(&mut self) {
        drop(self.process.stdin.take());
    }

    fn say(&mut self, line: &str) {
        if let Some(pipe) = &mut self.process.stdin {
            // One that is gone guards nothing: then this process' own end is what is left.
            let _ = pipe.write_all(format!("{line}\n").as_bytes());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.say("over");
        drop(self.process.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < LEAVES {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
