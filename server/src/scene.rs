//! The ground of unit tests: a configuration from a text, a channel of it, a client's socket, an exchange without a
//! network.

use std::io::ErrorKind::NotFound;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use vitals::EndReason;

use crate::channel::ChannelState;
use crate::config::{self, Config, Inputs};
use crate::exchange::Exchange;
use crate::ledger::Entry;
use crate::ledger::account::Record;
use crate::link::{Door, Link};
use crate::socket::Socket;
use crate::state::relay::Relay;
use crate::state::worker::Worker;
use crate::table::AdaptorTable;
use crate::upstream::demo::Demo;
use crate::upstream::source::Source;

/// The demo provider's configuration, with these lines.
pub(crate) fn config(toml: &str) -> Config {
    loaded(toml, true, &[])
}

fn loaded(toml: &str, demo: bool, vars: &[(&str, &str)]) -> Config {
    let read = |path: &std::path::Path| {
        if path.ends_with("test.toml") { Ok(toml.to_owned()) } else { Err(NotFound.into()) }
    };
    let env = |name: &str| match vars.iter().find(|(known, _)| *known == name) {
        Some((_, value)) => Some((*value).to_owned()),
        None => ["ONE", "TWO"].contains(&name).then(|| format!("sk-{name}")),
    };
    let (file, cwd) = (Some("test.toml".into()), std::path::PathBuf::new());
    let dialects = &adaptors::dialect::DIALECTS;
    config::load(&Inputs { file, listen: None, demo, dialects, cwd, env: &env, read: &read }).unwrap()
}

/// Channels of upstreams that nobody asks: `toml` lists them.
pub(crate) fn channels(toml: &str) -> Vec<Arc<ChannelState>> {
    channels_with(toml, &[])
}

/// The same, with these variables.
pub(crate) fn channels_with(toml: &str, vars: &[(&str, &str)]) -> Vec<Arc<ChannelState>> {
    loaded(toml, false, vars).live.channels.iter().map(|one| ChannelState::new(one.clone(), None)).collect()
}

/// A relay that is not started, one worker of it, and a client's link.
pub(crate) struct Scene {
    pub(crate) runtime: Runtime,
    pub(crate) relay: Arc<Relay>,
    pub(crate) worker: Arc<Worker>,
    pub(crate) link: Arc<Link>,
    _client: TcpStream,
    pub(crate) socket: Socket,
}

impl Scene {
    pub(crate) fn new(toml: &str) -> Self {
        let (runtime, config) = (runtime(), config(toml));
        let (reloads, _) = tokio::sync::mpsc::channel(1);
        let relay = Relay::new(config.fixed, config.live, AdaptorTable::default(), None, reloads);
        let worker = Worker::new(&relay.fixed, &Arc::default());
        let (socket, client, peer) = runtime.block_on(connection());
        let link = worker.links.connected(peer, socket.watch(), Door::Main);
        Self { runtime, relay, worker, link, _client: client, socket }
    }

    /// A request came, and has its channel and its upstream's side.
    pub(crate) fn exchange(&self, source: Source) -> Box<Exchange> {
        let id = "one".to_owned();
        let exchange = Exchange::begin(&self.relay, &self.worker, &self.link, id, Record::default());
        exchange.entry.turns_to(&self.relay.snapshot().channels[0]);
        *exchange.entry.source.lock().unwrap() = Some(source);
        exchange
    }

    /// How often a request ended for this reason.
    pub(crate) fn ended(&self, reason: EndReason) -> u64 {
        self.worker.counters.ended[reason.index()].get()
    }
}

/// The first channel of a configuration.
pub(crate) fn channel(config: &Config) -> Arc<ChannelState> {
    ChannelState::new(config.live.channels[0].clone(), None)
}

/// A live exchange on a channel, with its upstream's side.
pub(crate) fn entry(channel: &Arc<ChannelState>) -> Arc<Entry> {
    let entry = Entry::new("one".to_owned());
    entry.turns_to(channel);
    *entry.source.lock().unwrap() = Some(source(""));
    Arc::new(entry)
}

pub(crate) fn has_source(entry: &Entry) -> bool {
    entry.source.lock().unwrap().is_some()
}

/// An upstream that sends these bytes and ends. Needs a runtime's context.
pub(crate) fn source(text: impl Into<Bytes>) -> Source {
    Source::Demo(Demo::whole(text.into()))
}

/// An upstream that has one piece, once the runtime's clock was looked at, and the next only in an hour.
pub(crate) fn paced(pieces: [&'static [u8]; 2]) -> Source {
    Source::Demo(Demo::at(Duration::from_secs(3_600), pieces.map(Bytes::from_static)))
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A connection from this machine to itself: the relay's end, and the client's.
pub(crate) async fn connection() -> (Socket, TcpStream, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, peer) = listener.accept().await.unwrap();
    (Socket::new(stream), client, peer)
}
