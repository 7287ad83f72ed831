//! The upstream's side of an exchange: finding, connecting, pooling, reading.

pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod pool;
pub(crate) mod resolve;
pub(crate) mod tls;
pub(crate) mod upload;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};

use self::demo::Demo;
use self::pool::Lease;

/// Where an answer's bytes come from. Dropping it closes the upstream connection at once.
pub(crate) enum Source {
    /// An HTTP upstream: the body, and the connection that carries it.
    Http(Upstream),
    /// The built-in provider.
    Demo(Demo),
}

/// An upstream's answer in progress.
pub(crate) struct Upstream {
    pub(crate) body: Incoming,
    pub(crate) lease: Lease,
}

impl Source {
    /// The next bytes; `None` at a clean end.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        match self {
            Self::Demo(demo) => demo.poll_chunk(cx).map(|chunk| chunk.map(Ok)),
            Self::Http(upstream) => loop {
                match ready!(Pin::new(&mut upstream.body).poll_frame(cx)) {
                    None => return Poll::Ready(None),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    // Trailers say nothing that a client of these interfaces reads.
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            return Poll::Ready(Some(Ok(data)));
                        }
                    }
                }
            },
        }
    }

    /// The next bytes; `None` at a clean end.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, hyper::Error>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// The answer was read to its clean end: the connection may carry another.
    pub(crate) fn finished(self) {
        if let Self::Http(upstream) = self {
            upstream.lease.release();
        }
    }

    /// The answer is whole, but its end was not seen yet: the connection is kept only if the end follows soon and
    /// nothing else does.
    pub(crate) fn settle(self) {
        if let Self::Http(Upstream { body, lease }) = self {
            lease.settle(body);
        }
    }
}
