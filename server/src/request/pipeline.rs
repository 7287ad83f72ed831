//! The life of a request, in the order in which it happens.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use adaptors::dialect::Dialect;
use adaptors::names::Names;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::ORIGIN;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response, request};
use hyper::body::Incoming;

use super::{admission, form, head, intake, local};
use crate::access::auth::Caller;
use crate::exchange::Exchange;
use crate::exchange::answer;
use crate::exchange::ask::Ask;
use crate::exchange::body::RelayBody;
use crate::exchange::call::Outcome;
use crate::exchange::deadline::Total;
use crate::exchange::fallback;
use crate::exchange::headers;
use crate::ledger::Entry;
use crate::ledger::account::Record;
use crate::link::{Door, Link};
use crate::reply::refusal::{Refusal, last_words};
use crate::reply::respond;
use crate::route::{self, Route, Target};
use crate::state::relay::Relay;
use crate::state::worker::Worker;

/// A request that was taken on.
struct Begun {
    head: request::Parts,
    body: Incoming,
    what: What,
}

enum What {
    /// For the relay itself, which answers without an exchange.
    Local(Route, Arc<Worker>),
    Exchange(Box<Exchange>, Target),
}

impl Begun {
    /// Its entry in the ledger, where it is an exchange.
    fn entry(&self) -> Option<Arc<Entry>> {
        match &self.what {
            What::Exchange(exchange, _) => Some(Arc::clone(&exchange.entry)),
            What::Local(..) => None,
        }
    }

    /// The dialect of its client.
    fn dialect(&self, relay: &Relay) -> Dialect {
        match &self.what {
            What::Exchange(_, target) => target.dialect,
            What::Local(..) => {
                route::dialect_of(relay.adaptors.dialects(), self.head.uri.path(), &self.head.headers)
            }
        }
    }
}

/// Answers one request, on a connection or on a stream of its own.
pub(crate) fn answer(
    relay: Arc<Relay>,
    worker: &Arc<Worker>,
    link: Arc<Link>,
    request: Request<Incoming>,
) -> Pin<Box<impl Future<Output = Result<Response<RelayBody>, Infallible>> + use<>>> {
    link.request_begins();
    let page = page(&relay, &request);
    let begun = begin(&relay, worker, &link, request);
    // For the answer to a panic; the request itself is gone by then.
    let (dialect, entry) = (begun.dialect(&relay), begun.entry());
    // Boxed: it is large, and its room in hyper's connection would stay there while the answer streams, and after it.
    Box::pin(async move {
        let handled = AssertUnwindSafe(handle(&relay, &link, begun)).catch_unwind().await;
        let closes = (relay.is_leaving() || link.has_left_unread()) && !link.is_http2();
        let mut response = handled.unwrap_or_else(|_| {
            let id = entry.map_or_else(new_id, |entry| entry.id.clone());
            let response = respond::refused(dialect, &Refusal::panicked(), Some(&id));
            response.map(|body| RelayBody::whole(body, link, None))
        });
        if let Some(grant) = page {
            respond::share(response.headers_mut(), grant);
        }
        if closes {
            respond::close(response.headers_mut());
        }
        Ok(response)
    })
}

/// What the answer is let see by, where a web page asks.
fn page(relay: &Relay, request: &Request<Incoming>) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN).filter(|_| !route::is_for_owner(request.uri().path()))?;
    relay.snapshot().callers.admit_page(origin)
}

/// Takes a request on. This is not left to the future that answers it: where a client's end comes together with its
/// request, hyper drops that future before it was ever polled, and the request would be counted nowhere.
fn begin(relay: &Arc<Relay>, worker: &Arc<Worker>, link: &Link, request: Request<Incoming>) -> Begun {
    let (head, body) = request.into_parts();
    // 1. What is it for? The relay's own endpoints are answered here, also beyond the connection limit.
    let what = match route::route(relay.adaptors.dialects(), &head.method, head.uri.path()) {
        // 2. From here on it is an exchange: it has an entry in the ledger, and ends with exactly one reason.
        Route::Relay(target) if link.door != Door::Monitor => {
            let record = Record {
                method: head.method.clone(),
                path: target.offer.inbound,
                client: Some(link.peer.ip()),
                status: 200,
                ..Record::default()
            };
            What::Exchange(Exchange::begin(relay, worker, link, request_id(&head.headers), record), target)
        }
        route => What::Local(route, Arc::clone(worker)),
    };
    Begun { head, body, what }
}

