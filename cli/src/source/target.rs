//! An address as people type it, and the URL that it means.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::Endpoint;
use crate::reading::Wrong;

/// The flag that names the target itself.
pub(crate) const API_URL: &str = "--api-url";

/// A target: the address below which its endpoints are, with what must not be shown kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    base: Url,
    shown: String,
    login: Option<(String, vitals::Secret)>,
    /// The flag that gave it, for errors.
    flag: &'static str,
    /// The endpoint that the address itself names.
    named: Option<Endpoint>,
    /// The address is a whole one: nothing is appended.
    whole: bool,
    socket: Option<PathBuf>,
    /// Of the addresses of its name, the one that is asked.
    pinned: Option<SocketAddr>,
}

impl Target {
    /// Reads what people type: `host`, `host:3000`, `3000` for a port of this machine, `::1`, a URL with or without a base path, a trailing slash,
    /// credentials, the endpoint itself, or `unix:///path`. Without a scheme it is http, and https on port 443.
    ///
    /// # Errors
    /// It is no address that can be polled.
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        Self::parse_from(text, API_URL)
    }

    /// Reads an address that another flag gave.
    ///
    /// # Errors
    /// See [`Self::parse`].
    pub(crate) fn parse_from(text: &str, flag: &'static str) -> Result<Self, Wrong> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Wrong::Empty);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return Self::parse_from("http://localhost", flag)?
                .through(Path::new(path.trim_start_matches("//")));
        }
        let url = match text.parse::<Ipv6Addr>() {
            Ok(address) => format!("http://[{address}]"),
            Err(_) if text.starts_with(':') => format!("http://localhost{text}"),
            // A number alone would be an IPv4 address: 3917 is 0.0.15.77.
            Err(_) if is_number(text) => format!("http://localhost:{text}"),
            Err(_) if text.contains("://") => text.to_owned(),
            Err(_) if text.split(['/', '?']).next().is_some_and(|a| a.ends_with(":443")) => {
                format!("https://{text}")
            }
            Err(_) => format!("http://{text}"),
        };
        let mut base = Url::parse(&url).map_err(|error| Wrong::NoAddress { error: error.to_string() })?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(Wrong::Scheme(base.scheme().to_owned()));
        }
        let login = take_login(&mut base);
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/').to_owned();
        let named = Endpoint::ALL.into_iter().find(|endpoint| path.ends_with(endpoint.path()));
        let path = named.and_then(|endpoint| path.strip_suffix(endpoint.path())).unwrap_or(&path);
        let path = path.strip_suffix("/debug/pprof").unwrap_or(path);
        base.set_path(path);
        let shown = shown(&base);
        Ok(Self { base, shown, login, flag, named, whole: false, socket: None, pinned: None })
    }

    /// Reads the address of metrics: one with a path is taken as it is.
    ///
    /// # Errors
    /// See [`Self::parse`].
    pub(crate) fn parse_metrics(text: &str) -> Result<Self, Wrong> {
        let mut target = Self::parse_from(text, "--metrics-url")?;
        target.whole = target.named.is_none() && target.base.path() != "/";
        Ok(target)
    }

    /// Leads through a Unix socket.
    ///
    /// # Errors
    /// There are no such sockets, or the path cannot be one.
    pub(crate) fn through(mut self, socket: &Path) -> Result<Self, Wrong> {
        if !cfg!(unix) {
            return Err(Wrong::NoSockets);
        }
        if !socket.is_absolute() {
            return Err(Wrong::Relative);
        }
        self.shown = format!("unix://{}", socket.display());
        self.socket = Some(socket.to_owned());
        Ok(self)
    }

    /// Leads to one of the addresses of its name, which is still what is asked for and what a certificate is for.
    pub(crate) fn pinned_to(mut self, address: IpAddr) -> Self {
        let port = self.base.port_or_known_default().unwrap_or_default();
        let address = SocketAddr::new(address, port);
        let path = self.base.path().trim_end_matches('/');
        self.shown = format!("{}://{address}{path}", self.base.scheme());
        self.pinned = Some(address);
        self
    }

    /// The address that is asked, where it is one of several of a name.
    pub(crate) const fn pinned(&self) -> Option<SocketAddr> {
        self.pinned
    }

    /// The URL of an endpoint.
    pub(crate) fn at(&self, endpoint: Endpoint) -> Url {
        if self.whole && endpoint == Endpoint::Metrics {
            return self.base.clone();
        }
        self.below(endpoint.path(), endpoint.query())
    }

    /// Any other path below the base.
    pub(crate) fn below(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if let Some(query) = query {
            let query = self.base.query().map_or(query.to_owned(), |own| format!("{own}&{query}"));
            url.set_query(Some(&query));
        }
        url
    }

    /// An endpoint for people; the health endpoint is the target itself.
    pub(crate) fn shown_at(&self, endpoint: Endpoint) -> String {
        match endpoint {
            Endpoint::Health => self.shown.clone(),
            Endpoint::Metrics if self.whole => self.shown.clone(),
            _ => format!("{}{}", self.shown, endpoint.path()),
        }
    }

    /// The flag that gave the address.
    pub(crate) const fn flag(&self) -> &'static str {
        self.flag
    }

    /// The endpoint that the address itself names, for example `http://host/metrics`.
    pub(crate) const fn named(&self) -> Option<Endpoint> {
        self.named
    }

    /// The Unix socket that leads there.
    pub(crate) fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// It is the same server, reached in the same way.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.base.origin() == other.base.origin()
            && self.socket == other.socket
            && self.pinned == other.pinned
    }

    /// It is the same host, on whatever port.
    pub(crate) fn is_on_host_of(&self, other: &Self) -> bool {
        self.base.host_str() == other.base.host_str() && self.socket.is_some() == other.socket.is_some()
    }

    /// The address without the endpoints.
    pub(crate) fn base(&self) -> &Url {
        &self.base
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
        if self.socket.is_some() {
            return self.shown.clone();
        }
        if let Some(address) = self.pinned {
            return address.to_string();
        }
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The target is this machine, which no proxy can reach.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => {
                bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost")
            }
        }
    }
}

