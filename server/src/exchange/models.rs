//! Asking providers for their models, for channels whose configuration names only patterns.

use std::sync::Arc;
use std::time::Duration;

use adaptors::dialect::Dialect;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::{Method, Request, Response};

use super::call::{Collected, coding, collect};
use super::headers;
use crate::access::gates::Budget;
use crate::channel::{Asked, ChannelState};
use crate::clock::deadline::Moment;
use crate::clock::now;
use crate::config::Channel;
use crate::state::relay::Relay;
use crate::state::worker::Worker;
use crate::unpack::Unpack;
use crate::upstream::body::Body;
use crate::upstream::pool::Lease;
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// A provider that does not list its models within this time leaves the configured ones.
const PATIENCE: Duration = Duration::from_secs(5);
/// Providers that are asked at once.
const AT_ONCE: usize = 16;
/// The largest list that is read.
const LIST: usize = 4 << 20;

/// Has the lists of these channels asked for where they are missing or old: all of them within one deadline.
pub(crate) async fn refresh(relay: &Relay, worker: &Arc<Worker>, channels: &[Arc<ChannelState>]) {
    let deadline = Moment::now() + PATIENCE;
    let mut asked = Vec::new();
    for channel in channels {
        if is_open(&channel.config) {
            asked.push(learn(relay, worker, channel, deadline));
        }
    }
    futures_util::stream::iter(asked).buffer_unordered(AT_ONCE).collect::<()>().await;
}

async fn learn(relay: &Relay, worker: &Arc<Worker>, channel: &ChannelState, deadline: Moment) {
    let ask = ask(&relay.budget, worker, channel);
    if !channel.catalogue.refresh(deadline, ask).await {
        tracing::info!(channel = %channel.name, "the provider did not list its models: the configured ones are listed");
    }
}

/// The models of a channel's provider that its configuration lets through under their own names.
pub(crate) fn listed(channel: &ChannelState) -> Vec<String> {
    let is_served = |name: &&String| channel.config.upstream_name(name) == Some(name.as_str());
    channel.catalogue.names().iter().filter(is_served).cloned().collect()
}

/// Tells whether there may be models that the configuration does not name.
fn is_open(config: &Channel) -> bool {
    let is_open = |rule: &crate::config::ModelRule| rule.pattern.exact().is_none() && rule.upstream.is_none();
    !config.is_demo() && config.models.iter().any(is_open)
}

async fn ask(budget: &Arc<Budget>, worker: &Arc<Worker>, channel: &ChannelState) -> Option<Vec<String>> {
    let dialect = *channel.config.dialects.first()?;
    let (response, lease) = send(worker, channel, dialect).await?;
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        return None;
    }
    let unpack = Unpack::new(coding(&head.headers).ok()?);
    let mut source = Source::Http(Upstream { body, lease, unpack, begun: None });
    let mut reservation = budget.reservation();
    if !reservation.hold(LIST) {
        return None;
    }
    let mut list = BytesMut::new();
    let Collected::Whole = collect(&mut source, &mut list, LIST).await else { return None };
    source.finished();
    adaptors::models::read(&list)
}

/// Sends the question, on a kept connection first; one that turns out to be closed is replaced.
async fn send(
    worker: &Arc<Worker>,
    channel: &ChannelState,
    dialect: Dialect,
) -> Option<(Response<Body>, Lease)> {
    let destination = channel.destination.as_ref()?;
    let number = channel.keys.next(now(), |_| false);
    let key = number.and_then(|key| channel.keys.secret(key));
    let address = channel.address(dialect, dialect.models_path()?, &Asked::MODELS, key)?;
    let mut headers = headers::of_question(&channel.config, dialect, key);
    if let Some(signer) = &channel.signer {
        let nothing = (&Method::GET, &address, &Bytes::new());
        let signed = signer.sign(&worker.pool, number, nothing, &mut headers).await;
        signed.inspect_err(|why| tracing::info!(channel = %channel.name, error = %why, "the question for models cannot be signed")).ok()?;
    }
    let request = || {
        let mut request = Request::new(Upload::new(Bytes::new()));
        *request.uri_mut() = address.clone();
        *request.headers_mut() = headers.clone();
        request
    };
    if let Some(mut kept) = worker.pool.reuse(destination, None)
        && let Ok(response) = kept.send(&request()).await
    {
        return Some((response, kept));
    }
    let mut lease = worker.pool.connect(destination, None).await.ok()?;
    let response = lease.send(&request()).await.ok()?;
    Some((response, lease))
}
