//! Another program's answer, within a deadline.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// More than a pipe holds would block the program, which the deadline then ends.
const CAP: u64 = 64 << 10;
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The output of a program on both streams, or nothing when it is not there, fails, or takes too long.
pub(super) fn output(program: &str, args: &[&str], timeout: Duration) -> Option<String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let deadline = Instant::now() + timeout;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(LOOK_AGAIN),
            _ => {
                // Already gone, or not ours to end: both are fine.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = Vec::new();
    // A grandchild may keep the pipe open: what is there is taken, as much as a pipe holds.
    child.stdout.take()?.take(CAP).read_to_end(&mut text).ok()?;
    child.stderr.take()?.take(CAP).read_to_end(&mut text).ok()?;
    status.success().then(|| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn answers_failures_and_silence() {
        let run = |script: &str, timeout| output("sh", &["-c", script], timeout);
        let long = Duration::from_secs(30);
        assert_eq!(run("echo a; echo b >&2", long).as_deref(), Some("a\nb\n"));
        assert_eq!(run("echo a; exit 1", long), None);
        assert_eq!(output("/nonexistent", &[], long), None);
        let start = Instant::now();
        assert_eq!(run("exec sleep 60", Duration::from_millis(100)), None);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
