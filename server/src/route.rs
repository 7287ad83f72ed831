//! Path and method to what is asked for.

use adaptors::dialect::{Dialect, OPENAI, Offer};
use http::Method;

/// A request for the relay: one of the operations of a client's dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) dialect: Dialect,
    pub(crate) offer: &'static Offer,
}

/// An endpoint that the relay answers by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    Greeting,
    Health,
    Live,
    Ready,
    Status,
    Metrics,
    Exchanges,
    /// The models, or the one that is named.
    Models(Option<String>),
    Preflight,
}

impl Local {
    /// Tells whether it shows how the relay fares: that is answered until the last moment.
    pub(crate) fn is_monitor(&self) -> bool {
        match self {
            Self::Health | Self::Live | Self::Ready | Self::Status | Self::Metrics | Self::Exchanges => true,
            Self::Greeting | Self::Models(_) | Self::Preflight => false,
        }
    }
}

/// The method that a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Get,
    Post,
}

impl Takes {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// The endpoints, as paths and methods lead to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Relay(Target),
    Local(Local),
    /// Read the configuration anew.
    Reload,
    /// The path is known, the method is not; it takes this one.
    WrongMethod(Takes),
    Unknown,
}

/// Finds the endpoint that a request is for, of a relay that serves these dialects.
pub(crate) fn route(dialects: &[Dialect], method: &Method, path: &str) -> Route {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if method == Method::OPTIONS {
        return Route::Local(Local::Preflight);
    }
    let offered = |dialect: &Dialect| dialect.find(path).map(|offer| Target { dialect: *dialect, offer });
    if let Some(target) = dialects.iter().find_map(offered) {
        return if method == Method::POST { Route::Relay(target) } else { Route::WrongMethod(Takes::Post) };
    }
    if path == "/admin/reload" {
        return if method == Method::POST { Route::Reload } else { Route::WrongMethod(Takes::Post) };
    }
    let local = match path {
        "/" | "" => Local::Greeting,
        "/api/monitor/health" => Local::Health,
        "/healthz" => Local::Live,
        "/readyz" => Local::Ready,
        "/api/status" => Local::Status,
        "/metrics" => Local::Metrics,
        "/api/monitor/exchanges" => Local::Exchanges,
        "/v1/models" => Local::Models(None),
        _ => match path.strip_prefix("/v1/models/") {
            Some(id) if !id.is_empty() => {
                Local::Models(Some(percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned()))
            }
            _ => return Route::Unknown,
        },
    };
    if method == Method::GET || method == Method::HEAD {
        Route::Local(local)
    } else {
        Route::WrongMethod(Takes::Get)
    }
}

/// The dialect of a client that asks for none of the operations: the first one, unless the path or a header tells.
pub(crate) fn dialect_of(dialects: &[Dialect], path: &str, headers: &http::HeaderMap) -> Dialect {
    let is_spoken = |dialect: &&Dialect| dialect.is_spoken(path, &|name| headers.contains_key(name));
    let (first, others) = dialects.split_first().unwrap_or((&OPENAI, &[]));
    *others.iter().find(is_spoken).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use adaptors::dialect::{ANTHROPIC, DIALECTS};

    /// A new operation is served because it is offered, and not because somebody remembered it here.
    #[test]
    fn all_that_is_offered_is_relayed() {
        for dialect in DIALECTS {
            for offer in dialect.offers() {
                let target = Target { dialect, offer };
                assert_eq!(route(&DIALECTS, &Method::POST, offer.inbound), Route::Relay(target));
            }
        }
    }

    #[test]
    fn clients_are_told_by_path_and_header() {
        let of = |path, header: Option<&'static str>| {
            let headers = header.map(|name| (name.parse().unwrap(), http::HeaderValue::from_static("1")));
            dialect_of(&DIALECTS, path, &http::HeaderMap::from_iter(headers))
        };
        assert_eq!(of("/v1/messages/count_tokens", None), ANTHROPIC);
        assert_eq!(of("/v1/models", Some("anthropic-version")), ANTHROPIC);
        assert_eq!((of("/v1/models", None), of("/", Some("accept"))), (OPENAI, OPENAI));
    }

    #[test]
    fn paths_lead_where_they_should() {
        let route = |method: &Method, path: &str| super::route(&DIALECTS, method, path);
        let get = |path: &str| route(&Method::GET, path);
        for (path, dialect, offer) in [
            ("/v1/messages", ANTHROPIC, "/v1/messages"),
            ("/v1/chat/completions/", OPENAI, "/v1/chat/completions"),
            ("/v1/embeddings", OPENAI, "/v1/embeddings"),
        ] {
            let Route::Relay(target) = route(&Method::POST, path) else { panic!("{path} is not relayed") };
            assert_eq!((target.dialect, target.offer.inbound), (dialect, offer));
        }
        assert_eq!(get("/v1/chat/completions"), Route::WrongMethod(Takes::Post));
        assert_eq!(route(&Method::POST, "/metrics"), Route::WrongMethod(Takes::Get));
        assert_eq!(get("/v1/models/org%2Fm"), Route::Local(Local::Models(Some("org/m".into()))));
        assert_eq!(route(&Method::HEAD, "/api/monitor/health"), Route::Local(Local::Health));
        assert_eq!(get("/v1/models/"), Route::Local(Local::Models(None)));
        assert_eq!(get("/v1/nothing"), Route::Unknown);
        assert_eq!(route(&Method::POST, "/admin/reload"), Route::Reload);
        assert_eq!(get("/admin/reload"), Route::WrongMethod(Takes::Post));
    }
}
