//! The relay under test as a child process: its sockets and its memory are its own.

pub(crate) mod config;
mod folder;
mod log;
pub(crate) mod plan;

use std::fmt;
use std::fs;
use std::io::{self, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep, timeout};

use folder::Folder;
pub(crate) use folder::sweep;
use log::Log;
pub(crate) use plan::Plan;

use crate::client::{Client, Naming, Target};
use crate::system::{self, Signal};

/// How long a relay may take to listen, and to be ready.
const START: Duration = Duration::from_secs(20);
/// Tells a relay which process of the drill started it; see [`crate::is_orphan_of_drill`].
pub(crate) const CHILD: &str = "WATERTIGHT_DRILL_CHILD";

/// A process that ends closes its log before it can be asked how it ended.
const ENDING: Duration = Duration::from_secs(1);

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
            let status = match process.0.as_mut() {
                Some(process) => ended(process).await,
                None => None,
            };
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
            naming: Naming::Model(String::new()),
            headers: headers.to_owned(),
            ledger: Arc::default(),
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

    /// Tells how it has ended, if it has.
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

/// How the process ended; `None` where it goes on.
async fn ended(process: &mut Child) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        let status = process.try_wait().ok().flatten();
        if status.is_some() || begun.elapsed() > ENDING {
            return status;
        }
        sleep(ENDING / 100).await;
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
    command.env_clear();
    // Without the first no socket can be made there.
    for name in ["SystemRoot", "TEMP", "TMP"].into_iter().filter(|_| cfg!(windows)) {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.env("HOME", &folder.0).env("DRILL_PROVIDER_KEY", "sk-drill");
    command.env(CHILD, std::process::id().to_string());
    command.envs(plan.env.iter().map(|(name, value)| (name, value)));
    command.arg("serve").arg("-c").arg(file).args(["--listen", listen, "--log-format", "json"]);
    command.args(&plan.args).current_dir(&folder.0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().context("cannot start the relay")
}
