//! What is configured, and what holds when it is not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use vitals::Secret;
use vitals::key::KeyHash;

use super::channel::Channel;
use super::pattern::ModelPattern;
use super::rate::Rate;
use super::tls::Tls;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The effective configuration: complete, checked, secrets resolved.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 asks the system for a free one.
    pub listen: SocketAddr,
    /// The certificate to show. `None`: clients speak without TLS.
    pub tls: Option<Tls>,
    /// How much of everything.
    pub limits: Limits,
    /// How long everything may take, for channels that say nothing else.
    pub timeouts: Timeouts,
    /// What happens when a channel fails.
    pub failover: Failover,
    /// How to stop.
    pub shutdown: Shutdown,
    /// Who may administer.
    pub admin: Admin,
    /// The self-check.
    pub monitor: Monitor,
    /// Who may call. Empty: everybody who can reach the address.
    pub keys: Vec<CallerKey>,
    /// Where to send calls, in the order of the file. Never empty.
    pub channels: Vec<Channel>,
    /// Where all this came from.
    pub source: Source,
}

impl Config {
    /// Whether the address can be reached from other machines while no key is configured: then one has to be made
    /// with [`Config::make_first_key`] before the relay listens.
    #[must_use]
    pub fn needs_first_key(&self) -> bool {
        self.keys.is_empty() && !self.listen.ip().is_loopback()
    }

    /// Whether nothing but the built-in demo provider answers.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.channels.iter().all(Channel::is_demo)
    }
}

/// Upper bounds: everything that can grow has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Exchanges at once, over all callers and channels.
    pub in_flight: usize,
    /// Client connections at once.
    pub connections: usize,
    /// Bytes of one request body.
    pub request_body: usize,
    /// Bytes of all buffered bodies together.
    pub buffered: usize,
    /// Bytes of one server-sent event.
    pub sse_event: usize,
    /// Bytes of live heap above which new requests are shed.
    pub memory: usize,
    /// What happens to the upstream's answer when the client leaves.
    pub on_disconnect: OnDisconnect,
}

impl Default for Limits {
    /// `buffered` and `memory` are for a machine of which nothing is known; [`super::load`] takes shares of the memory.
    fn default() -> Self {
        Self {
            in_flight: 10_000,
            connections: 20_000,
            request_body: 32 * MIB,
            buffered: 1024 * MIB,
            sse_event: 16 * MIB,
            memory: 3 * 1024 * MIB,
            on_disconnect: OnDisconnect::Cancel,
        }
    }
}

/// What happens to the upstream's answer when the client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// It is dropped at once.
    Cancel,
    /// A stream that has begun is read on, so that its usage is complete.
    Drain {
        /// For this long at most.
        time: Duration,
        /// And this many bytes at most.
        bytes: u64,
    },
}

/// Deadlines. All are longer than zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection to the upstream stands, name resolution, proxy and TLS included.
    pub connect: Duration,
    /// From the request sent to the first content of the answer.
    pub first_byte: Duration,
    /// Between two bytes of the upstream's answer.
    pub idle: Duration,
    /// The whole exchange.
    pub total: Duration,
    /// How long bytes may wait for a client that does not read.
    pub client_write: Duration,
    /// For reading the body of an upstream's error.
    pub error_body: Duration,
    /// For the header block of a request.
    pub request_header: Duration,
    /// Without progress of a request's body.
    pub request_body: Duration,
    /// For a TLS handshake.
    pub tls: Duration,
    /// How long a client's connection may stay without a request.
    pub client_idle: Duration,
    /// How long an upstream's connection is kept for reuse.
    pub upstream_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connect: s(10),
            first_byte: s(15 * 60),
            idle: s(5 * 60),
            total: s(15 * 60),
            client_write: s(30),
            error_body: s(5),
            request_header: s(10),
            request_body: s(60),
            tls: s(10),
            client_idle: s(75),
            upstream_idle: s(30),
        }
    }
}

/// What happens when a channel fails before anything was sent to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    /// Channels (or keys of one channel) that one request may try, at least 1: 1 means no failover.
    pub attempts: u32,
}

impl Default for Failover {
    fn default() -> Self {
        Self { attempts: 4 }
    }
}

/// How to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long requests in flight may go on after the first signal. Zero aborts them at once.
    pub drain: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { drain: Duration::from_secs(25) }
    }
}

/// Who may administer.
#[derive(Clone, Debug, Default)]
pub struct Admin {
    /// The token of the admin endpoints. `None`: they answer on loopback only.
    pub token: Option<Secret>,
}

/// The self-check and who may see its figures.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// Between two lines of the self-check.
    pub every: Duration,
    /// Tasks beyond the explained ones, from which on it is a warning.
    pub warning: u64,
    /// Tasks beyond the explained ones, from which on it is danger.
    pub danger: u64,
    /// The token for everything beyond the six old keys. `None`: public.
    pub token: Option<Secret>,
}

impl Default for Monitor {
    fn default() -> Self {
        Self { every: Duration::from_secs(30), warning: 2000, danger: 5000, token: None }
    }
}

/// One caller.
#[derive(Clone, Debug)]
pub struct CallerKey {
    /// The caller's name, unique; it appears in logs and metrics.
    pub name: String,
    /// The hash of the key.
    pub hash: KeyHash,
    /// The models that the caller may use. Empty: all.
    pub models: Vec<ModelPattern>,
    /// Exchanges of this caller at once.
    pub in_flight: Option<usize>,
    /// Requests of this caller in a time.
    pub rate: Option<Rate>,
}

impl CallerKey {
    /// Whether the caller may use a model.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(model))
    }
}

/// Where the configuration came from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file, if there was one.
    pub file: Option<PathBuf>,
    /// The folder in which the relay keeps its state: beside the file, or the working directory.
    pub dir: PathBuf,
    /// The origin of values that are not from the file and not defaults (`listen` -> `--listen`), and of secrets
    /// (`channels.main.keys` -> `env:OPENAI_API_KEY`).
    pub origins: BTreeMap<String, String>,
}
