//! An LLM upstream over HTTP/1.1 and HTTP/2, with and without TLS on one port, that speaks OpenAI's and Anthropic's dialects and misbehaves on request.
//!
//! The fault is chosen by the model's name (`fault-NAME`, `fault-NAME-ARG`, behind any prefix that ends in `/`) or by
//! the header `x-fault: NAME`, or, where names are looked up in tables, in the text of a message (`mark.rs`). Any other
//! model gets a good answer of `max_tokens` tokens (20 where none is given),
//! one every `x-pace-ms` milliseconds. `GET /drill/state`, `GET /drill/requests` and `POST /drill/reset` tell a test
//! what the upstream saw. HTTP is written by hand here, because a library would refuse to be this wrong.

mod answer;
mod connection;
mod connection_fault;
mod exchange;
mod http2;
mod list;
mod mark;
mod media;
mod out;
mod pack;
mod perform;
mod request;
mod setup;
mod state;
mod stream;
mod table;
mod terms;
mod tls;
mod wire;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use scope::Scope;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use vitals::exit;

pub(crate) use self::answer::{Promise, Said};
pub(crate) use self::connection_fault::ConnectionFault;
pub(crate) use self::mark::Mark;
use self::setup::Setup;
#[cfg(unix)]
use crate::system;

/// Tells whether there is a fault of this name.
#[cfg(test)]
pub(crate) fn knows(fault: &str) -> bool {
    table::choose(fault).is_ok()
}

/// The arguments of `watertight drill upstream`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Address to listen on, for example `127.0.0.1:0`; the bound one is printed.
    pub listen: String,
    /// Print the table of faults and leave.
    pub list: bool,
    /// Print that table as JSON.
    pub json: bool,
    /// Leave when standard input is closed, so that a dead parent leaves no orphan.
    pub until_stdin_closes: bool,
    /// Speak TLS too, with an authority made at the start whose certificate goes into this file.
    pub tls_authority: Option<PathBuf>,
    /// How every connection misbehaves.
    pub connections: Option<String>,
}

pub(crate) use state::Snapshot;

/// A running upstream. Dropping it stops accepting and tells its connections to end.
pub struct Upstream {
    address: SocketAddr,
    scope: Scope,
    state: state::State,
}

impl Upstream {
    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its counts so far.
    pub(crate) fn seen(&self) -> Snapshot {
        self.state.snapshot()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.scope.cancel();
    }
}

/// Starts an upstream on the current runtime.
///
/// # Errors
/// The listener's, when it cannot tell its own address.
pub fn start(listener: TcpListener) -> io::Result<Upstream> {
    start_with(listener, Setup::default())
}

/// Starts one whose connections misbehave, on a port of its own, with the certificate of its authority where it is to
/// speak TLS.
///
/// # Errors
/// When there is no port, or no certificate.
pub(crate) fn misbehaving(
    fault: Option<ConnectionFault>,
    tls: bool,
) -> anyhow::Result<(Upstream, Option<String>)> {
    let tls = tls.then(|| tls::make(fault)).transpose()?;
    let authority = tls.as_ref().map(|tls| tls.authority.clone());
    Ok((start_with(bind("127.0.0.1:0")?, Setup { tls, fault })?, authority))
}

fn start_with(listener: TcpListener, setup: Setup) -> io::Result<Upstream> {
    let upstream =
        Upstream { address: listener.local_addr()?, scope: Scope::new(), state: state::State::default() };
    let (scope, state) = (upstream.scope.clone(), upstream.state.clone());
    upstream.scope.spawn("accept", accept(listener, scope, state, Arc::new(setup)));
    Ok(upstream)
}

