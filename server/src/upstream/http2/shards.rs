//! The HTTP/2 connections of one destination: which of them takes a request, when another is opened, and who waits.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use h2::client::SendRequest;
use scope::{Scope, Task};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use super::bounds::{CONNECTIONS, STREAMS};
use super::connection::{Driven, Gauge};
use crate::clock::lock;

struct Shard {
    number: u64,
    send: SendRequest<Bytes>,
    driver: Task,
    gauge: Arc<Gauge>,
}

/// All connections of one destination.
#[derive(Default)]
pub(crate) struct Shards(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    all: Vec<Arc<Shard>>,
    opened: u64,
    connecting: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// A place for one stream on one connection; dropping it frees it.
pub(crate) struct Place {
    shard: Arc<Shard>,
    shards: Arc<Shards>,
}

/// The next step of a request that needs a connection.
pub(crate) enum Turn {
    Place(Place),
    /// Open another, for itself and others.
    Connect(Connecting),
    /// Open one for itself: the upstream speaks HTTP/1.1.
    Alone,
    /// Give up: the connection that it waited for could not be made.
    Failed(io::Error),
}

/// The right, and the duty, to open a connection. Dropped, the next that waits gets it.
pub(crate) struct Connecting {
    shards: Arc<Shards>,
    over: bool,
}

/// Turns that are handed out once nothing is locked any more: one that nobody takes is dropped, which locks again.
type Turns = Vec<(oneshot::Sender<Turn>, Turn)>;

impl Shards {
    /// A place on a connection that is already there, but not on number `after`, which has just failed.
    pub(crate) fn place(self: &Arc<Self>, after: Option<u64>) -> Option<Place> {
        let mut inner = lock(&self.0);
        inner.waiting.retain(|one| !one.is_closed());
        // Those who wait go first.
        if inner.waiting.is_empty() { inner.pick(self, after) } else { None }
    }

    /// A place, or the turn to open a connection, as soon as there is one.
    pub(crate) async fn turn(self: &Arc<Self>, after: Option<u64>) -> Turn {
        if let Some(place) = self.place(after) {
            return Turn::Place(place);
        }
        let waits = {
            let mut inner = lock(&self.0);
            if inner.may_connect(1) {
                inner.connecting += 1;
                return Turn::Connect(Connecting { shards: Arc::clone(self), over: false });
            }
            let (turn, waits) = oneshot::channel();
            inner.waiting.push_back(turn);
            waits
        };
        waits.await.unwrap_or_else(|_| Turn::Failed(io::Error::other("the relay no longer connects there")))
    }

    /// Takes over a connection: it is driven until it ends, and its first place is the caller's.
    pub(crate) fn adopt<S>(self: &Arc<Self>, driven: Driven<S>, scope: &Scope) -> Place
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (send, gauge) = (driven.send.clone(), Arc::clone(&driven.gauge));
        let mut inner = lock(&self.0);
        inner.opened += 1;
        let gone = Gone { shards: Arc::downgrade(self), number: inner.opened };
        let driver = scope.spawn("upstream", async move {
            driven.run(|| gone.shards.upgrade().into_iter().for_each(|shards| shards.hand_out())).await;
            drop(gone);
        });
        let shard = Arc::new(Shard { number: inner.opened, send, driver, gauge });
        inner.all.push(Arc::clone(&shard));
        shard.gauge.enter();
        drop(inner);
        self.hand_out();
        Place { shard, shards: Arc::clone(self) }
    }

    /// Gives those who wait what there is: places, or the turn to open a connection.
    fn hand_out(self: &Arc<Self>) {
        let mut turns = Turns::new();
        let mut inner = lock(&self.0);
        inner.waiting.retain(|one| !one.is_closed());
        while !inner.waiting.is_empty() {
            let turn = if let Some(place) = inner.pick(self, None) {
                Turn::Place(place)
            } else if inner.may_connect(0) {
                inner.connecting += 1;
                Turn::Connect(Connecting { shards: Arc::clone(self), over: false })
            } else {
                break;
            };
            turns.extend(inner.waiting.pop_front().map(|one| (one, turn)));
        }
        drop(inner);
        give(turns);
    }

    /// Tells all that wait the same.
    fn tell_all(&self, turn: impl Fn() -> Turn) {
        let waiting = std::mem::take(&mut lock(&self.0).waiting);
        give(waiting.into_iter().map(|one| (one, turn())).collect());
    }

    /// Closes connections without a stream since before `oldest`. Whether anything is left.
    pub(crate) fn reap(&self, oldest: u64) -> bool {
        let mut inner = lock(&self.0);
        inner.all.retain(|shard| {
            let keep = shard.gauge.streams() > 0 || shard.gauge.idle_since() > oldest;
            if !keep {
                shard.driver.abort();
            }
            keep
        });
        !inner.all.is_empty() || inner.connecting > 0 || !inner.waiting.is_empty()
    }

    /// Connections that carry streams, and connections that carry none.
    pub(crate) fn count(&self) -> (usize, usize) {
        let inner = lock(&self.0);
        let busy = inner.all.iter().filter(|shard| shard.gauge.streams() > 0).count();
        (busy, inner.all.len() - busy)
    }
}

