//! The relay under test as a child process: its sockets and its memory are its own.

pub(crate) mod config;

use std::{
    collections::VecDeque,
    fs,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{SyncSender, sync_channel},
    },
    time::Duration,
};

use anyhow::{Context, bail};

/// How long a relay may take to listen.
const START: Duration = Duration::from_secs(20);
/// Lines of its log that are kept, for an explanation of a start that failed.
const LINES: usize = 40;

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("watertight-drill-{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How to start one.
pub(crate) struct Start<'a> {
    /// The configuration's text.
    pub(crate) config: &'a str,
    /// `127.0.0.1:0`, or what it must share.
    pub(crate) listen: &'a str,
    /// Whether its log is read. When not, the pipe fills up.
    pub(crate) log: bool,
}

/// A running relay. Killed when dropped.
pub(crate) struct Relay {
    process: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<VecDeque<String>>>,
    _folder: Folder,
}

impl Relay {
    /// Starts this program's `serve` and waits until it listens. Blocks for a moment.
    pub(crate) fn start(start: &Start<'_>) -> anyhow::Result<Self> {
        let folder = Folder::new().context("no folder for the relay's configuration")?;
        let (mut process, config) = Self::spawn(start, &folder)?;
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let (heard, address) = sync_channel(1);
        if let Some(stderr) = process.stderr.take() {
            collect(stderr, &log, heard, start.log)?;
        }
        match address.recv_timeout(START) {
            Ok(address) => Ok(Self { process, address, log, _folder: folder }),
            Err(_) => {
                let _ = process.kill();
                let status = process.wait();
                let lines = lock(&log).iter().cloned().collect::<Vec<_>>().join("\n");
                bail!("the relay did not start ({status:?}) with {}:\n{lines}", config.display())
            }
        }
    }

    fn spawn(start: &Start<'_>, folder: &Folder) -> anyhow::Result<(Child, PathBuf)> {
        let file = folder.0.join("watertight.toml");
        fs::write(&file, start.config).context("the relay's configuration was not written")?;
        let program = std::env::current_exe().context("cannot tell which program this is")?;
        let mut command = Command::new(program);
        command.env_clear().env("HOME", &folder.0).env("DRILL_PROVIDER_KEY", "sk-drill");
        command.arg("serve").arg("-c").arg(&file).args(["--listen", start.listen, "--log-format", "json"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok((command.spawn().context("cannot start the relay")?, file))
    }

    /// Starts one that is expected to end by itself, for example because its port is taken.
    pub(crate) fn exit_code(start: &Start<'_>, within: Duration) -> anyhow::Result<Option<i32>> {
        let folder = Folder::new()?;
        let (mut process, _) = Self::spawn(start, &folder)?;
        let begun = std::time::Instant::now();
        loop {
            if let Some(status) = process.try_wait()? {
                return Ok(status.code());
            }
            if begun.elapsed() > within {
                let _ = process.kill();
                let _ = process.wait();
                bail!("it was still running after {} s", within.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.try_wait()
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.process.kill()
    }

    /// The last lines of its log.
    pub(crate) fn log(&self) -> String {
        lock(&self.log).iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lock(log: &Mutex<VecDeque<String>>) -> std::sync::MutexGuard<'_, VecDeque<String>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the log until the relay listens, and, where `all` is asked for, to its end.
fn collect(
    pipe: impl Read + Send + 'static,
    log: &Arc<Mutex<VecDeque<String>>>,
    heard: SyncSender<SocketAddr>,
    all: bool,
) -> io::Result<()> {
    let log = Arc::clone(log);
    scope::thread("relay log", move || {
        let mut reader = BufReader::with_capacity(4096, pipe);
        let (mut line, mut heard) = (Vec::new(), Some(heard));
        while matches!(reader.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if let Some(address) = listening(&text)
                && let Some(heard) = heard.take()
            {
                // Whoever waits may have given up.
                let _ = heard.send(address);
            }
            let mut log = lock(&log);
            log.push_back(text);
            if log.len() > LINES {
                log.pop_front();
            }
            drop(log);
            if !all && heard.is_none() {
                // The pipe stays open and nobody reads it, until the relay ends.
                std::thread::sleep(Duration::from_secs(120));
                return;
            }
        }
    })?;
    Ok(())
}

fn listening(line: &str) -> Option<SocketAddr> {
    let after = line.split_once("listening on http://")?.1;
    let end = after.find(|c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c))).unwrap_or(after.len());
    after[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_log() {
        let address = Some(([127, 0, 0, 1], 4321).into());
        assert_eq!(listening("{\"message\":\"listening on http://127.0.0.1:4321\"}"), address);
        assert_eq!(listening("listening on http://127.0.0.1:4321"), address);
        assert_eq!(listening("ready"), None);
    }

    #[test]
    fn a_folder_goes_with_its_owner() {
        let folder = Folder::new().unwrap();
        let path = folder.0.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
