//! A worker: on Linux one thread a core, with a runtime, listener and upstream pool of its own; elsewhere one for
//! all, over a runtime of many threads. What workers share is read-only or counted.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use scope::{Count, Scope};
use tokio::runtime::Handle;

use crate::config::Fixed;
use crate::ledger::Ledger;
use crate::ledger::account::Counters;
use crate::link::links::Links;
use crate::link::terms::Terms;
use crate::upstream::connect::Connector;
use crate::upstream::pool::Pool;
use crate::upstream::resolve::Resolver;
use crate::upstream::tls::Tls;

/// How often idle upstream connections are looked through.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// Everything that one worker owns.
pub(crate) struct Worker {
    pub(crate) scope: Scope,
    pub(crate) ledger: Ledger,
    pub(crate) links: Links,
    pub(crate) pool: Arc<Pool>,
    pub(crate) counters: Counters,
    /// Streamed answers under way.
    pub(crate) streams: AtomicUsize,
    /// Streams that are read on after their client has left.
    pub(crate) draining: Count,
    runtime: OnceLock<Handle>,
}

impl Worker {
    pub(crate) fn new(fixed: &Fixed, tls: &Arc<Tls>) -> Arc<Self> {
        let scope = Scope::new();
        let connector = Connector { resolver: Resolver::new(scope.clone()), tls: Arc::clone(tls) };
        let idle = crate::clock::millis(fixed.upstream_idle);
        Arc::new(Self {
            pool: Pool::new(connector, scope.clone(), idle),
            scope,
            ledger: Ledger::default(),
            links: Links::new(Terms::new(fixed)),
            counters: Counters::default(),
            streams: AtomicUsize::new(0),
            draining: Count::default(),
            runtime: OnceLock::new(),
        })
    }

    /// Starts the worker's own tasks: the revoker and the housekeeping.
    pub(crate) fn start(self: &Arc<Self>) {
        let _ = self.runtime.set(Handle::current());
        let worker = Arc::clone(self);
        self.scope.spawn("revoker", async move { worker.links.revoke().await });
        let worker = Arc::clone(self);
        self.scope.spawn("housekeeping", async move {
            let mut ebb = heap::Ebb::default();
            loop {
                crate::clock::beat();
                tokio::select! {
                    () = tokio::time::sleep(HOUSEKEEPING) => {
                        worker.pool.reap();
                        ebb.look();
                    }
                    () = worker.pool.attend() => {}
                }
            }
        });
    }

    pub(crate) fn connections(&self) -> usize {
        self.links.connections()
    }

    /// Live tasks of the worker's runtime, whoever started them.
    pub(crate) fn tasks(&self) -> usize {
        self.runtime.get().map_or(0, |runtime| runtime.metrics().num_alive_tasks())
    }

    /// Tasks that live connections and exchanges account for: one a client connection, one an HTTP/2 stream of it, one
    /// an HTTP/2 connection to an upstream, one a stream that is read on without its client.
    pub(crate) fn explained(&self) -> usize {
        self.draining.get() + self.links.len() + self.pool.driven() + self.pool.settling()
    }
}
