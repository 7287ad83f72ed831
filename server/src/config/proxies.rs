//! The proxy that the environment asks for: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.

use std::net::IpAddr;

use super::address::{BaseUrl, Proxy};
use super::inputs::Inputs;
use super::secrets::Resolver;

/// The proxy for a channel's upstream; the variable that names it is noted as the origin.
///
/// # Errors
/// The variable, and what is wrong with its value.
pub(super) fn from_environment(
    from: &Resolver<'_>,
    channel: &str,
    url: &BaseUrl,
) -> Result<Option<Proxy>, (&'static str, String)> {
    let Some((text, variable)) = named(from.inputs, url) else { return Ok(None) };
    let proxy = Proxy::parse(&text).map_err(|why| (variable, why))?;
    from.came(format!("channels.{channel}.proxy"), variable);
    Ok(Some(proxy))
}

/// The proxy for an upstream and the variable that names it. Never one for this machine.
fn named(inputs: &Inputs<'_>, url: &BaseUrl) -> Option<(String, &'static str)> {
    if url.is_loopback()
        || either(inputs, "NO_PROXY", "no_proxy").is_some_and(|(list, _)| excluded(&list, url))
    {
        return None;
    }
    let by_scheme = if url.tls {
        either(inputs, "HTTPS_PROXY", "https_proxy")
    } else {
        either(inputs, "HTTP_PROXY", "http_proxy")
    };
    by_scheme.or_else(|| either(inputs, "ALL_PROXY", "all_proxy"))
}

fn either(inputs: &Inputs<'_>, upper: &'static str, lower: &'static str) -> Option<(String, &'static str)> {
    [lower, upper].into_iter().find_map(|name| Some((inputs.var(name)?, name)))
}

/// Entries are `*`, a host, a domain (with or without a leading dot, subdomains included), an address or a network
/// such as `10.0.0.0/8`; each may end in a port.
fn excluded(list: &str, url: &BaseUrl) -> bool {
    let host = url.host.to_ascii_lowercase();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        if let (Ok(ip), Some((network, bits))) = (host.parse::<IpAddr>(), entry.split_once('/')) {
            return in_network(ip, network, bits);
        }
        let bare = entry.trim_start_matches('[').replace(']', "");
        if bare == host {
            return true;
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
            _ => (entry.as_str(), None),
        };
        if port.is_some_and(|port| port != url.port.to_string()) {
            return false;
        }
        let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
        host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.'))
    })
}

fn in_network(ip: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let (a, b, width) = match (ip, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    bits <= width && (a ^ b).checked_shr(width - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vars: &[(&str, &str)], url: &str) -> Option<String> {
        let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let inputs = Inputs { env: &env, ..Inputs::of_process(None, None, false) };
        let url = BaseUrl::parse(url).unwrap();
        named(&inputs, &url).map(|(text, name)| format!("{} {name}", Proxy::parse(&text).unwrap()))
    }

    #[test]
    fn by_scheme_then_for_all() {
        let vars = [("HTTPS_PROXY", "http://p:1"), ("http_proxy", "p:2"), ("ALL_PROXY", "socks5://p")];
        assert_eq!(check(&vars, "https://api.openai.com").unwrap(), "http://p:1 HTTPS_PROXY");
        assert_eq!(check(&vars, "http://example.com").unwrap(), "http://p:2 http_proxy");
        assert_eq!(check(&vars[2..], "https://example.com").unwrap(), "socks5://p:1080 ALL_PROXY");
        assert_eq!(check(&[], "https://example.com"), None);
    }

    #[test]
    fn never_for_this_machine() {
        for url in ["http://127.0.0.1:9", "http://localhost:9", "https://[::1]", "http://a.localhost"] {
            assert_eq!(check(&[("ALL_PROXY", "http://p:1")], url), None, "{url}");
        }
    }

    #[test]
    fn no_proxy_entries() {
        let proxied =
            |list: &str, url: &str| check(&[("ALL_PROXY", "p:1"), ("NO_PROXY", list)], url).is_some();
        for list in
            ["*", "example.com", ".example.com", "a, api.example.com", "*.example.com", "api.example.com:443"]
        {
            assert!(!proxied(list, "https://api.example.com"), "{list}");
        }
        for list in ["ample.com", "example.org", "api.example.com:80", "x.api.example.com", "10.0.0.0/8"] {
            assert!(proxied(list, "https://api.example.com"), "{list}");
        }
        assert!(!proxied("10.0.0.0/8", "http://10.9.8.7"));
        assert!(proxied("10.0.0.0/8", "http://11.9.8.7"));
        assert!(!proxied("0.0.0.0/0", "http://11.9.8.7"));
        assert!(!proxied("fd00::/8", "http://[fd12::1]:8080"));
        assert!(!proxied("[fd12::1]", "http://[fd12::1]:8080"));
        assert!(proxied("fd00::/8", "http://10.0.0.1"));
    }

    #[test]
    fn a_bad_value_names_its_variable_and_hides_its_password() {
        let env = |name: &str| (name == "HTTPS_PROXY").then(|| "ftp://me:sentinel@p".to_owned());
        let inputs = Inputs { env: &env, ..Inputs::of_process(None, None, false) };
        let from = Resolver::new(&inputs, Default::default());
        let (name, why) =
            from_environment(&from, "x", &BaseUrl::parse("https://example.com").unwrap()).unwrap_err();
        assert_eq!(name, "HTTPS_PROXY");
        assert!(why.contains("***@p") && !why.contains("sentinel"), "{why}");
    }
}
