//! Which channel serves a request: those that know the model and speak the dialect, the highest priority first, by
//! weight among equals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use adaptors::adaptor::{Dialect, Operation};
use vitals::{EndReason, Secret};

use crate::admit::Gate;
use crate::config::{BaseUrl, Channel};
use crate::ledger::Limits;
use crate::refusal::Refusal;
use crate::table::AdaptorTable;
use crate::upstream::connect::Destination;

/// A channel with what the relay keeps about it.
pub(crate) struct ChannelState {
    pub(crate) config: Channel,
    pub(crate) name: Arc<str>,
    /// Where its connections go; the demo provider has none.
    pub(crate) destination: Option<Arc<Destination>>,
    pub(crate) gate: Option<Arc<Gate>>,
    next_key: AtomicUsize,
}

impl ChannelState {
    pub(crate) fn new(config: Channel) -> Arc<Self> {
        let destination = config
            .base_url
            .clone()
            .map(|base: BaseUrl| Destination::new(base, config.proxy.clone(), config.timeouts.tls));
        Arc::new(Self {
            name: Arc::from(config.name.as_str()),
            destination,
            gate: config.in_flight.map(Gate::new),
            next_key: AtomicUsize::new(0),
            config,
        })
    }

    /// The next of its keys, in turn.
    pub(crate) fn key(&self) -> Option<&Secret> {
        let keys = &self.config.keys;
        let turn = self.next_key.fetch_add(1, Relaxed);
        keys.get(turn.checked_rem(keys.len())?)
    }

    /// The path of an operation at this channel's upstream.
    pub(crate) fn path(&self, dialect: Dialect, operation: Operation) -> String {
        let base = self.config.base_url.as_ref().map(ToString::to_string).unwrap_or_default();
        self.config.provider.path(dialect, operation, &base)
    }

    pub(crate) fn limits(&self) -> Limits {
        let timeouts = &self.config.timeouts;
        Limits { idle: crate::clock::millis(timeouts.idle), total: crate::clock::millis(timeouts.total) }
    }
}

/// Picks the channel for a model.
///
/// # Errors
/// 404 when no channel knows the model, 503 when those that do cannot take it now.
pub(crate) fn pick(
    channels: &[Arc<ChannelState>],
    adaptors: &AdaptorTable,
    client: Dialect,
    model: &str,
) -> Result<Arc<ChannelState>, Refusal> {
    let knows = || channels.iter().filter(|c| c.config.upstream_name(model).is_some());
    let speaks = |c: &&Arc<ChannelState>| c.config.speaks(client) && adaptors.get(client, client).is_some();
    let Some(top) = knows().filter(speaks).map(|c| c.config.priority).max() else {
        return Err(if knows().next().is_some() {
            let text =
                format!("the channels for the model `{model}` do not speak the dialect of this endpoint");
            Refusal::new(EndReason::NoChannel, 404, text).code("model_not_found")
        } else {
            let text = format!("no channel serves the model `{model}`: GET /v1/models lists what there is");
            Refusal::new(EndReason::NoChannel, 404, text).code("model_not_found")
        });
    };
    let candidates: Vec<&Arc<ChannelState>> =
        knows().filter(speaks).filter(|c| c.config.priority == top).collect();
    let weights: u64 = candidates.iter().map(|c| u64::from(c.config.weight)).sum();
    let mut point = if weights > 0 { fastrand::u64(..weights) } else { 0 };
    for channel in &candidates {
        let weight = u64::from(channel.config.weight);
        if point < weight {
            return Ok(Arc::clone(channel));
        }
        point -= weight;
    }
    Err(Refusal::new(EndReason::NoChannel, 503, "no channel can take the request now").retry_after(1))
}
