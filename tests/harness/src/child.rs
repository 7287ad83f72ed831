//! A child process whose output is collected and which does not outlive the test.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::{PATIENCE, fail, until};

/// A running child. Killed when dropped.
pub struct Child {
    process: std::process::Child,
    output: Arc<Mutex<String>>,
    /// Pipes that have not been read to their end.
    open: Arc<AtomicUsize>,
    deaf: Arc<AtomicBool>,
}

impl Child {
    /// Starts a command with its output collected and its standard input open.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut process = spawned.unwrap_or_else(|error| fail(&format!("cannot start {command:?}"), error));
        let output = Arc::new(Mutex::new(String::new()));
        let open = Arc::new(AtomicUsize::new(0));
        let deaf = Arc::new(AtomicBool::new(false));
        if let (Some(stdout), Some(stderr)) = (process.stdout.take(), process.stderr.take()) {
            collect(stdout, &output, &open, &deaf);
            collect(stderr, &output, &open, &deaf);
        }
        Self { process, output, open, deaf }
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its output so far, both streams, line by line.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that it wrote, once it has ended: its pipes may hold more than was collected by then.
    #[must_use]
    pub fn last_output(&self) -> String {
        until(PATIENCE, || match self.open.load(Ordering::Acquire) {
            0 => Ok(self.output()),
            open => Err(format!("{open} pipes of the child are still open")),
        })
    }

    /// Has its output read on, or not: then its pipes fill up.
    pub fn read_output(&self, read: bool) {
        self.deaf.store(!read, Ordering::Relaxed);
    }

    /// Waits for the line that says where it listens.
    #[must_use]
    pub fn address(&mut self) -> SocketAddr {
        until(PATIENCE, || {
            let output = self.output();
            if let Some(address) = listening(&output) {
                return Ok(address);
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                fail("the child ended before it listened", format!("{status}\n{output}"));
            }
            Err(format!("no line says where it listens:\n{output}"))
        })
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        if let Some(Err(error)) = pid.map(|pid| kill_process(pid, signal)) {
            fail("cannot signal the child", error);
        }
    }

    /// Stops it, as a busy machine does, and waits until every thread of it stands; `Signal::CONT` has it go on.
    pub fn suspend(&self) {
        self.signal(Signal::STOP);
        let stands = |stat: &str| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'));
        until(PATIENCE, || {
            let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid())) else { return Ok(()) };
            for thread in threads.flatten() {
                let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
                if !stands(&stat) {
                    return Err(format!("a thread does not stop: {stat}"));
                }
            }
            Ok(())
        });
    }

    /// Tells whether it still runs.
    #[must_use]
    pub fn runs(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Waits for its end; `None` for an end by a signal.
    pub fn exit_code(&mut self) -> Option<i32> {
        let status: ExitStatus = until(PATIENCE, || match self.process.try_wait() {
            Ok(Some(status)) => Ok(status),
            other => Err(format!("the child does not end ({other:?}):\n{}", self.output())),
        });
        status.code()
    }

    /// Closes its standard input.
    pub fn close_stdin(&mut self) {
        drop(self.process.stdin.take());
    }

    /// Open descriptors; `None` where the system does not tell.
    #[must_use]
    pub fn descriptors(&self) -> Option<u64> {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", self.pid())).ok()?;
        Some(entries.count() as u64)
    }

    /// Its descriptors' targets, one a line, for messages.
    #[must_use]
    pub fn describe_descriptors(&self) -> String {
        let Ok(entries) = std::fs::read_dir(format!("/proc/{}/fd", self.pid())) else { return String::new() };
        let targets = entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
        targets.map(|target| format!("{}\n", target.display())).collect()
    }

    /// Resident memory in bytes; `None` where the system does not tell.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.read_output(true);
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let output = self.output();
            let tail = output.len().saturating_sub(4000);
            let tail = (tail..output.len()).find(|at| output.is_char_boundary(*at)).unwrap_or(0);
            let output = &output[tail..];
            #[expect(clippy::print_stderr, reason = "the test runner shows it with the failure")]
            {
                eprintln!("--- output of process {} ---\n{output}", self.pid());
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "ends with the child whose pipe it reads")]
fn collect(
    pipe: impl Read + Send + 'static,
    output: &Arc<Mutex<String>>,
    open: &Arc<AtomicUsize>,
    deaf: &Arc<AtomicBool>,
) {
    let (output, open, deaf) = (Arc::clone(output), Arc::clone(open), Arc::clone(deaf));
    open.fetch_add(1, Ordering::Relaxed);
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            output.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
            line.clear();
            while deaf.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(10));
            }
        }
        open.fetch_sub(1, Ordering::Release);
    });
}

fn listening(output: &str) -> Option<SocketAddr> {
    let after = output.split_once("listening on http")?.1;
    let after = after.strip_prefix("s://").or_else(|| after.strip_prefix("://"))?;
    let end = after.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c)))?;
    after[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::listening;

    #[test]
    fn the_address_is_found_in_text_and_json_but_not_before_its_line_is_whole() {
        let found = Some(([127, 0, 0, 1], 4321).into());
        assert_eq!(listening("x\nlistening on http://127.0.0.1:4321\n"), found);
        assert_eq!(listening("x\nlistening on https://127.0.0.1:4321\n"), found);
        assert_eq!(listening("{\"message\":\"listening on http://127.0.0.1:4321\"}"), found);
        assert_eq!(listening("listening on http://127.0.0.1:43"), None);
    }
}
