//! A question to a channel's upstream, in the steps in which it can fail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Uri};
use vitals::Secret;

use super::teller::Teller;
use super::told::{Outcome, Step, Told};
use super::words;
use crate::channel::ChannelState;
use crate::clock::deadline::{Moment, until};
use crate::exchange::call::{Collected, coding, collect};
use crate::signer::FLIGHT;
use crate::state::worker::Worker;
use crate::unpack::Unpack;
use crate::upstream::connect::chain;
use crate::upstream::pool::Lease;
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// The largest answer that is read.
const ANSWER: usize = 8 << 20;

/// What holds for each look of a command.
pub(super) struct Terms<'a> {
    pub(super) worker: Arc<Worker>,
    pub(super) teller: &'a Teller,
    /// The longest that one channel may take, whatever its own deadlines are.
    pub(super) limit: Duration,
}

/// A look at a channel, under way.
pub(super) struct Look<'a> {
    terms: &'a Terms<'a>,
    pub(super) channel: &'a ChannelState,
    pub(super) told: Told,
    began: Instant,
    ends: Moment,
}

/// A whole answer.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Bytes,
    /// What must not be repeated to anybody.
    pub(super) secrets: Vec<Secret>,
}

/// A step failed: it has been told.
pub(super) struct Over;

impl<'a> Look<'a> {
    pub(super) fn new(terms: &'a Terms<'a>, channel: &'a ChannelState) -> Self {
        let address = channel.config.base_url.as_ref().map(ToString::to_string);
        let (steps, outcome) = (Vec::new(), Outcome::Failed);
        let told =
            Told { channel: channel.config.name.clone(), address, model: None, steps, outcome, models: None };
        Self { terms, channel, told, began: Instant::now(), ends: Moment::now() + terms.limit }
    }

    /// Runs a look to its end, or until nobody wants it any more. Its last word is told.
    pub(super) async fn run(mut self, of: impl AsyncFnOnce(&mut Self) -> Result<(), Over>) -> Told {
        let stop = self.terms.teller.stop.clone();
        match stop.run_until_cancelled(of(&mut self)).await {
            Some(Ok(())) => self.told.outcome = Outcome::Passed,
            Some(Err(Over)) => {}
            None => self.told.outcome = Outcome::Interrupted,
        }
        self.terms.teller.outcome(&self.told);
        self.told
    }

    /// What is asked now.
    pub(super) fn heads(&self) {
        self.terms.teller.head(&self.told);
    }

    /// Until when something may take that long, and what is said when it is over.
    fn within(&self, own: Duration, key: &'static str) -> (Moment, String) {
        match Moment::now() + own {
            end if end < self.ends => (end, words::late(own, key)),
            _ => (self.ends, words::late(self.terms.limit, "--timeout")),
        }
    }

    pub(super) fn passes(&mut self, name: &'static str, detail: &str) {
        self.step(name, true, detail);
    }

    pub(super) fn fails(&mut self, name: &'static str, outcome: Outcome, detail: impl Into<String>) -> Over {
        self.told.outcome = outcome;
        self.step(name, false, &detail.into());
        Over
    }

    fn step(&mut self, name: &'static str, ok: bool, detail: &str) {
        let millis = crate::clock::millis(self.began.elapsed());
        // One line, whoever wrote it.
        let detail = crate::log::shorten(detail).replace(|c: char| c.is_control(), " ");
        let step = Step { name, ok, millis, detail };
        self.terms.teller.step(&self.told.channel, &step);
        self.told.steps.push(step);
        self.began = Instant::now();
    }

