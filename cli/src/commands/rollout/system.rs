//! Programs of the system: they answer at once, in plain English, or are ended.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use vitals::exit;

use crate::output::Failure;
use crate::words;

/// One that has not answered by then hangs.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);

pub(super) fn refused(command: &str, what: &str) -> Failure {
    Failure::Said { code: exit::DANGER, text: words::not_installed(command, what) }
}

/// A program that is not there, or hangs.
pub(super) fn unanswered(program: &str, line: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Failure::Said { code: exit::DANGER, text: words::no_scheduler(program) },
        _ => refused(line, &error.to_string()),
    }
}

/// A program of the system.
pub(super) fn call(program: &str, args: &[&str], input: Option<&str>) -> Result<(), Failure> {
    let line = format!("{program} {}", args.join(" "));
    let output = answer(program, args, input).map_err(|error| unanswered(program, &line, &error))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(refused(&line, String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// What a program of the system says, in plain English. It answers at once, or is ended.
pub(super) fn answer(program: &str, args: &[&str], input: Option<&str>) -> io::Result<Output> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C").stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), input) {
        // One that does not read it says why when it ends.
        let _ = pipe.write_all(text.as_bytes());
    }
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        sleep(LOOK);
    }
    child.wait_with_output()
}
