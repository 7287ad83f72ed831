//! The relay under test as a child process: its sockets and its memory are its own.

pub(crate) mod config;
mod log;
pub(crate) mod plan;

use std::{
    fmt,
    fs::{self, File},
    io::{self, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep, timeout};

use log::Log;
pub(crate) use plan::Plan;

use crate::{
    client::{Client, Target},
    system::{self, Signal},
};

/// How long a relay may take to listen, and to be ready.
const START: Duration = Duration::from_secs(20);
/// Tells a relay which process of the drill started it; see [`crate::is_orphan_of_drill`].
pub(crate) const CHILD: &str = "WATERTIGHT_DRILL_CHILD";

/// How the folders of drills begin, and the file in each that its drill holds locked for as long as it lives.
const FOLDER: &str = "watertight-drill-";
const LOCK: &str = "lock";

/// Removes the folders of drills that were killed: nobody holds their locks any more.
pub(crate) fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(FOLDER)) {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // One without the file is being made, or is somebody else's.
        let Some(lock) = File::open(entry.path().join(LOCK)).ok().filter(|_| is_folder) else { continue };
        if lock.try_lock().is_ok() {
            // It may not be ours to remove.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder that goes when it is dropped, or, after a kill, with the next drill.
struct Folder(PathBuf, #[expect(dead_code, reason = "locked until it is dropped")] File);

impl Folder {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("{FOLDER}{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        let lock = File::create(path.join(LOCK))?;
        lock.lock()?;
        Ok(Self(path, lock))
    }

    fn config(&self) -> PathBuf {
        self.0.join("watertight.toml")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running relay. Killed when dropped.
pub(crate) struct Relay {
    process: Child,
    pub(crate) address: SocketAddr,
    log: Log,
    /// Its log where nobody reads it: the pipe must not be closed before its end.
    _unread: Option<BufReader<ChildStderr>>,
    folder: Folder,
}

impl Relay {
    /// Starts this program's `serve` on `listen` and waits until it is ready.
    pub(crate) async fn start(plan: &Plan, listen: &str, scaled: bool) -> anyhow::Result<Self> {
        let folder = Folder::new().context("no folder for the relay's configuration")?;
        let mut process = Guard(Some(spawn(plan, listen, scaled, &folder)?));
        let log = Log::default();
        let stderr = process.0.as_mut().and_then(|process| process.stderr.take());
        let heard = log.collect(stderr.context("no log")?, plan.log)?;
        let Ok(Ok((address, unread))) = timeout(START, heard).await else {
            let status = process.0.as_mut().and_then(|process| process.try_wait().ok().flatten());
            let how = status.map_or_else(|| "it does not listen".to_owned(), |status| status.to_string());
            bail!(
                "the drill's own relay, `{} serve`, did not start ({how}):\n{}",
                program()?.display(),
                log.text()
            );
        };
        let process = process.0.take().context("the process is gone")?;
        let relay = Self { process, address, log, _unread: unread, folder };
        // Behind TLS it is asked by who trusts its certificate.
        if !plan.encrypted {
            relay.ready().await?;
        }
        Ok(relay)
    }

    /// It listens before it is ready.
    async fn ready(&self) -> anyhow::Result<()> {
        let (begun, target) = (Instant::now(), self.target(""));
        loop {
            if let Ok(mut client) = Client::connect(&target).await
                && client.get("/readyz").await.is_ok()
            {
                return Ok(());
            }
            if begun.elapsed() > START {
                bail!("the relay does not become ready:\n{}", self.log());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts one that is expected to end by itself, for example because its port is taken.
    pub(crate) async fn run(plan: &Plan, listen: &str, within: Duration) -> anyhow::Result<Option<i32>> {
        let folder = Folder::new()?;
        let mut process = Guard(Some(spawn(plan, listen, false, &folder)?));
        let begun = Instant::now();
        loop {
            let process = process.0.as_mut().context("the process is gone")?;
            if let Some(status) = process.try_wait()? {
                return Ok(status.code());
            }
            if begun.elapsed() > within {
                bail!("it was still running after {} s", within.as_secs());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// How it is asked; `headers` are lines that end in CRLF.
    pub(crate) fn target(&self, headers: &str) -> Target {
        Target {
            address: self.address,
            host: self.address.to_string(),
            base: String::new(),
            prefix: String::new(),
            headers: headers.to_owned(),
            posted: Arc::default(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its configuration, to be changed while it runs.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.config()
    }

    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        system::signal(self.pid(), signal)
    }

    /// Whether it has ended, and how.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process.try_wait()
    }

    /// Waits for its end: the exit code, `None` for an end by a signal.
    pub(crate) async fn exit(&mut self, within: Duration) -> anyhow::Result<Option<i32>> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status.code());
            }
            if begun.elapsed() > within {
                bail!("it was still running after {} s", within.as_secs());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(drop)
    }

    /// The last lines of its log.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.kill();
    }
}

/// Kills what did not become a [`Relay`].
struct Guard(Option<Child>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut process) = self.0.take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// This program, as it was when the drill began: it may be replaced by another build meanwhile.
fn program() -> anyhow::Result<&'static Path> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Some(known) = PROGRAM.get() {
        return Ok(known);
    }
    let found = std::env::current_exe().context("cannot tell which program this is")?;
    Ok(PROGRAM.get_or_init(|| found))
}

/// A relay of the drill's own making that cannot be started: nothing can be told of any row.
#[derive(Debug)]
pub(crate) struct NotStarted(pub(crate) String);

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotStarted {}

fn spawn(plan: &Plan, listen: &str, scaled: bool, folder: &Folder) -> anyhow::Result<Child> {
    let file: &Path = &folder.config();
    fs::write(file, config::text(plan, scaled)).context("the relay's configuration was not written")?;
    let mut command = Command::new(program()?);
    command.env_clear().env("HOME", &folder.0).env("DRILL_PROVIDER_KEY", "sk-drill");
    command.env(CHILD, std::process::id().to_string());
    command.envs(plan.env.iter().map(|(name, value)| (name, value)));
    command.arg("serve").arg("-c").arg(file).args(["--listen", listen, "--log-format", "json"]);
    command.args(&plan.args).current_dir(&folder.0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().context("cannot start the relay")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner() {
        let folder = Folder::new().unwrap();
        let path = folder.0.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn folders_of_drills_that_were_killed_are_swept_away_and_no_others() {
        let place = Folder::new().unwrap();
        let [dead, live, new, other] =
            ["watertight-drill-1-0", "watertight-drill-2-0", "watertight-drill-3-0", "x"]
                .map(|name| place.0.join(name));
        for folder in [&dead, &live, &new, &other] {
            fs::create_dir(folder).unwrap();
        }
        for folder in [&dead, &live, &other] {
            fs::write(folder.join(LOCK), "").unwrap();
        }
        let held = File::open(live.join(LOCK)).unwrap();
        held.lock().unwrap();
        sweep_in(&place.0);
        assert_eq!([&dead, &live, &new, &other].map(|folder| folder.exists()), [false, true, true, true]);
        drop(held);
        sweep_in(&place.0);
        assert!(!live.exists());
    }
}
