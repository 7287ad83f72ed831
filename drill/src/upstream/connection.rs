//! One connection: which protocol it speaks, and over HTTP/1.1 its requests one after the other, each answered while
//! its peer is watched.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::answer::Asked;
use super::connection_fault::ConnectionFault;
use super::exchange::{Understood, control, early, respond, understood};
use super::http2;
use super::perform::perform;
use super::request::{Reader, Request};
use super::setup::Setup;
use super::state::{Connection, OpenRequest, State};
use super::stream::Stream;
use super::table::{Chosen, Fault};
use super::terms::Ending;
use super::wire::Wire;

/// Serves a connection until either side ends it.
pub(crate) async fn serve(stream: TcpStream, state: State, setup: Arc<Setup>) {
    let mut connection = state.connected();
    // Small writes must leave at once; where that fails the socket is dead and the next read says so.
    let _ = stream.set_nodelay(true);
    let (mut stream, is_http2) = match protocol(stream, &setup).await {
        Ok(found) => found,
        Err(_) => return,
    };
    if is_http2 {
        http2::serve(stream, state, connection, &setup).await;
    } else if let Ok(Ending::Reset) = requests(&mut stream, &state, &mut connection).await {
        stream.reset_on_close();
    }
}

/// Looks at the first bytes: a TLS handshake where TLS is on, the preface of HTTP/2, or a request of HTTP/1.1.
async fn protocol(stream: TcpStream, setup: &Setup) -> io::Result<(Stream, bool)> {
    let first = peek(&stream).await?;
    let tls = match &setup.tls {
        Some(tls) if first[0] == TLS_HANDSHAKE => tls,
        _ => return Ok((Stream::Plain(stream), first == *b"PRI")),
    };
    if setup.fault == Some(ConnectionFault::TlsStall) {
        let mut stream = Stream::Plain(stream);
        let mut unread = [0; 4096];
        while tokio::io::AsyncReadExt::read(&mut stream, &mut unread).await? > 0 {}
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let stream = tls.acceptor.accept(stream).await?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    Ok((Stream::Tls(Box::new(stream)), is_http2))
}

/// The first byte of a TLS connection: a handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// The first three bytes, left where they are.
async fn peek(stream: &TcpStream) -> io::Result<[u8; 3]> {
    let mut first = [0; 3];
    loop {
        match stream.peek(&mut first).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            3 => return Ok(first),
            _ => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

async fn requests(stream: &mut Stream, state: &State, connection: &mut Connection) -> io::Result<Ending> {
    let (read, write) = tokio::io::split(stream);
    let (mut reader, mut wire) = (Reader::new(read), Wire::new(write));
    let (mut number, mut answered) = (0, None::<Instant>);
    while let Some(mut request) = reader.head().await? {
        if request.is_control() {
            connection.is_control();
            reader.body(&mut request).await?;
            control(&mut wire, state, &request).await?;
            if request.closes() {
                break;
            }
            continue;
        }
        number += 1;
        answered.into_iter().for_each(|answered| connection.rested(answered.elapsed()));
        let open = connection.request(number);
        let understood = understand(&mut reader, &mut wire, &mut request).await;
        state.remember(connection.number, number, &request, understood.is_ok());
        let (asked, chosen) = understood?;
        answered = Some(Instant::now());
        match answer(&mut reader, &mut wire, &request, &asked, chosen, &open).await? {
            Some(Ending::KeepAlive) => open.answered(),
            Some(ending) => {
                open.answered();
                return Ok(ending);
            }
            None => return Ok(Ending::Close),
        }
        if request.closes() {
            break;
        }
    }
    Ok(Ending::Close)
}

/// Reads the body, unless the fault is to answer before that.
async fn understand(
    reader: &mut Reader<'_>,
    wire: &mut Wire<'_>,
    request: &mut Request,
) -> io::Result<Understood> {
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        wire.raw(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let glance = reader.glance(request).await?;
    let early = early(request, &glance);
    let unread = matches!(early, Ok(Some(Chosen { fault: Fault::EarlyError | Fault::Unread, .. })));
    if !(request.is_long() && unread) {
        reader.body(request).await?;
    }
    Ok(understood(request, early))
}

/// Answers; `None` when the peer left before the answer was over.
async fn answer(
    reader: &mut Reader<'_>,
    wire: &mut Wire<'_>,
    request: &Request,
    asked: &Asked,
    chosen: Result<Option<Chosen>, String>,
    open: &OpenRequest,
) -> io::Result<Option<Ending>> {
    if let Ok(Some(chosen)) = chosen
        && matches!(chosen.fault, Fault::EarlyError | Fault::Unread)
        && request.body.is_empty()
    {
        open.fault(chosen.name);
        if chosen.fault == Fault::Unread {
            tokio::time::sleep(Duration::from_millis(chosen.arg)).await;
        } else {
            perform(wire, asked, Some(chosen)).await?;
        }
        // Counted as open until the peer has given its upload up.
        reader.gone_while_discarding(|bytes| open.discarded(bytes)).await;
        return Ok(Some(Ending::Close));
    }
    tokio::select! {
        // An answer that is over counts, even if the peer left in the same moment.
        biased;
        ending = respond(wire, request, asked, chosen, open) => ending.map(Some),
        () = reader.gone() => Ok(None),
    }
}
