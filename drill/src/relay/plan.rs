//! What a relay of the drill's making is started with, and what a row has laid out around it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;

use super::folder::Folder;
use crate::upstream::{self, ConnectionFault, Upstream};

/// One line of one section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) section: &'static str,
    pub(crate) key: &'static str,
    /// The value as TOML.
    pub(crate) toml: &'static str,
}

/// A deadline that a row needs; `--full` scales the default instead.
pub(crate) const fn deadline(key: &'static str, toml: &'static str) -> Setting {
    Setting { section: "timeouts", key, toml }
}

/// A setting that a row needs, in every run.
pub(crate) const fn setting(section: &'static str, key: &'static str, toml: &'static str) -> Setting {
    Setting { section, key, toml }
}

/// A channel of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) name: String,
    /// Where it is: `host:port`, or a URL.
    pub(crate) at: String,
    /// Further lines of TOML.
    pub(crate) extra: String,
}

impl Channel {
    /// A channel for every model, in both dialects, so that no other one is tried in its place.
    pub(crate) fn only(at: SocketAddr) -> Self {
        Self { name: "drill".to_owned(), at: at.to_string(), extra: String::new() }
    }

    /// A channel that knows `model` as `upstream`.
    pub(crate) fn mapped(name: &str, at: &str, model: &str, upstream: &str, priority: u32) -> Self {
        let extra = format!(
            "models = [{{ name = \"{model}\", upstream = \"{upstream}\" }}]\npriority = {priority}\nproxy = \"none\""
        );
        Self { name: name.to_owned(), at: at.to_owned(), extra }
    }
}

/// Completes what a relay is started with; an error is a reason why nothing can be told, and [`NotHere`] one to skip.
///
/// [`NotHere`]: crate::system::NotHere
pub(crate) type Prepare = fn(&mut Plan) -> anyhow::Result<()>;

/// Everything about a relay before it starts.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) upstream: SocketAddr,
    pub(crate) settings: &'static [Setting],
    pub(crate) channels: Vec<Channel>,
    /// Further tables of the configuration.
    pub(crate) toml: String,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) args: Vec<&'static str>,
    /// Its log is read. Where it is not, the pipe fills up.
    pub(crate) log: bool,
    /// It speaks TLS to its clients.
    pub(crate) encrypted: bool,
    /// Headers of every client, as lines that end in CRLF.
    pub(crate) headers: String,
    /// Upstreams that are not there yet, by the model that leads to each.
    pub(crate) away: Arc<Mutex<Vec<(String, Away)>>>,
    /// Connections that keep the queue of a black hole full.
    pub(crate) hole: Option<Arc<Hole>>,
    /// Further upstreams, in the order in which they were laid out.
    pub(crate) upstreams: Vec<Arc<Upstream>>,
    /// Files that the configuration names.
    pub(crate) files: Option<Arc<Files>>,
    /// The relay takes it for the wall clock.
    pub(crate) clock: Option<Arc<Clock>>,
    /// Where the relay asks for tokens; a row answers.
    pub(crate) tokens: Option<Arc<std::net::TcpListener>>,
}

impl Plan {
    pub(crate) fn new(upstream: SocketAddr, settings: &'static [Setting]) -> Self {
        Self {
            upstream,
            settings,
            channels: vec![Channel::only(upstream)],
            toml: String::new(),
            env: Vec::new(),
            args: Vec::new(),
            log: true,
            encrypted: false,
            headers: String::new(),
            away: Arc::default(),
            hole: None,
            upstreams: Vec::new(),
            files: None,
            clock: None,
            tokens: None,
        }
    }

    /// Adds a channel of its own for a model, which no other channel offers.
    pub(crate) fn channel(&mut self, name: &str, at: &str, model: &str, upstream: &str, priority: u32) {
        if let Some(first) = self.channels.first_mut() {
            first.extra = "models = [\"drill\", \"fault-*\"]".to_owned();
        }
        self.channels.push(Channel::mapped(name, at, model, upstream, priority));
    }

    /// Starts a further upstream whose connections misbehave, at which a channel knows `model` as `upstream`. Returns
    /// the certificate of its authority where it speaks TLS.
    pub(crate) fn misbehaving(
        &mut self,
        model: &str,
        upstream: &str,
        connections: Option<ConnectionFault>,
        tls: bool,
    ) -> anyhow::Result<Option<String>> {
        let (started, authority) = upstream::misbehaving(connections, tls)?;
        let port = started.address().port();
        let at = if tls { format!("https://localhost:{port}") } else { format!("127.0.0.1:{port}") };
        self.upstreams.push(Arc::new(started));
        self.channel(model, &at, model, upstream, 0);
        if let Some(channel) = self.channels.last_mut().filter(|_| !tls) {
            channel.extra.push_str("\nhttp2 = true");
        }
        Ok(authority)
    }

    /// The next upstream that is not there yet.
    pub(crate) fn next_away(&self) -> Option<(String, Away)> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Files beside a relay's configuration.
pub(crate) struct Files(Folder);

impl Files {
    pub(crate) fn new() -> io::Result<Self> {
        Folder::new().map(Self)
    }

    /// Writes one and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> io::Result<String> {
        let path = self.0.0.join(name);
        fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}

/// A file that says by how much a wall clock is shifted.
pub(crate) struct Clock(Folder);

impl Clock {
    pub(crate) fn new() -> io::Result<Self> {
        let clock = Self(Folder::new()?);
        clock.set("+0")?;
        Ok(clock)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.0.join("clock")
    }

    /// Shifts it, for example to `+1d`.
    pub(crate) fn set(&self, to: &str) -> io::Result<()> {
        fs::write(self.path(), format!("{to}\n"))
    }
}

/// A port that is ours, and refuses every connection until somebody listens.
pub(crate) struct Away(Socket);

impl Away {
    pub(crate) fn new() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        Ok(Self(socket))
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()?.as_socket().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }

    /// From now on it is there.
    pub(crate) fn arrive(self) -> io::Result<TcpListener> {
        self.0.listen(1024)?;
        self.0.set_nonblocking(true)?;
        TcpListener::from_std(self.0.into())
    }
}

/// An address at which no handshake is ever completed: the queue of its listener is full.
pub(crate) struct Hole {
    listener: Socket,
    _held: Vec<Socket>,
}

impl Hole {
    pub(crate) fn new() -> io::Result<Self> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?;
        let held = (0..8).map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            // It is under way; whether it arrives is of no interest.
            let _ = socket.connect(&address);
            Ok(socket)
        });
        let held = held.collect::<io::Result<Vec<_>>>()?;
        Ok(Self { listener, _held: held })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()?.as_socket().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }
}
