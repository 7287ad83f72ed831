//! From the command line to a running relay and back: configure, bind, run, stop.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Builder;
use vitals::exit;

use super::reload::{self, Reloader};
use super::stop::{self, Signals};
use super::{descriptors, occupant};
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
    /// The form of the log.
    pub log_format: LogFormat,
    /// How much is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// The path by which the program was started, for hints.
    pub program: String,
}

/// Why the relay does not run.
enum Failure {
    Configuration(String),
    Unavailable(String),
    Output(String),
}

/// Runs the relay with its own adaptors until it is stopped.
#[must_use]
pub fn serve(options: &Options) -> ExitCode {
    run(options, &AdaptorTable::default())
}

/// Runs the relay with a given table of adaptors until it is stopped.
#[must_use]
pub fn run(options: &Options, adaptors: &AdaptorTable) -> ExitCode {
    let code = match start(options, adaptors) {
        Ok(aborted) => return ExitCode::from(if aborted > 0 { exit::WARNING } else { exit::OK }),
        Err(Failure::Configuration(text)) => {
            say(&text);
            exit::USAGE
        }
        Err(Failure::Unavailable(text)) => {
            say(&text);
            exit::UNAVAILABLE
        }
        Err(Failure::Output(text)) => {
            say(&text);
            exit::OUTPUT
        }
    };
    ExitCode::from(code)
}

/// Says something to the person at the terminal; standard error may be gone.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}

fn start(options: &Options, adaptors: &AdaptorTable) -> Result<u64, Failure> {
    let process = Inputs::of_process(options.config.clone(), options.listen.clone(), options.demo);
    let inputs = Inputs { dialects: adaptors.dialects(), ..process };
    let mut config = config::load(&inputs).map_err(|errors| Failure::Configuration(errors.to_string()))?;
    if options.check {
        return show(&config);
    }
    let workers = if cfg!(target_os = "linux") {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    } else {
        1
    };
    let bind = |address, workers, cure| {
        listen::bind(address, workers).map_err(|error| unavailable(address, cure, &error))
    };
    let listeners = bind(config.fixed.listen, workers, "--listen")?;
    let monitor = config.fixed.monitor_listen;
    let monitor = monitor.map(|address| bind(address, 1, "`monitor.listen`")).transpose()?;
    let monitor = monitor.into_iter().flatten().next();
    if config.needs_first_key() {
        first_key(&mut config)?;
    }
    let log::Log { writer: _writer, dropped } =
        log::start(options.log_format, options.log_level.parse().unwrap_or(tracing::Level::INFO))
            .map_err(|error| cannot_start(&error))?;
    log_panics();
    if let Some(room) = descriptors::clamp(&mut config.live) {
        room.say();
    }
    let (reloads, asked) = tokio::sync::mpsc::channel(reload::WAITING);
    let reloader = Reloader {
        config: options.config.clone(),
        watched: config.source.file.or_else(|| options.config.clone()),
        listen: options.listen.clone(),
        demo: options.demo,
        asked,
    };
    let relay = Relay::new(config.fixed, config.live, adaptors.clone(), Some(dropped), reloads);
    announce(&relay, &listeners, monitor.as_ref(), options);
    let tls = Arc::new(Tls::default());
    let all: Vec<Arc<Worker>> = listeners.iter().map(|_| Worker::new(&relay.fixed, &tls)).collect();
    relay.set_workers(all.clone());
    let ran = if cfg!(target_os = "linux") {
        per_core(&relay, all, Doors { listeners, monitor }, reloader)
    } else {
        shared(&relay, &all, Doors { listeners, monitor }, reloader)
    };
    ran.map_err(|error| cannot_start(&error))
}

fn cannot_start(error: &io::Error) -> Failure {
    Failure::Unavailable(format!("cannot start the relay: {error}"))
}

/// Prints a configuration that is valid.
fn show(config: &Config) -> Result<u64, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(config.render().as_bytes()).and_then(|()| out.flush()) {
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

/// Where clients come in: a listener for each worker, and the monitor's own, for the first of them.
struct Doors {
    listeners: Vec<TcpListener>,
    monitor: Option<TcpListener>,
}

fn announce(relay: &Relay, listeners: &[TcpListener], monitor: Option<&TcpListener>, options: &Options) {
    let snapshot = relay.snapshot();
    let live = &snapshot.live;
    let scheme = if live.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", listeners[0].local_addr().unwrap_or(relay.fixed.listen));
    tracing::info!("watertight {} starting", env!("CARGO_PKG_VERSION"));
    tracing::info!(channels = words::channels(live), keys = live.keys.len(), "configured");
    if live.admin.token.is_none() {
        tracing::info!("{}", words::WITHOUT_TOKEN);
    }
    tracing::info!("monitoring endpoints enabled at /api/monitor/health");
    if let Some(address) = monitor.and_then(|listener| listener.local_addr().ok()) {
        tracing::info!("monitors are also answered on {scheme}://{address}");
    }
    tracing::info!("listening on {url}");
    if live.channels.iter().all(Channel::is_demo) {
        say(&words::demo_hints(&options.program, &local_url(&url), snapshot.callers.is_open()));
    }
}

/// A thread and a runtime for each worker; this thread waits for signals.
fn per_core(
    relay: &Arc<Relay>,
    workers: Vec<Arc<Worker>>,
    Doors { listeners, mut monitor }: Doors,
    reloader: Reloader,
) -> io::Result<u64> {
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
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let aborted = runtime.block_on(until_stopped(relay, reloader))?;
    for (thread, end) in threads {
        end.notify_one();
        let _ = thread.join();
    }
    Ok(aborted)
}

/// One runtime of many threads for the one worker.
fn shared(
    relay: &Arc<Relay>,
    workers: &[Arc<Worker>],
    Doors { listeners, mut monitor }: Doors,
    reloader: Reloader,
) -> io::Result<u64> {
    let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(RESOLVER_THREADS).build()?;
    let aborted = runtime.block_on(async {
        for (worker, listener) in workers.iter().zip(listeners) {
            work(relay, worker, listener, monitor.take())?;
        }
        until_stopped(relay, reloader).await
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

async fn until_stopped(relay: &Arc<Relay>, reloader: Reloader) -> io::Result<u64> {
    let mut signals = Signals::watch()?;
    relay.ready();
    let check = selfcheck::run(Arc::clone(relay), relay.fixed.every);
    tokio::select! {
        () = signals.next() => {}
        () = check => {}
        ended = reloader.run(Arc::clone(relay)) => ended?,
    }
    let aborted = stop::stop(relay, &mut signals).await;
    tracing::info!(aborted, "stopped");
    Ok(aborted)
}

/// `cure`: what sets another address.
fn unavailable(address: SocketAddr, cure: &str, error: &io::Error) -> Failure {
    Failure::Unavailable(match error.kind() {
        io::ErrorKind::AddrInUse => occupant::in_use(address, cure),
        io::ErrorKind::PermissionDenied => {
            format!(
                "cannot listen on {address}: permission denied; choose a port of 1024 or above with {cure}"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("cannot listen on {address}: this machine does not have that address")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })
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
