//! The relay's own endpoints: answered without an upstream, and without an exchange.

use std::sync::Arc;

use adaptors::adaptor::Complaint;
use adaptors::dialect::{Dialect, OPENAI};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    HeaderValue,
};
use http::{Response, request};
use tokio::sync::oneshot;

use crate::access::auth;
use crate::exchange::body::RelayBody;
use crate::exchange::headers::JSON;
use crate::link::Link;
use crate::monitor;
use crate::reply::refusal::Refusal;
use crate::reply::respond;
use crate::route::{self, Local, Route};
use crate::state::snapshot::Snapshot;
use crate::state::worker::Worker;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Answers what is not for an upstream.
pub(crate) fn respond(
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    head: &request::Parts,
    route: Route,
    id: &str,
) -> Response<RelayBody> {
    let mut response = match route {
        Route::Local(what) => answer(worker, link, head, what),
        Route::WrongMethod(right) => wrong_method(worker, link, head, right),
        Route::Unknown | Route::Relay(_) | Route::Reload => unknown(worker, link, head),
    };
    respond::stamp(response.headers_mut(), dialect_of(worker, head), id);
    response
}

/// Answers one of the relay's own endpoints.
fn answer(worker: &Arc<Worker>, link: &Arc<Link>, head: &request::Parts, what: Local) -> Response<RelayBody> {
    let relay = &worker.relay;
    let snapshot = relay.snapshot();
    let reply = |status: u16, kind: HeaderValue, text: String| {
        respond::whole(status, kind, RelayBody::whole(Bytes::from(text), Arc::clone(link), None))
    };
    match what {
        Local::Greeting => reply(200, TEXT, crate::words::greeting()),
        Local::Live => reply(200, TEXT, "ok\n".to_owned()),
        Local::Ready if relay.is_ready() => reply(200, TEXT, "ready\n".to_owned()),
        Local::Ready => reply(503, TEXT, "not ready: starting or draining\n".to_owned()),
        Local::Status => reply(200, JSON, monitor::status(relay)),
        Local::Health => {
            let whole = snapshot
                .live
                .monitor
                .token
                .as_ref()
                .is_none_or(|token| auth::has_token(&head.headers, token));
            reply(200, JSON, monitor::health(relay, whole))
        }
        Local::Metrics => match &snapshot.live.monitor.token {
            Some(token) if !auth::has_token(&head.headers, token) => denied(link, "monitor.token"),
            _ => {
                let accept =
                    head.headers.get(http::header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
                let (kind, text) = monitor::metrics::render(relay, accept);
                reply(200, HeaderValue::from_static(kind), text)
            }
        },
        Local::Exchanges => match administers(link, head, &snapshot) {
            Ok(()) => reply(200, JSON, monitor::exchanges(relay)),
            Err(refused) => refused,
        },
        Local::Models(one) => models(worker, link, head, one.as_deref()),
        Local::Preflight => preflight(worker, link),
    }
}

/// Whether the caller may use the admin endpoints, or what it is told.
#[expect(clippy::result_large_err, reason = "the error is the response itself, made once")]
fn administers(
    link: &Arc<Link>,
    head: &request::Parts,
    snapshot: &Snapshot,
) -> Result<(), Response<RelayBody>> {
    match &snapshot.live.admin.token {
        Some(token) if auth::has_token(&head.headers, token) => Ok(()),
        Some(_) => Err(denied(link, "admin.token")),
        None if link.peer.ip().is_loopback() && !auth::foreign_page(&head.headers) => Ok(()),
        None => {
            let text = "admin endpoints answer on loopback only while admin.token is not set";
            Err(complain(link, OPENAI, 403, text))
        }
    }
}

/// `POST /admin/reload`: reads the configuration anew, and says what came of it.
pub(crate) async fn reload(
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    head: &request::Parts,
    id: &str,
) -> Response<RelayBody> {
    let relay = &worker.relay;
    let mut response = match administers(link, head, &relay.snapshot()) {
        Err(refused) => refused,
        Ok(()) => {
            let (asked, outcome) = oneshot::channel();
            let outcome = match relay.reloads.try_send(asked) {
                Ok(()) => outcome.await.unwrap_or_else(|_| Err("the relay is stopping".to_owned())),
                Err(_) => Err("other reloads are under way: try again shortly".to_owned()),
            };
            let (status, success, message) = match outcome {
                Ok(message) => (200, true, message),
                Err(message) => (400, false, message),
            };
            let text = serde_json::json!({ "success": success, "message": message.trim_end() }).to_string();
            respond::whole(status, JSON, RelayBody::whole(Bytes::from(text), Arc::clone(link), None))
        }
    };
    respond::stamp(response.headers_mut(), OPENAI, id);
    response
}

/// Lists what the caller's key may use. Patterns are not names: only models that are named are listed.
fn models(
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    head: &request::Parts,
    one: Option<&str>,
) -> Response<RelayBody> {
    let dialect = dialect_of(worker, head);
    let snapshot = worker.relay.snapshot();
    let caller = match snapshot.callers.identify(&head.headers, head.uri.query()) {
        Ok(caller) => caller,
        Err(Refusal { status, message, .. }) => return complain(link, dialect, status, &message),
    };
    let allowed = |name: &str| caller.as_ref().is_none_or(|caller| caller.key.allows(name));
    let mut names: Vec<&str> = Vec::new();
    for channel in &snapshot.channels {
        if channel.config.is_demo() {
            names.extend(adaptors::demo::MODELS);
        }
        names.extend(channel.config.models.iter().filter_map(|rule| rule.pattern.exact()));
    }
    names.retain(|name| allowed(name));
    names.sort_unstable();
    names.dedup();
    let body = match one {
        None => dialect.models_body(&names),
        Some(id) => {
            let known = allowed(id) && snapshot.channels.iter().any(|c| c.config.upstream_name(id).is_some());
            if !known {
                return complain(link, dialect, 404, &format!("the model `{id}` does not exist here"));
            }
            dialect.model_body(id)
        }
    };
    respond::whole(200, JSON, RelayBody::whole(body, Arc::clone(link), None))
}

/// Cross-origin use needs a key: with one, no page can act behind its user's back.
fn preflight(worker: &Arc<Worker>, link: &Arc<Link>) -> Response<RelayBody> {
    let mut response = respond::whole(204, TEXT, RelayBody::whole(Bytes::new(), Arc::clone(link), None));
    let headers = response.headers_mut();
    headers.clear();
    if !worker.relay.snapshot().callers.is_open() {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*, authorization"));
    }
    response
}

/// A path that the relay does not know.
fn unknown(worker: &Worker, link: &Arc<Link>, head: &request::Parts) -> Response<RelayBody> {
    let dialect = dialect_of(worker, head);
    let path: String = head.uri.path().chars().take(200).collect();
    complain(
        link,
        dialect,
        404,
        &format!("there is nothing at {} {path}: GET / says what there is", head.method),
    )
}

/// A path that is asked for in the wrong way.
fn wrong_method(
    worker: &Worker,
    link: &Arc<Link>,
    head: &request::Parts,
    right: &'static str,
) -> Response<RelayBody> {
    let dialect = dialect_of(worker, head);
    let text = format!("{} is asked for with {right}, not {}", head.uri.path(), head.method);
    let mut response = complain(link, dialect, 405, &text);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(right));
    response
}

fn dialect_of(worker: &Worker, head: &request::Parts) -> Dialect {
    route::dialect_of(worker.relay.adaptors.dialects(), head.uri.path(), &head.headers)
}

fn denied(link: &Arc<Link>, token: &str) -> Response<RelayBody> {
    complain(link, OPENAI, 401, &format!("send the token of {token} as `Authorization: Bearer …`"))
}

fn complain(link: &Arc<Link>, dialect: Dialect, status: u16, message: &str) -> Response<RelayBody> {
    let complaint = Complaint { status, message, kind: None, code: None, param: None, request_id: None };
    let body = RelayBody::whole(dialect.complaint_body(&complaint), Arc::clone(link), None);
    respond::whole(status, JSON, body)
}
