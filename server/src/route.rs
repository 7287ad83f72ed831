//! Path and method to what is asked for.

use adaptors::dialect::{Dialect, OPENAI, Offer};
use http::Method;

use crate::spelling;

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

/// Where the models are listed.
const MODELS: &str = "/v1/models";

/// The method that a path takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Get,
    Post,
    GetOrDelete,
}

impl Takes {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::GetOrDelete => "GET, DELETE",
        }
    }

    /// What a dialect's path takes.
    fn of(offers: &[&Offer]) -> Self {
        match offers {
            [_, _, ..] => Self::GetOrDelete,
            [one] if one.operation.method() == "GET" => Self::Get,
            _ => Self::Post,
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
    /// There is nothing there; this path is the nearest.
    Unknown(Option<&'static str>),
}

/// Finds the endpoint that a request is for, of a relay that serves these dialects.
pub(crate) fn route(dialects: &[Dialect], method: &Method, path: &str) -> Route {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if method == Method::OPTIONS {
        return Route::Local(Local::Preflight);
    }
    if let Some(route) = dialects.iter().find_map(|dialect| offered(*dialect, method, path)) {
        return route;
    }
    if path == "/admin/reload" {
        return if method == Method::POST { Route::Reload } else { Route::WrongMethod(Takes::Post) };
    }
    if let Some(models) = models(dialects, path) {
        return if matches!(*method, Method::GET | Method::HEAD) {
            Route::Local(models)
        } else if *method == Method::POST && path.rsplit('/').next().is_some_and(|name| name.contains(':')) {
            // Something that is asked of a model, and not the model itself.
            Route::Unknown(nearest(dialects, path))
        } else {
            Route::WrongMethod(Takes::Get)
        };
    }
    let local = match path {
        "/" | "" => Local::Greeting,
        "/api/monitor/health" => Local::Health,
        "/healthz" => Local::Live,
        "/readyz" => Local::Ready,
        "/api/status" => Local::Status,
        "/metrics" => Local::Metrics,
        "/api/monitor/exchanges" => Local::Exchanges,
        _ => return other_spelling(dialects, method, path),
    };
    if method == Method::GET || method == Method::HEAD {
        Route::Local(local)
    } else {
        Route::WrongMethod(Takes::Get)
    }
}

/// One of a dialect's operations, if that is its path.
fn offered(dialect: Dialect, method: &Method, path: &str) -> Option<Route> {
    let mut offers = dialect.at(path);
    let first = offers.next()?;
    if first.operation.method() == method.as_str() {
        return Some(Route::Relay(Target { dialect, offer: first }));
    }
    let all: Vec<&'static Offer> = std::iter::once(first).chain(offers).collect();
    let fits = all.iter().copied().find(|offer| offer.operation.method() == method.as_str());
    Some(match fits {
        Some(offer) => Route::Relay(Target { dialect, offer }),
        None => Route::WrongMethod(Takes::of(&all)),
    })
}

/// The list of models, or one of it, wherever a dialect's clients look for them.
fn models(dialects: &[Dialect], path: &str) -> Option<Local> {
    let places = dialects.iter().filter_map(|dialect| dialect.models_inbound());
    let rest = [MODELS].into_iter().chain(places).find_map(|place| path.strip_prefix(place))?;
    match rest.strip_prefix('/') {
        None if rest.is_empty() => Some(Local::Models(None)),
        Some(id) if !id.is_empty() => {
            let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned();
            Some(Local::Models(Some(id)))
        }
        _ => None,
    }
}

/// What clients put before a path, once or again, that their base URL had already or does not need.
const NEEDLESS: [&str; 3] = ["v1", "v1beta", "api"];

/// A path of nobody's: an operation or the models with slashes, versions or a dialect's name too many, or with the version
/// missing, where that has one meaning. The relay's own endpoints have one spelling only: whoever guards them before the
/// relay guards that.
fn other_spelling(dialects: &[Dialect], method: &Method, path: &str) -> Route {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    let mut named = None;
    while let Some(segment) = segments.peek() {
        match dialects.iter().map(|dialect| dialect.maker()).find(|maker| maker == segment) {
            Some(maker) if named.is_none_or(|named| named == maker) => named = Some(maker),
            None if NEEDLESS.contains(segment) => {}
            _ => break,
        }
        segments.next();
    }
    let rest = segments.fold(String::new(), |rest, segment| rest + "/" + segment);
    let plain = format!("/v1{rest}");
    let mut dialects_meant =
        dialects.iter().filter(|dialect| named.is_none_or(|named| named == dialect.maker()));
    let found = dialects_meant.find_map(|dialect| {
        // A path may say what is asked for beside its operation, and the version may be another one.
        offered(*dialect, method, &plain).or_else(|| offered(*dialect, method, &rest))
    });
    if let Some(route) = found {
        return route;
    }
    match rest.strip_prefix("/models") {
        Some(one) if (one.is_empty() || one.starts_with('/')) && plain != path => {
            route(dialects, method, &plain)
        }
        _ if rest != path && models(dialects, &rest).is_some() => route(dialects, method, &rest),
        _ => Route::Unknown(nearest(dialects, path)),
    }
}

/// The operation or list whose path is most like this one: by its end, or else a slip of the keyboard away.
fn nearest(dialects: &[Dialect], path: &str) -> Option<&'static str> {
    let offers = dialects.iter().flat_map(|dialect| dialect.offers()).map(|offer| offer.inbound);
    let known = || offers.clone().chain([MODELS]);
    let path = path.get(path.len().saturating_sub(100)..).unwrap_or_default().to_ascii_lowercase();
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let by_end = known().find(|known| last(known) == last(&path));
    by_end.or_else(|| spelling::nearest(&path, known()))
}

/// Tells whether a path is for the relay's owner alone, so that no web page is let see what it says.
pub(crate) fn is_for_owner(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some("admin"), ..) => true,
        (api, monitor, exchanges) => [api, monitor, exchanges] == ["api", "monitor", "exchanges"].map(Some),
    }
}

