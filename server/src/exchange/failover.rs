//! From one channel to the next until one answers: bounded in attempts and time, and never once something has been
//! promised to the client.

use std::sync::Arc;
use std::time::Duration;

use adaptors::adaptor::{Adaptor, Call, Class};
use adaptors::provider::Amend;
use adaptors::session;
use bytes::Bytes;
use http::{HeaderValue, Request};
use vitals::EndReason;

use super::Exchange;
use super::ask::Ask;
use super::call::{Attempt, Outcome};
use super::deadline::Total;
use super::{feeding, headers, known, signed};
use crate::channel::pick::Pick;
use crate::channel::{Asked, Attempted, ChannelState};
use crate::ledger::Entry;
use crate::link::Link;
use crate::reply::refusal::Refusal;
use crate::upstream::feed::Feed;
use crate::upstream::upload::Upload;

/// The longest pause before the second attempt; each further one may be twice as long. Failures come in waves, and
/// so would the attempts after them.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(160);

/// Tries channels until one gives an answer that can be promised to the client.
///
/// # Errors
/// The most telling failure: what an upstream said rather than what the relay found.
pub(crate) async fn run(exchange: &mut Exchange, link: &Link, ask: &Ask<'_>) -> Result<Outcome, Refusal> {
    let relay = Arc::clone(&exchange.relay);
    let snapshot = Arc::clone(&exchange.snapshot);
    let id = exchange.entry.id.clone();
    let mut candidates = known::candidates(exchange, ask)?;
    if snapshot.live.failover.affinity && candidates.has_choice() {
        let header = |name: &str| ask.headers.get(name).map(HeaderValue::as_bytes);
        candidates.keep_together(session::of(header, ask.body));
    }
    let (mut told, mut unsupported): (Option<Refusal>, Option<Refusal>) = (None, None);
    let limit = exchange.record.attempts + snapshot.live.failover.attempts;
    while exchange.record.attempts < limit {
        let Some(mut pick) = candidates.next(exchange.entry.age()) else { break };
        let adaptor = relay.adaptors.get(ask.target.dialect, pick.dialect);
        let Some(adaptor) = adaptor else { break };
        let channel = Arc::clone(&pick.channel);
        let call = ask.call(&channel, &id);
        let upload = match upload(exchange, &**adaptor, &call, channel.config.provider.amend) {
            Ok(upload) => upload,
            // Another channel may speak a dialect that can express it, or one that needs no copy of it.
            Err(why) => {
                candidates.cannot(pick);
                unsupported.get_or_insert(why);
                continue;
            }
        };
        exchange.record.dropped = upload.dropped.line();
        let renamed = Some(call.upstream_model).filter(|name| *name != ask.envelope.model);
        exchange.record.upstream_model = renamed.map(str::to_owned);
        begin(exchange, link, &channel).await;
        let began = exchange.entry.age();
        let refusal = match attempt(exchange, ask, &pick, &**adaptor, call, upload).await {
            Ok(outcome) => {
                pick.settle(Attempted::Answered, None);
                known::learn(exchange, ask, &pick, &outcome);
                exchange.permits.extend(pick.place());
                return Ok(outcome);
            }
            Err(refusal) => refusal,
        };
        let Some(key_only) = settle(exchange, &mut pick, &refusal, began) else { return Err(refusal) };
        candidates.exclude(&pick, key_only);
        told = Some(match told {
            Some(before) if before.upstream.is_some() && refusal.upstream.is_none() => before,
            _ => refusal,
        });
        if exchange.upload.as_ref().is_some_and(Feed::is_spent) {
            break;
        }
    }
    // A channel that could have expressed it is only busy: that passes, so the client is told to come back.
    let busy = candidates.any_full().then(|| candidates.refusal(exchange.entry.age()));
    Err(told.or(busy).or(unsupported).unwrap_or_else(|| candidates.refusal(exchange.entry.age())))
}

/// The upstream's request. A rewritten or translated one is a second copy of the prompt, with a place of its own in the
/// byte budget; what a translation will take is asked for before it is made.
pub(super) fn upload(
    exchange: &Exchange,
    adaptor: &dyn Adaptor,
    call: &Call<'_>,
    amend: Amend,
) -> Result<adaptors::adaptor::Upload, Refusal> {
    let (length, mut copy) = (call.body.len(), exchange.relay.budget.reservation());
    if adaptor.translates() && !copy.hold(length) {
        return Err(exchange.no_room(2 * length));
    }
    let mut upload = adaptor.request(call).map_err(Refusal::unsupported)?;
    if !call.operation.is_by_name() {
        upload.body = amend.body(call.operation, upload.body);
    }
    if is_copy(&upload.body, call.body) {
        if !copy.hold(upload.body.len()) {
            return Err(exchange.no_room(length + upload.body.len()));
        }
        upload.body = copy.around(upload.body);
    }
    Ok(upload)
}

