//! Heads of HTTP/1.1 that leave open whom they are for or where their body ends (RFC 9112, sections 3.2 and 6.1):
//! another server on the way may read them in another way, so they are refused before anything is done for them.

use http::header::{HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Version, request};

use crate::link::Link;
use crate::reply::refusal::Refusal;

/// # Errors
/// 400, with the connection's end.
pub(super) fn check(head: &request::Parts, link: &Link) -> Result<(), Refusal> {
    if head.version > Version::HTTP_11 {
        return Ok(());
    }
    let wrong = names_its_host(&head.headers, head.version)
        .or_else(|| is_framed_once(&head.headers, link.has_framed_twice()));
    match wrong {
        None => Ok(()),
        Some(text) => Err(Refusal { closes: true, ..Refusal::client(400, text) }),
    }
}

/// Why it does not.
fn names_its_host(headers: &HeaderMap, version: Version) -> Option<&'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => None,
        (None, _) => Some("the request has no `Host` header, which HTTP/1.1 requires"),
        (Some(_), Some(_)) => Some("the request has several `Host` headers"),
        (Some(host), None) if host.as_bytes().iter().all(|byte| is_of_a_host(*byte)) => None,
        (Some(_), None) => Some("the request's `Host` header is not a host"),
    }
}

/// Of a name, a number, and a port behind it.
fn is_of_a_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=:[]".contains(&byte)
}

/// Why it is not.
fn is_framed_once(headers: &HeaderMap, beside_a_length: bool) -> Option<&'static str> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let coding = codings.next()?;
    let exactly = codings.next().is_none() && coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    match (exactly, beside_a_length) {
        (false, _) => Some("the request's `Transfer-Encoding` is not exactly `chunked`"),
        (true, true) => Some("the request has both a `Transfer-Encoding` and a `Content-Length`"),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_host_is_there_once_and_is_one() {
        let wrong = |version, hosts: &[&'static str]| {
            let fields: Vec<_> = hosts.iter().map(|host| (HOST, *host)).collect();
            names_its_host(&of(&fields), version).is_some()
        };
        for right in ["r", "relay.example.com:3000", "[::1]:3000", ""] {
            assert!(!wrong(Version::HTTP_11, &[right]), "{right}");
        }
        for bad in ["a b", "a,b", "a/b", "u@a", "a\tb"] {
            assert!(wrong(Version::HTTP_11, &[bad]) && wrong(Version::HTTP_10, &[bad]), "{bad}");
        }
        assert_eq!((wrong(Version::HTTP_11, &[]), wrong(Version::HTTP_10, &[])), (true, false));
        assert!(wrong(Version::HTTP_11, &["r", "r"]) && wrong(Version::HTTP_10, &["r", "s"]));
    }

    #[test]
    fn a_body_is_chunked_or_it_is_not() {
        let wrong = |codings: &[&'static str], length| {
            let fields: Vec<_> = codings.iter().map(|coding| (TRANSFER_ENCODING, *coding)).collect();
            is_framed_once(&of(&fields), length).is_some()
        };
        assert!(
            !wrong(&[], false)
                && !wrong(&[], true)
                && !wrong(&["chunked"], false)
                && !wrong(&["Chunked "], false)
        );
        for codings in [
            &["gzip, chunked"][..],
            &["chunked, chunked"],
            &["chunked", "chunked"],
            &["chunked;a=b"],
            &[""],
            &["identity"],
        ] {
            assert!(wrong(codings, false), "{codings:?}");
        }
        assert!(wrong(&["chunked"], true));
    }
}
