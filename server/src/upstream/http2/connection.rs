//! One HTTP/2 connection: its handshake, and the task that drives it and asks a silent peer whether it is still there.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use h2::{Ping, PingPong};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::io::InspectReader;

use super::bounds::{CONNECTION_WINDOW, STREAM_WINDOW, STREAMS};
use crate::clock::now;

/// A header block of an answer, in bytes.
const HEADERS: u32 = 64 * 1024;
/// Bytes of a stream's upload that may wait in the connection.
const UPLOAD: usize = 64 * 1024;
/// Streams that were reset here and whose last frames may still come: remembered for a second, so that clients who
/// leave do not look like an upstream's mistakes.
const RESETS: usize = 1_024;
/// Between two pings of a connection that carries streams.
const PING: Duration = Duration::from_secs(15);
/// How long their answer may take.
const PONG: Duration = Duration::from_secs(15);

/// Shared by a connection's task and its streams.
pub(crate) struct Gauge {
    /// Streams that it may carry; 0: it takes no new ones.
    limit: AtomicUsize,
    streams: AtomicUsize,
    /// When its last stream left.
    idle_since: AtomicU64,
    /// Bytes that came, as often as they came.
    heard: Arc<AtomicU64>,
}

/// A connection on which requests can be sent, and what has to be driven for that.
pub(crate) struct Driven<S> {
    pub(crate) send: SendRequest<Bytes>,
    pub(crate) gauge: Arc<Gauge>,
    connection: Connection<InspectReader<S, Ear>, Bytes>,
}

/// Counts how often bytes come: a pong may wait its turn behind an answer that a slow network brings.
type Ear = Box<dyn FnMut(&[u8]) + Send>;

/// Makes a connection, and waits until the peer has said how many streams it takes. One that says nothing is no HTTP/2
/// upstream: the caller's deadline ends the wait.
pub(crate) async fn open<S>(io: S) -> io::Result<Driven<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let heard = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&heard);
    let io = InspectReader::new(
        io,
        Box::new(move |bytes: &[u8]| {
            if !bytes.is_empty() {
                counter.fetch_add(1, Relaxed);
            }
        }) as Ear,
    );
    let made = h2::client::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_max_send_streams(0)
        .max_header_list_size(HEADERS)
        .max_send_buffer_size(UPLOAD)
        .max_concurrent_reset_streams(RESETS)
        .enable_push(false)
        .handshake(io)
        .await;
    let fault = |error: Option<h2::Error>| {
        let why = error.map_or_else(|| "it closed the connection".to_owned(), |error| error.to_string());
        io::Error::other(format!(
            "no HTTP/2 with the upstream: {why}; if it speaks HTTP/1.1 only, set http2 = false for its channel"
        ))
    };
    let (send, mut connection) = made.map_err(|error| fault(Some(error)))?;
    std::future::poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Err(fault(ended.err()))),
        Poll::Pending if send.current_max_send_streams() > 0 => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    })
    .await?;
    let gauge = Arc::new(Gauge {
        limit: AtomicUsize::new(send.current_max_send_streams().min(STREAMS)),
        streams: AtomicUsize::new(0),
        idle_since: AtomicU64::new(now()),
        heard,
    });
    Ok(Driven { send, gauge, connection })
}

impl Gauge {
    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Relaxed)
    }

    pub(crate) fn streams(&self) -> usize {
        self.streams.load(Relaxed)
    }

    pub(crate) fn idle_since(&self) -> u64 {
        self.idle_since.load(Relaxed)
    }

    pub(crate) fn enter(&self) {
        self.streams.fetch_add(1, Relaxed);
    }

    pub(crate) fn leave(&self) {
        if self.streams.fetch_sub(1, Relaxed) == 1 {
            self.idle_since.store(now(), Relaxed);
        }
    }
}

