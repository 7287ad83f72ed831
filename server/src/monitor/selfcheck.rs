//! The self-check: every 30 seconds one look, one log line when something is above its threshold.

use std::sync::Arc;
use std::time::Duration;

use vitals::verdict::{self, Verdict};

use crate::state::relay::Relay;
use crate::words;

/// Looks for ever, `every` so often.
pub(crate) async fn run(relay: Arc<Relay>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        look(&relay);
    }
}

fn look(relay: &Relay) {
    let sample = super::sample(relay);
    let judgement = verdict::judge(&sample, &super::thresholds(relay));
    let reasons = || judgement.reasons.iter().map(words::reason).collect::<Vec<_>>().join("; ");
    let (goroutines, explained) = (sample.goroutines.unwrap_or(0), sample.explained.unwrap_or(0));
    let in_flight = sample.in_flight.unwrap_or(0);
    let alloc_mb = sample.alloc_bytes.unwrap_or(0) >> 20;
    match judgement.verdict {
        Verdict::Danger => {
            tracing::error!(goroutines, explained, in_flight, alloc_mb, "self-check: danger: {}", reasons());
        }
        Verdict::Warning => {
            tracing::warn!(goroutines, explained, in_flight, alloc_mb, "self-check: warning: {}", reasons());
        }
        Verdict::Ok | Verdict::Unknown => {
            tracing::debug!(goroutines, explained, in_flight, alloc_mb, "self-check: ok");
        }
    }
}
