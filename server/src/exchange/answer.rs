//! From an outcome to the response: the commit. After it the status stands.

use std::sync::Arc;

use adaptors::dialect::Dialect;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response};

use super::Exchange;
use super::body::RelayBody;
use super::call::Outcome;
use crate::ledger::Phase;
use crate::link::Link;
use crate::reply::refusal::Refusal;
use crate::reply::respond;

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache, no-transform");
/// Tells reverse proxies not to hold the stream back.
const ACCEL: HeaderName = HeaderName::from_static("x-accel-buffering");

const FALLBACK: HeaderName = HeaderName::from_static("x-watertight-fallback");
const DROPPED: HeaderName = HeaderName::from_static("x-watertight-dropped");

pub(crate) fn deliver(
    mut exchange: Box<Exchange>,
    link: &Arc<Link>,
    dialect: Dialect,
    outcome: Outcome,
) -> Response<RelayBody> {
    let id = exchange.entry.id.clone();
    let dropped = dropped(&exchange).into_iter().chain(fallback(&exchange));
    exchange.record.status = 200;
    let (mut response, passed) = match outcome {
        Outcome::Whole { body, content_type, headers } => {
            exchange.entry.set_phase(Phase::Answering);
            let stream = content_type == dialect.framing().content_type();
            let content_type = HeaderValue::from_static(content_type);
            let response = respond::whole(200, content_type, body);
            let mut response = response.map(|body| RelayBody::whole(body, Arc::clone(link), Some(exchange)));
            if stream {
                stream_headers(response.headers_mut(), dialect.framing().content_type());
            }
            (response, headers)
        }
        Outcome::Stream { stream, content_type, headers } => {
            begin(&mut exchange, link);
            link.expect_end(&exchange.entry, stream.ends_at);
            let mut response = Response::new(RelayBody::stream(stream, Arc::clone(link), exchange));
            stream_headers(response.headers_mut(), content_type);
            (response, headers)
        }
        Outcome::Raw { first, length, content_type, is_json, headers } => {
            begin(&mut exchange, link);
            let body = RelayBody::raw(first, (length, is_json), Arc::clone(link), exchange);
            (respond::with_length(200, content_type, length, body), headers)
        }
    };
    let headers = response.headers_mut();
    headers.extend(passed);
    headers.extend(dropped);
    respond::stamp(headers, dialect, &id);
    response
}

/// Answers with an error and ends the exchange with its reason.
pub(crate) fn refuse(
    mut exchange: Box<Exchange>,
    link: &Arc<Link>,
    dialect: Dialect,
    refusal: &Refusal,
) -> Response<RelayBody> {
    exchange.entry.end(refusal.reason);
    exchange.record.status = refusal.status;
    // What the relay itself saw of the last attempt says more than a client may know, such as where the upstream is.
    if refusal.upstream.is_some() || exchange.record.error.is_none() {
        exchange.record.error = Some(refusal.message.to_string());
    }
    exchange.permits.clear();
    let mut response = respond::refused(dialect, refusal, Some(&exchange.entry.id));
    response.headers_mut().extend(dropped(&exchange));
    // It is small, and told whether there is room or not.
    exchange.reservation.hold(0);
    exchange.reservation.hold(response.body().len());
    response.map(|body| RelayBody::whole(body, Arc::clone(link), Some(exchange)))
}

/// Names what the request lost in its translation.
fn dropped(exchange: &Exchange) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(exchange.record.dropped.as_deref()?).ok()?;
    Some((DROPPED, value))
}

/// Names the model that answers, where it is not the one that was asked for.
fn fallback(exchange: &Exchange) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(exchange.record.fallback.as_deref()?).ok()?;
    Some((FALLBACK, value))
}

fn begin(exchange: &mut Exchange, link: &Link) {
    exchange.begins_to_stream();
    exchange.entry.last_out.store(crate::clock::awake(), std::sync::atomic::Ordering::Relaxed);
    link.watch(&exchange.entry);
}

fn stream_headers(headers: &mut HeaderMap, content_type: &'static str) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, NO_CACHE);
    headers.insert(ACCEL, HeaderValue::from_static("no"));
}
