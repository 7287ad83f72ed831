//! The request body on its way to the upstream: the bytes that are already here, in slices, so that a connection
//! that answers early is not fed the rest; and behind them what still comes, where it goes up while it comes.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;

use super::feed::{Cutoff, Feed, Pull};

/// A body. Cloning shares the bytes.
#[derive(Clone)]
pub(crate) struct Upload {
    rest: Bytes,
    /// What follows them.
    pull: Option<Box<Pull>>,
}

impl Upload {
    pub(crate) fn new(body: Bytes) -> Self {
        Self { rest: body, pull: None }
    }

    /// These bytes, and what still comes behind them.
    pub(crate) fn fed(first: Bytes, feed: &Feed) -> Self {
        Self { rest: first, pull: Some(Box::new(feed.pull())) }
    }

    /// A new attempt takes it from its beginning.
    pub(crate) fn begins(&mut self) {
        if let Some(pull) = &mut self.pull {
            pull.begins();
        }
    }

    /// The bytes that are here, all of them where nothing follows.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.rest
    }

    /// The next bytes, at most so many of those that are here; `None` at the end.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        most: usize,
    ) -> Poll<Option<Result<Bytes, Cutoff>>> {
        if self.rest.is_empty() {
            return self.pull.as_mut().map_or(Poll::Ready(None), |pull| pull.poll(cx));
        }
        if let Some(pull) = &self.pull {
            pull.moves();
        }
        let slice = self.rest.len().min(most);
        Poll::Ready(Some(Ok(self.rest.split_to(slice))))
    }

    /// Nothing of it is still to come.
    pub(crate) fn is_end_stream(&self) -> bool {
        self.length() == Some(0)
    }

    /// Bytes that are still to come, where that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        let here = self.rest.len() as u64;
        match &self.pull {
            None => Some(here),
            Some(pull) => Some(here + pull.left()?),
        }
    }
}

/// A request once more. It is whole without its extensions.
pub(crate) fn copy(request: &Request<Upload>) -> Request<Upload> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}
