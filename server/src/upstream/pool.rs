//! Connections to upstreams, kept for the next exchange: last in, first out, idle ones capped and reaped. A
//! connection is lent out as a [`Lease`]; a lease that is dropped closes its connection at once, and only one whose
//! answer was read to a clean end comes back.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use scope::{Scope, Task};

use super::connect::{Connector, Destination};
use super::upload::Upload;
use crate::clock::{lock, now};
use crate::socket::SocketWatch;

/// Idle connections kept a destination and worker.
const IDLE: usize = 256;
/// How long an upstream may take to end an answer that is already whole.
const SETTLE: Duration = Duration::from_secs(1);
/// What it may still send meanwhile; nothing but the end is expected.
const READ_BUFFER: usize = 64 * 1024;

/// The pool of one worker.
pub(crate) struct Pool {
    idle: Mutex<HashMap<String, Vec<Idle>>>,
    connector: Connector,
    scope: Scope,
    /// Leases out, connecting ones not counted.
    open: AtomicUsize,
    /// Tasks that wait for the end of an answer that is already whole.
    settling: Arc<AtomicUsize>,
    idle_for: u64,
}

struct Idle {
    sender: SendRequest<Upload>,
    driver: Task,
    watch: SocketWatch,
    since: u64,
}

/// A connection lent to one exchange.
pub(crate) struct Lease {
    connection: Option<Idle>,
    destination: Arc<Destination>,
    pool: Weak<Pool>,
    /// It has carried an exchange before, so that its failure may only mean that it was stale.
    pub(crate) reused: bool,
}

impl Pool {
    pub(crate) fn new(connector: Connector, scope: Scope, idle_for: u64) -> Arc<Self> {
        let idle = Mutex::new(HashMap::new());
        Arc::new(Self {
            idle,
            connector,
            scope,
            open: AtomicUsize::new(0),
            settling: Arc::default(),
            idle_for,
        })
    }

    /// An idle connection, if one is fit.
    pub(crate) fn reuse(self: &Arc<Self>, destination: &Arc<Destination>) -> Option<Lease> {
        loop {
            let idle = lock(&self.idle).get_mut(&destination.key)?.pop()?;
            // Closed meanwhile, or with bytes in it that nobody asked for: not to be used again.
            if idle.sender.is_ready() && !idle.watch.has_input() {
                return Some(self.lend(idle, destination, true));
            }
            idle.driver.abort();
        }
    }

    /// A new connection.
    pub(crate) async fn connect(self: &Arc<Self>, destination: &Arc<Destination>) -> std::io::Result<Lease> {
        let (io, watch) = self.connector.connect(destination).await?;
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(READ_BUFFER)
            .handshake::<_, Upload>(TokioIo::new(io))
            .await
            .map_err(std::io::Error::other)?;
        let driver = self.scope.spawn("upstream", async move {
            // Its errors reach the exchange through the sender and the body.
            let _ = connection.await;
        });
        Ok(self.lend(Idle { sender, driver, watch, since: 0 }, destination, false))
    }

    fn lend(self: &Arc<Self>, connection: Idle, destination: &Arc<Destination>, reused: bool) -> Lease {
        self.open.fetch_add(1, Relaxed);
        let destination = Arc::clone(destination);
        Lease { connection: Some(connection), destination, pool: Arc::downgrade(self), reused }
    }

    fn keep(&self, mut connection: Idle, destination: &Destination) {
        connection.since = now();
        let mut table = lock(&self.idle);
        if !table.contains_key(&destination.key) {
            table.insert(destination.key.clone(), Vec::new());
        }
        if let Some(list) = table.get_mut(&destination.key) {
            list.push(connection);
            if list.len() > IDLE {
                list.remove(0).driver.abort();
            }
        }
    }

    /// Closes what has been idle too long, or was closed by the other side.
    pub(crate) fn reap(&self) {
        let oldest = now().saturating_sub(self.idle_for);
        lock(&self.idle).retain(|_, list| {
            list.retain(|idle| {
                let keep = idle.since > oldest && !idle.sender.is_closed();
                if !keep {
                    idle.driver.abort();
                }
                keep
            });
            list.shrink_to(16);
            !list.is_empty()
        });
    }

    /// Connections in use.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Tasks that wait for the end of an answer.
    pub(crate) fn settling(&self) -> usize {
        self.settling.load(Relaxed)
    }

    /// Connections kept for the next exchange.
    pub(crate) fn idle(&self) -> usize {
        lock(&self.idle).values().map(Vec::len).sum()
    }
}

impl Lease {
    /// The connection to send on.
    pub(crate) fn sender(&mut self) -> Option<&mut SendRequest<Upload>> {
        self.connection.as_mut().map(|connection| &mut connection.sender)
    }

    /// The answer was read to its clean end: gives the connection back, if it is free again.
    pub(crate) fn release(mut self) {
        let free = self.connection.as_ref().is_some_and(|c| c.sender.is_ready());
        if !free {
            self.wait_and_release(None);
        } else if let (Some(connection), Some(pool)) = (self.connection.take(), self.pool.upgrade()) {
            pool.open.fetch_sub(1, Relaxed);
            pool.keep(connection, &self.destination);
        }
    }

    /// The answer is whole, its end not yet seen: waits for the end a moment. Anything else closes the connection.
    pub(crate) fn settle(self, body: Incoming) {
        self.wait_and_release(Some(body));
    }

    fn wait_and_release(mut self, body: Option<Incoming>) {
        let Some(pool) = self.pool.upgrade() else { return };
        let settling = Settling::new(&pool.settling);
        pool.scope.spawn("settle", async move {
            let _settling = settling;
            let settled = tokio::time::timeout(SETTLE, async {
                if let Some(mut body) = body
                    && body.frame().await.is_some_and(|frame| !matches!(frame, Ok(f) if f.is_trailers()))
                {
                    return false;
                }
                match self.sender() {
                    Some(sender) => sender.ready().await.is_ok(),
                    None => false,
                }
            });
            if settled.await.unwrap_or(false) {
                self.release();
            }
        });
    }
}

/// A place in the count of settling tasks.
struct Settling(Arc<AtomicUsize>);

impl Settling {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.driver.abort();
            if let Some(pool) = self.pool.upgrade() {
                pool.open.fetch_sub(1, Relaxed);
            }
        }
    }
}