/// Answers one request.
async fn handle(relay: &Relay, link: &Arc<Link>, begun: Begun) -> Response<RelayBody> {
    let Begun { head, body, what } = begun;
    let (mut exchange, target) = match what {
        What::Exchange(exchange, target) => (exchange, target),
        What::Local(route, worker) => {
            let id = request_id(&head.headers);
            let response = local::respond(relay, &worker, link, &head, route, &id).await;
            if !response.status().is_success() {
                intake::read_away(&head, body).await;
            }
            return response;
        }
    };
    let entry = Arc::clone(&exchange.entry);
    let answered = {
        let work = pin!(serve(link, &mut exchange, target, &head, body));
        unless_revoked(&entry, work).await
    };
    match answered {
        Ok(outcome) => answer::deliver(exchange, link, target.dialect, outcome),
        Err(refusal) => answer::refuse(exchange, link, target.dialect, &refusal),
    }
}

/// The steps up to an answer that can be promised.
async fn serve(
    link: &Link,
    exchange: &mut Exchange,
    target: Target,
    head: &request::Parts,
    body: Incoming,
) -> Result<Outcome, Refusal> {
    // 3. Who calls? 4. Is there room?
    let caller = match admitted(link, exchange, head) {
        Ok(caller) => caller,
        // Beyond the limit of connections nobody is waited for.
        Err(refusal) if link.door == Door::Overflow => return Err(refusal),
        Err(refusal) => return Err(intake::refuse(refusal, head, body).await),
    };
    // 5. The body, and what routing needs of it.
    let total = Total(exchange.entry.ends_within(exchange.snapshot.live.timeouts.total));
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let caller = caller.as_deref();
    if let Some(boundary) = headers::form(target.offer.operation, &head.headers) {
        // A form goes up while it comes. As large as all below: not a part of every request's own future.
        return Box::pin(async {
            let names = (&boundary[..], target.offer.operation.default_model());
            let (body, envelope) = form::read(exchange, head, body, names, total).await?;
            let (names, model) = (&Names::default(), &envelope.model);
            let ask = Ask {
                target,
                path,
                headers: &head.headers,
                body: &body,
                envelope: &envelope,
                model,
                names,
                caller,
            };
            let outcome = relay(link, exchange, &ask).await;
            form::settle(link, exchange, outcome).await
        })
        .await;
    }
    let body = intake::read(exchange, head, body, total).await?;
    let envelope = target.dialect.envelope(target.offer, path, &body);
    let envelope = envelope.map_err(|error| form::not_json(target.offer.operation, &head.headers, error))?;
    let (names, model) = (&goes_on_with(target, path, &body, caller)?, &envelope.model);
    let ask =
        Ask { target, path, headers: &head.headers, body: &body, envelope: &envelope, model, names, caller };
    relay(link, exchange, &ask).await
}

/// The steps of a request that is known.
async fn relay(link: &Link, exchange: &mut Exchange, ask: &Ask<'_>) -> Result<Outcome, Refusal> {
    exchange.record.stream = ask.envelope.stream;
    if !ask.target.offer.operation.is_by_name() {
        let _ = exchange.entry.model.set(ask.envelope.model.clone());
        if let Some(caller) = ask.caller {
            caller.may_use(&ask.envelope.model)?;
        }
        if leads_elsewhere(&ask.envelope.model) {
            let text = "`model` has a part that is `.` or `..`: no model has such a name";
            return Err(Refusal { param: Some("model".into()), ..Refusal::client(400, text) });
        }
    }
    // 6. Which channel? 7. The upstream's request, 8. and its answer, as far as it has to be seen before anything is
    // promised; another channel, where one fails before that.
    fallback::run(exchange, link, ask).await
}

