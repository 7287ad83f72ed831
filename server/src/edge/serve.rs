//! What a client speaks, and serving it: TLS or not, HTTP/1 or HTTP/2. Without TLS the first bytes tell; with it the
//! handshake has agreed on one.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use adaptors::dialect::OPENAI;
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::client_io::ClientIo;
use super::heads::Heads;
use super::http2;
use super::http2::frames::PREFACE;
use super::linger::linger;
use super::present::Present;
use crate::link::{Door, LAST_WORDS, Link};
use crate::reply::refusal::Refusal;
use crate::reply::respond;
use crate::request::pipeline;
use crate::socket::Socket;
use crate::state::relay::Relay;
use crate::state::worker::Worker;

/// About how much hyper reads of request headers, and holds of an answer for a client that reads slowly.
const BUFFER: usize = 64 * 1024;
/// How much is read to see what a client speaks: mostly its whole first request's head.
const FIRST: usize = 4 * 1024;
/// The first byte of a TLS handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

/// Serves a connection until its end.
pub(super) async fn serve(
    relay: Arc<Relay>,
    worker: Arc<Worker>,
    link: Arc<Link>,
    socket: Socket,
    present: Present,
) {
    let io = ClientIo::new(socket, Arc::clone(&link), Arc::clone(&worker));
    let tls = relay.snapshot().live.tls.as_ref().map(|tls| tls.acceptor());
    let ended = match tls {
        None => plain(&relay, &worker, &link, io).await,
        // Boxed, as HTTP/2 is below: the room for them is not kept for those who speak HTTP/1.
        Some(tls) => Box::pin(encrypted(&relay, &worker, &link, io, tls)).await,
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %link.peer, error, "connection ended");
    }
    drop(present);
}

async fn plain(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    mut io: ClientIo,
) -> Result<(), String> {
    let first =
        first(worker, &mut io, |bytes| bytes.len() >= PREFACE.len() || !PREFACE.starts_with(bytes)).await;
    let first = first.map_err(|error| error.to_string())?;
    let ended = match (first.is_empty(), first.starts_with(PREFACE)) {
        (true, _) => return Ok(()),
        (false, false) => {
            io.unread(first);
            with_rests(relay, worker, link, io).await
        }
        (false, true) => {
            io.unread(first);
            Box::pin(http2::serve(relay, worker, link, io)).await
        }
    };
    ended.map_err(|error| error.to_string())
}

async fn encrypted(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    mut io: ClientIo,
    tls: TlsAcceptor,
) -> Result<(), String> {
    link.shakes_hands();
    let first = first(worker, &mut io, |bytes| !bytes.is_empty()).await.map_err(|error| error.to_string())?;
    match first.first() {
        None => return Ok(()),
        Some(&HANDSHAKE) => io.unread(first),
        Some(_) => return turn_away(relay, io).await.map_err(|error| error.to_string()),
    }
    let io = tokio::select! {
        accepted = tls.accept(io) => accepted.map_err(|error| format!("the TLS handshake failed: {error}"))?,
        () = stopping(worker) => return Ok(()),
    };
    link.awaits_head();
    let socket = io.get_ref().0.socket();
    let ended = match io.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2::serve(relay, worker, link, io).await,
        _ => http1(relay, worker, link, io, false).await.map(drop),
    };
    linger(worker, link, socket).await;
    ended.map_err(|error| error.to_string())
}

/// Reads until it is clear what comes, or nothing comes any more. The wheel keeps the deadline; a relay that stops
/// waits for nobody who has said nothing.
async fn first(worker: &Worker, io: &mut ClientIo, enough: impl Fn(&[u8]) -> bool) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    while !enough(&bytes) {
        bytes.reserve_exact(FIRST - bytes.len());
        let silent = bytes.is_empty();
        let read = tokio::select! {
            biased;
            read = io.read_buf(&mut bytes) => read?,
            () = worker.scope.cancelled(), if silent => 0,
        };
        if read == 0 {
            break;
        }
    }
    Ok(Bytes::from(bytes))
}

/// Completes when the relay has been stopping for a moment.
async fn stopping(worker: &Worker) {
    worker.scope.cancelled().await;
    tokio::time::sleep(Duration::from_millis(LAST_WORDS)).await;
}

/// Tells a client that speaks no TLS, in the one language that most of them understand.
async fn turn_away(relay: &Relay, mut io: ClientIo) -> io::Result<()> {
    let why = if relay.is_draining() { Refusal::draining() } else { Refusal::plain_text() };
    let answer = respond::refused(OPENAI, &why, None);
    let mut text = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    text.extend([b"\r\n", &answer.body()[..]].concat());
    io.write_all(&text).await?;
    io.shutdown().await?;
    // Closed with its request unread, it would see a reset and not the answer.
    let mut away = vec![0; FIRST];
    while io.read(&mut away).await? > 0 {}
    Ok(())
}

/// HTTP/1 without TLS. A connection at rest keeps its socket and nothing of hyper's, whose buffer is most of what an idle one
/// holds: it is served anew from the next byte on.
async fn with_rests(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    mut io: ClientIo,
) -> hyper::Result<()> {
    loop {
        let socket = io.socket();
        // Boxed, so that its room is given back, too.
        let left = Box::pin(http1(relay, worker, link, io, true)).await?;
        if left == Left::Ended {
            linger(worker, link, socket).await;
            return Ok(());
        }
        tokio::select! {
            biased;
            () = worker.scope.cancelled() => return Ok(()),
            () = socket.readable() => {}
        }
        io = ClientIo::new(socket, Arc::clone(link), Arc::clone(worker));
    }
}

/// How hyper left a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Ended,
    AtRest,
}

async fn http1<T>(
    relay: &Arc<Relay>,
    worker: &Arc<Worker>,
    link: &Arc<Link>,
    io: T,
    may_rest: bool,
) -> hyper::Result<Left>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = {
        let (relay, worker, link) = (Arc::clone(relay), Arc::clone(worker), Arc::clone(link));
        service_fn(move |request| pipeline::answer(Arc::clone(&relay), &worker, Arc::clone(&link), request))
    };
    let connection = http1::Builder::new()
        // The relay keeps these deadlines itself, on its wheel.
        .header_read_timeout(None)
        .half_close(false)
        .keep_alive(link.door != Door::Overflow)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Heads::new(io, Arc::clone(link))), service);
    tokio::pin!(connection);
    tokio::select! {
        // The connection first: what it is doing decides whether it may rest.
        biased;
        ended = connection.as_mut() => ended.map(|()| Left::Ended),
        () = worker.scope.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await.map(|()| Left::Ended)
        }
        () = poll_fn(|cx| link.poll_rest(cx)), if may_rest => Ok(Left::AtRest),
    }
}