fn is_copy(body: &Bytes, of: &Bytes) -> bool {
    body.as_ptr() != of.as_ptr()
}

/// The exchange turns to a channel: its deadlines hold from now on.
async fn begin(exchange: &mut Exchange, link: &Link, channel: &Arc<ChannelState>) {
    exchange.entry.turns_to(channel);
    link.watch(&exchange.entry);
    if exchange.record.attempts > 0 {
        exchange.record.error = None;
        pause(exchange.record.attempts).await;
    }
    exchange.record.attempts += 1;
    exchange.record.first_byte_ms = None;
}

/// Counts a failed attempt that began at that age of the exchange. `Some`: another is worth it, with another channel
/// or (`true`) only with another key.
fn settle(exchange: &Exchange, pick: &mut Pick, refusal: &Refusal, began: u64) -> Option<bool> {
    let Some(class) = refusal.class() else {
        if took_it_all(refusal, &exchange.entry, began, &pick.channel) {
            pick.settle(Attempted::Failed(Class::Transient), None);
        }
        return None;
    };
    let asked = refusal.retry_after.map(|seconds| seconds.saturating_mul(1000));
    // A caller's own large request leaves the key to everybody else's.
    let is_alone = refusal.upstream.as_ref().is_some_and(|error| error.is_too_much_at_once());
    let asked = if is_alone { Some(0) } else { asked };
    pick.settle(Attempted::Failed(class), asked);
    let key_only = match class {
        Class::Caller | Class::ContextLength => return None,
        Class::Credential | Class::Rate => true,
        Class::Transient | Class::Broken => false,
    };
    tracing::info!(
        id = exchange.entry.id, channel = %pick.channel.name, class = class.as_str(), status = refusal.status,
        error = crate::log::shorten(exchange.record.error.as_deref().unwrap_or(&refusal.message)), attempt = exchange.record.attempts,
        "attempt failed"
    );
    Some(key_only)
}

/// Tells whether the exchange's time ran out while it waited for this channel more than for anything else: then it
/// is to blame, although nobody else can be tried any more.
fn took_it_all(refusal: &Refusal, entry: &Entry, began: u64, channel: &ChannelState) -> bool {
    refusal.reason == EndReason::TotalTimeout && (entry.age() - began) * 2 > channel.limits.total
}

async fn attempt(
    exchange: &mut Exchange,
    ask: &Ask<'_>,
    pick: &Pick,
    adaptor: &dyn Adaptor,
    call: Call<'_>,
    mut upload: adaptors::adaptor::Upload,
) -> Result<Outcome, Refusal> {
    let channel = &pick.channel;
    let copied = if is_copy(&upload.body, ask.body) { upload.body.len() } else { 0 };
    let held = ask.body.len() + copied;
    let total = Total(exchange.entry.ends_within(channel.config.timeouts.total));
    let (client, upstream) = (ask.target.dialect, pick.dialect);
    let feed = exchange.upload.clone();
    let mut attempt =
        Attempt { channel, adaptor, call, total, client, upstream, held, signature: None, feed };
    if let Some(feed) = attempt.feed.take_if(|_| channel.wants_bodies_whole()) {
        upload.body = Box::pin(attempt.gather(exchange, &feed, upload.body)).await?;
    }
    if channel.config.is_demo() {
        return attempt.demo(exchange, &upload.body).await;
    }
    let asked =
        Asked { operation: Some(call.operation), model: call.upstream_model, stream: ask.envelope.stream };
    let key = pick.key().and_then(|key| channel.keys.secret(key));
    let address = channel.address(upstream, &upload.path, &asked, key);
    let address = address.ok_or_else(|| Refusal::upstream("the channel's base_url makes no valid path"))?;
    let mut headers =
        headers::to_upstream(&channel.config, upstream, key, ask.headers, &upload, ask.envelope.stream);
    ask.adjust(&mut headers, pick);
    let body = match &attempt.feed {
        None => Upload::new(upload.body),
        Some(feed) => {
            feeding::set_length(&mut headers, upload.body.len(), feed);
            Upload::fed(upload.body, feed)
        }
    };
    let mut request = Request::new(body);
    *request.method_mut() = ask.method();
    *request.uri_mut() = address;
    *request.headers_mut() = headers;
    match &channel.signer {
        None => attempt.run(exchange, request).await,
        Some(signer) => signed::run(exchange, &mut attempt, (signer, pick.key()), request).await,
    }
}

/// A random pause before another attempt. The client's departure ends it with everything else.
async fn pause(attempts: u32) {
    let longest = PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(8)).min(LONGEST_PAUSE);
    let millis = fastrand::u64(..=crate::clock::millis(longest));
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
