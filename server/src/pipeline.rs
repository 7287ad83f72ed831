//! The life of a request, in the order in which it happens.

use std::borrow::Cow;
use std::sync::Arc;

use adaptors::adaptor::{Call, Complaint};
use adaptors::demo::{Ask, Reply};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, request};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::account::Record;
use crate::channel::{self, ChannelState};
use crate::exchange::Exchange;
use crate::exchange::answer;
use crate::exchange::body::RelayBody;
use crate::exchange::call::{Attempt, Outcome};
use crate::exchange::deadline::Total;
use crate::ledger::Phase;
use crate::link::Link;
use crate::refusal::Refusal;
use crate::route::{self, Route, Target};
use crate::upstream::Source;
use crate::upstream::demo::Demo;
use crate::upstream::upload::Upload;
use crate::worker::Worker;
use crate::{intake, local, respond};

/// Answers one request.
pub(crate) async fn handle(
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    request: Request<Incoming>,
) -> Response<RelayBody> {
    let (head, body) = request.into_parts();
    // 1. What is it for? The relay's own endpoints are answered here, also beyond the connection limit.
    let target = match route::route(&head.method, head.uri.path()) {
        Route::Relay(target) => target,
        other => return local::respond(worker, link, &head, other, &request_id(&head.headers)),
    };
    // 2. From here on it is an exchange: it has an entry in the ledger, and ends with exactly one reason.
    let record = Record {
        method: head.method.clone(),
        path: target.path,
        client: Some(link.peer.ip()),
        status: 200,
        ..Record::default()
    };
    let mut exchange = Exchange::begin(worker, link, request_id(&head.headers), record);
    match relay(worker, link, &mut exchange, target, &head, body).await {
        Ok(outcome) => answer::deliver(exchange, link, target.dialect, outcome),
        Err(refusal) => respond::refusal(exchange, link, target.dialect, &refusal),
    }
}

async fn relay(
    worker: &Arc<Worker>,
    link: &Link,
    exchange: &mut Exchange,
    target: Target,
    head: &request::Parts,
    body: Incoming,
) -> Result<Outcome, Refusal> {
    let relay = &worker.relay;
    // 3. Who calls? 4. Is there room?
    let caller = relay.callers.identify(&head.headers, head.uri.query())?;
    exchange.record.caller = caller.as_ref().map(|caller| Arc::clone(&caller.name));
    relay.admit(exchange, link, caller.as_deref())?;
    // 5. The body, and what routing needs of it.
    let total = Total(deadline(relay.config.timeouts.total));
    let body = intake::read(exchange, head, body, total).await?;
    let envelope = Envelope::scan(&body).map_err(|error| Refusal {
        param: error.param.map(Cow::Borrowed),
        ..Refusal::client(400, error.message)
    })?;
    let _ = exchange.entry.model.set(envelope.model.clone());
    exchange.record.stream = envelope.stream;
    if let Some(caller) = &caller {
        caller.may_use(&envelope.model)?;
    }
    // 6. Which channel?
    let channel = channel::pick(&relay.channels, &relay.adaptors, target.dialect, &envelope.model)?;
    let _ = exchange.entry.channel.set(Arc::clone(&channel.name));
    let _ = exchange.entry.limits.set(channel.limits());
    link.watch(&exchange.entry);
    if let Some(gate) = &channel.gate {
        exchange.permits.push(gate.enter().ok_or_else(|| Refusal::shed("the channel's in_flight limit"))?);
    }
    // 7. The upstream's request, 8. and its answer, as far as it has to be seen before anything is promised.
    let adaptor = relay.adaptors.get(target.dialect, target.dialect);
    let adaptor = Arc::clone(adaptor.ok_or_else(|| Refusal::client(400, "no adaptor for this dialect"))?);
    let upstream_model = channel.config.upstream_name(&envelope.model).unwrap_or(&envelope.model).to_owned();
    let call = Call {
        operation: target.operation,
        body: &body,
        envelope: &envelope,
        upstream_model: &upstream_model,
        id: &exchange.entry.id.clone(),
        unix_seconds: unix_seconds(),
    };
    let upload = adaptor.request(&call).map_err(Refusal::unsupported)?;
    let waited = std::time::Duration::from_millis(exchange.entry.age());
    let total = Total(deadline(channel.config.timeouts.total.saturating_sub(waited)));
    let attempt = Attempt { channel: &channel, adaptor: &*adaptor, call, total, dialect: target.dialect };
    if channel.config.is_demo() {
        return demo(exchange, &attempt).await;
    }
    let request = upstream_request(&channel, target, &head.headers, upload, envelope.stream)?;
    attempt.run(exchange, request).await
}

fn upstream_request(
    channel: &ChannelState,
    target: Target,
    client: &HeaderMap,
    body: Bytes,
    stream: bool,
) -> Result<Request<Upload>, Refusal> {
    let headers = crate::headers::to_upstream(
        &channel.config,
        target.dialect,
        channel.key(),
        client,
        body.len(),
        stream,
    );
    let path = channel.path(target.dialect, target.operation);
    let mut request = Request::new(Upload::new(body));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() =
        path.parse().map_err(|_| Refusal::upstream("the channel's base_url makes no valid path"))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The built-in provider's answer takes the same way as any other.
async fn demo(exchange: &mut Exchange, attempt: &Attempt<'_>) -> Result<Outcome, Refusal> {
    exchange.entry.set_phase(Phase::Waiting);
    let ask = Ask {
        operation: attempt.call.operation,
        body: attempt.call.body,
        envelope: attempt.call.envelope,
        id: attempt.call.id,
        unix_seconds: attempt.call.unix_seconds,
    };
    let reply = adaptors::demo::answer(&ask).map_err(|message| Refusal::client(400, message))?;
    let mut headers = HeaderMap::new();
    let source = match reply {
        Reply::Json { body, .. } => Source::Demo(Demo::whole(body)),
        Reply::Stream { frames, .. } => {
            headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/event-stream"));
            Source::Demo(Demo::paced(frames))
        }
    };
    attempt.read(exchange, source, &headers, attempt.total.0).await
}

/// The client's own request id, if it is one, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(respond::REQUEST_ID).and_then(|v| v.to_str().ok());
    match given {
        Some(id) if !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic()) => {
            id.to_owned()
        }
        _ => format!("{:032x}", fastrand::u128(..)),
    }
}

fn unix_seconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0)
}

fn deadline(total: std::time::Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(total).unwrap_or(now + std::time::Duration::from_secs(86_400 * 365))
}

/// The answer to a request whose handler panicked.
pub(crate) fn panicked(link: &Arc<Link>, path: &str, headers: &HeaderMap) -> Response<RelayBody> {
    let dialect = route::dialect_of(path, headers);
    let complaint = Complaint {
        status: 500,
        message: "the relay failed on this request; the fault is in its log",
        kind: None,
        code: Some("panic"),
        param: None,
        request_id: None,
    };
    let body = RelayBody::whole(dialect.complaint_body(&complaint), Arc::clone(link), None);
    respond::whole(500, crate::headers::JSON, body)
}
