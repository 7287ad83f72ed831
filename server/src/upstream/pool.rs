//! Connections to upstreams, kept for the next exchange: of those that have rested the last one first, so that what is
//! not needed grows old; idle ones are capped and reaped. A connection is lent out as a [`Lease`]. Over HTTP/1.1 a lease that is dropped closes its connection at once, and only
//! one whose answer was read to a clean end comes back; over HTTP/2 it is one stream of a connection that others use
//! too, and that goes on without it.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use scope::{Count, Scope, Task};

use super::body::Body;
use super::connect::{Connector, Destination, Io, Spoken, chain};
use super::drive::{self, Driven};
use super::failed::{Failed, Why};
use super::http2::{self, Place, Shards, Turn};
use super::upload::Upload;
use crate::clock::deadline::{Moment, until};
use crate::clock::{lock, now};
use crate::socket::SocketWatch;

/// Idle connections kept a destination and worker.
const IDLE: usize = 256;
/// How long a connection rests after its last answer, in milliseconds: bytes that an upstream sends beyond an answer
/// have come by then, mostly, and are not taken for the beginning of the next.
const REST: u64 = 5;
/// And where an upstream once sent such bytes.
const WARY_REST: u64 = 2_000;
/// Idle connections kept there a destination and worker: while they rest, each request needs one of its own, and those
/// before it would all be kept.
const WARY_IDLE: usize = 8;
/// How long an upstream may take to end an answer that is already whole.
const SETTLE: Duration = Duration::from_secs(1);
/// Bytes that it may still send meanwhile; nothing but the end is expected.
const READ_BUFFER: usize = 64 * 1024;

pub(crate) struct Pool {
    idle: Mutex<HashMap<String, Vec<Idle>>>,
    shared: Mutex<HashMap<String, Arc<Shards>>>,
    connector: Connector,
    scope: Scope,
    /// HTTP/1.1 leases out, connecting ones not counted.
    open: AtomicUsize,
    /// Tasks that wait for the end of an answer that is already whole, and those on errands.
    settling: Count,
    idle_for: u64,
}

struct Idle {
    sender: SendRequest<Upload>,
    driven: Driven,
    driver: Task,
    watch: SocketWatch,
    since: u64,
}

enum Held {
    Alone(Idle),
    Shared(Place),
}

/// A connection lent to one exchange, or a place on one.
pub(crate) struct Lease {
    held: Option<Held>,
    destination: Arc<Destination>,
    pool: Weak<Pool>,
    /// The connection has carried an exchange before, so that its failure may only mean that it was stale.
    pub(crate) reused: bool,
}

/// The connection that a request has just failed on: the next one is not to be it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct After(Option<u64>);

/// A connection that has just been made.
enum Made {
    Alone(Idle),
    Shared(Box<http2::Driven<Io>>),
}