/// Reads how connections misbehave, and makes what they are encrypted with.
fn set_up(options: &Options) -> anyhow::Result<Setup> {
    let fault = options.connections.as_deref().map(ConnectionFault::parse).transpose();
    let fault = fault.map_err(|why| anyhow!("--connections: {why}"))?;
    let Some(file) = &options.tls_authority else {
        if let Some(name) =
            options.connections.as_ref().filter(|_| fault.is_some_and(ConnectionFault::needs_tls))
        {
            bail!("--connections {name} needs TLS: add --tls-authority FILE");
        }
        return Ok(Setup { tls: None, fault });
    };
    let tls = tls::make(fault)?;
    std::fs::write(file, &tls.authority)
        .with_context(|| format!("--tls-authority: cannot write {}", file.display()))?;
    Ok(Setup { tls: Some(tls), fault })
}

async fn accept(listener: TcpListener, scope: Scope, state: state::State, setup: Arc<Setup>) {
    loop {
        let accepted = tokio::select! {
            () = scope.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (owner, serve) =
                    (scope.clone(), connection::serve(stream, state.clone(), Arc::clone(&setup)));
                scope.spawn("connection", async move {
                    tokio::select! {
                        () = owner.cancelled() => {}
                        () = serve => {}
                    }
                });
            }
            // Out of descriptors, or the peer was quicker: neither is a reason to stop or to spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Runs `watertight drill upstream` until it is interrupted. Prints `listening on http://ADDRESS` once it listens.
#[must_use]
pub fn main(options: &Options) -> ExitCode {
    let done = if options.list {
        out(&if options.json { list::json() } else { list::text() }).context("the list was not written")
    } else {
        run(options)
    };
    match done {
        Ok(()) => ExitCode::from(exit::OK),
        Err(error) => {
            let code = match error.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::AddrInUse) => exit::UNAVAILABLE,
                _ => exit::USAGE,
            };
            // Nothing is left to be done when even this cannot be written.
            let _ = writeln!(io::stderr().lock(), "{}", crate::words::failed(&format!("{error:#}")));
            ExitCode::from(code)
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let setup = set_up(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener =
            bind(&options.listen).with_context(|| format!("cannot listen on {}", options.listen))?;
        let scheme = if setup.tls.is_some() { "https" } else { "http" };
        let upstream = start_with(listener, setup)?;
        out(&format!("listening on {scheme}://{}\n", upstream.address()))?;
        stopped(options.until_stdin_closes).await?;
        anyhow::Ok(())
    })?;
    // A thread that still waits for standard input must not hold up the end.
    runtime.shutdown_background();
    Ok(())
}

pub(crate) fn bind(listen: &str) -> io::Result<TcpListener> {
    let address = listen.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    // Thousands of clients may come in the same moment.
    socket.listen(4096)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// Completes on a signal, or when standard input ends.
async fn stopped(until_stdin_closes: bool) -> io::Result<()> {
    if !until_stdin_closes {
        return interrupted().await;
    }
    let (closed, stdin) = tokio::sync::oneshot::channel::<()>();
    scope::thread("stdin", move || {
        let mut byte = [0];
        while matches!(io::stdin().lock().read(&mut byte), Ok(1)) {}
        drop(closed);
    })?;
    tokio::select! {
        done = interrupted() => done,
        _ = stdin => Ok(()),
    }
}

/// Somebody ends this program: by Ctrl-C, SIGTERM, or by closing its terminal.
#[cfg(unix)]
pub(crate) async fn interrupted() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let hangup = async {
        if system::ignores_hangup() {
            return std::future::pending().await;
        }
        signal(SignalKind::hangup())?.recv().await;
        io::Result::Ok(())
    };
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        done = hangup => done,
        done = tokio::signal::ctrl_c() => done,
    }
}

#[cfg(windows)]
pub(crate) async fn interrupted() -> io::Result<()> {
    use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_shutdown};
    let (mut stop, mut close, mut shutdown) = (ctrl_break()?, ctrl_close()?, ctrl_shutdown()?);
    tokio::select! {
        _ = stop.recv() => Ok(()),
        _ = close.recv() => Ok(()),
        _ = shutdown.recv() => Ok(()),
        done = tokio::signal::ctrl_c() => done,
    }
}

/// The only way to standard output; a reader that left early is not an error.
pub(crate) fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
