//! Channels: an upstream each, with what the relay keeps about it. Which of them serves a request is in [`pick`].

mod breaker;
mod catalogue;
pub(crate) mod ids;
mod keys;
pub(crate) mod pick;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use adaptors::adaptor::{Class, Operation};
use adaptors::dialect::{Dialect, Offer};
use adaptors::provider::template;
use http::Uri;
use vitals::Secret;

use self::breaker::Breaker;
pub(crate) use self::breaker::State;
use self::catalogue::Catalogue;
use self::keys::Keys;
use crate::access::gates::Gate;
use crate::config::{Auth, BaseUrl, Channel};
use crate::counters::Count;
use crate::route::Target;
use crate::signer::Signer;
use crate::upstream::connect::Destination;

/// The longest rest that an upstream's own Retry-After is honoured for, in milliseconds.
const LONGEST_ASKED: u64 = 60_000;
/// The rest of a key whose upstream says "too many requests" and not for how long, in milliseconds.
const LIMITED: u64 = 5_000;

/// The deadlines of a streaming exchange, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) idle: u64,
    /// Of silence, once nothing but a terminator is missing.
    pub(crate) finish: u64,
    /// Of silence towards the client. Never: beyond all that the clock counts.
    pub(crate) heartbeat: u64,
    pub(crate) total: u64,
}

/// A channel with what the relay keeps about it.
pub(crate) struct ChannelState {
    pub(crate) config: Channel,
    pub(crate) name: Arc<str>,
    /// Who signs its requests.
    pub(crate) signer: Option<Arc<Signer>>,
    /// Where its connections go; the demo provider has none.
    pub(crate) destination: Option<Arc<Destination>>,
    /// Its exchanges; also without a limit they are counted, so that the least loaded can be found.
    pub(crate) gate: Arc<Gate>,
    pub(crate) limits: Limits,
    pub(crate) keys: Keys,
    /// What its provider lists.
    pub(crate) catalogue: Catalogue,
    breaker: Breaker,
    attempts: Arc<[Count; Attempted::ALL.len()]>,
    /// Of what is always at the same path, made once.
    addresses: Vec<(Dialect, &'static str, Uri)>,
}

/// One attempt at a channel.
#[derive(Clone, Copy, Debug)]
struct Tried {
    key: Option<usize>,
    /// When it began ([`crate::clock::now`]).
    began: u64,
    /// It is the one that sees whether a resting channel works again.
    probe: bool,
}

/// The outcome of one attempt at a channel. Every attempt is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempted {
    /// The answer began, or is whole.
    Answered,
    /// It failed, in this way.
    Failed(Class),
    /// It ended without a word of the upstream's that counts: the client left, the request's own time was over, or
    /// the relay had no room.
    Abandoned,
}

impl Attempted {
    pub(crate) const ALL: [Self; 8] = [
        Self::Answered,
        Self::Failed(Class::Caller),
        Self::Failed(Class::ContextLength),
        Self::Failed(Class::Credential),
        Self::Failed(Class::Rate),
        Self::Failed(Class::Transient),
        Self::Failed(Class::Broken),
        Self::Abandoned,
    ];

    /// The label in metrics and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed(class) => class.as_str(),
            Self::Abandoned => "abandoned",
        }
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }
}

impl ChannelState {
    /// Nothing can begin before a request's body has come whole: its signature is of all of it.
    pub(crate) fn wants_bodies_whole(&self) -> bool {
        self.config.is_demo() || self.signer.as_ref().is_some_and(|signer| signer.reads_bodies())
    }

    /// `before`: the channel of that name in the configuration until now. Unchanged, it goes on as it is; else its
    /// counts do.
    pub(crate) fn new(config: Channel, before: Option<&Arc<Self>>) -> Arc<Self> {
        if let Some(same) = before.filter(|before| before.config == config) {
            return Arc::clone(same);
        }
        let limit = config.in_flight.unwrap_or(usize::MAX);
        let gate = before.map_or_else(|| Gate::new(limit), |before| Arc::clone(&before.gate));
        gate.set_limit(limit);
        let destination = config
            .base_url
            .clone()
            .map(|base: BaseUrl| Destination::new(base, config.proxy.clone(), config.tls, config.http2));
        if let (Some(now), Some(before)) = (&destination, before.and_then(|b| b.destination.as_ref())) {
            now.remembers(before);
        }
        let timeouts = &config.timeouts;
        let signer = config.signer.as_ref().map(|signer| {
            let same = before.filter(|before| before.config.proxy == config.proxy);
            let same = same.and_then(|before| before.signer.clone()).filter(|same| same.is_of(signer));
            same.unwrap_or_else(|| Signer::new(signer, config.proxy.as_ref(), config.tls))
        });
        Arc::new(Self {
            signer,
            name: Arc::from(config.name.as_str()),
            destination,
            gate,
            limits: Limits {
                idle: crate::clock::millis(timeouts.idle),
                finish: crate::clock::millis(timeouts.finish),
                heartbeat: match crate::clock::millis(timeouts.heartbeat) {
                    0 => u64::MAX / 4,
                    some => some,
                },
                total: crate::clock::millis(timeouts.total),
            },
            keys: Keys::new(&config.keys),
            catalogue: Catalogue::default(),
            breaker: Breaker::default(),
            attempts: before.map(|before| Arc::clone(&before.attempts)).unwrap_or_default(),
            addresses: addresses(&config),
            config,
        })
    }

