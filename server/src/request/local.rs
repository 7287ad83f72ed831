//! The relay's own endpoints: answered without an upstream, and without an exchange.

use std::sync::Arc;
use std::time::Duration;

use adaptors::adaptor::Operation;
use adaptors::dialect::Dialect;
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, HeaderValue,
    ORIGIN,
};
use http::{HeaderName, Response, request};
use percent_encoding::percent_decode_str;
use tokio::sync::oneshot;

use super::head;
use crate::access::{auth, near};
use crate::exchange::body::RelayBody;
use crate::exchange::models;
use crate::link::{Door, Link};
use crate::reply::refusal::Refusal;
use crate::reply::respond::{self, JSON};
use crate::route::{self, Local, Route, Target};
use crate::state::relay::Relay;
use crate::state::snapshot::Snapshot;
use crate::state::worker::Worker;
use crate::{monitor, words};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// A page of a public network asks whether it may call this one (Private Network Access).
const ASKS_FOR_PRIVATE: &str = "access-control-request-private-network";
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");
/// Seconds for which a browser need not ask again.
const ASKED: HeaderValue = HeaderValue::from_static("600");

/// How long a reload may take before whoever asked for it is told that its files do not answer.
const RELOADED: Duration = Duration::from_secs(10);

/// The answer, or why there is none.
type Answer = Result<Response<Bytes>, Refusal>;

/// Answers what is not for an upstream.
pub(super) async fn respond(
    relay: &Relay,
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    head: &request::Parts,
    route: Route,
    id: &str,
) -> Response<RelayBody> {
    let answer = match route {
        _ if let Err(refusal) = head::check(head, link) => Err(refusal),
        Route::Local(what) if what.is_monitor() => answer(relay, link, head, what),
        _ if link.door == Door::Monitor => Err(Refusal::only_monitors()),
        // A reload, too, has nobody any more who would do it.
        _ if relay.is_draining() || (relay.is_leaving() && matches!(route, Route::Reload)) => {
            link.ask_to_close();
            Err(Refusal::draining())
        }
        // Rare, and large: not a part of every request's own future.
        Route::Local(Local::Models(None)) => Box::pin(models(relay, worker, head)).await,
        Route::Local(what) => answer(relay, link, head, what),
        Route::Reload => reload(relay, link, head).await,
        Route::WrongMethod(right) => Err(Refusal::wrong_method(&head.method, head.uri.path(), right)),
        Route::Unknown(nearest) => Err(Refusal::unknown_path(&head.method, head.uri.path(), nearest)),
        // Relayed before it came here.
        Route::Relay(_) => Err(Refusal::unknown_path(&head.method, head.uri.path(), None)),
    };
    let dialect = dialect_of(relay, head);
    let mut response = answer.unwrap_or_else(|refusal| respond::refused(dialect, &refusal, Some(id)));
    respond::stamp(response.headers_mut(), dialect, id);
    response.map(|body| RelayBody::whole(body, Arc::clone(link), None))
}

/// Answers one of the relay's own endpoints.
fn answer(relay: &Relay, link: &Link, head: &request::Parts, what: Local) -> Answer {
    let snapshot = relay.snapshot();
    let knows = |token| auth::has_token(&head.headers, token);
    let token = snapshot.live.monitor.token.as_ref();
    Ok(match what {
        Local::Greeting => reply(200, TEXT, words::greeting(relay.adaptors.dialects())),
        Local::Live => reply(200, TEXT, "ok\n"),
        Local::Ready if relay.is_ready() => reply(200, TEXT, "ready\n"),
        Local::Ready if relay.is_ending() => reply(503, TEXT, "not ready: draining\n"),
        Local::Ready => reply(503, TEXT, "not ready: starting\n"),
        Local::Status => reply(200, JSON, monitor::status(relay)),
        Local::Health => reply(200, JSON, monitor::health(relay, token.is_none_or(knows))),
        Local::Metrics if token.is_none_or(knows) => {
            let accept = head.headers.get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
            let (kind, text) = monitor::metrics::render(relay, accept);
            reply(200, HeaderValue::from_static(kind), text)
        }
        Local::Metrics => return Err(Refusal::denied("monitor.token")),
        Local::Exchanges => {
            administers(link, head, &snapshot)?;
            reply(200, JSON, monitor::exchanges(relay))
        }
        Local::Models(one) => model(relay, &snapshot, head, one.as_deref().unwrap_or_default())?,
        Local::Preflight => preflight(&snapshot, head),
    })
}

fn dialect_of(relay: &Relay, head: &request::Parts) -> Dialect {
    route::dialect_of(relay.adaptors.dialects(), head.uri.path(), &head.headers)
}

fn reply(status: u16, kind: HeaderValue, text: impl Into<Bytes>) -> Response<Bytes> {
    respond::whole(status, kind, text.into())
}

/// Lets a caller through who may use the admin endpoints.
fn administers(link: &Link, head: &request::Parts, snapshot: &Snapshot) -> Result<(), Refusal> {
    match &snapshot.live.admin.token {
        Some(token) if auth::has_token(&head.headers, token) => Ok(()),
        Some(_) => Err(Refusal::denied("admin.token")),
        None if link.peer.ip().is_loopback() && near::is_near(head) => Ok(()),
        None => {
            let text =
                "admin endpoints answer only on loopback, and through no proxy, while admin.token is not set";
            Err(Refusal::client(403, text))
        }
    }
}

