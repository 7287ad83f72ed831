//! Which headers cross the relay. Both ways by an allow-list: what is not named stays here.

use adaptors::adaptor::Upload;
use adaptors::dialect::Dialect;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use vitals::Secret;

use crate::config::{Auth, Channel};
use crate::reply::respond::JSON;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("watertight/", env!("CARGO_PKG_VERSION")));

/// Headers of an upstream's answer that a client may see, besides those with one of [`PREFIXES`].
const PASSED: [&str; 4] = ["retry-after", "openai-model", "openai-processing-ms", "openai-version"];
const PREFIXES: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// The provider's own request id, kept under a name of its own.
const UPSTREAM_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");

/// The headers of a request to an upstream.
pub(crate) fn to_upstream(
    channel: &Channel,
    dialect: Dialect,
    key: Option<&Secret>,
    client: &HeaderMap,
    upload: &Upload,
    stream: bool,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    if let Some(base) = &channel.base_url
        && let Ok(host) = HeaderValue::from_str(&base.authority)
    {
        headers.insert(HOST, host);
    }
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(upload.body.len()));
    let streamed = HeaderValue::from_static(dialect.framing().content_type());
    headers.insert(ACCEPT, if stream { streamed } else { JSON });
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, AGENT);
    if let Some(endpoint) = channel.provider.endpoint(dialect) {
        for (name, value) in endpoint.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        for name in endpoint.forward {
            if let Some(value) = client.get(*name) {
                headers.insert(HeaderName::from_static(name), value.clone());
            }
        }
    }
    for (name, value) in &upload.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    for (name, value) in &channel.headers {
        headers.insert(name.clone(), value.clone());
    }
    headers.extend(key.and_then(|key| credential(channel.auth, key)));
    headers
}

fn credential(auth: Auth, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let (name, text) = match auth {
        Auth::Header(name) => (HeaderName::from_static(name), key.reveal().to_owned()),
        Auth::Bearer | Auth::None => (AUTHORIZATION, format!("Bearer {}", key.reveal())),
    };
    // The configuration has already refused keys that no header can carry.
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

/// The headers of an upstream's answer that the client sees.
pub(crate) fn from_upstream(upstream: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in upstream {
        let text = name.as_str();
        if PASSED.contains(&text) || PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(id) = upstream.get("x-request-id").or_else(|| upstream.get("request-id")) {
        headers.insert(UPSTREAM_ID, id.clone());
    }
    headers
}

/// How long an upstream asks to be left alone, in seconds: a number, or a date.
pub(crate) fn retry_after(upstream: &HeaderMap) -> Option<u64> {
    let text = upstream.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        // A float becomes the nearest whole number that fits.
        return Some(seconds.max(0.0).ceil() as u64);
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(u64::try_from(at.duration_since(jiff::Timestamp::now()).as_secs()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstreams_cookies_and_framing_stay_here() {
        let mut upstream = HeaderMap::new();
        for name in [
            "set-cookie",
            "connection",
            "content-length",
            "server",
            "x-ratelimit-limit-requests",
            "x-request-id",
        ] {
            upstream.insert(HeaderName::from_static(name), HeaderValue::from_static("7"));
        }
        let mut names: Vec<String> = from_upstream(&upstream).keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, ["x-ratelimit-limit-requests", "x-upstream-request-id"]);
    }

    #[test]
    fn an_upstream_asks_for_a_rest_in_several_ways() {
        let asked = |text: &str| {
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]))
        };
        assert_eq!(
            (asked("7"), asked(" 0 "), asked("1.2"), asked("-3"), asked("soon")),
            (Some(7), Some(0), Some(2), Some(0), None)
        );
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0), "past");
        assert!(asked("Tue, 31 Dec 2999 23:59:59 GMT").is_some_and(|seconds| seconds > 1_000_000));
    }
}
