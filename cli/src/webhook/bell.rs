//! From polls to messages.

use std::time::{Duration, Instant};

use vitals::Verdict;

use super::herald::{Heard, Herald, Word};
use super::{Message, Webhook};
use crate::finding::Finding;
use crate::render::timestamp;
use crate::watching::{Polled, is_outweighed};

/// Hears every poll and has the webhook tell what is news.
#[derive(Debug)]
pub(crate) struct Bell<'a> {
    webhook: Option<&'a Webhook>,
    ear: Ear,
}

impl<'a> Bell<'a> {
    /// Rings `webhook`, if there is one.
    pub(crate) fn new(webhook: Option<&'a Webhook>, cooldown: Duration, target: &str) -> Self {
        Self { webhook, ear: Ear::new(cooldown, target) }
    }

    /// One poll. Never waits.
    pub(crate) fn hear(&mut self, polled: &Polled<'_>) {
        let Some(webhook) = self.webhook else { return };
        let (words, _) = self.ear.hear(Instant::now(), polled);
        words.into_iter().for_each(|word| webhook.tell(self.ear.message(word, polled)));
    }
}

/// Hears every poll of a target, and says what is news: for a chat, and for commands.
#[derive(Debug)]
pub(crate) struct Ear {
    herald: Herald,
    target: String,
}

impl Ear {
    /// What gets better, and what comes again and again, is news when this time has passed.
    pub(crate) fn new(cooldown: Duration, target: &str) -> Self {
        Self { herald: Herald::new(cooldown), target: target.to_owned() }
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// What is news by a poll, and the verdict by it; `None` where it failed.
    pub(crate) fn hear(&mut self, now: Instant, polled: &Polled<'_>) -> (Vec<Word>, Option<Verdict>) {
        let found = found(polled);
        let verdict =
            polled.verdict().map(|own| found.iter().fold(own, |worst, finding| worst.max(finding.verdict)));
        let heard = Heard { at: polled.at, now, verdict, restarted: polled.step.restarted };
        (self.herald.hear(heard), verdict)
    }

    /// A word with the numbers of a poll, and why.
    pub(crate) fn message(&self, word: Word, polled: &Polled<'_>) -> Message {
        let sample = polled.outcome.as_ref().ok().map(|reading| reading.sample);
        let why = match (&polled.judgement, polled.outcome) {
            (_, Err(error)) => Err(error.clone()),
            (judgement, Ok(_)) => {
                let above = judgement.iter().flat_map(|judgement| &judgement.reasons);
                Ok(above.map(|reason| (*reason).into()).chain(found(polled).into_iter().cloned()).collect())
            }
        };
        Message {
            news: word.news,
            target: self.target.clone(),
            ts: timestamp(polled.at),
            before: word.before,
            verdict: word.verdict,
            why,
            lines: Vec::new(),
            goroutines: sample.and_then(|sample| sample.goroutines),
            alloc_bytes: sample.and_then(|sample| sample.alloc_bytes),
        }
    }
}

/// What is found besides what a threshold says.
fn found<'a>(polled: &'a Polled<'_>) -> Vec<&'a Finding> {
    let is_leak = polled.proven.as_ref().is_some_and(|proven| proven.verdict == Verdict::Danger);
    let growing = polled.trend.growing.iter().filter(|growing| !is_leak || !is_outweighed(growing));
    polled.proven.iter().chain(growing).chain(&polled.restarts).chain(&polled.draining).collect()
}
