//! The life of a request, in the order in which it happens.

use std::borrow::Cow;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use adaptors::dialect::Dialect;
use adaptors::form;
use futures_util::FutureExt as _;
use http::header::ORIGIN;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response, request};
use hyper::body::Incoming;

use super::{admission, head, intake, local};
use crate::access::auth::Caller;
use crate::exchange::Exchange;
use crate::exchange::answer;
use crate::exchange::body::RelayBody;
use crate::exchange::call::Outcome;
use crate::exchange::deadline::Total;
use crate::exchange::failover::{self, Ask};
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
    let dialect = begun.dialect(&relay);
    // Boxed: it is large, and its room in hyper's connection would stay there while the answer streams, and after it.
    Box::pin(async move {
        let handled = AssertUnwindSafe(handle(&relay, &link, begun)).catch_unwind().await;
        let mut response = handled.unwrap_or_else(|_| {
            let response = respond::refused(dialect, &Refusal::panicked(), None);
            response.map(|body| RelayBody::whole(body, link, None))
        });
        if let Some(grant) = page {
            respond::share(response.headers_mut(), grant);
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
    let answered = unless_revoked(&entry, serve(link, &mut exchange, target, &head, body)).await;
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
    let body = intake::read(exchange, head, body, total).await?;
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let form = headers::form(target.offer.operation, &head.headers);
    let envelope = match &form {
        None => target.dialect.envelope(target.offer, path, &body),
        Some(boundary) => form::envelope(&body, boundary, target.offer.operation.default_model()),
    };
    let envelope = envelope.map_err(|error| Refusal {
        param: error.param.map(Cow::Borrowed),
        ..Refusal::client(400, error.message)
    })?;
    let _ = exchange.entry.model.set(envelope.model.clone());
    exchange.record.stream = envelope.stream;
    if let Some(caller) = &caller {
        caller.may_use(&envelope.model)?;
    }
    // 6. Which channel? 7. The upstream's request, 8. and its answer, as far as it has to be seen before anything is
    // promised; another channel, where one fails before that.
    let ask = Ask { target, path, headers: &head.headers, body: &body, envelope: &envelope };
    failover::run(exchange, link, &ask).await
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
    work: impl Future<Output = Result<Outcome, Refusal>>,
) -> Result<Outcome, Refusal> {
    let mut work = std::pin::pin!(work);
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
}
