//! Addresses to listen on, of upstreams and of proxies, taken apart once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::Uri;
use vitals::Secret;

/// Reads an address to listen on: `127.0.0.1:3000`, `[::1]:3000`, `localhost:3000`, `:3000` (every IPv4 address) or
/// a port alone (loopback).
///
/// # Errors
/// A fragment that says what is expected.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let wrong = || {
        let hint = "write an IP address and a port, such as \"127.0.0.1:3000\" or \"0.0.0.0:3000\"";
        format!("`{text}` is not an address to listen on: {hint}")
    };
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("localhost", text));
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let ip = match host {
        "localhost" => Ipv4Addr::LOCALHOST,
        "" | "*" => Ipv4Addr::UNSPECIFIED,
        _ => return Err(wrong()),
    };
    Ok(SocketAddr::new(IpAddr::V4(ip), port))
}

/// The address of an upstream: `http` or `https`, a host, a port and a path in front of the API's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// `https`, not `http`.
    pub tls: bool,
    /// The host's name or address; an IPv6 address without brackets.
    pub host: String,
    /// The port, given or the scheme's.
    pub port: u16,
    /// For the `host` header: host, brackets, and the port where it is not the scheme's.
    pub authority: String,
    /// The path as it was written, without a slash at its end: `/openai/v1`, mostly empty. How it is joined with the
    /// API's paths is the provider's business.
    pub path: String,
}

impl BaseUrl {
    /// Reads an `http` or `https` URL.
    ///
    /// # Errors
    /// A fragment that says what is wrong and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = "write it like \"https://api.openai.com\"";
        let uri: Uri = text
            .parse()
            .map_err(|e| format!("`{}` is not a URL ({e}): {example}", without_userinfo(text)))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => {
                return Err(format!(
                    "`{}` does not begin with http:// or https://: {example}",
                    without_userinfo(text)
                ));
            }
        };
        let authority = uri.authority().ok_or_else(|| format!("`{text}` has no host: {example}"))?;
        if authority.as_str().contains('@') {
            return Err("the URL contains a user or a password: put keys into `keys`, as \"env:NAME\" or \"file:/path\"".to_owned());
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(format!("`{}` has a query or a fragment: {example}", uri.path()));
        }
        let (host, port) = host_and_port(&uri, if tls { 443 } else { 80 })?;
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { tls, host, port, authority: authority.to_string(), path })
    }

    /// The URL without its path.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// True for this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl std::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// HTTP: CONNECT, also for `http` upstreams.
    Http,
    /// HTTP, itself over TLS.
    Https,
    /// SOCKS5; names are resolved by the proxy.
    Socks5,
}

impl ProxyKind {
    const ALL: [(Self, &'static str, u16); 3] =
        [(Self::Http, "http", 80), (Self::Https, "https", 443), (Self::Socks5, "socks5", 1080)];

    /// The scheme in its URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// A proxy on the way to an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// How it is spoken to.
    pub kind: ProxyKind,
    /// The host's name or address; an IPv6 address without brackets.
    pub host: String,
    /// The port, given or the scheme's (80, 443, 1080).
    pub port: u16,
    /// User and password, decoded.
    pub credentials: Option<(String, Secret)>,
}

impl Proxy {
    /// Reads `http://`, `https://`, `socks5://` or `socks5h://`, with user and password where needed; without a
    /// scheme it is `http`.
    ///
    /// # Errors
    /// A fragment that says what is wrong and what is expected; it never contains a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = without_userinfo(text);
        let wrong = |why: &str| {
            format!("`{shown}` is not a proxy ({why}): write it like \"socks5://127.0.0.1:1080\"")
        };
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = scheme.to_ascii_lowercase();
        let name = if scheme == "socks5h" { "socks5" } else { scheme.as_str() };
        let (kind, _, port) = ProxyKind::ALL
            .into_iter()
            .find(|(_, known, _)| *known == name)
            .ok_or_else(|| wrong("known are http, https and socks5"))?;
        let (userinfo, place) = match rest.rsplit_once('@') {
            Some((userinfo, place)) => (Some(userinfo), place),
            None => (None, rest),
        };
        let place = place.trim_end_matches('/');
        let uri: Uri = format!("http://{place}").parse().map_err(|_| wrong("no host and port"))?;
        if uri.path() != "/" || uri.query().is_some() {
            return Err(wrong("it has a path"));
        }
        let (host, port) = host_and_port(&uri, port).map_err(|e| wrong(&e))?;
        let credentials = userinfo.map(|info| {
            let (user, password) = info.split_once(':').unwrap_or((info, ""));
            (decode(user), Secret::new(decode(password)))
        });
        Ok(Self { kind, host, port, credentials })
    }
}

impl std::fmt::Display for Proxy {
    /// With `***` in place of user and password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mask = if self.credentials.is_some() { "***@" } else { "" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{}://{mask}{host}:{}", self.kind.as_str(), self.port)
    }
}

/// True for this machine: `localhost`, a name below it, or a loopback address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let address = host.parse::<std::net::IpAddr>();
    address.map_or_else(
        |_| host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
        |ip| ip.is_loopback(),
    )
}

fn host_and_port(uri: &Uri, default: u16) -> Result<(String, u16), String> {
    let host = uri.host().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() {
        return Err("it has no host".to_owned());
    }
    let given = uri
        .authority()
        .and_then(|a| a.as_str().rsplit_once(']').map_or(a.as_str(), |(_, r)| r).rsplit_once(':'));
    match given {
        None => Ok((host.to_owned(), default)),
        Some((_, digits)) => match digits.parse::<u16>() {
            Ok(port) if port > 0 => Ok((host.to_owned(), port)),
            _ => Err(format!("its port `{digits}` is not between 1 and 65535")),
        },
    }
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The text as it may be shown: what stands before an `@` is a password more often than not.
fn without_userinfo(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((front, rest)) => {
            let scheme = front.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
            format!("{scheme}***@{rest}")
        }
        None => text.to_owned(),
    }
}
