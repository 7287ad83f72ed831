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

use bytes::Bytes;
use http::{Request, Response};
use scope::{Count, Scope};

use super::body::Body;
use super::connect::{Connector, Destination, Io, Spoken};
use super::failed::{Cut, Failed, Why};
use super::http1::{Connection, Rest};
use super::http2::{self, Place, Shards, Turn};
use super::notice::{Knock, Notices};
use super::upload::{Upload, copy};
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

pub(crate) struct Pool {
    #[expect(clippy::vec_box, reason = "they come and go in the box that whoever uses them holds")]
    idle: Mutex<HashMap<String, Vec<Box<Idle>>>>,
    /// What idle connections have to say.
    notices: Arc<Notices>,
    shared: Mutex<HashMap<String, Arc<Shards>>>,
    connector: Connector,
    scope: Scope,
    /// HTTP/1.1 leases out, connecting ones not counted.
    open: AtomicUsize,
    /// Tasks that wait for the end of an answer that is already whole, and those on errands.
    settling: Count,
    idle_for: u64,
}

/// A connection over HTTP/1.1.
struct Idle {
    connection: Connection<Io>,
    watch: SocketWatch,
    /// Woken by whatever comes while nobody uses it.
    knock: Arc<Knock>,
    since: u64,
}

enum Held {
    Alone(Box<Idle>),
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
    Alone(Box<Idle>),
    Shared(Box<http2::Driven<Io>>),
}

impl Pool {
    pub(crate) fn new(connector: Connector, scope: Scope, idle_for: u64) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::default(),
            notices: Arc::default(),
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
            if !idle.watch.has_input() {
                return Some(self.lend(Held::Alone(idle), destination, true));
            }
            if !destination.base.tls && idle.watch.has_bytes() {
                destination.sent_surplus();
            }
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
        let knock = Knock::new(&self.notices, destination);
        Ok(Made::Alone(Box::new(Idle { connection: Connection::new(io), watch, knock, since: 0 })))
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

    fn keep(&self, mut idle: Box<Idle>, destination: &Destination) {
        // Locked before its waker is set: what wakes it finds it in its place.
        let mut table = lock(&self.idle);
        if !idle.is_silent() {
            return;
        }
        idle.since = now();
        let Some(list) = table.get_mut(&destination.key) else {
            table.insert(destination.key.clone(), vec![idle]);
            return;
        };
        list.push(idle);
        let most = if destination.is_wary() { WARY_IDLE } else { IDLE };
        let surplus = list.len().saturating_sub(most);
        list.drain(..surplus);
    }

    /// Looks at idle connections that something has come to: one that its upstream has closed, or that has bytes nobody
    /// asked for, is not kept. Never completes.
    pub(crate) async fn attend(&self) {
        std::future::poll_fn::<(), _>(|cx| {
            for knock in self.notices.take(cx) {
                let mut table = lock(&self.idle);
                let Some(list) = table.get_mut(&knock.destination.key) else { continue };
                // It may be in use again.
                let place = list.iter().position(|idle| Arc::ptr_eq(&idle.knock, &knock));
                if let Some(place) = place
                    && !list[place].is_silent()
                {
                    list.remove(place);
                }
            }
            Poll::Pending
        })
        .await;
    }

    /// Closes what has been idle too long.
    pub(crate) fn reap(&self) {
        let oldest = now().saturating_sub(self.idle_for);
        // One that a request holds may be about to get a connection.
        lock(&self.shared).retain(|_, shards| shards.reap(oldest) || Arc::strong_count(shards) > 1);
        lock(&self.idle).retain(|_, list| {
            list.retain(|idle| idle.since > oldest);
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

    /// Tasks of the idle ones.
    pub(crate) fn idle_tasks(&self) -> usize {
        self.count_shared().1
    }

    /// Connections with a task of their own.
    pub(crate) fn driven(&self) -> usize {
        let (busy, idle) = self.count_shared();
        busy + idle
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
    pub(crate) async fn send(&mut self, request: &Request<Upload>) -> Result<Response<Body>, Failed> {
        match &mut self.held {
            Some(Held::Alone(idle)) => {
                let answer = idle.connection.send(request, self.reused).await?;
                Ok(answer.map(|()| Body::Http1))
            }
            Some(Held::Shared(place)) => {
                let answer = http2::send(place.send(), &self.destination, copy(request)).await?;
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

    /// The next content of the answer; `None` at a clean end.
    pub(super) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        body: &mut Body,
    ) -> Poll<Option<Result<Bytes, Cut>>> {
        match (body, &mut self.held) {
            (Body::Http2(answer), _) => answer.poll_data(cx),
            (Body::Http1, Some(Held::Alone(idle))) => idle.connection.poll_data(cx),
            (Body::Http1, _) => Poll::Ready(Some(Err(Cut))),
        }
    }

    /// Bytes of the answer that have come and were not asked for yet; those with the kernel aside.
    pub(super) fn ahead(&self, body: &mut Body) -> usize {
        match (body, &self.held) {
            (Body::Http2(answer), _) => answer.ahead(),
            (Body::Http1, Some(Held::Alone(idle))) => idle.connection.ahead(),
            (Body::Http1, _) => 0,
        }
    }

    /// The answer was read to its clean end: gives the connection back, if it is free again.
    pub(crate) fn release(mut self) {
        match self.held.take() {
            Some(Held::Alone(idle)) if idle.connection.is_free() => {
                if let Some(pool) = self.pool.upgrade() {
                    pool.open.fetch_sub(1, Relaxed);
                    pool.keep(idle, &self.destination);
                }
            }
            // The rest of the request is still on its way.
            Some(Held::Alone(idle)) if idle.connection.is_over() => {
                self.held = Some(Held::Alone(idle));
                self.wait_and_release(None);
            }
            Some(Held::Alone(idle)) => self.held = Some(Held::Alone(idle)),
            // Its place is free now.
            Some(Held::Shared(_)) | None => {}
        }
    }

    /// The answer is whole, its end not yet seen: waits for the end a moment. Anything else closes the connection, or
    /// resets the stream.
    pub(crate) fn settle(mut self, mut body: Body) {
        // Mostly the end came with the last bytes.
        let mut nobody = Context::from_waker(Waker::noop());
        match self.poll_data(&mut nobody, &mut body) {
            Poll::Ready(None) => self.release(),
            Poll::Ready(Some(_)) => {}
            Poll::Pending => self.wait_and_release(Some(body)),
        }
    }

    fn wait_and_release(mut self, body: Option<Body>) {
        let Some(pool) = self.pool.upgrade() else { return };
        let place = pool.settling.enter();
        pool.scope.spawn("settle", async move {
            let _place = place;
            let settled = until(Moment::now() + SETTLE, async {
                if let Some(mut body) = body
                    && std::future::poll_fn(|cx| self.poll_data(cx, &mut body)).await.is_some()
                {
                    return false;
                }
                match &mut self.held {
                    Some(Held::Alone(idle)) => {
                        std::future::poll_fn(|cx| idle.connection.poll_sent(cx)).await.is_ok()
                    }
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

impl Idle {
    /// Tells whether nothing has come that nobody asked for, nor the end. Then whatever comes knocks.
    fn is_silent(&mut self) -> bool {
        let said = self.connection.rest(&self.knock.waker());
        if said == Rest::Surplus {
            self.knock.destination.sent_surplus();
        }
        said == Rest::Silent
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(Held::Alone(_)) = self.held.take()
            && let Some(pool) = self.pool.upgrade()
        {
            pool.open.fetch_sub(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
