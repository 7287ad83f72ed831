//! A new configuration while the relay runs: by signal, by request, by a changed file. It is read and checked first;
//! a wrong one changes nothing and says why. Its files are read on a thread of their own ([`Files`]).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::descriptors;
use super::files::Files;
use super::manager::{self, News};
use super::stamps::{Stamp, Stamps, stamp};
use crate::config::{self, Channel, Config, Fixed, Inputs, Live};
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
    /// What the watched files were when the configuration in effect was read.
    pub(crate) loaded: Watched,
    pub(crate) asked: mpsc::Receiver<Asked>,
}

impl Reloader {
    /// Reloads for ever, whenever somebody wants it.
    ///
    /// # Errors
    /// The system's, when it has no thread for the files.
    pub(super) async fn run(mut self, relay: Arc<Relay>, mut hangup: Hangup) -> io::Result<()> {
        let files = Files::start()?;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut loaded, mut seen) = (self.loaded, None);
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
            manager::tell(News::Reloading);
            let outcome = self.reload(&files, &relay).await;
            manager::tell(News::Ready);
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
    async fn stamps(&self, files: &Files, relay: &Relay) -> Watched {
        let watched = watched(self.watched.clone(), &relay.snapshot().live);
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

/// The stamps of the configuration's file, the certificate's and its key's.
pub(super) type Watched = [Option<Stamp>; 3];

/// The watched files as they were when this configuration was read.
pub(super) fn as_read(config: &Config, file: Option<&Path>, cwd: &Path, stamps: &Stamps) -> Watched {
    watched(file.map(|file| cwd.join(file)), &config.live).map(|file| stamps.of(&file?))
}

fn watched(file: Option<PathBuf>, live: &Live) -> [Option<PathBuf>; 3] {
    let [cert, key] = live.tls.as_ref().map(|tls| tls.files.clone().map(Some)).unwrap_or_default();
    [file, cert, key]
}

/// Names what was changed and takes a restart to hold.
fn needs_restart(start: &Fixed, new: &Fixed) -> String {
    match start.differing(new) {
        changed if changed.is_empty() => String::new(),
        changed => format!("; a restart is needed for {}", changed.join(", ")),
    }
}

/// The signal that asks for a reload, where there is one.
pub(super) struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    pub(super) fn watch() -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;

    fn text(name: &str) -> String {
        format!(
            "[[channels]]\nname = \"{name}\"\nprovider = \"xai\"\nkeys = [\"env:PATH\"]\nmodels = [\"*\"]\n"
        )
    }

    /// The relay serves before anybody looks at its file for changes.
    #[test]
    fn what_was_written_between_the_start_and_the_first_look_is_noticed() {
        let (scene, dir) = (Scene::new(""), tempfile::tempdir().unwrap());
        let (file, stamps) = (dir.path().join("watertight.toml"), Stamps::default());
        std::fs::write(&file, text("old")).unwrap();
        let read = |file: &Path| stamps.read(file);
        let of_file = |file: &Path| Inputs::of_process(Some(file.to_owned()), None, false);
        let config = config::load(&Inputs { read: &read, ..of_file(&file) }).unwrap();
        std::fs::write(&file, text("another")).unwrap();
        let (_ask, asked) = mpsc::channel(WAITING);
        let loaded = as_read(&config, Some(&file), Path::new(""), &stamps);
        let config = Some(file.clone());
        let reloader = Reloader { config, watched: Some(file), listen: None, demo: false, loaded, asked };
        let relay = Arc::clone(&scene.relay);
        scene.runtime.block_on(async {
            let noticed = async {
                while relay.snapshot().live.channels[0].name != "another" {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                ended = reloader.run(Arc::clone(&relay), Hangup::watch()) => panic!("{ended:?}"),
                // Looks are a second apart.
                noticed = tokio::time::timeout(30 * LOOK, noticed) => noticed.unwrap(),
            }
        });
    }
}
