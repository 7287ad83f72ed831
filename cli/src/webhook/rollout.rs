//! The one message of a rollout, at its end.

use jiff::Timestamp;

use super::{Message, Webhook};
use crate::finding::News;
use crate::finding::rollout::{Rollout, State};
use crate::moment::timestamp;
use crate::words;

/// Sends it, and waits until it is sent or lost; `say` hears of what fails.
pub(crate) fn tell(webhook: &Webhook, rollout: &Rollout, say: impl Fn(String)) {
    let matters = |state: State| !matches!(state, State::Done | State::Skipped);
    let told = rollout.records.iter().filter(|record| matters(record.state));
    let seen = rollout.seen();
    let message = Message {
        news: News::Rollout,
        target: rollout.target.clone(),
        ts: timestamp(Timestamp::now()),
        before: None,
        verdict: rollout.verdict(),
        why: Ok(Vec::new()),
        lines: told.flat_map(|record| &record.lines).cloned().collect(),
        goroutines: seen.goroutines,
        alloc_bytes: seen.alloc_bytes,
    };
    let host = webhook.url.host_str().unwrap_or_default();
    webhook.deliver(&message, |why| say(words::rollout_untold(host, &words::undelivered(why))));
}
