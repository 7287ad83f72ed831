//! Who polls an upstream connection. hyper wants a task of its own for that; but then every frame of an answer is handed
//! from one task to another, and goes to the client alone, although it came together with others. So whoever waits
//! for an answer drives its connection as well, and the task of its own does that only while nobody waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::task::AtomicWaker;
use hyper::client::conn::http1::Connection;
use hyper_util::rt::TokioIo;

use super::connect::{Destination, Io};
use super::upload::Upload;
use crate::clock::lock;

/// A connection to an upstream as hyper sees it.
type Http1 = Connection<TokioIo<Io>, Upload>;

/// A connection that is driven by whoever waits for it.
#[derive(Clone)]
pub(crate) struct Driven(Arc<Shared>);

/// The future of the connection's own task. It ends with the connection.
pub(crate) struct Driver(Arc<Shared>);

struct Shared {
    /// `None` once it has ended.
    connection: Mutex<Option<Http1>>,
    /// Somebody waits, and drives it; its wakers are theirs.
    attended: AtomicBool,
    /// Wakes the connection's own task.
    own: AtomicWaker,
    destination: Arc<Destination>,
}

/// The connection, and the future for its own task.
pub(crate) fn driven(connection: Http1, destination: Arc<Destination>) -> (Driven, Driver) {
    let shared = Arc::new(Shared {
        connection: Mutex::new(Some(connection)),
        attended: AtomicBool::new(false),
        own: AtomicWaker::new(),
        destination,
    });
    (Driven(Arc::clone(&shared)), Driver(shared))
}

impl Driven {
    /// Polls what only this connection can make ready, and drives the connection while that is not ready. When it is
    /// not ready after that either, the connection has been left to wake this task and no other.
    pub(crate) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // The connection's wakers are enough: nothing comes but by its being polled here.
        let mut nobody = Context::from_waker(Waker::noop());
        self.0.attended.store(true, Relaxed);
        let mut polled = wanted(&mut nobody);
        if polled.is_pending() {
            self.0.drive(cx);
            polled = wanted(&mut nobody);
        }
        polled
    }

    /// Waits for what only this connection can make ready.
    pub(crate) async fn wait<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| self.poll(cx, |nobody| future.as_mut().poll(nobody))).await
    }

    /// Nobody waits any more: the connection's own task takes over.
    pub(crate) fn leave(&self) {
        self.0.attended.store(false, Relaxed);
        self.0.own.wake();
    }
}

impl Shared {
    /// Lets the connection do what can be done. Whether it has ended.
    fn drive(&self, cx: &mut Context<'_>) -> bool {
        let mut connection = lock(&self.connection);
        let ended = match connection.as_mut() {
            // Its errors reach the exchange through the sender and the body.
            Some(open) => {
                let polled = Pin::new(open).poll(cx);
                if matches!(&polled, Poll::Ready(Err(error)) if !self.attended.load(Relaxed) && is_surplus(error))
                {
                    self.destination.sent_surplus();
                }
                polled.is_ready()
            }
            None => return true,
        };
        if ended {
            *connection = None;
            drop(connection);
            self.own.wake();
        }
        ended
    }
}

/// Tells whether a connection that nobody uses has ended because bytes came on it, and not because it broke.
fn is_surplus(error: &hyper::Error) -> bool {
    use std::error::Error as _;
    error.source().is_none() && !error.is_incomplete_message() && !error.is_canceled()
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.own.register(cx.waker());
        if self.0.attended.load(Relaxed) {
            let ended = lock(&self.0.connection).is_none();
            return if ended { Poll::Ready(()) } else { Poll::Pending };
        }
        if self.0.drive(cx) { Poll::Ready(()) } else { Poll::Pending }
    }
}
