//! A new configuration while the relay runs: by signal, by request, by a changed file. It is read and checked first;
//! a wrong one changes nothing and says why. Its files are read on a thread of their own ([`Files`]).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::descriptors;
use super::files::Files;
use crate::config::{self, Channel, Config, Fixed, Inputs};
use crate::state::relay::{Asked, Relay};

/// Between two looks at the file.
const LOOK: Duration = Duration::from_secs(1);
/// Reloads that may wait for their turn.
pub(crate) const WAITING: usize = 4;

/// Where the configuration comes from, as at the start.
pub(crate) struct Reloader {
    pub(crate) config: Option<PathBuf>,
    /// The file that is looked at for changes.
    pub(crate) watched: Option<PathBuf>,
    pub(crate) listen: Option<String>,
    pub(crate) demo: bool,
    pub(crate) asked: mpsc::Receiver<Asked>,
}

impl Reloader {
    /// Reloads for ever, whenever somebody wants it.
    ///
    /// # Errors
    /// The system's, when it has no thread for the files.
    pub(crate) async fn run(mut self, relay: Arc<Relay>) -> io::Result<()> {
        let files = Files::start()?;
        let mut hangup = Hangup::watch();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut loaded, mut seen) = (self.stamps(&files, &relay).await, None);
        loop {
            let asked = tokio::select! {
                () = hangup.next() => None,
                asked = self.asked.recv() => asked,
                _ = look.tick() => {
                    let now = self.stamps(&files, &relay).await;
                    // Two looks must agree: a file that is being written is not read half.
                    let settled = seen.replace(now) == Some(now);
                    if now == loaded || !settled {
                        continue;
                    }
                    None
                }
            };
            loaded = self.stamps(&files, &relay).await;
            let outcome = self.reload(&files, &relay).await;
            match &outcome {
                Ok(text) => tracing::info!("configuration reloaded: {text}"),
                Err(why) => {
                    tracing::error!("configuration not reloaded, the old one goes on: {}", why.trim_end());
                }
            }
            if let Some(asked) = asked {
                // Whoever asked may have left.
                let _ = asked.send(outcome);
            }
        }
    }

    async fn reload(&self, files: &Files, relay: &Arc<Relay>) -> Result<String, String> {
        let (file, listen, demo) = (self.config.clone(), self.listen.clone(), self.demo);
        let adaptors = relay.adaptors.clone();
        let load = move || {
            let process = Inputs::of_process(file, listen, demo);
            let inputs = Inputs { dialects: adaptors.dialects(), ..process };
            config::load(&inputs).map_err(|errors| errors.to_string())
        };
        match files.ask(load).await {
            Some(loaded) => take_over(relay, loaded?),
            None => Err("the thread that reads files is gone".to_owned()),
        }
    }

    /// Time and length of the files that are watched for changes. `None` where there is none.
    async fn stamps(&self, files: &Files, relay: &Relay) -> [Option<Stamp>; 3] {
        let snapshot = relay.snapshot();
        let [cert, key] = match &snapshot.live.tls {
            Some(tls) => [Some(tls.files[0].clone()), Some(tls.files[1].clone())],
            None => [None, None],
        };
        let watched = [self.watched.clone(), cert, key];
        files.ask(move || watched.map(|file| stamp(&file?))).await.unwrap_or_default()
    }
}

/// Puts a configuration into effect, if the relay can run by it.
fn take_over(relay: &Relay, mut config: Config) -> Result<String, String> {
    if config.source.bare && config.is_demo() && !relay.snapshot().live.channels.iter().all(Channel::is_demo)
    {
        return Err(config::NO_CHANNEL.to_owned());
    }
    if config.needs_first_key() {
        let text =
            "no [[keys]] are left, and the address can be reached from other machines: everybody could call";
        return Err(text.to_owned());
    }
    if let Some(lowered) = descriptors::clamp(&mut config.live)
        && !lowered.is_known(&relay.snapshot().live.limits)
    {
        lowered.say();
    }
    let restart = needs_restart(&relay.fixed, &config.fixed);
    let text = format!("{}; {} keys{restart}", crate::words::channels(&config.live), config.live.keys.len());
    relay.change(config.live);
    Ok(text)
}

type Stamp = (SystemTime, u64);

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Names what was changed and takes a restart to hold.
fn needs_restart(start: &Fixed, new: &Fixed) -> String {
    match start.differing(new) {
        changed if changed.is_empty() => String::new(),
        changed => format!("; a restart is needed for {}", changed.join(", ")),
    }
}

/// The signal that asks for a reload, where there is one.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    fn watch() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
