//! A question to a channel's upstream, in the steps in which it can fail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Uri};
use vitals::Secret;

use super::told::{Outcome, Step, Told};
use super::words;
use crate::channel::ChannelState;
use crate::clock::deadline::{Moment, until};
use crate::exchange::call::{Collected, coding, collect};
use crate::state::worker::Worker;
use crate::unpack::Unpack;
use crate::upstream::connect::chain;
use crate::upstream::pool::Lease;
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// How long an answer may take, and all of it.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest answer that is read.
const ANSWER: usize = 8 << 20;

/// A look at a channel, under way.
pub(super) struct Look<'a> {
    pub(super) worker: &'a Arc<Worker>,
    pub(super) channel: &'a ChannelState,
    pub(super) told: Told,
    began: Instant,
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
    pub(super) fn new(worker: &'a Arc<Worker>, channel: &'a ChannelState) -> Self {
        let address = channel.config.base_url.as_ref().map(ToString::to_string);
        let (steps, outcome) = (Vec::new(), Outcome::Failed);
        let told =
            Told { channel: channel.config.name.clone(), address, model: None, steps, outcome, models: None };
        Self { worker, channel, told, began: Instant::now() }
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
        self.told.steps.push(Step { name, ok, millis, detail });
        self.began = Instant::now();
    }

    /// A connection, step by step: the name, TCP, then TLS and whatever stands in between.
    pub(super) async fn connect(&mut self) -> Result<Lease, Over> {
        let Some(destination) = self.channel.destination.clone() else {
            return Err(self.fails("name", Outcome::Failed, words::NO_ADDRESS));
        };
        let (proxy, base) = (destination.proxy.as_ref(), &destination.base);
        let (host, port) = proxy.map_or((&base.host, base.port), |proxy| (&proxy.host, proxy.port));
        let limit = self.channel.config.timeouts.connect;
        let late = || words::late(limit.as_secs());
        let pool = Arc::clone(&self.worker.pool);
        let found = until(Moment::now() + limit, pool.resolve(host, port)).await;
        let addresses = match found.ok_or_else(late).and_then(|found| found.map_err(|error| chain(&error))) {
            Ok(addresses) => addresses,
            Err(why) => return Err(self.fails("name", Outcome::Unreachable, why)),
        };
        self.passes("name", &words::addresses(addresses.len()));
        let tried = until(Moment::now() + limit, tokio::net::TcpStream::connect(&addresses[..])).await;
        if let Err(why) = tried.ok_or_else(late).and_then(|made| made.map_err(|error| error.to_string())) {
            return Err(self.fails("TCP", Outcome::Unreachable, why));
        }
        self.passes("TCP", "");
        let made = until(Moment::now() + limit, Box::pin(pool.connect(&destination, None))).await;
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
        if let Some(signer) = &self.channel.signer {
            let signing = signer.sign(&self.worker.pool, key, (&method, &address, &body), &mut headers);
            match until(Moment::now() + PATIENCE, signing).await {
                Some(Ok(signed)) => secrets.extend(signed.secrets),
                Some(Err(why)) => return Err(self.fails("credential", Outcome::Failed, why)),
                None => {
                    return Err(self.fails("credential", Outcome::Failed, words::late(PATIENCE.as_secs())));
                }
            }
            self.passes("credential", "");
        }
        let mut request = Request::new(Upload::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = address;
        *request.headers_mut() = headers;
        let sent = until(Moment::now() + PATIENCE, lease.send(request)).await;
        let sent = sent.ok_or_else(|| words::late(PATIENCE.as_secs()));
        let (head, upstream) = match sent.and_then(|sent| sent.map_err(|failed| failed.text)) {
            Ok(response) => response.into_parts(),
            Err(why) => return Err(self.fails("first byte", Outcome::Failed, why)),
        };
        let status = head.status.as_u16();
        self.passes("first byte", &words::status(status, ""));
        let unpack = coding(&head.headers).ok().and_then(Unpack::new);
        let mut source = Source::Http(Upstream { body: upstream, lease, unpack, begun: None });
        let mut body = BytesMut::new();
        let read = until(Moment::now() + PATIENCE, collect(&mut source, &mut body, ANSWER)).await;
        let whole = match read {
            Some(Collected::Whole) => None,
            Some(Collected::TooLong) => Some(words::too_large(ANSWER)),
            Some(Collected::Cut) => Some(words::BROKE_OFF.to_owned()),
            None => Some(words::late(PATIENCE.as_secs())),
        };
        match whole.filter(|_| head.status.is_success()) {
            Some(why) => Err(self.fails("answer", Outcome::Failed, why)),
            None => Ok(Answered { status, body: body.freeze(), secrets }),
        }
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
