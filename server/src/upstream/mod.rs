//! The upstream's side of an exchange: finding, connecting, pooling, reading.

pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod drive;
mod http2;
pub(crate) mod inflate;
pub(crate) mod pool;
pub(crate) mod resolve;
pub(crate) mod tls;
pub(crate) mod upload;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};

use self::demo::Demo;
pub(crate) use self::http2::STREAMS;
use self::inflate::Inflate;
use self::pool::Lease;

/// Where an answer's bytes come from. Dropping it closes the upstream connection at once.
pub(crate) enum Source {
    /// An HTTP upstream: the body, and the connection that carries it.
    Http(Upstream),
    /// The built-in provider.
    Demo(Demo),
}

/// An answer's body, as the two versions of HTTP carry it.
pub(crate) enum Body {
    Http1(Incoming),
    Http2(http2::Answer),
}

/// An upstream's answer in progress.
pub(crate) struct Upstream {
    pub(crate) body: Body,
    pub(crate) lease: Lease,
    /// Unpacks what came compressed.
    pub(crate) inflate: Option<Box<Inflate>>,
}

/// An answer broke off: its connection did, or what was compressed cannot be unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

impl Source {
    /// The next bytes; `None` at a clean end.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        match self {
            Self::Demo(demo) => demo.poll_chunk(cx).map(|chunk| chunk.map(Ok)),
            Self::Http(upstream) => upstream.poll_chunk(cx),
        }
    }

    /// The next bytes; `None` at a clean end.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, Cut>> {
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
        if let Self::Http(Upstream { body, lease, .. }) = self {
            lease.settle(body);
        }
    }
}

impl Body {
    /// The next bytes as they came; `None` at a clean end.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let body = match self {
            Self::Http1(body) => body,
            Self::Http2(answer) => return answer.poll_data(cx),
        };
        loop {
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(_)) => return Poll::Ready(Some(Err(Cut))),
                // Trailers say nothing that a client of these interfaces reads.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }
}

impl Upstream {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        loop {
            if let Some(inflate) = &mut self.inflate
                && let Some(piece) = inflate.piece().map_err(|_| Cut).transpose()
            {
                return Poll::Ready(Some(piece));
            }
            let body = &mut self.body;
            let data = match ready!(self.lease.poll(cx, |cx| body.poll_data(cx))) {
                None if self.inflate.as_ref().is_none_or(|inflate| inflate.is_whole()) => {
                    return Poll::Ready(None);
                }
                None | Some(Err(_)) => return Poll::Ready(Some(Err(Cut))),
                Some(Ok(data)) => data,
            };
            match &mut self.inflate {
                Some(inflate) => inflate.push(data),
                None => return Poll::Ready(Some(Ok(data))),
            }
        }
    }
}
