//! A command that a user wrote, run by the shell: its output is kept, there is an end to its time, and whatever it has
//! started ends with it when that end comes. One that ends by itself may leave processes behind, as a start does.
//!
//! On Unix its processes are a group of their own: Ctrl-C at the terminal is for whoever runs it, not for it.

mod kept;
#[cfg(windows)]
mod outputs;
mod tree;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use kept::Kept;
use tree::{Living, stop_tree};
pub use tree::{Named, end, end_all, is_there};

use crate::fence::{self, Around};

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// How long its output may last beyond its end: longer where a process that it left behind holds on to it.
const REST: Duration = Duration::from_millis(500);

/// What is to be run.
#[derive(Debug)]
pub struct Order<'a> {
    /// As a shell reads it: `sh -c`, on Windows `cmd /C`.
    pub command: &'a str,
    /// Added to the environment of this process.
    pub env: &'a [(String, String)],
    /// Its standard input; empty: there is none.
    pub input: &'a [u8],
    /// Where it runs; `None`: where this process does.
    pub folder: Option<&'a Path>,
    /// How many bytes of its output are kept: half of them from its beginning, half from its end.
    pub most: usize,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Exit(ExitStatus),
    /// Its time was over; it was ended with all that it had started.
    Deadline,
    /// Whoever runs it was asked to stop; it was ended with all that it had started.
    Stopped,
}

impl End {
    /// It has done what it was to do.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Exit(status) if status.success())
    }
}

/// What became of it.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// What it wrote, on both of its outputs, in order.
    pub output: Kept,
    /// From its start to its end.
    pub took: Duration,
}

/// Runs it to its end. `hear` gets every piece of its output at once, from another thread; `stop` is asked often.
///
/// # Errors
/// The system's: there is no shell, no folder, or no thread or pipe to be had.
pub fn run(
    order: &Order<'_>,
    limit: Duration,
    stop: &dyn Fn() -> bool,
    hear: impl FnMut(&[u8]) + Send + 'static,
) -> io::Result<Ran> {
    let begun = Instant::now();
    let (reader, writer) = io::pipe()?;
    let mut shell = prepared(order, Around::Within);
    shell.stdout(writer.try_clone()?).stderr(writer);
    let mut child = shell.spawn()?;
    let named = Named::of(child.id());
    let living = Living::new(named);
    // Its ends of the pipe: while they are open here, the output has no end.
    drop(shell);
    let output = Arc::new(Mutex::new(Kept::new(order.most)));
    let read = collect(reader, &output, hear).and_then(|read| feed(&mut child, order.input).map(|()| read));
    let read = match read {
        Ok(read) => read,
        Err(error) => {
            stop_tree(&mut child, named);
            return Err(error);
        }
    };
    let end = wait(&mut child, named, begun + limit, stop)?;
    drop(living);
    let took = begun.elapsed();
    let ended = Instant::now();
    while !read.is_finished() && ended.elapsed() < REST {
        sleep(LOOK);
    }
    let output = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Ran { end, output, took })
}

/// Starts one that goes on when this process has ended; what it writes goes into a file. Nobody is told of its end but who
/// asks [`is_there`].
///
/// # Errors
/// As for [`run`].
pub fn leave(order: &Order<'_>, into: File) -> io::Result<Left> {
    let mut shell = prepared(order, Around::Alone);
    shell.stdout(into.try_clone()?).stderr(into);
    let child = shell.spawn()?;
    let named = Named::of(child.id());
    Ok(Left { child, named })
}

/// One that was left running.
#[derive(Debug)]
pub struct Left {
    child: Child,
    named: Named,
}

impl Left {
    /// Its name for a later process of this program.
    #[must_use]
    pub fn named(&self) -> Named {
        self.named
    }

    /// How it has ended, if it has.
    #[must_use]
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its own end, not for that of what it leaves behind; otherwise ends it with all that it has started.
    ///
    /// # Errors
    /// The system's, which cannot tell.
    pub fn wait(&mut self, limit: Duration, stop: &dyn Fn() -> bool) -> io::Result<End> {
        let _living = Living::new(self.named);
        wait(&mut self.child, self.named, Instant::now() + limit, stop)
    }
}

fn prepared(order: &Order<'_>, around: Around) -> Command {
    #[cfg(windows)]
    outputs::keep();
    let mut shell = fence::shell(order.command, around, None);
    shell.envs(order.env.iter().map(|(name, value)| (name, value)));
    order.folder.into_iter().for_each(|folder| {
        shell.current_dir(folder);
    });
    shell.stdin(if order.input.is_empty() { Stdio::null() } else { Stdio::piped() });
    shell
}

fn wait(child: &mut Child, named: Named, until: Instant, stop: &dyn Fn() -> bool) -> io::Result<End> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exit(status));
        }
        let end = match () {
            () if stop() => End::Stopped,
            () if Instant::now() >= until => End::Deadline,
            () => {
                sleep(LOOK);
                continue;
            }
        };
        stop_tree(child, named);
        return Ok(end);
    }
}

/// Reads to the end, so that nobody waits for a full pipe. Who was left behind with the pipe is read for as long as both
/// live: one thread, which takes no more memory than the command's.
fn collect(
    mut pipe: impl Read + Send + 'static,
    output: &Arc<Mutex<Kept>>,
    mut hear: impl FnMut(&[u8]) + Send + 'static,
) -> io::Result<std::thread::JoinHandle<()>> {
    let output = Arc::clone(output);
    thread("command output", move || {
        let mut piece = [0; 8192];
        while let Ok(n @ 1..) = pipe.read(&mut piece) {
            let piece = piece.get(..n).unwrap_or_default();
            output.lock().unwrap_or_else(PoisonError::into_inner).add(piece);
            hear(piece);
        }
    })
}

/// It may never read what it is told.
fn feed(child: &mut Child, input: &[u8]) -> io::Result<()> {
    let Some(mut pipe) = child.stdin.take() else { return Ok(()) };
    let input = input.to_vec();
    thread("command input", move || {
        // One that does not want it has closed the pipe.
        let _ = pipe.write_all(&input);
    })
    .map(drop)
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<std::thread::JoinHandle<()>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends with the command's pipe, which a process that was left behind may hold for longer than the caller waits"
    )]
    std::thread::Builder::new().name(name.to_owned()).spawn(body)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
