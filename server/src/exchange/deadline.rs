//! The deadlines of an exchange before its answer streams; afterwards the revoker looks at them.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use vitals::EndReason;

/// When the whole exchange must be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Total(pub(crate) Instant);

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
        // A limit beyond what the clock can count is no limit of its own.
        let at = Instant::now().checked_add(limit).unwrap_or(self.0);
        self.until(at, reason, future).await
    }

    /// Waits for `future` until `at`, and never beyond the total deadline.
    ///
    /// # Errors
    /// As [`Total::within`].
    pub(crate) async fn until<F: Future>(
        self,
        at: Instant,
        reason: EndReason,
        future: F,
    ) -> Result<F::Output, EndReason> {
        let (at, reason) = if at < self.0 { (at, reason) } else { (self.0, EndReason::TotalTimeout) };
        timeout_at(at, future).await.map_err(|_| reason)
    }
}
