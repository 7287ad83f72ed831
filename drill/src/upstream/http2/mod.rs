//! HTTP/2: the streams of one connection, each answered while its peer is watched. The frames are the `h2` crate's, in
//! both directions right; what has to be wrong is put in, or left out, by [`tap`].

mod tap;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::Request as Head;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

use self::tap::{Tap, Valve};
use super::connection_fault::ConnectionFault;
use super::exchange::{self, Understood};
use super::out::{GoAway, Out};
use super::request::{BODY, GLANCE, Request};
use super::setup::Setup;
use super::state::{Connection, State};
use super::stream::Stream;
use super::table::{Chosen, Fault};
use super::terms::Ending;
use super::wire::{Wire, settle};

/// Streams at once where no fault says otherwise.
const STREAMS: u32 = 1_000;
/// Bytes that all uploads of a connection may have under way: one that is not read must not hold up the others.
const WINDOW: u32 = 64 << 20;
/// Streams whose reset is known and that were not looked at yet: many clients may vanish in one moment.
const RESETS: usize = 100_000;

/// Shared by a connection and its streams.
struct Shared {
    state: State,
    connection: Connection,
    valve: Valve,
    /// The last stream that is processed: those above it have been told that they are not.
    last: watch::Sender<u32>,
    going: Arc<GoAway>,
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(mut stream: Stream, state: State, connection: Connection, setup: &Setup) {
    if setup.fault == Some(ConnectionFault::Silent) {
        let mut unread = [0; 4096];
        while matches!(stream.read(&mut unread).await, Ok(1..)) {}
        return;
    }
    let valve = Valve::new(setup.fault == Some(ConnectionFault::SettingsUnacked));
    let streams = match setup.fault {
        Some(ConnectionFault::MaxStreams(streams)) => streams,
        _ => STREAMS,
    };
    let handshake = h2::server::Builder::new()
        .max_concurrent_streams(streams)
        .initial_connection_window_size(WINDOW)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(None)
        .handshake::<_, Bytes>(Tap::new(stream, valve.clone()));
    let Ok(mut http2) = handshake.await else { return };
    let shared = Arc::new(Shared {
        state,
        connection,
        valve,
        last: watch::channel(u32::MAX).0,
        going: Arc::default(),
    });
    let mut number = 0;
    let mut requests = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = poll_fn(|cx| http2.poll_accept(cx)) => match accepted {
                Some(Ok((head, respond))) => {
                    number += 1;
                    requests.push(Box::pin(one(Arc::clone(&shared), number, head, respond)));
                }
                // The connection is over; dropping the requests counts them as cut.
                Some(Err(_)) | None => return,
            },
            Some(()) = requests.next() => {}
            () = shared.going.notify.notified() => http2.graceful_shutdown(),
        }
    }
}

/// One request, while its peer is watched.
async fn one(shared: Arc<Shared>, number: u64, head: Head<RecvStream>, respond: SendResponse<Bytes>) {
    let id = respond.stream_id().as_u32();
    let out = Out::new(respond, Arc::clone(&shared.going));
    let mut last = shared.last.subscribe();
    let work = Box::pin(handle(&shared, number, id, head, out.clone()));
    let left_out = Box::pin(async move {
        // An error means that the connection is gone, and this with it.
        let _ = last.wait_for(|last| id > *last).await;
    });
    let gone = poll_fn(|cx| out.poll_gone(cx));
    // An answer that is over counts, even if the peer left in the same moment.
    match select(work, select(left_out, gone)).await {
        Either::Left((Ok(ending), _)) => {
            if ending != Ending::KeepAlive {
                // A reset throws away what has not gone out yet: let the peer have it first.
                settle().await;
            }
            out.finish(ending);
        }
        Either::Left((Err(_), _)) | Either::Right(_) => {}
    }
}