/// `POST /admin/reload`: reads the configuration anew, and says what came of it.
async fn reload(relay: &Relay, link: &Link, head: &request::Parts) -> Answer {
    administers(link, head, &relay.snapshot())?;
    let (asked, outcome) = oneshot::channel();
    let answered = match relay.reloads.try_send(asked) {
        Ok(()) => tokio::time::timeout(RELOADED, outcome).await,
        Err(_) => Ok(Ok(Err("other reloads are under way: try again shortly".to_owned()))),
    };
    let (status, success, message) = match answered {
        Ok(Ok(Ok(message))) => (200, true, message),
        Ok(Ok(Err(message))) => (400, false, message),
        Ok(Err(_)) => (400, false, "the relay is stopping".to_owned()),
        Err(_) => (503, false, words::RELOAD_HANGS.to_owned()),
    };
    let text = serde_json::json!({ "success": success, "message": message.trim_end() }).to_string();
    Ok(reply(status, JSON, text))
}

/// Tells whether the caller may use that model.
fn model(relay: &Relay, snapshot: &Snapshot, head: &request::Parts, id: &str) -> Answer {
    let caller = snapshot.callers.identify(&head.headers, head.uri.query())?;
    let known = caller.as_ref().is_none_or(|caller| caller.key.allows(id))
        && snapshot.channels.iter().any(|c| c.config.upstream_name(id).is_some());
    let dialect = dialect_of(relay, head);
    let body =
        known.then(|| dialect.model_body(id, &|name, operation| serves(snapshot, dialect, name, operation)));
    Ok(reply(200, JSON, body.ok_or_else(|| Refusal::unknown_model(id))?))
}

/// Lists what the caller's key may use: the models that the configuration names, and those that providers list where it has
/// only patterns.
async fn models(relay: &Relay, worker: &Arc<Worker>, head: &request::Parts) -> Answer {
    let snapshot = relay.snapshot();
    let caller = snapshot.callers.identify(&head.headers, head.uri.query())?;
    models::refresh(relay, worker, &snapshot.channels).await;
    let mut names: Vec<String> = Vec::new();
    for channel in &snapshot.channels {
        if channel.config.is_demo() {
            names.extend(adaptors::demo::MODELS.map(str::to_owned));
        }
        let named = channel.config.models.iter().filter_map(|rule| rule.pattern.exact());
        names.extend(named.map(str::to_owned));
        names.extend(models::listed(channel));
    }
    names.retain(|name| caller.as_ref().is_none_or(|caller| caller.key.allows(name)));
    names.sort_unstable();
    names.dedup();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let dialect = dialect_of(relay, head);
    let (names, more) = page(&names, dialect.pages_by(), head.uri.query().unwrap_or_default());
    let serves = |name: &str, operation| serves(&snapshot, dialect, name, operation);
    let body = dialect.models_body(names, &serves, more);
    Ok(reply(200, JSON, body))
}

/// The part of a list that a query asks for, and whether more follows it. Names are in order, so that one that is gone since
/// still says where the list goes on.
fn page<'n, 'm>(
    names: &'n [&'m str],
    [limit, after, before]: [&str; 3],
    query: &str,
) -> (&'n [&'m str], bool) {
    let asked = |key: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(name, _)| *name == key && !key.is_empty()).map(|(_, value)| value).next();
        value
            .map(|value: &str| percent_decode_str(value).decode_utf8_lossy())
            .filter(|value| !value.is_empty())
    };
    let limit = asked(limit).and_then(|limit| limit.parse::<usize>().ok()).filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(usize::MAX);
    let start = asked(after).map_or(0, |after| names.partition_point(|name| *name <= &*after));
    let end = asked(before).map_or(names.len(), |before| names.partition_point(|name| *name < &*before));
    let all = names.get(start..end).unwrap_or_default();
    if asked(before).is_some() && asked(after).is_none() {
        // The nearest ones, of which those before them are left.
        let skipped = all.len().saturating_sub(limit);
        return (&all[skipped..], skipped > 0);
    }
    (&all[..all.len().min(limit)], all.len() > limit)
}

/// Whether a channel of the model can do that for clients of a dialect.
fn serves(snapshot: &Snapshot, dialect: Dialect, model: &str, operation: Operation) -> bool {
    let Some(offer) = dialect.offer(operation) else { return false };
    let target = Target { dialect, offer };
    let channels = snapshot.channels.iter().filter(|channel| channel.config.upstream_name(model).is_some());
    channels.into_iter().any(|channel| channel.dialect_for(target).is_some())
}

/// What a web page may do, before it does. That it may at all is said where every answer is.
fn preflight(snapshot: &Snapshot, head: &request::Parts) -> Response<Bytes> {
    let mut response = respond::whole(204, TEXT, Bytes::new());
    let headers = response.headers_mut();
    headers.clear();
    let page = head.headers.get(ORIGIN).filter(|_| !route::is_for_owner(head.uri.path()));
    if page.and_then(|origin| snapshot.callers.admit_page(origin)).is_some() {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE, OPTIONS"));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*, authorization"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, ASKED);
        if head.headers.contains_key(ASKS_FOR_PRIVATE) {
            headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_part_of_the_list_is_what_was_asked_for() {
        let names = ["a", "b/c", "d", "e"];
        let keys = ["limit", "after_id", "before_id"];
        for (query, part, more) in [
            ("", &names[..], false),
            ("limit=2", &names[..2], true),
            ("limit=2&after_id=b%2Fc", &names[2..], false),
            ("after_id=c", &names[2..], false),
            ("limit=1&before_id=d", &names[1..2], true),
            ("limit=4&before_id=d", &names[..2], false),
            ("limit=none&after_id=z", &[], false),
            ("after_id=d&before_id=b", &[], false),
        ] {
            assert_eq!(page(&names, keys, query), (part, more), "{query}");
        }
        assert_eq!(page(&names, ["pageSize", "pageToken", ""], "=d&pageSize=3"), (&names[..3], true));
    }
}
