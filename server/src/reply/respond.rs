//! The one place that turns a refusal into HTTP, in the dialect of the endpoint that was called.

use std::sync::Arc;

use adaptors::adaptor::Complaint;
use adaptors::dialect::Dialect;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::exchange::Exchange;
use crate::exchange::body::RelayBody;
use crate::link::Link;
use crate::reply::refusal::Refusal;

/// The names of the request id's header: ours, and the one that clients of the old relay read.
pub(crate) const REQUEST_ID: &str = "x-request-id";
const OLD_REQUEST_ID: &str = "x-oneapi-request-id";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Answers with an error and ends the exchange with its reason.
pub(crate) fn refusal(
    mut exchange: Box<Exchange>,
    link: &Arc<Link>,
    dialect: Dialect,
    refusal: &Refusal,
) -> Response<RelayBody> {
    exchange.entry.end(refusal.reason);
    exchange.record.status = refusal.status;
    exchange.record.error = Some(refusal.message.to_string());
    exchange.permits.clear();
    exchange.reservation.hold(0);
    let id = exchange.entry.id.clone();
    let body = refusal_body(refusal, dialect, &id);
    let mut response = whole(refusal.status, JSON, RelayBody::whole(body, Arc::clone(link), Some(exchange)));
    let headers = response.headers_mut();
    stamp(headers, dialect, &id);
    if let Some(seconds) = refusal.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.status == 401 {
        headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if refusal.unread {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The error's body; a provider's own is passed as it came.
fn refusal_body(refusal: &Refusal, dialect: Dialect, id: &str) -> Bytes {
    match &refusal.upstream {
        Some(error) => error.body.clone().unwrap_or_else(|| dialect.error_body(error)),
        None => dialect.complaint_body(&complaint(refusal, Some(id))),
    }
}

/// The error as an event of a stream that has begun.
pub(crate) fn refusal_event(refusal: &Refusal, dialect: Dialect, id: &str) -> Bytes {
    match &refusal.upstream {
        Some(error) => dialect.error_event(error),
        None => dialect.complaint_event(&complaint(refusal, Some(id))),
    }
}

fn complaint<'a>(refusal: &'a Refusal, id: Option<&'a str>) -> Complaint<'a> {
    Complaint {
        status: refusal.status,
        message: &refusal.message,
        kind: refusal.kind.as_deref(),
        code: Some(refusal.code.unwrap_or(refusal.reason.as_str())),
        param: refusal.param.as_deref(),
        request_id: id,
    }
}

/// A whole response of known length.
pub(crate) fn whole(status: u16, content_type: HeaderValue, body: RelayBody) -> Response<RelayBody> {
    let length = body.length();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// Puts the request id on a response.
pub(crate) fn stamp(headers: &mut http::HeaderMap, dialect: Dialect, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        if let Some(own) = dialect.request_id_header() {
            headers.insert(own, value.clone());
        }
        headers.insert(OLD_REQUEST_ID, value.clone());
        headers.insert(REQUEST_ID, value);
    }
}
