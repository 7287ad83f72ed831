//! What went wrong on the wire, and what it means for the next endpoint.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, SERVER, VIA};
use reqwest::{StatusCode, Url};

use super::{Endpoint, PollError, Target};
use crate::reading::{Fault, Http, Way};

/// Programs that answer for others, as they name themselves.
const GATEWAYS: [&str; 10] = [
    "nginx",
    "openresty",
    "tengine",
    "caddy",
    "envoy",
    "cloudflare",
    "awselb",
    "haproxy",
    "varnish",
    "traefik",
];

/// A question and its deadline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) target: &'a Target,
    pub(super) endpoint: Endpoint,
    pub(super) timeout: Duration,
    pub(super) has_login: bool,
}

impl Asked<'_> {
    fn on_the_way(&self, way: Way) -> PollError {
        Fault::Way { at: self.target.authority(), flag: self.target.flag(), way }.into()
    }

    fn timed_out(&self) -> PollError {
        self.on_the_way(Way::TimedOut { within: self.timeout })
    }

    fn answered(&self, http: Http) -> PollError {
        let (from, flag) = (self.target.shown_at(self.endpoint), self.target.flag());
        Fault::Http { from, flag, endpoint: self.endpoint, http }.into()
    }

    /// Redirects from one address to the next.
    pub(super) fn round(&self) -> PollError {
        let (from, flag) = (self.target.shown().to_owned(), self.target.flag());
        Fault::Http { from, flag, endpoint: self.endpoint, http: Http::Round }.into()
    }
}

/// A failed try's meaning for the next endpoint of the same server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The server itself is in trouble: asking for something else is only more load.
    Stop,
    /// This endpoint is not there; another one may be.
    Other,
    /// As above, but this one is there, and what it says cannot be used.
    Unusable,
    /// As above, but with credentials it might be there.
    Credentials,
}

#[derive(Debug)]
pub(super) struct Miss {
    pub(super) error: PollError,
    pub(super) next: Next,
}

impl Miss {
    pub(super) fn stop(error: PollError) -> Self {
        Self { error, next: Next::Stop }
    }

    pub(super) fn other(error: PollError) -> Self {
        Self { error, next: Next::Other }
    }

    /// An answer without a sample: it says more than that nothing is there if it is of the kind that was asked for.
    pub(super) fn content(error: PollError) -> Self {
        let next = if error.fault.is_of_its_kind() { Next::Unusable } else { Next::Other };
        Self { error, next }
    }
}

/// A request that got no answer.
pub(super) fn transport(error: &reqwest::Error, asked: &Asked<'_>) -> PollError {
    if error.is_timeout() {
        return asked.timed_out();
    }
    let target = asked.target;
    let io = cause::<io::Error>(error).map(io::Error::kind);
    asked.on_the_way(match (cause::<rustls::Error>(error), target.socket(), io) {
        (Some(tls), ..) => encryption(tls),
        (_, Some(socket), Some(io::ErrorKind::NotFound)) => Way::NoSocket(socket.to_owned()),
        (_, Some(socket), Some(io::ErrorKind::PermissionDenied)) => Way::ClosedSocket(socket.to_owned()),
        (.., Some(io::ErrorKind::ConnectionRefused)) => Way::Refused,
        _ if chain(error).any(|e| e.to_string() == "dns error") => {
            Way::NoAddress { host: target.base().host_str().unwrap_or_default().to_owned() }
        }
        _ if error.is_connect() => Way::NoConnection { error: deepest(error) },
        _ => Way::NoHttp { error: deepest(error), encrypted: target.base().scheme() != "http" },
    })
}

/// An answer whose body broke off after so many bytes.
pub(super) fn body(error: &io::Error, bytes: u64, asked: &Asked<'_>) -> PollError {
    let timeout_inside = cause::<reqwest::Error>(error).is_some_and(reqwest::Error::is_timeout);
    if error.kind() == io::ErrorKind::TimedOut || timeout_inside {
        return asked.timed_out();
    }
    asked.answered(Http::BrokenOff { bytes, error: deepest(error) })
}

pub(super) fn too_large(asked: &Asked<'_>, cap: u64) -> PollError {
    asked.answered(Http::TooLarge { cap })
}