impl<S> Driven<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Drives the connection until it ends. `changed` is told when it takes more or fewer streams than before.
    pub(crate) async fn run(self, changed: impl Fn()) {
        let Self { mut send, gauge, mut connection } = self;
        let mut alive = connection.ping_pong().map(|pings| Alive::new(pings, PING, PONG));
        std::future::poll_fn(|cx| {
            if Pin::new(&mut connection).poll(cx).is_ready() {
                return Poll::Ready(());
            }
            // What has come was read before anybody asks whether something has.
            let heard = gauge.heard.load(Relaxed);
            if alive.as_mut().is_some_and(|alive| alive.poll(cx, gauge.streams() > 0, heard).is_ready()) {
                return Poll::Ready(());
            }
            let limit = match send.poll_ready(cx) {
                // It is going away: what it carries is finished, no more.
                Poll::Ready(Err(_)) => 0,
                _ => send.current_max_send_streams().min(STREAMS),
            };
            if gauge.limit.swap(limit, Relaxed) != limit {
                changed();
            }
            // Nobody is left to finish on it; its peer may wait for us to close.
            if limit == 0 && gauge.streams() == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        gauge.limit.store(0, Relaxed);
    }
}

/// Finds out that a peer is no longer there although its connection looks as ever.
struct Alive {
    pings: PingPong,
    every: Duration,
    patience: Duration,
    sleep: Pin<Box<Sleep>>,
    /// A ping was sent, when so much had been heard, and not answered.
    asked: Option<u64>,
}

impl Alive {
    fn new(pings: PingPong, every: Duration, patience: Duration) -> Self {
        Self { pings, every, patience, sleep: Box::pin(sleep_until(Instant::now() + every)), asked: None }
    }

    fn wait(&mut self, time: Duration) {
        self.sleep.as_mut().reset(Instant::now() + time);
    }

    /// Ready once a ping was not answered in time, and nothing else came either. Only asked while the connection is in
    /// use: an idle one is closed soon.
    fn poll(&mut self, cx: &mut Context<'_>, in_use: bool, heard: u64) -> Poll<()> {
        loop {
            if self.asked.is_some() && matches!(self.pings.poll_pong(cx), Poll::Ready(Ok(_))) {
                self.asked = None;
                self.wait(self.every);
            }
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            match self.asked {
                Some(before) if before == heard => {
                    tracing::debug!("an upstream's connection does not answer pings");
                    return Poll::Ready(());
                }
                // The pong is still awaited, behind what comes.
                Some(_) => self.asked = Some(heard),
                // A connection that has ended says so itself.
                None => {
                    let sent = in_use && self.pings.send_ping(Ping::opaque()).is_ok();
                    self.asked = sent.then_some(heard);
                }
            }
            self.wait(if self.asked.is_some() { self.patience } else { self.every });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// Tells whether a peer that is pinged all the time is taken for dead.
    async fn is_given_up(io: tokio::io::DuplexStream) -> bool {
        let mut driven = open(io).await.unwrap();
        let short = Duration::from_millis(50);
        let mut alive = Alive::new(driven.connection.ping_pong().unwrap(), short, short * 4);
        let dead = std::future::poll_fn(|cx| {
            if alive.poll(cx, true, driven.gauge.heard.load(Relaxed)).is_ready() {
                return Poll::Ready(());
            }
            Pin::new(&mut driven.connection).poll(cx).map(|_| ())
        });
        tokio::time::timeout(Duration::from_millis(800), dead).await.is_ok()
    }

    #[test]
    fn a_peer_that_answers_no_ping_is_dead_and_one_that_does_is_not() {
        run(async {
            for answers in [true, false] {
                let (ours, theirs) = tokio::io::duplex(1 << 16);
                let server = async {
                    let mut server = h2::server::handshake(theirs).await.unwrap();
                    // Settings go out with the first poll; a peer that is then not polled answers nothing.
                    let accept = std::future::poll_fn(|cx| server.poll_accept(cx).map(|_| ()));
                    let _ =
                        tokio::time::timeout(Duration::from_millis(if answers { 2_000 } else { 20 }), accept)
                            .await;
                    std::future::pending::<()>().await;
                };
                let dead = tokio::select! { dead = is_given_up(ours) => dead, () = server => unreachable!() };
                assert_eq!(dead, !answers);
            }
        });
    }

    /// A peer that never answers a ping, but speaks: it pings too, as often as it is told.
    #[test]
    fn a_peer_that_is_heard_is_not_dead() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        run(async {
            for speaks in [true, false] {
                let (ours, theirs) = tokio::io::duplex(1 << 16);
                let (mut read, mut write) = tokio::io::split(theirs);
                let reads = async {
                    let mut away = [0; 1024];
                    while read.read(&mut away).await.is_ok_and(|n| n > 0) {}
                };
                let writes = async move {
                    write.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
                    loop {
                        if !speaks {
                            std::future::pending::<()>().await;
                        }
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        write.write_all(&[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]).await.unwrap();
                    }
                };
                let dead = tokio::select! {
                    dead = is_given_up(ours) => dead,
                    () = writes => unreachable!(),
                    () = reads => unreachable!(),
                };
                assert_eq!(dead, !speaks);
            }
        });
    }

    #[test]
    fn a_peer_that_is_no_http2_server_is_named_with_the_cure() {
        run(async {
            let (ours, mut theirs) = tokio::io::duplex(1 << 16);
            let answer = async {
                use tokio::io::AsyncWriteExt as _;
                theirs.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                std::future::pending::<()>().await;
            };
            let error =
                tokio::select! { made = open(ours) => made.err().unwrap(), () = answer => unreachable!() };
            assert!(error.to_string().contains("http2 = false"), "{error}");
        });
    }
}
