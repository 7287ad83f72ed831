//! One connection to an upstream: resolve, TCP, proxy, TLS. Dropping the future drops whatever it had opened.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use super::resolve::Resolver;
use super::tls::{Offer, Tls};
use crate::clock::deadline::{Moment, until};
use crate::config::{BaseUrl, Proxy, ProxyKind};
use crate::socket::{Socket, SocketWatch};

/// Between two attempts at a host's addresses (RFC 8305 recommends 250 ms).
const STAGGER: Duration = Duration::from_millis(250);
/// Addresses tried for one connection.
const ADDRESSES: usize = 8;

/// Where a connection goes. Connections with the same key are interchangeable.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) base: BaseUrl,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) tls_timeout: Duration,
    pub(crate) key: String,
    /// The host as it is written in a request to it.
    pub(crate) authority: Option<Authority>,
    /// As configured: `None` leaves it to the upstream.
    http2: Option<bool>,
    /// Set by each connection that was made.
    chosen: AtomicU8,
    /// It has sent bytes beyond an answer.
    wary: AtomicBool,
}

/// The version of HTTP that an upstream was last found to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Spoken {
    Unknown,
    Http1,
    Http2,
}

impl Destination {
    pub(crate) fn new(
        base: BaseUrl,
        proxy: Option<Proxy>,
        tls_timeout: Duration,
        http2: Option<bool>,
    ) -> Arc<Self> {
        let scheme = if base.tls { "https" } else { "http" };
        let via = proxy.as_ref().map_or_else(String::new, |proxy| {
            // Not its Display form, which masks what tells two users of a proxy apart.
            let user = proxy.credentials.as_ref().map_or("", |(user, _)| user);
            format!(" via {} {}:{} {user}", proxy.kind.as_str(), proxy.host, proxy.port)
        });
        let http = http2.map_or("", |always| if always { " in HTTP/2" } else { " in HTTP/1.1" });
        let key = format!("{scheme}://{}:{}{via}{http}", base.host, base.port);
        let authority = base.authority.parse().ok();
        Arc::new(Self {
            base,
            proxy,
            tls_timeout,
            key,
            authority,
            http2,
            chosen: AtomicU8::new(Spoken::Unknown as u8),
            wary: AtomicBool::new(false),
        })
    }

    /// Tells whether its connections may carry several requests at once; possible until the first one stands.
    pub(crate) fn may_share(&self) -> bool {
        self.http2.unwrap_or(self.base.tls && self.chosen.load(Relaxed) != Spoken::Http1 as u8)
    }

    /// Notes what it turned out to speak.
    pub(crate) fn speaks(&self, spoken: Spoken) {
        self.chosen.store(spoken as u8, Relaxed);
    }

    /// Bytes came beyond an answer: from now on its connections rest longer.
    pub(crate) fn sent_surplus(&self) {
        if !self.wary.swap(true, Relaxed) {
            tracing::warn!(upstream = %self.authority.as_ref().map_or("", Authority::as_str), "an upstream sent bytes beyond its answer: its connections rest longer before they are used again");
        }
    }

    pub(crate) fn is_wary(&self) -> bool {
        self.wary.load(Relaxed)
    }

    /// What was learned of the same destination before a reload goes on.
    pub(crate) fn remembers(&self, before: &Self) {
        if self.key == before.key && before.is_wary() {
            self.wary.store(true, Relaxed);
        }
    }

    pub(crate) fn scheme(&self) -> Scheme {
        if self.base.tls { Scheme::HTTPS } else { Scheme::HTTP }
    }

    fn offer(&self) -> Offer {
        match self.http2 {
            None => Offer::Both,
            Some(true) => Offer::Http2,
            Some(false) => Offer::Http1,
        }
    }
}

/// A connection's bytes, plain or encrypted.
pub(crate) enum Io {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
    TlsInTls(Box<TlsStream<Box<Io>>>),
}

/// Opens connections for one worker.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) resolver: Resolver,
    pub(crate) tls: Arc<Tls>,
}

impl Connector {
    /// Connects, through the proxy if there is one, and makes TLS if the destination wants it.
    pub(crate) async fn connect(&self, to: &Destination) -> io::Result<(Io, SocketWatch, Spoken)> {
        let (host, port) = to.proxy.as_ref().map_or((&to.base.host, to.base.port), |p| (&p.host, p.port));
        let what = if to.proxy.is_some() { "proxy" } else { "upstream" };
        // The relay's own lack is told by its code, and has no place.
        let place = |e: io::Error| match crate::socket::is_out_of_room(&e) {
            true => e,
            false => io::Error::new(e.kind(), format!("the {what} {host}:{port}: {e}")),
        };
        let socket = Socket::new(self.tcp(host, port).await.map_err(place)?);
        let watch = socket.watch();
        let io = match &to.proxy {
            None => Io::Plain(socket),
            Some(proxy) => self.through(proxy, socket, to).await?,
        };
        let always = to.http2 == Some(true);
        if !to.base.tls {
            return Ok((io, watch, if always { Spoken::Http2 } else { Spoken::Http1 }));
        }
        let io = self.encrypt(io, &to.base.host, to.tls_timeout, to.offer()).await?;
        match io.has_chosen_http2() {
            true => Ok((io, watch, Spoken::Http2)),
            false if always => Err(io::Error::other(format!(
                "{} speaks no HTTP/2 over TLS: leave http2 = true out of its channel",
                to.base.host
            ))),
            false => Ok((io, watch, Spoken::Http1)),
        }
    }

