//! The built-in provider's answers at a visible pace.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

/// Between two frames: about thirty a second, as fast as one reads along.
const PACE: Duration = Duration::from_millis(33);

/// A prepared answer, given out frame by frame.
pub(crate) struct Demo {
    frames: VecDeque<Bytes>,
    pace: Duration,
    next: Pin<Box<Sleep>>,
}

impl Demo {
    /// A streamed answer.
    pub(crate) fn paced(frames: impl IntoIterator<Item = Bytes>) -> Self {
        Self::at(PACE, frames)
    }

    /// A whole answer at once.
    pub(crate) fn whole(body: Bytes) -> Self {
        Self::at(Duration::ZERO, [body])
    }

    /// An answer with this much time between its frames.
    pub(crate) fn at(pace: Duration, frames: impl IntoIterator<Item = Bytes>) -> Self {
        Self { frames: frames.into_iter().collect(), pace, next: Box::pin(sleep_until(Instant::now())) }
    }

    /// Gives a frame out once more, at once.
    pub(crate) fn unread(&mut self, frame: Bytes) {
        self.frames.push_front(frame);
        self.next.as_mut().reset(Instant::now());
    }

    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if !self.frames.is_empty() && !self.pace.is_zero() {
            ready!(self.next.as_mut().poll(cx));
            let next = self.next.deadline() + self.pace;
            self.next.as_mut().reset(next);
        }
        Poll::Ready(self.frames.pop_front())
    }
}
