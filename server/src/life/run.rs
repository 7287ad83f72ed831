//! From the command line to a running relay and back: configure, bind, run, stop.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Builder;
use vitals::exit;

use super::descriptors;
use super::doors::Doors;
use super::failure::{Failure, say};
use super::manager::{self, News};
use super::reload::{self, Hangup, Reloader};
use super::signals::{Limit, Signals};
use super::stamps::Stamps;
use super::stop;
use super::succession::Succession;
use crate::config::{self, Channel, Config, Inputs};
use crate::edge::listen;
use crate::link::Door;
use crate::log::{self, LogFormat};
use crate::monitor::selfcheck;
use crate::state::relay::Relay;
use crate::state::worker::Worker;
use crate::table::AdaptorTable;
use crate::upstream::tls::Tls;
use crate::words;

/// Threads for the system's name resolution; it cannot be cancelled, so it is kept small.
const RESOLVER_THREADS: usize = 8;

/// The command line.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file; it must exist.
    pub config: Option<PathBuf>,
    /// The address to listen on; wins over the file.
    pub listen: Option<String>,
    /// Check the configuration, print it, and end.
    pub check: bool,
    /// Answer from the built-in provider, whatever is configured.
    pub demo: bool,
    /// Follow the relay that serves this address now, without a gap.
    pub take_over: bool,
    /// The form of the log.
    pub log_format: LogFormat,
    /// How much is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// The path by which the program was started, for hints.
    pub program: String,
}

/// Runs the relay with its own adaptors until it is stopped.
#[must_use]
pub fn serve(options: &Options) -> ExitCode {
    run(options, &AdaptorTable::default())
}

/// Runs the relay with a given table of adaptors until it is stopped.
#[must_use]
pub fn run(options: &Options, adaptors: &AdaptorTable) -> ExitCode {
    match start(options, adaptors) {
        Ok(aborted) => ExitCode::from(if aborted > 0 { exit::WARNING } else { exit::OK }),
        Err(failure) => failure.exit(),
    }
}

fn start(options: &Options, adaptors: &AdaptorTable) -> Result<u64, Failure> {
    let process = Inputs::of_process(options.config.clone(), options.listen.clone(), options.demo);
    let stamps = Stamps::default();
    let inputs = Inputs { dialects: adaptors.dialects(), read: &|file| stamps.read(file), ..process };
    let mut config = config::load(&inputs).map_err(|errors| Failure::Configuration(errors.to_string()))?;
    if options.check {
        return show(&config);
    }
    let workers = if cfg!(target_os = "linux") {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    } else {
        1
    };
    if options.take_over && !cfg!(unix) {
        let text = "--take-over needs Unix sockets, which this system does not have: stop the old relay, then start the new one";
        return Err(Failure::Configuration(text.to_owned()));
    }
    let doors = Doors::open(&config.fixed, workers, options.take_over)?;
    if config.needs_first_key() {
        first_key(&mut config)?;
    }
    let log::Log { writer: _writer, dropped } = log::start(
        options.log_format,
        options.log_level.parse().unwrap_or(tracing::Level::INFO),
        words::said,
    )
    .map_err(|error| Failure::start(&error))?;
    log_panics();
    if let Some(room) = descriptors::clamp(&mut config.live) {
        room.say();
    }
    let (reloads, asked) = tokio::sync::mpsc::channel(reload::WAITING);
    let watched = config.source.file.clone().or_else(|| options.config.clone());
    let reloader = Reloader {
        config: options.config.clone(),
        loaded: reload::as_read(&config, watched.as_deref(), &inputs.cwd, &stamps),
        watched,
        listen: options.listen.clone(),
        demo: options.demo,
        asked,
    };
    let relay = Relay::new(config.fixed, config.live, adaptors.clone(), Some(dropped), reloads);
    announce(&relay, &doors, options);
    let tls = Arc::new(Tls::default());
    let all: Vec<Arc<Worker>> = doors.listeners.iter().map(|_| Worker::new(&relay.fixed, &tls)).collect();
    relay.set_workers(all.clone());
    let ran = if cfg!(target_os = "linux") {
        per_core(&relay, all, doors, reloader)
    } else {
        shared(&relay, &all, doors, reloader)
    };
    ran.map_err(|error| Failure::start(&error))
}

/// Prints a configuration that is valid.
fn show(config: &Config) -> Result<u64, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(config.render(words::said).as_bytes()).and_then(|()| out.flush()) {
        // A reader that went away has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(format!(
            "the configuration is valid, but cannot be written to standard output: {error}"
        ))),
        _ => Ok(0),
    }
}

fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(
            place,
            "the relay failed: a panic; the request it happened in is ended, the others go on"
        );
        log::panics(place);
    }));
}

/// The address as this machine reaches it.
fn local_url(url: &str) -> String {
    url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
}

