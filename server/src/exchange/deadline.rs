//! The deadlines of an exchange before its answer streams; afterwards the revoker looks at them.

use std::future::Future;
use std::time::Duration;

use vitals::EndReason;

use crate::clock::deadline::{Moment, until};

/// When the whole exchange must be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Total(pub(crate) Moment);

impl Total {
    /// Waits for `future` until `limit` from now, and never beyond the total deadline.
    ///
    /// # Errors
    /// `reason` when the limit passed, `total_timeout` when the total deadline did.
    pub(crate) async fn within<F: Future>(
        self,
        limit: Duration,
        reason: EndReason,
        future: F,
    ) -> Result<F::Output, EndReason> {
        self.until(Moment::now() + limit, reason, future).await
    }

    /// Waits for `future` until `at`, and never beyond the total deadline.
    ///
    /// # Errors
    /// As [`Total::within`].
    pub(crate) async fn until<F: Future>(
        self,
        at: Moment,
        reason: EndReason,
        future: F,
    ) -> Result<F::Output, EndReason> {
        let (at, reason) = if at < self.0 { (at, reason) } else { (self.0, EndReason::TotalTimeout) };
        until(at, future).await.ok_or(reason)
    }
}
