//! The upstream's side of an answer under way.

use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::body::Body;
use super::demo::Demo;
use super::failed::Cut;
use super::pool::Lease;
use crate::unpack::Unpack;

/// Bytes that an answer under way may hold before they are taken from the budget.
pub(crate) const SMALL: usize = 16 * 1024;

/// Where an answer's bytes come from. Dropping it closes the upstream connection at once.
pub(crate) enum Source {
    /// An HTTP upstream: the body, and the connection that carries it.
    Http(Upstream),
    Demo(Demo),
}

/// An upstream's answer in progress.
pub(crate) struct Upstream {
    pub(crate) body: Body,
    pub(crate) lease: Lease,
    /// Unpacks what came compressed.
    pub(crate) unpack: Option<Unpack>,
    /// A piece that was looked at and is read first.
    pub(crate) begun: Option<Bytes>,
}

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

    /// Bytes that it keeps besides `held` ones that were read of it: its decoder's, and, once that is worth counting, what
    /// its upstream has sent ahead.
    pub(crate) fn behind(&mut self, held: usize) -> usize {
        let Self::Http(upstream) = self else { return 0 };
        let ahead = if held > SMALL { upstream.lease.ahead(&mut upstream.body) } else { 0 };
        upstream.unpack.as_ref().map_or(0, Unpack::room) + ahead
    }

    pub(crate) fn is_packed(&self) -> bool {
        matches!(self, Self::Http(Upstream { unpack: Some(_), .. }))
    }

    /// Puts a piece back that was only looked at: it is the next.
    pub(crate) fn unread(&mut self, chunk: Bytes) {
        match self {
            Self::Demo(demo) => demo.unread(chunk),
            Self::Http(upstream) => upstream.begun = Some(chunk),
        }
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

impl Upstream {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        if let Some(begun) = self.begun.take() {
            return Poll::Ready(Some(Ok(begun)));
        }
        loop {
            if let Some(unpack) = &mut self.unpack
                && let Some(piece) = unpack.piece().map_err(|_| Cut).transpose()
            {
                return Poll::Ready(Some(piece));
            }
            let data = match ready!(self.lease.poll_data(cx, &mut self.body)) {
                None if self.unpack.as_ref().is_none_or(|unpack| unpack.is_whole()) => {
                    return Poll::Ready(None);
                }
                None | Some(Err(_)) => return Poll::Ready(Some(Err(Cut))),
                Some(Ok(data)) => data,
            };
            match &mut self.unpack {
                Some(unpack) => unpack.push(data),
                None => return Poll::Ready(Some(Ok(data))),
            }
        }
    }
}
