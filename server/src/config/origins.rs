//! `cors.origins`: the web pages that may use the relay. An origin is what a browser sends as one: scheme, host and port.

use http::{HeaderValue, Uri};

use super::forms::{list, quoted};
use super::reader::{Value, Wanted};
use super::table::Form;

/// Pages that may use the relay. Nothing said: every page where callers need keys, else those of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Option<Vec<String>>);

/// Every page.
const ANY: &str = "*";
/// At the end of an origin: every port.
const PORTS: &str = ":*";

impl Origins {
    /// True if every page is listed.
    #[must_use]
    pub fn list_any(&self) -> bool {
        self.0.iter().flatten().any(|origin| origin == ANY)
    }

    /// What a page of this origin is let see by, `*` or its own origin. `open`: callers need no keys.
    #[must_use]
    pub fn grant(&self, origin: &HeaderValue, open: bool) -> Option<HeaderValue> {
        let own = || origin.clone();
        match &self.0 {
            // Any page could act behind its user's back; the configuration refuses that.
            Some(_) if open && self.list_any() => None,
            None if open => is_of_this_machine(origin).then(own),
            None => Some(HeaderValue::from_static(ANY)),
            Some(_) if self.list_any() => Some(HeaderValue::from_static(ANY)),
            Some(listed) => {
                let text = origin.to_str().ok()?;
                listed.iter().any(|one| is_same(one, text)).then(own)
            }
        }
    }
}

/// Tells whether the page was loaded from this machine.
#[must_use]
pub fn is_of_this_machine(origin: &HeaderValue) -> bool {
    let page = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    page.filter(|page| page.scheme().is_some()).as_ref().and_then(Uri::host).is_some_and(is_loopback)
}

/// Tells whether a host is this machine by its name or number.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_same(listed: &str, origin: &str) -> bool {
    let Some(host) = listed.strip_suffix(PORTS) else { return listed.eq_ignore_ascii_case(origin) };
    let Some((begins, rest)) = origin.split_at_checked(host.len()) else { return false };
    let port = rest.strip_prefix(':').unwrap_or(rest);
    begins.eq_ignore_ascii_case(host)
        && port.bytes().all(|digit| digit.is_ascii_digit())
        && (rest.is_empty() || rest.len() > port.len())
}

/// An origin as browsers write it.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "`{text}` is not an origin: it is \"*\", or scheme, host and port such as \"https://app.example.com\""
        )
    };
    if text == ANY {
        return Ok(text.to_owned());
    }
    let lower = text.to_ascii_lowercase();
    let (bare, ports) = lower.strip_suffix(PORTS).map_or((lower.as_str(), ""), |bare| (bare, PORTS));
    let uri: Uri = bare.parse().map_err(|_| wrong())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong()) };
    let plain =
        !authority.as_str().contains(['@', '*']) && matches!(uri.path(), "" | "/") && uri.query().is_none();
    let port = match (scheme, authority.port_u16()) {
        (_, Some(_)) if !ports.is_empty() => return Err(wrong()),
        // Browsers leave these out.
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    if plain { Ok(format!("{scheme}://{}{port}{ports}", authority.host())) } else { Err(wrong()) }
}

/// The form of the key.
pub(super) fn origins() -> impl Form<Origins> {
    let wanted = Wanted::new("a list of origins", "[\"https://app.example.com\"]");
    let read = move |value: &Value<'_>| {
        let texts = value.texts(wanted)?;
        let all: Vec<String> = texts.iter().filter_map(|text| text.parsed(wanted, origin)).collect();
        (all.len() == texts.len()).then_some(Origins(Some(all)))
    };
    (read, |origins: &Origins| origins.0.as_ref().map(|all| list(all.iter().map(quoted))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(listed: Option<&[&str]>, open: bool, page: &str) -> Option<String> {
        let listed = listed.map(|all| all.iter().map(|one| origin(one).unwrap()).collect());
        let page = HeaderValue::from_str(page).unwrap();
        Origins(listed).grant(&page, open).map(|grant| grant.to_str().unwrap().to_owned())
    }

    const PAGE: &str = "https://app.example.com";
    const LOCAL: [&str; 3] = ["http://localhost", "http://127.0.0.1:5173", "http://[::1]:5173"];

    #[test]
    fn nothing_said_means_every_page_with_a_key_and_this_machines_own_without() {
        assert_eq!(grants(None, false, PAGE).as_deref(), Some("*"));
        for local in LOCAL {
            assert_eq!(grants(None, true, local).as_deref(), Some(local));
        }
        for page in
            [PAGE, "null", "http://localhost.example.com", "http://127.0.0.1.example.com", "localhost", ""]
        {
            assert_eq!(grants(None, true, page), None, "{page}");
        }
    }

    #[test]
    fn a_list_holds_with_keys_and_without() {
        let listed: &[&str] = &["HTTPS://App.Example.com:443/", "http://localhost:*"];
        for open in [true, false] {
            assert_eq!(grants(Some(listed), open, PAGE).as_deref(), Some(PAGE));
            assert_eq!(
                grants(Some(listed), open, "http://localhost:5173").as_deref(),
                Some("http://localhost:5173")
            );
            assert_eq!(grants(Some(listed), open, "http://localhost").as_deref(), Some("http://localhost"));
            for page in [
                "http://app.example.com",
                "https://app.example.com:8443",
                "https://app.example.com.evil.com",
                "http://localhost:80.evil.com",
                "http://localhost5",
                "http://127.0.0.1:5173",
                "null",
            ] {
                assert_eq!(grants(Some(listed), open, page), None, "{page}");
            }
            assert_eq!(grants(Some(&[]), open, LOCAL[0]), None, "nobody is listed");
        }
        assert_eq!(grants(Some(&["*"]), false, "null").as_deref(), Some("*"));
        assert_eq!(grants(Some(&["*"]), true, PAGE), None, "any page could spend the owner's keys");
    }

    #[test]
    fn what_no_browser_sends_is_no_origin() {
        for text in [
            "app.example.com",
            "https://",
            "https://a/b",
            "https://u@a",
            "https://*.a",
            "null",
            "https://a?b",
            "**",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
        assert_eq!(origin("tauri://localhost").as_deref(), Ok("tauri://localhost"));
    }
}
