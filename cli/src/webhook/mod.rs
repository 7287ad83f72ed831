//! `watch --webhook`: tells a chat when the verdict changes, when the target restarts, when it is gone and when it is
//! back. Beside the polling, which never waits for it: one message under way, and of each kind and target one that
//! waits - the newest -, a deadline on each.

mod bell;
mod form;
mod herald;
mod rollout;
mod signature;

use std::io::Read as _;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Url, blocking::Client, redirect};

pub(crate) use bell::{Bell, Ear};
pub(crate) use form::Message;
pub(crate) use herald::Word;
use jiff::Timestamp;
pub(crate) use rollout::tell;
use vitals::Secret;

use crate::args::WebhookFormat;
use crate::finding::Undelivered;
use crate::source::tls::{self, Trust};
use crate::words;

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A message that may get through later is sent again after these pauses: a lost one would be the one that matters.
const AGAIN: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(30)];
/// Answers of robots have some hundred bytes.
const ANSWER: u64 = 64 << 10;

/// Where messages go.
pub(crate) struct Webhook {
    url: Url,
    format: WebhookFormat,
    /// Signs every message.
    secret: Option<Secret>,
    client: Client,
    /// The pauses before it is tried again.
    again: [Duration; 3],
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    /// In the order in which they came about.
    waiting: Vec<Message>,
    over: bool,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Closes it when dropped, however the watch ends.
pub(crate) struct Closing<'a>(pub(crate) Option<&'a Webhook>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.into_iter().for_each(Webhook::close);
    }
}

impl Webhook {
    /// Prepares to send; nothing is sent yet.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(crate) fn new(
        url: &str,
        format: WebhookFormat,
        secret: Option<(Secret, &'static str)>,
    ) -> Result<Self, Undelivered> {
        let url = Url::parse(url.trim()).map_err(|error| Undelivered::NoUrl(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Undelivered::Scheme);
        }
        let tls = tls::towards(&url, &Trust::System).map_err(Undelivered::Tls)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("watertight/", env!("CARGO_PKG_VERSION")))
            // It would carry the message, and the key in the URL, to somebody else.
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|_| Undelivered::NoClient)?;
        let format = format.of(&url);
        let secret = match secret {
            Some((_, from)) if !format.is_signed() => return Err(Undelivered::Unsigned(from)),
            secret => secret.map(|(secret, _)| secret),
        };
        Ok(Self {
            url,
            format,
            secret,
            client,
            again: AGAIN,
            slot: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a message sent; one of its kind that still waits has been overtaken by events.
    fn tell(&self, message: Message) {
        let waiting = &mut self.slot().waiting;
        waiting.retain(|older| !message.overtakes(older));
        waiting.push(message);
        self.changed.notify_one();
    }

    /// No more messages; those that wait are still sent.
    fn close(&self) {
        self.slot().over = true;
        self.changed.notify_one();
    }

    /// Sends until it is closed; `say` hears of what fails.
    pub(crate) fn run(&self, say: impl Fn(String)) {
        let mut told = false;
        while let Some(message) = self.next() {
            let hear = |why: &Undelivered| {
                // Once, until it works again: a chat that is gone must not fill the screen.
                if !std::mem::replace(&mut told, true) {
                    say(words::webhook_fails(self.url.host_str().unwrap_or_default(), why));
                }
            };
            if self.deliver(&message, hear) {
                told = false;
            }
        }
    }

    /// Sends it, and again where that may help; tells whether it got through.
    fn deliver(&self, message: &Message, mut hear: impl FnMut(&Undelivered)) -> bool {
        let mut pauses = self.again.into_iter();
        loop {
            let Err(why) = self.send(message) else { return true };
            hear(&why);
            let pause = pauses.next().filter(|_| why.may_pass());
            if !pause.is_some_and(|pause| self.stands_after(pause, message)) {
                return false;
            }
        }
    }

    /// Waits, and tells whether it is still to be sent: nothing newer says all that it says. The end of the watch cuts the
    /// pause short; after it there is one more try, and only after the first pause.
    fn stands_after(&self, pause: Duration, message: &Message) -> bool {
        let until = Instant::now() + pause;
        let mut slot = self.slot();
        let is_over = slot.over;
        if is_over && pause > self.again[0] {
            return false;
        }
        loop {
            if slot.waiting.iter().any(|newer| newer.overtakes(message)) {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || slot.over && !is_over {
                return true;
            }
            slot = self.changed.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn next(&self) -> Option<Message> {
        let mut slot = self.slot();
        loop {
            if !slot.waiting.is_empty() {
                return Some(slot.waiting.remove(0));
            }
            if slot.over {
                return None;
            }
            slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn send(&self, message: &Message) -> Result<(), Undelivered> {
        let (mut url, mut body) = (self.url.clone(), self.format.body(message));
        if let Some(secret) = &self.secret {
            self.format.sign(secret, Timestamp::now(), &mut url, &mut body);
        }
        let deadline = Instant::now() + PATIENCE;
        let answer = self
            .client
            .post(url)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.to_string())
            .send()
            .map_err(|error| match error.is_timeout() {
                true => Undelivered::Late(PATIENCE.as_secs()),
                false => Undelivered::Unreachable,
            })?;
        if !answer.status().is_success() {
            return Err(Undelivered::Status(answer.status()));
        }
        let mut text = Vec::new();
        let read = answer.take(ANSWER).read_to_end(&mut text);
        if read.is_err() || Instant::now() > deadline {
            return Err(Undelivered::BrokeOff);
        }
        self.format.refused(&text).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests;