fn give(turns: Turns) {
    // Who no longer waits has given its turn to the next by dropping it.
    turns.into_iter().for_each(|(one, turn)| drop(one.send(turn)));
}

impl Inner {
    /// The connection with the fewest streams. One without any counts as half full: what is idle is left to be closed
    /// while the others have room.
    fn pick(&mut self, shards: &Arc<Shards>, after: Option<u64>) -> Option<Place> {
        let load = |shard: &Shard| match shard.gauge.streams() {
            0 => shard.gauge.limit() / 2,
            streams => streams,
        };
        let fit =
            |shard: &&Arc<Shard>| shard.gauge.streams() < shard.gauge.limit() && Some(shard.number) != after;
        let shard = self.all.iter().filter(fit).min_by_key(|shard| load(shard))?;
        shard.gauge.enter();
        Some(Place { shard: Arc::clone(shard), shards: Arc::clone(shards) })
    }

    /// Tells whether those who wait, and `more`, need and may have a connection besides those that are being made.
    fn may_connect(&self, more: usize) -> bool {
        let live = self.all.iter().filter(|shard| shard.gauge.limit() > 0);
        let each = live.clone().map(|shard| shard.gauge.limit()).max().unwrap_or(STREAMS);
        self.connecting * each < self.waiting.len() + more && live.count() + self.connecting < CONNECTIONS
    }
}

impl Connecting {
    /// The connection stands.
    pub(crate) fn made<S>(mut self, driven: Driven<S>, scope: &Scope) -> Place
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.ends();
        self.shards.adopt(driven, scope)
    }

    /// The upstream speaks HTTP/1.1: everybody needs a connection of their own.
    pub(crate) fn alone(mut self) {
        self.ends();
        self.shards.tell_all(|| Turn::Alone);
    }

    /// It could not be made. Without any other, those who wait are told now and not one after the other; with others
    /// the next has its turn when this one is dropped: at a place, or at another try.
    pub(crate) fn failed(self, error: &io::Error) {
        let others = {
            let inner = lock(&self.shards.0);
            inner.connecting > 1 || inner.all.iter().any(|shard| shard.gauge.limit() > 0)
        };
        if !others {
            self.shards.tell_all(|| Turn::Failed(copy(error)));
        }
    }

    fn ends(&mut self) {
        self.over = true;
        lock(&self.shards.0).connecting -= 1;
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if !self.over {
            self.ends();
            self.shards.hand_out();
        }
    }
}

/// A copy of an error for somebody else. The code of the relay's own lack of room must survive.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), crate::upstream::connect::chain(error)),
    }
}

impl Place {
    /// Which connection it is on.
    pub(crate) fn number(&self) -> u64 {
        self.shard.number
    }

    pub(crate) fn send(&self) -> SendRequest<Bytes> {
        self.shard.send.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shard.gauge.leave();
        if self.shard.gauge.limit() == 0 && self.shard.gauge.streams() == 0 {
            // It was going away and has carried its last stream. Its end takes it out of the table.
            self.shard.driver.abort();
        }
        self.shards.hand_out();
    }
}

/// The end of a connection's task, however it ends: the connection leaves the table.
struct Gone {
    shards: Weak<Shards>,
    number: u64,
}

impl Drop for Gone {
    fn drop(&mut self) {
        if let Some(shards) = self.shards.upgrade() {
            let mut inner = lock(&shards.0);
            inner.all.retain(|shard| shard.number != self.number);
            drop(inner);
            shards.hand_out();
        }
    }
}
