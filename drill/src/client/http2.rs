//! An HTTP/2 client with prior knowledge: streams of one connection that are read, left unread, or reset, and a
//! connection that vanishes. Frames are the `h2` crate's.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::Request;
use scope::Scope;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::{ANTHROPIC, Asked, CONNECT, ENDLESS, Head, LINE, Ledger, Reader, Seen, Target};
use crate::upstream::Promise;

/// Room of a stream whose client reads: as much as browsers give is more than any answer here needs.
pub(crate) const ROOM: u32 = 1 << 20;
/// Room of all streams of a connection together: one that is not read must not hold up the others.
const ALL: u32 = 1 << 30;

/// One connection. It vanishes, with all of its streams, when it is dropped: nothing is said before.
pub(crate) struct Http2 {
    send: SendRequest<Bytes>,
    target: Target,
    scope: Scope,
}

/// One request and its answer. Dropping it resets the stream.
pub(crate) struct Exchange {
    answer: ResponseFuture,
    request: SendStream<Bytes>,
    body: Option<RecvStream>,
    promise: Option<Promise>,
    ledger: Arc<Ledger>,
}

impl Http2 {
    /// Connects; each stream has this much room, and more only as it is read.
    pub(crate) async fn connect(target: &Target, room: u32) -> io::Result<Self> {
        Self::over(tcp(target).await?, target, room).await
    }

    /// Connects so that the connection will vanish by a reset instead of an end of file.
    pub(crate) async fn to_be_reset(target: &Target) -> io::Result<Self> {
        let stream = tcp(target).await?;
        SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        Self::over(stream, target, ROOM).await
    }

    /// Begins to speak HTTP/2 over a stream that is there.
    pub(crate) async fn over<S>(stream: S, target: &Target, room: u32) -> io::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (send, connection) = Builder::new()
            .initial_window_size(room)
            .initial_connection_window_size(ALL)
            .handshake(stream)
            .await
            .map_err(io::Error::other)?;
        let scope = Scope::new();
        let owner = scope.clone();
        scope.spawn("client", async move {
            tokio::select! {
                () = owner.cancelled() => {}
                // How it ended is told to each of its streams.
                _ = connection => {}
            }
        });
        Ok(Self { send, target: target.clone(), scope })
    }

    /// Sends a request with a JSON body.
    pub(crate) async fn post(&mut self, path: &str, body: Vec<u8>) -> io::Result<Exchange> {
        let mut request = self.request("POST", path).header("content-type", "application/json");
        if path == ANTHROPIC {
            request = request.header("anthropic-version", "2023-06-01");
        }
        let request = request.body(()).map_err(io::Error::other)?;
        let promise = self.target.posts(path, &body);
        self.begin(request, Bytes::from(body), promise).await
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let Target { host, base, headers, .. } = &self.target;
        let request = Request::builder().method(method).uri(format!("http://{host}{base}{path}"));
        headers
            .lines()
            .filter_map(|line| line.split_once(':'))
            .fold(request, |request, (name, value)| request.header(name.trim(), value.trim()))
    }

    async fn begin(
        &mut self,
        request: Request<()>,
        body: Bytes,
        promise: Option<Promise>,
    ) -> io::Result<Exchange> {
        poll_fn(|context| self.send.poll_ready(context)).await.map_err(io::Error::other)?;
        let (answer, mut request) =
            self.send.send_request(request, body.is_empty()).map_err(io::Error::other)?;
        if !body.is_empty() {
            request.send_data(body, true).map_err(io::Error::other)?;
        }
        let ledger = Arc::clone(&self.target.ledger);
        Ok(Exchange { answer, request, body: None, promise, ledger })
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        self.scope.cancel();
    }
}

impl Exchange {
    pub(crate) async fn head(&mut self) -> io::Result<Head> {
        let (parts, body) = (&mut self.answer).await.map_err(io::Error::other)?.into_parts();
        self.body = Some(body);
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Head { status: parts.status.as_u16(), headers })
    }

    /// Reads the body, and makes room for more as it does, until `take` says no or it ends.
    async fn read(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
        let Some(body) = &mut self.body else { return Err(io::ErrorKind::NotConnected.into()) };
        while let Some(bytes) = body.data().await {
            let bytes = bytes.map_err(io::Error::other)?;
            body.flow_control().release_capacity(bytes.len()).map_err(io::Error::other)?;
            if !take(&bytes) {
                break;
            }
        }
        Ok(())
    }

    /// Reads until `text` has come; what was read is lost.
    pub(crate) async fn until(&mut self, text: &str) -> io::Result<()> {
        self.head().await?;
        let mut held = Vec::new();
        self.read(|bytes| {
            held.extend_from_slice(bytes);
            held.len() < LINE && !held.windows(text.len()).any(|window| window == text.as_bytes())
        })
        .await?;
        let came = held.windows(text.len()).any(|window| window == text.as_bytes());
        if came { Ok(()) } else { Err(super::cut("closed before the first token")) }
    }

    /// Reads the answer and judges it as an official SDK would; gives up after `patience`.
    pub(crate) async fn judge(&mut self, asked: Asked, patience: Duration) -> Seen {
        let (begun, mut reader) = (Instant::now(), Reader::new(asked, self.promise.take()));
        let ended = timeout(patience, self.read_into(&mut reader)).await;
        let seen = reader.seen(ended.ok().as_ref(), begun.elapsed());
        self.ledger.end(seen.outcome, seen.took);
        seen
    }

    async fn read_into(&mut self, reader: &mut Reader) -> io::Result<()> {
        let head = self.head().await?;
        reader.head(&head);
        let mut bytes = 0;
        self.read(|piece| {
            bytes += piece.len() as u64;
            reader.body(piece);
            bytes < ENDLESS
        })
        .await?;
        if bytes >= ENDLESS { std::future::pending().await } else { Ok(()) }
    }

    /// Waits until the other side ends the stream. What comes is made room for again after a `pause`, or never.
    pub(crate) async fn ends(&mut self, pause: Option<Duration>, within: Duration) -> bool {
        let ended = async {
            if self.head().await.is_err() {
                return;
            }
            let Some(body) = &mut self.body else { return };
            while let Some(Ok(bytes)) = body.data().await {
                let Some(pause) = pause else { continue };
                tokio::time::sleep(pause).await;
                if body.flow_control().release_capacity(bytes.len()).is_err() {
                    return;
                }
            }
        };
        timeout(within, ended).await.is_ok()
    }

    /// Leaves by RST_STREAM; the connection stays.
    pub(crate) fn cancel(mut self) {
        self.request.send_reset(Reason::CANCEL);
    }
}

async fn tcp(target: &Target) -> io::Result<TcpStream> {
    let connect = TcpStream::connect(target.address);
    let stream = timeout(CONNECT, connect).await.map_err(|_| io::ErrorKind::TimedOut)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}
