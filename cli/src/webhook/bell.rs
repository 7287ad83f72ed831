//! From polls to messages.

use std::time::{Duration, Instant};

use vitals::Verdict;

use super::herald::{Heard, Herald};
use super::{Message, Webhook};
use crate::render::timestamp;
use crate::watching::{Polled, is_outweighed};

/// Hears every poll and has the webhook tell what is news.
#[derive(Debug)]
pub(crate) struct Bell<'a> {
    webhook: Option<&'a Webhook>,
    herald: Herald,
    target: String,
}

impl<'a> Bell<'a> {
    /// Rings `webhook`, if there is one.
    pub(crate) fn new(webhook: Option<&'a Webhook>, cooldown: Duration, target: &str) -> Self {
        Self { webhook, herald: Herald::new(cooldown), target: target.to_owned() }
    }

    /// One poll. Never waits.
    pub(crate) fn hear(&mut self, polled: &Polled<'_>) {
        let Some(webhook) = self.webhook else { return };
        let is_leak = polled.proven.as_ref().is_some_and(|proven| proven.verdict == Verdict::Danger);
        let growing = polled.trend.growing.iter().filter(|growing| !is_leak || !is_outweighed(growing));
        let found = polled.proven.iter().chain(growing).chain(&polled.restarts).chain(&polled.draining);
        let found: Vec<_> = found.collect();
        let verdict =
            polled.verdict().map(|own| found.iter().fold(own, |worst, finding| worst.max(finding.verdict)));
        let now = Instant::now();
        let heard = Heard { at: polled.at, now, verdict, restarted: polled.step.restarted };
        let sample = polled.outcome.as_ref().ok().map(|reading| reading.sample);
        for word in self.herald.hear(heard) {
            let why = match (&polled.judgement, polled.outcome) {
                (_, Err(error)) => Err(error.clone()),
                (judgement, Ok(_)) => {
                    let above = judgement.iter().flat_map(|judgement| &judgement.reasons);
                    Ok(above.map(|reason| (*reason).into()).chain(found.iter().copied().cloned()).collect())
                }
            };
            webhook.tell(Message {
                news: word.news,
                target: self.target.clone(),
                ts: timestamp(polled.at),
                before: word.before,
                verdict: word.verdict,
                why,
                goroutines: sample.and_then(|sample| sample.goroutines),
                alloc_bytes: sample.and_then(|sample| sample.alloc_bytes),
            });
        }
    }
}
