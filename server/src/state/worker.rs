//! A worker: on Linux one thread a core, with a runtime, listener and upstream pool of its own; elsewhere one for
//! all, over a runtime of many threads. What workers share is read-only or counted.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use scope::Scope;
use slab::Slab;
use tokio::runtime::Handle;

use crate::clock::lock;
use crate::ledger::Ledger;
use crate::ledger::account::Counters;
use crate::link::Link;
use crate::link::wheel::{Item, Wheel};
use crate::state::relay::Relay;
use crate::upstream::connect::Connector;
use crate::upstream::pool::Pool;
use crate::upstream::resolve::Resolver;
use crate::upstream::tls::Tls;

/// How often idle upstream connections are looked through.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// What one worker owns.
pub(crate) struct Worker {
    pub(crate) relay: Arc<Relay>,
    pub(crate) scope: Scope,
    pub(crate) ledger: Ledger,
    pub(crate) wheel: Wheel,
    pub(crate) pool: Arc<Pool>,
    pub(crate) counters: Counters,
    /// Streamed answers under way.
    pub(crate) streams: AtomicUsize,
    /// HTTP/2 streams of clients.
    pub(crate) http2_streams: AtomicUsize,
    /// Streams that are read on after their client has left.
    pub(crate) draining: Arc<AtomicUsize>,
    links: Mutex<Slab<Arc<Link>>>,
    serials: AtomicU64,
    runtime: OnceLock<Handle>,
}

impl Worker {
    pub(crate) fn new(relay: &Arc<Relay>, tls: &Arc<Tls>) -> Arc<Self> {
        let scope = Scope::new();
        let connector = Connector { resolver: Resolver::new(scope.clone()), tls: Arc::clone(tls) };
        let idle = crate::clock::millis(relay.fixed.upstream_idle);
        Arc::new(Self {
            relay: Arc::clone(relay),
            pool: Pool::new(connector, scope.clone(), idle),
            scope,
            ledger: Ledger::default(),
            wheel: Wheel::new(),
            counters: Counters::default(),
            streams: AtomicUsize::new(0),
            http2_streams: AtomicUsize::new(0),
            draining: Arc::default(),
            links: Mutex::default(),
            serials: AtomicU64::new(0),
            runtime: OnceLock::new(),
        })
    }

    /// Starts the worker's own tasks: the revoker and the housekeeping.
    pub(crate) fn start(self: &Arc<Self>) {
        let _ = self.runtime.set(Handle::current());
        let worker = Arc::clone(self);
        self.scope.spawn("revoker", async move { worker.revoke().await });
        let worker = Arc::clone(self);
        self.scope.spawn("housekeeping", async move {
            loop {
                tokio::time::sleep(HOUSEKEEPING).await;
                worker.pool.reap();
            }
        });
    }

    /// Looks at each connection when the wheel says so, whether or not anything polls it.
    async fn revoke(&self) {
        loop {
            self.wheel.turn().await;
            let now = crate::clock::now();
            while let Some(item) = self.wheel.due(now) {
                let link = lock(&self.links).get(item.key).filter(|link| link.is(item)).cloned();
                if let Some(link) = link
                    && let Some(at) = link.look(self)
                {
                    self.wheel.put(Item { at, ..item }, item.at);
                }
            }
        }
    }

    pub(crate) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Relaxed)
    }

    pub(crate) fn enter(&self, link: &Arc<Link>) -> usize {
        lock(&self.links).insert(Arc::clone(link))
    }

    pub(crate) fn leave(&self, key: usize) {
        let link = lock(&self.links).try_remove(key);
        link.into_iter().for_each(|link| link.left(key, self));
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        lock(&self.links).iter().map(|(_, link)| Arc::clone(link)).collect()
    }

    /// Client connections.
    pub(crate) fn connections(&self) -> usize {
        self.linked().saturating_sub(self.http2_streams.load(Relaxed))
    }

    /// Client connections, and the HTTP/2 streams on them: each is one task.
    fn linked(&self) -> usize {
        lock(&self.links).len()
    }

    /// Live tasks of the worker's runtime, whoever started them.
    pub(crate) fn tasks(&self) -> usize {
        self.runtime.get().map_or(0, |runtime| runtime.metrics().num_alive_tasks())
    }

    /// Tasks that live connections and exchanges account for: one a client connection, one an HTTP/2 stream of it, one
    /// an upstream connection, one a stream that is read on without its client.
    pub(crate) fn explained(&self) -> usize {
        self.draining.load(Relaxed)
            + self.linked()
            + self.pool.open()
            + self.pool.idle()
            + self.pool.settling()
    }
}
