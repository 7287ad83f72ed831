//! Which headers cross the relay. Both ways by an allow-list: what is not named stays here.

use adaptors::adaptor::{Operation, Upload};
use adaptors::dialect::Dialect;
use adaptors::dropped::Dropped;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use vitals::Secret;

use crate::config::{Auth, Channel};
use crate::reply::refusal::Refusal;
use crate::reply::respond::JSON;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("watertight/", env!("CARGO_PKG_VERSION")));

/// Headers of an upstream's answer, good or bad, that a client may see, besides those with one of [`PREFIXES`]. SDKs read
/// from them whether and when to try again.
const PASSED: [&str; 6] = [
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "openai-model",
    "openai-processing-ms",
    "openai-version",
];
const PREFIXES: [&str; 3] = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit"];

/// The names under which providers tell their own request id.
const IDS: [&str; 4] = ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"];
/// The provider's own request id, kept under a name of its own.
const UPSTREAM_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

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
    for (name, value) in dialect.headers() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    forward(&mut headers, client, [dialect.forwards(), channel.provider.forward]);
    for (name, value) in &upload.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    for (name, value) in &channel.headers {
        headers.insert(name.clone(), value.clone());
    }
    headers.extend(key.and_then(|key| credential(channel.auth_of(dialect), key)));
    headers
}

/// The boundary of a request that is a form, where its operation takes one.
pub(crate) fn form(operation: Operation, client: &HeaderMap) -> Option<String> {
    let kind = client.get(CONTENT_TYPE).filter(|_| operation.takes_form())?;
    adaptors::form::boundary(kind.to_str().ok()?)
}

/// The headers of a question without a body that no client asked.
pub(crate) fn of_question(channel: &Channel, dialect: Dialect, key: Option<&Secret>) -> HeaderMap {
    let (path, body, dropped) = ("".into(), bytes::Bytes::new(), Dropped::default());
    let nothing = Upload { path, headers: Vec::new(), body, dropped };
    let mut headers = to_upstream(channel, dialect, key, &HeaderMap::new(), &nothing, false);
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
    headers
}

/// Every line of these headers, in order: what stands on several is one list.
fn forward(headers: &mut HeaderMap, client: &HeaderMap, names: [&[&str]; 2]) {
    let mut before: Option<&HeaderName> = None;
    for (name, line) in client {
        if !names.iter().any(|names| names.contains(&name.as_str())) {
            continue;
        }
        if before == Some(name) {
            headers.append(name.clone(), line.clone());
        } else {
            // In place of a default.
            headers.insert(name.clone(), line.clone());
        }
        before = Some(name);
    }
}

