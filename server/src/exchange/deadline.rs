//! The deadlines of an exchange before its answer streams; afterwards the revoker looks at them.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use vitals::EndReason;

use crate::clock::deadline::{Moment, Until, until};

/// When the whole exchange must be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Total(pub(crate) Moment);

pin_project! {
    /// A wait that ends with a reason ([`Total::until`]).
    pub(crate) struct Timed<F> {
        #[pin]
        until: Until<F>,
        reason: EndReason,
    }
}

impl Total {
    /// Waits for `future` until `limit` from now, and never beyond the total deadline.
    ///
    /// # Errors
    /// `reason` when the limit passed, `total_timeout` when the total deadline did.
    pub(crate) fn within<F: Future>(self, limit: Duration, reason: EndReason, future: F) -> Timed<F> {
        self.until(Moment::now() + limit, reason, future)
    }

    /// Waits for `future` until `at`, and never beyond the total deadline.
    ///
    /// # Errors
    /// As [`Total::within`].
    pub(crate) fn until<F: Future>(self, at: Moment, reason: EndReason, future: F) -> Timed<F> {
        let (at, reason) = if at < self.0 { (at, reason) } else { (self.0, EndReason::TotalTimeout) };
        Timed { until: until(at, future), reason }
    }
}

impl<F: Future> Future for Timed<F> {
    type Output = Result<F::Output, EndReason>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(ready!(this.until.poll(cx)).ok_or(*this.reason))
    }
}
