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
        close(headers);
    }
    response
}

/// Tells an HTTP/1 client that this is the connection's last answer.
pub(crate) fn close(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

/// The error's body; a provider's own as it came.
pub(crate) fn refusal_body(refusal: &Refusal, dialect: Dialect, id: Option<&str>) -> Bytes {
    match &refusal.upstream {
        Some(error) => dialect.error_body(error, refusal.retry_after, id),
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
        retry_after: refusal.retry_after,
        request_id: id,
        is_passed: false,
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

#[cfg(test)]
mod tests {
    use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
    use serde_json::Value;
    use vitals::EndReason;

    use super::*;

    #[test]
    fn who_reads_no_headers_is_told_in_the_body_when_to_ask_again() {
        let refusal = Refusal::new(EndReason::Limited, 429, "too many").retry_after(17);
        let told = refused(GEMINI, &refusal, None);
        assert_eq!(told.headers()[RETRY_AFTER], "17");
        let body: serde_json::Value = serde_json::from_slice(told.body()).unwrap();
        assert_eq!(body["error"]["details"][1]["retryDelay"], "17s", "{body}");
    }

    /// The answer to a client whose upstream of a dialect sent this error.
    fn told((client, upstream): (Dialect, Dialect), status: u16, body: &'static str) -> (HeaderMap, Bytes) {
        let error = adaptor(client, upstream).error(status, &Bytes::from_static(body.as_bytes()), true);
        let (head, body) = refused(client, &Refusal::reported(error), Some("id-1")).into_parts();
        (head.headers, body)
    }

    #[test]
    fn every_error_names_its_request_where_the_clients_sdk_reads_it() {
        const OWN: &str = r#"{"error":{"message":"no such thing","type":"invalid_request_error"}}"#;
        const ALL: [Dialect; 4] = [OPENAI, RESPONSES, ANTHROPIC, GEMINI];
        for (client, upstream) in ALL.into_iter().flat_map(|client| ALL.map(|upstream| (client, upstream))) {
            // The relay's own key was refused; a page stands where an error should; the provider says what is wrong.
            for (status, text, is_worded) in [(401, OWN, true), (500, "<html>", true), (404, OWN, false)] {
                let (headers, body) = told((client, upstream), status, text);
                let case = format!("{client:?} {upstream:?} {status}: {body:?}");
                let told: Value = serde_json::from_slice(&body).unwrap();
                let message = told["error"]["message"].as_str().unwrap();
                let names = [Some("x-request-id"), client.request_id_header()];
                assert!(names.iter().flatten().all(|name| headers[*name] == "id-1"), "{case}");
                match client.name() {
                    "anthropic" => assert_eq!(told["request_id"], "id-1", "{case}"),
                    _ => assert_eq!(message.ends_with(" (request id: id-1)"), is_worded, "{case}"),
                }
                assert!(is_worded || message == "no such thing", "{case}");
            }
        }
        // A provider's own body is passed as it came, with the provider's own id.
        let own = r#"{"type":"error","error":{"type":"api_error","message":"m"},"request_id":"req_1"}"#;
        assert_eq!(told((ANTHROPIC, ANTHROPIC), 500, own).1, own);
    }
}