    /// A connection, step by step: the name, TCP, then TLS and whatever stands in between.
    pub(super) async fn connect(&mut self) -> Result<Lease, Over> {
        let Some(destination) = self.channel.destination.clone() else {
            return Err(self.fails("name", Outcome::Failed, words::NO_ADDRESS));
        };
        let (proxy, base) = (destination.proxy.as_ref(), &destination.base);
        let (host, port) = proxy.map_or((&base.host, base.port), |proxy| (&proxy.host, proxy.port));
        let (end, late) = self.within(self.channel.config.timeouts.connect, "timeouts.connect");
        let late = || late.clone();
        let pool = Arc::clone(&self.terms.worker.pool);
        let found = until(end, pool.resolve(host, port)).await;
        let addresses = match found.ok_or_else(late).and_then(|found| found.map_err(|error| chain(&error))) {
            Ok(addresses) => addresses,
            Err(why) => return Err(self.fails("name", Outcome::Unreachable, why)),
        };
        self.passes("name", &words::addresses(addresses.len()));
        let tried = until(end, tokio::net::TcpStream::connect(&addresses[..])).await;
        if let Err(why) = tried.ok_or_else(late).and_then(|made| made.map_err(|error| error.to_string())) {
            return Err(self.fails("TCP", Outcome::Unreachable, why));
        }
        self.passes("TCP", "");
        let made = until(end, Box::pin(pool.connect(&destination, None))).await;
        let step = if base.tls { "TLS" } else { "HTTP" };
        match made.ok_or_else(late).and_then(|made| made.map_err(|error| chain(&error))) {
            Ok(lease) => {
                self.passes(step, if lease.is_shared() { "HTTP/2" } else { "HTTP/1.1" });
                Ok(lease)
            }
            Err(why) => Err(self.fails(step, Outcome::Unreachable, why)),
        }
    }

    /// Asks, and reads the whole answer.
    pub(super) async fn ask(
        &mut self,
        mut lease: Lease,
        key: Option<usize>,
        (method, address, body): (Method, Uri, Bytes),
        mut headers: HeaderMap,
    ) -> Result<Answered, Over> {
        let mut secrets: Vec<Secret> = self.channel.config.keys.clone();
        secrets.extend(self.sign(key, (&method, &address, &body), &mut headers).await?);
        let mut request = Request::new(Upload::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = address;
        *request.headers_mut() = headers;
        let timeouts = &self.channel.config.timeouts;
        let (end, late) = self.within(timeouts.first_byte.min(timeouts.total), "timeouts.first_byte");
        let (whole, late_whole) = self.within(timeouts.total, "timeouts.total");
        let sent = until(end, lease.send(&request)).await.ok_or(late);
        let (head, upstream) = match sent.and_then(|sent| sent.map_err(|failed| failed.text)) {
            Ok(response) => response.into_parts(),
            Err(why) => return Err(self.fails("first byte", Outcome::Failed, why)),
        };
        let status = head.status.as_u16();
        self.passes("first byte", &words::status(status, ""));
        let unpack = coding(&head.headers).ok().and_then(Unpack::new);
        let mut source = Source::Http(Upstream { body: upstream, lease, unpack, begun: None });
        let mut body = BytesMut::new();
        let read = until(whole, collect(&mut source, &mut body, ANSWER)).await;
        let whole = match read {
            Some(Collected::Whole) => None,
            Some(Collected::TooLong) => Some(words::too_large(ANSWER)),
            Some(Collected::Cut) => Some(words::BROKE_OFF.to_owned()),
            None => Some(late_whole),
        };
        match whole.filter(|_| head.status.is_success()) {
            Some(why) => Err(self.fails("answer", Outcome::Failed, why)),
            None => Ok(Answered { status, body: body.freeze(), secrets }),
        }
    }

    /// Signs the question where the channel signs. Returns what must not be repeated.
    async fn sign(
        &mut self,
        key: Option<usize>,
        question: (&Method, &Uri, &Bytes),
        headers: &mut HeaderMap,
    ) -> Result<Vec<Secret>, Over> {
        let Some(signer) = &self.channel.signer else { return Ok(Vec::new()) };
        let (end, late) = self.within(FLIGHT, "the credential's own deadline");
        let signing = signer.sign(&self.terms.worker.pool, key, question, headers);
        let lack = match until(end, signing).await {
            Some(Ok(signed)) => {
                self.passes("credential", "");
                return Ok(signed.secrets);
            }
            Some(Err(lack)) => lack,
            None => late.into(),
        };
        let outcome = if lack.is_unreachable { Outcome::Unreachable } else { Outcome::Failed };
        Err(self.fails("credential", outcome, lack.text))
    }
}

/// A text of the provider's, without what it was sent.
pub(super) fn masked(mut text: String, secrets: &[Secret]) -> String {
    for secret in secrets.iter().map(Secret::reveal).filter(|secret| !secret.is_empty()) {
        if text.contains(secret) {
            text = text.replace(secret, "***");
        }
    }
    text
}
