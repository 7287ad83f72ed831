//! Looking at channels from outside of any request: what is configured, whether each answers, and what its provider lists.
//! A command of its own, without a relay: it reads the configuration, asks, says what it found, and ends.

mod list;
mod models;
mod question;
mod teller;
mod told;
mod trial;
mod words;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::runtime::Builder;
use vitals::exit;

use self::question::Terms;
use self::teller::Teller;
use self::told::Told;
use crate::channel::ChannelState;
use crate::config::{self, Config, Inputs};
use crate::spelling::nearest;
use crate::state::worker::Worker;
use crate::table::AdaptorTable;
use crate::upstream::tls::Tls;
use crate::words::said;

/// Channels that are asked at once.
const AT_ONCE: usize = 8;

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
        /// The longest that one channel may take.
        limit: Duration,
    },
    /// The models that this one's provider lists.
    Models {
        /// The channel.
        name: String,
        /// The longest that it may take.
        limit: Duration,
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

/// What is left to be said, the exit code, and what kept it from being said earlier.
struct End {
    text: String,
    code: u8,
    error: Option<io::Error>,
}

/// Does what is wanted of the channels.
#[must_use]
pub fn channels(options: &Options) -> ExitCode {
    let End { text, code, error } = match run(options) {
        Ok(end) => end,
        Err(wrong) => {
            let _ = writeln!(io::stderr().lock(), "{}", said(wrong.trim_end()));
            return ExitCode::from(exit::USAGE);
        }
    };
    let mut out = io::stdout().lock();
    let written = error.map_or_else(|| out.write_all(text.as_bytes()).and_then(|()| out.flush()), Err);
    match written {
        Ok(()) => ExitCode::from(code),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(exit::OK),
        Err(error) => {
            let _ = writeln!(io::stderr().lock(), "{}", words::unwritten(&error));
            ExitCode::from(exit::OUTPUT)
        }
    }
}

fn run(options: &Options) -> Result<End, String> {
    let inputs = Inputs::of_process(options.config.clone(), None, false);
    let config = config::load(&inputs).map_err(|errors| errors.to_string())?;
    match &options.wish {
        Wish::List => Ok(End { text: list::tell(&config, options.json), code: exit::OK, error: None }),
        Wish::Test { name, model, limit } => {
            let chosen = choose(&config, name.as_deref())?;
            let teller = if options.json {
                Teller::silent()
            } else {
                Teller::aloud(chosen.iter().map(|channel| channel.config.name.as_str()))
            };
            let all = block(&config, &teller, *limit, async |terms| {
                abreast(terms, &chosen, model.as_deref()).await
            })?;
            let (text, code) = (told::of_tests(&all, options.json), told::code(&all));
            Ok(End { text, code, error: teller.error() })
        }
        Wish::Models { name, limit } => {
            let chosen = choose(&config, Some(name))?;
            let asked = async |terms: &Terms<'_>| models::ask(terms, &chosen[0]).await;
            let told = block(&config, &Teller::silent(), *limit, asked)?;
            Ok(End { text: told.render(options.json), code: told.code(), error: None })
        }
    }
}

/// Tests several channels at once. What was found stands in the channels' own order.
async fn abreast(terms: &Terms<'_>, chosen: &[Arc<ChannelState>], model: Option<&str>) -> Vec<Told> {
    let table = AdaptorTable::default();
    let looks = chosen.iter().enumerate();
    let looks = looks.map(async |(at, channel)| (at, trial::run(terms, &table, channel, model).await));
    let mut all: Vec<(usize, Told)> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, told)| told).collect()
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

/// Runs something that asks, on a runtime and a worker of its own, until it is done or interrupted.
fn block<T>(
    config: &Config,
    teller: &Teller,
    limit: Duration,
    ask: impl AsyncFnOnce(&Terms<'_>) -> T,
) -> Result<T, String> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(AT_ONCE).build();
    let runtime = runtime.map_err(|error| words::no_runtime(&error))?;
    let worker = Worker::new(&config.fixed, &Arc::new(Tls::default()));
    let terms = Terms { worker, teller, limit };
    let asked = runtime.block_on(async {
        let mut asking = pin!(ask(&terms));
        tokio::select! {
            asked = &mut asking => return asked,
            Ok(()) = tokio::signal::ctrl_c() => teller.stop.cancel(),
        }
        asking.await
    });
    // A look-up that hangs is nobody's business any more.
    runtime.shutdown_background();
    Ok(asked)
}