fn credential(auth: &Auth, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let (name, text) = match auth {
        Auth::Header(name) => (name.clone(), key.reveal().to_owned()),
        Auth::Bearer | Auth::None => (AUTHORIZATION, format!("Bearer {}", key.reveal())),
        // In the address, or in a signature.
        Auth::Query(_) | Auth::GoogleOauth | Auth::SigV4 => return None,
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
    headers.extend(upstream_id(upstream).map(|id| (UPSTREAM_ID, id.clone())));
    headers
}

/// The headers of a failed attempt's answer that the client sees. Where the relay's own key was refused, the rest is the
/// account's business and nobody's who cannot change it: then only the provider's request id.
pub(crate) fn of_failure(refusal: &Refusal, mut passed: HeaderMap) -> HeaderMap {
    match refusal.class() {
        // The relay's own fault, or the client's.
        None => HeaderMap::new(),
        Some(_) if refusal.is_about_the_key() => {
            passed.remove(UPSTREAM_ID).map(|id| (UPSTREAM_ID, id)).into_iter().collect()
        }
        Some(_) => passed,
    }
}

/// What the provider calls this request.
pub(crate) fn upstream_id(upstream: &HeaderMap) -> Option<&HeaderValue> {
    // A handful of short texts: a search by hash would parse and hash each name first.
    IDS.iter().find_map(|id| upstream.iter().find(|(name, _)| name.as_str() == *id).map(|(_, value)| value))
}

/// How long an upstream asks to be left alone, in seconds: a number, also of milliseconds, or a date.
pub(crate) fn retry_after(upstream: &HeaderMap) -> Option<u64> {
    let millis =
        upstream.get(RETRY_AFTER_MS).and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok());
    if let Some(millis) = millis.filter(|millis| millis.is_finite()) {
        return Some((millis.max(0.0) / 1000.0).ceil() as u64);
    }
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
    use adaptors::adaptor::{Class, UpstreamError};
    use adaptors::dialect::{ANTHROPIC, OPENAI};
    use bytes::Bytes;

    use adaptors::dropped::Dropped;

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
    fn an_error_says_what_an_answer_would_unless_it_is_about_the_relays_own_key() {
        let names =
            ["retry-after", "retry-after-ms", "x-should-retry", "ratelimit-policy", "anthropic-ratelimit-x"];
        let kept_back =
            ["www-authenticate", "set-cookie", "openai-organization", "anthropic-organization-id"];
        let names = names.into_iter().chain(kept_back).chain(["request-id"]);
        let upstream: HeaderMap =
            names.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1"))).collect();
        let told = |status, class, told: u16| {
            let error = UpstreamError {
                status: told,
                class,
                message: "no".into(),
                kind: None,
                code: None,
                body: None,
                is_worded: false,
            };
            let refusal = Refusal::reported(error);
            let passed = of_failure(&refusal, from_upstream(&upstream));
            assert_eq!(passed.get(UPSTREAM_ID).is_some(), status > 0, "{status}");
            passed.len()
        };
        for (status, class) in [(400, Class::Caller), (429, Class::Rate), (503, Class::Transient)] {
            assert_eq!(told(status, class, status), 6, "{status}");
        }
        assert_eq!(told(429, Class::Credential, 429), 6, "nothing left: the client must know");
        assert_eq!(told(401, Class::Credential, 502), 1, "the id alone");
        assert_eq!(
            of_failure(&Refusal::shed("x"), from_upstream(&upstream)).len(),
            0,
            "the relay's own fault"
        );
    }

    #[test]
    fn versions_and_betas_belong_to_the_dialect_and_come_with_all_their_lines() {
        let config = |provider: &str| {
            let text = format!(
                "[[channels]]\nname = \"a\"\nprovider = \"{provider}\"\ndialect = \"anthropic\"\n\
                 base_url = \"http://h/v1\"\nauth = \"none\"\n"
            );
            crate::scene::channels(&text)[0].config.clone()
        };
        let client = |lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            headers
        };
        let (path, body) = ("/messages".into(), Bytes::new());
        let upload = Upload { path, headers: Vec::new(), body, dropped: Dropped::default() };
        for provider in ["custom", "openai", "deepseek", "anthropic", "custom-anthropic"] {
            let config = config(provider);
            let sent = |client| to_upstream(&config, ANTHROPIC, None, &client, &upload, false);
            let all = |headers: &HeaderMap, name: &str| {
                headers.get_all(name).iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            let headers = sent(client(&[]));
            assert_eq!(all(&headers, "anthropic-version"), ["2023-06-01"], "{provider}");
            assert!(all(&headers, "anthropic-beta").is_empty(), "{provider}");
            let headers = sent(client(&[
                ("anthropic-beta", "a-1"),
                ("anthropic-version", "2099-01-01"),
                ("anthropic-beta", "b-2,c-3"),
                ("cookie", "x"),
            ]));
            assert_eq!(all(&headers, "anthropic-version"), ["2099-01-01"], "{provider}");
            assert_eq!(all(&headers, "anthropic-beta"), ["a-1", "b-2,c-3"], "{provider}");
            assert!(all(&headers, "cookie").is_empty());
            let other =
                to_upstream(&config, OPENAI, None, &client(&[("anthropic-beta", "a-1")]), &upload, false);
            assert!(other.keys().all(|name| !name.as_str().starts_with("anthropic-")), "{other:?}");
        }
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
        let millis = |text: &str| {
            let both = [(RETRY_AFTER_MS, text), (RETRY_AFTER, "9")];
            retry_after(
                &both.into_iter().map(|(name, text)| (name, HeaderValue::from_str(text).unwrap())).collect(),
            )
        };
        assert_eq!(
            (millis("1500"), millis("-1"), millis("NaN"), millis("soon")),
            (Some(2), Some(0), Some(9), Some(9))
        );
        assert!(asked("Tue, 31 Dec 2999 23:59:59 GMT").is_some_and(|seconds| seconds > 1_000_000));
    }
}
