//! Whether a request comes from this machine itself: what has no token is answered to nobody else.
//!
//! A reverse proxy on this machine has a loopback address, too. Most say in a header that they stand in between, keep
//! the `Host` of their own clients, or speak HTTP/1.0, as nginx does by default. One that does nothing of the kind
//! cannot be told from a person: a token can.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Version, request};

use crate::config::origins::{is_loopback, is_of_this_machine};

/// What proxies say, besides `x-forwarded-…`.
const FORWARDED: [&str; 12] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-envoy-external-address",
    "cf-connecting-ip",
    "true-client-ip",
    "fastly-client-ip",
    "cdn-loop",
];

/// Tells whether a request from a loopback address was made on this machine, by no page from elsewhere and through no
/// proxy.
pub(crate) fn is_near(head: &request::Parts) -> bool {
    let own_page = head.headers.get(ORIGIN).is_none_or(is_of_this_machine);
    own_page && !is_passed_on(&head.headers) && head.version != Version::HTTP_10 && is_for_loopback(head)
}

fn is_passed_on(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("x-forwarded") || FORWARDED.contains(&name.as_str()))
}

/// Tells whether the client called this machine by a name that means it everywhere.
fn is_for_loopback(head: &request::Parts) -> bool {
    let host = head.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    let authority = |text: &str| text.parse::<http::uri::Authority>().ok().map(|one| one.host().to_owned());
    let named = [head.uri.host().map(str::to_owned), host.map(|text| authority(text).unwrap_or_default())];
    let mut named = named.into_iter().flatten().peekable();
    named.peek().is_some() && named.all(|host| is_loopback(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(version: Version, uri: &str, headers: &[(&str, &str)]) -> bool {
        let request = http::Request::builder().version(version).uri(uri);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        is_near(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn only_a_direct_call_of_this_machine_is_near() {
        let http1 = |headers: &[(&str, &str)]| near(Version::HTTP_11, "/admin/reload", headers);
        for host in ["localhost:3000", "127.0.0.1", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST"] {
            assert!(http1(&[("host", host)]), "{host}");
        }
        for host in ["relay.example.com", "localhost.example.com:3000", "10.0.0.1", "", "a b", "0.0.0.0:3000"]
        {
            assert!(!http1(&[("host", host)]), "{host}");
        }
        assert!(!http1(&[]));
        for name in FORWARDED.into_iter().chain(["x-forwarded-for", "x-forwarded-proto", "x-forwarded"]) {
            assert!(!http1(&[("host", "localhost"), (name, "127.0.0.1")]), "{name}");
        }
        assert!(http1(&[("host", "localhost"), ("origin", "http://localhost:5173")]));
        assert!(!http1(&[("host", "localhost"), ("origin", "https://example.com")]));
        assert!(!near(Version::HTTP_10, "/", &[("host", "localhost")]), "a proxy's");
        assert!(near(Version::HTTP_2, "http://localhost:3000/", &[]));
        assert!(!near(Version::HTTP_2, "http://relay.example.com/", &[]));
        assert!(!near(Version::HTTP_2, "http://localhost/", &[("host", "relay.example.com")]));
    }
}
