//! The one place that turns a refusal into HTTP, in the dialect of the endpoint that was called.

use adaptors::adaptor::Complaint;
use adaptors::dialect::Dialect;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CONNECTION,
    CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Response, StatusCode};

use super::refusal::Refusal;
use crate::unpack::CODINGS;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The names of the request id's header: ours, and the one that clients of the old relay read.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OLD_REQUEST_ID: HeaderName = HeaderName::from_static("x-oneapi-request-id");
/// What a web page may read of every answer's headers; rate limits besides, where they are.
const EXPOSED: &str = "x-request-id, request-id, x-oneapi-request-id, x-upstream-request-id, retry-after, \
                       retry-after-ms, x-should-retry, x-watertight-dropped, x-watertight-fallback";

/// The answer to a request that is refused. `id`: the request's own, where it has come so far as to have one.
pub(crate) fn refused(dialect: Dialect, refusal: &Refusal, id: Option<&str>) -> Response<Bytes> {
    let body = refusal_body(refusal, dialect, id);
    let mut response = whole(refusal.status, JSON, body);
    let headers = response.headers_mut();
    if let Some(passed) = &refusal.headers {
        headers.extend(passed.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    if let Some(id) = id {
        stamp(headers, dialect, id);
    }
    // A provider's own is passed as it came.
    if let Some(seconds) = refusal.retry_after.filter(|_| !headers.contains_key(RETRY_AFTER)) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.status == 415 && refusal.upstream.is_none() {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
    }
    if refusal.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(right) = refusal.takes {
        headers.insert(ALLOW, HeaderValue::from_static(right.as_str()));
    }
    if refusal.closes {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The error's body; a provider's own as it came.
pub(crate) fn refusal_body(refusal: &Refusal, dialect: Dialect, id: Option<&str>) -> Bytes {
    match &refusal.upstream {
        Some(error) => dialect.error_body(error),
        None => dialect.complaint_body(&complaint(refusal, id)),
    }
}

fn complaint<'a>(refusal: &'a Refusal, id: Option<&'a str>) -> Complaint<'a> {
    Complaint {
        status: refusal.status,
        message: &refusal.message,
        kind: refusal.kind,
        code: Some(refusal.code.unwrap_or(refusal.reason.as_str())),
        param: refusal.param.as_deref(),
        request_id: id,
    }
}

/// A response whose body is here.
pub(crate) fn whole(status: u16, content_type: HeaderValue, body: Bytes) -> Response<Bytes> {
    let length = Some(body.len() as u64);
    with_length(status, content_type, length, body)
}

/// A response of known length, or of one that shows at its end.
pub(crate) fn with_length<B>(
    status: u16,
    content_type: HeaderValue,
    length: Option<u64>,
    body: B,
) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// Lets a web page read a response: `grant` says by which name.
pub(crate) fn share(headers: &mut HeaderMap, grant: HeaderValue) {
    let limits = headers.keys().map(HeaderName::as_str).filter(|name| name.contains("-ratelimit-"));
    let seen = [EXPOSED].into_iter().chain(limits).collect::<Vec<&str>>().join(", ");
    if let Ok(seen) = HeaderValue::try_from(seen) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, seen);
    }
    if grant != "*" {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, grant);
}

/// Puts the request id on a response.
pub(crate) fn stamp(headers: &mut HeaderMap, dialect: Dialect, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        if let Some(own) = dialect.request_id_header() {
            headers.insert(own, value.clone());
        }
        headers.insert(OLD_REQUEST_ID, value.clone());
        headers.insert(REQUEST_ID, value);
    }
}