    /// The dialect in which this channel serves a request: the client's own where its upstream speaks it, else one that
    /// the request can be translated to.
    pub(crate) fn dialect_for(&self, target: Target) -> Option<Dialect> {
        let operation = target.offer.operation;
        let others = self.config.dialects.iter().copied();
        let others = others.filter(|other| *other != target.dialect && operation.is_translated());
        let own = Some(target.dialect).filter(|own| self.config.speaks(*own));
        own.into_iter().chain(others).find(|dialect| dialect.offer(operation).is_some())
    }

    /// The address, in origin form, of an adaptor's path at this channel's upstream.
    /// With `key` where keys stand in addresses: it must not be shown then.
    pub(crate) fn address(
        &self,
        dialect: Dialect,
        path: &str,
        of: &Asked<'_>,
        key: Option<&Secret>,
    ) -> Option<Uri> {
        let is_it = |known: &&(Dialect, &str, Uri)| known.1 == path && known.0 == dialect;
        let address = match self.addresses.iter().find(is_it) {
            Some((_, _, address)) => address.clone(),
            None => {
                let template = self.config.path(dialect, of.operation, path);
                template::fill(&template, |name| of.value(&self.config, name)).parse().ok()?
            }
        };
        let (Auth::Query(name), Some(key)) = (self.config.auth_of(dialect), key) else {
            return Some(address);
        };
        let before = if address.query().is_some() { '&' } else { '?' };
        format!("{address}{before}{name}={}", template::encoded(key.reveal())).parse().ok()
    }

    pub(crate) fn attempts(&self) -> impl Iterator<Item = (Attempted, u64)> + '_ {
        Attempted::ALL.into_iter().map(|one| (one, self.attempts[one.index()].get()))
    }

    pub(crate) fn state(&self, now: u64) -> State {
        self.breaker.state(now)
    }

    /// An answer that had begun broke off: the upstream is blamed like for one that failed at once.
    pub(crate) fn broke_off(&self) {
        self.blame(crate::clock::now());
    }

    fn blame(&self, now: u64) {
        if self.breaker.failure(now) {
            let rest_ms = self.breaker.remaining(now);
            tracing::warn!(channel = %self.name, rest_ms, "half of a channel's attempts fail: it rests, other channels go first");
        }
    }

    /// Counts an attempt and draws the consequences. `asked`: how long the upstream wants to be left alone, in
    /// milliseconds.
    fn settle(&self, attempt: Tried, attempted: Attempted, asked: Option<u64>) {
        self.attempts[attempted.index()].add(1);
        let Tried { key, began, probe } = attempt;
        let now = crate::clock::now();
        let asked = asked.map(|millis| millis.min(LONGEST_ASKED));
        match attempted {
            Attempted::Abandoned => {}
            Attempted::Failed(Class::Transient | Class::Broken) => {
                self.blame(now);
                if let Some(millis) = asked.filter(|millis| *millis > 0) {
                    self.breaker.rest(now, millis);
                }
                return;
            }
            Attempted::Failed(Class::Credential) => {
                self.breaker.success(began, probe);
                if let Some(rest_ms) = key.and_then(|key| self.keys.refused(key, now)) {
                    tracing::warn!(channel = %self.name, key, rest_ms, "the upstream refused a key: it rests");
                }
            }
            Attempted::Failed(Class::Rate) => {
                self.breaker.success(began, probe);
                let millis = asked.unwrap_or(LIMITED);
                match key {
                    Some(key) => self.keys.limited(key, now, millis),
                    None => self.breaker.rest(now, millis),
                }
            }
            Attempted::Answered | Attempted::Failed(Class::Caller | Class::ContextLength) => {
                self.breaker.success(began, probe);
                if let Some(key) = key {
                    self.keys.accepted(key);
                }
            }
        }
        if probe {
            self.breaker.probe_lost();
        }
    }
}

/// Those that are the same for every request.
fn addresses(config: &Channel) -> Vec<(Dialect, &'static str, Uri)> {
    let address = |(dialect, offer): (Dialect, &'static Offer)| {
        let path = config.path(dialect, Some(offer.operation), offer.outbound);
        let path = Some(path).filter(|path| !path.contains('{'))?;
        Some((dialect, offer.outbound, path.parse().ok()?))
    };
    config.offers().filter_map(address).collect()
}

/// What an address may need to know of a request.
pub(crate) struct Asked<'a> {
    /// `None`: the list of models.
    pub(crate) operation: Option<Operation>,
    /// At the upstream.
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
}

impl Asked<'_> {
    /// The provider's models are asked for.
    pub(crate) const MODELS: Asked<'static> = Asked { operation: None, model: "", stream: false };

    fn value(&self, config: &Channel, name: &str) -> Option<Cow<'_, str>> {
        match name {
            template::MODEL => {
                Some(template::encoded(self.model)).map(|encoded| config.provider.amend.model(encoded))
            }
            template::PREDICT => Some((if self.stream { "streamRawPredict" } else { "rawPredict" }).into()),
            _ => None,
        }
    }
}