/// What stands before the path is nothing but digits.
fn is_number(text: &str) -> bool {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit())
}

/// A URL for people: what may be secret (credentials, query) is left out, and so is the endpoint.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    take_login(&mut url);
    url.set_query(None);
    url.set_fragment(None);
    let text = url.as_str();
    text.strip_suffix(Endpoint::Health.path()).unwrap_or(text).trim_end_matches('/').to_owned()
}

fn take_login(url: &mut Url) -> Option<(String, vitals::Secret)> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let [user, password] = [url.username(), url.password().unwrap_or_default()].map(decoded);
    // These fail only for URLs that have no host, which http and https always have.
    let removed = url.set_username("").is_ok() && url.set_password(None).is_ok();
    (removed && !(user.is_empty() && password.is_empty())).then(|| (user, vitals::Secret::new(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(wrong: Result<Target, Wrong>) -> String {
        let wrong = wrong.unwrap_err();
        crate::words::en::unusable(&crate::reading::Unusable::Address { place: API_URL, wrong })
    }

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
            ("3917", "http://localhost:3917/api/monitor/health"),
            ("3917/metrics", "http://localhost:3917/api/monitor/health"),
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
            assert_eq!(Target::parse(text).unwrap().at(Endpoint::Health).as_str(), url, "{text}");
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
            "99999",
        ] {
            let error = said(Target::parse(wrong));
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

    #[test]
    fn every_endpoint_below_every_base() {
        let at = |text: &str, endpoint| Target::parse(text).unwrap().at(endpoint).to_string();
        assert_eq!(at("h/base/", Endpoint::Metrics), "http://h/base/metrics");
        assert_eq!(at("h/metrics", Endpoint::Health), "http://h/api/monitor/health");
        assert_eq!(at("h/debug/pprof/", Endpoint::Pprof), "http://h/debug/pprof/goroutine?debug=1");
        assert_eq!(
            at("h/x/debug/pprof/goroutine?t=1", Endpoint::Pprof),
            "http://h/x/debug/pprof/goroutine?t=1&debug=1"
        );
        assert_eq!(at("[::1]:9/debug/vars", Endpoint::Expvar), "http://[::1]:9/debug/vars");
        assert_eq!(Target::parse("h/metrics").unwrap().named(), Some(Endpoint::Metrics));
        assert_eq!(Target::parse("h/x").unwrap().named(), None);
        let metrics = |text: &str| Target::parse_metrics(text).unwrap().at(Endpoint::Metrics).to_string();
        assert_eq!(metrics("h:9100"), "http://h:9100/metrics");
        assert_eq!(metrics("h/metrics/"), "http://h/metrics");
        assert_eq!(metrics("h/actuator/prometheus?x=1"), "http://h/actuator/prometheus?x=1");
    }

    #[cfg(unix)]
    #[test]
    fn unix_sockets() {
        for text in ["unix:///run/relay.sock", "unix:/run/relay.sock"] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.socket(), Some(Path::new("/run/relay.sock")));
            assert_eq!(
                (target.shown(), target.authority().as_str()),
                ("unix:///run/relay.sock", "unix:///run/relay.sock")
            );
            assert_eq!(target.at(Endpoint::Health).as_str(), "http://localhost/api/monitor/health");
        }
        assert!(said(Target::parse("unix:relay.sock")).contains("whole path"));
        assert!(!Target::parse("unix:///a").unwrap().is_beside(&Target::parse("localhost").unwrap()));
    }

    #[test]
    fn one_of_the_addresses_of_a_name_is_shown_and_the_name_is_asked_for() {
        let target = Target::parse("https://ann:x@relay.example.com/eu/").unwrap();
        let pinned = target.clone().pinned_to("::1".parse().unwrap());
        assert_eq!((pinned.shown(), &*pinned.authority()), ("https://[::1]:443/eu", "[::1]:443"));
        assert_eq!(pinned.at(Endpoint::Metrics).as_str(), "https://relay.example.com/eu/metrics");
        assert!(!pinned.is_beside(&target) && pinned.is_on_host_of(&target));
    }

    #[test]
    fn hosts_and_servers() {
        let target = |text: &str| Target::parse(text).unwrap();
        assert!(target("h:1").is_on_host_of(&target("h:2")) && !target("h:1").is_beside(&target("h:2")));
        assert!(target("h").is_beside(&target("http://h:80/x")) && !target("h").is_on_host_of(&target("i")));
    }
}