fn encryption(error: &rustls::Error) -> Way {
    match error {
        rustls::Error::InvalidMessage(_) => Way::NoTls,
        // `openssl req -x509` makes these unless it is told otherwise.
        rustls::Error::InvalidCertificate(reason) if format!("{reason:?}").contains("CaUsedAsEndEntity") => {
            Way::Authority
        }
        rustls::Error::InvalidCertificate(reason) => Way::Untrusted { reason: reason.to_string() },
        other => Way::Unencrypted { error: other.to_string() },
    }
}

/// A status other than 200, and what it means for other endpoints.
pub(super) fn status(status: StatusCode, headers: &HeaderMap, asked: &Asked<'_>) -> Option<Miss> {
    let next = match status.as_u16() {
        200 => return None,
        401 | 403 => Next::Credentials,
        407 | 429 | 500.. => Next::Stop,
        _ => Next::Other,
    };
    let (has_login, of_proxy) = (asked.has_login, is_of_proxy(status, headers));
    Some(Miss { error: asked.answered(Http::Status { status, has_login, of_proxy }), next })
}

/// Tells whether a gateway says that it does not reach what is behind it. 502 and 504 mean nothing else; 503 is said by
/// services themselves, too, while they start, stop or are full.
fn is_of_proxy(status: StatusCode, headers: &HeaderMap) -> bool {
    let says = |name: &HeaderName, words: &[&str]| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        words.iter().any(|word| value.to_ascii_lowercase().contains(word))
    };
    match status.as_u16() {
        502 | 504 => true,
        503 => headers.contains_key(VIA) || says(&SERVER, &GATEWAYS) || says(&CONTENT_TYPE, &["text/html"]),
        _ => false,
    }
}

/// A redirect that is not followed.
pub(super) fn redirect(status: StatusCode, asked: &Asked<'_>, to: Option<(&Url, String)>) -> Miss {
    let (next, http) = match to {
        None => (Next::Other, Http::Nowhere(status)),
        Some((url, to)) if is_login(url) => (Next::Credentials, Http::LoginPage { to }),
        Some((_, to)) => (Next::Other, Http::Elsewhere { to }),
    };
    Miss { error: asked.answered(http), next }
}

pub(super) fn is_login(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    ["login", "signin", "sign-in", "sign_in", "sso", "oauth", "auth"]
        .iter()
        .any(|word| path.split('/').any(|step| step.split('.').next() == Some(word)))
}

/// The last cause: the most concrete one. reqwest's own text would repeat the URL.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).filter_map(|e| e.downcast_ref::<T>()).last()
}

/// An error and its causes. An `io::Error` hides what it wraps from `source`, so that is unwrapped, too.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    #[test]
    fn wrapped_causes_are_found() {
        let tls = rustls::Error::DecryptError;
        let error = io::Error::other(io::Error::other(tls));
        assert_eq!(cause::<rustls::Error>(&error), Some(&rustls::Error::DecryptError));
        assert_eq!(deepest(&error), rustls::Error::DecryptError.to_string());
    }

    #[test]
    fn login_pages() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(is_login(&url("http://h/login?next=/api")));
        assert!(is_login(&url("http://h/users/Sign-In.html")));
        assert!(!is_login(&url("http://h/api/monitor/health/")));
        assert!(!is_login(&url("http://h/authors")));
    }

    #[test]
    fn every_status_has_a_cure() {
        let target = Target::parse("http://ann:sentinel@example.com").unwrap();
        let asked = |endpoint| Asked { target: &target, endpoint, timeout: Duration::ZERO, has_login: false };
        let none = HeaderMap::new();
        assert!(status(StatusCode::OK, &none, &asked(Endpoint::Health)).is_none());
        for code in [201, 204, 400, 401, 403, 404, 407, 429, 500, 502] {
            for endpoint in Endpoint::ALL {
                let error =
                    status(StatusCode::from_u16(code).unwrap(), &none, &asked(endpoint)).unwrap().error;
                let (what, cure) = (words::en::error_seen(&error), words::en::error_cure(&error));
                assert!(what.contains(&code.to_string()) && !cure.is_empty());
                assert!(!error.to_string().contains("sentinel"));
            }
        }
    }
}
