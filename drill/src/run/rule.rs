//! What the rounds of a row are measured by.

use std::time::Duration;

/// How long a relay has to come back to its baseline.
pub(super) const SETTLE: Duration = Duration::from_secs(5);
/// Rounds after which something that was left by the first one, and by no other, is something that is made once.
pub(super) const ROUNDS: usize = 3;
/// A relay may make these when it first needs them, and keep them. Everything else belongs to a request.
pub(super) const MADE_ONCE: [&str; 2] = ["tasks", "descriptors"];