fn announce(relay: &Relay, doors: &Doors, options: &Options) {
    let snapshot = relay.snapshot();
    let live = &snapshot.live;
    let scheme = if live.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", doors.address().unwrap_or(relay.fixed.listen));
    tracing::info!("watertight {} starting", env!("CARGO_PKG_VERSION"));
    tracing::info!(channels = words::channels(live), keys = live.keys.len(), "configured");
    if live.admin.token.is_none() {
        tracing::info!("{}", words::WITHOUT_TOKEN);
    }
    tracing::info!("monitoring endpoints enabled at /api/monitor/health");
    if let Some(address) = doors.monitor.as_ref().and_then(|listener| listener.local_addr().ok()) {
        tracing::info!("monitors are also answered on {scheme}://{address}");
    }
    match &doors.predecessor {
        Some(old) => {
            tracing::info!(process = old.process(), "listening on {url}, taken over from the old relay");
        }
        None if doors.lasting => tracing::info!("listening on {url}, passed by the service manager"),
        None => tracing::info!("listening on {url}"),
    }
    if live.channels.iter().all(Channel::is_demo) {
        say(&words::demo_hints(&options.program, &local_url(&url), snapshot.callers.is_open()));
    }
}

/// A thread and a runtime for each worker; this thread waits for signals.
fn per_core(
    relay: &Arc<Relay>,
    workers: Vec<Arc<Worker>>,
    doors: Doors,
    reloader: Reloader,
) -> io::Result<u64> {
    let (succession, Doors { listeners, mut monitor, .. }) = Succession::of(relay, doors)?;
    let main = Builder::new_current_thread().enable_all().build()?;
    // Who has had an answer may stop the relay, and must not kill it.
    let signals = main.block_on(async { heard() })?;
    let mut threads = Vec::new();
    for (n, (worker, listener)) in workers.into_iter().zip(listeners).enumerate() {
        let runtime =
            Builder::new_current_thread().enable_all().max_blocking_threads(RESOLVER_THREADS).build()?;
        let end = Arc::new(tokio::sync::Notify::new());
        let (ended, relay, monitor) = (Arc::clone(&end), Arc::clone(relay), monitor.take());
        let thread = scope::thread(&format!("worker-{n}"), move || {
            runtime.block_on(async {
                if let Err(error) = work(&relay, &worker, listener, monitor) {
                    tracing::error!(%error, "a worker cannot listen");
                }
                ended.notified().await;
            });
            // Dropping the runtime drops whatever is left on it.
            runtime.shutdown_background();
        })?;
        threads.push((thread, end));
    }
    let aborted = main.block_on(until_stopped(relay, signals, reloader, succession))?;
    for (thread, end) in threads {
        end.notify_one();
        let _ = thread.join();
    }
    Ok(aborted)
}

/// One runtime of many threads for the one worker.
fn shared(relay: &Arc<Relay>, workers: &[Arc<Worker>], doors: Doors, reloader: Reloader) -> io::Result<u64> {
    let (succession, Doors { listeners, mut monitor, .. }) = Succession::of(relay, doors)?;
    let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(RESOLVER_THREADS).build()?;
    let aborted = runtime.block_on(async {
        let signals = heard()?;
        for (worker, listener) in workers.iter().zip(listeners) {
            work(relay, worker, listener, monitor.take())?;
        }
        until_stopped(relay, signals, reloader, succession).await
    });
    runtime.shutdown_background();
    aborted
}

fn work(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    listener: TcpListener,
    monitor: Option<TcpListener>,
) -> io::Result<()> {
    worker.start();
    for (door, listener) in [(Door::Main, Some(listener)), (Door::Monitor, monitor)] {
        let Some(listener) = listener else { continue };
        let listener = tokio::net::TcpListener::from_std(listener)?;
        worker.scope.spawn("accept", listen::accept(Arc::clone(relay), Arc::clone(worker), listener, door));
    }
    Ok(())
}

/// From now on signals are heard, and none of them kills.
fn heard() -> io::Result<(Signals, Hangup)> {
    Ok((Signals::watch()?, Hangup::watch()))
}

async fn until_stopped(
    relay: &Arc<Relay>,
    (mut signals, hangup): (Signals, Hangup),
    reloader: Reloader,
    succession: Succession,
) -> io::Result<u64> {
    relay.ready();
    // What this thread read and built to start is of no use any more.
    heap::give_back();
    manager::tell(News::Ready);
    let lasting = succession.lasting;
    let check = selfcheck::run(Arc::clone(relay), relay.fixed.every);
    let (ended, limit) = tokio::select! {
        limit = signals.next() => (None, limit),
        () = check => (None, Limit::None),
        ended = reloader.run(Arc::clone(relay), hangup) => { ended?; (None, Limit::None) }
        process = succession.run() => (Some(process), Limit::None),
    };
    manager::tell(ended.map_or(News::Stopping, News::Main));
    let aborted = if lasting || ended.is_some() {
        stop::leave(relay, &mut signals, limit).await
    } else {
        stop::stop(relay, &mut signals, limit).await
    };
    tracing::info!(aborted, "stopped");
    Ok(aborted)
}

fn first_key(config: &mut Config) -> Result<(), Failure> {
    let mut random = [0_u8; 256];
    getrandom::fill(&mut random).map_err(|error| {
        Failure::Configuration(format!("the system gives no random bytes for a key: {error}"))
    })?;
    let made = config.make_first_key(&random).map_err(|errors| Failure::Configuration(errors.to_string()))?;
    say(&words::first_key(made.key.reveal(), &made.file));
    Ok(())
}