/// A name with which an upstream's address, in which it stands, would be another one than that of the model that the
/// caller may use.
fn leads_elsewhere(model: &str) -> bool {
    let leads = |part: &str| matches!(part, "." | "..");
    let is_path = model.bytes().any(|byte| matches!(byte, b'/' | b'\\'));
    if is_path { model.split(['/', '\\']).any(leads) } else { leads(model) }
}

/// What a request goes on with that only one upstream knows. Where there are no callers, whatever it names goes on, so that
/// only what leads somewhere is looked for.
fn goes_on_with(target: Target, path: &str, body: &Bytes, caller: Option<&Caller>) -> Result<Names, Refusal> {
    if let Some(name) = target.offer.name_in(path) {
        return Ok(Names { response: Some(name.to_owned()), ..Names::default() });
    }
    let mut names = target.dialect.goes_on_with(body).map_err(form::wrong)?;
    if caller.is_some() {
        let unclear = || Refusal::client(400, "what the request names (files, containers) cannot be read");
        names.others = target.dialect.mentions(body).ok_or_else(unclear)?;
        if names.others.len() == Names::MOST {
            let text = format!("the request names {} files, containers or items: send fewer", Names::MOST);
            return Err(Refusal::client(400, text));
        }
    }
    Ok(names)
}

/// Lets a request in, of whoever it is.
fn admitted(
    link: &Link,
    exchange: &mut Exchange,
    head: &request::Parts,
) -> Result<Option<Arc<Caller>>, Refusal> {
    head::check(head, link)?;
    let caller = exchange.snapshot.callers.identify(&head.headers, head.uri.query())?;
    exchange.record.caller = caller.as_ref().map(|caller| Arc::clone(&caller.name));
    admission::admit(exchange, link, caller.as_deref())?;
    Ok(caller)
}

/// Nothing has been promised yet: what is revoked now can still be told by its status.
async fn unless_revoked(
    entry: &Entry,
    // Pinned by the caller: a future that is given away is kept twice.
    mut work: Pin<&mut impl Future<Output = Result<Outcome, Refusal>>>,
) -> Result<Outcome, Refusal> {
    std::future::poll_fn(|cx| {
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            entry.waker.register(cx.waker());
            if let Some(reason) = entry.ended() {
                // Nobody knows how much of the request's body is still under way.
                return Poll::Ready(Err(Refusal { closes: true, ..last_words(reason) }));
            }
        }
        polled
    })
    .await
}

/// The client's own request id, if it is one, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(respond::REQUEST_ID).and_then(|v| v.to_str().ok());
    match given {
        Some(id) if !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic()) => {
            id.to_owned()
        }
        _ => new_id(),
    }
}

/// 32 hexadecimal digits, one at a time: the formatter costs more, on the path of every request.
fn new_id() -> String {
    let bits = fastrand::u128(..);
    let mut id = String::with_capacity(32);
    (0..32).rev().for_each(|at| id.push(char::from(b"0123456789abcdef"[(bits >> (4 * at)) as usize & 15])));
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_request_is_the_clients_or_32_digits() {
        let of =
            |given: &str| request_id(&HeaderMap::from_iter([(respond::REQUEST_ID, given.parse().unwrap())]));
        assert_eq!(of("from-the-client"), "from-the-client");
        for made in [of("with a blank"), of(&"x".repeat(129)), request_id(&HeaderMap::new())] {
            assert!(made.len() == 32 && made.bytes().all(|b| b"0123456789abcdef".contains(&b)), "{made}");
        }
        assert_ne!(new_id(), new_id());
    }

    #[test]
    fn a_model_whose_name_leads_elsewhere_is_none() {
        for name in ["..", ".", "a/../b", "a/./b", "../a", "a/..", r"a\..\b"] {
            assert!(leads_elsewhere(name), "{name}");
        }
        for name in ["gpt-4.1", "deepseek/v3.1", "a..b", "models/a.b", "...", ""] {
            assert!(!leads_elsewhere(name), "{name}");
        }
    }
}