async fn handle(
    shared: &Shared,
    number: u64,
    id: u32,
    head: Head<RecvStream>,
    out: Out,
) -> io::Result<Ending> {
    let (head, mut body) = head.into_parts();
    let mut request = Request { head: written(&head), body: Vec::new() };
    if request.is_control() {
        shared.connection.is_control();
        return exchange::control(&mut Wire::http2(out), &shared.state, &request)
            .await
            .map(|()| Ending::KeepAlive);
    }
    let open = shared.connection.request(number);
    let understood = understand(&mut request, &mut body).await;
    shared.state.remember(shared.connection.number, number, &request, understood.is_ok());
    let (asked, chosen) = understood?;
    if let Ok(Some(Chosen { fault, name, arg })) = chosen {
        let refused = matches!(fault, Fault::RefusedStream | Fault::GoawayUnprocessed)
            && shared.state.refuses(&request.body, arg);
        if refused {
            open.fault(name);
            open.answered();
            if fault == Fault::RefusedStream {
                out.reset(u64::from(u32::from(Reason::REFUSED_STREAM)));
                return Ok(Ending::KeepAlive);
            }
            shared.valve.go_away(id.saturating_sub(2));
            shared.last.send_if_modified(|last| {
                let lower = *last >= id;
                *last = (*last).min(id.saturating_sub(2));
                lower
            });
            return std::future::pending().await;
        }
    }
    let mut wire = Wire::http2(out);
    let early = matches!(chosen, Ok(Some(Chosen { fault: Fault::EarlyError, .. }))) && !body.is_end_stream();
    let ending = exchange::respond(&mut wire, &request, &asked, chosen, &open).await?;
    if early {
        // Counted as open until the peer has given its upload up.
        wire.stream().map(Out::end).transpose()?;
        while let Some(Ok(bytes)) = body.data().await {
            open.discarded(bytes.len());
            let _ = body.flow_control().release_capacity(bytes.len());
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
    open.answered();
    Ok(ending)
}

/// Reads the body, unless the fault is to answer before that.
async fn understand(request: &mut Request, body: &mut RecvStream) -> io::Result<Understood> {
    while let Some(bytes) = body.data().await {
        let bytes = bytes.map_err(io::Error::other)?;
        request.body.extend_from_slice(&bytes);
        let early = exchange::early(request, &request.body[..request.body.len().min(GLANCE)]);
        if request.body.len() > BODY {
            return Err(io::Error::other("body too large"));
        }
        if let Ok(Some(Chosen { fault: Fault::WindowShut | Fault::EarlyError | Fault::Unread, .. })) = early
            && !body.is_end_stream()
        {
            request.body = Vec::new();
            return Ok(exchange::understood(request, early));
        }
        // The stream may have ended meanwhile; then nobody needs the room.
        let _ = body.flow_control().release_capacity(bytes.len());
    }
    Ok(exchange::understood(request, Ok(None)))
}

/// The head as HTTP/1.1 would have written it.
fn written(head: &http::request::Parts) -> String {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut text = format!("{} {path} HTTP/2", head.method);
    if let Some(authority) = head.uri.authority() {
        text.push_str(&format!("\r\nhost: {authority}"));
    }
    for (name, value) in &head.headers {
        text.push_str(&format!("\r\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use crate::upstream::{bind, start};

    #[tokio::test(flavor = "multi_thread")]
    async fn it_tells_of_itself_over_http2_too() {
        let upstream = start(bind("127.0.0.1:0").unwrap()).unwrap();
        let stream = TcpStream::connect(upstream.address()).await.unwrap();
        let (send, connection) = h2::client::handshake(stream).await.unwrap();
        let request = http::Request::get("http://upstream/drill/state").body(()).unwrap();
        let ask = async {
            let answer = send.ready().await.unwrap().send_request(request, true).unwrap().0.await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.into_body().data().await.unwrap().unwrap()
        };
        let body = tokio::select! {
            body = ask => body,
            over = connection => panic!("the connection ended: {over:?}"),
        };
        let state: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&state["requests_total"], &state["connections_total"]),
            (&0.into(), &0.into()),
            "{state}"
        );
    }
}