    async fn encrypt(&self, io: Io, host: &str, timeout: Duration, offer: Offer) -> io::Result<Io> {
        let made = async {
            match io {
                Io::Plain(socket) => Ok(Io::Tls(Box::new(self.tls.connect(socket, host, offer).await?))),
                other => Ok(Io::TlsInTls(Box::new(self.tls.connect(Box::new(other), host, offer).await?))),
            }
        };
        let late = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no TLS handshake with {host} within its deadline"),
            )
        };
        let untrusted = |e: io::Error| {
            let cure = "if its certificate is your own, put its authority into the system's roots or into SSL_CERT_FILE";
            io::Error::new(e.kind(), format!("no TLS with {host}: {e}; {cure}"))
        };
        until(Moment::now() + timeout, made).await.ok_or_else(late)?.map_err(untrusted)
    }

    /// Tries a host's addresses one after the other, the next when one is slow or fails; the first to answer wins.
    async fn tcp(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let addresses = interleave(self.resolver.resolve(host, port).await?);
        let mut waiting = addresses.into_iter().take(ADDRESSES);
        let mut trying = FuturesUnordered::new();
        let mut last = io::Error::other(format!("{host} has no address"));
        loop {
            if let Some(address) = waiting.next() {
                trying.push(TcpStream::connect(address));
            }
            tokio::select! {
                result = trying.next() => match result {
                    Some(Ok(stream)) => return Ok(stream),
                    Some(Err(error)) => last = error,
                    None => return Err(last),
                },
                () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => {}
            }
        }
    }

    async fn through(&self, proxy: &Proxy, socket: Socket, to: &Destination) -> io::Result<Io> {
        let io = match proxy.kind {
            ProxyKind::Https => {
                self.encrypt(Io::Plain(socket), &proxy.host, to.tls_timeout, Offer::Http1).await?
            }
            ProxyKind::Http | ProxyKind::Socks5 => Io::Plain(socket),
        };
        let fault = |e: String| io::Error::other(format!("the proxy {proxy} did not let us through: {e}"));
        let host =
            if to.base.host.contains(':') { format!("[{}]", to.base.host) } else { to.base.host.clone() };
        let target: Uri = format!("http://{host}:{}", to.base.port)
            .parse()
            .map_err(|e: http::uri::InvalidUri| fault(e.to_string()))?;
        let connected = Connected(Some(io));
        let nowhere = Uri::from_static("http://proxy");
        let done = if proxy.kind == ProxyKind::Socks5 {
            let mut socks = SocksV5::new(nowhere, connected);
            if let Some((user, password)) = &proxy.credentials {
                socks = socks.with_auth(user.clone(), password.reveal().to_owned());
            }
            socks.call(target).await.map_err(|e| fault(chain(&e)))?
        } else {
            let mut tunnel = Tunnel::new(nowhere, connected);
            if let Some(auth) = basic(proxy) {
                tunnel = tunnel.with_auth(auth);
            }
            tunnel.call(target).await.map_err(|e| fault(chain(&e)))?
        };
        Ok(done.into_inner())
    }
}

fn basic(proxy: &Proxy) -> Option<HeaderValue> {
    use base64::Engine as _;
    let (user, password) = proxy.credentials.as_ref()?;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.reveal()));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

/// The families in turn, beginning with the first address's (RFC 8305, section 4).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else { return addresses };
    let (one, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first);
    let mut mixed = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    loop {
        let (a, b) = (one.next(), other.next());
        if a.is_none() && b.is_none() {
            return mixed;
        }
        mixed.extend(a);
        mixed.extend(b);
    }
}

/// The proxy handshakes want a connector; the connection to the proxy is already there.
struct Connected(Option<Io>);

impl Service<Uri> for Connected {
    type Response = TokioIo<Io>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<TokioIo<Io>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        std::future::ready(self.0.take().map(TokioIo::new).ok_or_else(|| io::Error::other("connected twice")))
    }
}

macro_rules! each {
    ($self:expr, $io:ident => $call:expr) => {
        match $self.get_mut() {
            Io::Plain($io) => $call,
            Io::Tls($io) => $call,
            Io::TlsInTls($io) => $call,
        }
    };
}

impl Io {
    fn has_chosen_http2(&self) -> bool {
        let chosen = match self {
            Self::Plain(_) => None,
            Self::Tls(io) => io.get_ref().1.alpn_protocol(),
            Self::TlsInTls(io) => io.get_ref().1.alpn_protocol(),
        };
        chosen == Some(b"h2")
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, io => Pin::new(io).poll_read(cx, buf))
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, io => Pin::new(io).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, io => Pin::new(io).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, io => Pin::new(io).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, io => Pin::new(io).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"].map(|a| a.parse().unwrap()).to_vec();
        let mixed: Vec<String> = interleave(addresses).iter().map(ToString::to_string).collect();
        assert_eq!(mixed, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        assert!(interleave(Vec::new()).is_empty());
    }
}
