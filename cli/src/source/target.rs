//! An address as people type it, and the URL that it means.

use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

/// Where the health JSON lives, below the target's base path.
const ENDPOINT: &str = "/api/monitor/health";

/// A target: the URL of its health endpoint, with what must not be shown kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    url: Url,
    shown: String,
    login: Option<(String, vitals::Secret)>,
}

impl Target {
    /// Reads what people type: `host`, `host:3000`, `::1`, a URL with or without a base path, a trailing slash,
    /// credentials, or the endpoint itself. Without a scheme it is http, and https on port 443.
    ///
    /// # Errors
    /// A fragment that says what is wrong. It never repeats the text, which may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("the address is empty: write it like http://localhost:3000".to_owned());
        }
        let url = match text.parse::<Ipv6Addr>() {
            Ok(address) => format!("http://[{address}]"),
            Err(_) if text.starts_with(':') => format!("http://localhost{text}"),
            Err(_) if text.contains("://") => text.to_owned(),
            Err(_) if text.split(['/', '?']).next().is_some_and(|a| a.ends_with(":443")) => {
                format!("https://{text}")
            }
            Err(_) => format!("http://{text}"),
        };
        let mut url = Url::parse(&url)
            .map_err(|error| format!("not an address ({error}): write it like http://localhost:3000"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{}` cannot be polled: use an http:// or https:// address", url.scheme()));
        }
        let login = take_login(&mut url);
        url.set_fragment(None);
        let base = url.path().trim_end_matches('/').to_owned();
        let path = if base.ends_with(ENDPOINT) { base } else { format!("{base}{ENDPOINT}") };
        url.set_path(&path);
        let shown = shown(&url);
        Ok(Self { url, shown, login })
    }

    /// What is asked.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The target for people and files: no credentials, no query, no endpoint.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// User name and password from the address.
    pub(crate) fn login(&self) -> Option<&(String, vitals::Secret)> {
        self.login.as_ref()
    }

    /// Host and port, as they are connected to.
    pub(crate) fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Whether the target is this machine, which no proxy can reach.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => {
                bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost")
            }
        }
    }
}

/// A URL for people: what may be secret (credentials, query) is left out, and so is the endpoint.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    take_login(&mut url);
    url.set_query(None);
    url.set_fragment(None);
    let text = url.as_str();
    text.strip_suffix(ENDPOINT).unwrap_or(text).trim_end_matches('/').to_owned()
}

fn take_login(url: &mut Url) -> Option<(String, vitals::Secret)> {
    let user = decoded(url.username());
    let password = decoded(url.password().unwrap_or_default());
    // These fail only for URLs that have no host, which http and https always have.
    let removed = url.set_username("").is_ok() && url.set_password(None).is_ok();
    (removed && !(user.is_empty() && password.is_empty())).then(|| (user, vitals::Secret::new(password)))
}

/// Undoes percent-encoding; what is not valid stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = escaped
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_address() {
        for (text, url) in [
            ("localhost", "http://localhost/api/monitor/health"),
            ("localhost:3000", "http://localhost:3000/api/monitor/health"),
            (" example.com ", "http://example.com/api/monitor/health"),
            ("example.com:443", "https://example.com/api/monitor/health"),
            ("example.com:443/base", "https://example.com/base/api/monitor/health"),
            ("10.0.0.1:80", "http://10.0.0.1/api/monitor/health"),
            (":3000", "http://localhost:3000/api/monitor/health"),
            ("::1", "http://[::1]/api/monitor/health"),
            ("[::1]:3000", "http://[::1]:3000/api/monitor/health"),
            ("https://example.com", "https://example.com/api/monitor/health"),
            ("http://example.com/", "http://example.com/api/monitor/health"),
            ("http://example.com/relay", "http://example.com/relay/api/monitor/health"),
            ("http://example.com/relay//", "http://example.com/relay/api/monitor/health"),
            ("http://example.com/api/monitor/health", "http://example.com/api/monitor/health"),
            ("http://example.com/x/api/monitor/health/", "http://example.com/x/api/monitor/health"),
            ("http://example.com/?t=1#top", "http://example.com/api/monitor/health?t=1"),
            ("HTTP://EXAMPLE.com", "http://example.com/api/monitor/health"),
        ] {
            assert_eq!(Target::parse(text).unwrap().url().as_str(), url, "{text}");
        }
    }

    #[test]
    fn credentials_are_kept_and_never_shown() {
        let target = Target::parse("https://ann:s%40cret%zz@example.com/base?key=sentinel").unwrap();
        let (user, password) = target.login().unwrap();
        assert_eq!((user.as_str(), password.reveal()), ("ann", "s@cret%zz"));
        assert_eq!(target.shown(), "https://example.com/base");
        assert!(!format!("{:?} {}", target.login(), target.authority()).contains("cret"));
        assert_eq!(Target::parse("http://example.com").unwrap().login(), None);
    }

    #[test]
    fn refuses_what_cannot_be_polled_without_repeating_it() {
        for wrong in [
            "",
            "  ",
            "http://",
            "ftp://ann:sentinel@example.com",
            "http://ann:sentinel@exa mple.com",
            "http://[::1",
            "http://h:99999",
        ] {
            let error = Target::parse(wrong).unwrap_err();
            assert!(error.contains("http://"), "{wrong}: {error}");
            assert!(!error.contains("sentinel"), "{error}");
        }
    }

    #[test]
    fn loopback() {
        for (text, expected) in [
            ("localhost:3000", true),
            ("a.localhost", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("example.com", false),
            ("10.0.0.1", false),
            ("localhost.example.com", false),
        ] {
            assert_eq!(Target::parse(text).unwrap().is_loopback(), expected, "{text}");
        }
    }
}