impl Pool {
    pub(crate) fn new(connector: Connector, scope: Scope, idle_for: u64) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::default(),
            shared: Mutex::default(),
            connector,
            scope,
            open: AtomicUsize::new(0),
            settling: Count::default(),
            idle_for,
        })
    }

    /// The addresses of a host.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<std::net::SocketAddr>> {
        self.connector.resolver.resolve(host, port).await
    }

    /// A connection that is already there, if one is fit. After a failure only another one is.
    pub(crate) fn reuse(
        self: &Arc<Self>,
        destination: &Arc<Destination>,
        after: Option<After>,
    ) -> Option<Lease> {
        if destination.may_share() {
            let shards = lock(&self.shared).get(&destination.key).cloned();
            let place = shards?.place(after.and_then(|after| after.0))?;
            return Some(self.lend(Held::Shared(place), destination, true));
        }
        if after.is_some() {
            return None;
        }
        let rest = if destination.is_wary() { WARY_REST } else { REST };
        // Both times are rounded down: one more makes it a whole rest.
        let before = now().saturating_sub(rest);
        loop {
            let idle = last_before(lock(&self.idle).get_mut(&destination.key)?, before, |idle| idle.since)?;
            // Closed meanwhile, or with bytes in it that nobody asked for: not to be used again.
            if idle.sender.is_ready() && !idle.watch.has_input() {
                return Some(self.lend(Held::Alone(idle), destination, true));
            }
            if !destination.base.tls && idle.watch.has_bytes() {
                destination.sent_surplus();
            }
            idle.driver.abort();
        }
    }

    /// A new connection; where several requests can share one, also a place that becomes free, or a connection that
    /// another request has made. Bounded by the caller's deadline.
    pub(crate) async fn connect(
        self: &Arc<Self>,
        destination: &Arc<Destination>,
        after: Option<After>,
    ) -> io::Result<Lease> {
        if destination.may_share() {
            match self.shards(destination).turn(after.and_then(|after| after.0)).await {
                Turn::Place(place) => return Ok(self.lend(Held::Shared(place), destination, true)),
                Turn::Failed(error) => return Err(error),
                Turn::Connect(connecting) => {
                    let held = match self.make(destination).await {
                        Ok(Made::Shared(driven)) => Held::Shared(connecting.made(*driven, &self.scope)),
                        Ok(Made::Alone(idle)) => {
                            connecting.alone();
                            Held::Alone(idle)
                        }
                        Err(error) => {
                            connecting.failed(&error);
                            return Err(error);
                        }
                    };
                    return Ok(self.lend(held, destination, false));
                }
                Turn::Alone => {}
            }
        }
        let held = match self.make(destination).await? {
            Made::Alone(idle) => Held::Alone(idle),
            Made::Shared(driven) => Held::Shared(self.shards(destination).adopt(*driven, &self.scope)),
        };
        Ok(self.lend(held, destination, false))
    }

    async fn make(&self, destination: &Arc<Destination>) -> io::Result<Made> {
        let (io, watch, spoken) = self.connector.connect(destination).await?;
        if spoken == Spoken::Http2 {
            let driven = http2::open(io).await?;
            destination.speaks(spoken);
            return Ok(Made::Shared(Box::new(driven)));
        }
        destination.speaks(spoken);
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(READ_BUFFER)
            .handshake::<_, Upload>(TokioIo::new(io))
            .await
            .map_err(io::Error::other)?;
        let (driven, driver) = drive::driven(connection, Arc::clone(destination));
        let driver = self.scope.spawn("upstream", driver);
        Ok(Made::Alone(Idle { sender, driven, driver, watch, since: 0 }))
    }

    fn shards(&self, destination: &Destination) -> Arc<Shards> {
        let mut table = lock(&self.shared);
        if let Some(shards) = table.get(&destination.key) {
            return Arc::clone(shards);
        }
        let shards = Arc::new(Shards::default());
        table.insert(destination.key.clone(), Arc::clone(&shards));
        shards
    }

    fn lend(self: &Arc<Self>, held: Held, destination: &Arc<Destination>, reused: bool) -> Lease {
        if matches!(held, Held::Alone(_)) {
            self.open.fetch_add(1, Relaxed);
        }
        let destination = Arc::clone(destination);
        Lease { held: Some(held), destination, pool: Arc::downgrade(self), reused }
    }

    fn keep(&self, mut connection: Idle, destination: &Destination) {
        connection.driven.leave();
        let mut table = lock(&self.idle);
        connection.since = now();
        let Some(list) = table.get_mut(&destination.key) else {
            table.insert(destination.key.clone(), vec![connection]);
            return;
        };
        list.push(connection);
        let most = if destination.is_wary() { WARY_IDLE } else { IDLE };
        let surplus = list.len().saturating_sub(most);
        list.drain(..surplus).for_each(|idle| idle.driver.abort());
    }

    /// Closes what has been idle too long, or was closed by the other side.
    pub(crate) fn reap(&self) {
        let oldest = now().saturating_sub(self.idle_for);
        // One that a request holds may be about to get a connection.
        lock(&self.shared).retain(|_, shards| shards.reap(oldest) || Arc::strong_count(shards) > 1);
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
        self.open.load(Relaxed) + self.count_shared().0
    }

    /// Runs what serves no request alone, and has a deadline of its own.
    pub(crate) fn errand(&self, name: &'static str, errand: impl Future<Output = ()> + Send + 'static) {
        let place = self.settling.enter();
        self.scope.spawn(name, async move {
            let _place = place;
            errand.await;
        });
    }

    /// Tasks that wait for the end of an answer, and those on errands.
    pub(crate) fn settling(&self) -> usize {
        self.settling.get()
    }

    /// Connections kept for the next exchange.
    pub(crate) fn idle(&self) -> usize {
        lock(&self.idle).values().map(Vec::len).sum::<usize>() + self.count_shared().1
    }

    fn count_shared(&self) -> (usize, usize) {
        let table = lock(&self.shared);
        table.values().map(|shards| shards.count()).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }
}

