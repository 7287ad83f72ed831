//! Path and method to what is asked for.

use adaptors::adaptor::{Dialect, Operation};
use http::Method;

/// A request for the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) dialect: Dialect,
    pub(crate) operation: Operation,
    pub(crate) path: &'static str,
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

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Relay(Target),
    Local(Local),
    /// Read the configuration anew.
    Reload,
    /// The path is known, the method is not; it takes this one.
    WrongMethod(&'static str),
    Unknown,
}

const TARGETS: [Target; 3] = [
    Target { dialect: Dialect::OpenAi, operation: Operation::ChatCompletions, path: "/v1/chat/completions" },
    Target { dialect: Dialect::OpenAi, operation: Operation::Embeddings, path: "/v1/embeddings" },
    Target { dialect: Dialect::Anthropic, operation: Operation::Messages, path: "/v1/messages" },
];

/// Finds what is asked for.
pub(crate) fn route(method: &Method, path: &str) -> Route {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if method == Method::OPTIONS {
        return Route::Local(Local::Preflight);
    }
    if let Some(target) = TARGETS.iter().find(|target| target.path == path) {
        return if method == Method::POST { Route::Relay(*target) } else { Route::WrongMethod("POST") };
    }
    if path == "/admin/reload" {
        return if method == Method::POST { Route::Reload } else { Route::WrongMethod("POST") };
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
        Route::WrongMethod("GET")
    }
}

/// The dialect in which an unknown path is complained about.
pub(crate) fn dialect_of(path: &str, headers: &http::HeaderMap) -> Dialect {
    let anthropic = path.starts_with("/v1/messages") || headers.contains_key("anthropic-version");
    if anthropic { Dialect::Anthropic } else { Dialect::OpenAi }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_where_they_should() {
        let get = |path: &str| route(&Method::GET, path);
        assert_eq!(route(&Method::POST, "/v1/messages"), Route::Relay(TARGETS[2]));
        assert_eq!(route(&Method::POST, "/v1/chat/completions/"), Route::Relay(TARGETS[0]));
        assert_eq!(get("/v1/chat/completions"), Route::WrongMethod("POST"));
        assert_eq!(route(&Method::POST, "/metrics"), Route::WrongMethod("GET"));
        assert_eq!(get("/v1/models/org%2Fm"), Route::Local(Local::Models(Some("org/m".into()))));
        assert_eq!(route(&Method::HEAD, "/api/monitor/health"), Route::Local(Local::Health));
        assert_eq!(get("/v1/models/"), Route::Local(Local::Models(None)));
        assert_eq!(get("/v1/nothing"), Route::Unknown);
        assert_eq!(route(&Method::POST, "/admin/reload"), Route::Reload);
        assert_eq!(get("/admin/reload"), Route::WrongMethod("POST"));
    }
}
