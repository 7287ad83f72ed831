//! Looking at channels from outside of any request: what is configured, whether each answers, and what its provider lists.
//! A command of its own, without a relay: it reads the configuration, asks, says what it found, and ends.

mod list;
mod models;
mod question;
mod told;
mod trial;
mod words;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Builder;
use vitals::exit;

use self::told::Told;
use crate::channel::ChannelState;
use crate::config::{self, Config, Inputs};
use crate::spelling::nearest;
use crate::state::worker::Worker;
use crate::table::AdaptorTable;
use crate::upstream::tls::Tls;

/// What is wanted of the channels.
#[derive(Clone, Debug)]
pub enum Wish {
    /// All of them, as they are configured.
    List,
    /// One small request to each, or to this one; for this model where it is named.
    Test {
        /// The channel.
        name: Option<String>,
        /// The model.
        model: Option<String>,
    },
    /// The models that this one's provider lists.
    Models {
        /// The channel.
        name: String,
    },
}

/// The command line of `channels`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file; it must exist.
    pub config: Option<PathBuf>,
    /// What is wanted.
    pub wish: Wish,
    /// JSON, not text.
    pub json: bool,
}

/// Does what is wanted of the channels.
#[must_use]
pub fn channels(options: &Options) -> ExitCode {
    let (text, code) = match run(options) {
        Ok(told) => told,
        Err(wrong) => {
            let _ = writeln!(io::stderr().lock(), "{}", wrong.trim_end());
            return ExitCode::from(exit::USAGE);
        }
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr().lock(), "{}", words::unwritten(&error));
            ExitCode::from(exit::OUTPUT)
        }
        _ => ExitCode::from(code),
    }
}

/// What is to be said, and the exit code.
fn run(options: &Options) -> Result<(String, u8), String> {
    let inputs = Inputs::of_process(options.config.clone(), None, false);
    let config = config::load(&inputs).map_err(|errors| errors.to_string())?;
    match &options.wish {
        Wish::List => Ok((list::tell(&config, options.json), exit::OK)),
        Wish::Test { name, model } => {
            let chosen = choose(&config, name.as_deref())?;
            let outcomes = block(&config, async |worker| {
                let mut outcomes = Vec::new();
                for channel in &chosen {
                    outcomes
                        .push(trial::run(&AdaptorTable::default(), &worker, channel, model.as_deref()).await);
                }
                outcomes
            })?;
            let code = exit::gravest(outcomes.iter().map(Told::code));
            Ok((told::of_tests(&outcomes, options.json), code))
        }
        Wish::Models { name } => {
            let chosen = choose(&config, Some(name))?;
            let told = block(&config, async |worker| models::ask(&worker, &chosen[0]).await)?;
            Ok((told.render(options.json), told.code()))
        }
    }
}

/// The channels that are meant.
fn choose(config: &Config, name: Option<&str>) -> Result<Vec<Arc<ChannelState>>, String> {
    let all = config.live.channels.iter();
    let meant = all.clone().filter(|channel| name.is_none_or(|name| channel.name == name));
    let meant: Vec<_> = meant.map(|channel| ChannelState::new(channel.clone(), None)).collect();
    match name.filter(|_| meant.is_empty()) {
        None => Ok(meant),
        Some(name) => {
            let names: Vec<&str> = all.map(|channel| channel.name.as_str()).collect();
            Err(words::unknown(name, nearest(name, names.iter().copied()), &names))
        }
    }
}

/// Runs something that asks, on a runtime and a worker of its own.
fn block<T>(config: &Config, ask: impl AsyncFnOnce(Arc<Worker>) -> T) -> Result<T, String> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    let runtime = runtime.map_err(|error| words::no_runtime(&error))?;
    let worker = Worker::new(&config.fixed, &Arc::new(Tls::default()));
    let asked = runtime.block_on(ask(worker));
    // A look-up that hangs is nobody's business any more.
    runtime.shutdown_background();
    Ok(asked)
}
