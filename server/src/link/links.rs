//! The links of one worker, and the revoker: it looks at each when the wheel says so, whether or not anything polls
//! them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use slab::Slab;

use super::terms::Terms;
use super::wheel::Item;
use super::{Door, Link};
use crate::clock::{awake, lock};
use crate::socket::SocketWatch;

/// The client connections of a worker, and the HTTP/2 streams on them.
pub(crate) struct Links {
    terms: Arc<Terms>,
    table: Mutex<Slab<Arc<Link>>>,
    streams: AtomicUsize,
}

impl Links {
    pub(crate) fn new(terms: Arc<Terms>) -> Self {
        Self { terms, table: Mutex::default(), streams: AtomicUsize::new(0) }
    }

    /// A client has connected.
    pub(crate) fn connected(&self, peer: SocketAddr, watch: SocketWatch, door: Door) -> Arc<Link> {
        let link = Link::new(&self.terms, peer, watch, door);
        self.enter(&link);
        link.awaits_head();
        link
    }

    /// A request came on an HTTP/2 connection: the link of its stream.
    pub(crate) fn open_stream(&self, connection: &Arc<Link>) -> Arc<Link> {
        let link = connection.stream_link();
        self.streams.fetch_add(1, Relaxed);
        self.enter(&link);
        connection.carries_stream(&link);
        link
    }

    /// A stream is over, however it ended.
    pub(crate) fn close_stream(&self, connection: &Link, link: &Arc<Link>) {
        self.leave(link);
        self.streams.fetch_sub(1, Relaxed);
        connection.loses_stream(link);
    }

    fn enter(&self, link: &Arc<Link>) {
        link.enter(lock(&self.table).insert(Arc::clone(link)));
    }

    /// A link is over: it takes its place on the wheel along.
    pub(crate) fn leave(&self, link: &Link) {
        let Some(key) = link.key() else { return };
        if lock(&self.table).try_remove(key).is_some() {
            link.left(key);
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Link>> {
        lock(&self.table).iter().map(|(_, link)| Arc::clone(link)).collect()
    }

    /// Client connections, and the HTTP/2 streams on them: each is one task.
    pub(crate) fn len(&self) -> usize {
        lock(&self.table).len()
    }

    pub(crate) fn connections(&self) -> usize {
        self.len().saturating_sub(self.streams.load(Relaxed))
    }

    /// Looks at each link when its time comes, for ever.
    pub(crate) async fn revoke(&self) {
        let wheel = &self.terms.wheel;
        loop {
            wheel.turn().await;
            let now = awake();
            while let Some(item) = wheel.due(now) {
                let link = lock(&self.table).get(item.key).filter(|link| link.is(item)).cloned();
                if let Some(link) = link
                    && let Some(at) = link.look()
                {
                    wheel.put(Item { at, ..item }, item.at);
                }
            }
        }
    }
}