/// Takes the last that has been there since before that time; they are in the order in which they came.
fn last_before<T>(list: &mut Vec<T>, before: u64, since: impl Fn(&T) -> u64) -> Option<T> {
    let there = list.partition_point(|one| since(one) < before);
    (there > 0).then(|| list.remove(there - 1))
}

impl Lease {
    /// Sends a request, and waits for the head of its answer.
    pub(crate) async fn send(&mut self, request: Request<Upload>) -> Result<Response<Body>, Failed> {
        match &mut self.held {
            Some(Held::Alone(Idle { sender, driven, .. })) => {
                match driven.wait(sender.try_send_request(request)).await {
                    Ok(response) => Ok(response.map(Body::Http1)),
                    Err(mut failed) => Err(Failed {
                        why: match failed.take_message() {
                            Some(_) => Why::Untouched,
                            None if failed.error().is_parse() => Why::NotHttp,
                            None => Why::Broke,
                        },
                        text: chain(failed.error()),
                    }),
                }
            }
            Some(Held::Shared(place)) => {
                let answer = http2::send(place.send(), &self.destination, request).await?;
                Ok(answer.map(Body::Http2))
            }
            None => Err(Failed { why: Why::Broke, text: "the connection was lost".to_owned() }),
        }
    }

    /// Tells whether it is one stream of a connection that others use too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.held, Some(Held::Shared(_)))
    }

    /// Which connection it was, for the choice of the next.
    pub(crate) fn after(&self) -> After {
        After(match &self.held {
            Some(Held::Shared(place)) => Some(place.number()),
            _ => None,
        })
    }

    /// Polls what only this lease's connection can make ready, and drives a connection of its own meanwhile.
    pub(crate) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        match &self.held {
            Some(Held::Alone(connection)) => connection.driven.poll(cx, wanted),
            Some(Held::Shared(_)) | None => wanted(cx),
        }
    }

    /// The answer was read to its clean end: gives the connection back, if it is free again.
    pub(crate) fn release(mut self) {
        match self.held.take() {
            Some(Held::Alone(connection)) if connection.sender.is_ready() => {
                if let Some(pool) = self.pool.upgrade() {
                    pool.open.fetch_sub(1, Relaxed);
                    pool.keep(connection, &self.destination);
                }
            }
            Some(Held::Alone(connection)) => {
                self.held = Some(Held::Alone(connection));
                self.wait_and_release(None);
            }
            // Its place is free now.
            Some(Held::Shared(_)) | None => {}
        }
    }

    /// The answer is whole, its end not yet seen: waits for the end a moment. Anything else closes the connection, or
    /// resets the stream.
    pub(crate) fn settle(self, mut body: Body) {
        // Mostly the end came with the last bytes.
        let mut nobody = Context::from_waker(Waker::noop());
        match self.poll(&mut nobody, |cx| body.poll_data(cx)) {
            Poll::Ready(None) => self.release(),
            Poll::Ready(Some(_)) => {}
            Poll::Pending => self.wait_and_release(Some(body)),
        }
    }

    fn wait_and_release(mut self, body: Option<Body>) {
        let Some(pool) = self.pool.upgrade() else { return };
        let place = pool.settling.enter();
        if let Some(Held::Alone(connection)) = &self.held {
            connection.driven.leave();
        }
        pool.scope.spawn("settle", async move {
            let _place = place;
            let settled = until(Moment::now() + SETTLE, async {
                if let Some(mut body) = body
                    && std::future::poll_fn(|cx| body.poll_data(cx)).await.is_some()
                {
                    return false;
                }
                match &mut self.held {
                    Some(Held::Alone(connection)) => connection.sender.ready().await.is_ok(),
                    Some(Held::Shared(_)) => true,
                    None => false,
                }
            });
            if settled.await.unwrap_or(false) {
                self.release();
            }
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(Held::Alone(connection)) = self.held.take() {
            connection.driver.abort();
            if let Some(pool) = self.pool.upgrade() {
                pool.open.fetch_sub(1, Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_that_have_rested_the_last_one_is_lent() {
        let mut list = vec![10, 20, 30, 31, 40];
        assert_eq!(last_before(&mut list, 31, |since| *since), Some(30));
        assert_eq!(last_before(&mut list, 31, |since| *since), Some(20));
        assert_eq!(last_before(&mut list, 10, |since| *since), None, "not before its time");
        assert_eq!(list, [10, 31, 40], "what is not needed grows old");
    }
}
