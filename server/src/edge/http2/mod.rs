//! HTTP/2 from clients: one connection, many streams, each of them one task with an exchange of its own.

mod body;
pub(crate) mod frames;
mod patience;
mod trailers;

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use scope::Scope;
use tokio::io::{AsyncRead, AsyncWrite};
use vitals::EndReason;

use self::body::{Place, StreamBody};
use self::frames::Frames;
use crate::clock::lock;
use crate::link::{Door, Link, broke_the_rules};
use crate::request::pipeline;
use crate::state::relay::Relay;
use crate::state::worker::Worker;

/// Streams that a client may have open on one connection.
const STREAMS: u32 = 256;
/// Bytes that a client may send of one request before it is read, and of all requests of a connection: what waits
/// unread is outside the byte budget for bodies, so it is kept small.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes of an answer that hyper holds for a client that reads slowly, besides one piece.
const SEND_BUFFER: usize = 16 * 1024;
/// Bytes of one request's headers, unpacked.
const HEADER_LIST: u32 = 64 * 1024;
/// Streams that a client opened and reset before they were looked at, and streams that were reset for a client's
/// mistakes: beyond these the connection is ended (CVE-2023-44487, CVE-2025-8671).
const RESETS_UNSEEN: usize = 20;
const RESETS_FOR_ERRORS: usize = 128;

/// The scope's executor; the task of each stream becomes known to the stream's link, so that the revoker can abort it.
#[derive(Clone)]
struct Executor {
    scope: Scope,
    /// hyper calls the service, and right after it the executor with what the service returned.
    opened: Arc<Mutex<Option<Arc<Link>>>>,
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let task = self.scope.spawn("stream", future);
        if let Some(link) = lock(&self.opened).take() {
            link.owned_by(task);
        }
    }
}

/// Serves a connection until it ends, or until the relay stops and its streams are over.
pub(super) async fn serve<T>(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    io: T,
) -> hyper::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    link.becomes_http2(relay.snapshot().live.timeouts.request_body);
    let io = TokioIo::new(Frames::new(io, Arc::clone(link)));
    let executor = Executor { scope: worker.scope.clone(), opened: Arc::default() };
    let service = {
        let (relay, worker, link) = (Arc::clone(relay), Arc::clone(worker), Arc::clone(link));
        let opened = Arc::clone(&executor.opened);
        service_fn(move |request| stream(&relay, &worker, &link, &opened, request))
    };
    let connection = http2::Builder::new(executor)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(HEADER_LIST)
        .max_pending_accept_reset_streams(RESETS_UNSEEN)
        .max_local_error_reset_streams(RESETS_FOR_ERRORS)
        .serve_connection(io, service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = worker.scope.cancelled() => None,
        () = link.asked_to_close() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            link.closes();
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if ended.as_ref().err().is_some_and(broke_the_rules) {
        // Before the streams see their connection gone, and take their client for one that left.
        link.cut(EndReason::ClientError);
    }
    ended
}

/// One request: its stream has a link, and a place from its first moment to its last.
fn stream(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    connection: &Arc<Link>,
    opened: &Mutex<Option<Arc<Link>>>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<StreamBody>, Infallible>> + Send + use<> {
    let link = worker.links.open_stream(connection);
    *lock(opened) = Some(Arc::clone(&link));
    if link.door == Door::Overflow {
        connection.ask_to_close();
    }
    let place =
        Place { worker: Arc::clone(worker), connection: Arc::clone(connection), link: Arc::clone(&link) };
    let to_head = request.method() == Method::HEAD;
    // Boxed: what only the way to the headers needs is given back once they are sent.
    let answered = Box::pin(pipeline::answer(Arc::clone(relay), worker, link, request));
    async move { answered.await.map(|response| response.map(|body| StreamBody::new(body, place, to_head))) }
}