/// The dialect of a client that asks for none of the operations: the first one, unless the path or a header tells.
pub(crate) fn dialect_of(dialects: &[Dialect], path: &str, headers: &http::HeaderMap) -> Dialect {
    let named = |dialect: &&Dialect| path.split('/').find(|part| !part.is_empty()) == Some(dialect.maker());
    if let Some(dialect) = dialects.iter().find(named) {
        return *dialect;
    }
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
    fn what_is_the_owners_is_told_however_it_is_written() {
        for path in [
            "/admin/reload",
            "/admin",
            "//admin/reload/",
            "/api/monitor/exchanges",
            "/api//monitor/exchanges/",
        ] {
            assert!(is_for_owner(path), "{path}");
        }
        for path in ["/", "/api/monitor/health", "/v1/admin", "/metrics", "/administration"] {
            assert!(!is_for_owner(path), "{path}");
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
    fn other_spellings_of_one_meaning_are_served_and_the_rest_is_told_what_is_near() {
        let post = |path: &str| route(&DIALECTS, &Method::POST, path);
        for (path, inbound) in [
            ("/chat/completions", "/v1/chat/completions"),
            ("//v1/chat/completions", "/v1/chat/completions"),
            ("/v1/v1/chat/completions/", "/v1/chat/completions"),
            ("/v1//chat//completions", "/v1/chat/completions"),
            ("/openai/v1/chat/completions", "/v1/chat/completions"),
            ("/api/v1/chat/completions", "/v1/chat/completions"),
            ("/openai/embeddings", "/v1/embeddings"),
            ("/messages", "/v1/messages"),
            ("/anthropic/v1/messages", "/v1/messages"),
            ("/anthropic/v1/messages/count_tokens", "/v1/messages/count_tokens"),
            ("/openai/v1/responses", "/v1/responses"),
            ("/responses/input_tokens", "/v1/responses/input_tokens"),
            ("/v1beta/v1beta/models/m:countTokens", "/v1beta/models/{model}:countTokens"),
            ("/v1beta/v1/models/m:generateContent", "/v1beta/models/{model}:generateContent"),
            ("/v1beta/chat/completions", "/v1/chat/completions"),
        ] {
            let Route::Relay(target) = post(path) else { panic!("{path} is not relayed: {:?}", post(path)) };
            assert_eq!(target.offer.inbound, inbound, "{path}");
            assert_eq!(route(&DIALECTS, &Method::GET, path), Route::WrongMethod(Takes::Post), "{path}");
        }
        for (path, near) in [
            ("/openai/v1/messages", Some("/v1/messages")),
            ("/anthropic/openai/v1/messages", Some("/v1/messages")),
            ("/v1/chat/completion", Some("/v1/chat/completions")),
            ("/V1/Chat/Completions", Some("/v1/chat/completions")),
            ("/v1/completion", Some("/v1/completions")),
            ("/v1/embedding", Some("/v1/embeddings")),
            ("/v1/modells", Some("/v1/models")),
            ("/v1/response", Some("/v1/responses")),
            ("//metrics", None),
            ("//admin/reload", None),
            ("/api/api/monitor/exchanges", None),
            ("/v1/admin/reload", None),
        ] {
            assert_eq!(post(path), Route::Unknown(near), "{path}");
        }
        let get = |path: &str| route(&DIALECTS, &Method::GET, path);
        for path in ["/models", "//v1/models", "/anthropic/v1/models", "/v1/v1/models/", "/openai/models"] {
            assert_eq!(get(path), Route::Local(Local::Models(None)), "{path}");
        }
        assert_eq!(get("/models/org%2Fm"), Route::Local(Local::Models(Some("org/m".into()))));
        assert_eq!(get("/v1/modelsx"), Route::Unknown(Some("/v1/models")));
        let of = |path: &str| dialect_of(&DIALECTS, path, &http::HeaderMap::new());
        assert_eq!((of("/anthropic/v1/models"), of("/openai/v1/messages")), (ANTHROPIC, OPENAI));
        post(&"/é".repeat(5_000));
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
        assert_eq!(get("/v1/nothing"), Route::Unknown(None));
        assert!(matches!(route(&Method::POST, "/v1beta/models/m:dance"), Route::Unknown(_)));
        assert_eq!(route(&Method::POST, "/v1beta/models/m"), Route::WrongMethod(Takes::Get));
        assert_eq!(route(&Method::POST, "/admin/reload"), Route::Reload);
        assert_eq!(get("/admin/reload"), Route::WrongMethod(Takes::Post));
    }
}
